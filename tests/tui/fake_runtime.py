"""A runtime whose engine follows a script and yields real events, for tests of the chat app.

The words of a prompt pick the script: ``fail``, ``cascade``, ``disagree``, ``hold`` (streams until
released), ``mask``; an e-mail address, a phone number or a social security number is personal data.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from edgeroute import config
from edgeroute.core.answer import Answer
from edgeroute.core.conversation import Conversation, SearchHit, Turn
from edgeroute.core.errors import (
    ErrorKind,
    LocalModelError,
    NothingAnswered,
    SettingsError,
    StoreError,
)
from edgeroute.core.events import (
    Answered,
    AttemptEnded,
    AttemptStarted,
    Event,
    Failed,
    Folded,
    ImageDelta,
    Notice,
    Planned,
    TextDelta,
)
from edgeroute.core.local_models import LocalStatus, OnProgress, Progress
from edgeroute.core.messages import FolderLabel, Image, Message, assistant, user
from edgeroute.core.model_card import ModelCard, Place, PriceList, PriceRow, Rate
from edgeroute.core.pictures import allowed_as
from edgeroute.core.plan import Candidate, Plan, Skipped
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.core.signals import Signals
from edgeroute.core.spending import Alert, SpendRow
from edgeroute.core.usage import FREE, Cost, Usage
from edgeroute.core.verdict import CLEAR, Finding, LocalOpinion, PrivacyMode, Verdict
from edgeroute.engine.admin.local_models import Fit, LocalModelState
from edgeroute.engine.admin.own_entries import FolderPreview, OwnOffer, Preview
from edgeroute.engine.admin.policies import Policies
from edgeroute.engine.admin.sent_requests import SentRequests
from edgeroute.engine.deciding.explanation import Explanation
from edgeroute.engine.deciding.privacy_decision import PrivacyDecision
from edgeroute.engine.recording.feedback import Thumb
from edgeroute.local.hardware import GIB, Machine
from edgeroute.privacy.detecting.own.entries import Taken
from edgeroute.providers.catalog.families import Families
from edgeroute.routing.policy.in_force import RulesInForce
from edgeroute.settings import Settings
from tests.support.replies import PNG

if TYPE_CHECKING:
    from edgeroute.store.chats.conversations import Conversations
    from edgeroute.store.records.receipts import Receipts
    from edgeroute.store.records.sent_bodies import SentBodies
    from edgeroute.wiring import Runtime

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
LOCAL = "local/qwen2.5-coder-1.5b"
CLOUD = "anthropic/claude-sonnet-4.6"
SPARE = "deepseek/v4-flash"
HOST = "api.anthropic.com"
PATTERNS = {
    "EMAIL_ADDRESS": re.compile(r"[\w.]+@[\w.]+\w"),
    "US_SSN": re.compile(r"\b\d{3}-\d{2}-\d{4}\b"),
    "PHONE_NUMBER": re.compile(r"\+\d[\d ]{7,}\d"),
    "PERSON": re.compile(r"\bAnna Berg\b"),
}
ANSWER = (
    "A hash table keeps **key and value pairs** in an array and finds each one by a number "
    "computed from its key.\n\n"
    "```python\n"
    "def find(table, key):\n"
    "    bucket = table[hash(key) % len(table)]\n"
    "    return next((v for k, v in bucket if k == key), None)\n"
    "```\n"
)
LONG_ANSWER = (
    "A hash table keeps **key and value pairs** in an array and finds each one by a number "
    "computed from its key.\n\n"
    "## How a lookup works\n\n"
    "1. Hash the key to a large number.\n"
    "2. Take it modulo the size of the array: that is the bucket.\n"
    "3. Compare the keys in the bucket, since two keys may share it.\n\n"
    "```python\n"
    "def find(table, key):\n"
    "    bucket = table[hash(key) % len(table)]\n"
    "    return next((v for k, v in bucket if k == key), None)\n"
    "```\n\n"
    "| operation | average | worst |\n|---|---|---|\n"
    "| find | O(1) | O(n) |\n| insert | O(1) | O(n) |\n"
)


class FakeClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Always the same moment."""
        return NOW

    def monotonic(self) -> float:
        """Always the same second."""
        return 1000.0


