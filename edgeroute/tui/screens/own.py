"""The user's own people and places: a list to import, folders to label, and what that changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from edgeroute.config import check_folder
from edgeroute.core.display import safe
from edgeroute.core.errors import EdgeRouteError
from edgeroute.tui.screens.page import PanelScreen, line, section

if TYPE_CHECKING:
    from edgeroute.engine.admin.own_entries import OwnOffer, Preview
    from edgeroute.wiring import Runtime


class OwnScreen(PanelScreen[None]):
    """Enter in a field says what it would have changed, and once more keeps it. With ``offer`` the
    fields begin with what EdgeRoute found by itself.
    """

    TITLE = "Your own people and places"
    KEYS = "enter look, again keep   tab next   esc done"

    def __init__(self, runtime: Runtime, offer: OwnOffer | None = None) -> None:
        super().__init__()
        self._runtime = runtime
        self._offer = offer
        self._preview: Preview | None = offer.own if offer else None
        self._seen = {"source": "me", "folder": offer.folder} if offer else {}

    def body(self) -> ComposeResult:
        """Two fields, each with a line on what it would have changed."""
        yield line(
            "Who and what stands on your list is found in any case, order, spelling and script."
            " It is read once; only keyed hashes are kept.",
            "paragraph",
        )
        yield section("People, numbers, addresses, secrets (me: your own name)")
        offer = self._offer
        yield Input(
            "me" if offer else "",
            placeholder="a vCard, CSV, .env or plain list, a database, or me",
            id="source",
        )
        yield Static(Content(offer.own.sentence if offer else ""), id="effect", markup=False)
        yield section("A folder whose files stay here")
        yield Input(offer.folder if offer else "", placeholder="~/clients/**", id="folder")
        named = offer.named.sentence if offer and offer.folder else ""
        yield Static(Content(named), id="result", markup=False)

    def on_mount(self) -> None:
        """Begin with the people."""
        self.query_one("#source", Input).focus()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look, then keep."""
        field, value = event.input.id or "", event.value.strip()
        if not value:
            return
        known = self._seen.pop(field, "") == value
        where = self.query_one("#effect" if field == "source" else "#result", Static)
        try:
            said = await (self._source if field == "source" else self._label)(value, known=known)
        except EdgeRouteError as error:
            said = str(error)
        else:
            if not known:
                self._seen[field] = value
        where.update(Content(safe(said)))

    def action_close(self) -> None:
        """Done; it is not offered again."""
        self._runtime.admin.own.answered()
        self.dismiss(None)

    async def _source(self, value: str, *, known: bool) -> str:
        own = self._runtime.admin.own
        if not known or self._preview is None:
            self._preview = await asyncio.to_thread(own.preview, value)
            return f"{self._preview.sentence} Enter keeps it."
        await asyncio.to_thread(own.keep, self._preview)
        return f"Kept: {sum(self._preview.counts.values())} entries."

    async def _label(self, value: str, *, known: bool) -> str:
        check_folder(value)
        if not known:
            preview = await asyncio.to_thread(self._runtime.admin.own.folder, value)
            return f"{preview.sentence} Enter makes it private."
        self._runtime.save(f'privacy.paths."{value}"', "private")
        return "Kept. Other folders stand in config.toml under [privacy.paths]."
