"""The policy and the tiers in force: read anew when their files are edited."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Generic, TypeVar

from edgeroute.core.errors import SettingsError
from edgeroute.routing.policy.policy import RoutingPolicy, policy_file
from edgeroute.routing.policy.tiers import Tiers, tiers_file

T = TypeVar("T")

log = logging.getLogger(__name__)

_Stamp = tuple[str, int, int]


class Reloaded(Generic[T]):
    """The value of a file that ``locate`` finds and ``load`` reads.

    A file that is being edited may not be valid: then the value from before goes on, and
    ``trouble`` says so in a sentence. Only the first load may fail.
    """

    def __init__(self, locate: Callable[[], Path], load: Callable[[], T]) -> None:
        self._locate = locate
        self._load = load
        self._made: tuple[T, _Stamp] | None = None
        self.trouble = ""

    @property
    def value(self) -> T:
        """The value as the file says it now.

        Raises:
            SettingsError: the file is not valid, and it never was.
        """
        stamp = _stamp(self._locate())
        if self._made is not None and self._made[1] == stamp:
            return self._made[0]
        try:
            value, trouble = self._load(), ""
        except SettingsError as error:
            if self._made is None:
                raise
            value, trouble = self._made[0], f"What was valid before goes on. {error}"
            log.warning("A changed file is not valid. %s", trouble)
        self._made, self.trouble = (value, stamp), trouble
        return value


class RulesInForce:
    """The routing policy ``name`` and the tiers; the folder ``own`` holds the user's own files."""

    def __init__(self, name: str, own: Path) -> None:
        self.name = name
        self.own = own
        self._policy = Reloaded(
            lambda: policy_file(self.name, own), lambda: RoutingPolicy.named(self.name, own)
        )
        self._others: dict[str, Reloaded[RoutingPolicy]] = {}
        self._tiers = Reloaded(lambda: tiers_file(own), lambda: Tiers.load(own))

    def policy(self, name: str = "") -> RoutingPolicy:
        """The routing policy, or the one called ``name`` instead; it says what is wrong with files
        that have changed since.

        Raises:
            SettingsError: it is not valid and there is no earlier one, with file and line.
        """
        policy = self._other(name) if name else self._policy
        found = policy.value
        trouble = " ".join(filter(None, (policy.trouble, self._tiers.trouble)))
        return replace(found, trouble=trouble) if trouble else found

    def _other(self, name: str) -> Reloaded[RoutingPolicy]:
        if name not in self._others:
            self._others[name] = Reloaded(
                lambda: policy_file(name, self.own), lambda: RoutingPolicy.named(name, self.own)
            )
        return self._others[name]

    def tiers(self) -> Tiers:
        """Tiers, roles and ladders.

        Raises:
            SettingsError: rules/tiers.yaml is not valid and there is no earlier one.
        """
        return self._tiers.value


def _stamp(path: Path) -> _Stamp:
    """What changes with the file; a missing one has a stamp too."""
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size
