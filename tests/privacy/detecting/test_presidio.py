"""Presidio's own recognisers: what they add, when they count, and when they are loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.privacy.detecting.analyzer import Analyzer
from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.detecting.presidio import Presidio
from edgeroute.privacy.policy import PresidioRecognizer, PrivacyPolicy, ScanBudget

ADDED = [
    ("my ABN is 51 824 753 556", "TAX_ID", "AuAbnRecognizer"),
    ("company ACN 004 085 616", "TAX_ID", "AuAcnRecognizer"),
    ("the GSTIN 27AAPFU0939F1ZV of my shop", "TAX_ID", "InGstinRecognizer"),
    ("UEN: 53125226D", "TAX_ID", "SgUenRecognizer"),
    ("income tax 0001339050", "TAX_ID", "ZaIncomeTaxNumberRecognizer"),
    ("my voter card ABC1234567", "NATIONAL_ID", "InVoterRecognizer"),
    ("UMID 0111-1234567-8 of my mother", "NATIONAL_ID", "PhUmidRecognizer"),
    ("la mia carta \u00e8 CA12345AB", "NATIONAL_ID", "ItIdentityCardRecognizer"),
    ("his DEA BB1388568", "MEDICAL_RECORD", "MedicalLicenseRecognizer"),
    ("Medicare MBI: 1EG4TE5MK73", "MEDICAL_RECORD", "UsMbiRecognizer"),
    ("meine eGK M314159267", "MEDICAL_RECORD", "DeHealthInsuranceRecognizer"),
    ("it is MORGA657054SM9IJ", "DRIVER_LICENSE", "UkDrivingLicenceRecognizer"),
]
WITHOUT_WORDS = [
    "compare 51 824 753 556 and 004 085 616",
    "version 53125226D of the build",
    "the ticket ABC1234567 is open",
    "the run 0111-1234567-8 failed",
    "the capital pi 31415926535 has no end",
    "the therapist saw 31415926535 api calls",
]
CODES_AND_MEASURES = [
    "The population of the United States was 331002651 in 2020.",
    "My vehicle throws the code P0420 and P0301, what should I replace?",
    "Heat the pan, add ingredients from the list of 2024 recipes.",
    "They claim 1500000 people were affected.",
    "Compute sin 123456782 in radians with numpy.",
    "Weld the plate to the 100mm beam.",
    "MIT License 20200101 Copyright holders",
    "git commit 4f2a9c1d7e8b123456789 broke the pass rate.",
    "NPI stands for national provider identifier; write a Luhn check for 1234567893.",
    "Unix timestamp 1712151234567 as id of the event",
    "How is the check digit of an Australian ABN computed, with 11 digits?",
    "The epic JIRA-1234567 is blocked by ABC1234567.",
    "Nine Inch Nails NIN 19890101234 halo",
]


@pytest.fixture(scope="module")
def policy() -> PrivacyPolicy:
    """The packaged policy without the names model, so that no file is needed."""
    return msgspec.structs.replace(
        PrivacyPolicy.load(), names="off", budget=ScanBudget(seconds=30.0)
    )


@pytest.fixture(scope="module")
def detector(policy: PrivacyPolicy, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """A detector of patterns alone."""
    return Detector(policy, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def ours(policy: PrivacyPolicy, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """The same without Presidio."""
    return Detector(msgspec.structs.replace(policy, presidio={}), tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize(("text", "entity", "recognizer"), ADDED)
def test_identifiers_of_many_countries_are_found_next_to_their_words(
    detector: Detector, ours: Detector, text: str, entity: str, recognizer: str
) -> None:
    """Each is found by Presidio's recogniser, as our entity, and by nobody else here."""
    found = {finding.source: finding for finding in detector.scan(text, full=True).findings}
    assert found[recognizer].type == entity
    assert found[recognizer].score >= 0.5
    assert entity not in {finding.type for finding in ours.scan(text, full=True).findings}


@pytest.mark.parametrize("text", WITHOUT_WORDS + CODES_AND_MEASURES)
def test_a_number_without_its_word_may_go(detector: Detector, text: str) -> None:
    """One check digit passes one number in ten, and part of a word is no word."""
    assert not detector.scan(text).private


