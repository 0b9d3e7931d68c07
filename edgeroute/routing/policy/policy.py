"""The routing policy: ordered rules, fallbacks and strategies, read from rules/<name>.yaml.

The first rule whose condition holds decides. A model is written as its friendly id
(``anthropic/claude-haiku-4.5``), as ``local``, or as a role or ladder of rules/tiers.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import yaml

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.core.plan import Strategy
from edgeroute.core.request import Commit
from edgeroute.routing.policy.conditions import Condition, Facts
from edgeroute.routing.signals.thresholds import Thresholds
from edgeroute.routing.strategies.cascade import CascadePolicy
from edgeroute.routing.strategies.ensemble import EnsemblePolicy

Duration = Literal["5m", "1h"]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Wrong = Callable[..., SettingsError]
_SECTIONS: Final = ("fallback", "cascade", "ensemble")
_DEFAULT_WHY: Final = "No other rule matched."


class _RuleData(msgspec.Struct, forbid_unknown_fields=True):
    condition: str | None = None
    if_: str | None = msgspec.field(default=None, name="if")
    model: str | None = None
    use: str | None = None
    default: str | None = None
    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")] | None = None
    why: str = ""
    strategy: Strategy = "single"
    fallbacks: list[str] = []
    verify: str = ""
    commit: Commit | None = None
    within_turn: bool = False


class _Fallback(msgspec.Struct, forbid_unknown_fields=True):
    primary_failure: str = ""
    rate_limit: str = ""


class _Cache(msgspec.Struct, forbid_unknown_fields=True):
    system_prompt: bool = True
    duration: Duration = "5m"


class _Sticky(msgspec.Struct, forbid_unknown_fields=True):
    enabled: bool = True
    worth_usd: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class _Learned(msgspec.Struct, forbid_unknown_fields=True):
    act: bool = False
    neighbours: Annotated[int, msgspec.Meta(ge=5, le=200)] = 15
    good_enough: Share = 0.9


class _Routing(msgspec.Struct, forbid_unknown_fields=True):
    rules: list[_RuleData]
    fallback: _Fallback = msgspec.field(default_factory=_Fallback)
    cache: _Cache = msgspec.field(default_factory=_Cache)
    cascade: CascadePolicy = msgspec.field(default_factory=CascadePolicy)
    ensemble: EnsemblePolicy = msgspec.field(default_factory=EnsemblePolicy)
    stickiness: _Sticky = msgspec.field(default_factory=_Sticky)
    outcomes: _Learned = msgspec.field(default_factory=_Learned)
    thresholds: Thresholds = msgspec.field(default_factory=Thresholds)
    commit: Commit = "first_token"


class _PolicyFile(msgspec.Struct, forbid_unknown_fields=True):
    routing: _Routing
    description: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``condition`` is ``None`` for the default; ``line`` is where it stands.

    ``within_turn`` lets it take over while a model works on a user's turn, step by step;
    ``aliases`` say what became of other words that it uses.
    """

    id: str
    condition: Condition | None
    model: str
    why: str = ""
    strategy: Strategy = "single"
    fallbacks: tuple[str, ...] = ()
    verify: str = ""
    commit: Commit | None = None
    line: int = 0
    within_turn: bool = False
    aliases: tuple[str, ...] = ()

    def holds(self, facts: Facts) -> bool:
        """Whether the rule speaks for a request with these ``facts``."""
        return self.condition is None or self.condition.holds(facts)

    @property
    def names(self) -> frozenset[str]:
        """The names that the condition reads."""
        return self.condition.names if self.condition else frozenset()

    @property
    def sentence(self) -> str:
        """Why the rule exists, or its condition where nobody wrote a reason."""
        if self.why:
            return self.why
        return f"{self.condition.text}." if self.condition else _DEFAULT_WHY


