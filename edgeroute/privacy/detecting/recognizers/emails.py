"""E-mail addresses, also written out to hide them from machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.dummies import is_dummy_domain
from edgeroute.privacy.detecting.text.domain_endings import is_known_ending
from edgeroute.privacy.detecting.text.page import PUBLIC, Hit, Page
from edgeroute.word_lists import one_of, whole, word_set

_PLAIN: Final = re.compile(
    r"(?<![\w.+%-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w@])(?!\.\w)"
)
_AT: Final = (
    rf"\s{{0,2}}(?:[\[({{<]\s{{0,2}}{one_of('emails.at')}\s{{0,2}}[\])}}>]"
    rf"|\s{one_of('emails.said_at')}\s)\s{{0,2}}"
)
_DOT: Final = (
    rf"\s{{0,2}}(?:[\[({{<]\s{{0,2}}{one_of('emails.dot')}\s{{0,2}}[\])}}>]"
    rf"|\s{one_of('emails.said_dot')}\s|\.)\s{{0,2}}"
)
_HIDDEN: Final = re.compile(
    rf"(?<![\w.+-])[\w+-]{{1,40}}(?:(?:{_DOT}|\.)[\w+-]{{1,40}}){{0,2}}{_AT}"
    rf"[\w-]{{2,40}}(?:{_DOT}[\w-]{{2,40}}){{0,2}}{_DOT}[a-z]{{2,12}}\b",
    re.IGNORECASE,
)
# What one of the written-out forms has in small letters.
_WRITTEN_AT: Final = re.compile(
    rf" {one_of('emails.said_at')} |[(\[{{<]at[)\]}}>]|[(\[](?:@|dot)[)\]]|\(arroba\)"
)
_SAID_AT: Final = re.compile(rf"\s{one_of('emails.said_at')}\s")
_SAID_DOT: Final = re.compile(rf"\s{one_of('emails.said_dot')}\s")
_SPLIT: Final = re.compile(
    r"\b(?:e-?mail|mail|username|user|address|login)\b.{0,80}?[\w.+-]{3,40}.{0,80}?"
    r"(?:(?P<host>@[\w-]{2,40}\.[a-z]{2,12}\b)"
    rf"|\bdomain\b.{{0,20}}?\b{one_of('emails.mail_services')}\b)",
    re.IGNORECASE | re.DOTALL,
)

_ROLE_BOXES: Final = word_set("emails.role_boxes")
_FILE_ENDS: Final = word_set("emails.file_ends")
_BOT: Final = re.compile(r"(?:^|[-_.])bot(?:$|[-_.])")
_DOCS_PROVIDERS: Final = frozenset(("git", "hg", "svn"))
_INTERNAL_ENDS: Final = word_set("emails.internal_ends")
_SAMPLE_LOCALS: Final = word_set("emails.sample_locals")
_SAMPLE_HOSTS: Final = word_set("emails.sample_hosts")
_LISTS: Final = re.compile(
    rf"{one_of('emails.list_hosts')}\.[\w-]{{1,60}}\.|googlegroups\.com$"
)  # dev@lists.webkit.org
_LIST_BOXES: Final = word_set("emails.list_boxes")
_LIST_SAID: Final = compiled(rf"(?:{whole('emails.lists')})[^\n@]{{0,24}}$")
_MAIL_SERVICES: Final = word_set("emails.mail_services")
_NO_HOSTS: Final = word_set("emails.no_hosts")
# What no mailbox is called: an expression for several, without the marks of markup.
_EXPRESSION: Final = re.compile(r"[-_+%'.][.]")
_REPEATED: Final = re.compile(r"[.\])][*+?]$")  # what stands before it
# git@host:path, and what a program is told before user@host:path
_REMOTE: Final = re.compile(r":(?:[~/\w.-]{0,200}/|[\w-]{1,80}\.git\b)")
_REMOTE_BEFORE: Final = re.compile(rf"\b{one_of('emails.before_remotes')}\s[^\n]{{0,40}}$")
# The number of a mail, as archives and its own headers have it.
_MESSAGE_ID: Final = re.compile(r"(?=[^@]{0,60}\d[^@]{0,20}\d[^@]{0,20}\d)[\w.%-]{12,64}$")
_DRAWN: Final = re.compile(r"[0-9a-f]{24,64}")
_ARCHIVED: Final = re.compile(r"//[^\s\"']{3,120}/$|message-id:\s{0,4}<$")


class Emails:
    """Addresses that belong to somebody: no example domains, no role mailboxes."""

    name = "emails"
    types = ("EMAIL_ADDRESS",)
    needs = re.compile(rf"@|domain|{_WRITTEN_AT.pattern}")

    def find(self, page: Page) -> Iterator[Hit]:
        """Plain addresses, then written-out ones, then one split over sentences."""
        if "@" in page.text:
            for match in _PLAIN.finditer(page.text):
                address = match.group().lower().lstrip("'")
                score = _score(address, page, match)
                if score:
                    start = match.end() - len(address)
                    yield Hit("EMAIL_ADDRESS", start, match.end(), score)
        lower = page.lower
        if _WRITTEN_AT.search(lower):
            for match in _HIDDEN.finditer(page.text):
                if _hidden_is_real(match.group()):
                    yield Hit("EMAIL_ADDRESS", *match.span(), 0.8)
        if ("@" in lower or "domain" in lower) and not page.form.is_published:
            match_ = _SPLIT.search(page.text[:20_000])
            if match_ is not None and _split_is_real(match_):
                yield Hit("EMAIL_ADDRESS", *match_.span(), 0.6)


def _score(address: str, page: Page, match: re.Match[str]) -> float:
    """How surely a plain address is somebody's."""
    local, _, domain = address.rpartition("@")
    end = domain.rpartition(".")[2]
    before = page.text[max(0, match.start() - 8) : match.start()]
    follows = page.text[match.end() : match.end() + 1]
    nobody = (
        is_dummy_domain(domain)
        or local in _DOCS_PROVIDERS
        or (end in _FILE_ENDS and follows not in {"", " ", "\n", ">"})
        # scheme://user@host is a web address; with a password it is a secret of its own.
        or ("://" in before and before.endswith(("/", ":")))
    )
    if nobody or (end not in _INTERNAL_ENDS and not is_known_ending(domain)):
        return 0.0
    if local in _ROLE_BOXES or _is_list(local, domain, page, match):
        return 0.2
    if _is_machines(local, page, match):
        return 0.2
    if page.attribution.holds(*match.span()) or _is_sample(local, domain, page):
        return PUBLIC
    return 0.95


