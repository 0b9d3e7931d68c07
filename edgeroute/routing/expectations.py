"""Tests of a policy as data: facts in, the rule and model that should come out.

A file names its policy and lists cases::

    policy: coding-assistant
    cases:
      - name: a small explanation is cheap
        given: {task: explain_code, input_tokens: 900}
        rule: explain
        model: anthropic/claude-haiku-4.5
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.routing.conditions import NAMES, VALUES
from edgeroute.routing.policy import Policy, facts_of


class _Case(msgspec.Struct, forbid_unknown_fields=True):
    given: dict[str, str | float | bool]
    name: str = ""
    rule: str = ""
    model: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
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
    path: Path, own: Path | None = None, policy: Policy | None = None
) -> tuple[Result, ...]:
    """The results of all cases in ``path``, for its own policy or for ``policy``.

    Raises:
        SettingsError: the file, a name in it or the policy is wrong.
    """
    data = datafile.load(path, _File)
    tested = policy or Policy.named(data.policy, own)
    results = []
    for number, case in enumerate(data.cases, 1):
        _check(case, str(path), number)
        rule = tested.match(facts_of(case.given))
        right = (not case.rule or rule.id == case.rule) and (
            not case.model or rule.model == case.model
        )
        expected = " ".join(filter(None, (case.rule, case.model and f"with {case.model}")))
        name = case.name or f"case {number}"
        results.append(Result(name, right, expected, f"{rule.id} with {rule.model}"))
    return tuple(results)


def _check(case: _Case, file: str, number: int) -> None:
    if not case.rule and not case.model:
        raise SettingsError(f"case {number} expects neither a rule nor a model.", file=file)
    for name, value in case.given.items():
        if name not in NAMES:
            known = ", ".join(NAMES)
            raise SettingsError(
                f"case {number} gives the unknown name `{name}`.",
                file=file,
                hint=f"Known: {known}.",
            )
        if isinstance(NAMES[name], float) is not isinstance(value, float | int) or (
            isinstance(NAMES[name], bool) is not isinstance(value, bool)
        ):
            raise SettingsError(f"case {number}: `{name}` cannot be {value!r}.", file=file)
        if name in VALUES and value not in VALUES[name]:
            raise SettingsError(f"case {number}: `{name}` is never {value!r}.", file=file)
