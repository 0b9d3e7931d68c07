"""Tests of a policy as data: facts in, the rule and model that should come out.

A file names its policy and lists cases::

    policy: coding-assistant
    cases:
      - name: a small explanation is cheap
        given: {task: explain_code, complexity: low, input_tokens: 900}
        rule: explain
        model: small
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import msgspec

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.routing.policy.conditions import NAMES, known_values
from edgeroute.routing.policy.policy import RoutingPolicy, facts_of


class _Case(msgspec.Struct, forbid_unknown_fields=True):
    given: dict[str, str | float | bool]
    name: str = ""
    rule: str = ""
    model: str = ""


class _CasesFile(msgspec.Struct, forbid_unknown_fields=True):
    cases: list[_Case]
    policy: str = "default"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case. ``expected`` and ``got`` are sentences."""

    name: str
    passed: bool
    expected: str
    got: str


def run_expectations(
    path: Path, own: Path | None = None, policy: RoutingPolicy | None = None
) -> tuple[Result, ...]:
    """The results of all cases in ``path``, for its own policy or for ``policy``.

    Raises:
        SettingsError: the file, a name in it or the policy is wrong.
    """
    data = datafile.load(path, _CasesFile)
    tested = policy or RoutingPolicy.named(data.policy, own)
    results = []
    for number, case in enumerate(data.cases, 1):
        _check(case, path, number, tested)
        rule = tested.match(facts_of(case.given))
        right = (not case.rule or rule.id == case.rule) and (
            not case.model or rule.model == case.model
        )
        expected = " ".join(filter(None, (case.rule, case.model and f"with {case.model}")))
        name = case.name or f"case {number}"
        results.append(Result(name, right, expected, f"{rule.id} with {rule.model}"))
    return tuple(results)


def _check(case: _Case, path: Path, number: int, policy: RoutingPolicy) -> None:
    def wrong(where: str, message: str, hint: str) -> SettingsError:
        error = datafile.mistake(path, f"$.cases[{number - 1}]{where}", f"case {number}{message}")
        error.hint = hint
        return error

    if not case.rule and not case.model:
        raise wrong("", " expects neither a rule nor a model.", "Add `rule` or `model`.")
    if case.rule and policy.rule(case.rule) is None:
        said = f": {policy.name} has no rule `{case.rule}`."
        raise wrong(".rule", said, _known(case.rule, [rule.id for rule in policy.rules]))
    for name, value in case.given.items():
        where = f".given.{name}"
        if name not in NAMES:
            raise wrong(where, f" gives the unknown name `{name}`.", _known(name, NAMES))
        kind = type(NAMES[name])
        fits = type(value) in {int, float} if kind is float else type(value) is kind
        if not fits:
            what = {float: "a number", bool: "true or false", str: "a text"}[kind]
            raise wrong(where, f": `{name}` cannot be {value!r}.", f"It is {what}.")
        known = known_values(name)
        if known is not None and value not in known:
            raise wrong(where, f": `{name}` is never {value!r}.", _known(value, known))


def _known(value: object, known: Iterable[str]) -> str:
    """What could have been meant by ``value``."""
    names = [name for name in known if name]
    close = get_close_matches(str(value), names, 1)
    return f"Did you mean `{close[0]}`?" if close else f"Known: {', '.join(names)}."
