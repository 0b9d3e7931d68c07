# ruff: noqa: E501 - a pattern is read whole
"""Passwords, keys and tokens."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit, Page, words

_EDGE: Final = r"(?<![A-Za-z0-9_])"
_END: Final = r"(?![A-Za-z0-9_])"
_FORMATS: Final = (
    r"sk-(?:proj|ant|svcacct|admin|or|live|test)?[A-Za-z0-9_-]{20,200}",
    r"(?:sk|rk|pk|whsec)_(?:live_|prod_)[A-Za-z0-9]{16,120}|(?:sk|rk)_test_[A-Za-z0-9]{20,120}|whsec_[A-Za-z0-9+/=]{24,80}",
    r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{40,255}",
    r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[A-Za-z0-9_-]{16,64}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,200}|xapp-\d-[A-Za-z0-9-]{20,200}",
    r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}",
    r"AIza[A-Za-z0-9_-]{30,40}|GOCSPX-[A-Za-z0-9_-]{20,40}|ya29\.[A-Za-z0-9_-]{20,400}",
    r"hf_[A-Za-z0-9]{30,60}|api_org_[A-Za-z]{30,40}",
    r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,60}",
    r"npm_[A-Za-z0-9]{30,60}|pypi-[A-Za-z0-9_-]{40,400}|rubygems_[a-f0-9]{48}|dckr_pat_[A-Za-z0-9_-]{20,60}",
    r"\d{8,10}:AA[A-Za-z0-9_-]{30,36}",
    r"(?:AC|SK)[a-f0-9]{32}|key-[a-f0-9]{32}|[a-f0-9]{32}-us\d{1,2}",
    r"do[opr]_v1_[a-f0-9]{40,80}|dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|sq0[a-z]{3}-[A-Za-z0-9_-]{22,60}",
    r"gsk_[A-Za-z0-9]{30,80}|xai-[A-Za-z0-9]{40,120}|r8_[A-Za-z0-9]{30,50}|pplx-[A-Za-z0-9]{30,80}|nvapi-[A-Za-z0-9_-]{40,90}|tgp_v1_[A-Za-z0-9_-]{30,60}",
    r"lin_api_[A-Za-z0-9]{30,60}|ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{40,50}|figd_[A-Za-z0-9_-]{30,60}|PMAK-[A-Za-z0-9-]{40,80}",
    r"dapi[a-f0-9]{32}|hv[sbr]\.[A-Za-z0-9_-]{20,120}|glsa_[A-Za-z0-9_]{32,60}|glc_[A-Za-z0-9+/=]{30,200}|NRAK-[A-Z0-9]{27}",
    r"sntrys_[A-Za-z0-9+/=_-]{30,300}|phc_[A-Za-z0-9]{30,60}|rnd_[A-Za-z0-9]{28,40}|fo1_[A-Za-z0-9_-]{40,60}|FlyV1 fm\d_[A-Za-z0-9+/=,_-]{40,800}",
    r"sbp_[a-f0-9]{40}|vercel_[A-Za-z0-9]{20,40}|pat[A-Za-z0-9]{14}\.[a-f0-9]{64}|atlasv1\.[A-Za-z0-9_-]{40,90}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,90}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{50,70}|amzn\.mws\.[a-f0-9-]{30,40}|EAA[A-Za-z0-9]{40,300}|EAACEdEose0cBA[A-Za-z0-9]{10,200}",
    r"[MNO][A-Za-z0-9]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",
)
_VENDOR: Final = re.compile(f"{_EDGE}(?:{'|'.join(_FORMATS)}){_END}")
_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{0,8000}-----END [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----)?"
    r"|PuTTY-User-Key-File-\d"
)
_JWT: Final = re.compile(
    _EDGE
    + r"ey[JI][A-Za-z0-9_-]{10,2000}\.ey[JI][A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{10,2000})?"
)
_ADDRESS: Final = re.compile(
    r"(?<![A-Za-z0-9])[a-zA-Z][a-zA-Z0-9+.-]{1,20}://([^\s:/@'\"<>]{0,64}):([^\s/@'\"<>]{1,128})@[\w.\[\]-]{1,128}"
)
_WEBHOOK: Final = re.compile(
    r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,80}|discord(?:app)?\.com/api/webhooks/\d{10,20}/[\w-]{30,90}"
    r"|[?&]sig=[A-Za-z0-9%+/=]{30,100}|AccountKey=[A-Za-z0-9+/=]{40,100}"
)
_BASIC: Final = re.compile(
    r"\bauthorization\W{1,4}(?:basic|bearer|token)\s{1,2}([A-Za-z0-9+/=._-]{12,512})", re.IGNORECASE
)
_NAME: Final = (
    r"(?:pass(?:wor[dt]|wd|phrase|code|word_hash)?s?|pwd|pw|passwort|kennwort|mot\s?de\s?passe|contrase\u00f1a|haslo|has\u0142o|wachtwoord"
    r"|senha|secret(?:[_ -]?(?:access[_ -]?)?key)?|api[_ -]?(?:key|secret|token)|access[_ -]?(?:key|token)|auth[_ -]?(?:token|key)"
    r"|client[_ -]?secret|private[_ -]?key|encryption[_ -]?key|signing[_ -]?key|bearer(?:[_ -]?token)?|refresh[_ -]?token|session[_ -]?(?:key|token)"
    r"|token|credential|webhook[_ -]?secret|license[_ -]?key|pin|otp)"
)
_CODEWORD: Final = r"(?:pass(?:wor[dt]|wd|phrase|code)s?|pwd|pw|passwort|kennwort|mot\s?de\s?passe|contrase\u00f1a|haslo|has\u0142o|wachtwoord|senha|pin|secret|(?:wi-?fi|wlan|network|access|api|licen[cs]e|encryption|product) key)"
_ANY_NAME: Final = re.compile(
    r"pass|pw|kennwort|mot\s?de|contrase|has[l\u0142]o|wachtwoord|senha|secret|key|token|credential|pin|otp|bearer|authoriz|-u |seed|login|log-in|creds|user|mnemonic|wallet|backup|recovery|2fa|factor|verification|one.time|tan|door|alarm|gate"
)
_ASSIGNED: Final = re.compile(
    rf"(?<![A-Za-z])(?:[\w.-]{{0,40}}[_.-])?{_NAME}(?:\d{{1,3}}|_(?:value|prod|dev|live|old|new|main|default|\d{{1,2}}))?[\"'`\]]{{0,2}}\s{{0,3}}(?::=|=>|[:=])\s{{0,3}}"
    r"(?P<quote>[\"'`]?)(?P<value>[^\s\"'`<>,;]{4,200}|(?<=[\"'])[^\"'\n]{4,80})",
    re.IGNORECASE,
)
_SPOKEN: Final = re.compile(
    rf"\b{_CODEWORD}(?:\s(?:for|of|to|on|do|na|para|f\u00fcr|zum|pour|al|voor|per)\s(?:[\w.-]{{1,20}}\s){{1,3}}?)?(?:\s(?:is|was|to|tried|are|ist|lautet|est|es|\u00e8|jest|\u00e9))?\s?:?\s{{1,2}}"
    r"(?P<quote>[\"'`]?)(?P<value>[^\s\"'`<>]{4,64})",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    rf"\b{_NAME}\b[^\n\"'`]{{0,24}}(?P<quote>[\"'`])(?P<value>[^\"'`\n]{{4,64}})(?P=quote)",
    re.IGNORECASE,
)
_FLAG: Final = re.compile(
    r"(?<!\S)(?:--?(?:password|passwd|token|api-key|secret|pass)(?:=|\s)|-u\s[\w.-]{1,40}:|-p(?=\S{6}))(?P<value>[^\s\"'<>]{4,128})"
)
_PAIR: Final = re.compile(
    r"\b(?:logins?|log-in|credentials?|creds|username|user)\b[^\n:]{0,12}:\s{0,2}[\w.@+-]{2,48}\s{0,2}[/|:]\s{0,2}(?P<value>[^\s\"'<>]{6,64})",
    re.IGNORECASE,
)
_SEED: Final = re.compile(
    r"\b(?:(?:seed|recovery|backup|wallet|secret)\s(?:phrase|words?|seed)|mnemonic|seed)\b[^\n,]{0,24}?[:=]?\s{0,2}((?:[a-z]{3,8} ){11,23}[a-z]{3,8})\b"
)
_CODES: Final = re.compile(
    r"\b(?:backup|recovery|2fa|two.factor|verification|otp|one.time|pin|tan|door|alarm|gate)\b[^\n]{0,24}\b(?:codes?|pins?|tans?)?\b[^\n\w]{0,4}(?:(?:is|was|are|for|the|to|my|door|house|card)\s){0,4}[:=]?\s{0,2}"
    r"(\d{4,8}(?:[- ]\d{3,6}){0,8})\b"
)
_MY: Final = re.compile(r"\b(?:my|our|his|her|their)\b")
_PLACEHOLDER: Final = re.compile(
    r"(?:x{3,}|\*{3,}|\.{3,}|_{3,}|<.{0,40}>?|\{.{0,60}\}?|\$\{?\w*\}?.{0,40}|%\(?\w*\)?s?|\[.{0,40}\]?|\(.{0,60})$"
    r"|(?:.{0,12}(?:your|my|the|some|insert|enter|change|replace|todo|fixme|placeholder|dummy|example|sample|redacted|hidden|removed).{0,40})$"
    r"|(?:pass(?:word|wd|phrase)?\d{0,4}|secret\d{0,4}|token|hunter2|letmein|changeme|admin|root|user|test\w{0,6}|foo\w{0,4}|bar|baz|qwerty|12345\d{0,4}|abc\d{0,4}|none|null|nil|undefined|true|false|string|str|int|bool|bytes|text|optional|required|postgres|mysql|default|empty|guest|demo|s3cr3t|p@ssw0rd)\W{0,3}$",
    re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"^(?:os\.|process\.|env|self\.|this\.|config|settings|get|request|args|options|params|input|await|new|lambda|function|def|return|class|if|not|is|in|for|and|or)\b"
    r"|[()\[\]{}]|^[A-Za-z_]\w{0,40}(?:\.[A-Za-z_]\w{0,40}){1,6}$|^[A-Z][A-Z0-9_]{3,40}$|^-{2,}|^\||^/|^https?:|^&&?$|^==?|::"
)


class Secrets:
    """Credentials of any kind, by format or next to their words. Placeholders do not count."""

    name = "secrets"
    types = ("SECRET",)

    def find(self, page: Page) -> Iterator[Hit]:
        """Formats first, then values that something calls a password or a key."""
        yield from _formats(page.text)
        if _ANY_NAME.search(page.lower):
            yield from _assigned(page)
            yield from _told(page)


def _formats(text: str) -> Iterator[Hit]:
    """What is a secret by its form."""
    if "-----BEGIN" in text or "PuTTY-User" in text:
        for match in _PRIVATE_KEY.finditer(text):
            yield Hit("SECRET", *match.span(), 0.99)
    for match in _VENDOR.finditer(text):
        if not _is_filler(match.group()):
            yield Hit("SECRET", *match.span(), 0.95)
    for match in _JWT.finditer(text) if "ey" in text else ():
        yield Hit("SECRET", *match.span(), 0.9)
    for match in _ADDRESS.finditer(text) if "://" in text else ():
        if _is_value(match[2]):
            yield Hit("SECRET", *match.span(), 0.9)
    for match in _WEBHOOK.finditer(text):
        if not re.search(r"[Xx]{6}|0{8}", match.group()):
            yield Hit("SECRET", *match.span(), 0.85)


def _assigned(page: Page) -> Iterator[Hit]:
    """What stands after ``name =``, in a header, in quotes or on a command line."""
    text = page.text
    for match in _BASIC.finditer(text):
        if not _PLACEHOLDER.match(match[1]) and not _is_filler(match[1]) and _is_random(match[1]):
            yield Hit("SECRET", *match.span(1), 0.85)
    for match in _ASSIGNED.finditer(text):
        value = match["value"]
        if _is_secret(value, quoted=bool(match["quote"])) or _is_plain_password(page, match):
            yield Hit("SECRET", *match.span("value"), 0.8)
    for pattern in (_QUOTED, _FLAG):
        for match in pattern.finditer(text):
            if _is_value(match["value"]) and _is_mixed(match["value"]):
                yield Hit("SECRET", *match.span("value"), 0.75)


def _told(page: Page) -> Iterator[Hit]:
    """What somebody says in a sentence: my password is ..., the seed phrase, a code."""
    for match in _SPOKEN.finditer(page.text):
        value = match["value"].rstrip(".,;:!?)")
        mine = _MY.search(page.before(match.start(), 32)) is not None
        if _is_value(value) and (_is_mixed(value) or (mine and value.isdigit())):
            start = match.start("value")
            yield Hit("SECRET", start, start + len(value), 0.75)
    for match in _PAIR.finditer(page.text):
        if _is_value(match["value"]) and _is_mixed(match["value"]):
            yield Hit("SECRET", *match.span("value"), 0.7)
    for match in _SEED.finditer(page.lower):
        said = re.findall(r"[a-z]+", match[1])
        if len(set(said)) >= 0.8 * len(said) and _STOP.isdisjoint(said):
            yield Hit("SECRET", *match.span(1), 0.85)
    for match in _CODES.finditer(page.lower):
        mine = _MY.search(page.before(match.start(1), 48)) is not None
        if mine or len(match[1]) > 8:
            yield Hit("SECRET", *match.span(1), 0.7)


_IDENTIFIER: Final = re.compile(r"[a-z]+\d?(?:[_./-][a-z]+\d?){1,8}(?:\.\w{1,5})?", re.IGNORECASE)
_STOP_VALUES: Final = words("""required incorrect invalid missing wrong expired forgotten protected authentication
    description boolean integer number varchar hashed encrypted manager reset change strength
    length policy please should cannot minimum maximum""")
_STOP: Final = frozenset(
    [
        "the",
        "and",
        "that",
        "with",
        "for",
        "you",
        "your",
        "this",
        "from",
        "are",
        "was",
        "will",
        "not",
    ]
)


def _is_secret(value: str, *, quoted: bool) -> bool:
    """Whether what stands after ``password =`` is one: a letter-only word counts if it is quoted."""
    if not _is_value(value):
        return False
    if quoted:
        return _is_mixed(value) or (len(value) >= 6 and " " not in value and "_" not in value)
    return _is_mixed(value) and _IDENTIFIER.fullmatch(value) is None


def _is_plain_password(page: Page, match: re.Match[str]) -> bool:
    """A letter-only word after ``password=`` or ``password:``, where it can be nothing else."""
    value = match["value"]
    if not value.isalpha() or len(value) < 6 or _PLACEHOLDER.match(value):
        return False
    named = re.match(rf"(?:[\w.-]*[_.-])?{_CODEWORD}\d?[\"'\s]*[:=]", match.group(), re.IGNORECASE)
    tight = re.search(r"[:=]\S|:\s\S", match.group()) is not None
    follows = page.text[match.end() : match.end() + 1]
    alone = page.text.count(value) == 1 and follows in {"", "\n", " ", "&", "\r", "'", '"'}
    return named is not None and tight and alone and value.lower() not in _STOP_VALUES


def _is_value(value: str) -> bool:
    if len(value) < 4 or _PLACEHOLDER.match(value) or _is_filler(value):
        return False
    return _CODE.search(value) is None


def _is_mixed(value: str) -> bool:
    """Digits or symbols among letters, as no word of a language has them."""
    letters = sum(c.isalpha() for c in value)
    digits = sum(c.isdigit() for c in value)
    symbols = sum(not c.isalnum() for c in value)
    inner = value.strip("!?.,:;'\"-")
    if digits and letters:
        return len(value) >= 5
    if symbols and letters and re.search(r"[!@#$%^&*?+=~]", inner):
        return len(value) >= 6 and re.search(r"[!@#$%^&*?+=~]", inner[1:]) is not None
    return (value.isdigit() and len(value) >= 6) or re.search(
        r"[a-z][A-Z][a-z]+[A-Z]|[A-Z]{2}[a-z]+[A-Z]", inner
    ) is not None


def _is_random(value: str) -> bool:
    counts = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return entropy >= 3.0


def _is_filler(value: str) -> bool:
    body = re.sub(r"^(?:sk|gh|hf|AKIA|AIza|xox)[A-Za-z_-]{0,6}", "", value)
    if len(set(body.lower())) <= 3:
        return True
    lowered = value.lower()
    if "example" in lowered or "xxxx" in lowered or "your" in lowered or "1234567890" in lowered:
        return True
    return "abcdefgh" in lowered
