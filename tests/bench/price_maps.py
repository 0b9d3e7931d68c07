# ruff: noqa: T201 - it prints its list
"""Where the catalog differs from two public price maps: the list for the next review.

    pip download --no-deps genai-prices litellm
    python -m tests.bench.price_maps genai_prices-*.whl litellm-*.whl > differences.md

Only facts are read from the wheels: nothing in them is run. A difference is a question, not a
mistake: the maps err too, and the provider's own page decides.
"""

from __future__ import annotations

import argparse
import ast
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.providers.catalog.catalog import Catalog

MILLION = Decimal(1_000_000)
SHOWN = ("input", "output", "cache_read")
# How the maps call our providers, where they call them otherwise.
LITELLM = {
    "together": "together_ai", "alibaba": "dashscope", "fireworks": "fireworks_ai",
}  # fmt: skip
GENAI = {"gemini": "google", "moonshot": "moonshotai", "xai": "x-ai", "zai": "z-ai"}


@dataclass(frozen=True, slots=True)
class Priced:
    """What a map says of a model: USD per million tokens, and when it ends."""

    prices: Mapping[str, Decimal]
    ends: date | None = None


def litellm(wheel: Path) -> dict[str, Priced]:
    """LiteLLM's map, by its own names."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(
            n for n in archive.namelist() if n.endswith("prices_and_context_window_backup.json")
        )
        rows = json.loads(archive.read(name), parse_float=Decimal)
    fields = {
        "input": "input_cost_per_token",
        "output": "output_cost_per_token",
        "cache_read": "cache_read_input_token_cost",
    }
    found = {}
    rows.pop("sample_spec", None)
    for model, row in rows.items():
        prices = {ours: Decimal(row[own]) * MILLION for ours, own in fields.items() if row.get(own)}
        ends = row.get("deprecation_date")
        found[model] = Priced(prices, date.fromisoformat(ends) if ends else None)
    return found


def genai_prices(wheel: Path) -> dict[str, Priced]:
    """The map of genai-prices, by ``provider/model``: plain prices only."""
    with zipfile.ZipFile(wheel) as archive:
        tree = ast.parse(archive.read("genai_prices/data.py"))
    found = {}
    for provider in _calls(tree, "Provider"):
        for model in _calls(provider, "ModelInfo"):
            prices = next(iter(_calls(model, "ModelPrice")), None)
            if prices is not None:
                name = f"{_text(provider, 'id')}/{_text(model, 'id')}"
                found[name] = Priced(dict(_amounts(prices)))
    return found


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
            yield node


def _text(call: ast.Call, name: str) -> str:
    values = (k.value for k in call.keywords if k.arg == name)
    return next((str(v.value) for v in values if isinstance(v, ast.Constant)), "")


def _amounts(call: ast.Call) -> Iterator[tuple[str, Decimal]]:
    names = {"input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read"}
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg in names and isinstance(value, ast.Call) and value.args:
            first = value.args[0]
            if isinstance(first, ast.Constant):
                yield names[keyword.arg], Decimal(str(first.value))


def names_in(card: ModelCard, map_name: str) -> list[str]:
    """How the map may call the model."""
    plain = card.wire_id.rpartition("/")[2]
    if map_name == "genai-prices":
        provider = GENAI.get(card.provider, card.provider)
        return [f"{provider}/{card.wire_id}", f"{provider}/{plain}"]
    provider = LITELLM.get(card.provider, card.provider)
    whole = f"fireworks_ai/accounts/fireworks/models/{plain}"
    return [card.wire_id, f"{provider}/{card.wire_id}", f"{provider}/{plain}", whole]


def differences(card: ModelCard, said: Priced, now: datetime) -> Iterator[str]:
    """What ``said`` says otherwise of the model, in words."""
    rate = card.prices.rate(now)
    for name in SHOWN:
        own = getattr(rate, name) if rate else None
        other = said.prices.get(name)
        if own is not None and other is not None and own != other:
            yield f"{name} {own.normalize():f} here, {other.normalize():f} there"
    if said.ends and card.shutdown != said.ends:
        own_end = f"{card.shutdown}" if card.shutdown else "no end"
        yield f"{own_end} here, ends {said.ends} there"


def report(catalog: Catalog, maps: Mapping[str, Mapping[str, Priced]], now: datetime) -> list[str]:
    """The list, a line for each difference; then how many models each map knows."""
    lines = []
    known = dict.fromkeys(maps, 0)
    for card in catalog.cards.values():
        if card.place is Place.LOCAL or card.provider == "openrouter":
            continue
        for name, rows in maps.items():
            said = next((rows[key] for key in names_in(card, name) if key in rows), None)
            known[name] += said is not None
            lines += (
                [f"- {card.id} ({name}): {text}" for text in differences(card, said, now)]
                if said
                else []
            )
        if card.retired(now.date()):
            lines.append(f"- {card.id}: shut down on {card.shutdown}")
    lines += [
        f"\n{name} knows {count} of {len(catalog.cards)} models." for name, count in known.items()
    ]
    return lines


def main() -> None:
    """Print the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genai_wheel", type=Path)
    parser.add_argument("litellm_wheel", type=Path)
    options = parser.parse_args()
    maps = {
        "genai-prices": genai_prices(options.genai_wheel),
        "LiteLLM": litellm(options.litellm_wheel),
    }
    now = datetime.now(UTC)
    print(f"# Price differences, {now:%d %B %Y}\n")
    print("\n".join(report(Catalog.load(), maps, now)))


if __name__ == "__main__":
    main()
