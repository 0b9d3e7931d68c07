"""Profiles of connected programs, as the settings keep them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec

from edgeroute.core.errors import SettingsError
from edgeroute.core.request import TIERS, ClientProfile
from edgeroute.core.verdict import PrivacyMode

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class ClientSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The profile of a program that `edgeroute connect` has connected, known by its own token.

    ``privacy`` is the mode that its conversations begin in, ``tier`` and ``policy`` (a name or a
    path, as in [router]) are its own; empty is as for everybody. ``daily_usd`` limits what it
    spends in a day; 0 is no limit. ``models`` are the managed models that it may use, such as
    ``["anthropic/*"]``; without any it may use all. A ``person`` has conversations and receipts of
    its own, which no other one sees.
    """

    privacy: Literal["", "auto", "private", "mask"] = ""
    tier: Literal["", "free", "balanced", "premium"] = ""
    policy: str = ""
    daily_usd: Annotated[float, msgspec.Meta(ge=0)] = 0
    models: list[Annotated[str, msgspec.Meta(min_length=1, description="models or patterns")]] = []
    person: bool = False

    @property
    def words(self) -> str:
        """What the program may do, in words."""
        limit = f"at most ${self.daily_usd:g} a day" if self.daily_usd else "no limit of its own"
        parts = [
            f"privacy {self.privacy or 'as for all'}",
            f"tier {self.tier or 'as for all'}",
            f"policy {self.policy or 'as for all'}",
            limit,
            f"models {', '.join(self.models)}" if self.models else "all models",
        ]
        return " · ".join(parts)

    def profile(self, name: str) -> ClientProfile:
        """The profile as the engine takes it."""
        return ClientProfile(
            name,
            PrivacyMode(self.privacy) if self.privacy else None,
            next((tier for tier in TIERS if tier == self.tier), None),
            self.policy,
            Decimal(str(self.daily_usd)),
            tuple(self.models),
            self.person,
        )


def check_name(name: str, file: str = "", line: int = 0) -> None:
    """Refuse a name that cannot be a program's; it also names the file of its token.

    Raises:
        SettingsError: it holds other signs than small letters, digits, ``-`` and ``_``.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} cannot name a client.",
            file=file,
            line=line,
            hint="Use small letters, digits, - and _, such as [clients.my-script].",
        )
