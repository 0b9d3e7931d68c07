"""The policy in force in words: its rules, what they say of a prompt, and other policies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.keymap import ON_RULES
from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.picker import Picker, PickerChoice, PickerItem, filtered
from edgeroute.tui.screens.plan import PlanScreen
from edgeroute.tui.screens.rule import RuleScreen

if TYPE_CHECKING:
    from edgeroute.engine.admin.policies import Policies, RuleWords


class RulesPage:
    """Opens it."""

    def __init__(self, chat: ChatContext) -> None:
        self._chat = chat

    @property
    def _policies(self) -> Policies:
        return self._chat.runtime.admin.policies

    async def show(self) -> None:
        """The rules in their order: the first that fits decides."""
        name = self._policies.current.name
        while name:
            rules = {one.id: one for one in await asyncio.to_thread(self._policies.in_words)}
            picker = Picker(
                f"Policy {name}: the first rule that fits decides",
                filtered([_item(at, one) for at, one in enumerate(rules.values(), 1)]),
                extra=ON_RULES,
                take=self._take,
                about=partial(_about, rules),
                verb="explain",
            )
            await self._chat.ask(picker)
            now = self._policies.current.name
            name = now if now != name else ""

    async def _take(self, choice: PickerChoice) -> str:
        if choice.act == "test":
            return await self._test()
        if choice.act == "switch":
            return await self._switch()
        name = self._chat.runtime.settings.router.policy
        text = await asyncio.to_thread(self._policies.explain, name, choice.id)
        await self._chat.ask(RuleScreen(choice.id, text))
        return ""

    async def _test(self) -> str:
        """Where a prompt would go, by the engine's own plan; nothing is sent."""
        text = "What would the rules say of it? Nothing is sent."
        prompt = await self._chat.ask(
            AskDialog("Test a prompt", text, value=self._chat.page.text.replace("\n", " "))
        )
        if not prompt:
            return ""
        request = ChatRequest((user(prompt),), front_door="chat", privacy=self._chat.state.mode)
        found = await self._chat.runtime.engine.explain(request, full=True)
        await self._chat.ask(PlanScreen(found, test=True))
        return f"Rule {found.plan.rule or 'none'}: {found.plan.first.model}. Nothing was sent."

    async def _switch(self) -> str:
        """Another policy, once it is known to be right."""
        names = await asyncio.to_thread(self._policies.names)
        items = [PickerItem(name, Content(safe_line(name))) for name in names]
        chosen = await self._chat.ask(Picker("Policies", filtered(items), verb="switch"))
        if chosen is None:
            return ""
        problems = await asyncio.to_thread(self._policies.check, chosen.id)
        wrong = [str(one) for one in problems if one.level == "error"]
        if wrong:
            return f"Not switched. {wrong[0]}"
        self._chat.runtime.save("router.policy", chosen.id)
        return f"{chosen.id} is in force from the next message on; Esc shows its rules."


def _about(rules: Mapping[str, RuleWords], rule: str) -> str:
    """The rule in one sentence, and why it is there."""
    one = rules[rule]
    when = one.condition if one.condition == "otherwise" else f"when {one.condition}"
    return f"{when[0].upper()}{when[1:]}: {one.target}. {one.sentence}"


def _item(at: int, one: RuleWords) -> PickerItem:
    look = Content.assemble(
        (f"{at:>2}  ", "$muted"),
        (safe_line(one.id, 22).ljust(23), "bold"),
        safe_line(one.target, 30).ljust(31),
        (safe_line(one.condition, 90), "$muted"),
    )
    return PickerItem(one.id, look, f"{one.id} {one.target} {one.condition} {one.sentence}")
