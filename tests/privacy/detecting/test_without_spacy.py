"""Presidio is imported without spaCy, and spaCy stays what it is for whoever wants it."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIND = (
    "import sys;"
    "from edgeroute.privacy.detecting.presidio import Presidio;"
    "from edgeroute.privacy.detecting.text.page import Page;"
    "from edgeroute.privacy.policy import PrivacyPolicy;"
    "finder = Presidio(PrivacyPolicy.load(None).presidio);"
    "hits = [hit.type for hit in finder.find(Page('My tax file number is 876543210, thanks.'))];"
    "print(hits, sorted(name for name in ('spacy', 'thinc') if name in sys.modules))"
)


def run(program: str) -> str:
    """What ``program`` prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("before", ["", "import spacy;"])
def test_presidio_finds_the_same_with_and_without_spacy(before: str) -> None:
    """What its recognisers find does not depend on a library that they do not use."""
    found, loaded = run(before + FIND).rsplit("] [", 1)
    assert found == "['TAX_ID'"
    assert loaded == ("'spacy', 'thinc']" if before else "]")


def test_spacy_is_spacy_afterwards() -> None:
    """No empty module is left in its place."""
    assert run(FIND + ";import spacy;print(spacy.blank('en')('Two words').text)").endswith(
        "Two words"
    )
