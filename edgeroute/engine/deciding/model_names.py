"""Names of models as people and programs type them, and the one name the engine knows each by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from edgeroute.core.display import safe_line
from edgeroute.core.errors import UnknownModel
from edgeroute.core.names import meant
from edgeroute.core.names import nearest as nearest_names

if TYPE_CHECKING:
    from edgeroute.core.model_card import ModelCard
    from edgeroute.core.request import ChatRequest
    from edgeroute.local.backends.backend import LocalBackend
    from edgeroute.providers.catalog.catalog import Catalog
    from edgeroute.providers.catalog.families import FamilyName

AUTO: Final = "auto"
LOCAL: Final = "local"
WORDS: Final = (AUTO, LOCAL, "cascade", "ensemble")
_LISTED: Final = (
    "`GET /v1/models` lists every name, `edgeroute models list` those of local models; `auto` lets"
    " the rules choose."
)
_LONGEST: Final = 100


def canonical(typed: str, catalog: Catalog, here: Mapping[str, str]) -> str:
    """The name that ``typed`` stands for: one of ``WORDS``, or a model's id.

    Case and blanks around a part do not count. What begins with ``local`` means this machine,
    whatever the catalog holds. ``here`` maps the names of this machine's models to what they stand
    for.

    Raises:
        UnknownModel: it stands for nothing; with the nearest name.
    """
    asked = "/".join(part.strip() for part in typed.split("/"))
    plain = asked.casefold()
    if plain in {"", *WORDS}:
        return plain or AUTO
    first, _, rest = plain.partition("/")
    if first == LOCAL:
        return _on_this_machine(asked, rest, here)
    card = catalog.card(asked)
    if card is None:
        raise _unknown(asked, [*WORDS, *here.values(), *catalog.cards], catalog.aliases)
    return card.id


def named(typed: str, catalog: Catalog, here: Mapping[str, str]) -> tuple[str, FamilyName | None]:
    """The name that ``typed`` stands for, and what it says as a family's.

    A name that only a family knows comes back as it is: which model it means depends on the keys.

    Raises:
        UnknownModel: it stands for nothing; with the nearest name.
    """
    family = catalog.families.read(typed)
    try:
        return canonical(family.plain if family else typed, catalog, here), family
    except UnknownModel:
        if family is None:
            raise
        return family.typed, family


def nearest(
    family: FamilyName,
    cards: Iterable[ModelCard],
    catalog: Catalog,
    ready: Collection[str],
    now: datetime,
) -> ModelCard | None:
    """The one of ``cards`` that a family's name stands for where ``ready`` can be asked."""
    from edgeroute.providers.catalog import families  # noqa: PLC0415

    return families.nearest(family, cards, catalog.same_as, ready, now)


def names_here(backend: LocalBackend) -> dict[str, str]:
    """The names of this machine's models; the server's own name goes on meaning whatever it has."""
    cards = (backend.card, *backend.cards())
    return {f"{LOCAL}/{backend.name}": LOCAL} | {card.id: card.id for card in cards}


def without_key(asked: str, provider: str, catalog: Catalog) -> UnknownModel:
    """The error about the model ``asked``, whose ``provider`` cannot be asked."""
    found = catalog.provider(provider)
    name = safe_line(found.name if found else provider, _LONGEST)
    why, hint = f"there is no key for {name}", f"`edgeroute keys set {provider}` adds one"
    if found is not None and not found.ready:
        why = f"{name} needs an address of your own"
        hint = f"`edgeroute config set providers.{provider}.base_url ...` sets it"
    return UnknownModel(
        f"`{safe_line(asked, _LONGEST)}` cannot be asked: {why}.",
        f"{hint}; `local` and `auto` need none.",
    )


def not_offered(asked: str) -> UnknownModel:
    """The error about a family's name that stands for no model here."""
    return UnknownModel(f"There is no model like `{safe_line(asked, _LONGEST)}` here.", _LISTED)


def _on_this_machine(asked: str, rest: str, here: Mapping[str, str]) -> str:
    if rest in {"", AUTO, LOCAL}:
        return LOCAL
    by_name = {name.casefold(): meant for name, meant in here.items()}
    found = here.get(asked) or by_name.get(f"{LOCAL}/{rest}")
    if found is None:
        known = " or ".join(f"`{safe_line(id_, _LONGEST)}`" for id_ in here.values())
        raise UnknownModel(
            f"There is no model `{safe_line(asked, _LONGEST)}` on this machine.",
            f"Ask for {known}. `edgeroute models list` shows which others can be fetched.",
        )
    return found


def _unknown(asked: str, ids: Iterable[str], aliases: Mapping[str, str]) -> UnknownModel:
    spelled = dict(aliases)
    for id_ in ids:
        spelled.setdefault(id_.rpartition("/")[2].casefold(), id_)
        spelled[id_.casefold()] = id_
    shown = safe_line(asked, _LONGEST)
    near = dict.fromkeys(spelled[name] for name in nearest_names(asked, spelled))
    return UnknownModel(f"There is no model `{shown}`.{meant(near)}", _LISTED)


def reachable(
    request: ChatRequest,
    family: FamilyName | None,
    catalog: Catalog,
    ready: Callable[[], Collection[str]],
    now: Callable[[], datetime],
) -> tuple[ChatRequest, str]:
    """``request`` for a model whose provider can be asked, and a sentence where that is not the one
    that was named. ``ready`` gives the providers that can be asked.

    Raises:
        UnknownModel: there is no key for it.
    """
    card, client = catalog.card(request.model), request.client
    vendor = card.provider if card else family.vendor if family else ""
    able = ready() if vendor else ()
    if not vendor or (card is not None and vendor in able):
        return request, ""
    if family is None:
        raise without_key(request.model, vendor, catalog)
    cards = [c for c in catalog.cards.values() if client is None or client.allows(c.id)]
    found = nearest(family, cards, catalog, able, now())
    if found is None and vendor not in able:
        raise without_key(family.typed, vendor, catalog)
    if found is None:
        raise not_offered(family.typed)
    shown = found.id.removeprefix(f"{family.vendor}/")
    instead = f"{family.typed} is not offered here; {shown} is the nearest."
    return replace(request, model=found.id), instead