def test_a_rare_shape_needs_no_word(detector: Detector) -> None:
    """Where the policy says so, shape and check digits are enough."""
    finding = next(
        one
        for one in detector.scan("see 1EG4-TE5-MK73", full=True).findings
        if one.source == "UsMbiRecognizer"
    )
    assert finding.context == ""


def test_a_finding_says_what_led_to_it(detector: Detector) -> None:
    """Recogniser, pattern and word, at its place in the text; never the value."""
    text = "so my tax file number\u200b is 876 543 210, thanks"
    finding = next(
        one for one in detector.scan(text, full=True).findings if one.source == "AuTfnRecognizer"
    )
    assert text[finding.start : finding.end] == "876 543 210"
    assert (finding.pattern, finding.context) == ("TFN (Medium)", "tax file number")
    assert "876" not in repr(finding)


@pytest.mark.parametrize("length", [9_950, 9_995, 10_005, 25_000])
def test_long_texts_are_read_to_their_end(detector: Detector, length: int) -> None:
    """An identifier on the seam between two readings is found, once and at its place."""
    text = "7 1234 " * (length // 7) + "\nUEN: 53125226D"
    found = [f for f in detector.scan(text, full=True).findings if f.source == "SgUenRecognizer"]
    assert [text[one.start : one.end] for one in found] == ["53125226D"]


def test_a_pattern_that_is_given_up_is_not_clear(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Presidio skips a pattern that takes too long; here the text then stays."""
    text = "a note on 53125226D and 1234567"
    assert not detector.scan(text).private
    monkeypatch.setattr("presidio_analyzer.pattern_recognizer.REGEX_TIMEOUT_SECONDS", 0)
    with pytest.raises(DetectionFailed, match="took more than"):
        detector.scan(text)


def test_loading_is_not_the_texts_fault(
    policy: PrivacyPolicy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow start of Presidio uses up none of the time that a text may take."""
    now = [0.0]
    load = Presidio.load

    def slow(self: Presidio) -> Analyzer:
        now[0] += 100
        return load(self)

    monkeypatch.setattr(Presidio, "load", slow)
    monkeypatch.setattr(Presidio, "find", lambda *_: iter(()))
    assert not Detector(policy, tmp_path, clock=lambda: now[0]).scan("a note on 1234567").private


def test_every_recogniser_of_the_policy_exists(policy: PrivacyPolicy) -> None:
    """Those of the installed Presidio are ready, and none of them speaks to the network."""
    Analyzer(policy.presidio)
    assert not {"EmailRecognizer", "UrlRecognizer"} & policy.presidio.keys()  # these fetch a list


def test_an_unknown_recogniser_keeps_everything_here(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """A name that Presidio does not have is no open door."""
    wrong = msgspec.structs.replace(policy, presidio={"NoSuch": PresidioRecognizer("TAX_ID")})
    with pytest.raises(DetectionFailed):
        Detector(wrong, tmp_path).scan("a note on 53125226D")


def test_an_entity_that_does_not_exist_is_refused(policy: PrivacyPolicy) -> None:
    """A recogniser without an entity would count for nothing."""
    wrong = msgspec.structs.replace(
        policy, presidio={"SgUenRecognizer": PresidioRecognizer("NOTHING")}
    )
    with pytest.raises(SettingsError, match="NOTHING, which is not an entity"):
        wrong.checked("privacy.yaml")


def test_presidio_is_loaded_only_where_a_text_needs_it() -> None:
    """Not for words, not for small numbers, not where our own recognisers have decided."""
    code = """
import sys, msgspec
from pathlib import Path
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import PrivacyPolicy

def loaded():
    return "presidio_analyzer" in sys.modules or "spacy" in sys.modules

detector = Detector(msgspec.structs.replace(PrivacyPolicy.load(), names="off"), Path())
assert not detector.scan("Explain in 12 lines how a hash table works; see RFC 791.").private
assert detector.scan("My SSN is 521-44-9821, write to my bank.").private
assert not loaded()
detector.warm()
assert loaded()
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
