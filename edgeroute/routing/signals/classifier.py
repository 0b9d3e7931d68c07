"""The task classifier: a small trained head over cues, shape, hashed words and sentence vectors.

It reads no courtesies, takes slips of the fingers back, and abstains where it is not sure. The
light head reads words and shape alone, in about a millisecond; where that is not sure and the
sentence models are there, the full head decides: by the English vector and what the other one is
like as a rule, or where that might decide otherwise, by both. Without them the light head decides
alone, and ``note`` says so.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.routing.signals import structure
from edgeroute.routing.signals.courtesies import without_courtesies
from edgeroute.routing.signals.embedding import BRIEF
from edgeroute.routing.signals.guess import Ranked
from edgeroute.routing.signals.keywords import GLANCE, Cues, glance, load_cues, words_of
from edgeroute.routing.signals.sentence_models import PIECES, SentenceModels
from edgeroute.routing.signals.thresholds import Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

# The light head decides alone from this confidence on.
SURE: Final = 0.97
# Nor does it where the prompt may be easy or hard.
_EASY: Final = 0.15
_HARD: Final = 0.75
# By the English vector alone the full head decides from this confidence on, where the prompt is
# this far from the usual bounds of easy and hard.
_SETTLED: Final = 0.85
_FAR: Final = 0.1
_BOUNDS: Final = (Thresholds().medium, Thresholds().high)
_MOST_KEPT: Final = 2_000
VECTOR_SCALE: Final = 4.0
BUCKETS: Final = 4096
_HEAD_WORDS: Final = 120
_TAIL_WORDS: Final = 40
_MOST_WORDS: Final = _HEAD_WORDS + _TAIL_WORDS
_FIRST_WORDS: Final = 3
# How people set capitals and signs at the ends of a sentence says nothing of what they ask.
_MANNERS: Final = frozenset(
    {"lower_start", "starts_capital", "ends_full_stop", "question", "asks_last"}
)
_SHAPE: Final = tuple(at for at, name in enumerate(structure.NAMES) if name not in _MANNERS)


@dataclass(frozen=True, slots=True)
class _Head:
    """``usual`` is what the vector of many languages is like as a rule."""

    dense: Array
    words: Array
    vector: Array
    usual: Array
    bias: Array
    temperature: float
    threshold: float


class TaskClassifier:
    """Names tasks and domains of texts. Thread-safe; build it with ``load``."""

    def __init__(
        self,
        heads: dict[str, _Head],
        hardness: dict[str, Array],
        labels: tuple[str, ...],
        models: Path | None,
        words: tuple[str, ...],
    ) -> None:
        self.labels: Final = labels
        self._words: Final = words
        self._heads: Final = heads
        self._hardness: Final = hardness
        self._kept: Final[dict[tuple[int, int, bool], Ranked]] = {}
        self._cues: Final[Cues] = load_cues()
        self._folder: Final = models
        self._lock: Final = threading.Lock()
        self._models: SentenceModels | None = None
        self._looked = models is None

    @classmethod
    def load(cls, models: Path | None = None) -> TaskClassifier:
        """The packaged classifier, with the sentence models of ``models`` if both are there.

        Raises:
            SettingsError: the packaged files do not belong together.
        """
        import numpy as np  # noqa: PLC0415  (a tenth of a second)

        data = stored("head.npz")
        hardness = stored("hardness.npz")
        size = dense_size(load_cues())
        heads = {name: head_of(data, name, size) for name in ("light", "full")}
        there = models is not None and SentenceModels.are_in(models)
        hard = {name: hardness[name].astype(np.float32) for name in heads}
        labels, words = (tuple(map(str, data[name])) for name in ("labels", "vocabulary"))
        return cls(heads, hard, labels, models if there else None, words)

    @property
    def note(self) -> str:
        """What is missing for the best results; empty if nothing is."""
        if self._folder is None or (self._looked and self._models is None):
            return "Tasks are told from words and shape alone: a sentence model is not there."
        return ""

    def warm(self) -> None:
        """Load what the first prompt would load."""
        self._sentence_models()

    def rank(self, text: str, *, closely: bool = True) -> Ranked:
        """All labels of ``text`` with their probabilities.

        Without ``closely`` words and shape alone are asked, in a tenth of the time. What was found
        is kept for a while: the turns of a conversation are read again with each new one.
        """
        key = hash(text), len(text), closely
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = self._rank(text, closely=closely)
        return found

    def _rank(self, text: str, *, closely: bool) -> Ranked:
        if not text.strip():
            return Ranked((("chat", 0.0),), abstains=True)
        text = without_courtesies(text)
        models = self._sentence_models() if closely else None
        if models is not None:
            text = models.mended(text)
        dense, found = self._features(text)
        head = self._heads["light"]
        odds = probabilities(scores(head, dense, found), head.temperature)
        hardness = _hardness(self._hardness["light"], dense, found, odds)
        sure = float(odds.max()) >= SURE and not _EASY < hardness < _HARD
        if models is not None and not sure:
            head = self._heads["full"]
            odds, hardness = self._fully(text, models, dense, found)
        order = odds.argsort()[::-1]
        return Ranked(
            tuple((self.labels[i], round(float(odds[i]), 3)) for i in order),
            abstains=float(odds[order[0]]) < head.threshold,
            hardness=round(hardness, 3),
        )

    def _fully(
        self, text: str, models: SentenceModels, dense: Array, found: list[int]
    ) -> tuple[Array, float]:
        """What the full head says: the probabilities of the labels, and of needing the better
        model.
        """
        import numpy as np  # noqa: PLC0415

        head, weights = self._heads["full"], self._hardness["full"]
        own = scores(head, dense, found)
        english, many = VECTOR_SCALE * models.english(text), head.usual
        while True:
            vector = np.concatenate([english, many]).astype(np.float32)
            odds = probabilities(own + vector @ head.vector, head.temperature)
            hardness = _hardness(weights, dense, found, odds, vector)
            far = min(abs(hardness - bound) for bound in _BOUNDS) >= _FAR
            if many is not head.usual or (far and float(odds.max()) >= _SETTLED):
                return odds, hardness
            many = VECTOR_SCALE * models.many(text)

    def _features(self, text: str) -> tuple[Array, list[int]]:
        import numpy as np  # noqa: PLC0415

        values, found = features_of(text, self._cues)
        return np.array(values, dtype=np.float32), found

    def _sentence_models(self) -> SentenceModels | None:
        if not self._looked:
            with self._lock:
                if not self._looked and self._folder is not None:
                    self._models = SentenceModels.load(self._folder, self._words)
                self._looked = True
        return self._models


def stored(name: str) -> dict[str, Any]:
    """What the packaged file ``name`` holds.

    Raises:
        SettingsError: it cannot be read, or was trained for other features.
    """
    import numpy as np  # noqa: PLC0415

    path = datafile.packaged("models") / "task-classifier" / name
    try:
        with np.load(path, allow_pickle=False) as archive:
            data = dict(archive)
    except (OSError, ValueError) as error:
        raise SettingsError("cannot be read.", file=str(path)) from error
    if str(data["fingerprint"]) != fingerprint():
        raise SettingsError("was trained for other cues; train it again.", file=str(path))
    return data


def fingerprint() -> str:
    """What the features depend on; a head fits only the features that it was trained on."""
    cues = datafile.packaged("models") / "task-classifier" / "cues.yaml"
    sizes = (BUCKETS, GLANCE, BRIEF, PIECES, _SHAPE)
    parts = (cues.read_bytes(), "".join(structure.NAMES).encode(), repr(sizes).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def head_of(data: dict[str, Any], name: str, dense: int) -> _Head:
    """The head ``name`` of a stored file, for so many numbers of cues and shape."""
    import numpy as np  # noqa: PLC0415

    weights = data[f"{name}_weights"].astype(np.float32)
    after = dense + BUCKETS
    return _Head(
        weights[:dense],
        weights[dense:after],
        weights[after:],
        data["usual"],
        data[f"{name}_bias"],
        float(data[f"{name}_temperature"]),
        float(data[f"{name}_threshold"]),
    )


def scores(head: _Head, dense: Array, found: list[int]) -> Array:
    """The scores of the labels by cues, shape and words."""
    total: Array = dense @ head.dense
    total += sparse_sum(found, head.words)
    total += head.bias
    return total


def probabilities(total: Array, temperature: float) -> Array:
    """The probabilities of the labels whose scores are ``total``."""
    import numpy as np  # noqa: PLC0415

    spread = np.exp((total - total.max()) / np.float32(temperature))
    odds: Array = spread / spread.sum()
    return odds


def _hardness(
    weights: Array, dense: Array, found: list[int], odds: Array, vector: Array | None = None
) -> float:
    """The probability that the better model is needed, by weights for each feature and a bias."""
    import numpy as np  # noqa: PLC0415

    ends = np.cumsum([len(dense), BUCKETS, len(odds)])
    score = float(dense @ weights[: ends[0]] + odds @ weights[ends[1] : ends[2]] + weights[-1])
    if found:
        score += float(weights[ends[0] : ends[1]][found].sum()) / len(found) ** 0.5
    if vector is not None:
        score += float(vector @ weights[ends[2] : -1])
    return float(1 / (1 + np.exp(-score)))


def features_of(text: str, cues: Cues) -> tuple[list[float], list[int]]:
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
    values += [shape[at] for at in _SHAPE]
    return values, _buckets(words)


def dense_size(cues: Cues) -> int:
    """How many numbers stand for cues and shape."""
    return 4 * len(cues.names) + len(_SHAPE)


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


def sparse_sum(found: Sequence[int], weights: Array) -> Array:
    """The scores that hashed words add, scaled so that long texts do not drown the rest."""
    if not found:
        none: Array = weights[0] * 0
        return none
    total: Array = weights[list(found)].sum(axis=0)
    total /= len(found) ** 0.5
    return total
