"""Several conversations keep their state, though the model holds one at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from edgeroute.local.worker.context import State
from edgeroute.local.worker.saved_states import SavedStates, room
from tests.support.model_files import SMALL, require

PIECE = 4


class Memory:
    """A lane without a model: a token takes one byte, and ``reads`` counts them."""

    piece = PIECE

    def __init__(self, *, cuts: bool = True) -> None:
        self.held: list[int] = []
        self.whole = 0
        self.cuts = cuts
        self.passing = False

    def keep(self, count: int) -> int:
        """Forget the end, or all."""
        if not self.cuts and count < len(self.held):
            count = 0
        del self.held[count:]
        self.whole = min(self.whole, count // PIECE * PIECE)
        return count

    def save(self, most: int) -> State | None:
        """What is held."""
        if not self.held or len(self.held) > most:
            return None
        return State(tuple(self.held), self.whole, bytes(len(self.held)))

    def restore(self, state: State) -> None:
        """Hold it again."""
        self.held, self.whole = list(state.tokens), state.whole

    def read(self, tokens: list[int]) -> None:
        """Read to the end of ``tokens``."""
        self.held = list(tokens)
        self.whole = len(tokens) // PIECE * PIECE


def talk(kept: SavedStates, memory: Memory, tokens: list[int], **how: Any) -> int:
    """One turn: how many tokens of it were known."""
    found = kept.take_up(memory, tokens, **how)  # type: ignore[arg-type]
    assert memory.held == tokens[:found]
    memory.read(tokens)
    return found


def chat(name: int, length: int = 100) -> list[int]:
    """The tokens of a conversation."""
    return [name * 1_000 + place for place in range(length)]


def made(size: int = 10_000, *, cuts: bool = True) -> tuple[SavedStates, Memory]:
    """Nothing is known yet."""
    memory = Memory(cuts=cuts)
    return SavedStates(size, free=lambda: 0), memory


@pytest.mark.parametrize("cuts", [True, False])
def test_whoever_spoke_in_between_a_turn_reads_its_new_tokens_only(*, cuts: bool) -> None:
    """Three in turn; also where a model can forget all or nothing."""
    kept, memory = made(cuts=cuts)
    for turn in range(1, 4):
        for name in (1, 2, 3):
            found = talk(kept, memory, chat(name, turn * 100))
            assert found == (turn - 1) * 100


def test_a_beginning_is_shared() -> None:
    """A new conversation with a known system prompt reads what comes after it; none is lost."""
    kept, memory = made()
    system = chat(9, 50)
    assert talk(kept, memory, system + chat(1)) == 0
    assert talk(kept, memory, system + chat(2)) == 50
    assert talk(kept, memory, chat(3)) == 0
    assert talk(kept, memory, system + chat(4)) == 50
    assert talk(kept, memory, system + chat(1) + chat(5)) == 150
    assert talk(kept, memory, system + chat(2) + chat(5)) == 150


def test_the_least_recently_used_goes_first() -> None:
    """Within the bound of the memory."""
    kept, memory = made(250)
    for name in (1, 2, 3, 4):
        talk(kept, memory, chat(name))
    assert talk(kept, memory, chat(3, 120)) == 100
    assert talk(kept, memory, chat(1, 120)) == 0


def test_a_question_aside_leaves_all_as_it_is() -> None:
    """Its own beginning is kept, its text is not, and conversations go on."""
    kept, memory = made()
    question = chat(8, 40)
    talk(kept, memory, chat(1))
    for text in (chat(5), chat(6)):
        kept.take_up(memory, question + text, passing=True)  # type: ignore[arg-type]
        memory.read(question)
        kept.pin(memory)  # type: ignore[arg-type]
        memory.read(question + text)
    assert talk(kept, memory, question + chat(7), passing=True) == 40
    assert talk(kept, memory, chat(1, 120)) == 100
    assert talk(kept, memory, question + chat(5) + [1], passing=True) == 40


def test_only_whole_pieces_count_where_an_answer_must_repeat() -> None:
    """What was computed in other pieces is computed again."""
    kept, memory = made()
    talk(kept, memory, chat(1, 102))
    assert talk(kept, memory, chat(1, 110), whole=True) == 100


def test_little_free_memory_is_left_alone() -> None:
    """A machine that is short of memory keeps one conversation."""
    memory = Memory()
    kept = SavedStates(10_000, free=lambda: 1_000)
    talk(kept, memory, chat(1))
    talk(kept, memory, chat(2))
    assert talk(kept, memory, chat(1)) == 0


def test_a_small_machine_gives_an_eighth() -> None:
    """And a large one no more than two gigabytes."""
    gib = 1024**3
    assert [room(size * gib) // (gib // 4) for size in (4, 8, 64)] == [2, 4, 8]


SCRIPT = """
import json, sys
from pathlib import Path
from edgeroute.core.messages import Message, Text, user
from edgeroute.core.request import ChatRequest, Sampling
from edgeroute.local.files.catalogue import load
from edgeroute.local.worker.host import Host
from edgeroute.local.worker.steps import Asked, Piece, steps_of
host = Host(load().builds["qwen2.5-coder-0.5b"], Path(sys.argv[1]), 512, 1, memory=8 << 30)
question = Message("system", (Text("Is the text about food? Say yes or no."),))
def ask(text, aside=False, **sampling):
    messages = (question, user(text)) if aside else (user(text),)
    sampling = Sampling(**{"temperature": 0, "max_output_tokens": 1, **sampling})
    asked = Asked(request=ChatRequest(messages, sampling=sampling), aside=aside, top=1)
    steps = [step for step in steps_of(host, asked) if step]
    tokens = [step.token for step in steps[:-1] if step.token]
    counts = steps[-1].counts
    return [counts.cached, counts.prompt, "".join(one.text for one in tokens), tokens[0].logprob]
boat = "Tell me of a boat on a lake. " * 2
tree = "What do trees do in winter, and why? " * 2
found = [ask(boat), ask("Soup!", True), ask(tree), ask(boat), ask("Soup!", True), ask(tree)]
long = {"temperature": 1.0, "seed": 5, "max_output_tokens": 6}
poem = "Write a poem about the sea. " * 24
seeded = [ask(poem, **long), ask(boat), ask(poem, **long), ask(poem), ask(poem, **long)]
print(json.dumps([found, [one[2] for one in seeded if len(one[2]) > 8], seeded[2][0]]))
"""


@pytest.mark.model
def test_a_model_that_goes_back_answers_as_before() -> None:
    """Neither conversations nor a question aside are read again, and a seed repeats an answer
    whatever was known of it.
    """
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(require(SMALL))],
        capture_output=True,
        text=True,
        check=False,
    )
    found, seeded, known = json.loads(done.stdout)
    boat, question, tree, boat_again, question_again, tree_again = found
    assert boat[0] == 0
    assert boat_again[0] >= boat[1] - 1
    assert tree_again[0] >= tree[1] - 1
    assert question_again[0] > question[1] // 2
    for first, again in ((boat, boat_again), (question, question_again), (tree, tree_again)):
        assert again[2:] == [first[2], pytest.approx(first[3], abs=0.05)]
    assert known >= 128
    assert len(seeded) >= 2
    assert len(set(seeded)) == 1
