"""The trained classifier: it fits its features, abstains, and works without the sentence model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.core.signals import TASKS
from edgeroute.encoders import adapted
from edgeroute.routing.signals import classifier as module
from edgeroute.routing.signals import structure
from edgeroute.routing.signals.classifier import TaskClassifier
from edgeroute.routing.signals.guess import guess
from edgeroute.routing.signals.keywords import DOMAINS, glance, load_cues, words_of
from tests.support.model_files import require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLAIN = [
    ("write a python function that parses iso dates", "implement"),
    ("summarize this article in three bullet points: The council met on Monday.", "summarization"),
    ("translate this sentence into french: good morning, everyone", "data_transformation"),
    ("draw a picture of a red fox in the snow, watercolor", "image"),
    ("solve 3x + 4 = 19 for x and show the steps", "reasoning"),
    ("please refactor this and fix the bug\n\ndef f(a):\n    return a[0]\n", "refactor"),
    ("thanks, that was great!", "chat"),
]  # fmt: skip


@pytest.fixture(scope="module")
def light() -> TaskClassifier:
    """The classifier without the sentence model."""
    return TaskClassifier.load(None)


@pytest.fixture(scope="module")
def full() -> TaskClassifier:
    """The classifier with the sentence model."""
    return TaskClassifier.load(require("minilm/model.safetensors").parent.parent)


@pytest.mark.parametrize(("text", "task"), PLAIN)
def test_plain_asks_are_told_without_the_sentence_model(
    light: TaskClassifier, text: str, task: str
) -> None:
    """Words and shape suffice for what is said plainly."""
    assert light.rank(text).labels[0][0] == task


@pytest.mark.parametrize(("text", "task"), PLAIN)
def test_plain_asks_are_told_with_it(full: TaskClassifier, text: str, task: str) -> None:
    """The sentence model does not spoil what is said plainly."""
    assert full.rank(text).labels[0][0] == task
    assert full.note == ""


def test_domains_are_named_beside_the_task(light: TaskClassifier) -> None:
    """Medical and legal prompts name a domain, and no task in its place."""
    text = "what are the side effects of this medication, and which dose is safe?"
    found = guess(light.rank(text))
    assert found.domain == "medical"
    assert found.task in TASKS


def test_nothing_is_told_of_nothing(light: TaskClassifier) -> None:
    """An empty text has no task."""
    assert light.rank("  ").labels == (("chat", 0.0),)
    assert light.rank("asdf qwer").abstains


HARD = (
    "Prove that this lock-free queue is linearizable, and find the memory order that breaks it",
    "Plan the migration of our billing monolith to services without downtime, with all risks",
)
SETTLED = (
    *(text for text, _ in PLAIN),
    "Translate this into French: the shop is closed on Mondays and opens at nine otherwise",
    "Draw me a picture of a red fox in the snow",
    "Explain what this code does: for i in range(10): print(i)",
    "Convert this CSV to JSON: a,b\n1,2\n3,4",
)
EASY = ("thanks!", "rename x to count", "what is the capital of Peru", "Sort these names: Bo, Al")


def test_hard_prompts_look_harder_than_easy_ones(full: TaskClassifier) -> None:
    """With the sentence model, by a wide margin."""
    hard, easy = ([full.rank(text).hardness or 0.0 for text in texts] for texts in (HARD, EASY))
    assert min(hard) > 0.5
    assert max(easy) < 0.3


def test_the_second_vector_is_read_where_the_first_leaves_doubt(
    full: TaskClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is settled one half of the sentence vector is enough; the task is the same."""
    read: list[str] = []
    models = full._sentence_models()
    assert models is not None
    many = models.many

    def reading(text: str) -> NDArray[np.float32]:
        read.append(text)
        return many(text)

    monkeypatch.setattr(models, "many", reading)
    monkeypatch.setattr(full, "_kept", {})
    alone = [full.rank(text).labels[0][0] for text in SETTLED]
    few = len(read)
    read.clear()
    monkeypatch.setattr(module, "_SETTLED", 1.1)
    monkeypatch.setattr(full, "_kept", {})
    assert [full.rank(text).labels[0][0] for text in SETTLED] == alone
    assert few < len(read)


