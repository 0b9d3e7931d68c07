"""Every managed model that can be named, and the provider that serves it.

Packaged data lies in ``models/providers/`` (one file per provider) and ``models/prices/`` (price
sets that stand in for it). A user's own folder may hold the same two: a provider file there
replaces the packaged one with the same id, and all price files there apply. families.yaml there
takes the packaged one's place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from edgeroute.core.errors import SettingsError
from edgeroute.core.model_card import ModelCard, PeakHours, Place, PriceList, PriceRow, Rate
from edgeroute.datafile import load, mistake, packaged
from edgeroute.providers.catalog.families import Families
from edgeroute.providers.catalog.provider import Provider, address_problem
from edgeroute.providers.catalog.provider_file import (
    PriceFile,
    ProviderFile,
    card,
    price_list,
    provider,
    read,
)
from edgeroute.providers.catalog.quirks import QUIRKS
from edgeroute.word_lists import word_set

_CHATS = frozenset({"tools", "images", "json_schema"})
_DRAWS = frozenset({"image_output"})
_SAID: Final = {
    "vision": "images",
    "tools": "tools",
    "thinking": "reasoning",
    "json_schema": "json_schema",
    "text": "",
}


@dataclass(frozen=True, slots=True)
class CustomModel:
    """What the settings say of one model; what is empty or 0 is as it would be without.

    Prices are in USD per million tokens.
    """

    abilities: Sequence[str] = ()
    context_tokens: int = 0
    output_tokens: int = 0
    input_usd: float = 0
    output_usd: float = 0

    def of(self, card: ModelCard) -> ModelCard:
        """``card`` with what is said here."""
        able = frozenset(_SAID[word] for word in self.abilities) - {""}
        kept = card.abilities - frozenset(_SAID.values())
        rate = Rate(Decimal(str(self.input_usd)), Decimal(str(self.output_usd)))
        own = PriceList((PriceRow(rate, source="config.toml"),))
        return replace(
            card,
            abilities=kept | able if self.abilities else card.abilities,
            context_tokens=self.context_tokens or card.context_tokens,
            max_output_tokens=self.output_tokens or card.max_output_tokens,
            prices=own if self.input_usd or self.output_usd else card.prices,
        )


@dataclass(frozen=True, slots=True)
class CustomProvider:
    """A provider from the user's settings, or changes to a packaged one.

    For a packaged provider ``wire`` and ``context_tokens`` say nothing; ``models`` adds models
    (at Azure: deployments). A model that a packaged provider has under the same wire id lends its
    limits and abilities, never its prices. ``cards`` says more of models, and adds those that are
    new.
    """

    wire: str = "openai-chat"
    base_url: str = ""
    models: Sequence[str] = ()
    region: str = ""
    key_variable: str = ""
    enterprise: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    context_tokens: int = 128_000
    cards: Mapping[str, CustomModel] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All providers and model cards by id. Build it with ``load``."""

    providers: Mapping[str, Provider]
    cards: Mapping[str, ModelCard]
    aliases: Mapping[str, str] = field(default_factory=dict)
    same_as: Mapping[str, str] = field(default_factory=dict)
    families: Families = field(default_factory=Families)

    @classmethod
    def load(
        cls,
        own: Path | None = None,
        custom: Mapping[str, CustomProvider] | None = None,
        *,
        prices: str = "",
    ) -> Catalog:
        """The packaged providers, the user's files under ``own`` and the settings' ``custom`` ones.

        ``prices`` names a packaged price set, such as ``seed``, to calculate with.

        Raises:
            SettingsError: with file and line, or naming the setting.
        """
        custom = custom or {}
        draft = _Draft()
        for path, file in _files(own).values():
            draft.add(path, file, custom.get(file.id))
        for identifier, settings in custom.items():
            draft.customise(identifier, settings)
        sets = [packaged("models") / "prices" / f"{prices}.yaml"] if prices else []
        if own is not None:
            sets += sorted((own / "prices").glob("*.yaml"))
        for path in sets:
            draft.reprice(path)
        return draft.catalog(Families.load(own))

    def card(self, name: str) -> ModelCard | None:
        """The model called ``name``: a friendly id, an alias, or the provider's own id.

        Case counts only between two ids that differ in nothing else.
        """
        plain = name.casefold()
        found = self.cards.get(name) or self.cards.get(self.aliases.get(plain, ""))
        return found or next((c for id_, c in self.cards.items() if id_.casefold() == plain), None)

    def provider(self, identifier: str) -> Provider | None:
        """The provider with this id."""
        return self.providers.get(identifier)

    def at(self, identifier: str, model: str) -> ModelCard | None:
        """The card under which provider ``identifier`` serves the same weights as ``model``."""
        asked = self.card(model)
        if asked is None or asked.provider == identifier:
            return asked
        original = self.same_as.get(asked.id, asked.id)
        return next(
            (
                card
                for card in self.cards.values()
                if card.provider == identifier
                and original in {card.id, self.same_as.get(card.id, "")}
            ),
            None,
        )


def _files(own: Path | None) -> dict[str, tuple[Path, ProviderFile]]:
    """Provider files by id, the user's own in place of the packaged ones."""
    found: dict[str, tuple[Path, ProviderFile]] = {}
    for folder in (packaged("models"), own):
        here: dict[str, tuple[Path, ProviderFile]] = {}
        for path in sorted((folder / "providers").glob("*.yaml")) if folder else ():
            file = read(path, QUIRKS)
            if file.id in here:
                raise mistake(path, "$.id", f"{here[file.id][0].name} has this id already.")
            here[file.id] = (path, file)
        found |= here
    return found


