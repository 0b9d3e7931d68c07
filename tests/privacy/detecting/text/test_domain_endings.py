"""Real endings of domains are told from others without the package that carries their list."""

from __future__ import annotations

import subprocess
import sys

import pytest
import tldextract

from edgeroute.privacy.detecting.text import domain_endings
from edgeroute.privacy.detecting.text.domain_endings import is_known_ending
from edgeroute.privacy.detecting.without_spacy import without_spacy

EXTRACT = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)
NAMES = ("x", "mail.firm", "co", "a.b.co")


def test_every_ending_of_the_list_is_told_as_the_package_tells_it() -> None:
    """Also endings below which every name is a suffix, and those that are none by themselves."""
    suffixes = [suffix.removeprefix("*.").removeprefix("!") for suffix in EXTRACT.tlds]
    domains = [f"{name}.{suffix}" for suffix in suffixes for name in NAMES]
    domains += [f"{name}.{suffix.rpartition('.')[2]}" for suffix in suffixes for name in NAMES]
    wrong = [one for one in domains if is_known_ending(one) != bool(EXTRACT(one).suffix)]
    assert len(domains) > 10_000
    assert not wrong


@pytest.mark.parametrize("word", ["local", "pyc", "invalidword", "jpg", "nobody", "x"])
def test_a_word_is_no_ending(word: str) -> None:
    """What ends like a name of a file does not become an address."""
    assert is_known_ending(f"mail.firm.{word}") == bool(EXTRACT(f"mail.firm.{word}").suffix)


def test_the_package_is_not_imported() -> None:
    """It brings a client for the internet along, and a tree of all suffixes."""
    program = (
        "import sys;"
        "from edgeroute.privacy.detecting.text.domain_endings import is_known_ending as f;"
        "print(f('firm.co.uk'), {'tldextract', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "True set()"


def test_the_list_is_found_while_presidio_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty module that stands in the package's place in another thread hides no list."""
    monkeypatch.delitem(sys.modules, "tldextract")
    domain_endings._endings.cache_clear()
    with without_spacy():
        assert is_known_ending("example.co.uk")
