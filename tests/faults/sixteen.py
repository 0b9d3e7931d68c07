"""The sixteen faults through the whole runtime, and a judge that looks only at what was seen.

::

    python -m tests.faults.sixteen                 all modes, everything ten times as fast
    python -m tests.faults.sixteen --speed 1       at true speed, about ten minutes

Each fault meets the packaged numbers in both commit modes and in two set-ups: a provider for each
model, and one provider for both.

*pass*: the caller got the complete answer of one model (or, for a prompt that nobody may answer,
the provider's own reason), and every check holds. *partial*: only an advisory check failed. *safe*:
no answer, but a clean error in time, and nothing false was shown. *fail*: anything else.

``speed`` shortens the script's waits and EdgeRoute's limits by the same factor. Below 1 a second is
allowed for what the machine itself takes; at true speed nothing is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from edgeroute.core.errors import ErrorKind, NothingAnswered, ProviderError
from edgeroute.core.events import Answered, Failed
from edgeroute.core.request import Commit
from edgeroute.providers.resilience.resilience import load_resilience
from tests.support import replies
from tests.support.faults import ANSWER, FALLBACK_ANSWER, FAULTS, Fault
from tests.support.house import OPEN, House, house, request
from tests.support.scripted_provider import Behaviour, Received, Reply
from tests.support.sightings import Sighting, watch

Verdict = Literal["pass", "partial", "safe", "fail"]

COMMITS: Final[tuple[Commit, ...]] = ("first_token", "complete")
SETUPS: Final[Mapping[str, tuple[str, str]]] = {
    "apart": ("primary/m", "fallback/m"),
    "together": ("primary/m", "primary/other"),
}
"""The names of the first model and of its fallback."""
_LONGEST: Final = {"S06": 100.0, "S07": 15.0, "S11": 8.0}
_COUNTS: Final = frozenset({"failures", "per_model", "in_all", "check_growth", "share", "least"})


@dataclass
class Case:
    """One fault in one mode: what the caller and the servers saw, and what is wrong with it.

    ``primary`` and ``fallback`` are the times at which requests came, monotonic, for the two models
    that ``names`` names.
    """

    fault: Fault
    commit: Commit
    names: tuple[str, str]
    speed: float
    sightings: list[Sighting]
    primary: list[float]
    fallback: list[float]
    required: list[str] = field(default_factory=list)
    advisory: list[str] = field(default_factory=list)

    @property
    def whole(self) -> dict[str, str]:
        """The complete answer of each model."""
        return dict(zip(self.names, (ANSWER, FALLBACK_ANSWER), strict=True))

    @property
    def seen(self) -> Sighting:
        """The request that met the fault first."""
        return self.sightings[0]

    def must(self, what: str, *, hold: object) -> None:
        """A required check."""
        if not hold:
            self.required.append(f"not so: {what}")

    def should(self, what: str, *, hold: object) -> None:
        """An advisory check."""
        if not hold:
            self.advisory.append(f"not quite: {what}")

    def at_most(self, tries: int, seconds: float, times: Sequence[float]) -> None:
        """Never more than so many tries within so many seconds."""
        span = seconds * self.speed
        most = max((sum(at <= one < at + span for one in times) for at in times), default=0)
        self.must(f"at most {tries} tries in {seconds:g} s", hold=most <= tries)


@dataclass(frozen=True)
class Result:
    """A row of the table."""

    fault: str
    commit: Commit
    setup: str
    verdict: Verdict
    model: str
    tries: int
    seconds: float
    notes: tuple[str, ...]

    def __str__(self) -> str:
        notes = "; ".join(self.notes) or FAULTS[self.fault].what
        return (
            f"{self.fault}  {self.commit:11}  {self.setup:8}  {self.verdict:7}"
            f"  {self.model or '-':13}"
            f"  {self.tries:2} tries  {self.seconds:6.2f} s  {notes}"
        )


async def run(
    name: str, commit: Commit, home: Path, *, setup: str = "apart", speed: float = 0.1
) -> Result:
    """One fault in one mode and one set-up, in folders of its own at ``home``."""
    fault, names = FAULTS[name], SETUPS[setup]
    own = {"resilience.yaml": limits(speed)}
    cloud: dict[str, Behaviour] = {"primary": _well}
    settings = ""
    if setup == "apart":
        cloud["fallback"] = fault.fallback(speed)
    else:
        own["test.yaml"] = _ONE_PROVIDER
        settings = "[providers.primary.cards.other]\ncontext_tokens = 128000\n"
    async with house(
        home,
        cloud,
        settings=settings,
        rules=own,
        windows={"primary": 8_000, "fallback": 128_000},
    ) as around:
        await around.runtime.warm()
        primary = around.cloud["primary"]
        primary.behave(_Shared(fault, speed))  # its clock starts here
        if name == "S15":
            sightings = await _twenty(around, commit, speed)
        else:
            sightings = [await watch(around, request(OPEN, commit=commit))]
        at: dict[str, list[float]] = {model: [] for model in names}
        for provider, server in around.cloud.items():
            for one in server.requests:
                if one.method == "POST":  # checks without content are no tries
                    at[f"{provider}/{one.json['model']}"].append(one.at)
        if name == "S09":
            primary.behave(_well)
            sightings.append(await watch(around, request(OPEN, commit=commit)))
    return judge(Case(fault, commit, names, speed, sightings, at[names[0]], at[names[1]]))


_ONE_PROVIDER: Final = """
routing:
  rules:
    - {id: all, condition: input_tokens >= 0, model: primary/m, fallbacks: [primary/other]}
    - default: primary/m
