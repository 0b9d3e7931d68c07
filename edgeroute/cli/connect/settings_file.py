"""A client's settings file: what connecting changes in it, and the way back."""

from __future__ import annotations

import base64
import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeroute.cli.connect import jsonc
from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.private_file import write_private


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after; ``before`` is None where there was none."""

    file: Path
    before: bytes | None
    after: bytes


def planned(file: Path, merge: Mapping[str, Any]) -> Change:
    """What putting ``merge`` into ``file`` would make of it.

    Raises:
        EdgeRouteError: the file is not valid, or cannot be read.
    """
    before = _bytes(file)
    text = _decoded(before or b"", file)
    try:
        for path, value in leaves(merge):
            text = _set(text, file, path, value)
        _value(text, file)
    except ValueError as error:
        raise _invalid(file, error) from error
    return Change(file, before, text.encode())


def keep(change: Change, merge: Mapping[str, Any], record: Path) -> None:
    """Write the change, and before it the way back into ``record``.

    A connection that is made anew keeps the oldest way back where nothing else was edited since.

    Raises:
        OSError: it cannot be written; nothing is changed then.
    """
    file = change.file.resolve()
    original = change.before
    if record.exists():
        earlier = json.loads(record.read_text("utf-8"))
        if earlier["file"] == str(file) and earlier["after"] == _digest(change.before or b""):
            saved = earlier["before"]
            original = None if saved is None else base64.b64decode(saved)
    before = _value(_decoded(original or b"", file), file)
    told = {
        "file": str(file),
        "before": None if original is None else base64.b64encode(original).decode(),
        "mode": file.stat().st_mode & 0o777 if file.exists() else 0o600,
        "after": _digest(change.after),
        "leaves": [[path, value, *_had(before, path)] for path, value in leaves(merge)],
    }
    write_private(record, json.dumps(told).encode())
    write_private(file, change.after)


def edited(record: Path) -> bool:
    """Whether the file was edited after it was connected."""
    told = json.loads(record.read_text("utf-8"))
    return bool(_digest(_bytes(Path(told["file"])) or b"") != told["after"])


def undo(record: Path) -> Path:
    """Put the file back as it was; take only our own keys out of one that was edited since.

    Raises:
        EdgeRouteError: the edited file is not valid.
    """
    told = json.loads(record.read_text("utf-8"))
    file = Path(told["file"])
    if not edited(record):
        if told["before"] is None:
            file.unlink(missing_ok=True)
        else:
            write_private(file, base64.b64decode(told["before"]))
            file.chmod(told["mode"])
    elif file.exists():
        text = _decoded(_bytes(file) or b"", file)
        try:
            for path, ours, had, old in reversed(told["leaves"]):
                text = _taken_out(text, file, path, ours, had=had, old=old)
        except ValueError as error:
            raise _invalid(file, error) from error
        write_private(file, text.encode())
        file.chmod(told["mode"])
    record.unlink()
    return file


def leaves(merge: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[list[str], Any]]:
    """Every value in ``merge`` that is no table, with its path."""
    for name, value in merge.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, name))
        else:
            yield [*path, name], value


def _taken_out(text: str, file: Path, path: list[str], ours: Any, *, had: bool, old: Any) -> str:
    now, value = _had(_value(text, file), path)
    if isinstance(ours, list) and isinstance(value, list) and file.suffix != ".toml":
        for item in (one for one in ours if one in value and one not in (old or [])):
            text = jsonc.remove(text, [*path, _value_at(text, path).index(item)])
        return text if had or _value_at(text, path) else jsonc.remove(text, path)
    if not now or value != ours:
        return text
    if had:
        return _set(text, file, path, old)
    return _removed(text, file, path)


def _removed(text: str, file: Path, path: list[str]) -> str:
    """``text`` without what is at ``path``, and without the tables that are empty then."""
    if file.suffix != ".toml":
        text = jsonc.remove(text, path)
    else:
        import tomlkit

        document: Any = tomlkit.parse(text)
        table = document
        for name in path[:-1]:
            table = table[name]
        del table[path[-1]]
        text = tomlkit.dumps(document)
    empty = path[:-1] and _had(_value(text, file), path[:-1])[1] == {}
    return _removed(text, file, path[:-1]) if empty else text


def _value_at(text: str, path: list[str]) -> list[Any]:
    found: list[Any] = _had(jsonc.parse(text).value, path)[1]
    return found


def _had(value: Any, path: list[str]) -> tuple[bool, Any]:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False, None
        value = value[name]
    return True, value


def _set(text: str, file: Path, path: list[str], value: Any) -> str:
    if file.suffix != ".toml":
        return jsonc.change(text, path, value)
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document: Any = tomlkit.parse(text)
        table = document
        for name in path[:-1]:
            table = table.setdefault(name, tomlkit.table(is_super_table=True))
        table[path[-1]] = value
    except (TOMLKitError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error
    return tomlkit.dumps(document)


def _value(text: str, file: Path) -> Any:
    return tomllib.loads(text) if file.suffix == ".toml" else jsonc.parse(text).value


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EdgeRouteError(
            f"{file} cannot be read ({error.strerror}).", "Check its permissions."
        ) from error


def _decoded(data: bytes, file: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid(file, error) from error


def _invalid(file: Path, error: ValueError) -> EdgeRouteError:
    kind = "TOML" if file.suffix == ".toml" else "JSON"
    return EdgeRouteError(
        f"{file} is not valid {kind}: {error}.", "Mend it, then try again; nothing was changed."
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
