"""Everything in a request that would leave, cut into passages that a detector can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Unreadable,
)
from edgeroute.core.request import ChatRequest
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.json_texts import (
    OBJECTS,
    KeyValues,
    argument_texts,
    body_parts,
    nested,
    parse,
    texts,
)
from edgeroute.privacy.inspecting.media import (
    Uncleared,
    decoded,
    is_medium,
    is_sealed,
    without_cleared,
)
from edgeroute.privacy.inspecting.named_paths import CallLabels
from edgeroute.wire import capsule
from edgeroute.word_lists import word_set

ANYWHERE: Final = "outgoing"  # the origin of a text that is read from the bytes themselves
WINDOW: Final = 160  # characters to either side of the border between two user texts
_NEAR: Final = 40
_GLUED: Final = 24  # characters before it that are also read without any gap, with the next word


class Passage(NamedTuple):
    """One text. ``where`` names its place, ``origin`` who wrote it (see Policy.private_origin).

    A ``joined`` passage holds the ends of texts that are read on their own too. Where ``near`` is
    not empty, a finding counts only if it touches one of these ranges ``[start, end)``.
    """

    where: str
    origin: str
    text: str
    joined: bool = False
    near: tuple[tuple[int, int], ...] = ()


class Attachment(NamedTuple):
    """A picture or a file, by its bytes."""

    where: str
    origin: str
    kind: Literal["image", "file"]
    media_type: str
    data: bytes


@dataclass(slots=True)
class Contents:
    """What a request holds. ``closed`` are sentences about parts that cannot be read at all;
    ``sealed`` are data that only the provider who wrote them can read.
    """

    passages: list[Passage] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    sealed: list[bytes] = field(default_factory=list)

    def take(self, more: Contents) -> None:
        """Take in what was found elsewhere."""
        self.passages += more.passages
        self.attachments += more.attachments
        self.closed += more.closed
        self.sealed += more.sealed


def contents(request: ChatRequest, folders: Folders | None = None) -> Contents:
    """Every string of ``request`` but ``conversation``, which never leaves.

    The origin of what comes from a folder that the user labelled ends with the label:
    ``tool:read_file private``.

    Raises:
        ValueError: a schema or an argument is nested too deeply.
    """
    found = Contents()
    for part in body_parts(request.source or {}):
        found.take(source_contents(part))
    for own in message_contents(request.messages, folders or Folders({})):
        found.take(own)
    found.take(settings_contents(request))
    return found


def source_contents(part: KeyValues) -> Contents:
    """A part of the caller's own body, read once more as the gate will: nothing in it goes unread,
    and what was read in its place counts as read. What is no text is judged in its place alone.
    """
    found = Contents()
    body = without_cleared(unsealed(part, found, ""), lambda _: True)
    found.passages += [
        Passage("request", ANYWHERE, text, joined=True) for text in texts(body) if text.strip()
    ]
    return found


def message_contents(
    messages: Sequence[Message], folders: Folders, after: int = 0
) -> Iterator[Contents]:
    """What each message holds, without the first ``after``; with a user's text goes the border
    between it and the one before.
    """
    reader = _PassageReader(CallLabels(folders, messages))
    for number, message in enumerate(messages):
        if number < after:
            reader.pass_over(message)
        else:
            yield reader.message(f"messages[{number}]", message)


def settings_contents(request: ChatRequest) -> Contents:
    """What stands beside the messages of ``request``."""
    reader = _PassageReader(CallLabels(Folders({}), ()))
    for number, tool in enumerate(request.tools):
        shape = {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        }
        reader.value(f"tools[{number}]", "system", shape)
    if request.response_format is not None:
        schema = {"name": request.response_format_name, "schema": request.response_format}
        reader.value("response_format", "system", schema)
    reader.value("extra", "user", request.extra)
    reader.value("headers", "user", request.headers)
    # A name beside other words makes them look like a record of somebody.
    reader.value("settings", "user", {"model": request.model} if request.model else {})
    # Who asks is never sent. Of a person with a token of their own that name is known here, and
    # would hold each of their prompts.
    if request.user and request.user != request.client_name:
        reader.value("settings", "user", {"user": request.user})
    settings = {
        "tool_choice": request.tool_choice,
        "stop": request.sampling.stop,
        "reasoning_effort": request.reasoning_effort,
        "wire": request.wire,
        "task": request.task,
    }
    reader.value("settings", "user", {key: value for key, value in settings.items() if value})
    return reader.found


def unsealed(value: object, found: Contents, key: str = "signature") -> object:
    """A JSON value without signatures and encrypted thoughts, which only their provider can read;
    they are added to ``found``. What our endpoint has sealed for its caller is opened; what only
    looks like it cannot be read.

    ``key`` is what ``value`` stands under: only some fields hold such things.
    """
    if isinstance(value, OBJECTS):
        pairs = value if isinstance(value, KeyValues) else value.items()
        return KeyValues((str(name), unsealed(item, found, str(name))) for name, item in pairs)
    if isinstance(value, list | tuple):
        return [unsealed(item, found, key) for item in value]
    if not isinstance(value, str) or key not in word_set("json_fields.sealed_keys"):
        return value
    kept = capsule.unseal(value)
    if kept is not None:
        return unsealed(nested(kept[1]), found)
    if capsule.looks_sealed(value):
        found.closed.append("It holds encoded data that cannot be read.")
        return ""
    return "" if _took(value, found.sealed) else value


def _took(text: str, sealed: list[bytes]) -> bool:
    """Whether ``text`` is encoded data, which is added to ``sealed`` then."""
    if not is_sealed(text, 64):
        return False
    sealed += [data for data in (text.encode(), decoded(text)) if data]
    return True


class _PassageReader:
    """Collects what is ``found`` in one message after the other."""

    def __init__(self, labels: CallLabels) -> None:
        self.found = Contents()
        self._labels = labels
        self._tools: dict[str, str] = {}
        self._borders = Borders()

    def message(self, where: str, message: Message) -> Contents:
        """What ``message`` holds."""
        self.found = Contents()
        calls = [{"id": call.id, "name": call.name} for call in message.tool_calls]
        if calls or message.name:
            self.value(where, message.role, {"name": message.name, "tool_calls": calls})
        for part in message.parts:
            self._part(where, message.role, part)
        return self.found

    def pass_over(self, message: Message) -> None:
        """Note of ``message`` what later ones are read by."""
        for part in message.parts:
            if isinstance(part, ToolCall):
                self._called(part)
            elif isinstance(part, Text) and message.role == "user" and part.text:
                self._borders.after(part.text)

    def value(self, where: str, origin: str, value: Mapping[str, object]) -> None:
        for text in texts(value):
            self._text(where, origin, text)

    def _part(self, where: str, origin: str, part: Part) -> None:
        if isinstance(part, Text):
            self._text(where, origin, part.text)
            inner = nested(part.text)
            for text in texts(inner, all_numbers=True) if inner is not None else ():
                self._text(where, origin, text)
            if origin == "user" and part.text:
                self.found.passages += self._borders.between(where, part.text)
                self._borders.after(part.text)
        elif isinstance(part, ToolCall):
            self._called(part)
            for text in argument_texts(part.arguments):
                self._text(where, origin, text)
        elif isinstance(part, ToolResult):
            self._result(where, part)
        elif isinstance(part, Reasoning):
            self._reasoning(where, part)
        else:
            self._medium(where, origin, part)

    def _called(self, call: ToolCall) -> None:
        self._tools[call.id] = call.name
        self._labels.see(call)

    def _result(self, where: str, result: ToolResult) -> None:
        name = result.name or self._tools.get(result.call_id, "")
        self.value(where, "tool", {"name": result.name, "tool_call_id": result.call_id})
        if not name:
            self.found.closed.append("It holds a tool's result, and it is not known which tool's.")
        for part in result.parts:
            self._part(where, f"tool:{name}{self._labels.ending(result.call_id)}", part)

    def _reasoning(self, where: str, part: Reasoning) -> None:
        self._text(where, "assistant", part.text)
        self.value(where, "assistant", {"name": part.origin})
        if not part.payload:
            return
        payload = nested(part.payload)
        if payload is None:
            self._text(where, "assistant", part.payload)
            return
        for text in texts(unsealed(payload, self.found)):
            self._text(where, "assistant", text)

    def _unknown(self, where: str, origin: str, part: Unreadable) -> None:
        """A part of a type that nobody knows here: its texts, if it holds nothing else."""
        try:
            payload = unsealed(parse(part.payload), self.found, "")
            plain = without_cleared({"type": part.kind, "part": payload}, lambda _: False)
        except (ValueError, Uncleared):
            plain = None
        if plain is None or is_medium(part.kind):
            kind = _short(part.kind)
            self.found.closed.append(f"It holds a part ({kind}) that cannot be read.")
            return
        for text in texts(plain, all_numbers=True):
            self._text(where, origin, text)

    def _medium(self, where: str, origin: str, part: Image | File | Unreadable) -> None:
        if isinstance(part, Unreadable):
            self._unknown(where, origin, part)
            return
        if isinstance(part, Image):
            self.value(where, origin, {"media_type": part.media_type, "detail": part.detail})
            if part.url or not part.data:
                self.found.closed.append("It names a picture that cannot be read from here.")
                return
            kind: Literal["image", "file"] = "image"
        else:
            self.value(where, origin, {"filename": part.name, "media_type": part.media_type})
            kind = "image" if part.media_type.startswith("image/") else "file"
        origin = f"{origin} {part.folder}" if part.folder else origin
        attachment = Attachment(where, origin, kind, part.media_type, part.data)
        self.found.attachments.append(attachment)

    def _text(self, where: str, origin: str, text: str) -> None:
        if is_sealed(text):
            self.found.closed.append("It holds encoded data that cannot be read.")
        elif text.strip():
            self.found.passages.append(Passage(where, origin, text))


class Borders:
    """The ends of neighbouring user texts, joined: what was split over turns is read as one.

    The text before a border may consist of several short turns. It is read with a gap, and once
    more without any, for values that were cut in the middle.
    """

    def __init__(self) -> None:
        self._before: str | None = None

    def between(self, where: str, text: str) -> Iterator[Passage]:
        """The border between what came before and ``text``, if there is one."""
        before = self._before
        if before is not None and text.strip():
            tail, head = _tail(before), _head(text)
            cut = len(before) > WINDOW or len(text) > WINDOW
            glued = "".join(tail[-_GLUED:].split()) + head.split(maxsplit=1)[0][:_GLUED]
            joined = f"{tail} {head}\n{glued}"
            edge, second = len(tail), len(tail) + 1 + len(head)
            near = ((edge - _NEAR, edge + _NEAR), (second, len(joined))) if cut else ()
            yield Passage(where, "user", joined, joined=True, near=near)

    def after(self, text: str) -> None:
        """What comes next comes after ``text``."""
        self._before = f"{(self._before or '')[-WINDOW:]} {text[-WINDOW - 1 :]}".strip()


def _tail(text: str) -> str:
    """The end of ``text``, without a cut word."""
    if len(text) <= WINDOW:
        return text
    end = text[-WINDOW:]
    return end[end.find(" ") + 1 :] if " " in end else end


def _head(text: str) -> str:
    """The start of ``text``, without a cut word."""
    if len(text) <= WINDOW:
        return text
    start = text[:WINDOW]
    return start[: start.rfind(" ")] if " " in start else start


def _short(kind: str) -> str:
    """A part's type as a few plain letters: it comes from outside."""
    return "".join(sign for sign in kind[:24] if sign.isalnum() or sign in "_-") or "unknown"