def test_what_was_read_is_kept_for_a_while(
    light: TaskClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turns of a conversation are not read anew, and not kept for ever."""
    monkeypatch.setattr(module, "_MOST_KEPT", 2)
    assert light.rank("write a haiku") is light.rank("write a haiku")
    for number in range(5):
        light.rank(f"write a haiku about {number}")
    assert len(light._kept) <= 2


def test_a_missing_sentence_model_is_said(light: TaskClassifier, tmp_path: Path) -> None:
    """Whoever asks learns that the results could be better."""
    assert "sentence model" in light.note
    (tmp_path / "minilm").mkdir()
    (tmp_path / "minilm" / "model.safetensors").write_bytes(b"broken")
    broken = TaskClassifier.load(tmp_path)
    broken.warm()
    assert "sentence model" in broken.note
    assert broken.rank("write a python function").labels[0][0] == "implement"


def test_a_head_for_other_features_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that was trained for other cues is never used."""
    monkeypatch.setattr(module, "fingerprint", lambda: "other")
    with pytest.raises(SettingsError, match="train it again"):
        TaskClassifier.load(None)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_probabilities(light: TaskClassifier, text: str) -> None:
    """The labels' probabilities add up to one, hardness is one, and a guess is a known name."""
    ranked = light.rank(text)
    if text.strip():
        assert sum(p for _, p in ranked.labels) == pytest.approx(1, abs=0.02)
        assert 0 <= (ranked.hardness or 0.0) <= 1
    found = guess(ranked)
    assert found.task in TASKS
    assert found.domain in {*DOMAINS, ""}


def test_the_artefact_is_small() -> None:
    """The head that lies in the repository stays below 5 MB."""
    path = datafile.packaged("models") / "task-classifier" / "head.npz"
    assert path.stat().st_size < 5_000_000


def test_importing_signals_loads_nothing_heavy() -> None:
    """Routing can be imported without numpy or tokenizers."""
    code = (
        "import sys, edgeroute.routing.plan.planner, edgeroute.routing.signals.classifier\n"
        "heavy = {'numpy', 'tokenizers', 'onnxruntime'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


CUES = load_cues()


@given(st.text(max_size=400))
def test_any_text_becomes_numbers(text: str) -> None:
    """Every text has as many numbers as the head expects, and buckets that exist."""
    values, found = module.features_of(text, CUES)
    assert len(values) == module.dense_size(CUES)
    assert all(0 <= value <= 1 for value in values)
    assert all(0 <= bucket < module.BUCKETS for bucket in found)
    assert found == sorted(set(found))


def test_long_texts_are_read_at_both_ends() -> None:
    """What lies in the middle of a long text adds no words, what is asked at its end does."""
    long = "please look at this. " + "lorem ipsum " * 2_000
    middle = long + "translate to french " + "lorem ipsum " * 2_000
    assert module.features_of(middle, CUES)[1] == module.features_of(long, CUES)[1]
    assert module.features_of(long + "translate this", CUES)[1] != module.features_of(long, CUES)[1]


@given(st.text(max_size=400))
def test_words_can_be_passed_on(text: str) -> None:
    """Whoever has split a text already gets the same shape and the same cues."""
    text = text.strip()
    words = words_of(glance(text))
    assert structure.shape(text, words) == structure.shape(text)
    assert CUES.hits_of(words, glance(text)) == CUES.hits(glance(text))


def test_the_head_was_trained_by_the_vectors_that_it_reads() -> None:
    """A model that is taught anew makes other vectors, for which the head must be trained again."""
    assert str(module.stored("head.npz")["adapter"]) == adapted.adapter().name
