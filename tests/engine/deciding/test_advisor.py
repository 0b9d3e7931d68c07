"""What earlier answers say of the next one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgeroute.core.errors import StoreError
from edgeroute.engine.deciding.advisor import Advisor
from edgeroute.routing.learning.neighbours import Advice
from edgeroute.routing.policy.policy import RoutingPolicy
from edgeroute.routing.signals.embedding import Embedder
from edgeroute.store.database.database import Database
from edgeroute.store.records.outcomes import Outcome, Outcomes
from tests.support.routing import TIERS, policy_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgeroute.store.records.outcomes import OutcomeKind

OPUS, LUNA = "anthropic/claude-opus-4.7", "openai/gpt-6-luna"
COSTS = {OPUS: Decimal("0.05"), LUNA: Decimal("0.001")}
RULES = "routing:\n  rules:\n    - id: all\n      condition: input_tokens >= 0\n"


class ByTopic:
    """An embedder to which prompts are alike that begin with the same word."""

    def embed(self, text: str, *_: object) -> NDArray[np.float32]:
        """A unit vector, one direction for each first word."""
        one = np.zeros(384, dtype=np.float32)
        one[sum(text.partition(" ")[0].encode()) % 384] = 1
        return one


@dataclass
class Desk:
    """An advisor over an empty record."""

    outcomes: Outcomes
    advisor: Advisor
    policy: RoutingPolicy

    def note(self, model: str, quality: float, number: int, **more: str) -> None:
        """One answer to prompt ``number`` about trees, and what became of it."""
        kind: OutcomeKind = "up" if quality >= 0.5 else "down"
        prompt = f"Trees {number}"
        self.outcomes.add(
            kind, prompt.encode(), model, quality, cost=COSTS[model],
            embedding=self.advisor.packed(prompt), receipt=f"{model}{number}",
            **({"task": "chat", "rule": "all"} | more),
        )  # fmt: skip

    def advise(
        self, prompt: str = "Trees and more", chosen: str = OPUS, *, told: bool = True
    ) -> Advice | None:
        """What is said of a new prompt."""

        def costs(models: Collection[str]) -> dict[str, Decimal | None]:
            return {name: cost for name, cost in COSTS.items() if name in models}

        return self.advisor.advise(prompt, chosen, costs, self.policy, "chat", told=told)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose sentence model knows topics."""
    monkeypatch.setattr(Embedder, "load", classmethod(lambda *_: ByTopic()))
    database = Database.open(tmp_path / "data" / "edgeroute.db", None)
    outcomes = Outcomes(database)
    text = f"{RULES}      model: {OPUS}\n    - default: {OPUS}\n"
    policy = RoutingPolicy.load(policy_file(tmp_path, text))
    yield Desk(outcomes, Advisor(outcomes, tmp_path), policy)
    database.close()


def test_few_answers_say_nothing(desk: Desk) -> None:
    """Of four similar prompts nothing follows; nor of any number about something else."""
    for number in range(4):
        desk.note(OPUS, 1.0, number)
    assert desk.advise() is None
    for number in range(4, 9):
        desk.note(OPUS, 1.0, number)
    desk.advisor.learn()
    assert desk.advise("Ships at sea") is None


def test_the_chosen_models_own_record_is_told(desk: Desk) -> None:
    """How many similar prompts went well on it, and no other model is named."""
    for number in range(6):
        desk.note(OPUS, float(number > 0), number)
    found = desk.advise()
    assert found is not None
    assert (found.model, found.neighbours) == (OPUS, 6)
    assert found.sentence == f"5 of 6 similar prompts were fine on {OPUS}."
    assert 0.5 < found.share <= 1


def test_where_nobody_is_told_a_prompt_is_read_for_a_cheaper_model_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would be said of the chosen one is not worth a reading."""
    for number in range(20):
        desk.note(OPUS, 1.0, number)
    read: list[str] = []
    embed = ByTopic.embed

    def reading(self: ByTopic, text: str, *more: object) -> NDArray[np.float32]:
        read.append(text)
        return embed(self, text, *more)

    monkeypatch.setattr(ByTopic, "embed", reading)
    assert desk.advise(told=False) is None
    assert read == []
    for number in range(20):
        desk.note(LUNA, 1.0, number)
    desk.advisor.learn()
    desk.advisor.learn()
    found = desk.advise(told=False)
    assert found is not None
    assert found.model == LUNA


def test_a_cheaper_model_that_did_well_is_named(desk: Desk) -> None:
    """It comes before what is known of the chosen one; the dearer one is never named."""
    for number in range(20):
        desk.note(LUNA, 1.0, number)
        desk.note(OPUS, 1.0, number)
    found = desk.advise()
    assert found is not None
    assert found.model == LUNA
    dear = desk.advise(chosen=LUNA)
    assert dear is not None
    assert dear.model == LUNA


def test_without_the_sentence_model_nothing_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is any prompt kept in numbers."""
    for number in range(6):
        desk.note(OPUS, 1.0, number)
    assert desk.advise() is not None
    assert len(desk.advisor.packed("Trees")) % 2 == 0
    assert len(desk.advisor.packed("Trees")) > 2 * 384
    monkeypatch.setattr(Embedder, "load", classmethod(lambda *_: None))
    assert desk.advise() is None
    assert desk.advisor.packed("Trees") == b""


