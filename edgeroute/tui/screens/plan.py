"""The plan for the next message: who would answer, who after that, who was passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from edgeroute.core.display import safe_line
from edgeroute.core.model_card import Place
from edgeroute.core.reasons import understood
from edgeroute.core.words import tokens
from edgeroute.tui.screens.page import PanelScreen, line, pair, section
from edgeroute.tui.words import MODE_WORDS, counted

if TYPE_CHECKING:
    from edgeroute.engine.deciding.explanation import Explanation

_CAUSES = {
    "first": "first",
    "outage": "if that fails",
    "rate_limit": "if that is at its limit",
    "last_resort": "at the very end",
}


class PlanScreen(PanelScreen[str | None]):
    """Enter on a candidate takes it for the next message; the privacy check still holds."""

    TITLE = "Route of the next message"
    KEYS = "enter use this model for the next message   esc close"

    def __init__(self, explanation: Explanation, *, test: bool = False) -> None:
        """A ``test`` is of a prompt that is not the next message: nothing is taken."""
        super().__init__("Where it would go" if test else "")
        self.explanation, self._test = explanation, test
        if test:
            self.KEYS = "esc back"

    def body(self) -> ComposeResult:
        """What was seen, which rule decided, the candidates."""
        explanation, privacy, plan = (
            self.explanation,
            self.explanation.privacy,
            self.explanation.plan,
        )
        signals = explanation.signals
        found = counted(privacy.verdict.types)
        yield section("What was seen")
        yield pair(
            "privacy", f"{MODE_WORDS[privacy.mode]} · {found or safe_line(privacy.verdict.reason)}"
        )
        if privacy.verdict.weight is not None:
            yield pair("weighed", f"private with a probability of {privacy.verdict.weight:.0%}")
        for opinion in privacy.verdict.opinions:
            yield pair("asked", safe_line(opinion.sentence))
        if privacy.latched:
            yield pair("chat", safe_line(f"stays local: {privacy.latch_reason}"))
        taken_for = explanation.reasons.understood or understood(signals)
        yield pair("taken for", safe_line(taken_for, 300))
        yield pair(
            "size", f"~{tokens(signals.input_tokens)} in, ~{tokens(signals.output_tokens)} out"
        )
        yield section("What decided")
        yield pair("rule", safe_line(plan.rule) or "none")
        yield pair("why", safe_line(explanation.reasons.because or plan.why))
        if explanation.reasons.cost:
            yield pair("cost", safe_line(explanation.reasons.cost))
        if plan.strategy != "single":
            yield pair("strategy", plan.strategy)
        if plan.verify:
            yield pair("checked by", safe_line(plan.verify))
        for note in plan.notes:
            yield pair("note", safe_line(note))
        yield section("Who answers")
        yield OptionList(
            *[
                Option(
                    Content.assemble(
                        (f"{at}  ", "$muted"),
                        (safe_line(c.model, 50).ljust(34), "bold"),
                        (
                            "stays here  " if c.place is Place.LOCAL else "leaves      ",
                            "$local" if c.place is Place.LOCAL else "$cloud",
                        ),
                        (f"{_CAUSES[c.cause]} · {safe_line(c.reason, 80)}", "$muted"),
                    ),
                    id=str(at),
                )
                for at, c in enumerate(plan.candidates, 1)
            ],
            id="choices",
            markup=False,
        )
        if plan.skipped:
            yield section("Passed over")
            for reason in dict.fromkeys(one.reason for one in plan.skipped):
                who = [safe_line(one.model, 40) for one in plan.skipped if one.reason == reason]
                yield line(f"{', '.join(who)}: {safe_line(reason, 100)}", "dim")

    def on_mount(self) -> None:
        """The first candidate is chosen."""
        self.query_one(OptionList).focus(scroll_visible=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Use that model."""
        if self._test:
            return
        self.dismiss(self.explanation.plan.candidates[event.option_index].model)
