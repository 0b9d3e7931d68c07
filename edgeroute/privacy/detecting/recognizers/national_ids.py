"""National identity, insurance and tax numbers, by their form and check digits."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edgeroute.privacy.detecting.text.page import DIGIT, Hit, Page
from edgeroute.word_lists import word_set

_SSN: Final = re.compile(
    r"(?<![\w-])(?!000|666)\d{3}(?P<gap>[-. ]{1,3})(?!00)\d{2}(?P=gap)(?!0000)\d{4}(?![\w-]|\.\d)"
)
_SSN_RUN: Final = re.compile(
    r"(?<![\w.-])\d{9}(?![\w-]|\.\d)|(?<![\w-])\d{3}-\d{2,3}-?\d{3,4}(?!\w)"
)
_SSN_WORDS: Final = re.compile(r"\b(?:ssn|s\.s\.n|social security|social|itin)\b[^\n]{0,32}$")
_SAMPLE: Final = re.compile(
    r"\b(?:regex|regexp|format|example|sample|dummy|fake|mask|placeholder|validat\w+|test data)\b"
)
_SAMPLE_SSNS: Final = word_set("national_ids.sample_ssns")


@dataclass(frozen=True, slots=True)
class _Number:
    """A country's number: its shape, who checks it (a python-stdnum module), and its words.

    Without ``words`` the shape and the check digits are rare enough to stand alone.
    """

    shape: re.Pattern[str]
    check: str = ""
    words: re.Pattern[str] | None = None
    type: str = "NATIONAL_ID"


def _number(shape: str, check: str = "", words: str = "", type_: str = "NATIONAL_ID") -> _Number:
    return _Number(
        re.compile(rf"(?<![A-Za-z0-9.-])(?:{shape})(?![A-Za-z0-9]|-\d|\.\d)", re.IGNORECASE),
        check,
        re.compile(rf"(?:{words})[^\n]{{0,40}}$") if words else None,
        type_,
    )


_CITIZEN: Final = r"\bid\b|identi|national|personal|citizen|kimlik|osobn|rodn|person"

_NUMBERS: Final = (
    _number(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"),  # Italy
    _number(
        r"[12]\s?\d{2}\s?(?:0\d|1[0-2]|[2-9]\d)\s?(?:\d{2}|2[AB])\s?\d{3}\s?\d{3}\s?\d{2}", "fr.nir"
    ),
    _number(r"[XYZ]-?\d{7}-?[A-Z]", "es.nie"),
    _number(r"\d{8}-?[A-Z]", "es.dni"),
    _number(r"(?:756[. ]?)(?:\d{4}[. ]?){2}\d{2}", "ch.ssn"),
    _number(r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf"),
    _number(r"\d{11}", "br.cpf", r"\bcpf\b"),
    _number(r"\d{11}", "pl.pesel"),
    _number(r"\d{17}[\dX]", "cn.ric"),
    _number(
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]"
    ),  # United Kingdom
    _number(r"[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-Z]", "", r"\bni\b|\bnino\b|insurance"),
    _number(r"\d{3}[ -]?\d{3}[ -]?\d{4}", "gb.nhs", r"\bnhs\b"),
    _number(r"(?:19|20)?\d{6}[-+]\d{4}", "se.personnummer"),
    _number(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", "fi.hetu"),
    _number(r"\d{6}[- ]?\d{4}", "dk.cpr", r"\bcpr\b|personn"),
    _number(r"\d{6} ?\d{5}", "no.fodselsnummer", r"f\u00f8dsel|personn|\bfnr\b"),
    _number(r"\d{6}/\d{3,4}"),  # Czechia, Slovakia
    _number(r"[1-8]\d{12}", "ro.cnp"),
    _number(r"\d{10}", "bg.egn", r"\begn\b|\u0435\u0433\u043d"),
    _number(r"\d{11}", "hr.oib", r"\boib\b"),
    _number(r"\d{2}[ .]?\d{3}[ .]?\d{3}[ .]?\d{3}", "de.idnr", r"steuer|\bidnr|\btin\b", "TAX_ID"),
    _number(r"\d{8}[A-Z]\d{3}", "", r"sozialversicherung|rentenversicherung|\bsvnr"),
    _number(r"\d{2}\s?\d{6}\s?[A-Z]\s?\d{3}", "", r"sozialversicherung|rentenversicherung|\bsvnr"),
    _number(r"[CFGHJKLMNPRTVWXYZ0-9]{9,10}", "", r"personalausweis|ausweisn|ausweis-?nr"),
    _number(r"\d{8,9}", "nl.bsn", r"\bbsn\b|burgerservice|sofi"),
    _number(
        r"\d{2}[. ]?\d{2}[. ]?\d{2}[- ]?\d{3}[. ]?\d{2}",
        "be.nn",
        r"rijksregister|registre national|\bnn\b",
    ),
    _number(r"\d{9}", "pt.nif", r"\bnif\b|contribuinte", "TAX_ID"),
    _number(r"\d{11}", "tr.tckimlik", r"\btc\b|kimlik"),
    _number(r"\d{4}[ -]?\d{4}[ -]?\d{4}", "in_.aadhaar", r"a?adh?aa?r\w*|uid\b"),
    _number(r"\d{10,14}", "", r"a?adh?aa?r\w*"),
    _number(r"[A-Z]{5}\d{4}[A-Z]", "", r"\bpan\b|tax|permanent account", "TAX_ID"),
    _number(r"\d{6}-?[1-8]\d{6}", "kr.rrn"),
    _number(r"[STFGM]\d{7}[A-Z]", "", r"nric|\bfin\b|singapore|" + _CITIZEN),
    _number(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", "mx.curp"),
    _number(r"\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]", "cl.rut", r"\brut\b|\brun\b"),
    _number(r"\d{2}-\d{8}-\d", "ar.cuit"),
    _number(r"\d{13}", "za.idnr", _CITIZEN + r"|south africa|\brsa\b"),
    _number(r"\d{3}[ -]\d{3}[ -]\d{3}", "ca.sin", r"\bsin\b|social insurance"),
    _number(r"\d{3}[ -]?\d{3}[ -]?\d{3}", "au.tfn", r"\btfn\b|tax file", "TAX_ID"),
    _number(r"\d{4} ?\d{6}", "", "\u043f\u0430\u0441\u043f\u043e\u0440\u0442", "PASSPORT"),
    _number(r"\d{3}-\d{3}-\d{3} \d{2}", "", "\u0441\u043d\u0438\u043b\u0441"),
    _number(r"[A-Z]{3} ?\d{6}", "", r"dow[o\u00f3]d"),
    _number(r"\d{3}[- ]?\d{3}[- ]?\d{2}[- ]?\d{2}", "pl.nip", r"\bnip\b", "TAX_ID"),
    _number(r"\d{2}-\d{7}", "", r"\bein\b|\btax|\btin\b|employer id", "TAX_ID"),
)


class NationalIds:
    """Numbers that a state gave to a person."""

    name = "national_ids"
    types = ("US_SSN", "NATIONAL_ID", "TAX_ID", "PASSPORT", "DRIVER_LICENSE")
    needs = DIGIT

    def find(self, page: Page) -> Iterator[Hit]:
        """US numbers first, then every country's."""
        for match in _SSN.finditer(page.text):
            if len(match["gap"]) == 1 or match["gap"].strip():
                yield from self._ssn(page, match)
        for match in _SSN_RUN.finditer(page.text):
            if _SSN_WORDS.search(page.before(match.start(), 48)):
                yield Hit("US_SSN", *match.span(), 0.8)
        for start, end in page.numbers:
            for number in _NUMBERS:
                for match in number.shape.finditer(page.text, start, end):
                    if number.words and not number.words.search(page.before(match.start(), 64)):
                        continue
                    if number.check and not _checks(number.check, match.group()):
                        continue
                    yield Hit(number.type, *match.span(), 0.85)

    @staticmethod
    def _ssn(page: Page, match: re.Match[str]) -> Iterator[Hit]:
        before = page.before(match.start(), 60)
        named = _SSN_WORDS.search(before) is not None
        if match.group() in _SAMPLE_SSNS or _SAMPLE.search(before):
            # The numbers of manuals count only as somebody's: "Miller's SSN 123-45-6789".
            owned = re.search(r"(?:'s|\bmy|\bhis|\bher|\btheir) (?:ssn|social)[^\n]{0,20}$", before)
            yield Hit("US_SSN", *match.span(), 0.7 if owned else 0.35 if named else 0.2)
        elif named or match["gap"] in "-.":
            yield Hit("US_SSN", *match.span(), 0.95 if named else 0.8)


def _checks(module: str, number: str) -> bool:
    checker = importlib.import_module(f"stdnum.{module}")
    return bool(checker.is_valid(number))