@dataclass(frozen=True, slots=True)
class RoutingPolicy:
    """A checked policy.

    ``primary_failure`` and ``rate_limit`` name a model, a role or (``primary_failure``) a provider.
    ``cache_duration`` is ``5m`` or ``1h``. ``sticky_worth_usd`` is how much a switch of models must
    save to be made within a conversation. ``lines`` are those of the sections of the file.
    ``trouble`` says that the file has changed since and is not valid.
    """

    name: str
    rules: tuple[Rule, ...]
    description: str = ""
    primary_failure: str = ""
    rate_limit: str = ""
    cache_system_prompt: bool = True
    cache_duration: Duration = "5m"
    cascade: CascadePolicy = field(default_factory=CascadePolicy)
    ensemble: EnsemblePolicy = field(default_factory=EnsemblePolicy)
    sticky: bool = True
    sticky_worth_usd: float = 0.0
    outcomes_act: bool = False
    neighbours: int = 15
    good_enough: float = 0.9
    commit: Commit = "first_token"
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""
    thresholds: Thresholds = field(default_factory=Thresholds)

    @classmethod
    def named(cls, name: str, own: Path | None = None) -> RoutingPolicy:
        """The policy ``name`` (``default``), or the file that ``name`` is a path to.

        ``own`` is the user's rules folder, whose files win over the packaged ones.

        Raises:
            SettingsError: there is none, or it is wrong, with file and line.
        """
        path = policy_file(name, own)
        if not path.is_file():
            known = ", ".join(policy_names(own))
            raise SettingsError(f"There is no policy `{name}`.", hint=f"Known policies: {known}.")
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> RoutingPolicy:
        """The policy in ``path``.

        Raises:
            SettingsError: it is not a valid policy, with file and line.
        """
        if _is_table(path):
            rules = datafile.load(path, list[_RuleData])
            data, root = _PolicyFile(_Routing(rules)), "$"
        else:
            data, root = datafile.load(path, _PolicyFile), "$.routing.rules"
        node = datafile.compose(path.read_text("utf-8"))
        return _policy(data, node, path, root)

    def match(self, facts: Facts) -> Rule:
        """The first rule that holds. There always is one: every policy has a default."""
        return next(rule for rule in self.rules if rule.holds(facts))

    @property
    def reads(self) -> frozenset[str]:
        """The names that its conditions read."""
        return frozenset().union(*(rule.names for rule in self.rules))

    @property
    def cache_lasts(self) -> timedelta:
        """How long a provider keeps a conversation's prompt after a turn."""
        return timedelta(hours=1) if self.cache_duration == "1h" else timedelta(minutes=5)

    def top_of(self, strategy: str) -> str:
        """The strong model of a cascade or an ensemble that the caller, not a rule, asked for."""
        return self.cascade.top if strategy == "cascade" else self.ensemble.models[-1]

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def policy_file(name: str, own: Path | None = None) -> Path:
    """Where the policy ``name`` stands, whether or not it is there."""
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    return datafile.data_file("rules", f"{name}.yaml", own)


