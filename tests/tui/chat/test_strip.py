"""What the route strip says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeroute.core.messages import user
from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate, Plan, Strategy
from edgeroute.core.reasons import NO_KEY_YET
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Finding, PrivacyMode, Verdict
from edgeroute.engine.deciding.explanation import Explanation
from edgeroute.tui.chat.state import ChatState, Phase
from edgeroute.tui.chat.strip import blocked, resting, strip_view
from edgeroute.tui.strip_view import CHECKING, IDLE, StripView
from tests.tui.fake_runtime import NOW, FakeRuntime, find

RUNTIME = FakeRuntime()


def view(
    explanation: Explanation, text: str = "", *, local: str = "ready", at: int = 0
) -> StripView:
    """The strip for ``explanation`` with ``text`` in the message box."""
    return strip_view(
        explanation,
        found=find(text),
        cards=RUNTIME.catalog.cards,
        local_state=local,
        now=NOW,
        last_message=at,
    )


def judged(text: str, mode: PrivacyMode = PrivacyMode.AUTO) -> Explanation:
    """The scripted decision for ``text``."""
    return RUNTIME.engine.judge(ChatRequest((user(text),), privacy=mode))


def test_a_cloud_plan_says_what_it_costs() -> None:
    """CLOUD, the rule, an estimated price and the next candidates."""
    said = view(judged("Explain this"))
    assert (said.kind, said.word) == ("cloud", "CLOUD")
    assert said.why.startswith("rule explain")
    assert "~$" in said.details


def test_a_forced_plan_says_what_was_found_and_what_would_have_been() -> None:
    """LOCAL, free, the types and the other model."""
    said = view(judged("mail a@b.cd"), "mail a@b.cd")
    assert (said.kind, said.word) == ("forced", "LOCAL")
    assert "e-mail" in said.why
    assert "free" in said.details
    assert "would be anthropic" in said.details


def test_local_only_says_so() -> None:
    """The mode is the reason, not the data."""
    assert view(judged("hi", PrivacyMode.PRIVATE)).why == "this chat is local only"


def test_masked_text_is_its_own_state() -> None:
    """What leaves with placeholders is neither LOCAL nor plain CLOUD."""
    said = view(judged("mail a@b.cd", PrivacyMode.MASK), "mail a@b.cd")
    assert said.word == "MASKED"
    assert "placeholders for e-mail" in said.why


def _together(strategy: Strategy) -> StripView:
    """The strip for a small local model and two managed ones that take part in ``strategy``."""
    names = ("anthropic/claude-sonnet-4.6", "openai/unpriced")
    candidates = [Candidate("local/qwen", Place.LOCAL, "Cheap first.")]
    candidates += [Candidate(name, Place.CLOUD, "Next.") for name in names]
    plan = Plan("r", "A test.", tuple(candidates), strategy)
    return view(replace(judged("Explain this"), plan=plan))


def test_a_cascade_that_may_leave_is_not_called_local() -> None:
    """CLOUD, though a local model is asked first; who is next, and least and most that it costs."""
    said = _together("cascade")
    assert (said.word, said.target) == ("CLOUD", "local/qwen")
    assert "free to " in said.details
    assert "if it does not hold up: anthropic/claude-sonnet-4.6" in said.details


def test_an_ensemble_costs_what_all_of_it_costs() -> None:
    """The others are named, and the price is one sum, of which an unknown part is told."""
    said = _together("ensemble")
    assert "side by side with anthropic/claude-sonnet-4.6, openai/unpriced" in said.details
    assert "at least $" in said.details


@pytest.mark.parametrize("state", ["missing", "unreachable"])
def test_private_text_without_a_local_model_is_blocked(state: str) -> None:
    """BLOCKED says what to do."""
    said = view(judged("mail a@b.cd"), "mail a@b.cd", local=state)
    assert said.word == "BLOCKED"
    assert "models prepare" in said.details


def test_a_latched_chat_says_its_reason() -> None:
    """Without findings in sight the latch's own sentence is the reason."""
    local = judged("hi", PrivacyMode.PRIVATE)
    privacy = replace(
        local.privacy,
        mode=PrivacyMode.AUTO,
        latched=True,
        latch_reason="Message 2 held a card number.",
    )
    assert view(replace(local, privacy=privacy)).why == "Message 2 held a card number."


