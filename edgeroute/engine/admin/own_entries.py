"""Importing the user's own people, places and secrets, and saying what that would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, Protocol

from edgeroute.core.clock import Clock
from edgeroute.core.errors import SettingsError
from edgeroute.core.messages import FolderLabel, Message
from edgeroute.privacy.detecting.own.account import ME, read_account
from edgeroute.privacy.detecting.own.databases import is_database, read_database
from edgeroute.privacy.detecting.own.entries import ENTITIES, Taken
from edgeroute.privacy.detecting.own.imported import Imported, Listed, found_by, prepared
from edgeroute.privacy.detecting.own.rarity import Rarity
from edgeroute.privacy.detecting.own.sources import Imports, read_file
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.named_paths import named_in

_ANSWERED = "own entries offered"
_YES = "answered"
_RECENT = 200  # prompts
_CHATS = 60
_ENOUGH = 20  # prompts, before anything is offered


class States(Protocol):
    """Small values that outlive the program."""

    def get(self, name: str, default: object = None) -> object:
        """The value under ``name``."""
        ...

    def set(self, name: str, value: object) -> None:
        """Keep it."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import of ``source`` would keep: counts by kind, what is skipped by reason, and how
    many of the ``prompts`` last ones would have been held or masked. No value is shown.
    """

    source: str
    content: Taken
    held: int
    prompts: int

    @property
    def counts(self) -> Mapping[str, int]:
        """How many entries of each kind."""
        return {kind: count for kind, count in self.content.counts.items()}  # noqa: C416 - a wider key

    @property
    def skipped(self) -> Mapping[str, int]:
        """How many values were skipped, by reason."""
        return self.content.skipped

    @property
    def sentence(self) -> str:
        """What that comes to."""
        kinds = ", ".join(f"{count} of kind {kind}" for kind, count in self.counts.items())
        found = f"Found {kinds}." if kinds else "Found nothing that can be looked for."
        left = sum(self.skipped.values())
        return (
            f"{found} {left} skipped. Of your last {self.prompts} prompts {self.held} would have"
            " been held or masked."
        )


@dataclass(frozen=True, slots=True)
class FolderPreview:
    """In how many of the ``chats`` last ones a path in a labelled folder is ``named``."""

    named: int
    chats: int

    @property
    def sentence(self) -> str:
        """What that comes to."""
        return f"Of your last {self.chats} chats {self.named} name something there."


@dataclass(frozen=True, slots=True)
class OwnOffer:
    """What could be imported and labelled, and what each would have changed."""

    own: Preview
    folder: str
    named: FolderPreview


class OwnEntries:
    """The imported entries. ``prompts`` are what was asked lately and ``chats`` what was said, the
    newest first.
    """

    def __init__(
        self,
        imported: Callable[[], Imported],
        rarity: Rarity,
        states: States,
        prompts: Callable[[int], Sequence[str]],
        chats: Callable[[int], Iterable[Sequence[Message]]],
        *,
        folders: Callable[[], Folders],
        clock: Clock,
    ) -> None:
        self._imported = imported
        self._rarity = rarity
        self._states = states
        self._prompts = prompts
        self._chats = chats
        self._folders = folders
        self._clock = clock

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of entries."""
        return list(ENTITIES)

    def preview(self, source: str) -> Preview:
        """What an import of ``source`` (a file, or a database's address) would keep and change.

        Raises:
            SettingsError: it cannot be read.
        """
        name = _full(source)
        content = prepared(_read(source, name), self._rarity.common)
        search = self._imported().search_for(content)
        prompts = self._prompts(_RECENT)
        held = sum(any(True for _ in found_by(search, text)) for text in prompts)
        return Preview(name, content, held, len(prompts))

    def keep(self, preview: Preview) -> None:
        """Keep what was previewed; it replaces an earlier import of the same source.

        Raises:
            SettingsError: there is nothing to keep, or too much.
            StoreError: it cannot be written.
        """
        if not preview.counts:
            raise SettingsError(
                "It holds nothing that can be looked for.",
                hint="A vCard, CSV, .env or plain list with one entry a line, or a database.",
            )
        self._imported().keep(preview.source, preview.content, self._clock.now())

    @property
    def knows_rare_words(self) -> bool:
        """Whether single words can be told apart from words that others use too."""
        return self._rarity.known

    def listed(self) -> list[Listed]:
        """Every import with its counts."""
        return self._imported().listed()

    def remove(self, what: str) -> int:
        """Take off a kind, what came from a source, or ``all``; how many entries that were.

        Raises:
            StoreError: it cannot be written.
        """
        imported = self._imported()
        if what == "all":
            return imported.forget()
        if what in ENTITIES:
            return imported.forget(kind=what)
        return imported.forget(source=_full(what))

    def label(self, path: Path) -> FolderLabel:
        """How the user labelled the folder in which ``path`` lies."""
        return self._folders().label(str(path.absolute()))

    def folder(self, pattern: str, label: Literal["private", "code"] = "private") -> FolderPreview:
        """What labelling the folders of ``pattern`` would have touched."""
        folders = Folders({pattern: label})
        chats = list(self._chats(_CHATS))
        named = (
            any(folders.label(path, above=False) == label for path in named_in(messages))
            for messages in chats
        )
        return FolderPreview(sum(named), len(chats))

    def offer(self) -> OwnOffer:
        """The user's own name, the folder of theirs that chats name most often, and what both
        would have changed. Slow: it reads the last prompts and chats.
        """
        home = str(Path.home())
        counts: Counter[str] = Counter()
        for messages in self._chats(_CHATS):
            paths = (path.replace("~", home, 1) for path in named_in(messages))
            inside = {
                PurePath(path).relative_to(home).parts[:1] for path in paths if _in(path, home)
            }
            counts.update(parts[0] for parts in inside if parts and not parts[0].startswith("."))
        folder = f"~/{counts.most_common(1)[0][0]}/**" if counts else ""
        named = self.folder(folder) if folder else FolderPreview(0, 0)
        return OwnOffer(self.preview(ME), folder, named)

    def is_due(self) -> bool:
        """Whether to offer an import: there is something to try it on, and no answer yet."""
        if self._states.get(_ANSWERED) or len(self._prompts(_ENOUGH)) < _ENOUGH:
            return False
        return not self.listed()

    def answered(self) -> None:
        """Never offer it again."""
        self._states.set(_ANSWERED, _YES)


def _full(source: str) -> str:
    """The whole name of a source, by which it is known again."""
    return source if source == ME or "://" in source else str(Path(source).expanduser().resolve())


def _read(source: str, name: str) -> Imports:
    if source == ME:
        return read_account()
    return read_database(source) if is_database(source) else read_file(Path(name))


def _in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") and ".." not in path
