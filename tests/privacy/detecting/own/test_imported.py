"""The user's own people, places and secrets, found in every form."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeroute.core.errors import SettingsError, StoreError
from edgeroute.privacy.detecting.detector import DetectionFailed
from edgeroute.privacy.detecting.own.detector import WithOwn
from edgeroute.privacy.detecting.own.entries import COMMON, OwnEntry, taken
from edgeroute.privacy.detecting.own.imported import FILE, Imported, prepared
from edgeroute.privacy.detecting.own.sources import read_text
from edgeroute.privacy.detecting.text.contents import Unread
from tests.support.detectors import PLANT, PlantDetector

KEY = b"k" * 32
NOW = datetime(2026, 11, 27, tzinfo=UTC)
USUAL = {"will", "smith", "rose", "anna", "bergen", "maya"}
LIST = """\
# people
Anna Holmqvist
Dr. Jürgen Möhlenkamp
Will Smith
\u0422\u0430\u0440\u0430\u0441 \u0411\u043e\u043d\u0434\u0430\u0440\u0435\u043d\u0447\u0443\u043a
Ελένη Παπαδοπούλου
Jean-Luc O'Hanrahan
van der Velde, Marijke
佐々木花子
Oyarzabaleta
# numbers and places
+49 171 2345678
0221 765 43 21
DE02 1203 0000 0000 2020 51
Lindenstraße 14, 50667 Köln
221 Northcote Road
k.rasmus@nordhavn-klinik.dk
"""


def common(word: str) -> bool:
    """A small language."""
    return word.casefold() in USUAL


@pytest.fixture
def imported(tmp_path: Path) -> Imported:
    """The list, kept."""
    made = Imported(tmp_path, KEY)
    made.keep("list", prepared(read_text(LIST, "list.txt"), common), NOW)
    return made


def found(imported: Imported, text: str) -> list[str]:
    """What is found in ``text``, as it is written there."""
    return [text[one.start : one.end] for one in imported.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "ask anna holmqvist",
        "HOLMQVIST, ANNA",
        "holmqvist_anna.pdf",
        "class AnnaHolmqvist:",
        "get-holmqvist-by-anna",
        "annaholmqvist84",
        "Annas mail to Holmqvists",
        "A. Holmqvist",
        "Holmqvist, A.",
        "a.holmqvist@mail.test",
        "Anna K. Holmqvist",
        '{"first": "Anna", "last": "Holmqvist"}',
        "A\u030anna Holmqvist",
        "\uff21\uff4e\uff4e\uff41\u3000\uff28\uff4f\uff4c\uff4d\uff51\uff56\uff49\uff53\uff54",
        "Juergen Moehlenkamp",
        "JURGEN MOHLENKAMP",
        "Will Smith",
        "Smith, Will",
        "first: Will, last: Smith",
        "Taras Bondarenchuk",
        (
            "\u0422\u0430\u0440\u0430\u0441\u0430 "
            "\u0411\u043e\u043d\u0434\u0430\u0440\u0435\u043d\u0447\u0443\u043a\u0430"
        ),
        "Eleni Papadopoulou",
        "Jean O'Hanrahan",
        "jeanluc ohanrahan",
        "Marijke van der Velde",
        "佐々木花子さんに",
        "oyarzabaleta",
        "OYARZABALETA's",
        "0171/2345678",
        "+49 (0) 171 23 45 678",
        "00491712345678",
        "+49 221 7654321",
        "\u0660\u0661\u0667\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
        "de02120300000000202051",
        "DE02-1203-0000-0000-2020-51",
        "14 Lindenstr.",
        "lindenstrasse 14",
        "Northcote Rd 221",
        "K.Rasmus@Nordhavn-Klinik.DK",
        "k dot rasmus at nordhavn-klinik dot dk",
        "QW5uYSBIb2xtcXZpc3QgaXMgaGVyZQ==",
    ],
)
def test_an_entry_is_found_in_every_form(imported: Imported, text: str) -> None:
    """Case, order, initials, spelling, script, identifiers, signs in numbers, short streets."""
    assert found(imported, text)


@pytest.mark.parametrize(
    "text",
    [
        "Will you ask the smith?",
        "where there is a will",
        "Will it rain in Bergen? Rose asks.",
        "Anna and Maya",
        "an old holm",
        "Luc and Jean went home",
        "A big house",
        "call 112 or 221",
        "version 1.171.2345",
        "Road 221",
        "花子",
        "k.rasmus",
        "",
    ],
)
def test_common_words_alone_hold_nothing(imported: Imported, text: str) -> None:
    """A first name, a city, half a number: they say nothing without their other part."""
    assert found(imported, text) == []


def test_a_name_in_fields_is_two_places(imported: Imported) -> None:
    """What stands between the parts of a name is no part of it, and is not masked with it."""
    assert found(imported, '{"first": "Anna", "last": "Holmqvist"}') == ["Anna", "Holmqvist"]
    assert found(imported, "Holmqvist, Anna") == ["Holmqvist, Anna"]


def test_an_initial_counts_only_where_it_is_one_person(tmp_path: Path) -> None:
    """Of two people with one initial and one surname neither is meant by them."""
    content = taken(
        [OwnEntry("name", "Anna Holmqvist"), OwnEntry("name", "Arne Holmqvist")], common
    )
    made = Imported(tmp_path, KEY)
    made.keep("x", content, NOW)
    assert found(made, "Arne Holmqvist")
    assert not found(made, "A. Holmqvist")


def test_what_is_skipped_is_said_without_its_value() -> None:
    """Single common words, dates and bare places are not taken, and the reasons are counted."""
    content = prepared(read_text("Rose\nBergen\n1990-02-03\n50667 Köln\nx\n", "a.txt"), common)
    assert content.counts == {}
    assert content.skipped[COMMON] == 3
    assert "rose" not in str(content.skipped).casefold()


def test_the_file_holds_no_value_and_is_the_users_alone(imported: Imported, tmp_path: Path) -> None:
    """Neither a value nor its source can be read in it, nor tried out without the key."""
    file = tmp_path / FILE
    written = file.read_bytes().lower()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [word for word in (b"anna", b"holmqvist", b"1712345", b"list") if word in written] == []
    assert imported.listed()[0].counts["name"] == 8


def test_another_key_is_an_error(imported: Imported, tmp_path: Path) -> None:
    """Entries that can no longer be found clear no text."""
    assert len(imported)
    detector = WithOwn(PlantDetector(), Imported(tmp_path, b"x" * 32), lambda _: False)
    with pytest.raises(StoreError):
        detector.scan("Nothing")
    with pytest.raises(StoreError):
        detector.scan("Nothing")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"imports": 3}', b"\xff", b'{"more": 1}'])
def test_a_broken_file_is_an_error(content: bytes, tmp_path: Path) -> None:
    """It is never taken for an empty one."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SettingsError):
        list(Imported(tmp_path, KEY).find("x"))


