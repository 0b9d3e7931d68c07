"""What can be said about the next message: its privacy, its model, what is not personal in it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

from textual.content import Content

from edgeroute.core.display import safe_line
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.pictures import allowed_as
from edgeroute.core.verdict import CLEAR, Finding, PrivacyMode, outermost
from edgeroute.core.words import sentence, tokens
from edgeroute.tui.chat.context import ChatContext
from edgeroute.tui.chat.kept_pictures import LET_GO, KeptPicture, kept_pictures
from edgeroute.tui.chat.message_draft import MessageDraft
from edgeroute.tui.screens.dialogs import Confirm
from edgeroute.tui.screens.picker import Picker, PickerItem, filtered
from edgeroute.tui.screens.plan import PlanScreen
from edgeroute.tui.words import (
    MODE_SENTENCES,
    MODE_WORDS,
    MODEL_ALIASES,
    details,
    type_words,
)

_PICTURE: Final = "picture "


class RequestOptions:
    """Privacy mode, plan, model and findings of the next message."""

    def __init__(self, chat: ChatContext, draft: MessageDraft) -> None:
        self._chat, self._draft = chat, draft

    async def cycle_privacy(self) -> None:
        """The next privacy mode."""
        await self._change_privacy(self._chat.state.next_mode)

    async def set_privacy(self, mode: str) -> None:
        """Go to the privacy mode."""
        await self._change_privacy(PrivacyMode(mode))

    async def _change_privacy(self, wanted: PrivacyMode) -> None:
        """Tightening happens at once; loosening is confirmed; a latched chat is never loosened."""
        state = self._chat.state
        if wanted is state.mode:
            return
        if wanted.strictness < state.mode.strictness:
            if state.latched:
                self._chat.notify(
                    f"{sentence(state.latch_reason or 'It held personal data')}"
                    " ctrl+n begins another.",
                    title="This chat stays local",
                    severity="warning",
                )
                return
            sure = Confirm(
                f"Change this chat from {MODE_WORDS[state.mode]} to {MODE_WORDS[wanted]}?",
                f"{MODE_SENTENCES[wanted]} Earlier messages of this chat may leave with the next.",
                f"Change to {MODE_WORDS[wanted]}",
            )
            if not await self._chat.ask(sure):
                return
        if self._chat.state.id:
            self._chat.runtime.conversations.set_mode(self._chat.state.id, wanted)
        self._draft.changed(mode=wanted)

    async def show_plan(self) -> None:
        """The plan for what stands in the message box."""
        page = self._chat.page
        if not page.text:
            self._chat.notify("Type a message first: the plan depends on it.")
            return
        check = self._draft.check or await self._draft.check_text(page.composer.text)
        if check.explanation is None:
            self._chat.notify(check.error, severity="error")
            return
        chosen = await self._chat.ask(PlanScreen(check.explanation))
        if chosen:
            self._draft.changed(model=chosen)

    async def pick_model(self, name: str = "") -> None:
        """The model for the next message; the privacy check still decides whether it may."""
        cards = self._chat.runtime.catalog.cards
        if name and (name in cards or name in MODEL_ALIASES):
            self._draft.changed(model=name)
            return
        ready = await asyncio.to_thread(self._chat.runtime.providers.ready)
        picker = Picker(
            "Model for the next message", filtered(self._models(ready)), value=name, verb="choose"
        )
        chosen = await self._chat.ask(picker)
        if chosen is None:
            return
        card = cards.get(chosen.id)
        if card is not None and not usable(card, ready):
            told = f"There is no key for {safe_line(card.provider, 40)}; f5 adds one."
            self._chat.notify(told, title="Not chosen", severity="warning")
            return
        self._draft.changed(model=chosen.id)

    def _models(self, ready: Collection[str]) -> list[PickerItem]:
        """What can be asked for, with its window and what it costs now: what is usable first."""
        now = self._chat.runtime.clock.now()
        items = [
            PickerItem(alias, Content.assemble((alias.ljust(36), "bold"), meaning))
            for alias, meaning in MODEL_ALIASES.items()
        ]
        known = self._chat.runtime.catalog.cards.values()
        offered = (card for card in known if not card.retired(now.date()))
        for card in sorted(offered, key=lambda card: not usable(card, ready)):
            rate = card.prices.rate(now)
            price = f"${rate.input} in, ${rate.output} out / 1M" if rate else "price unknown"
            here = card.place is Place.LOCAL
            price = "stays here" if here else price if usable(card, ready) else "no key: f5 adds it"
            items.append(
                PickerItem(
                    card.id,
                    Content.assemble(
                        (safe_line(card.id, 34).ljust(36), "bold"),
                        f"{tokens(card.context_tokens):>6}  ",
                        (price, "$local" if here else "$muted"),
                    ),
                )
            )
        return items

    async def show_findings(self) -> None:
        """What was found in the message; choosing one means that it is not personal."""
        text, runtime = self._chat.page.composer.text, self._chat.runtime
        scan = await runtime.inspector.scan(text, full=True) if text else CLEAR
        findings = outermost(scan.findings)
        nothing = scan.reason if scan.private else "No personal data found in this message."
        told = " ".join(opinion.sentence for opinion in scan.opinions)
        kept = await kept_pictures(runtime, self._chat.state.attachments)
        chosen = await self._chat.ask(findings_picker(text, findings, told, kept, nothing))
        if chosen is None:
            return
        if chosen.id.startswith(_PICTURE):
            await self._let_go(kept[int(chosen.id.removeprefix(_PICTURE))])
            return
        finding = findings[int(chosen.id)]
        value = text[finding.start : finding.end]
        sure = Confirm(
            "Never count this as personal data again?",
            f"{safe_line(value, 80)}\n\nFrom now on it may leave this machine. Only a keyed hash of"
            " it is kept in your allow list.",
            "Not personal",
        )
        if await self._chat.ask(sure):
            runtime.lists.allow(value)
            self._draft.changed()

    async def _let_go(self, kept: KeptPicture) -> None:
        """Let one picture leave, after a yes."""
        sure = Confirm("Let this picture leave?", f"{kept.reason}\n\n{LET_GO}", "Let it go")
        if await self._chat.ask(sure):
            self._chat.runtime.lists.allow(allowed_as(kept.picture.data))
            self._draft.changed()


def usable(card: ModelCard, ready: Collection[str]) -> bool:
    """Whether ``card`` can be asked where the providers ``ready`` can."""
    return card.place is Place.LOCAL or card.provider in ready


def findings_picker(
    text: str,
    findings: tuple[Finding, ...],
    told: str = "",
    kept: Sequence[KeptPicture] = (),
    nothing: str = "",
) -> Picker:
    """A list of ``findings`` in ``text``; Enter on one means that it is not personal, and on one of
    the pictures ``kept`` here that it may leave. ``told`` is what the local model said of the text,
    where it was asked; ``nothing`` is said without findings.
    """
    items = [
        PickerItem(
            str(at),
            Content.assemble(
                (type_words(f.type).ljust(16), "bold $personal"),
                (safe_line(text[f.start : f.end], 32).ljust(34)),
                (f"{f.score:.0%}  {safe_line(f.source, 24)}", "$muted"),
            ),
            f"{f.type} {text[f.start : f.end]}",
        )
        for at, f in enumerate(findings)
    ]
    items += [
        PickerItem(
            f"{_PICTURE}{at}",
            Content.assemble(
                ("picture".ljust(16), "bold $personal"), one.named.ljust(34), (one.reason, "$muted")
            ),
            f"picture {one.reason}",
        )
        for at, one in enumerate(kept)
    ]
    picker = Picker(
        f"{details(findings)} in this message" if findings else "Personal data",
        filtered(items),
        empty=safe_line(f"{nothing} {told}").strip(),
    )
    keys = "enter not personal, never count it again   esc close"
    if kept:
        keys = keys.replace("again", "again; a picture may leave")
    picker.KEYS = f"{safe_line(told)}\n{keys}" if told and findings else keys
    return picker
