"""Documents that say much of one person are known by their words."""

from __future__ import annotations

import pytest

from edgeroute.privacy.pictures.documents import document


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("REPUBLIC OF ELBONIA\nPASSPORT\nType P", "an identity document"),
        ("P<ELBVANDAM<<MIRA<<<<<<<<<<<<\nX1234567<8ELB9001014F3001012<<<<", "an identity document"),
        ("Surname\nGiven names\nNationality", "an identity document"),
        ("Führerschein\nBundesrepublik", "an identity document"),
        ("St. Elm Clinic\nDischarge Summary", "a medical document"),
        ("Patient: 12\nDiagnosis: J06\nMedication: none", "a medical document"),
        ("Northern Bank\nStatement of account", "a financial document"),
        ("Account no 1\nSort code 2\nOpening balance 3", "a financial document"),
        ("Fiche de paie\njuin", "a financial document"),
    ],
)
def test_a_document_is_known(text: str, kind: str) -> None:
    """By its title, its fields, or the lines that machines read."""
    assert document(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def test_login(client): assert client.get('/').status == 200",
        "Revenue by quarter\nQ1 Q2 Q3 Q4\nNorth South",
        "Sign in\nUser name\nPassword\nForgot?",
        "std::vector<<int>>",
        "Sex Pistols at the hospital radio",
        "Settings  General  Accounts  Appearance",
    ],
)
def test_other_pictures_are_no_documents(text: str) -> None:
    """Code, charts and screens of programs."""
    assert document(text) == ""


def test_a_long_text_is_read_fast() -> None:
    """A million characters of nothing."""
    assert document("A" * 1_000_000 + " < " * 4) == ""
