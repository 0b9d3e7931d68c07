"""What every part stands on: the folders, the settings as they are now, and the clock."""

from __future__ import annotations

import logging
from pathlib import Path

from edgeroute import config
from edgeroute.clients import ClientSettings
from edgeroute.config import Paths
from edgeroute.core.clock import Clock
from edgeroute.core.errors import SettingsError
from edgeroute.core.request import ClientProfile
from edgeroute.settings import Settings

log = logging.getLogger(__name__)


class Installation:
    """One installation of EdgeRoute."""

    def __init__(self, paths: Paths, settings: Settings, clock: Clock) -> None:
        self.paths = paths
        self.settings = settings
        self.clock = clock
        self._clients = settings.clients
        self._read_at = self._changed()

    @property
    def rules(self) -> Path:
        """The folder of the user's own rules."""
        return self.paths.config / "rules"

    @property
    def model_files(self) -> Path:
        """The folder of the user's own model and provider files."""
        return self.paths.config / "models"

    def change(self, key: str, value: str | None) -> None:
        """Keep the setting ``key`` (dotted, as in config.toml); None: its default.

        Raises:
            SettingsError: no such setting, or a wrong value.
        """
        file = self.paths.settings
        self.settings = (
            config.forget(file, key) if value is None else config.change(file, key, value)
        )

    def client(self, name: str) -> ClientProfile:
        """The connected program ``name`` with its profile as the settings file says it now.

        A file that is being edited may not be valid: then the profiles from before go on.
        """
        changed = self._changed()
        if changed != self._read_at:
            self._read_at = changed
            try:
                self._clients = config.load(self.paths.settings).clients
            except SettingsError as error:
                log.warning(
                    "the settings are not valid, profiles of before go on: line %d", error.line
                )
        return self._clients.get(name, ClientSettings()).profile(name)

    def _changed(self) -> int:
        try:
            return self.paths.settings.stat().st_mtime_ns
        except OSError:
            return 0
