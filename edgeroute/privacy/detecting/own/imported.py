"""What the user imported, kept as keyed hashes in ``private-entries.json``.

The file says when something was imported and how much of which kind, never what or from where.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

import msgspec

from edgeroute.core.errors import SettingsError, StoreError
from edgeroute.core.verdict import Finding
from edgeroute.privacy.detecting.kept_file import KeptFile
from edgeroute.privacy.detecting.own.entries import ENTITIES, Kind, Taken, taken
from edgeroute.privacy.detecting.own.hashes import Hashes, Index, Search
from edgeroute.privacy.detecting.own.sources import Imports

FILE: Final = "private-entries.json"
SOURCE: Final = "your imported list"
MOST_FORMS: Final = 1_000_000


class _Group(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The hashes of one kind: of whole forms (8 bytes each), of parts (3 bytes each)."""

    entries: int
    whole: bytes
    parts: bytes
    phrases: tuple[int, ...] = ()
    codes: tuple[int, ...] = ()


class _Import(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What came from one source; ``source`` is a keyed hash of its name."""

    source: str
    at: datetime
    groups: dict[Kind, _Group]


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What lies on disk. ``key`` is a hash by which the key is known again."""

    key: str = ""
    imports: tuple[_Import, ...] = ()


class Listed(NamedTuple):
    """One import as it is shown."""

    at: datetime
    counts: Mapping[str, int]


class Imported:
    """The user's imported entries in the file of ``folder``.

    ``key`` (32 random bytes, kept in the encrypted database) keys every hash. With another key
    nothing could be found, so that is an error, and whoever asked keeps the text here. A change of
    the file by another process is seen at the next look.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._file = KeptFile(folder / FILE, "Your imported entries")
        self._key = key
        self._hashes = Hashes(key)
        self._lock = Lock()  # texts are read in a thread of their own
        self._content = _File()
        self._search: Search | None = None
        self._digest = ""

    @property
    def version(self) -> str:
        """Changes whenever the entries do.

        Raises:
            SettingsError: the file was damaged.
            StoreError: it cannot be read, or was made with another key.
        """
        self._refresh()
        return self._digest

    def __len__(self) -> int:
        """How many entries there are."""
        return sum(sum(one.counts.values()) for one in self.listed())

    def listed(self) -> list[Listed]:
        """Every import, the oldest first."""
        self._refresh()
        return [
            Listed(one.at, {kind: group.entries for kind, group in one.groups.items()})
            for one in self._content.imports
        ]

    def keep(self, source: str, content: Taken, at: datetime) -> None:
        """Keep the forms of ``content``; an earlier import from ``source`` is replaced.

        Raises:
            SettingsError: too much at once.
            StoreError: the file cannot be written.
        """
        if sum(len(forms) for forms in content.forms.values()) > MOST_FORMS:
            raise SettingsError("These are too many entries.", hint="Import fewer, or in parts.")
        self._refresh()
        groups = {kind: self._group(kind, content) for kind in content.forms}
        name = self._name(source)
        others = [one for one in self._content.imports if one.source != name]
        self._save((*others, _Import(name, at, groups)))

    def forget(self, *, kind: str = "", source: str = "") -> int:
        """Take off what is of ``kind``, came from ``source``, or both; how many entries that were.

        Raises:
            StoreError: the file cannot be written.
        """
        before = len(self)
        name = self._name(source) if source else ""
        left: list[_Import] = []
        for one in self._content.imports:
            if name and one.source != name:
                left.append(one)
                continue
            groups = {k: group for k, group in one.groups.items() if kind and k != kind}
            if groups:
                left.append(msgspec.structs.replace(one, groups=groups))
        self._save(tuple(left))
        return before - len(self)

    def find(self, text: str) -> Iterator[Finding]:
        """Where ``text`` holds an entry, in any of its readings.

        Raises:
            Unread: it holds data that cannot be read, or more coded parts than are read.
            SettingsError, StoreError: as for ``version``.
        """
        self._refresh()
        if self._search is not None:
            yield from found_by(self._search, text)

    def search_for(self, content: Taken) -> Search:
        """A search for ``content`` alone, which is not kept."""
        index = Index()
        for kind, forms in content.forms.items():
            for form in forms:
                self._hashes.add(index, form, kind)
        return Search(self._hashes, index)

    def _group(self, kind: Kind, content: Taken) -> _Group:
        index = Index()
        for form in content.forms[kind]:
            self._hashes.add(index, form, kind)
        return _Group(
            content.counts[kind],
            b"".join(sorted(index.whole)),
            b"".join(sorted(index.parts)),
            tuple(sorted(index.phrases)),
            tuple(sorted(index.codes)),
        )

    def _name(self, source: str) -> str:
        return self._mac(f"source {source}")

    def _mac(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()[:32]

    def _refresh(self) -> None:
        """Read the file if it is not the one that was read last."""
        with self._lock:
            self._read()

    def _read(self) -> None:
        if not self._file.changed():
            return
        try:
            data = self._file.path.read_bytes() if self._file.exists else b"{}"
            content = msgspec.json.decode(data, type=_File)
            self._check_key(content)
            self._use(content)
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            self._file.forget()
            hint = "Delete it and import again."
            raise SettingsError("is damaged.", file=str(self._file.path), hint=hint) from error
        except StoreError:
            self._file.forget()
            raise

    def _check_key(self, content: _File) -> None:
        if content.imports and content.key != self._mac("key"):
            message = "The key of your imported entries is not here any more."
            raise StoreError(message, f"Delete {self._file.path} and import them again.")

    def _use(self, content: _File) -> None:
        index = Index()
        for one in content.imports:
            for kind, group in one.groups.items():
                index.whole.update(dict.fromkeys(_cut(group.whole, 8), kind))
                index.parts.update(_cut(group.parts, 3))
                index.phrases.update(group.phrases)
                index.codes.update(group.codes)
        self._search = Search(self._hashes, index) if index.whole else None
        self._content = content
        self._digest = hashlib.sha256(msgspec.json.encode(content)).hexdigest()

    def _save(self, imports: tuple[_Import, ...]) -> None:
        content = _File(self._mac("key"), imports)
        with self._lock:
            self._file.write(msgspec.json.encode(content))
            self._use(content)


def found_by(search: Search, text: str) -> Iterator[Finding]:
    """What ``search`` finds in ``text``, in any of its readings, each place once."""
    from edgeroute.privacy.detecting.text.decoding import (  # noqa: PLC0415 - many patterns
        all_readings,
    )

    seen: set[tuple[int, int, str]] = set()
    for reading, place in all_readings(text):
        for span in search.find(reading):
            found = (*place(span.start, span.end), span.kind)
            if found not in seen:
                seen.add(found)
                yield Finding(_entity(span.kind), found[0], found[1], 1.0, SOURCE)


def _entity(kind: str) -> str:
    return next(entity for known, entity in ENTITIES.items() if known == kind)


def prepared(source: Imports, common: Callable[[str], bool]) -> Taken:
    """What becomes of what was read, everything that was skipped included."""
    content = taken(source.entries, common)
    skipped = Counter(content.skipped) + source.skipped
    return content._replace(skipped=dict(skipped.most_common()))


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    if len(data) % size:
        raise ValueError("damaged")
    return (data[at : at + size] for at in range(0, len(data), size))
