"""The placeholders of a conversation: the same value always has the same one.

Its type stays readable (``<PERSON_1>``), and a part of a known name shows whose it is
(``<PERSON_1_FIRST>``), where that is certain.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Masked:
    """A value and its placeholder. Printing it shows the placeholder only."""

    placeholder: str
    type: str
    value: str

    def __repr__(self) -> str:
        return f"Masked({self.placeholder})"


class MaskMap:
    """The placeholders of one conversation.

    ``dump`` holds the values: it belongs into the encrypted store and nowhere else.
    """

    def __init__(self, entries: Iterable[Masked] = ()) -> None:
        self._by_value: dict[str, Masked] = {}
        self._numbers: dict[str, int] = {}
        for entry in entries:
            self._add(entry)

    @classmethod
    def load(cls, data: bytes) -> MaskMap:
        """The map that ``dump`` wrote.

        Raises:
            ValueError: these bytes are no map.
        """
        try:
            rows = msgspec.json.decode(data, type=list[tuple[str, str, str]])
        except msgspec.MsgspecError as error:
            raise ValueError("not a map of placeholders") from error
        return cls(Masked(*row) for row in rows)

    def dump(self) -> bytes:
        """The map as bytes, values included."""
        rows = [(entry.placeholder, entry.type, entry.value) for entry in self.entries]
        return json.dumps(rows).encode()

    def __repr__(self) -> str:
        return f"MaskMap({len(self._by_value)} values)"

    def __len__(self) -> int:
        return len(self._by_value)

    @property
    def entries(self) -> tuple[Masked, ...]:
        """All values with their placeholders, oldest first."""
        return tuple(self._by_value.values())

    def placeholder(self, type_: str, value: str) -> str:
        """The placeholder of ``value``; a new one where there is none yet."""
        key = _key(value)
        known = self._by_value.get(key)
        if known is None:
            name = self._relative(key) if type_ == "PERSON" else ""
            if not name:
                number = self._numbers.get(type_, 0) + 1
                name = f"{type_}_{number}"
            known = Masked(f"<{name}>", type_, value)
            self._add(known)
        return known.placeholder

    def adopt(self, other: MaskMap) -> None:
        """Take in what ``other`` knows besides; a placeholder that is taken is not given twice."""
        for entry in other.entries:
            if _key(entry.value) in self._by_value:
                continue
            if any(known.placeholder == entry.placeholder for known in self.entries):
                self.placeholder(entry.type, entry.value)
            else:
                self._add(entry)

    def name_parts(self) -> tuple[str, ...]:
        """First and last words of known names, as they are written, if they are one person's."""
        parts: Counter[str] = Counter()
        for entry in self.entries:
            words = entry.value.split()
            if re.fullmatch(r"<PERSON_\d+>", entry.placeholder) and len(words) > 1:
                parts.update({words[0], words[-1]})
        return tuple(part for part, owners in parts.items() if owners == 1 and part[0].isupper())

    def _add(self, entry: Masked) -> None:
        self._by_value[_key(entry.value)] = entry
        number = re.search(r"_(\d+)(?:_[A-Z]+)?>$", entry.placeholder)
        if number is not None:
            last = self._numbers.get(entry.type, 0)
            self._numbers[entry.type] = max(last, int(number.group(1)))

    def _relative(self, key: str) -> str:
        """The name of a placeholder for a part of a known name, or for the whole of a known part.

        Empty where it is not certain whose it is.
        """
        words = key.split()
        found: set[str] = set()
        for known, entry in self._by_value.items():
            base = re.fullmatch(r"<(PERSON_\d+)>", entry.placeholder)
            other = known.split()
            if base is None or min(len(words), len(other)) != 1 or len(words) == len(other):
                continue
            part, whole = (words[0], other) if len(words) == 1 else (other[0], words)
            if len(part) < 2 or part not in {whole[0], whole[-1]}:
                continue
            place = "FIRST" if part == whole[0] else "LAST"
            found.add(f"{base.group(1)}_{place if len(words) == 1 else 'FULL'}")
        name = found.pop() if len(found) == 1 else ""
        taken = any(entry.placeholder == f"<{name}>" for entry in self._by_value.values())
        return "" if taken else name


def _key(value: str) -> str:
    return " ".join(value.casefold().split())
