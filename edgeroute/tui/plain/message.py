"""The next message in plain mode: its model, its files, what is personal in it, its lines."""

from __future__ import annotations

from collections.abc import Callable

from edgeroute.core.attached_file import read_attachment, typed_path
from edgeroute.core.display import safe_line
from edgeroute.core.messages import File, Image
from edgeroute.core.pictures import allowed_as
from edgeroute.core.verdict import outermost
from edgeroute.core.words import size
from edgeroute.tui.chat.kept_pictures import kept_pictures
from edgeroute.tui.plain.commands import PlainCommand
from edgeroute.tui.plain.context import PlainContext
from edgeroute.tui.words import MODEL_ALIASES, type_words

_END = "."


class PlainMessage:
    """What goes with the next message. ``send`` sends a text."""

    def __init__(self, talk: PlainContext, take: Callable[[str], None]) -> None:
        self._talk = talk
        self._take = take
        self._found: list[tuple[str, str]] = []

    def commands(self) -> list[PlainCommand]:
        """What can be done with it."""
        return [
            PlainCommand(
                "/paste", "", "a message of many lines; a line with only a full stop ends it",
                lambda _: self.paste(),
            ),
            PlainCommand("/attach", "[PATH]", "attach a file, or say what is", self.attach),
            PlainCommand("/detach", "[NAME]", "take the last file off, or that one", self.detach),
            PlainCommand("/model", "[NAME]", "the model for the next message, or all", self.model),
            PlainCommand(
                "/found", "[TEXT]", "what is personal in a text, and which attached pictures stay,"
                " numbered", self.found,
            ),
            PlainCommand(
                "/allow", "NUMBER", "never count that one as personal again, or let a picture go",
                self.allow,
            ),
        ]  # fmt: skip

    def paste(self) -> None:
        """Read lines up to the end and take them as one message."""
        self._talk.write("Paste: write your lines; a line with only a full stop sends them.")
        lines = []
        while (line := self._talk.read("")) != _END:
            lines.append(line)
        self._take("\n".join(lines))

    def attach(self, path: str) -> None:
        """Attach the file at ``path``, or say what is attached."""
        talk = self._talk
        if path:
            try:
                file = typed_path(path)
                part = read_attachment(file, talk.runtime.admin.own.label(file))
            except (OSError, ValueError) as error:
                talk.error(
                    f"{path}: {error.strerror}." if isinstance(error, OSError) else str(error)
                )
                return
            talk.state = talk.state.changed(attachments=(*talk.state.attachments, part))
            talk.write(f"Note: {talk.runtime.admin.attachments}")
        for attached in talk.state.attachments:
            talk.write(f"Attached: {_name(attached)}, {size(len(attached.data))}")
        if not talk.state.attachments:
            talk.write("Attached: nothing.")

    def detach(self, name: str) -> None:
        """Take the last file off, or the one of that name."""
        talk = self._talk
        parts = talk.state.attachments
        found = next((part for part in reversed(parts) if name in {"", _name(part)}), None)
        if found is None:
            talk.error("nothing like that is attached." if name else "nothing is attached.")
            return
        left = tuple(part for part in parts if part is not found)
        talk.state = talk.state.changed(attachments=left)
        talk.write(f"Detached: {_name(found)}.")

    def model(self, name: str) -> None:
        """The model for the next message; without a name, all of them."""
        talk = self._talk
        catalog = talk.runtime.catalog
        known_names = (*MODEL_ALIASES, *catalog.cards)
        if name in known_names or (name and catalog.families.read(name) is not None):
            talk.state = talk.state.changed(model=name)
            talk.write(f"Model: {safe_line(name)} for the next message.")
            return
        if name:
            talk.error(f"there is no model {safe_line(name)}.")
        for known in known_names:
            talk.write(f"Model: {safe_line(known)}")

    async def found(self, text: str) -> None:
        """What is personal in ``text``, and which attached pictures stay; nothing is sent."""
        talk = self._talk
        scan = await talk.runtime.inspector.scan(text, full=True)
        values = [(text[one.start : one.end], one) for one in outermost(scan.findings)]
        told = [f"{type_words(one.type)}: {safe_line(value, 80)}" for value, one in values]
        kept = await kept_pictures(talk.runtime, talk.state.attachments)
        told += [f"picture, {one.named}: {one.reason}" for one in kept]
        allowed = [value for value, _ in values]
        allowed += [allowed_as(one.picture.data) for one in kept]
        shown = [safe_line(value, 80) for value, _ in values]
        shown += [f"the picture ({one.named})" for one in kept]
        self._found = list(zip(allowed, shown, strict=True))
        for number, line in enumerate(told, 1):
            talk.write(f"Found {number}: {line}")
        if not self._found:
            self._talk.write("Found: nothing personal.")

    def allow(self, number: str) -> None:
        """Never count it as personal again, after a yes."""
        places = [str(at) for at in range(len(self._found))]
        at = self._talk.numbered(number, places, "/found numbers what is personal.")
        if not at:
            return
        value, shown = self._found[int(at)]
        if self._talk.sure(f"Let {shown} leave this machine from now on?"):
            self._talk.runtime.lists.allow(value)
            self._talk.write("Allowed: it no longer counts as personal. A keyed hash is kept.")


def _name(part: File | Image) -> str:
    return safe_line(part.name, 80) if isinstance(part, File) else "image"
