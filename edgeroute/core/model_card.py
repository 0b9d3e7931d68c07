"""What is known of a model: limits, abilities, prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from edgeroute.core.prices import PriceList


class Place(StrEnum):
    """Where a model runs, as far as privacy is concerned."""

    LOCAL = "local"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model under the id people type, such as ``anthropic/claude-haiku-4.5``.

    ``wire_id`` is the provider's own id. ``family`` names models that share a tokenizer and
    accept each other's reasoning payloads. ``grade`` ranks quality: 1 small, 2 middle, 3 best.
    ``token_factor`` scales the token estimate (1.0 is an OpenAI tokenizer).
    ``abilities`` holds words such as ``images``, ``tools``, ``json_schema``, ``reasoning``,
    ``files``, ``image_output``. ``quirks`` names functions in providers/calling/quirks.py.
    """

    id: str
    provider: str
    wire_id: str
    wire: str = "openai-chat"
    place: Place = Place.CLOUD
    family: str = ""
    context_tokens: int = 128_000
    max_output_tokens: int = 8_192
    abilities: frozenset[str] = frozenset({"tools"})
    grade: int = 2
    token_factor: float = 1.0
    prices: PriceList = field(default_factory=PriceList)
    shutdown: date | None = None
    successor: str = ""
    cache_minimum_tokens: int = 1024
    quirks: tuple[str, ...] = ()

    def retired(self, today: date) -> bool:
        """Whether the provider has shut the model down by ``today``."""
        return self.shutdown is not None and self.shutdown <= today