@dataclass(frozen=True)
class FakeScan:
    """What the patterns found."""

    findings: tuple[Finding, ...]
    opinions: tuple[LocalOpinion, ...] = ()
    unread: str = ""

    @property
    def private(self) -> bool:
        """Whether it must stay here."""
        return bool(self.findings or self.unread)

    @property
    def reason(self) -> str:
        """Why."""
        return self.unread


def find(text: str, where: str = "") -> tuple[Finding, ...]:
    """What the patterns find in ``text``."""
    return tuple(
        sorted(
            (
                Finding(kind, hit.start(), hit.end(), 0.95, "pattern", where)
                for kind, pattern in PATTERNS.items()
                for hit in pattern.finditer(text)
            ),
            key=lambda finding: finding.start,
        )
    )


class FakeInspector:
    """Scans with the patterns; ``allowed`` collects what the user called not personal."""

    def __init__(self) -> None:
        self.allowed: list[str] = []
        self.scans = 0
        self.opinions: tuple[LocalOpinion, ...] = ()
        self.unread = ""
        self.on_asking: Callable[[str], None] = lambda _: None

    async def scan(self, text: str, *, full: bool = True) -> FakeScan:
        """Everything the patterns find that is not allowed."""
        self.scans += 1
        found = find(text)
        counted = tuple(f for f in found if text[f.start : f.end] not in self.allowed)
        return FakeScan(counted, self.opinions, self.unread)

    async def inspect(self, request: ChatRequest, *, full: bool = False) -> Verdict:
        """Pictures stay until they are allowed."""
        parts = [part for message in request.messages for part in message.parts]
        pictures = [part for part in parts if isinstance(part, Image)]
        if all(allowed_as(picture.data) in self.allowed for picture in pictures):
            return CLEAR
        return Verdict(True, "A picture shows a face, so it stays here.")


class FakeLists:
    """The allow list, as the inspector reads it."""

    def __init__(self, inspector: FakeInspector) -> None:
        self._inspector = inspector

    def allow(self, value: str) -> None:
        """Never find ``value`` again."""
        self._inspector.allowed.append(value)


class FakePreparing:
    """What a local answer still needs: nothing, unless the test says so."""

    def __init__(self) -> None:
        self.lacks: list[str] = []
        self.begun = 0

    def missing(self) -> list[str]:
        """What the test says."""
        return self.lacks

    async def stop(self) -> bool:
        """Nobody is at it."""
        return False

    def begin(self, *, asked: bool = False) -> bool:
        """Count it."""
        self.begun += asked
        return True


class FakeModels:
    """Two models that fit, the smaller one here."""

    machine = Machine(8 * GIB, 2)

    def __init__(self, states: FakeModelStates) -> None:
        self.use, self.remove = states.use, states.remove

    def present(self) -> tuple[SimpleNamespace, ...]:
        """The smaller one."""
        return (SimpleNamespace(id="qwen3.5-0.8b"),)

    def recommend(self) -> tuple[SimpleNamespace, ...]:
        """The larger one first."""
        return tuple(
            SimpleNamespace(build=SimpleNamespace(id=name, bytes=count), speed=speed)
            for name, count, speed in (
                ("qwen3.5-2b", 1_280_835_840, 14.0),
                ("qwen3.5-0.8b", 532_517_120, 34.0),
            )
        )


class FakeLocal:
    """A local model that is whatever the test says."""

    name = "llamacpp"

    def __init__(self) -> None:
        self.now = LocalStatus("ready", "qwen2.5-coder-1.5b", "1.6 GB", "llamacpp")
        self.preparing = FakePreparing()

    async def status(self) -> LocalStatus:
        """What the test says."""
        return self.now

    def cards(self) -> tuple[ModelCard, ...]:
        """The one model; it sees no pictures."""
        return (card(LOCAL, "0", "0", Place.LOCAL),)


