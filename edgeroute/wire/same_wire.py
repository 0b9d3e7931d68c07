"""What passes where a caller and a provider speak the same wire format: all that nobody has to
change, in the order in which it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from edgeroute.core.answer import WHOLE, Answer, Frame
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.events import Answered, Event, Failed
from edgeroute.core.messages import File, Image, Message, ToolResult
from edgeroute.core.model_card import Place
from edgeroute.core.request import ChatRequest
from edgeroute.wire import capsule
from edgeroute.wire.errors import WireError
from edgeroute.wire.format import Envelope, StreamEncoder, Target
from edgeroute.wire.history import fitted
from edgeroute.wire.json_data import dump_piece, has_surrogates, load, load_piece, scrub
from edgeroute.wire.parts import payload_object

Object = dict[str, Any]


def passes(request: ChatRequest, target: Target, wire: str) -> bool:
    """Whether the caller's own body can go to ``target``, which speaks ``wire``."""
    if request.source is None or request.wire != wire or target.card.place is not Place.CLOUD:
        return False
    return target.own or all(_fits(message, target) for message in request.messages)


def _fits(message: Message, target: Target) -> bool:
    inner = [p for part in message.parts if isinstance(part, ToolResult) for p in part.parts]
    abilities = target.card.abilities
    return all(
        not (isinstance(part, Image) and "images" not in abilities)
        and not (isinstance(part, File) and "files" not in abilities)
        for part in (*message.parts, *inner)
    )


def start_of(request: ChatRequest, target: Target, *left_out: str) -> Object:
    """The caller's body for the target's model, without the fields ``left_out``."""
    source = request.source or {}
    body = {key: value for key, value in source.items() if key not in left_out}
    if "model" not in body:
        body = {"model": "", **body}
    body["model"] = target.card.wire_id
    if target.stream:
        body["stream"] = True
    else:
        body.pop("stream", None)
    return body


def thinks(target: Target) -> bool:
    """Whether the target takes a wish for thinking, as far as anybody knows."""
    return target.own or "reasoning" in target.card.abilities


def may_replay(sealed: str, target: Target) -> Object | bool:
    """What stands for a signature or encrypted thought that a caller hands back.

    True: it goes back as it is. False: it is another model's, so that its block is left out. An
    object: the block that was sealed for the caller.
    """
    kept = capsule.unseal(sealed)
    if kept is None:
        return target.answered_by in {"", target.card.origin}
    return payload_object(kept[1]) if kept[0] == target.card.origin else False


class Growing(NamedTuple):
    """A text that comes in pieces: the ``field`` of ``holder``, a part of an event.

    Pieces with one ``key`` follow each other; ``alone`` makes an event that holds only the next.
    Where ``calls``, it is what a tool is called with.
    """

    key: tuple[object, ...]
    holder: Object
    field: str
    alone: Callable[[str], Object]
    calls: bool = False


def as_it_came(_: str) -> Callable[[Object], list[Object]]:
    """Keeps nothing of another's thinking: the events pass."""
    return lambda event: [event]


def under_our_name(body: Object, envelope: Envelope) -> None:
    """Put our id and model into a whole answer."""
    body |= {"id": envelope.id, "model": envelope.model}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFormat:
    """How one wire format's events pass through our endpoint.

    ``patch`` puts our name and id into an event and says whether that changed it; None leaves the
    event out. ``ends`` tells the last event, ``end`` is what is sent where a provider left it out.
    ``join`` makes a whole answer of all events. ``fault`` is the event of an error and ``idle`` one
    that says nothing, with their place in the stream, which events tell in the field ``numbers``,
    if they do. ``growing`` finds the texts that come in pieces,
    and ``shuts`` tells the events that come after their last one. ``sealing`` keeps what the model
    of an origin has signed, for who changes the words: the caller gets it sealed. ``opening`` is
    the type of the first event, where a stream that is idle from its start has begun with it.
    """

    wire: str
    named: bool
    patch: Callable[[Object, Envelope], bool | None]
    ends: Callable[[Object | None], bool]
    end: bytes
    join: Callable[[list[Object]], Object]
    patch_whole: Callable[[Object, Envelope], None]
    fault: Callable[[EdgeRouteError, int, Envelope], list[bytes]]
    idle: Callable[[int, Envelope], list[bytes]]
    growing: Callable[[Object], list[Growing]]
    shuts: Callable[[Object], bool]
    sealing: Callable[[str], Callable[[Object], list[Object]]] = as_it_came
    opening: str = ""
    numbers: str = ""


