"""Numbers of machines and places: network addresses, vehicles, coordinates."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.privacy.detecting.text.page import DIGIT, PUBLIC, Hit, Page
from edgeroute.word_lists import one_of, pattern_list, whole, word_set

_IPV4: Final = compiled(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6: Final = compiled(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){4,7}(?::?[0-9A-Fa-f]{1,4}){1,4}(?![\w:])"
)
_SERIAL: Final = compiled(r"(?:[0-9A-Fa-f]{2}:){7}[0-9A-Fa-f]{2}")  # of a certificate, or a digest
_WRAPPED: Final = compiled(r"[0-9A-Fa-f]{2}:\s{1,40}$")  # the line before goes on
_VERSION: Final = compiled(rf"{one_of('devices.versions')}[ /=:]{{0,2}}$")
_COMPARED: Final = compiled(r"(?:[<>~^!]=?|==|@)\s{0,2}[\"']?$")
_SERVED: Final = compiled(
    r"(?:[a-z\d-]\.[a-z]{2,12}\.? [\[(]|\sin\s{1,4}a{1,4}\s{1,8}|\bhas address |^\*\s{1,4}trying )$"
)
_ANSWERED: Final = compiled(r"#53\(|:\d{2,5}\.\.\.")
_FEW: Final = 20
_RUN: Final = "0123456789abcdef0123456789"
_WELL_KNOWN: Final = word_set("devices.well_known")
_DOCUMENTED: Final = word_set("devices.documented_hardware")
_LOCAL: Final = 2  # set where a machine has made an address up for itself (IEEE 802)
_BEGINNING: Final = 14  # characters of a hardware address that say who gave it out, and for what
# A package's name before a number: opencv-python 4.9.0.80
_PACKAGE: Final = compiled(r"[a-z][a-z0-9.]{0,30}[_-][a-z0-9._-]{1,40}[ =@]{1,3}$")
_TOOLS: Final = compiled(whole("devices.package_tools"))
_RELEASES: Final = 30  # of which a package has as many, seldom more
_MAC: Final = compiled(
    r"(?<![\w:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])"
)
_VIN: Final = compiled(r"(?<![A-Za-z0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Za-z0-9])")
_VIN_WORDS: Final = compiled(r"\bvin\b|fahrgestell")
_VIN_VALUES: Final = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", "123456781234579234567890123456789", strict=True)
)
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_PLATE: Final = compiled(
    r"(?<![A-Za-z0-9])(?=[A-Z0-9 -]{0,8}\d)[A-Z0-9]{1,4}(?:[ -][A-Z0-9]{1,5}){1,2}(?![A-Za-z0-9])"
    r"|(?<!\w)(?=\w{0,6}\d)(?=\w{0,7}[A-Z])[A-Z0-9]{5,8}(?!\w)"
)
_LETTER: Final = re.compile(r"[A-Z]")
_ABOVE_NOUGHT: Final = re.compile(r"[1-9]")
_PLATES: Final = compiled(rf"(?<!serial )(?<!rating )(?<!type )\b{one_of('devices.plates')}\b")
_PLATE_WORDS: Final = compiled(_PLATES.pattern + r"[^\n]{0,20}$")
# Plates in other scripts: some need no word beside them.
_OWN_FORM: Final = compiled("|".join(pattern_list("plates")))
_NEAR_WORD: Final = compiled("|".join(pattern_list("labelled_plates")))
_LOCAL_WORDS: Final = compiled(rf"{one_of('devices.local_plates')}[^\d\n\u3002]{{0,16}}$")
# A form that is no other thing: the Indian plate.
_INDIAN: Final = compiled(r"(?<![A-Za-z0-9])[A-Z]{2}[ -]?\d{2}[ -]?[A-Z]{1,3}[ -]?\d{4}(?!\w)")
_DEGREES: Final = compiled(
    r"(?<![\w.])-?\d{1,2}\.\d{4,10}\u00b0?\s?[NS]?\s{0,2}[,;]\s{0,2}"
    r"-?\d{1,3}\.\d{4,10}\u00b0?\s?[EW]?(?![\w.])"
)
_MAP: Final = "featurecollection"  # of GeoJSON (RFC 7946): who lives there is told beside it
_PLACE_WORDS: Final = compiled(rf"\b{one_of('devices.places')}\b")


class Devices:
    """Public network addresses, hardware addresses, vehicles and exact positions."""

    name = "devices"
    types = ("IP_ADDRESS", "MAC_ADDRESS", "VEHICLE", "LOCATION")
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """Every number of a machine or a place that leads to somebody."""
        yield from _network(page)
        yield from _vehicles(page)
        for match in _DEGREES.finditer(page.text):
            public = page.form.is_code and _MAP in page.lower
            if not public and _PLACE_WORDS.search(page.before(match.start(), 60)):
                yield Hit("LOCATION", *match.span(), 0.7)


def _network(page: Page) -> Iterator[Hit]:
    for match in _IPV4.finditer(page.text):
        if _is_public(match.group()) and not _VERSION.search(page.before(match.start(), 14)):
            public = _is_version(page, match) or _is_server(page, match)
            yield Hit("IP_ADDRESS", *match.span(), PUBLIC if public else 0.7)
    for match in _IPV6.finditer(page.text):
        said = match.group()
        if _is_public(said) and not (_counted_up(said, ":") or _SERIAL.fullmatch(said)):
            yield Hit("IP_ADDRESS", *match.span(), 0.7)
    for match in _MAC.finditer(page.text):
        if _WRAPPED.search(page.text, max(0, match.start() - 48), match.start()):
            continue
        said = match.group().lower().replace("-", ":")
        if said[:_BEGINNING] in _DOCUMENTED:
            continue
        if len(set(match.group().lower())) > 4 and not _counted_up(match.group(), match[1][0]):
            local = int(said[:2], 16) & _LOCAL
            yield Hit("MAC_ADDRESS", *match.span(), PUBLIC if local else 0.7)


def _is_server(page: Page, match: re.Match[str]) -> bool:
    """Whether tools say of a public name which machine it is, or from which one they got an answer:
    example.org (198.51.100.7), from 198.51.100.7#53, IN A 198.51.100.7.
    """
    before = page.before(match.start(), 80)
    return (
        _SERVED.search(before) is not None or _ANSWERED.match(page.after(match.end())) is not None
    )


def _is_version(page: Page, match: re.Match[str]) -> bool:
    """Whether four numbers count releases or sections, or name an object, rather than a machine."""
    numbers = [int(number) for number in match.group().split(".")]
    small = max(numbers) < _FEW or (page.form.is_code and numbers[0] <= 2 and numbers[1] <= _FEW)
    counted = _counted_up(match.group(), ".") and page.form.is_published
    return (
        small
        or counted
        or _COMPARED.search(page.before(match.start(), 8)) is not None
        or (numbers[0] < _RELEASES and _is_packaged(page, match))
    )


def _is_packaged(page: Page, match: re.Match[str]) -> bool:
    """Whether the name of a package stands before a number, in a text on how packages are got."""
    named = _PACKAGE.search(page.before(match.start(), 80))
    return named is not None and page.holds(_TOOLS)


def _counted_up(address: str, sign: str) -> bool:
    """Whether its parts run on as in a number that is nobody's: 01-02-03, 12.34.56.78."""
    digits = re.sub(rf"[{sign}]", "", address.lower()).strip("0")
    one = len(set(address.split(sign))) == 1
    return one or digits[:6] in _RUN or (len(digits) > 3 and sorted(digits) == list(digits))