@dataclass
class FakeEngine:
    """Follows the script of the module's docstring."""

    runtime: FakeRuntime
    requests: list[ChatRequest] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    check_gate: asyncio.Event | None = None
    answer: str = ANSWER
    explained: int = 0
    cancelled: int = 0

    def judge(self, request: ChatRequest) -> Explanation:
        """The decision for ``request``."""
        chat = self.runtime.conversations.get(request.conversation)
        mode = request.privacy or PrivacyMode.AUTO
        latched = bool(chat and chat.latched)
        findings: list[Finding] = []
        for at, message in enumerate(request.messages):
            if message.role == "user":
                allowed = self.runtime.inspector.allowed
                text = message.text
                findings += [
                    f for f in find(text, f"messages[{at}]") if text[f.start : f.end] not in allowed
                ]
        verdict = (
            Verdict(True, "Personal data was found.", tuple(findings[:1]), complete=False)
            if findings
            else CLEAR
        )
        here = verdict.private or latched or mode is PrivacyMode.PRIVATE
        here = (here and mode is not PrivacyMode.MASK) or request.model == "local"
        text = request.messages[-1].text
        signals = Signals(
            task="explain_code" if "code" in text else "chat",
            input_tokens=12 + len(text) // 4,
            output_tokens=400,
            has_images=any(isinstance(p, Image) for m in request.messages for p in m.parts),
        )
        local = Candidate(LOCAL, Place.LOCAL, "the local model", "last_resort")
        if here:
            plan = Plan(
                "privacy",
                "personal data stays on this machine",
                (replace(local, cause="first"),),
                skipped=(Skipped(CLOUD, "not for personal data"),),
            )
        else:
            chosen = CLOUD if request.model in {"auto", "local"} else request.model
            plan = Plan(
                "explain",
                "explanations go to the model that explains best",
                (
                    Candidate(chosen, Place.CLOUD, "rule explain names it"),
                    Candidate(SPARE, Place.CLOUD, "after an outage", "outage"),
                    local,
                ),
                skipped=(Skipped("openai/gpt-5.5", "no key is stored"),),
            )
        privacy = PrivacyDecision(
            mode,
            verdict,
            latched,
            chat.latch_reason if chat else "",
            verdict.types if mode is PrivacyMode.MASK and not here else None,
        )
        return Explanation(privacy, signals, plan, CLOUD if here else "")

    async def explain(self, request: ChatRequest, *, full: bool = False) -> Explanation:
        """The decision; waits for ``check_gate`` where a test set one."""
        self.explained += 1
        if self.check_gate is not None:
            await self.check_gate.wait()
        return self.judge(request)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event]:
        """The scripted events."""
        self.requests.append(request)
        judged = self.judge(request)
        conversation = request.conversation
        receipt_id = f"r{len(self.requests):04d}"
        text = request.messages[-1].text
        first = judged.plan.first
        yield Planned(
            judged.plan,
            judged.privacy.verdict,
            judged.signals,
            judged.privacy.mode,
            conversation,
            receipt_id,
        )
        yield AttemptStarted(1, first.model, first.reason)
        receipt = self.receipt(request, judged, receipt_id)
        if "fail" in text:
            failed = self.attempt(first, "failed", error=ErrorKind.OUTAGE.value, detail="503")
            yield AttemptEnded(1, failed)
            broken = replace(
                receipt, model="", route=None, attempts=(failed,), error="nothing_answered"
            )
            self.runtime.receipts.add(broken)
            yield Failed(
                NothingAnswered("Every candidate failed.", "Look at f5, then try again."), broken
            )
            return
        if "Draw" in text:
            picture = Image("image/png", PNG)
            drawn = Answer(Message("assistant", (picture,)), "stop", receipt.usage, first.model)
            yield ImageDelta(picture)
            self.runtime.conversations.record(conversation, request, drawn, receipt)
            yield Answered(drawn, receipt)
            return
        if "cascade" in text:
            yield TextDelta("I think it is about 41.")
            yield Folded(SPARE, "I think it is about 41.", "The two cheap answers disagreed.")
        shown = ""
        try:
            for piece in re.findall(r"\S+\s*|\s+", self.answer):
                shown += piece
                yield TextDelta(piece)
                if "hold" in text and len(shown) > 150:
                    await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            partial = Answer(assistant(shown), "length", Usage(), first.model, complete=False)
            stopped = replace(receipt, error="cancelled")
            self.runtime.receipts.add(stopped)
            self.runtime.conversations.record(conversation, request, partial, stopped)
            raise
        if "break" in text:
            partial = Answer(assistant(shown), "length", Usage(), first.model, complete=False)
            self.runtime.receipts.add(receipt)
            self.runtime.conversations.record(conversation, request, partial, receipt)
            yield Failed(NothingAnswered("The answer broke off."), receipt, partial)
            return
        if "disagree" in text:
            yield Notice("disagreement", "gpt-5.5 checked this and disagrees about the dose.")
        yield AttemptEnded(1, receipt.attempts[0])
        answer = Answer(assistant(shown), "stop", receipt.usage, first.model)
        self.runtime.receipts.add(receipt)
        self.runtime.conversations.record(conversation, request, answer, receipt)
        yield Answered(answer, receipt)

    def attempt(self, candidate: Candidate, outcome: str, **values: object) -> Attempt:
        """An attempt with ``candidate``."""
        cloud = candidate.place is Place.CLOUD
        base = Attempt(
            candidate.model,
            candidate.place,
            NOW,
            "answered",
            duration_ms=1900,
            first_token_ms=420,
            reason=candidate.reason,
            host=HOST if cloud else "",
            bytes_sent=912 if cloud else 0,
            usage=Usage(input_uncached=172, cache_read=640, output_visible=164),
            cost=Cost(Decimal("0.0041"), "computed") if cloud else FREE,
            rate="3/15" if cloud else "",
        )
        return replace(base, outcome=outcome, **values)  # type: ignore[arg-type]

    def receipt(self, request: ChatRequest, judged: Explanation, receipt: str) -> Receipt:
        """A receipt as the engine would write it."""
        first = judged.plan.first
        masked = judged.privacy.mode is PrivacyMode.MASK and judged.privacy.verdict.private
        return Receipt(
            receipt,
            NOW,
            request.conversation,
            "chat",
            judged.privacy.mode,
            judged.privacy.verdict.private,
            judged.privacy.verdict.reason,
            judged.privacy.verdict.types,
            judged.privacy.latched,
            judged.plan.rule,
            judged.plan.why,
            first.place,
            first.model,
            (self.attempt(first, "answered", digest=self.runtime.bodies.keep(request)),),
            task=judged.signals.task,
            tier="balanced",
            input_tokens=judged.signals.input_tokens,
            duration_ms=1900,
            first_token_ms=420,
            masked=judged.privacy.verdict.types if masked else {},
        )