def policy_names(own: Path | None = None) -> tuple[str, ...]:
    """The policies that can be named: files in rules/ with a ``routing`` section, and broken ones.

    What is wrong with a broken one is said when it is loaded.
    """
    names = []
    for path in datafile.data_files("rules", own):
        try:
            node = datafile.compose(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            names.append(path.stem)
            continue
        whole = isinstance(node, yaml.MappingNode) and any(
            key.value == "routing" for key, _ in node.value
        )
        if whole or _is_rules(node):
            names.append(path.stem)
    return tuple(names)


def _is_table(path: Path) -> bool:
    """Whether the file is nothing but a list of rules; what cannot be read is not."""
    try:
        return _is_rules(datafile.compose(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False


def _is_rules(node: yaml.Node | None) -> bool:
    """Whether ``node`` is a list of which an item has a default, as every policy has one."""
    return isinstance(node, yaml.SequenceNode) and any(
        isinstance(item, yaml.MappingNode) and any(key.value == "default" for key, _ in item.value)
        for item in node.value
    )


def _policy(data: _PolicyFile, node: yaml.Node | None, path: Path, root: str) -> RoutingPolicy:
    routing = data.routing

    def wrong(message: str, index: int, key: str = "", hint: str = "") -> SettingsError:
        where = f"{root}[{index}]" + (f".{key}" if key else "")
        line = datafile.line_of(node, where) if node else 0
        return SettingsError(message, file=str(path), line=line, hint=hint)

    rules: list[Rule] = []
    wrongs: list[SettingsError] = []
    seen: set[str] = set()
    for index, rule in enumerate(routing.rules):
        try:
            rules.append(_rule(rule, index, seen, wrong))
        except SettingsError as error:
            wrongs.append(error)
    if not any(rule.default is not None for rule in routing.rules):
        wrongs.append(
            wrong(
                "The policy has no default.",
                len(routing.rules) - 1,
                hint="End the rules with `- default: provider/model`.",
            )
        )
    if wrongs:
        first, *rest = wrongs
        first.more = tuple(rest)
        raise first
    return RoutingPolicy(
        path.stem,
        tuple(rules),
        data.description,
        routing.fallback.primary_failure,
        routing.fallback.rate_limit,
        routing.cache.system_prompt,
        routing.cache.duration,
        routing.cascade,
        routing.ensemble,
        routing.stickiness.enabled,
        routing.stickiness.worth_usd,
        routing.outcomes.act,
        routing.outcomes.neighbours,
        routing.outcomes.good_enough,
        routing.commit,
        str(path),
        {key: datafile.line_of(node, f"$.routing.{key}") for key in _SECTIONS} if node else {},
        thresholds=routing.thresholds,
    )


def _rule(rule: _RuleData, index: int, seen: set[str], wrong: _Wrong) -> Rule:
    """The rule at place ``index``; ``seen`` are the ids so far.

    Raises:
        SettingsError: it is not one, as ``wrong`` says it.
    """
    rule, said = _plainly(rule, index, wrong)
    model = rule.default if rule.default is not None else rule.model
    if (rule.default is None) == (rule.condition is None or rule.model is None):
        raise wrong("A rule has `condition` and `model`, or only `default`.", index)
    if rule.default is not None and (rule.condition or rule.model):
        raise wrong("A default has neither `condition` nor `model`.", index)
    if not model:
        raise wrong("The model is empty.", index)
    rule_id = rule.id or ("default" if rule.default is not None else f"rule-{index + 1}")
    if rule_id in seen:
        message = f"The id `{rule_id}` is used twice."
        raise wrong(message, index, "id" if rule.id else "", "Give the rule its own id.")
    seen.add(rule_id)
    place = wrong("", index)
    condition = None
    if rule.condition is not None:
        at = wrong("", index, "condition").line
        condition = Condition(rule.condition, file=place.file, line=at)
    return Rule(
        rule_id, condition, model, rule.why, rule.strategy, tuple(rule.fallbacks),
        rule.verify, rule.commit, place.line, rule.within_turn,
        (*said, *(condition.aliases if condition else ())),
    )  # fmt: skip


def _plainly(rule: _RuleData, index: int, wrong: _Wrong) -> tuple[_RuleData, tuple[str, ...]]:
    """``rule`` with `condition` and `model` in place of `if` and `use`, and what was said so.

    Raises:
        SettingsError: it has both words for one thing.
    """
    for word, own, other in (("if", rule.condition, rule.if_), ("use", rule.model, rule.use)):
        if own is not None and other is not None:
            raise wrong(f"A rule has `{word}` or its other word, not both.", index)
    said = [
        text
        for text, value in (("`if` is `condition`", rule.if_), ("`use` is `model`", rule.use))
        if value is not None
    ]
    plain = msgspec.structs.replace(
        rule, condition=rule.condition or rule.if_, model=rule.model or rule.use
    )
    return plain, tuple(said)


def facts_of(values: Mapping[str, str | float | bool]) -> Facts:
    """``values`` as conditions see them: numbers as numbers, everything else as it is."""
    return {
        name: value if isinstance(value, str | bool) else float(value)
        for name, value in values.items()
    }