def test_kinds_and_sources_can_be_removed(imported: Imported, tmp_path: Path) -> None:
    """What is removed is found no more, by another process either, and the version changes."""
    other = Imported(tmp_path, KEY)
    imported.keep("more", taken([OwnEntry("phone", "+47 412 34 567")], common), NOW)
    versions = {other.version}
    assert imported.forget(kind="phone") == 3
    versions.add(other.version)
    assert not found(other, "0171/2345678")
    assert found(other, "Anna Holmqvist")
    assert imported.forget(source="list") > 8
    versions.add(other.version)
    assert not found(other, "Anna Holmqvist")
    assert imported.forget(source="list") == 0
    assert len(versions) == 3


def test_importing_again_replaces(imported: Imported) -> None:
    """The same source twice is one import."""
    imported.keep("list", taken([OwnEntry("name", "Ola Ramberghaug")], common), NOW)
    assert len(imported) == 1
    assert not found(imported, "Anna Holmqvist")


def test_a_detector_finds_more_with_it(imported: Imported) -> None:
    """Entries are personal data of their kind; an allowed value does not count."""
    detector = WithOwn(PlantDetector(), imported, lambda value: value == "Will Smith")
    assert detector.scan("About Anna Holmqvist").private
    assert not detector.scan("About Will Smith").private
    assert detector.scan(PLANT).private
    both = detector.scan(f"Anna Holmqvist {PLANT}", full=True)
    assert [one.type for one in both.findings] == ["PERSON", "US_SSN"]
    labelled = detector.scan("Nothing", origin="tool:read_file private")
    assert labelled.private
    assert "folder" in labelled.reason
    assert not detector.scan("Nothing", origin="tool:read_file code").private


def test_ten_thousand_entries_are_found_in_linear_time(tmp_path: Path) -> None:
    """10,000 entries and 10,000 characters take milliseconds, ten times the text ten times that."""
    draw = random.Random(1)
    letters = "abdefghiklmnoprstuvz"

    def name() -> str:
        return "".join(draw.choices(letters, k=8)).title()

    entries = [OwnEntry("name", name(), name()) for _ in range(7_000)]
    entries += [OwnEntry("phone", f"+49{draw.randrange(10**9, 10**10)}") for _ in range(3_000)]
    made = Imported(tmp_path, KEY)
    made.keep("many", taken(entries, common), NOW)
    text = " ".join(f"{name()} said {draw.randrange(10**5)} of them." for _ in range(400))[:10_000]

    def seconds(what: str) -> float:
        best = 9.0
        for _ in range(5):
            begun = time.process_time()
            list(made.find(what))
            best = min(best, time.process_time() - begun)
        return best

    once = seconds(text)
    assert once < 0.03  # some 8 ms on an idle core
    assert seconds(text * 10) < once * 20
    assert seconds("a_" * 50_000 + "1 " * 25_000) < 3


def test_what_cannot_be_read_is_not_cleared(
    imported: Imported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the text cannot be read for entries and the detector saw nothing, nobody knows."""

    def unread(text: str) -> None:
        raise Unread(f"It holds {len(text)} bytes that cannot be read.")

    monkeypatch.setattr(imported, "find", unread)
    detector = WithOwn(PlantDetector(), imported, lambda _: False)
    assert detector.scan(PLANT).private
    with pytest.raises(DetectionFailed, match="cannot be read"):
        detector.scan("Nothing")
