"""What the chat app needs from the runtime, and nothing more.

The wiring's ``Runtime`` has all of this; tests bring a scripted one. Calls that are not ``async``
are quick enough for an event loop: a few milliseconds.
"""

# ruff: noqa: D102 - the docstring of a port says what its parts are

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edgeroute.core.clock import Clock
from edgeroute.core.events import Event
from edgeroute.core.model_card import ModelCard
from edgeroute.core.receipt import Receipt
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.core.verdict import Finding, PrivacyMode

if TYPE_CHECKING:
    from edgeroute.core.conversation import Conversation, SearchHit, Turn
    from edgeroute.core.local_models import LocalStatus
    from edgeroute.core.spending import By, SpendRow
    from edgeroute.engine.deciding.explanation import Explanation
    from edgeroute.engine.recording.feedback import Thumb


class EnginePort(Protocol):
    """The one way of a prompt."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Event]:
        """What happens while ``request`` is answered; the last event is terminal.

        Cancelling it stops the answer; what came so far is kept with its receipt.
        """
        ...

    async def explain(self, request: ChatRequest, *, full: bool = False) -> Explanation:
        """Where ``request`` would go; sends nothing."""
        ...


class ScanPort(Protocol):
    """What a text holds."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...


class InspectorPort(Protocol):
    """Finds personal data, away from the event loop."""

    async def scan(self, text: str, *, full: bool = True) -> ScanPort:
        """Everything found in ``text``."""
        ...


class ListsPort(Protocol):
    """The user's own word on single values."""

    def allow(self, value: str) -> None:
        """Never count ``value`` as personal data again; only a keyed hash of it is kept."""
        ...


class LocalPort(Protocol):
    """The local model."""

    async def status(self) -> LocalStatus:
        """How it is at this moment."""
        ...


class ConversationsPort(Protocol):
    """The chats of this machine."""

    def list(self, limit: int = 200) -> Sequence[Conversation]: ...
    def get(self, conversation: str, /) -> Conversation | None: ...
    def create(self, mode: PrivacyMode) -> Conversation: ...
    def turns(self, conversation: str, /) -> Sequence[Turn]: ...
    def rename(self, conversation: str, title: str, /) -> None: ...
    def delete(self, conversation: str, /) -> None: ...
    def pin(self, conversation: str, pinned: bool, /) -> None: ...  # noqa: FBT001
    def set_mode(self, conversation: str, mode: PrivacyMode, /) -> None: ...
    def fork(self, conversation: str, turns: int | None = None, /) -> Conversation:
        """A new conversation that begins with the first ``turns`` turns and the same latch."""
        ...

    def keep_turns(self, conversation: str, turns: int, /) -> None:
        """Forget all but the first ``turns`` turns; the latch stays."""
        ...

    def export(self, conversation: str, /) -> str:
        """The conversation as Markdown."""
        ...

    def search(self, words: str, limit: int = 50) -> Sequence[SearchHit]: ...
    def prompts(self, limit: int = 500) -> Sequence[str]:
        """What the user asked before, newest first, without repeats."""
        ...


class ReceiptsPort(Protocol):
    """Why requests went where they went."""

    def get(self, receipt: str, /) -> Receipt | None: ...
    def list(self, *, left_machine: bool = False, limit: int = 200) -> Sequence[Receipt]: ...


class MemoryPort(Protocol):
    """What the user thinks of answers; None is nothing."""

    def thumb(self, receipt: str, /) -> Thumb | None: ...
    def rate(self, receipt: Receipt, thumb: Thumb | None, /) -> None: ...


class LedgerPort(Protocol):
    """What was spent."""

    def today(self) -> Decimal: ...
    def rows(self, by: By) -> Sequence[SpendRow]: ...


class ProviderStatusPort(Protocol):
    """How a provider is. ``until`` ends a limit or an open breaker.

    ``state`` is ``ok``, ``slow``, ``limited``, ``open`` or ``probing``.
    """

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def has_key(self) -> bool: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def detail(self) -> str: ...


class ProvidersPort(Protocol):
    """The managed APIs and their keys."""

    def status(self) -> Sequence[ProviderStatusPort]: ...
    async def test(self, provider: str) -> str:
        """Try the stored key; a sentence about what came of it."""
        ...

    async def set_key(self, provider: str, key: Secret) -> None:
        """Store a key in the OS keyring."""
        ...

    async def delete_key(self, provider: str) -> None: ...


class CatalogPort(Protocol):
    """The models that there are."""

    @property
    def cards(self) -> Mapping[str, ModelCard]: ...


class ChatSettingsPort(Protocol):
    """What the settings say about the chat app."""

    @property
    def theme(self) -> str: ...
    @property
    def mouse(self) -> bool: ...
    @property
    def keys(self) -> Mapping[str, str]: ...


class RuntimePort(Protocol):
    """Everything behind the chat app."""

    @property
    def clock(self) -> Clock: ...
    @property
    def chat(self) -> ChatSettingsPort: ...
    @property
    def daily_limit(self) -> Decimal | None: ...
    @property
    def new_mode(self) -> PrivacyMode: ...
    @property
    def first_run(self) -> bool: ...
    @property
    def pictures(self) -> Path: ...
    @property
    def engine(self) -> EnginePort: ...
    @property
    def inspector(self) -> InspectorPort: ...
    @property
    def lists(self) -> ListsPort: ...
    @property
    def local(self) -> LocalPort: ...
    @property
    def conversations(self) -> ConversationsPort: ...
    @property
    def receipts(self) -> ReceiptsPort: ...
    @property
    def memory(self) -> MemoryPort: ...
    @property
    def ledger(self) -> LedgerPort: ...
    @property
    def providers(self) -> ProvidersPort: ...
    @property
    def catalog(self) -> CatalogPort: ...
    async def warm(self) -> None:
        """Load what the first answer needs; called after the first paint."""
        ...

    def save(self, key: str, value: str) -> None:
        """Keep the setting ``key`` (dotted, as in config.toml)."""
        ...
