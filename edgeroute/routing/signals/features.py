"""A text as numbers for the task classifier: cues, shape, hashed words, and perhaps a vector."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from edgeroute.routing.signals import structure
from edgeroute.routing.signals.keywords import Cues, glance, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUCKETS: Final = 4096
_HEAD_WORDS: Final = 120
_TAIL_WORDS: Final = 40
_MOST_WORDS: Final = _HEAD_WORDS + _TAIL_WORDS
_FIRST_WORDS: Final = 3


def read(text: str, cues: Cues) -> tuple[list[float], list[int]]:
    """Cues and shape as numbers, and the buckets of the words.

    Each cue counts once for occurring, once more for occurring often, and once for occurring in
    the first or the last sentence. Of the words and the pairs of words, the first and the last
    ones count apart.
    """
    text = text.strip()
    part = glance(text)
    words = words_of(part)
    hits = cues.hits_of(words, part)
    edges = cues.hits(_edges(text))
    shape = structure.shape(text, words)
    code = shape[structure.NAMES.index("code_share")]
    values = [float(hit > 0) for hit in hits]
    values += [min(1.0, hit / 4) for hit in hits]
    values += [float(hit > 0) for hit in edges]
    # What a cue means depends on whether there is code beside it.
    values += [float(hit > 0) * code for hit in edges]
    values += shape
    return values, _buckets(words)


def dense_size(cues: Cues) -> int:
    """How many numbers stand for cues and shape."""
    return 4 * len(cues.names) + len(structure.NAMES)


def _buckets(words: list[str]) -> list[int]:
    words = words if len(words) <= _MOST_WORDS else words[:_HEAD_WORDS] + words[-_TAIL_WORDS:]
    found = {_bucket("w", word) for word in words}
    found |= {_bucket("p", f"{a} {b}") for a, b in itertools.pairwise(words)}
    found |= {_bucket("f", word) for word in words[:_FIRST_WORDS]}
    found.add(_bucket("s", " ".join(words[:2])))
    return sorted(found)


def _bucket(kind: str, word: str) -> int:
    return zlib.crc32(f"{kind}{word}".encode()) % BUCKETS


def _edges(text: str) -> str:
    """The first and the last line that say something, where they are short enough to be an ask."""
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()]
    if not lines:
        return ""
    first, last = lines[0][:200], lines[-1][-200:]
    return first if len(lines) == 1 else f"{first}\n{last}"


def sparse_sum(found: Sequence[int], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The scores that hashed words add, scaled so that long texts do not drown the rest."""
    if not found:
        none: NDArray[np.float32] = weights[0] * 0
        return none
    total: NDArray[np.float32] = weights[list(found)].sum(axis=0)
    total /= len(found) ** 0.5
    return total