def _is_list(local: str, domain: str, page: Page, match: re.Match[str]) -> bool:
    """Whether many read it, by its host, its name, or what a document says before it: in a letter
    somebody's own address may be wanted on a list.
    """
    if _LISTS.match(domain):
        return True
    if domain.partition(".")[0] in _MAIL_SERVICES:
        return False
    parts = local.split("-")
    if len(parts) > 1 and not _LIST_BOXES.isdisjoint(parts):
        return True
    shared = local == domain.partition(".")[0] or _BOT.search(local) or parts[-1] in _ROLE_BOXES
    if page.form.is_published and shared:  # curl@curl.se, release-bot@host, acme-sales@host
        return True
    return page.form.is_published and bool(_LIST_SAID.search(page.before(match.start(), 60)))


def _is_machines(local: str, page: Page, match: re.Match[str]) -> bool:
    """Whether a program reads it: a remote place, the number of a mail, in code a call or an
    expression for several.
    """
    before = page.before(match.start(), 130)
    if _REMOTE.match(page.text, match.end()) or _REMOTE_BEFORE.search(before[-60:]):
        return True
    if page.form.is_code and (_EXPRESSION.search(local) or _REPEATED.search(before)):
        return True
    if _DRAWN.fullmatch(local) or (_MESSAGE_ID.match(local) and _ARCHIVED.search(before)):
        return True
    return page.text.startswith("(", match.end()) and page.form.is_code


def _is_sample(local: str, domain: str, page: Page) -> bool:
    """Whether code has it as a value of an example or a test: foo@, x@y.com, user1@."""
    host = domain.partition(".")[0].replace("-", "")
    plain = local.partition("+")[0].rstrip("0123456789")
    words = {word for word in re.split(r"[-_.]", plain) if word}
    nobody = words <= _SAMPLE_LOCALS or plain in _SAMPLE_LOCALS or len(plain) <= 1
    sample = nobody or len(host) <= 1 or host in _SAMPLE_HOSTS
    return sample and page.form.is_published


def _hidden_is_real(text: str) -> bool:
    """Whether it reads as an address: marked with brackets, or both words and a real ending."""
    lower = text.lower()
    end = re.split(r"[^a-z]+", lower)[-1]
    marked = re.search(r"[\[({<]", lower) is not None
    both = _SAID_AT.search(lower) is not None and _SAID_DOT.search(lower) is not None
    if not (marked or both):
        return False
    host = _SAID_AT.split(lower)[-1].split()[0]
    if not marked and ("\n\n" in text or host in _NO_HOSTS):
        return False
    first = re.split(r"[^\w+-]", lower)[0]
    return first not in _ROLE_BOXES and "example" not in lower and is_known_ending(f"x.{end}")


def _split_is_real(match: re.Match[str]) -> bool:
    lower = match.group().lower()
    if "example" in lower or re.search(r"[\w.+-]@[\w-]", lower):
        return False
    if match["host"] and not is_known_ending(match["host"][1:].lower()):
        return False
    return re.search(r"[a-z]+[._]?\d*[a-z]*\d|[a-z]+\.[a-z]+", lower) is not None
