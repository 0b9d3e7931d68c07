# ruff: noqa: E501 - a pattern is read whole
"""Numbers that mean a person because of the word in front: account, passport, patient, policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edgeroute.privacy.detecting.text.page import Hit, Page, words

_VALUE: Final = re.compile(
    r"(?<![\w@.])(?=[\w./*-]{0,24}\d)[A-Za-z0-9*][\w./*-]{2,34}(?:[ -][A-Z0-9]{1,6}(?![\w.])){0,5}"
)
_PREFIXED: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:MRN|NPI|NHC|PAT|PATIENT|SSN|DL|EMP|CUST|CUSTOMER|MEMBER|CLAIM|POLICY|ACCT|CHC)"
    r"[-_:# ]{1,2}[A-Z]{0,4}-?\d[\dA-Z-]{3,16}|(?:MRN|MED|NPI|EMP|CUST)\d{5,12})(?![A-Za-z0-9])"
)
_DATE_OR_TIME: Final = re.compile(
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}[:.]\d{2}(?:[:.]\d{2})?|v?\d{1,3}(?:\.\d{1,4}){1,3}"
    r"|\d{1,3}(?:,\d{3})+|\d+%|(?:19|20)\d\d|\d{1,3}|\d{4}-(?:19|20)?\d\d)$"
)

# The last words before the number; "*" is any one word.
_LABELS: Final[dict[str, tuple[str, float]]] = {}


def _label(type_: str, score: float, phrases: str) -> None:
    for phrase in phrases.split(","):
        _LABELS[phrase.strip()] = (type_, score)


_label(
    "MEDICAL_RECORD",
    0.8,
    """mrn, npi, nhc, nass, medical record, medical records, health record,
    patient id, patient number, patient no, chart, hospital number, prescription, rx, nhs,
    historia clinica, historia cl\u00ednica, medical license, medicare, medicaid, health plan,
    krankenversicherung, versichertennummer, numero de historia, tarjeta sanitaria, n\u00bacol, ncol,
    colegiado, cip, episodio""",
)
_label(
    "PASSPORT",
    0.8,
    """passport, passports, passeport, pasaporte, passaporto, reisepass, pass,
    passnummer, paszport, paszportu, paspoort, passaporte, travel document""",
)
_label(
    "DRIVER_LICENSE",
    0.8,
    """driver license, driver s license, drivers license, driver licence,
    driver s licence, driving licence, driving license, f\u00fchrerschein, permis,
    prawo jazdy, prawa jazdy, rijbewijs, patente, carnet de conducir, permiso de conducir, dl""",
)
_label(
    "NATIONAL_ID",
    0.8,
    """id number, identification number, identity number, ssn, social security, national insurance, nino, bsn, pesel, nie, dni,
    nif, cpf, cnpj, codice fiscale, s\u00e9cu, s\u00e9curit\u00e9 sociale, steuer id, steueridentifikationsnummer,
    identity card, id card, national id, aadhaar, aadhar, personalausweis, personnummer, dowodu,
    dow\u00f3d, ausweis, rg, curp, rut, carte d identit\u00e9, carta d identit\u00e0, document number, curp""",
)
_label(
    "TAX_ID",
    0.75,
    """tax id, tax identification, taxpayer id, taxpayer, tin, ein, utr,
    steuernummer, ust idnr, nip, partita iva, siret, tax number, pan""",
)
_label(
    "BANK_ACCOUNT",
    0.75,
    """account, accounts, acct, accountno, konto, kontonummer, kontonr, compte,
    cuenta, conto, conta, rekening, rekeningnummer, rachunek, iban, routing, sort code, bsb, clabe,
    savings, checking, transit, bic, swift, aba""",
)
_label(
    "PERSONAL_ID",
    0.7,
    """customer id, customer number, customer no, employee id, employee number,
    emp id, staff id, student id, student number, matriculation number, matrikelnummer, member id,
    membership number, policy number, policy, insurance number, insurance id, subscriber id, claim number,
    badge number, case number, beneficiary number, kundennummer, client id, client number, visa number,
    voter id, voter card, mitgliedsnummer, num\u00e9ro client, numero cliente, n\u00famero de cliente""",
)
_label(
    "VEHICLE",
    0.75,
    """license plate, licence plate, number plate, vin, kennzeichen, matr\u00edcula,
    targa, kenteken, rejestracyjny, plaque d immatriculation, vehicle identification""",
)

_FILLERS: Final = words("""number numbers no num nr n id is was are and the my your his her their this that for of to as has
    with card code licence license nummer numer num\u00e9ro numero n\u00famero ist lautet est \u00e8 es \u00e9 jest to
    mit von del de la le du des a o details linked ending in full new old existing uk us california
    bank checking savings der die das""")
_WEAK: Final = words(
    "pass chart license licence policy savings checking transit pan nie rg dl rx rut"
)
# These say so much that a few other words may stand in between.
_SPECIFIC: Final = words("mrn npi ssn nhc passport pesel bsn aadhaar")
_MONEY: Final = re.compile(r"[$\u20ac\u00a3\u00a5]\s?$")


class Records:
    """A value with digits, next to the word that says whose number it is."""

    name = "records"
    types = (
        "MEDICAL_RECORD", "PASSPORT", "DRIVER_LICENSE", "NATIONAL_ID", "TAX_ID", "BANK_ACCOUNT",
        "PERSONAL_ID", "VEHICLE",
    )  # fmt: skip

    def find(self, page: Page) -> Iterator[Hit]:
        """Labelled values, and numbers that carry their label, such as MRN-607150."""
        if not page.has_digits:
            return
        for match in _PREFIXED.finditer(page.text):
            yield Hit(
                "MEDICAL_RECORD" if match.group()[:2] != "EM" else "PERSONAL_ID", *match.span(), 0.7
            )
        for match in _VALUE.finditer(page.text):
            found = _labelled(page, match)
            if found is not None:
                yield found


def _labelled(page: Page, match: re.Match[str]) -> Hit | None:
    value = match.group()
    digits = sum(c.isdigit() for c in value)
    if (
        "XX" in value
        or digits < 4
        or _DATE_OR_TIME.match(value)
        or _MONEY.search(page.before(match.start(), 2))
    ):
        return None
    said = page.words_before(match.start(), 6, 56)
    for back in range(len(said)):
        stop = len(said) - back
        for size in (3, 2, 1):
            phrase = " ".join(said[max(0, stop - size) : stop])
            if phrase in _LABELS and stop - size >= 0:
                type_, score = _LABELS[phrase]
                if phrase in _WEAK and (back > 1 or digits < 5):
                    continue
                if digits < 5 and score < 0.8:
                    continue
                return Hit(type_, *match.span(), score - 0.02 * back)
        if said[stop - 1] not in _FILLERS and _SPECIFIC.isdisjoint(said[:stop]):
            return None
    return None
