"""Names of models that programs ship, such as ``claude-opus-4-8``: models/families.yaml."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

import msgspec

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.datafile import data_file, load

_LONGEST: Final = 100
_WINDOW: Final = re.compile(r"\[[0-9a-z]{1,8}\]\Z", re.IGNORECASE)
_DAY: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_PIECE: Final = re.compile(r"\d+[km]?(?![a-z])|\d+|[a-z]+|[-._@]")
# What keeps major versions apart from minor ones.
_MAJOR: Final = 100
_DRAWS: Final = "image_output"

Grade = Annotated[int, msgspec.Meta(ge=1, le=3)]
Word = Annotated[str, msgspec.Meta(pattern="^[a-z]+$")]


class _Family(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The names of one vendor's models, and the grade of one that has no mark."""

    vendor: str
    heads: frozenset[Word]
    marks: dict[Word, Grade]
    grade: Grade
    words: frozenset[Word] = frozenset()


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """models/families.yaml."""

    families: tuple[_Family, ...]
    words: frozenset[Word] = frozenset()


@dataclass(frozen=True, slots=True)
class FamilyName:
    """What a name says: whose model, of which grade, and its version as major * 100 + minor.

    ``plain`` is the name without a mark such as ``[1m]``. ``version`` is None where the name says
    the newest.
    """

    typed: str
    plain: str
    vendor: str
    grade: int
    version: int | None


@dataclass(frozen=True, slots=True)
class Families:
    """All families; none where the file has not been read."""

    families: tuple[_Family, ...] = ()
    words: frozenset[str] = frozenset()

    @classmethod
    def load(cls, own: Path | None = None) -> Families:
        """The packaged families, or those of the user's own file.

        Raises:
            SettingsError: the file is not valid.
        """
        file = load(data_file("models", "families.yaml", own), _File)
        return cls(file.families, file.words)

    def read(self, typed: str) -> FamilyName | None:
        """What ``typed`` says; None where it is no family's name."""
        name = typed.strip()
        plain = _DAY.sub("", _WINDOW.sub("", name.casefold()))
        if len(name) > _LONGEST or _PIECE.sub("", plain):
            return None
        words, version = _split(plain)
        family = next((one for one in self.families if words and words[0] in one.heads), None)
        if family is None or (len(words) == 1 and version is None):
            return None
        if not {*words[1:]} <= {*family.marks, *family.words, *self.words}:
            return None
        marks = [family.marks[word] for word in words if word in family.marks]
        return FamilyName(
            name, _WINDOW.sub("", name), family.vendor, min(marks, default=family.grade), version
        )


def nearest(
    name: FamilyName,
    cards: Iterable[ModelCard],
    same_as: Mapping[str, str],
    ready: Collection[str],
    now: datetime,
) -> ModelCard | None:
    """The card that comes closest to ``name``: by grade, the vendor's own API before others that
    serve its models, by version, by price. ``ready`` are the providers that can be asked.
    """

    def distance(card: ModelCard) -> tuple[int, bool, int, Decimal]:
        version = _split(card.id.rpartition("/")[2].casefold())[1] or 0
        apart = -version if name.version is None else abs(version - name.version)
        rate = card.prices.rate(now)
        price = rate.output if rate else Decimal("inf")
        return abs(card.grade - name.grade), card.provider != name.vendor, apart, price

    offered = (
        card
        for card in cards
        if card.place is Place.CLOUD
        and _DRAWS not in card.abilities
        and name.vendor in {card.provider, same_as.get(card.id, "").partition("/")[0]}
        and card.provider in ready
        and not card.retired(now.date())
    )
    return min(offered, key=distance, default=None)


def _split(plain: str) -> tuple[list[str], int | None]:
    """The words of a name in lower case, and its version if it says one."""
    pieces = _PIECE.findall(plain)
    words = [piece for piece in pieces if piece.isalpha()]
    numbers = [int(piece) for piece in pieces if piece.isdigit() and len(piece) < 3]
    major, minor = (*numbers, 0, 0)[:2]
    return words, major * _MAJOR + minor if numbers else None