class _Draft:
    """A catalog in the making."""

    def __init__(self) -> None:
        self.providers: dict[str, Provider] = {}
        self.cards: dict[str, ModelCard] = {}
        self.same_as: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        self._peaks: dict[str, PeakHours | None] = {}

    def add(self, path: Path, file: ProviderFile, settings: CustomProvider | None) -> None:
        """Add the provider of one file."""
        region = settings.region if settings else ""
        if region and region not in file.regions:
            known = ", ".join(file.regions) or "none"
            raise SettingsError(
                f"providers.{file.id}.region: {file.name} has no region `{region}`.",
                hint=f"Known regions: {known}.",
            )
        peak = file.peak.hours() if file.peak else None
        self.providers[file.id] = provider(file, region)
        self._peaks[file.id] = peak
        siblings = {row.id for row in file.models}
        for number, row in enumerate(file.models):
            made = card(row, file, peak)
            if row.successor:
                if row.successor not in siblings:
                    where = f"$.models[{number}].successor"
                    raise mistake(path, where, f"this file has no model `{row.successor}`.")
                made = replace(made, successor=f"{file.id}/{row.successor}")
            if row.same_as:
                self.same_as[made.id] = row.same_as
            bare = () if file.gateway else (made.wire_id, row.id, *row.aliases)
            own = (f"{file.id}/{name}" for name in (made.wire_id, *row.aliases))
            self._put(made, (*own, *bare))

    def customise(self, identifier: str, settings: CustomProvider) -> None:
        """Add a provider of the user's own, or change a packaged one."""
        where = f"providers.{identifier}"
        known = self.providers.get(identifier)
        if known is None and not settings.base_url:
            raise SettingsError(
                f"{where}: there is no packaged provider of this name, so it needs `base_url`.",
                hint=f"Packaged providers: {', '.join(sorted(self.providers))}.",
            )
        if settings.base_url and (problem := address_problem(settings.base_url, own=True)):
            raise SettingsError(f"{where}.base_url: {problem}.")
        ours = word_set("requests.headers_of_ours")
        if bad := ours & {name.lower() for name in settings.headers}:
            raise SettingsError(
                f"{where}.headers: `{min(bad)}` is set by EdgeRoute itself.",
                hint="Store a key with `edgeroute keys set`.",
            )
        if known is None:
            anthropic = settings.wire == "anthropic-messages"
            known = Provider(
                id=identifier,
                name=identifier,
                wire=settings.wire,
                wires={settings.wire: settings.base_url.rstrip("/")},
                auth={"": "x-api-key" if anthropic else "bearer"},
                headers={"anthropic-version": "2023-06-01"} if anthropic else {},
                own=True,
            )
        elif settings.base_url:
            url = settings.base_url.rstrip("/")
            known = replace(known, wires=dict.fromkeys(known.wires, url), own=True)
        said = {name.removeprefix(f"{identifier}/"): one for name, one in settings.cards.items()}
        new = [self._custom_card(known, name, settings) for name in (*settings.models, *said)]
        new = [said[made.wire_id].of(made) if made.wire_id in said else made for made in new]
        for made in new:
            self._put(made, ())
        self.providers[identifier] = replace(
            known,
            headers={**known.headers, **{k.lower(): v for k, v in settings.headers.items()}},
            key_variable=settings.key_variable or known.key_variable,
            enterprise=settings.enterprise,
            models=tuple(dict.fromkeys([*known.models, *(made.id for made in new)])),
        )

    def _custom_card(self, owner: Provider, name: str, settings: CustomProvider) -> ModelCard:
        wire_id = name.removeprefix(f"{owner.id}/")
        known = self.cards.get(f"{owner.id}/{wire_id}")
        if known is not None:
            return known
        plain = ModelCard(
            id=f"{owner.id}/{wire_id}",
            provider=owner.id,
            wire_id=wire_id,
            wire=owner.wire,
            place=Place.CLOUD,
            family=wire_id,
            context_tokens=settings.context_tokens,
            abilities=_DRAWS if owner.wire == "openai-images" else _CHATS,
        )
        like = self.cards.get(next(iter(self._names.get(wire_id.casefold(), ())), ""))
        if like is None:
            return plain
        return replace(
            plain,
            family=like.family,
            context_tokens=like.context_tokens,
            max_output_tokens=like.max_output_tokens,
            abilities=like.abilities,
            grade=like.grade,
            token_factor=like.token_factor,
            cache_minimum_tokens=like.cache_minimum_tokens,
            quirks=like.quirks if like.wire == owner.wire else (),
        )

    def reprice(self, path: Path) -> None:
        """Put the prices of one price file in place of the providers' own."""
        file = load(path, PriceFile)
        for name, periods in file.models.items():
            found = self.cards.get(name)
            if found is None:
                raise mistake(path, f"$.models.{name}", f"there is no model `{name}`.")
            prices = price_list(periods, self._peaks.get(found.provider), file.source, file.as_of)
            self.cards[name] = replace(found, prices=prices)

    def _put(self, made: ModelCard, names: Iterable[str]) -> None:
        self.cards[made.id] = made
        for name in names:
            self._names.setdefault(name.casefold(), []).append(made.id)

    def _aliases(self) -> Iterator[tuple[str, str]]:
        for name, owners in self._names.items():
            if len(set(owners)) == 1 and name not in self.cards:
                yield name, owners[0]

    def catalog(self, families: Families) -> Catalog:
        """The finished catalog. A bare name that several providers use stands for none of them."""
        return Catalog(self.providers, self.cards, dict(self._aliases()), self.same_as, families)