def test_an_earlier_message_is_named() -> None:
    """A finding in message 0 forces message 2."""
    finding = Finding("US_SSN", 0, 9, 1.0, where="messages[0]")
    forced = judged("mail a@b.cd")
    privacy = replace(forced.privacy, verdict=Verdict(True, "found", (finding,), complete=False))
    assert view(replace(forced, privacy=privacy), at=2).why == "message 1 of this chat holds US SSN"


def test_behind_never_shows_a_fresh_verdict() -> None:
    """A view that is behind is CHECKING or marked stale."""
    assert IDLE.behind() == CHECKING
    assert view(judged("Explain")).behind().stale
    assert blocked("No.").word == "BLOCKED"


def test_a_prompt_that_waits_for_the_local_model_says_so() -> None:
    """Before it is sent and while it waits the strip says for what, and how far that is."""
    text = "mail anna@example.com"
    shown = view(judged(text), text, local="preparing")
    assert (shown.kind, shown.word) == ("forced", "LOCAL")
    assert "waits until the local model is prepared" in shown.details
    asking = replace(ChatState(), phase=Phase.ANSWERING)
    waits = resting(asking, "local/qwen", "compiling llama.cpp, 36%")
    assert waits.word == "WAITING"
    assert "compiling llama.cpp, 36%" in waits.details
    assert "esc" in waits.details
    assert resting(asking, "mock/m", "compiling llama.cpp, 36%").word == "ANSWERING"


def test_another_model_than_the_chosen_one_is_named() -> None:
    """Where the chosen model is passed over, the strip says for whom it stands, and why."""
    found = judged("Explain this")
    shown = strip_view(
        found,
        found=(),
        cards=RUNTIME.catalog.cards,
        local_state="ready",
        now=NOW,
        last_message=0,
        asked="openai/gpt-5.5",
    )
    assert "instead of openai/gpt-5.5: no key is stored" in shown.details
    assert "instead" not in view(found).details


def test_a_prompt_that_does_not_fit_is_said_to_be_too_long() -> None:
    """More than the model reads is no fraction of its window: what to do is said."""
    made = judged("mail a@b.cd")
    said = view(replace(made, signals=replace(made.signals, input_tokens=200_000)), "mail a@b.cd")
    assert "TOO LONG: ~200k tokens, it reads" in said.details
    assert "shorten it" in said.details


def test_what_is_blocked_says_why_it_must_stay() -> None:
    """A user may know better than the check, or see that it could not look."""
    assert "found e-mail" in view(judged("mail a@b.cd"), "mail a@b.cd", local="missing").why


def test_without_any_key_the_key_that_adds_one_is_named() -> None:
    """The reason stays short enough for 80 columns; what to do stands below it."""
    made = judged("Explain this")
    reasons = replace(made.reasons, because=NO_KEY_YET)
    said = view(replace(made, reasons=reasons))
    assert said.why == NO_KEY_YET
    assert said.details.startswith("f5 (or /key) adds one · ")


def test_a_picture_that_stays_says_how_it_can_go() -> None:
    """Nothing but the user's word lets it."""
    explanation = judged("mail a@b.cd")
    verdict = Verdict(private=True, reason="A picture shows a face, so it stays here.")
    kept = replace(
        explanation,
        privacy=replace(explanation.privacy, verdict=verdict),
        signals=replace(explanation.signals, has_images=True),
    )
    said = view(kept)
    assert said.why == "A picture shows a face, so it stays here."
    assert "f4 (or /found) lets a picture go" in said.details