class PassingEncoder:
    """Hands a provider's events on as they come; writes its own only where none come.

    Where events are numbered the numbers rise, whatever comes between a provider's own. The last
    one waits until the answer is recorded: a caller may hang up once it has read it.
    """

    def __init__(self, envelope: Envelope, inner: StreamEncoder, form: FrameFormat) -> None:
        self._envelope = envelope
        self._inner = inner
        self._form = form
        self._passing = False
        self._held: list[bytes] = []
        self._next = 0
        self._opened = False

    def feed(self, event: Event) -> list[bytes]:
        """The bytes of one event."""
        if isinstance(event, Frame):
            return self._frame(event) if event.wire == self._form.wire else []
        if not self._passing:
            return self._inner.feed(event)
        if isinstance(event, Answered):
            return self._held or [self._form.end]
        return self.error(event.error) if isinstance(event, Failed) else []

    def error(self, error: EdgeRouteError) -> list[bytes]:
        """The bytes that end the stream with an error."""
        if not self._passing:
            return self._inner.error(error)
        return self._form.fault(error, self._next, self._envelope)

    def idle(self) -> list[bytes]:
        """The bytes that say nothing."""
        if self._passing:
            self._next += 1
            return self._form.idle(self._next - 1, self._envelope)
        said = self._inner.idle()
        self._next += len(said)
        self._opened = True
        return said

    def _frame(self, frame: Frame) -> list[bytes]:
        if frame.name == WHOLE:
            return []
        self._passing = True
        data = _object(frame.data)
        if data is None:  # an end mark, or something that no client reads
            if self._form.ends(None) and frame.data.strip() == "[DONE]":
                self._held = [self._form.end]
            return []
        changed = self._form.patch(data, self._envelope)
        if changed is None or (self._opened and data.get("type") == self._form.opening != ""):
            return []
        changed = self._numbered(data) or changed
        text = dump_piece(data) if changed or "\n" in frame.data else frame.data.encode()
        name = str(data.get("type") or frame.name)
        head = f"event: {name}\n".encode() if self._form.named else b""
        written = head + b"data: " + text + b"\n\n"
        if self._form.ends(data):
            self._held = [written]
            return []
        return [written]

    def _numbered(self, event: Object) -> bool:
        """Whether the number of ``event`` had to be put up."""
        given = event.get(self._form.numbers)
        if not isinstance(given, int):
            return False
        number = max(given, self._next)
        event[self._form.numbers] = number
        self._next = number + 1
        return number != given


def whole(answer: Answer, envelope: Envelope, form: FrameFormat) -> Object | None:
    """The body of a whole answer as its provider gave it; None where it came another way."""
    frames = [frame for frame in answer.frames if frame.wire == form.wire]
    if not frames or not answer.complete:
        return None
    objects = [found for frame in frames if (found := _object(frame.data)) is not None]
    if not objects:
        return None
    body = objects[0] if frames[0].name == WHOLE else form.join(objects)
    if not body:
        return None
    form.patch_whole(body, envelope)
    halves = any(has_surrogates(frame.data) for frame in frames)
    return dict(scrub(body)) if halves else body


def encoded_by(
    rebuilt: Callable[[Answer, Envelope], Object], form: FrameFormat
) -> Callable[[Answer, Envelope], Object]:
    """Writes whole answers as they came, and with ``rebuilt`` those that came another way."""
    return lambda answer, envelope: whole(answer, envelope, form) or rebuilt(answer, envelope)


def _object(text: str) -> Object | None:
    if not text.startswith("{"):  # an end mark mostly
        text = text.strip()
        if not text.startswith("{"):
            return None
    try:
        return dict(load_piece(text))
    except WireError:
        return None


def has_key(value: object, key: str) -> bool:
    """Whether ``key`` stands anywhere in a JSON value."""
    if isinstance(value, Mapping):
        return key in value or any(has_key(item, key) for item in value.values())
    return isinstance(value, list) and any(has_key(item, key) for item in value)


def parsed(text: str) -> Any:
    """The JSON value in ``text``; an empty object where it is none."""
    try:
        return load(text)
    except WireError:
        return {}


def by_index(items: Iterable[tuple[int, Any]]) -> list[Any]:
    """The values in the order of their numbers."""
    return [item for _, item in sorted(items, key=lambda pair: pair[0])]


def request_by(
    rebuilt: Callable[[ChatRequest, Target], Object],
    same: Callable[[ChatRequest, Target], Object],
    wire: str,
) -> Callable[[ChatRequest, Target], Object]:
    """Writes requests of callers of ``wire`` with ``same``, and all others with ``rebuilt``, which
    gets a conversation that the target takes.
    """
    return lambda request, target: (
        same(request, target)
        if passes(request, target, wire)
        else rebuilt(fitted(request, target), target)
    )


def encoder_by(
    inner: Callable[[Envelope], StreamEncoder], form: FrameFormat
) -> Callable[[Envelope], StreamEncoder]:
    """Hands on events of ``form``, and writes with ``inner`` what comes another way."""
    return lambda envelope: PassingEncoder(envelope, inner(envelope), form)
