"""Mask mode: placeholders out to the provider, the real values back into its answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from edgeroute.core.answer import Frame
from edgeroute.core.errors import PrivacyRefused, StoreError
from edgeroute.core.events import Delta, Finish, ReasoningDelta, TextDelta, ToolCallDelta
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
    """Masks requests and keeps each conversation's placeholders in the store."""

    masks: ConversationMasks
    inspector: Inspector
    policy: PrivacyPolicy

    def labels(self, types: Iterable[str]) -> dict[str, str]:
        """Words for types of personal data."""
        return {kind: self.policy.label(kind) for kind in types}

    def covers(self, types: Iterable[str]) -> bool:
        """Whether all of ``types`` may leave with placeholders in their place."""
        from edgeroute.privacy.policy import EntityAction  # noqa: PLC0415

        return all(self.policy.action(kind) is EntityAction.MASK for kind in types)

    async def knows_values(self, session: Session) -> bool:
        """Whether something was masked in this conversation before, as far as can be known."""
        try:
            return session.exists and bool(await asyncio.to_thread(self._stored, session))
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
            mapping = await asyncio.to_thread(self._load, session)
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

    def _load(self, session: Session) -> MaskMap:
        return _map_of(self._stored(session) if session.exists else "")

    def _save(self, session: Session, mapping: MaskMap) -> None:
        """Keep ``mapping`` beside what other requests of the conversation have kept meanwhile."""

        def grown(stored: Mapping[str, str]) -> dict[str, str]:
            known = _map_of(stored.get(_MAP, ""))
            known.adopt(mapping)
            return {_MAP: known.dump().decode()}

        self.masks.change(session.id, grown)

    def _stored(self, session: Session) -> str:
        return self.masks.get(session.id).get(_MAP, "")


def _map_of(stored: str) -> MaskMap:
    from edgeroute.privacy.masking.placeholders import MaskMap  # noqa: PLC0415

    return MaskMap.load(stored.encode()) if stored else MaskMap()
