"""A client's settings file: what connecting changes in it, and the way back."""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from edgeroute.cli.connect import jsonc
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.private_file import write_private

_BOM: Final = "\ufeff"


class Leaf(msgspec.Struct, frozen=True):
    """One value of ours in the file: where it is, and what was there (``had``) before it."""

    path: list[str]
    ours: Any
    had: bool
    old: Any


class Record(msgspec.Struct, frozen=True):
    """The way back: the file as it was (base64; None where there was none), and what is ours.

    ``folders`` are those that were made for it, the outermost last.
    """

    file: str
    before: str | None
    mode: int
    after: str
    leaves: list[Leaf]
    folders: list[str] = []

    @property
    def original(self) -> bytes | None:
        """The file as it was."""
        return None if self.before is None else base64.b64decode(self.before)

    def without_ours(self, now: bytes | None) -> bytes | None:
        """The file without our keys, given what it holds ``now``; None where none should be.

        Raises:
            EdgeRouteError: it was edited since, and is not valid.
        """
        file = Path(self.file)
        if now is None or _digest(now) == self.after:
            return None if now is None else self.original
        text = _Text(now, file)
        try:
            for leaf in reversed(self.leaves):
                text.take_out(leaf)
            empty = not text.body.strip() or (text.value == {} and len(text.body.strip()) == 2)
        except ValueError as error:
            raise _invalid(file, error) from error
        return None if empty and self.before is None else text.encoded()


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after; ``original`` is what it holds without any key of ours."""

    file: Path
    before: bytes | None
    original: bytes | None
    after: bytes
    mode: int


def planned(file: Path, merge: Mapping[str, Any], record: Path) -> Change:
    """What putting ``merge`` into ``file`` would make of it, in place of what we put there before.

    Raises:
        EdgeRouteError: the file is not valid, cannot be read or changed, or the client is connected
            through another file.
    """
    file = file.resolve()
    before = original = _bytes(file)
    mode = file.stat().st_mode & 0o777 if before is not None else 0o600
    if record.exists():
        earlier = _read(record)
        if earlier.file != str(file):
            raise EdgeRouteError(
                f"It is connected through {earlier.file}.", "Undo that first, with --undo."
            )
        original, mode = earlier.without_ours(before), earlier.mode
    text = _Text(original or b"", file)
    try:
        wanted = _merged(text.value, merge)
        for path, value in _leaves(merge):
            text.set(path, value)
        safe = text.value == wanted
    except ValueError as error:
        raise _invalid(file, error) from error
    if not safe:
        raise EdgeRouteError(
            f"{file} has a form that cannot be changed safely.", "Start the client with --run."
        )
    return Change(file, before, original, text.encoded(), mode)


def keep(change: Change, merge: Mapping[str, Any], record: Path) -> None:
    """Write the change for its owner alone, and before it the way back into ``record``.

    Raises:
        OSError: it cannot be written; nothing is changed then.
    """
    value = _Text(change.original or b"", change.file).value
    original = change.original
    folders = [str(one) for one in change.file.parents if not one.exists()]
    if record.exists():
        folders = folders or _read(record).folders
    told = Record(
        str(change.file),
        None if original is None else base64.b64encode(original).decode(),
        change.mode,
        _digest(change.after),
        [Leaf(path, ours, *_had(value, path)) for path, ours in _leaves(merge)],
        folders,
    )
    write_private(record, msgspec.json.encode(told))
    write_private(change.file, change.after)


def edited(record: Path) -> bool:
    """Whether the file was edited after it was connected."""
    told = _read(record)
    return _digest(_bytes(Path(told.file)) or b"") != told.after


def undo(record: Path) -> Path:
    """Put the file back as it was, with the folders that were made for it gone; take only our own
    keys out of one that was edited since.

    Raises:
        EdgeRouteError: the edited file is not valid.
    """
    told = _read(record)
    file = Path(told.file)
    left = told.without_ours(_bytes(file))
    if left is None:
        file.unlink(missing_ok=True)
        with suppress(OSError):  # the client has put something there
            for folder in told.folders:
                Path(folder).rmdir()
    else:
        write_private(file, left)
        file.chmod(told.mode)
    record.unlink()
    return file


class _Text:
    """A settings file's text. Mark and line ends are put aside, and back when it is encoded."""

    def __init__(self, data: bytes, file: Path) -> None:
        self.toml = file.suffix == ".toml"
        try:
            text = data.decode("utf-8")
            self.mark = _BOM if text.startswith(_BOM) else ""
            self.body = text.removeprefix(_BOM)
            returns = self.body.count("\r\n")
            self.line_end = "\r\n" if returns and returns == self.body.count("\n") else "\n"
            self.body = self.body.replace(self.line_end, "\n")
            _ = self.value
        except ValueError as error:
            raise _invalid(file, error) from error

    @property
    def value(self) -> Any:
        """What the text says.

        Raises:
            ValueError: it is not valid.
        """
        return tomllib.loads(self.body) if self.toml else jsonc.parse(self.body).value

    def encoded(self) -> bytes:
        """The bytes of the file."""
        return (self.mark + self.body.replace("\n", self.line_end)).encode()

    def set(self, path: list[str], value: Any) -> None:
        """Put ``value`` at ``path``; the items of a list in JSON join a list that is there.

        Raises:
            ValueError: the text has no place for it.
        """
        if not self.toml:
            self.body = jsonc.change(self.body, path, value)
            return
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            table: Any = tomlkit.parse(self.body)
            document = table
            for name in path[:-1]:
                table = table.setdefault(name, tomlkit.table(is_super_table=True))
            table[path[-1]] = value
        except (TOMLKitError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from error
        self.body = tomlkit.dumps(document)

    def take_out(self, leaf: Leaf) -> None:
        """Make what is ours at ``leaf`` what it was; what others wrote there since stays."""
        path, ours = leaf.path, leaf.ours
        now, value = _had(self.value, path)
        if not self.toml and isinstance(ours, list) and isinstance(value, list):
            for item in (one for one in ours if one in value and one not in (leaf.old or [])):
                self.body = jsonc.remove(self.body, [*path, _had(self.value, path)[1].index(item)])
            if not leaf.had and not _had(self.value, path)[1]:
                self._remove(path)
        elif now and value == ours and leaf.had:
            self.set(path, leaf.old)
        elif now and value == ours:
            self._remove(path)

    def _remove(self, path: list[str]) -> None:
        """Take away what is at ``path``, and the tables that are empty then."""
        if not self.toml:
            self.body = jsonc.remove(self.body, path)
        else:
            import tomlkit

            table: Any = tomlkit.parse(self.body)
            document = table
            for name in path[:-1]:
                table = table[name]
            del table[path[-1]]
            self.body = tomlkit.dumps(document)
        if path[:-1] and _had(self.value, path[:-1])[1] == {}:
            self._remove(path[:-1])


def _merged(value: Any, merge: Mapping[str, Any]) -> dict[str, Any]:
    """``value`` with ``merge`` in it, as it is meant."""
    made = dict(value) if isinstance(value, dict) else {}
    for name, new in merge.items():
        old = made.get(name)
        if isinstance(new, Mapping):
            made[name] = _merged(old, new)
        elif isinstance(new, list) and isinstance(old, list) and new != old:
            made[name] = old + [item for item in new if item not in old]
        else:
            made[name] = new
    return made


def _leaves(
    merge: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[list[str], Any]]:
    for name, value in merge.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, name))
        else:
            yield [*path, name], value


def _had(value: Any, path: list[str]) -> tuple[bool, Any]:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False, None
        value = value[name]
    return True, value


def _read(record: Path) -> Record:
    try:
        return msgspec.json.decode(record.read_bytes(), type=Record)
    except msgspec.DecodeError as error:
        raise EdgeRouteError(
            f"{record} cannot be read ({error}).",
            "Take EdgeRoute's keys out of the client's settings by hand, then delete that file.",
        ) from error


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EdgeRouteError(
            f"{file} cannot be read ({error.strerror}).", "Check its permissions."
        ) from error


def _invalid(file: Path, error: ValueError) -> EdgeRouteError:
    kind = "TOML" if file.suffix == ".toml" else "JSON"
    return EdgeRouteError(
        f"{file} is not valid {kind}: {error}.", "Mend it, then try again; nothing was changed."
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
