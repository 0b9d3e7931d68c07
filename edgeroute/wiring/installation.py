"""What every part stands on: the folders, the settings as they are now, and the clock."""

from __future__ import annotations

from pathlib import Path

from edgeroute import config
from edgeroute.config import Paths, Settings
from edgeroute.core.clock import Clock


class Installation:
    """One installation of EdgeRoute."""

    def __init__(self, paths: Paths, settings: Settings, clock: Clock) -> None:
        self.paths = paths
        self.settings = settings
        self.clock = clock

    @property
    def rules(self) -> Path:
        """The folder of the user's own rules."""
        return self.paths.config / "rules"

    @property
    def model_files(self) -> Path:
        """The folder of the user's own model and provider files."""
        return self.paths.config / "models"

    def change(self, key: str, value: str) -> None:
        """Keep the setting ``key`` (dotted, as in config.toml).

        Raises:
            SettingsError: no such setting, or a wrong value.
        """
        self.settings = config.change(self.paths.settings, key, value)
