"""A pattern that was kept finds what its source finds, and what is damaged is compiled anew."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.patterns import _built, _Kept, _parts
from edgeroute.privacy.detecting.recognizers.local_addresses import _PLACE
from edgeroute.privacy.detecting.recognizers.records import _LABEL

SOURCE = r"(?P<one>b(?:anana|erry))|(?P<two>\bc\w{2,5}\b)(?!d)"
PATTERNS = [
    (SOURCE, 0),
    (SOURCE, int(re.IGNORECASE)),
    (r"[^\W\d_]+(?=@)|\d{2,4}-[\u0400-\u04ff]", 0),
    (_LABEL.pattern, 0),
    (_PLACE.pattern, _PLACE.flags),
]


def kept_in(folder: Path) -> _Kept:
    """What another process finds in ``folder``."""
    found = _Kept()
    found.read(folder)
    return found


def test_what_was_kept_is_not_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flags, groups and finds are those of the source."""
    first = kept_in(tmp_path)
    made = first.pattern(SOURCE, re.IGNORECASE)
    first.write()
    later = kept_in(tmp_path)
    monkeypatch.setattr(re, "compile", lambda *_: pytest.fail("it was compiled"))
    again = later.pattern(SOURCE, re.IGNORECASE)
    assert (again.pattern, again.flags, again.groups) == (SOURCE, made.flags, made.groups)
    assert dict(again.groupindex) == dict(made.groupindex)
    text = "BANANA berry cats cd"
    assert [m.groupdict() for m in again.finditer(text)] == [
        m.groupdict() for m in made.finditer(text)
    ]


@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
def test_another_source_or_flag_is_another_pattern(tmp_path: Path, flags: int) -> None:
    """Nothing is found under a name that is not its own."""
    first = kept_in(tmp_path)
    first.pattern("a", flags)
    first.write()
    later = kept_in(tmp_path)
    assert later.pattern("b", flags).match("b")
    assert bool(later.pattern("a", re.IGNORECASE - flags).match("A")) is not bool(flags)


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 40])
def test_a_damaged_file_is_not_believed(tmp_path: Path, damage: bytes) -> None:
    """Whatever stands there, patterns find what they should, and are kept anew."""
    first = kept_in(tmp_path)
    first.pattern(SOURCE, 0)
    first.write()
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[: 20 * len(damage)] + damage)
    later = kept_in(tmp_path)
    assert later._found == {}
    assert later.pattern(SOURCE, 0).findall("banana")
    later.write()
    assert kept_in(tmp_path)._found


def test_a_file_that_others_may_change_is_not_believed(tmp_path: Path) -> None:
    """Nor is one of another Python."""
    first = kept_in(tmp_path)
    first.pattern(SOURCE, 0)
    first.write()
    (file,) = tmp_path.iterdir()
    file.chmod(0o666)
    assert kept_in(tmp_path)._found == {}


@given(st.text(max_size=80) | st.text("passport no.: 4711 flt7 Lange Stra\u00dfe \u0436\u4e00@-\n"))
def test_kept_patterns_of_the_check_find_what_their_sources_find(text: str) -> None:
    """The pattern with the most words among them."""
    for source, flags in PATTERNS:
        whole = re.compile(source, flags)
        again = _built(source, _parts(whole))
        assert [m.span() for m in again.finditer(text)] == [m.span() for m in whole.finditer(text)]


def test_all_patterns_of_the_check_can_be_kept(tmp_path: Path) -> None:
    """A program that loads them twice compiles them once."""
    program = (
        "import sys, re; from pathlib import Path; from edgeroute.core import patterns;"
        "patterns.keep_in(Path(sys.argv[1]));"
        "from edgeroute.privacy.detecting import stages;"
        "print(len(patterns._KEPT._new)); patterns.keep()"
    )
    counts = [
        int(
            subprocess.run(
                [sys.executable, "-c", program, str(tmp_path)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(2)
    ]
    assert counts[0] > 100
    assert counts[1] == 0


PATTERNS = [
    (SOURCE, 0),
    (SOURCE, int(re.IGNORECASE)),
    (r"[^\W\d_]+(?=@)|\d{2,4}-[\u0400-\u04ff]", 0),
]
