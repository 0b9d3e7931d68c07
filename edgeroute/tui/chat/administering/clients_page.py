"""The connected programs: what each may do, and what it has spent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.core.words import cost_words, plural
from edgeroute.tui.chat.administering.settings_page import SettingsPage
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.screens.picker import Picker, PickerChoice, PickerItem, filtered

if TYPE_CHECKING:
    from edgeroute.clients import ClientSettings
    from edgeroute.core.spending import SpendRow

_NONE = "No program is connected. `edgeroute connect` lists those that can be, and connects one."


class ClientsPage:
    """Opens it; a profile is changed among the settings."""

    def __init__(self, chat: ChatContext, settings: SettingsPage) -> None:
        self._chat, self._settings = chat, settings

    async def show(self) -> None:
        """All of them."""
        rows = await asyncio.to_thread(self._chat.runtime.ledger.rows, "client")
        spent = {row.label: row for row in rows}

        def source(typed: str) -> Sequence[PickerItem]:
            clients = self._chat.runtime.settings.clients
            return filtered([_item(*each, spent) for each in clients.items()])(typed)

        async def take(choice: PickerChoice) -> str:
            await self._settings.show(f"clients.{choice.id}.")
            return ""

        await self._chat.ask(
            Picker(
                "Connected programs",
                source,
                empty=_NONE,
                take=take,
                about=lambda name: self._chat.runtime.settings.clients[name].words,
                verb="change its profile",
            )
        )


def _item(name: str, profile: ClientSettings, spent: Mapping[str, SpendRow]) -> PickerItem:
    row = spent.get(name)
    used = f"{plural(row.calls, 'call')}, {cost_words(row.spent)}" if row else "not used yet"
    look = Content.assemble(
        (safe_line(name, 24).ljust(25), "bold"),
        (profile.privacy or "as for all").ljust(14),
        (used, "$muted"),
    )
    return PickerItem(name, look, f"{name} {profile.privacy} {profile.policy}")
