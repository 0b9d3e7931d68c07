"""A text in pieces of words as BERT's vocabularies have them: the longest that fit, from the left.

The tokenizers library does the same and keeps each vocabulary twice over, some eight megabytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from edgeroute.encoders.piece_table import PieceTable, kept_table
from edgeroute.encoders.prepared import Prepared

_KEPT: Final = "words"
_GOES_ON: Final = "##"
_UNKNOWN: Final = "[UNK]"
_LONGEST_WORD: Final = 100  # characters; a longer one is unknown
_LONGEST: Final = 24  # characters of a piece
_MOST: Final = 4_000  # words that are kept once they are cut
_MARK: Final = re.compile(r"\[(?:PAD|UNK|CLS|SEP|MASK)\]")
_PUNCTUATION: Final = r"!-/:-@\[-`{-~"
_PLAIN_WORD: Final = re.compile(rf"[a-z0-9]+|[{_PUNCTUATION}]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WHITE: Final = "\t\n\r"
_UNSEEN: Final = frozenset(("Cc", "Cf", "Co", "Cs"))
_REPLACED: Final = "\ufffd"
_HAN: Final = re.compile(
    "[\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f"
    "\U0002b920-\U0002ceaf\uf900-\ufaff\U0002f800-\U0002fa1f]"
)


class Cut(NamedTuple):
    """The pieces of a text: their numbers, where each is in the text, and of which word it is."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    word_ids: list[int]


class WordPieces:
    """Cuts texts with the vocabulary ``table``. Thread-safe."""

    def __init__(self, table: PieceTable) -> None:
        self._table = table
        self._unknown = table.get(_UNKNOWN) or 0
        self._known: dict[str, tuple[tuple[int, int], ...]] = {}

    def number(self, word: str) -> int | None:
        """The number of ``word`` where the vocabulary has all of it."""
        return self._table.get(word)

    def encode_batch(self, texts: Sequence[str], *, add_special_tokens: bool) -> list[Cut]:
        """Each of ``texts`` cut, without marks around it, as the tokenizers library would."""
        assert not add_special_tokens
        return [self.cut(text) for text in texts]

    def cut(self, text: str) -> Cut:
        """The pieces of ``text``."""
        cut = Cut([], [], [])
        if "[" not in text:
            self._between(text, 0, cut)
            return cut
        done = 0
        for mark in _MARK.finditer(text):
            self._between(text[done : mark.start()], done, cut)
            self._word(mark.group(), range(mark.start(), mark.end()), cut)
            done = mark.end()
        self._between(text[done:], done, cut)
        return cut

    def _between(self, text: str, place: int, cut: Cut) -> None:
        """Cut a part of a text that begins at ``place`` of it and holds no marks."""
        if not text.isascii() or _CONTROL.search(text):
            for word, places in _words(text, place):
                self._word(word, places, cut)
            return
        ids, offsets, word_ids = cut
        for match in _PLAIN_WORD.finditer(text.lower()):
            number = len(ids)
            first = place + match.start()
            for length, piece in self._pieces(match.group()):
                ids.append(piece)
                offsets.append((first, first + length))
                word_ids.append(number)
                first += length

    def _word(self, word: str, places: Sequence[int], cut: Cut) -> None:
        first, number = 0, len(cut.ids)
        for length, piece in self._pieces(word):
            cut.ids.append(piece)
            cut.offsets.append((places[first], places[first + length - 1] + 1))
            cut.word_ids.append(number)
            first += length

    def _pieces(self, word: str) -> tuple[tuple[int, int], ...]:
        """The pieces of one word: how many characters each has, and its number."""
        found = self._known.get(word)
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[word] = self._fitted(word)
        return found

    def _fitted(self, word: str) -> tuple[tuple[int, int], ...]:
        found = []
        first, length = 0, len(word)
        if _MARK.fullmatch(word) is None and length > _LONGEST_WORD:
            return ((length, self._unknown),)
        while first < length:
            before = _GOES_ON if first else ""
            for last in range(min(length, first + _LONGEST), first, -1):
                piece = self._table.get(before + word[first:last])
                if piece is not None:
                    found.append((last - first, piece))
                    first = last
                    break
            else:
                return ((length, self._unknown),)
        return tuple(found)


def word_pieces(file: Path, kept: Prepared) -> WordPieces:
    """What cuts texts with the vocabulary in ``file``, a ``tokenizer.json``.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds none.
        LookupError: likewise.
    """

    def words() -> dict[str, int]:
        vocabulary: dict[str, int] = json.loads(file.read_bytes())["model"]["vocab"]
        return vocabulary

    return WordPieces(kept_table(kept, _KEPT, words))


def _words(text: str, place: int) -> Iterator[tuple[str, list[int]]]:
    """The words of ``text`` and its signs, in small letters without accents, with the place of each
    of their characters; ``text`` begins at ``place``.
    """
    letters: list[str] = []
    places: list[int] = []
    for here, sign in enumerate(text, place):
        for letter in _shown(sign):
            apart = letter == " " or _is_punctuation(letter)
            if apart and letters:
                yield "".join(letters), places
                letters, places = [], []
            if not apart:
                letters.append(letter)
                places.append(here)
            elif letter != " ":
                yield letter, [here]
    if letters:
        yield "".join(letters), places


def _shown(sign: str) -> str:
    """What is read in the place of one character: itself in small letters, or nothing."""
    if sign.isascii() and sign.isalnum():
        return sign.lower()
    if sign in _WHITE:
        return " "
    if sign == _REPLACED or unicodedata.category(sign) in _UNSEEN:
        return ""
    if sign.isspace():
        return " "
    if _HAN.match(sign):
        return f" {sign} "
    parts = unicodedata.normalize("NFD", sign)
    return "".join(one.lower() for one in parts if unicodedata.category(one) != "Mn")


def _is_punctuation(letter: str) -> bool:
    if letter.isascii():
        return not letter.isalnum() and letter > " "
    return unicodedata.category(letter).startswith("P")
