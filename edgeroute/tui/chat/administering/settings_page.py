"""All settings on one page: what each is for, its value, where that comes from, and another one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.core.errors import SettingsError
from edgeroute.settings_fields import SettingField, fields_of_file
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.keymap import ON_SETTINGS
from edgeroute.tui.screens.dialogs import AskDialog
from edgeroute.tui.screens.picker import Picker, PickerChoice, PickerItem, filtered
from edgeroute.tui.setting_check import check_setting

_MOVED = "It is kept. What runs already may heed it from the next start on only."


class SettingsPage:
    """Opens it; values are checked before anything is written, as `config set` does."""

    def __init__(self, chat: ChatContext) -> None:
        self._chat = chat

    async def show(self, typed: str = "") -> None:
        """All of them, or those that hold the words ``typed``."""
        title = f"Settings in {self._chat.runtime.paths.settings}"
        picker = Picker(
            title,
            self._source,
            value=typed,
            take=self._take,
            about=self._about,
            verb="change",
            extra=ON_SETTINGS,
        )
        await self._chat.ask(picker)

    def _source(self, typed: str) -> Sequence[PickerItem]:
        """Read anew each time: a value may have changed."""
        return filtered([_item(one) for one in self._fields()])(typed)

    def _fields(self) -> Sequence[SettingField]:
        runtime = self._chat.runtime
        return fields_of_file(runtime.settings, runtime.paths.settings)

    def _field(self, key: str) -> SettingField:
        return next(one for one in self._fields() if one.key == key)

    def _about(self, key: str) -> str:
        """What it is for, what it takes, what it is if nothing is said."""
        one = self._field(key)
        return f"{one.help} Takes {one.kind.replace('`', '')}. Default: {one.default or 'none'}."

    async def _take(self, choice: PickerChoice) -> str:
        one = self._field(choice.id)
        if choice.act == "reset":
            return self._reset(one)
        value = await self._value(one)
        if value is None:
            return ""
        try:
            self._chat.runtime.admin.check_setting(one.key, value)
            check_setting(one.key, value, self._chat.runtime.chat.keys)
            self._chat.runtime.save(one.key, json.dumps(value) if one.text else value)
        except SettingsError as error:
            return f"Not kept: {error}"
        return _MOVED

    def _reset(self, one: SettingField) -> str:
        """Have its default hold again."""
        if not one.own:
            return "It has its default."
        self._chat.runtime.save(one.key, None)
        return f"{one.key} has its default again: {one.default or 'none'}."

    async def _value(self, one: SettingField) -> str | None:
        """The value that the user wants, None where there is none."""
        if one.choices:
            items = [PickerItem(each, Content(each)) for each in one.choices]
            chosen = await self._chat.ask(Picker(one.key, filtered(items), verb="take"))
            return chosen.id if chosen else None
        value = json.loads(one.value) if one.text else one.value
        return await self._chat.ask(AskDialog(one.key, self._about(one.key), value=value))


def _item(one: SettingField) -> PickerItem:
    look = Content.assemble(
        (one.key.ljust(30), "bold"),
        safe_line(one.value, 24).ljust(26),
        (one.origin, "$primary" if one.own else "$muted"),
    )
    return PickerItem(one.key, look, f"{one.key} {one.value} {one.origin} {one.help}")
