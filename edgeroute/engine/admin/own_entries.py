"""Importing the user's own people, places and secrets, and saying what that would change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edgeroute.core.clock import Clock
from edgeroute.core.errors import SettingsError
from edgeroute.privacy.detecting.own.databases import is_database, read_database
from edgeroute.privacy.detecting.own.entries import ENTITIES, Taken
from edgeroute.privacy.detecting.own.imported import Imported, Listed, found_by, prepared
from edgeroute.privacy.detecting.own.rarity import Rarity
from edgeroute.privacy.detecting.own.sources import read_file

_ANSWERED = "own entries offered"
_YES = "answered"
_RECENT = 200  # prompts
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


class OwnEntries:
    """The imported entries. ``prompts`` are what was asked lately, the newest first."""

    def __init__(
        self,
        imported: Callable[[], Imported],
        rarity: Rarity,
        states: States,
        prompts: Callable[[int], Sequence[str]],
        clock: Clock,
    ) -> None:
        self._imported = imported
        self._rarity = rarity
        self._states = states
        self._prompts = prompts
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
        name = source if "://" in source else str(Path(source).expanduser().resolve())
        read = read_database(source) if is_database(source) else read_file(Path(name))
        content = prepared(read, self._rarity.common)
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
        source = what if "://" in what else str(Path(what).expanduser().resolve())
        return imported.forget(source=source)

    def is_due(self) -> bool:
        """Whether to offer an import: there is something to try it on, and no answer yet."""
        if self._states.get(_ANSWERED) or len(self._prompts(_ENOUGH)) < _ENOUGH:
            return False
        return not self.listed()

    def answered(self) -> None:
        """Never offer it again."""
        self._states.set(_ANSWERED, _YES)