"""


class _Shared:
    """A provider whose model `m` has the fault, and whose other models behave as the fallback."""

    def __init__(self, fault: Fault, speed: float) -> None:
        self._scripts = {"m": fault.behaviour(speed)}
        self._fallback = fault.fallback(speed)
        self._numbers: Counter[str] = Counter()

    def __call__(self, asked: Received) -> Reply:
        """What the asked model does; each counts its own requests."""
        model = "m" if asked.method == "GET" else str(asked.json["model"])
        self._numbers[model] += 1
        asked = replace(asked, number=self._numbers[model])
        return self._scripts.get(model, self._fallback)(asked)


def limits(speed: float) -> str:
    """The packaged resilience.yaml with every time shortened; YAML reads JSON."""
    numbers: dict[str, dict[str, Any]] = msgspec.to_builtins(load_resilience())
    for table in numbers.values():
        table.update({key: n * speed for key, n in table.items() if key not in _COUNTS})
    return json.dumps(numbers)


def judge(case: Case) -> Result:
    """The verdict on what was seen."""
    for sighting in case.sightings:
        _honest(case, sighting)
    _tries_are_told(case)
    _CHECKS.get(case.fault.name, _nothing_more)(case)
    end = case.seen.end
    rescued = all(isinstance(one.end, Answered) for one in case.sightings)
    verdict: Verdict = "pass" if rescued else "safe"
    if isinstance(end, Failed) and not case.fault.rescuable and not case.seen.text:
        verdict = "pass"
    if verdict == "pass" and case.advisory:
        verdict = "partial"
    if case.required:
        verdict = "fail"
    return Result(
        case.fault.name,
        case.commit,
        next(name for name, models in SETUPS.items() if models == case.names),
        verdict,
        case.sightings[-1].receipt.model,
        len(case.primary) + len(case.fallback),
        case.seen.seconds,
        (*case.required, *case.advisory),
    )


def _honest(case: Case, seen: Sighting) -> None:
    """What must hold of every request: one end, in time, nothing spliced, nothing truncated."""
    case.must("one terminal event, the last", hold=seen.terminals == 1 and seen.end)
    slack = 0.0 if case.speed >= 1 else 1.0
    longest = _LONGEST.get(case.fault.name, 45.0)
    case.must(f"over within {longest:g} s", hold=seen.seconds <= longest * case.speed + slack)
    end, receipt = seen.end, seen.receipt
    if isinstance(end, Answered):
        whole = case.whole.get(receipt.model, "")
        case.must("the whole answer of one model", hold=whole and end.answer.text == whole)
        case.must("shown what was answered", hold=seen.text == end.answer.text)
        case.must("the model that answered is named", hold=end.answer.model == receipt.model)
        words = len(whole.split())
        case.must("its usage is reported", hold=receipt.usage.output == words)
        answered = [one for one in receipt.attempts if one.outcome == "answered"]
        case.must("one attempt counts as the answer", hold=len(answered) == 1)
        return
    shown = any(whole.startswith(seen.text) for whole in case.whole.values())
    case.must("what was shown is the beginning of one model's answer", hold=shown)
    partial = end.partial.text if end.partial else ""
    case.must("what was shown is handed on as partial", hold=partial == seen.text)
    typed = isinstance(end.error, ProviderError | NothingAnswered) and end.error.message
    case.must("a typed error with a sentence", hold=typed)


def _tries_are_told(case: Case) -> None:
    """The receipt lists exactly the requests that the servers got, and bills no error."""
    told = [one for seen in case.sightings for one in seen.receipt.attempts]
    if case.fault.name != "S09":  # its second request is not in the servers' lists
        for name, times in zip(case.names, (case.primary, case.fallback), strict=True):
            listed = sum(one.model == name for one in told)
            case.must(f"every try of {name} is in a receipt", hold=listed == len(times))
    refused = [one for one in told if one.status is not None]
    free = all(not one.usage.total and one.cost.amount == 0 for one in refused)
    case.must("a refused try costs nothing", hold=free)
    case.must("at most 6 tries of one prompt", hold=_most_tries(case) <= 6)


def _most_tries(case: Case) -> int:
    return max(len(one.receipt.attempts) for one in case.sightings)


def _nothing_more(case: Case) -> None:
    """Nothing is asked of this fault beyond an honest answer."""
    del case


def _s01(case: Case) -> None:
    case.at_most(2, 1.5, case.primary)
    if len(case.primary) > 1:
        waited = case.primary[1] - case.primary[0]
        case.must("the time that was asked for is waited", hold=waited >= 1.95 * case.speed)


def _s02(case: Case) -> None:
    case.at_most(4, 3.0, case.primary + case.fallback)


def _once_more(case: Case) -> None:
    same = case.seen.receipt.model == case.names[0]
    case.must("one more try on the same provider answers", hold=same)
    case.must("exactly one more", hold=len(case.primary) == 2)


def _s05(case: Case) -> None:
    case.must("retry or fail over", hold=len(case.primary) <= 2)


def _not_again(case: Case) -> None:
    case.must("the same model is not asked again", hold=len(case.primary) == 1)


def _s11(case: Case) -> None:
    _not_again(case)
    case.must("it counts as an answer", hold=case.seen.receipt.model == case.names[0])


def _s13(case: Case) -> None:
    _not_again(case)
    error = case.seen.end.error if isinstance(case.seen.end, Failed) else None
    filtered = isinstance(error, ProviderError) and error.kind is ErrorKind.CONTENT_FILTER
    case.must("it ends as a refusal", hold=filtered)
    told = error is not None and "content_policy_violation" in error.message
    case.must("the provider's reason is handed on", hold=told)
    case.must("it is not routed around", hold=not case.fallback)


def _s14(case: Case) -> None:
    error = case.seen.end.error if isinstance(case.seen.end, Failed) else None
    about_prefill = isinstance(error, ProviderError) and error.status == 400
    case.must("the fallback's 400 is not the last word", hold=not about_prefill)


def _s15(case: Case) -> None:
    began, recovery = case.seen.began, 60 * case.speed
    early = [at for at in case.primary if at - began < recovery]
    case.must("the circuit opens: three failures, then probes only", hold=len(early) <= 3 + 3)
    back = [one for one in case.sightings if one.receipt.model == case.names[0]]
    first = min((one.began - began for one in back), default=float("inf"))
    case.should("back within 30 s of the recovery", hold=first <= recovery + 30 * case.speed)
    tail = case.sightings[-len(back) :] if back else []
    case.must("once back, it stays", hold=tail == back)


def _s16(case: Case) -> None:
    case.must("the fallback's model is named", hold=case.seen.receipt.model == case.names[1])


_CHECKS: Final[dict[str, Callable[[Case], None]]] = {
    "S01": _s01,
    "S02": _s02,
    "S03": _once_more,
    "S05": _s05,
    "S06": _not_again,
    "S11": _s11,
    "S12": _not_again,
    "S13": _s13,
    "S14": _s14,
    "S15": _s15,
    "S16": _s16,
}


async def _twenty(home: House, commit: Commit, speed: float) -> list[Sighting]:
    """Twenty requests, four seconds apart."""
    began, sightings = time.monotonic(), []
    for number in range(20):
        await asyncio.sleep(max(0.0, began + number * 4 * speed - time.monotonic()))
        sightings.append(await watch(home, request(OPEN, commit=commit)))
    return sightings


def _well(asked: Received) -> Reply:
    return replies.answer(asked, ANSWER)


def summary(results: Sequence[Result]) -> str:
    """How many of each verdict, by mode and set-up."""
    lines = []
    for setup, commit in product(SETUPS, COMMITS):
        mode = (setup, commit)
        verdicts = [one.verdict for one in results if (one.setup, one.commit) == mode]
        counts = ", ".join(
            f"{verdicts.count(verdict)} {verdict}"
            for verdict in ("pass", "partial", "safe", "fail")
        )
        lines.append(f"{setup:8}  {commit:11}  {counts}")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--speed", type=float, default=0.1)
    parser.add_argument("faults", nargs="*", default=sorted(FAULTS))
    options = parser.parse_args()
    results = []
    for setup, commit, name in product(SETUPS, COMMITS, options.faults):
        with tempfile.TemporaryDirectory() as folder:
            home, speed = Path(folder) / "home", options.speed
            result = asyncio.run(run(name, commit, home, setup=setup, speed=speed))
        print(result, flush=True)  # noqa: T201
        results.append(result)
    print(summary(results))  # noqa: T201


if __name__ == "__main__":
    main()