def turn_of(messages: tuple[Message, ...], receipt: str = "") -> Turn:
    """A stored exchange."""
    return Turn(0, NOW, messages, complete=True, receipt=receipt)


class FakeConversations:
    """Chats in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Conversation] = {}
        self.stored: dict[str, list[Turn]] = {}
        self.notes: dict[tuple[str, str], str] = {}
        self.busy = False

    def add(self, row: Conversation, turns: Sequence[Turn] = ()) -> None:
        """Put a chat in."""
        self.rows[row.id] = row
        self.stored[row.id] = list(turns)

    def record(
        self, conversation: str, request: ChatRequest, answer: Answer, receipt: Receipt
    ) -> None:
        """Keep a turn, as the engine does."""
        row = self.rows[conversation]
        title = row.title or request.messages[-1].text[:40]
        reason = "a message held " + ", ".join(receipt.findings) if receipt.private else ""
        self.rows[conversation] = replace(
            row,
            title=title,
            model=receipt.model,
            latched=row.latched or (receipt.private and receipt.mode is PrivacyMode.AUTO),
            latch_reason=row.latch_reason or reason,
        )
        turn = turn_of((request.messages[-1], answer.message), receipt.id)
        self.stored[conversation].append(turn)

    def list(self, limit: int = 200) -> Sequence[Conversation]:
        """Pinned ones first, then the newest."""
        rows = sorted(self.rows.values(), key=lambda r: (r.pinned, r.updated), reverse=True)
        return rows[:limit]

    def get(self, conversation: str) -> Conversation | None:
        """One chat."""
        return self.rows.get(conversation)

    def create(self, mode: PrivacyMode) -> Conversation:
        """A new chat."""
        row = Conversation(f"c{len(self.rows) + 1}", "", NOW, NOW, mode)
        self.add(row)
        return row

    def note(self, conversation: str, kind: str) -> str:
        """What is kept beside it."""
        return self.notes.get((conversation, kind), "")

    def noted(self, kind: str) -> Sequence[str]:
        """The chats with such a note."""
        return [chat for (chat, one), text in self.notes.items() if one == kind and text]

    def keep_note(self, conversation: str, kind: str, text: str) -> None:
        """Keep it, or forget it."""
        self.notes[conversation, kind] = text

    def turns(self, conversation: str) -> Sequence[Turn]:
        """What was said."""
        return self.stored[conversation]

    def rename(self, conversation: str, title: str) -> None:
        """Another title."""
        self.rows[conversation] = replace(self.rows[conversation], title=title)

    def delete(self, conversation: str) -> None:
        """Gone, unless ``busy``.

        Raises:
            StoreError: it cannot be deleted now.
        """
        if self.busy:
            raise StoreError("Another program is using the history.")
        del self.rows[conversation], self.stored[conversation]
        self.notes = {key: text for key, text in self.notes.items() if key[0] != conversation}

    def pin(self, conversation: str, pinned: bool, /) -> None:  # noqa: FBT001
        """To the top, or back."""
        self.rows[conversation] = replace(self.rows[conversation], pinned=pinned)

    def set_mode(self, conversation: str, mode: PrivacyMode) -> None:
        """Another privacy mode."""
        self.rows[conversation] = replace(self.rows[conversation], mode=mode)

    def fork(self, conversation: str, turns: int | None = None) -> Conversation:
        """A new chat with the same beginning and latch."""
        row = replace(
            self.rows[conversation],
            id=f"c{len(self.rows) + 1}",
            title=f"{self.rows[conversation].title} (fork)",
        )
        self.add(row, self.stored[conversation][:turns])
        return row

    def keep_turns(self, conversation: str, turns: int) -> None:
        """Forget the rest."""
        del self.stored[conversation][turns:]

    def export(self, conversation: str) -> str:
        """As Markdown."""
        return "\n\n".join(m.text for t in self.stored[conversation] for m in t.messages)

    def search(self, words: str, limit: int = 50) -> Sequence[SearchHit]:
        """Every message with the words."""
        return [
            SearchHit(chat, self.rows[chat].title, at, NOW, message.text[:120])
            for chat, turns in self.stored.items()
            for at, turn in enumerate(turns)
            for message in turn.messages
            if words.lower() in message.text.lower()
        ][:limit]

    def prompts(self, limit: int = 500) -> Sequence[str]:
        """What was asked."""
        asked = [
            message.text
            for turns in self.stored.values()
            for turn in turns
            for message in turn.messages
            if message.role == "user"
        ]
        return list(dict.fromkeys(reversed(asked)))[:limit]


class FakeReceipts:
    """Receipts in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Receipt] = {}

    def add(self, receipt: Receipt) -> None:
        """Keep one."""
        self.rows[receipt.id] = receipt

    def get(self, receipt: str) -> Receipt | None:
        """One receipt."""
        return self.rows.get(receipt)

    def list(
        self, *, left_machine: bool = False, conversation: str = "", limit: int = 200
    ) -> Sequence[Receipt]:
        """All, or those that left, or those of one chat, the latest first."""
        rows = [r for r in reversed(self.rows.values()) if r.left_machine or not left_machine]
        return [r for r in rows if conversation in {"", r.conversation}][:limit]


