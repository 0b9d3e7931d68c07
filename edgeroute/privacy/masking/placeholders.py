"""The placeholders of a conversation: the same writing of a value always has the same one.

Its type stays readable (``<PERSON_1>``). Another form of a known value shows whose it is
(``<PERSON_1_FIRST>``, ``<PERSON_1_FORM>``), and one that fits several people says so
(``<PERSON_1_OR_2_FIRST>``). Every writing has its own, so that it comes back letter by letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import astuple, dataclass
from typing import Final

import msgspec

from edgeroute.privacy.masking.folding import folded
from edgeroute.privacy.masking.shapes import shaped

LITERAL: Final = "LITERAL"  # what looks like a placeholder and is the user's own
URL: Final = "URL"
# What says nothing in another text.
_OF_THEIR_TEXT: Final = frozenset({LITERAL, URL, "SENSITIVE", "PERSONAL_RECORDS"})
_MOST_NAMED: Final = 4  # people whom one shared placeholder names
_BASE: Final = re.compile(r"[A-Z_]+_(\d+)(?:_FULL)?")
_COUNT: Final = re.compile(r"_\d+\Z")


@dataclass(frozen=True, slots=True)
class Masked:
    """A value and its placeholder. Printing it shows the placeholder only.

    ``name`` says whose it is; a placeholder that keeps the format ``shape`` does not.
    """

    placeholder: str
    type: str
    value: str
    name: str
    shape: str = ""

    def __repr__(self) -> str:
        return f"Masked({self.placeholder})"


def entry(placeholder: str, type_: str, value: str, name: str = "", shape: str = "") -> Masked:
    """An entry as it is stored; its name is what stands in the brackets, unless it is told."""
    return Masked(placeholder, type_, value, name or placeholder.strip("<>"), shape)


class MaskMap:
    """The placeholders of one conversation.

    ``dump`` holds the values: it belongs into the encrypted store and nowhere else. A placeholder
    keeps the format of a ``shape`` (see ``shaped``) where a text is found that is ``free``.
    """

    def __init__(
        self, entries: Iterable[Masked] = (), free: Callable[[str], bool] = lambda _: True
    ) -> None:
        self.free = free
        self._by_placeholder: dict[str, Masked] = {}
        self._by_writing: dict[tuple[str, str, str], Masked] = {}
        self._names: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        for known in entries:
            self._add(known)

    @classmethod
    def load(cls, data: bytes) -> MaskMap:
        """The map that ``dump`` wrote.

        Raises:
            ValueError: these bytes are no map.
        """
        try:
            rows = msgspec.json.decode(data, type=list[list[str]])
            return cls(entry(*row) for row in rows)
        except (msgspec.MsgspecError, TypeError) as error:
            raise ValueError("not a map of placeholders") from error

    def dump(self) -> bytes:
        """The map as bytes, values included."""
        return json.dumps([astuple(known) for known in self.entries]).encode()

    def __repr__(self) -> str:
        return f"MaskMap({len(self._by_placeholder)} values)"

    def __len__(self) -> int:
        return len(self._by_placeholder)

    @property
    def entries(self) -> tuple[Masked, ...]:
        """All values with their placeholders, oldest first."""
        return tuple(self._by_placeholder.values())

    def placeholder(self, type_: str, value: str, shape: str = "") -> str:
        """The placeholder of a value of its own; a new one where there is none yet."""
        known = self._by_writing.get((type_, shape, value))
        if known is not None:
            return known.placeholder
        same = next(
            (
                name
                for name, of in self._names.items()
                if of == value and (_BASE.fullmatch(name) and name.startswith(f"{type_}_"))
            ),
            "",
        )
        name = same or (self._full_name(value) if type_ == "PERSON" else "")
        number = self._numbers.get(type_, 0) + 1
        return self._new(name or f"{type_}_{number}", type_, value, shape)

    def form(self, people: Collection[str], role: str, value: str, shape: str = "") -> str:
        """The placeholder of ``value``, a form of that which the names ``people`` stand for."""
        bases = sorted(people, key=lambda base: int(base.rpartition("_")[2]))
        type_ = bases[0].rpartition("_")[0]
        if len(bases) == 1 and self._names.get(bases[0]) == value:
            return self.placeholder(type_, value, shape)
        others = [f"OR_{base.rpartition('_')[2]}" for base in bases[1:_MOST_NAMED]]
        others += ["OR_OTHERS"] if len(bases) > _MOST_NAMED else []
        wanted = "_".join([bases[0], *others, role or "FORM"])
        known = self._by_writing.get((wanted, shape, value))
        return known.placeholder if known else self._new(wanted, type_, value, shape)

    def adopt(self, other: MaskMap) -> None:
        """Take in what ``other`` knows besides; a placeholder that is taken is not given twice."""
        for known in other.entries:
            mine = self._by_placeholder.get(known.placeholder)
            if mine is None and self._names.get(known.name, known.value) == known.value:
                self._add(known)
            elif mine is None or mine.value != known.value:
                self.placeholder(known.type, known.value)

    def recognise(
        self, others: Iterable[Masked], written: str, allowed: Callable[[str], bool]
    ) -> None:
        """Take in those values of other conversations that stand in ``written``, unless they are
        ``allowed`` by now. A single name may be another one's, or a word.
        """
        for known in others:
            apart = known.type not in _OF_THEIR_TEXT and (
                known.type != "PERSON" or " " in known.value.strip()
            )
            if apart and known.value in written and not allowed(known.value):
                self.placeholder(known.type, known.value)

    def _full_name(self, value: str) -> str:
        """The name of a placeholder for the whole of one known part; empty where there is none."""
        words = folded(value).split()
        known = [
            f"{each.name}_FULL"
            for each in self.entries
            if each.type == "PERSON"
            and _COUNT.sub("", each.name) == "PERSON"
            and folded(each.value) in {words[0], words[-1]}
        ] if len(words) > 1 else []  # fmt: skip
        return known[0] if len(known) == 1 and known[0] not in self._names else ""

    def _new(self, wanted: str, type_: str, value: str, shape: str) -> str:
        name, count = wanted, 1
        while self._names.get(name, value) != value:
            count += 1
            name = f"{wanted}_{count}"
        placeholder = f"<{name}>"
        if shape:
            fits = shaped(shape, value, len(self) + 1)
            free = (text for text in fits if text not in self._by_placeholder and self.free(text))
            placeholder = next(free, placeholder)
        known = Masked(placeholder, type_, value, name, shape)
        self._add(known)
        self._by_writing[(wanted, shape, value)] = known
        return placeholder

    def _add(self, known: Masked) -> None:
        self._by_placeholder.setdefault(known.placeholder, known)
        self._names.setdefault(known.name, known.value)
        base = _BASE.fullmatch(known.name)
        for key in {_COUNT.sub("", known.name), known.type if base else known.name}:
            self._by_writing.setdefault((key, known.shape, known.value), known)
        if base is not None:
            last = self._numbers.get(known.type, 0)
            self._numbers[known.type] = max(last, int(base[1]))
