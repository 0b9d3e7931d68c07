"""Tiers and roles: which models stand for "small", "large" or "another provider", as data.

rules/tiers.yaml is read here. A role is a name that a policy may write where a model is expected;
a ladder is a role that picks another role by the size of the input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.core.request import TIERS, Tier

LOCAL: Final = "local"
First = Literal["rule", "local", "best"]


class Role(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Models in order of preference. ``other_provider`` leaves out the provider that has failed."""

    models: tuple[str, ...]
    why: str = ""
    other_provider: bool = False


class TierRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What comes first in a tier: the rule's choice, the local model, or the best of ``role``."""

    first: First
    why: str
    role: str = ""


AS_RULED: Final = TierRule("rule", "")


class _Step(msgspec.Struct, forbid_unknown_fields=True):
    role: str
    below: int | None = None


class _TiersFile(msgspec.Struct, forbid_unknown_fields=True):
    roles: dict[str, Role]
    ladders: dict[str, list[_Step]]
    tiers: dict[Tier, TierRule]
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class Tiers:
    """All roles, ladders and tiers. ``gateway`` is the provider tried last before the local one."""

    roles: Mapping[str, Role] = field(default_factory=dict)
    ladders: Mapping[str, tuple[tuple[int | None, str], ...]] = field(default_factory=dict)
    tiers: Mapping[Tier, TierRule] = field(default_factory=dict)
    gateway: str = ""

    @classmethod
    def load(cls, own: Path | None = None) -> Tiers:
        """rules/tiers.yaml, or the user's own in the folder ``own``.

        Raises:
            SettingsError: with file and line.
        """
        path = tiers_file(own)
        data = datafile.load(path, _TiersFile)
        for name, steps in data.ladders.items():
            for step in steps:
                if step.role not in data.roles:
                    message = f"ladder `{name}` names the unknown role `{step.role}`."
                    raise SettingsError(message, file=str(path))
            if not steps or steps[-1].below is not None:
                raise SettingsError(
                    f"ladder `{name}` needs a last step without `below`.", file=str(path)
                )
        for name, tier in data.tiers.items():
            if tier.first == "best" and tier.role not in data.roles:
                raise SettingsError(f"tier `{name}` needs a known `role`.", file=str(path))
        missing = [tier for tier in TIERS if tier not in data.tiers]
        if missing:
            raise SettingsError(f"tier `{missing[0]}` is missing.", file=str(path))
        return cls(
            data.roles,
            {n: tuple((s.below, s.role) for s in steps) for n, steps in data.ladders.items()},
            data.tiers,
            data.gateway,
        )

    def knows(self, name: str) -> bool:
        """Whether ``name`` is a role or a ladder."""
        return name in self.roles or name in self.ladders

    def models(self, name: str, input_tokens: int) -> tuple[str, ...]:
        """The models that ``name`` stands for: itself where it is a model's id."""
        steps = self.ladders.get(name)
        if steps is not None:
            name = next(role for below, role in steps if below is None or input_tokens < below)
        role = self.roles.get(name)
        return role.models if role is not None else (name,)

    def all_models(self, name: str) -> tuple[str, ...]:
        """Every model that ``name`` may come to, whatever the size of the input."""
        steps = self.ladders.get(name)
        roles = [self.roles[role] for _, role in steps] if steps else [self.roles.get(name)]
        named = (model for role in roles if role is not None for model in role.models)
        return tuple(dict.fromkeys(named)) or (name,)

    def tier(self, name: Tier) -> TierRule:
        """What comes first in the tier ``name``."""
        return self.tiers.get(name, AS_RULED)


def tiers_file(own: Path | None = None) -> Path:
    """Where the tiers stand: the user's own file if there is one, else the packaged one."""
    return datafile.data_file("rules", "tiers.yaml", own)
