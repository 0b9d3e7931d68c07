"""Presidio is imported without what it does not use, which stays what it is for others."""

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
    "unused = {'pydantic', 'requests', 'spacy', 'thinc', 'tldextract'};"
    "print(hits, sorted(unused & set(sys.modules)))"
)


def run(program: str) -> str:
    """What ``program`` prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("before", ["", "import spacy;", "import pydantic;", "import requests;"])
def test_presidio_finds_the_same_with_and_without_what_it_does_not_use(before: str) -> None:
    """What its recognisers find does not depend on libraries that they do not use."""
    found, loaded = run(before + FIND).rsplit("] [", 1)
    assert found == "['TAX_ID'"
    assert bool(before) == (loaded != "]")


def test_what_was_there_before_is_used_beside_what_was_not() -> None:
    """An empty module stands only where nothing else does."""
    assert run("import pydantic;" + FIND).endswith("['pydantic']")


def test_pydantic_is_pydantic_afterwards() -> None:
    """No empty module is left in its place."""
    use = ";import pydantic;print(pydantic.TypeAdapter(int).validate_python('7'))"
    assert run(FIND + use).endswith("7")


def test_spacy_is_spacy_afterwards() -> None:
    """No empty module is left in its place."""
    assert run(FIND + ";import spacy;print(spacy.blank('en')('Two words').text)").endswith(
        "Two words"
    )
