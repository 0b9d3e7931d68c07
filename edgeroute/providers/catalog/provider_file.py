"""The schema of models/providers/*.yaml and models/prices/*.yaml, and what it turns into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from edgeroute.core.model_card import ModelCard, PeakHours, PriceList, PriceRow, Rate
from edgeroute.datafile import load, mistake
from edgeroute.providers.catalog.provider import Auth, Provider, address_problem

Wire = Literal["openai-chat", "openai-responses", "anthropic-messages", "openai-images"]
Ability = Literal[
    "tools",
    "images",
    "files",
    "json_schema",
    "reasoning",  # takes a reasoning effort
    "silent_reasoning",  # may think for long before its first byte
    "cache_key",  # takes prompt_cache_key
    "cache_marks",  # takes cache_control in chat completions
    "keep_thinking",  # wants its <think> text back
    "image_output",
]
Count = Annotated[int, msgspec.Meta(ge=0)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class _Row(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A table of a data file: unknown keys are errors."""


class RateRow(_Row, frozen=True):
    """USD per million tokens; a class without a price costs what input costs."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write_short: Decimal | None = None
    cache_write_long: Decimal | None = None

    def rate(self) -> Rate:
        """The same as a core noun."""
        return Rate(
            self.input,
            self.output,
            self.cache_read,
            self.cache_write_short,
            self.cache_write_long,
        )


class TierRow(RateRow, frozen=True):
    """The rate of a whole request once it has more than ``above`` input tokens."""

    above: Annotated[int, msgspec.Meta(gt=0)] = 0


class PeriodRow(RateRow, frozen=True, rename={"since": "from"}):
    """The prices from one day (``from``, inclusive) to another (``until``, exclusive).

    ``until`` is the following period's ``from`` where it is left out. ``peak`` replaces the rate in
    the provider's peak hours. ``source`` and ``as_of`` are the file's where they are left out.
    """

    since: date | None = None
    until: date | None = None
    tiers: list[TierRow] = []
    peak: RateRow | None = None
    source: str = ""
    as_of: date | None = None


class Holiday(_Row, frozen=True, rename={"first": "from", "last": "to"}):
    """Days off, both ends included."""

    first: date
    last: date


class PeakRow(_Row, frozen=True):
    """Weekly peak hours in UTC; ``weekdays`` counts from Monday, 0."""

    windows: list[tuple[float, float]]
    weekdays: tuple[Annotated[int, msgspec.Meta(ge=0, le=6)], ...] = (0, 1, 2, 3, 4, 5, 6)
    holidays: list[date | Holiday] = []

    def hours(self) -> PeakHours:
        """The same as a core noun."""
        days: set[date] = set()
        for entry in self.holidays:
            first, last = (
                (entry.first, entry.last) if isinstance(entry, Holiday) else (entry, entry)
            )
            days.update(first + timedelta(n) for n in range((last - first).days + 1))
        return PeakHours(tuple(self.windows), frozenset(self.weekdays), frozenset(days))


class ModelEntry(_Row, frozen=True):
    """One model; what is left out comes from the file's ``defaults``."""

    id: str
    wire_id: str = ""
    aliases: list[str] = []
    wire: Wire | None = None
    family: str = ""
    grade: Annotated[int, msgspec.Meta(ge=1, le=3)] = 2
    context_tokens: Count = 128_000
    max_output_tokens: Count = 8_192
    abilities: list[Ability] | None = None
    token_factor: Annotated[float, msgspec.Meta(ge=0.2, le=5)] | None = None
    cache_minimum_tokens: Count | None = None
    quirks: list[str] | None = None
    shutdown: date | None = None
    successor: str = ""
    same_as: str = ""
    prices: list[PeriodRow] = []


class Defaults(_Row, frozen=True):
    """What models of a file share."""

    abilities: tuple[Ability, ...] = ("tools",)
    token_factor: float = 1.0
    cache_minimum_tokens: Count = 1024
    quirks: list[str] = []


class ProviderFile(_Row, frozen=True):
    """One file of models/providers/."""

    id: Id
    name: str
    base_url: str
    source: str
    as_of: date
    wire: Wire = "openai-chat"
    other_wires: dict[Wire, str] = {}
    regions: dict[str, dict[Wire, str]] = {}
    auth: Auth = "bearer"
    auth_by_wire: dict[Wire, Auth] = {}
    headers: dict[str, str] = {}
    key_variable: str = ""
    check_path: str = "/models"
    gateway: bool = False
    defaults: Defaults = Defaults()
    peak: PeakRow | None = None
    models: list[ModelEntry] = []

    def wires(self, region: str = "") -> dict[str, str]:
        """The base URL of each wire format in ``region``."""
        urls: dict[Wire, str] = {self.wire: self.base_url, **self.other_wires}
        return {str(k): v for k, v in (urls | self.regions.get(region, {})).items()}


class PriceFile(_Row, frozen=True):
    """One file of models/prices/: prices that stand in for those of the providers' files."""

    name: str
    source: str
    as_of: date
    models: dict[str, list[PeriodRow]]


