"""Whether a value can be a secret, and how much it looks like one."""

from __future__ import annotations

import base64
import json
import re
from enum import IntEnum
from functools import lru_cache
from typing import Final

from edgeroute.word_lists import alternatives, one_of, pattern_list, word_list, word_set

MOST: Final = 300  # characters of a value that are looked at
SMALL: Final = r"a-z\u00df-\u024f"  # small letters of words, in a class of a pattern


class Strength(IntEnum):
    """How little a value looks like anything but a secret."""

    NONE = 0  # a placeholder, an expression, a path, a version: no secret
    WORD = 1  # letters as any word has them
    FAIR = 2  # letters with digits, or digits alone
    STRONG = 3  # as people make passwords: signs among letters
    RANDOM = 4  # as generators make keys


_HASHED: Final = r"(?!\$(?:apr1|\w{1,8})\$\w|\{\w{3,8}\}[\w+/=]{16})"  # a password's hash
_HOLE: Final = re.compile(
    f"{_HASHED}(?:{'|'.join(pattern_list('secret_holes'))})", re.IGNORECASE | re.DOTALL
)
_JOINT: Final = r"[\W_\d]*+"
_SAMPLE: Final = re.compile(rf"{_JOINT}(?>{one_of('secrets.samples')}{_JOINT})++")
_STAND_INS: Final = word_set("secrets.stand_ins")
_STOOD_IN: Final = re.compile(one_of("secrets.marks"))
_PUBLISHED: Final = re.compile(alternatives(one.lower() for one in word_list("secrets.published")))
_CLAIMS: Final = word_set("secrets.sample_claims")
_TERMS: Final = word_set("secrets.terms")
_ROWS: Final = (
    "12345678",
    "abcdefg",
    "01234567",
    "qwertyu",
    "98765432",
    "deadbeef",
    "a1b2c3d4",
    "1234abcd",
    "abcd1234",
)
_DIGITS: Final = "01234567890 9876543210"
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
_SHORTEST: Final = 3  # letters of a word that says nothing
_FIRST: Final = 1_000_000_000  # seconds from 1970, in 2001
_MIXED: Final = 3  # words of a password that are joined
_COUNTED: Final = 5  # letters and digits
_ALL: Final = 50  # signs, each once: nothing drawn by chance is so
_LEET: Final = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "$": "s", "@": "a"})
_PIECE: Final = re.compile(r"[^\W_]+")
_CHUNK: Final = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_VOWEL: Final = re.compile(r"[aeiouy]", re.IGNORECASE)
_SIGNS: Final = re.compile(r"[!@#$%^&*?~+=(){}\[\]|:;<>]")
_FORM: Final = re.compile("|".join(pattern_list("secret_others")), re.IGNORECASE)
_PATH: Final = r"[!&*(\[{]{0,2}(?:[A-Za-z_$@][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)*"
_OPENING: Final = r"(?:[!?]?[(\[{](?:[A-Za-z_&*!$@.()\[\]{}\"':-]|(?:0x)?\d+(?:[)\],.:;]|$)|$)"
_CALL: Final = re.compile(
    rf"{_PATH}{_OPENING}|[)\]}},;:]+$"
    r"|(?:===?|!=|&&|\|\||=)[\w.\"'(\[]*\W*$)|[A-Za-z_]\w*(?:::|->)[A-Za-z_])"
    rf"|{one_of('secrets.code_starts')}(?:\W|$)"
)
_VARIABLE: Final = r"[a-z_]{1,24}(?:[A-Z][a-z]{1,24}){0,4}\d{0,2}"
_OPERAND: Final = rf"(?:{_VARIABLE}(?:(?:\.|->|::){_VARIABLE})*|\d{{1,6}})"
_SUM: Final = re.compile(rf"{_OPERAND}(?:[+*]{_OPERAND})+")
_PATTERN: Final = re.compile(r"\(\?[:=!P]|\w\|\w+\|\w")  # a regular expression
# The end of an expression, of a statement that goes on, or of what is put into a string, as in
# name!r:20}; the start of a comment.
_UNSTRUNG: Final = re.compile(
    r"[)\]}][.\[(\]),;&|/]|\w\([\w.,!$]{0,200}\)[{}]|\w![ars](?::[^\s{}]{0,12})?\}|^/\*"
)
_CLOSED: Final = re.compile(r"[)\]}][^\W_]")
_SALT: Final = re.compile(r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{0,22}")  # of bcrypt, without a hash
_REPORTED: Final = re.compile(r"(?m)^[ \t]{0,12}(?:--- )?(?:PASS|FAIL|SKIP):? ")  # by tests
_REPORTS: Final = 2
_NUMBER: Final = re.compile(r"\d{4,19}")
_DIGEST: Final = re.compile(
    r"(?:[0-9a-f]{7,128}|[0-9A-F]{7,128})|(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
)
_GROUPED: Final = re.compile(
    r"(?:[A-Z0-9]{3,8}-){1,8}[A-Z0-9]{3,8}|(?:[a-z0-9]{3,8}-){1,8}[a-z0-9]{3,8}"
    r"|(?:[A-Za-z0-9]{4}-){1,8}[A-Za-z0-9]{4}|(?:[A-Za-z0-9]{5}-){1,8}[A-Za-z0-9]{5}"
)


def strength(value: str, *, quoted: bool = False) -> Strength:
    """How much ``value`` looks like a secret; ``quoted`` says that it is no expression."""
    if len(value) < 4 or is_placeholder(value):
        return Strength.NONE
    return _strength(value[:MOST], quoted)


@lru_cache(maxsize=2048)
def _strength(value: str, quoted: bool) -> Strength:  # noqa: FBT001 - cached by both
    if _PATTERN.search(value) or (not quoted and _UNSTRUNG.search(value)):
        return Strength.NONE
    if is_random(value):
        return Strength.RANDOM
    if _FORM.fullmatch(value):
        return Strength.FAIR if _NUMBER.fullmatch(value) else Strength.NONE
    return Strength.NONE if not quoted and is_code(value) else _chosen(value)


def _chosen(value: str) -> Strength:
    """How much ``value``, which is not random and no code, looks like a person's password."""
    digits = sum(one.isdigit() for one in value)
    letters = sum(one.isalpha() for one in value)
    inner = value.strip(".,;:!?'\"()")
    signs = len(_SIGNS.findall(inner[1:-1]))
    if (
        signs
        and letters >= 2
        and len(inner) >= 6
        and (digits or _cased(inner))
        and not _regex(value)
    ):
        return Strength.STRONG
    if digits and letters and len(inner) >= 5 and not is_term(inner):
        return Strength.FAIR
    return Strength.WORD if letters and value.isprintable() else Strength.NONE


@lru_cache(maxsize=4096)
def is_placeholder(value: str) -> bool:
    """Whether the real value is put there later, or the value stands in documentation."""
    value = value[:MOST]
    lower = value.lower()
    if _HOLE.fullmatch(value) or _SALT.fullmatch(value) or len(set(lower) - set("-_.")) <= 3:
        return True
    if any(row in lower for row in _ROWS) or _STOOD_IN.search(lower):
        return True
    if _PUBLISHED.search(lower) or (len(value) > 4 and value in _DIGITS) or _is_counted(lower):
        return True
    if len(set(value)) == len(value) >= _ALL or _claims_nothing(value):
        return True
    if _SAMPLE.fullmatch(lower.translate(_LEET)):
        return True
    return not _STAND_INS.isdisjoint(pieces(value)) or _SAMPLE.fullmatch(lower) is not None


def from_base64(value: str) -> str:
    """What ``value`` says in base64; nothing where it is none."""
    try:
        return base64.b64decode(value, validate=True).decode("ascii").strip()
    except ValueError:
        return ""


def encodes_placeholder(value: str) -> bool:
    """Whether ``value`` is a placeholder or the word for it in base64, as in ``cGFzc3dvcmQ=``."""
    plain = from_base64(value)
    return len(plain) > _SHORTEST and (is_placeholder(plain) or {*pieces(plain)} <= _TERMS)


def is_outcome(text: str, start: int, end: int) -> bool:
    """Whether ``[start, end)`` is what became of a test, among others: --- PASS: TestWrap."""
    return text[start:end] == "PASS" and len(_REPORTED.findall(text)) >= _REPORTS


def counts_on(value: str) -> bool:
    """Whether digits follow each other as one counts: 1234."""
    return value in _DIGITS


def _claims_nothing(value: str) -> bool:
    """Whether all that a JSON web token says is a greeting or letters, as those of manuals do, or
    nobody has signed it, or what it says is no longer encoded.
    """
    parts = value.split(".")[:2]
    return value.startswith("ey") and (parts[-1].startswith("{") or any(map(_greets, parts)))


def _greets(part: str) -> bool:
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return False
    if not isinstance(claims, dict) or claims.get("alg") == "none":
        return isinstance(claims, dict)
    # Of jwt.io; what ended before there were any ends in 1970, as samples do.
    ended = claims.get("exp", _FIRST)
    if claims.get("sub") == "1234567890" or (isinstance(ended, int) and ended < _FIRST):
        return True
    letters = all(len(key) == 1 and len(str(said)) == 1 for key, said in claims.items())
    return letters or claims.keys() <= _CLAIMS


def _is_counted(lower: str) -> bool:
    """Whether letters follow the alphabet and digits count on: abc123def456."""
    letters = "".join(filter(str.isalpha, lower))
    digits = "".join(filter(str.isdigit, lower))
    return min(len(letters), len(digits)) >= _COUNTED and letters in _ALPHABET and digits in _DIGITS


def is_code(value: str) -> bool:
    """Whether a bare ``value`` reads as an expression of a programming language."""
    return _CALL.match(value) is not None and not _CLOSED.search(value)


def is_sum(value: str) -> bool:
    """Whether ``value`` adds or multiplies names and numbers, as in code: ptr+at+1, size*2."""
    return _SUM.fullmatch(value) is not None and not is_random(value)


def is_random(value: str) -> bool:
    """Whether letters, capitals and digits follow each other as in no words."""
    odd = sum(len(piece) for piece in _PIECE.findall(value) if _is_odd(piece))
    return odd >= 8 or (odd >= 5 and _SIGNS.search(value[1:-1]) is not None and not is_code(value))


def is_digest(value: str) -> bool:
    """Whether ``value`` has the form of a hash, a commit or a UUID."""
    return _DIGEST.fullmatch(value) is not None


def is_grouped(value: str) -> bool:
    """Whether ``value`` is written in groups of letters and digits, as recovery codes are."""
    groups = value.split("-")
    mixed = [one for one in groups if not one.isalpha()]
    return _GROUPED.fullmatch(value) is not None and len(mixed) * 2 >= len(groups)


def is_phrase(value: str, *, sentence: bool = False) -> bool:
    """Whether a quoted ``value`` is a passphrase of some words; a sentence only where it may be."""
    words = value.split(" ")
    if not 3 <= len(words) <= 10 or not all(words) or not value[0].isalnum():
        return False
    plain = all(word.isalnum() for word in words)
    said = {word.lower() for word in words} & word_set("secrets.no_seed_words")
    return (
        plain
        and (sentence or not said or value[-1].isdigit())
        and (value.islower() or value[-1].isdigit())
    )


def is_mixed(value: str) -> bool:
    """Whether words are joined, some with a capital and some without, as in no name of code:
    six_Magpies_for_gold.
    """
    words = re.split(r"[_-]", value)
    titled = sum(word.istitle() for word in words)
    plain = all(word.isalpha() and (word.islower() or word.istitle()) for word in words)
    return len(words) >= _MIXED and plain and 0 < titled < len(words)


def is_chosen(value: str) -> bool:
    """Whether digits stand in ``value`` as people put them there, and not in a name of code."""
    words = [word for word in pieces(value) if not word.isdigit()]
    digits = sum(one.isdigit() for one in value)
    humps = len(re.findall(r"[a-z][A-Z]", value))
    if "." in value and not value[-1].isdigit():
        return False
    leet = re.search(r"[a-z]\d[a-z]", value) is not None
    return (
        (digits >= 2 or leet)
        and humps < 2
        and not (_TERMS & set(words) and (digits < 3 or not value[-1].isdigit()))
    )


@lru_cache(maxsize=2048)
def pieces(name: str) -> tuple[str, ...]:
    """The words of an identifier in small letters: of ``dbPassword_2`` db, password and 2."""
    return tuple(chunk.lower() for chunk in _CHUNK.findall(name))


def _is_odd(piece: str) -> bool:
    chunks = _CHUNK.findall(piece)
    if len(chunks) < 3:
        return False
    inner = sum(chunk.isdigit() for chunk in chunks[1:-1])
    words = [chunk for chunk in chunks if not chunk.isdigit()]
    mean = sum(map(len, words)) / max(1, len(words))
    if {word.lower() for word in words} <= _TERMS:
        return False
    mute = sum(len(word) > 2 and not _VOWEL.search(word) for word in words)
    if len(piece) >= 16 and mute >= 2:
        return True
    return inner >= 2 or (len(chunks) >= 4 and mean < 2.7) or mean < 1.9


def _cased(value: str) -> bool:
    return re.search(r"[a-z]-?[A-Z]|[A-Z][a-z].*[A-Z]", value) is not None


def is_term(value: str) -> bool:
    """Whether a name of the trade ends in digits: sha256, utf-8, oauth2."""
    words = [word for word in pieces(value) if not word.isdigit()]
    return bool(words) and all(word in _TERMS or len(word) == 1 for word in words)


def _regex(value: str) -> bool:
    return (
        re.search(r"\|\w+\||\[\^?\w-\w|\\[wdsb]|\(\?|[)\]][*+?]|%[sdr]|\{\d*,\d*\}", value)
        is not None
    )