class FakeBodies:
    """What left, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep(self, request: ChatRequest) -> str:
        """The digest of the body of ``request``."""
        said = [{"role": one.role, "content": one.text} for one in request.messages]
        body = json.dumps({"messages": said, "model": "claude-sonnet-4-6"}).encode()
        digest = hashlib.sha256(body).hexdigest()
        self.kept[digest] = body
        return digest

    def body(self, receipt: str, digest: str) -> bytes | None:
        """What was kept."""
        del receipt
        return self.kept.get(digest)


class FakeMemory:
    """Thumbs by receipt, in memory."""

    def __init__(self) -> None:
        self.thumbs: dict[str, Thumb | None] = {}

    def thumb(self, receipt: str) -> Thumb | None:
        """What was kept."""
        return self.thumbs.get(receipt)

    def rate(self, receipt: Receipt, thumb: Thumb | None) -> None:
        """Keep it."""
        self.thumbs[receipt.id] = thumb


def spend(
    label: str, calls: int, tokens: int, cost: Decimal | None, baseline: Decimal | None
) -> SpendRow:
    """A row of the ledger."""
    usage = Usage(input_uncached=tokens)
    row = SpendRow(
        label, calls, calls, 0, usage, cost, 0 if cost is not None else 1, baseline, None
    )
    if cost is None:
        return replace(row, baseline=None)
    return replace(row, compared=calls, compared_cost=cost, baseline_model="cloud/best")


class FakeLedger:
    """A ledger with fixed rows."""

    def today(self) -> Decimal:
        """Spent today."""
        return Decimal("0.42")

    def of_today(self) -> SpendRow:
        """Sums of the day."""
        return spend("total", 9, 1200, self.today(), Decimal(1))

    def rows(self, by: str) -> Sequence[SpendRow]:
        """Fixed rows; days for ``day``."""
        if by == "day":
            return [
                spend(f"2026-11-{16 + n}", 10 + n, 9000 * n, Decimal(n) / 10, Decimal(n))
                for n in range(1, 7)
            ]
        return [
            spend(CLOUD, 31, 92_400, Decimal("0.2710"), Decimal("0.9120")),
            spend(SPARE, 58, 130_100, Decimal("0.0312"), Decimal("1.2200")),
            spend(LOCAL, 44, 61_000, Decimal(0), Decimal("0.6020")),
            spend("openrouter/auto", 2, 1_200, None, Decimal("0.0100")),
        ]


class FakeAlerts:
    """What was remarkable."""

    def list(self, *, unseen: bool = False, limit: int = 200) -> Sequence[Alert]:
        """One alert."""
        del unseen
        when = NOW - timedelta(hours=2)
        return [Alert(1, when, "budget", "80 % of today's budget is spent.")][:limit]


@dataclass(frozen=True)
class FakeProvider:
    """How a provider is."""

    id: str
    name: str
    state: str = "ok"
    key: str = "keyring"
    until: datetime | None = None
    detail: str = ""

    @property
    def has_key(self) -> bool:
        """Whether it can be asked."""
        return bool(self.key)


class FakeProviders:
    """Providers in every state."""

    def __init__(self) -> None:
        self.keys: dict[str, Secret] = {}

    def status(self) -> Sequence[FakeProvider]:
        """One in every state."""
        return [
            FakeProvider("anthropic", "Anthropic", detail="0.6 s"),
            FakeProvider("deepseek", "DeepSeek", "slow", detail="3.1 s"),
            FakeProvider(
                "moonshot",
                "Moonshot",
                "open",
                until=NOW + timedelta(seconds=252),
                detail="3 outages",
            ),
            FakeProvider("openai", "OpenAI", key="keyring" if "openai" in self.keys else ""),
        ]

    def ready(self) -> frozenset[str]:
        """Those with a key."""
        return frozenset(row.id for row in self.status() if row.has_key)

    async def test(self, provider: str) -> str:
        """A sentence."""
        return f"{provider}: the key works."

    async def set_key(self, provider: str, key: Secret) -> None:
        """Keep the key."""
        self.keys[provider] = key

    async def delete_key(self, provider: str) -> None:
        """Forget the key."""
        self.keys.pop(provider, None)


@dataclass(frozen=True)
class FakeChatSettings:
    """Defaults of the chat app."""

    theme: str = ""
    mouse: bool = True
    notify: str = "bell"
    keys: Mapping[str, str] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)
    vim: bool = False


@dataclass(frozen=True)
class FakeCatalog:
    """Three models."""

    cards: Mapping[str, ModelCard]
    families: Families = field(default_factory=Families)


def card(name: str, price_in: str, price_out: str, place: Place = Place.CLOUD) -> ModelCard:
    """A model with one price."""
    rate = Rate(Decimal(price_in), Decimal(price_out))
    provider, _, wire = name.partition("/")
    return ModelCard(name, provider, wire, place=place, prices=PriceList((PriceRow(rate),)))


PREVIEW = Preview("me", Taken({}, {"name": 1, "email": 1}, {"a date": 2}), 4, 50)


class FakeOwn:
    """Entries that are offered, looked at and kept."""

    def __init__(self) -> None:
        self.due = False
        self.kept: list[Preview] = []
        self.answers = 0

    def is_due(self) -> bool:
        """Whether to offer it."""
        return self.due

    def offer(self) -> OwnOffer:
        """The user and a folder."""
        return OwnOffer(PREVIEW, "~/clients/**", self.folder("~/clients/**"))

    def preview(self, source: str) -> Preview:
        """The same of every source but one."""
        if source == "missing":
            raise SettingsError("cannot be read.", file=source)
        return replace(PREVIEW, source=source)

    def folder(self, pattern: str) -> FolderPreview:
        """Three chats."""
        del pattern
        return FolderPreview(3, 20)

    def keep(self, preview: Preview) -> None:
        """Remember it."""
        self.kept.append(preview)

    def answered(self) -> None:
        """Count it."""
        self.answers += 1

    def label(self, path: Path) -> FolderLabel:
        """No folder is labelled."""
        del path
        return ""


class FakeModelStates:
    """Three models: one that answers, one that fits, one that does not."""

    machine = "16 GB memory, 4 cores, no graphics card"

    def __init__(self) -> None:
        self.present = {"qwen2.5-coder-1.5b", "names"}
        self.removed: list[str] = []
        self.release = asyncio.Event()

    def list(self, wanted: str = "") -> Sequence[LocalModelState]:
        """How each is."""
        del wanted
        used = "qwen2.5-coder-1.5b"
        return [
            self._state(used, 1_100_000_000, "fits", "2.0 GB of memory", used=True, speed=21.4),
            self._state("names", 46_000_000, "", "finds names", support=True),
            self._state("qwen3-4b", 2_500_000_000, "fits", "5.1 GB of memory", recommended=True),
            self._state("qwen3.6-27b", 16_800_000_000, "too big", "needs 22 GB of memory"),
        ]

    def _state(self, name: str, size: int, fit: Fit, note: str, **more: Any) -> LocalModelState:
        plain = {"recommended": False, "support": False, "used": False, **more}
        here = name in self.present
        return LocalModelState(
            id=name, bytes=size, licence="Apache-2.0", present=here, fit=fit, note=note, **plain
        )

    def use(self, name: str) -> SimpleNamespace:
        """Only what is here."""
        if name not in self.present:
            raise LocalModelError(f"{name} is not on this machine.", "Fetch it.")
        return SimpleNamespace(id=name)

    def remove(self, name: str) -> int:
        """Gone."""
        self.present.remove(name)
        return 1_100_000_000

    async def pull(self, name: str, progress: OnProgress) -> None:
        """Half of it, then the rest when it is released."""
        progress(Progress("download", name, 1_250_000_000, 2_500_000_000, 8_000_000))
        await self.release.wait()
        self.present.add(name)


class FakeRuntime:
    """Everything the chat app needs, scripted."""

    def __init__(self, *, chats: bool = True) -> None:
        self.clock = FakeClock()
        self.chat = FakeChatSettings()
        self.daily_limit: Decimal | None = Decimal(5)
        self.new_mode = PrivacyMode.AUTO
        self.first_run = False
        self.pictures = Path("pictures")
        self.inspector = FakeInspector()
        self.lists = FakeLists(self.inspector)
        self.local = FakeLocal()
        self.conversations = FakeConversations()
        self.receipts = FakeReceipts()
        self.memory = FakeMemory()
        self.ledger = FakeLedger()
        self.providers = FakeProviders()
        self.catalog = FakeCatalog(
            {
                CLOUD: card(CLOUD, "3", "15"),
                SPARE: card(SPARE, "0.3", "0.5"),
                LOCAL: card(LOCAL, "0", "0", Place.LOCAL),
            }
        )
        self.engine = FakeEngine(self)
        self.warmed = 0
        self.saved: dict[str, str | None] = {}
        self.settings = Settings()
        self.paths = SimpleNamespace(settings=Path("nowhere/config.toml"))
        self.own = FakeOwn()
        self.bodies = FakeBodies()
        sent = SentRequests(
            cast("Receipts", self.receipts),
            cast("Conversations", self.conversations),
            cast("SentBodies", self.bodies),
            self.clock,
        )
        self.models = FakeModelStates()
        rules = RulesInForce("default", Path("nowhere"))
        self.policies = Policies(rules, {}, lambda: ("anthropic",), self.clock)
        self.admin = SimpleNamespace(
            own=self.own,
            attachments="Its content is read here and judged.",
            policies=self.policies,
            check_setting=self._check_setting,
            sent=sent,
            models=FakeModels(self.models),
            local_models=self.models,
            pull=self.models.pull,
            alerts=FakeAlerts(),
        )
        if chats:
            self._fill()

    @property
    def real(self) -> Runtime:
        """Itself, where the app asks for the runtime of the wiring."""
        return cast("Runtime", self)

    def _fill(self) -> None:
        for at, (title, place, latched, pinned) in enumerate(
            (
                ("Contract draft", "local", True, True),
                ("Rust borrow checker", "cloud", False, False),
                ("Trip to Bergen", "cloud", False, False),
                ("Letter to the bank", "local", True, False),
                ("A regex for dates", "local", False, False),
            )
        ):
            when = NOW - timedelta(hours=5 * at, minutes=12)
            row = Conversation(
                f"c{at + 1}",
                title,
                when,
                when,
                PrivacyMode.AUTO,
                latched=latched,
                latch_reason="message 1 held a name" if latched else "",
                pinned=pinned,
                model=LOCAL if place == "local" else CLOUD,
            )
            turns = [
                turn_of((user(f"A question about {title.lower()}"), assistant("A short answer.")))
            ]
            self.conversations.add(row, turns)

    async def warm(self) -> None:
        """Count the call."""
        self.warmed += 1

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _check_setting(self, key: str, value: str) -> None:
        if key == "router.policy":
            self.policies.named(value)

    def save(self, key: str, value: str | None) -> None:
        """Remember the setting."""
        if self.paths.settings.exists():
            file = self.paths.settings
            self.settings = (
                config.forget(file, key) if value is None else config.change(file, key, value)
            )
            self.policies._rules.name = self.settings.router.policy
        self.saved[key] = value
