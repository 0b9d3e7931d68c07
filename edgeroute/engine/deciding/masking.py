"""Mask mode: placeholders out to the provider, the real values back into its answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from edgeroute.core.answer import Frame
from edgeroute.core.errors import PrivacyRefused, StoreError
from edgeroute.core.events import Delta, Finish, ReasoningDelta, TextDelta, ToolCallDelta
from edgeroute.core.ids import owned
from edgeroute.core.request import ChatRequest
from edgeroute.engine.deciding.session import Session

if TYPE_CHECKING:
    from edgeroute.privacy.inspecting.inspector import Inspector
    from edgeroute.privacy.masking.arguments import ArgumentsRestorer
    from edgeroute.privacy.masking.frames import FrameRestorer
    from edgeroute.privacy.masking.masker import Masker
    from edgeroute.privacy.masking.placeholders import MaskMap
    from edgeroute.privacy.policy import PrivacyPolicy
    from edgeroute.store.chats.masks import ConversationMasks

_MAP: Final = "map"
_OTHERS: Final = 32  # conversations whose values are known, the latest ones
_VALUES: Final = 300  # of theirs that are looked for: each costs a search through the request


@dataclass(frozen=True, slots=True)
class MaskedRequest:
    """A request that may leave. ``types`` counts what was replaced, by type."""

    request: ChatRequest
    types: Mapping[str, int]
    masker: Masker

    async def restored(self, deltas: AsyncIterator[Delta], origin: str) -> AsyncGenerator[Delta]:
        """The deltas of the model of ``origin`` with the real values in place of placeholders."""
        text, thoughts = self.masker.restorer(), self.masker.restorer()
        calls: dict[int, ArgumentsRestorer] = {}
        frames: FrameRestorer | None = None
        async for delta in deltas:
            match delta:
                case TextDelta(piece):
                    yield TextDelta(text.feed(piece))
                case ReasoningDelta(piece, ""):
                    yield ReasoningDelta(thoughts.feed(piece))
                case ToolCallDelta(index, _, name, piece):
                    call = calls.get(index) or self.masker.arguments_restorer(name)
                    calls[index] = call
                    yield replace(delta, arguments=call.feed(piece))
                case Frame():
                    frames = frames or self.masker.frame_restorer(delta.wire, origin)
                    for frame in frames.feed(delta):
                        yield frame
                case Finish():
                    if rest := thoughts.close():
                        yield ReasoningDelta(rest)
                    if rest := text.close():
                        yield TextDelta(rest)
                    for index, call in calls.items():
                        if rest := call.close():
                            yield ToolCallDelta(index, arguments=rest)
                    yield delta
                case _:
                    yield delta


@dataclass(eq=False, repr=False)
class Masking:
    """Masks requests and keeps each conversation's placeholders in the store.

    What was masked in one conversation is masked in the next ones, too, unless it is ``allowed``
    by now: an agent's summary of a session is a conversation of its own.
    """

    masks: ConversationMasks
    inspector: Inspector
    policy: PrivacyPolicy
    allowed: Callable[[str], bool]

    def labels(self, types: Iterable[str]) -> dict[str, str]:
        """Words for types of personal data."""
        return {kind: self.policy.label(kind) for kind in types}

    def covers(self, types: Iterable[str]) -> bool:
        """Whether all of ``types`` may leave with placeholders in their place."""
        from edgeroute.privacy.policy import EntityAction  # noqa: PLC0415

        return all(self.policy.action(kind) is EntityAction.MASK for kind in types)

    async def knows_values(self, session: Session, request: ChatRequest) -> bool:
        """Whether something was masked in this conversation before, or something in ``request`` in
        another one, as far as can be known.
        """
        try:
            return len(await asyncio.to_thread(self._load, session, request)) > 0
        except StoreError:
            return True

    async def mask(
        self, session: Session, request: ChatRequest, *, dry: bool = False
    ) -> MaskedRequest | None:
        """``request`` with placeholders; None where that cannot be done with certainty.

        The placeholders are kept with the conversation, unless this is a ``dry`` run.
        """
        from edgeroute.privacy.masking.masker import Masker  # noqa: PLC0415
        from edgeroute.privacy.policy import EntityAction  # noqa: PLC0415

        try:
            mapping = await asyncio.to_thread(self._load, session, request)
            masker = Masker(
                mapping,
                self.inspector,
                lambda kind: self.policy.action(kind) is EntityAction.MASK,
            )
            masked = await masker.mask_request(request)
            if session.exists and not dry:
                await asyncio.to_thread(self._save, session, mapping)
        except (PrivacyRefused, StoreError):
            return None
        return MaskedRequest(masked, Counter(entry.type for entry in mapping.entries), masker)

    def _load(self, session: Session, request: ChatRequest) -> MaskMap:
        """What was masked in this conversation, and what of ``request`` in others."""
        from edgeroute.privacy.masking.masker import texts_of  # noqa: PLC0415

        mapping = _map_of(self.masks.get(session.id) if session.exists else {})
        written = "\n".join(text for _, text in texts_of(request))
        owner = request.client.owner if request.client else ""
        others = self.masks.of_others(session.id or owned("", owner), _OTHERS)
        said = {known.value: known for each in others for known in _map_of(each).entries}
        mapping.recognise(islice(said.values(), _VALUES), written, self.allowed)
        return mapping

    def _save(self, session: Session, mapping: MaskMap) -> None:
        """Keep ``mapping`` beside what other requests of the conversation have kept meanwhile."""

        def grown(stored: Mapping[str, str]) -> dict[str, str]:
            known = _map_of(stored)
            known.adopt(mapping)
            return {_MAP: known.dump().decode()}

        self.masks.change(session.id, grown)


def _map_of(stored: Mapping[str, str]) -> MaskMap:
    from edgeroute.privacy.masking.placeholders import MaskMap  # noqa: PLC0415

    return MaskMap.load(stored[_MAP].encode()) if stored.get(_MAP) else MaskMap()