def _vehicles(page: Page) -> Iterator[Hit]:
    for match in _VIN.finditer(page.text):
        if _vin_checks(match.group()) or _VIN_WORDS.search(page.before(match.start(), 24)):
            yield Hit("VEHICLE", *match.span(), 0.7)
    for match in _OWN_FORM.finditer(page.lower):
        yield Hit("VEHICLE", *match.span(), 0.7)
    for match in _NEAR_WORD.finditer(page.lower) if not page.lower.isascii() else ():
        if _LOCAL_WORDS.search(page.before(match.start(), 36)):
            yield Hit("VEHICLE", *match.span(), 0.7)
    for match in _INDIAN.finditer(page.text):
        yield Hit("VEHICLE", *match.span(), 0.55)
    if _PLATES.search(page.lower):
        for match in _PLATE.finditer(page.text):
            labelled = _PLATE_WORDS.search(page.before(match.start(), 36))
            mixed = _LETTER.search(match.group()) and _ABOVE_NOUGHT.search(match.group())
            if labelled and mixed and not _is_pattern(match.group()):
                yield Hit("VEHICLE", *match.span(), 0.7)


def _is_pattern(plate: str) -> bool:
    """Whether a plate only shows where letters and digits go: ABC-123, B-MW 1234."""
    digits = re.sub(r"\D", "", plate)
    return len(digits) > 2 and digits in _RUN and (len(digits) > 3 or "ABC" in plate)


def _is_public(text: str) -> bool:
    if text in _WELL_KNOWN:
        return False
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if text.count(".") == 3 and (text.endswith(".0") or text.startswith(("0.", "1.0.", "2.0."))):
        return False
    return address.is_global and not address.is_multicast


def _vin_checks(vin: str) -> bool:
    if vin.isdigit() or vin.isalpha():
        return False
    total = sum(int(_VIN_VALUES[c]) * w for c, w in zip(vin, _VIN_WEIGHTS, strict=True))
    return vin[8] == "0123456789X"[total % 11]