def price_list(
    periods: Sequence[PeriodRow], peak: PeakHours | None, source: str, as_of: date
) -> PriceList:
    """The dated prices of one model, periods in any order."""
    ordered = sorted(periods, key=lambda period: period.since or date.min)
    rows: list[PriceRow] = []
    for number, period in enumerate(ordered):
        following = ordered[number + 1].since if number + 1 < len(ordered) else None
        span = (period.since, period.until or following)
        stamp = (period.source or source, period.as_of or as_of)
        rows.append(PriceRow(period.rate(), *span, 0, False, *stamp))  # noqa: FBT003
        rows.extend(
            PriceRow(tier.rate(), *span, tier.above, False, *stamp)  # noqa: FBT003
            for tier in period.tiers
        )
        if period.peak:
            rows.append(PriceRow(period.peak.rate(), *span, 0, True, *stamp))  # noqa: FBT003
    return PriceList(tuple(rows), peak)


def card(row: ModelEntry, file: ProviderFile, peak: PeakHours | None) -> ModelCard:
    """The card of one model of ``file``."""
    own = file.defaults
    minimum = row.cache_minimum_tokens
    return ModelCard(
        id=f"{file.id}/{row.id}",
        provider=file.id,
        wire_id=row.wire_id or row.id,
        wire=row.wire or file.wire,
        family=row.family or row.id,
        context_tokens=row.context_tokens,
        max_output_tokens=row.max_output_tokens,
        abilities=frozenset(own.abilities if row.abilities is None else row.abilities),
        grade=row.grade,
        token_factor=row.token_factor or own.token_factor,
        prices=price_list(row.prices, peak, file.source, file.as_of),
        shutdown=row.shutdown,
        successor=row.successor,
        cache_minimum_tokens=own.cache_minimum_tokens if minimum is None else minimum,
        quirks=(*own.quirks, *(row.quirks or ())),
    )


def read(path: Path, quirks: Iterable[str]) -> ProviderFile:
    """The provider in ``path``, checked; ``quirks`` are the names that models may use.

    Raises:
        SettingsError: with file and line.
    """
    file = load(path, ProviderFile)
    known = set(quirks)
    for wire, url in [(file.wire, file.base_url), *file.other_wires.items()]:
        where = "$.base_url" if wire == file.wire else f"$.other_wires.{wire}"
        if problem := address_problem(url.replace("{", "").replace("}", ""), own=False):
            raise mistake(path, where, f"`{url}` is no base URL: {problem}.")
    if file.check_path and not file.check_path.startswith("/"):
        raise mistake(path, "$.check_path", "must begin with a slash, or be empty.")
    for name in file.defaults.quirks:
        if name not in known:
            raise mistake(path, "$.defaults.quirks", f"there is no quirk `{name}`.")
    names: set[str] = set()
    for number, row in enumerate(file.models):
        _check_model(path, f"$.models[{number}]", file, row, quirks=known, names=names)
    return file


def _check_model(
    path: Path,
    where: str,
    file: ProviderFile,
    row: ModelEntry,
    *,
    quirks: set[str],
    names: set[str],
) -> None:
    for name in (row.id, *row.aliases):
        if not name or name in names or any(letter.isspace() for letter in name):
            raise mistake(
                path, f"{where}.id", f"`{name}` is empty, has a space or stands here twice."
            )
        names.add(name)
    for name in row.quirks or ():
        if name not in quirks:
            raise mistake(path, f"{where}.quirks", f"there is no quirk `{name}`.")
    if row.wire and row.wire not in file.wires():
        raise mistake(
            path, f"{where}.wire", f"the file gives no base URL for `{row.wire}` (other_wires)."
        )
    if any(period.peak for period in row.prices) and not file.peak:
        raise mistake(path, f"{where}.prices", "peak prices need the file's peak hours (peak).")
    for index, period in enumerate(row.prices):
        _check_period(path, f"{where}.prices[{index}]", period, row.prices)


def _check_period(path: Path, where: str, period: PeriodRow, all_periods: list[PeriodRow]) -> None:
    if sum(other.since == period.since for other in all_periods) > 1:
        raise mistake(path, where, "two periods begin on the same day.")
    if period.until and period.since and period.until <= period.since:
        raise mistake(path, f"{where}.until", "must be later than `from`.")
    for rate in [period, *period.tiers, *([period.peak] if period.peak else [])]:
        if any(isinstance(v, Decimal) and v < 0 for v in msgspec.structs.astuple(rate)):
            raise mistake(path, where, "a price cannot be negative.")
    for number, tier in enumerate(period.tiers):
        if tier.above <= 0:
            raise mistake(path, f"{where}.tiers[{number}]", "a tier needs `above` (input tokens).")


def provider(file: ProviderFile, region: str = "") -> Provider:
    """The provider that ``file`` describes, in ``region``."""
    return Provider(
        id=file.id,
        name=file.name,
        wire=file.wire,
        wires=file.wires(region),
        auth={"": file.auth} | {str(wire): auth for wire, auth in file.auth_by_wire.items()},
        headers={key.lower(): value for key, value in file.headers.items()},
        key_variable=file.key_variable,
        models=tuple(f"{file.id}/{row.id}" for row in file.models),
        check_path=file.check_path,
        gateway=file.gateway,
        regions=tuple(file.regions),
        as_of=file.as_of,
    )
