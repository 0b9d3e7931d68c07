"""Suspicions are weighed: who is meant and what is said decide, with reasons and a number."""

from __future__ import annotations

import json

import msgspec
import pytest
import yaml

from edgeroute.datafile import packaged
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.detecting.weighing.scale import Scale
from edgeroute.privacy.policy import Level, PrivacyPolicy, ScanBudget
from tests.support.model_files import require

POLICY = msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=60.0))
VERDICT = packaged("models") / "verdict"


@pytest.fixture(scope="module")
def balanced() -> Detector:
    """The detector as it is shipped."""
    return Detector(POLICY, require("e5/e5-small-q4.bin").parent.parent)


@pytest.fixture(scope="module")
def strict() -> Detector:
    """The same at the level strict."""
    policy = msgspec.structs.replace(POLICY, level=Level.STRICT)
    return Detector(policy, require("e5/e5-small-q4.bin").parent.parent)


def test_a_weighed_find_has_a_probability_and_reasons(balanced: Detector) -> None:
    """The score of a name is how likely its text is private, and the reasons are in words."""
    text = "My neighbour Ottilie Brandner told me in tears that she lost her job for drinking."
    (person,) = [one for one in balanced.scan(text, full=True).findings if one.type == "PERSON"]
    assert POLICY.threshold("PERSON") <= person.score <= 1
    assert text[person.start : person.end] == "Ottilie Brandner"
    assert "private matter" in person.context or "named" in person.context


def test_a_matter_in_another_script_is_held_though_no_name_is_seen(balanced: Detector) -> None:
    """What cannot be masked is told whole, and stays here."""
    text = (
        "\u0421\u043e\u0441\u0435\u0434\u043a\u0430 \u0417\u043e\u044f "
        "\u0414\u0440\u043e\u0437\u0434\u043e\u0432\u0430 \u043b\u0435\u0436\u0438\u0442 "
        "\u0441 \u0438\u043d\u0441\u0443\u043b\u044c\u0442\u043e\u043c, "
        "\u043c\u0443\u0436 \u0441\u043d\u043e\u0432\u0430 "
        "\u0437\u0430\u043f\u0438\u043b."
    )
    assert {one.type for one in balanced.scan(text, full=True).findings} == {"SENSITIVE"}


def test_what_is_masked_may_go(balanced: Detector) -> None:
    """With a placeholder in place of the name, the story alone does not hold the text."""
    text = "Is <PERSON_1> allowed to work with epilepsy after the divorce? She cries every day."
    assert not balanced.scan(text).private


@pytest.mark.parametrize(
    "around",
    [
        "Chunk ID: 8f3a2e\nWall time: 0.0000 seconds\nProcess exited with code 0\nOutput:\n{}",
        "<path>/srv/shop/fixtures/people.yaml</path>\n<content>\n{}\n(End of file)\n</content>",
    ],
)
def test_who_stands_beside_a_value_is_told_with_it(balanced: Detector, around: str) -> None:
    """However an agent wraps a file, name and number beside an address are masked as that is."""
    rows = "- name: Renske Oosterhof\n  email: r.oosterhof@polderpost.nl\n  phone: +31 20 794 7315"
    text = around.format(rows)
    found = balanced.scan(text, full=True, origin="tool:shell").findings
    told = {text[one.start : one.end] for one in found}
    assert "Renske Oosterhof" in told
    assert any("794 7315" in one for one in told)


def test_published_makers_are_public_at_balanced_only(balanced: Detector, strict: Detector) -> None:
    """Who wrote a program is no private matter; strict keeps it all the same."""
    log = "commit 5f2c9ab04be1\nAuthor: Greta Holzner <greta@holzner.dev>\n\n    Fix a typo\n"
    assert not balanced.scan(log, origin="tool:shell").private
    assert strict.scan(log, origin="tool:shell").private


HELPERS = "import smtplib\n\n\ndef connected(host: str) -> bool:\n    return host.startswith('a')\n"
SAVED = (
    "CREDITORS = [\n    ('Jonna Malmberg', 'jonna@malmberg-bygg.se', 'three rents behind'),\n"
    "    ('Tove Ahlin', 'tove.ahlin@ahlin.nu', 'debt sold, he is in hospital'),\n]\n"
)


@pytest.mark.parametrize(
    "text",
    [
        f"{HELPERS}\n\n# It answers as cato@senate-mail.org does.\nassert connected('abc')\n",
        f"{HELPERS}\n\nassert connected('91.198.174.192')  # not routed\n",
        f"{HELPERS}\n\nassert connected('0c:4b:73:2a:fe:76')  # a printer\n",
    ],
    ids=["an address", "a server", "a network card"],
)
def test_addresses_in_code_are_weighed(text: str, balanced: Detector, strict: Detector) -> None:
    """Alone they are a maker's, a test's or a server's; strict keeps them."""
    assert not balanced.scan(text, origin="tool:read_file").private
    assert strict.scan(text, origin="tool:read_file").private


def test_people_in_code_are_held_with_their_addresses(balanced: Detector) -> None:
    """Code around a record does not make it a maker's."""
    assert balanced.scan(f"{HELPERS}\n\n{SAVED}", origin="tool:read_file").private


def test_an_office_may_be_written_to_and_a_person_not(balanced: Detector) -> None:
    """The box of an office is nobody's; any other address outside of code decides alone."""
    office = "The town library of Elmsworth opens at nine; write to library@elmsworth.org."
    assert not balanced.scan(office).private
    assert balanced.scan("meine mail: t.huber@huberbau.at").private


def test_an_example_value_raises_no_suspicion(balanced: Detector) -> None:
    """A published account number in a question about its form weighs nothing."""
    text = "Which part of GB82 WEST 1234 5698 7654 32 is the sort code?"
    assert not balanced.scan(text).private


def test_the_scale_refuses_other_evidence() -> None:
    """Numbers of evidence and scale belong together."""
    with pytest.raises(ValueError, match="other evidence"):
        Scale(["something"])


def test_no_voice_both_teaches_and_reports() -> None:
    """Each voice stands in one part of the split; each that teaches or reports is balanced."""
    split = yaml.safe_load((VERDICT / "split.yaml").read_text("utf-8"))
    named = [name for part in split.values() for name in part]
    assert len(set(named)) == len(named)
    assert {path.stem for path in (VERDICT / "voices").glob("*.jsonl")} == set(named)
    for name in set(named) - set(split["latest"]):
        lines = (VERDICT / "voices" / f"{name}.jsonl").read_text("utf-8").splitlines()
        private = sum(json.loads(line)["private"] for line in lines)
        assert 0.3 < private / len(lines) < 0.6