def test_the_sentence_model_is_that_of_the_models_folder(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked for nowhere else."""
    asked: list[Path] = []
    monkeypatch.setattr(Embedder, "load", classmethod(lambda _, folder: asked.append(folder)))
    desk.advisor.packed("Trees")
    assert asked == [tmp_path / "minilm"]


def test_a_record_that_cannot_be_read_gives_no_advice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plans go on without it."""

    def lost(*_: object, **__: object) -> None:
        raise StoreError("The disk is broken.", "Mend it.")

    monkeypatch.setattr(desk.outcomes, "list", lost)
    assert desk.advise() is None
    with pytest.raises(StoreError):
        desk.advisor.tally("rule")


def test_old_vectors_of_another_size_are_left_out(desk: Desk) -> None:
    """What an earlier version kept in other numbers is not compared with these."""
    for number in range(6):
        desk.outcomes.add(
            "up", bytes([number]), OPUS, 1.0, embedding=b"\0" * 8, receipt=f"{number}"
        )
    assert desk.advise() is None
    for number in range(6):
        desk.note(OPUS, 1.0, number)
    desk.advisor.learn()
    assert desk.advise() is not None


def test_the_record_is_read_again_when_enough_of_it_is_new(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short record is read after each sign, a long one when a twentieth of it is new."""
    reads: list[int] = []
    read = desk.outcomes.list

    def noted(*, limit: int) -> Sequence[Outcome]:
        reads.append(limit)
        return read(limit=limit)

    monkeypatch.setattr(desk.outcomes, "list", noted)
    for number in range(40):
        desk.note(OPUS, 1.0, number)
    desk.advise()
    desk.advise()
    assert reads == [4_000]
    for _ in range(2):
        desk.advisor.learn()
    desk.advise()
    assert len(reads) == 1
    desk.advisor.learn()
    desk.advise()
    assert len(reads) == 2
    desk.advisor.learn()
    desk.advise()
    assert len(reads) == 2


def test_the_latest_sign_of_a_prompt_counts(desk: Desk) -> None:
    """Two answers of one model to the same prompt are one experience: the last."""
    for number in range(6):
        desk.outcomes.add(
            "down", f"Trees {number}".encode(), OPUS, 0.0, receipt=f"old{number}",
            embedding=desk.advisor.packed(f"Trees {number}"), task="chat", rule="all",
        )  # fmt: skip
    for number in range(6):
        desk.note(OPUS, 1.0, number)
    found = desk.advise()
    assert found is not None
    assert found.sentence.startswith("6 of 6")


@pytest.mark.parametrize("by", ["rule", "model", "task"])
def test_fine_answers_are_counted(desk: Desk, by: str) -> None:
    """By rule, by model, by task: fine ones, and those of which it is known."""
    desk.note(OPUS, 1.0, 1, rule="a", task="chat")
    desk.note(OPUS, 0.5, 2, rule="a", task="refactor")
    desk.note(LUNA, 0.4, 3, rule="b", task="chat")
    told = {
        "rule": {"a": (2, 2), "b": (0, 1)},
        "model": {OPUS: (2, 2), LUNA: (0, 1)},
        "task": {"chat": (1, 2), "refactor": (1, 1)},
    }
    assert desk.advisor.tally(by) == told[by]  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [OPUS, "large"])
def test_a_suggestion_speaks_of_the_model_that_answers(
    tmp_path: Path, desk: Desk, model: str
) -> None:
    """A rule that names a role stands for the model that answered most in its place; prompts
    without an embedding count too, each answer for itself.
    """
    text = f"{RULES}      model: {model}\n    - default: {LUNA}\n"
    policy = RoutingPolicy.load(policy_file(tmp_path, text, "other"))
    for number in range(12):
        for one in (LUNA, OPUS):
            desk.outcomes.add(
                "up", b"", one, 1.0, cost=COSTS[one], rule="all", receipt=f"{one}{number}"
            )
    assert desk.advisor.suggestions(policy, TIERS)[0].model == OPUS
    (found,) = desk.advisor.suggestions(policy, TIERS)
    assert (found.rule, found.instead) == ("all", LUNA)
