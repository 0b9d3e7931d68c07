"""The pages over the chat that are about the whole app: keys, spend, providers, theme.

Each is imported when it is first opened: the first paint waits for none of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.message_draft import MessageDraft
from edgeroute.tui.chat.state import NO_SYSTEM
from edgeroute.tui.screens.picker import Picker, PickerItem, filtered
from edgeroute.tui.theme import OURS

if TYPE_CHECKING:
    from edgeroute.tui.chat.administering.settings_page import SettingsPage
    from edgeroute.tui.screens.local_models import ModelPull


class AppActions:
    """Opens those pages. ``keys`` are the chat's keys by action id."""

    def __init__(self, chat: ChatContext, draft: MessageDraft, keys: Mapping[str, str]) -> None:
        self._chat, self._draft, self._keys = chat, draft, keys

    @cached_property
    def _pull(self) -> ModelPull:
        from edgeroute.tui.screens.local_models import ModelPull  # noqa: PLC0415

        return ModelPull(self._chat.runtime)

    @cached_property
    def _settings(self) -> SettingsPage:
        from edgeroute.tui.chat.administering.settings_page import SettingsPage  # noqa: PLC0415

        return SettingsPage(self._chat)

    def show_help(self) -> None:
        """All keys and commands."""
        from edgeroute.tui.screens.help import HelpScreen  # noqa: PLC0415

        self._chat.open(HelpScreen(self._keys))

    def set_up(self) -> None:
        """The steps of the first start, again."""
        self._chat.screen.app.call_later(self._chat.screen.app.run_action, "set_up")

    def show_spend(self) -> None:
        """What was spent."""
        from edgeroute.tui.screens.spend import SpendScreen  # noqa: PLC0415

        runtime = self._chat.runtime
        self._chat.open(SpendScreen(runtime.ledger, runtime.admin.alerts, runtime.daily_limit))

    async def show_providers(self) -> None:
        """Providers and keys; a new key may change where the message would go."""
        from edgeroute.tui.screens.providers import ProvidersScreen  # noqa: PLC0415

        await self._chat.ask(ProvidersScreen(self._chat.runtime))
        self._draft.changed()

    async def show_models(self) -> None:
        """The models of this machine."""
        from edgeroute.tui.screens.local_models import LocalModelsScreen  # noqa: PLC0415

        await self._chat.ask(LocalModelsScreen(self._chat.runtime, self._pull))
        self._draft.changed()

    async def show_settings(self, words: str = "") -> None:
        """All settings, or those that hold the ``words``."""
        await self._settings.show(words)
        self._draft.changed()

    async def show_rules(self) -> None:
        """The policy in force."""
        from edgeroute.tui.chat.administering.rules_page import RulesPage  # noqa: PLC0415

        await RulesPage(self._chat).show()
        self._draft.changed()

    async def show_clients(self) -> None:
        """The connected programs."""
        from edgeroute.tui.chat.administering.clients_page import ClientsPage  # noqa: PLC0415

        await ClientsPage(self._chat, self._settings).show()

    async def show_own(self) -> None:
        """The user's own people and places; a new entry may change where the message would go."""
        from edgeroute.tui.screens.own import OwnScreen  # noqa: PLC0415

        await self._chat.ask(OwnScreen(self._chat.runtime))
        self._draft.changed()

    async def offer_own(self) -> None:
        """Offer them, once there is something to try them on, and only while nothing is written."""
        runtime, screen = self._chat.runtime, self._chat.screen
        if not await asyncio.to_thread(runtime.admin.own.is_due):
            return
        offer = await asyncio.to_thread(runtime.admin.own.offer)
        from edgeroute.tui.screens.own import OwnScreen  # noqa: PLC0415

        if not self._chat.page.text and screen.is_current and screen.app.is_running:
            self._chat.open(OwnScreen(runtime, offer))

    async def pick_theme(self) -> None:
        """Choose a theme and keep it."""
        app = self._chat.screen.app
        ours, now = {theme.name for theme in OURS}, app.theme
        names = sorted(app.available_themes, key=lambda name: (name not in ours, name))
        items = [
            PickerItem(
                name, Content.assemble(name.ljust(26), ("in use" if name == now else "", "$muted"))
            )
            for name in names
        ]
        chosen = await self._chat.ask(Picker("Theme", filtered(items), verb="use"))
        if chosen is not None:
            app.theme = chosen.id
            self._chat.runtime.save("chat.theme", chosen.id)

    def focus_sidebar(self) -> None:
        """Go to the chats at the left, which are shown for it."""
        sidebar = self._chat.page.sidebar
        if not sidebar.display or not sidebar.region.width:
            sidebar.toggle_class("-toggled")
        if sidebar.highlighted is None and sidebar.option_count:
            sidebar.highlighted = 0
        sidebar.focus()

    async def pick_system(self, name: str = "") -> None:
        """Choose the system prompt that goes before this chat, kept with it."""
        prompts, chat = self._chat.runtime.chat.prompts, self._chat
        if not name or name not in prompts:
            items = [PickerItem("", Content("none"), "none")]
            items += [
                PickerItem(
                    each,
                    Content.assemble(
                        (safe_line(each, 24).ljust(26), "bold"), (safe_line(text, 60), "$muted")
                    ),
                    f"{each} {text}",
                )
                for each, text in prompts.items()
            ]
            picker = Picker("System prompt of this chat", filtered(items), value=name)
            picker.KEYS = "enter use   esc close   [chat.prompts] in config.toml holds them"
            chosen = await chat.ask(picker)
            if chosen is None:
                return
            name = chosen.id or NO_SYSTEM
        chat.runtime.conversations.keep_note(chat.state.id, "system", name)
        self._draft.instruct(name)

    def toggle_sidebar(self) -> None:
        """Show or hide the chats at the left."""
        self._chat.page.sidebar.toggle_class("-toggled")
