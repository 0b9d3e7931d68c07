"""Whether a window is worth reading at all: the first and cheapest look at it.

A small network over the model's table of pieces of words, three neighbours at a time, of which the
strongest and the mean count (Kim 2014, "Convolutional neural networks for sentence
classification"), and over what the text looks like. models/verdict/skim.py teaches it what the
scale says of windows; it is set so that hardly one of those that tell something is passed over. It
costs a twentieth of what the names model and the sentence model do.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from edgeroute import datafile
from edgeroute.encoders.result_cache import ResultCache, digest
from edgeroute.privacy.detecting.weighing.evidence import GROUPS, form_of, group_of
from edgeroute.privacy.detecting.weighing.scale import FOLDER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgeroute.encoders.sentences import SentenceEncoder

    Array = NDArray[np.float32]

FILE: Final = "skim.npz"
PUBLISHED: Final = "published"
KINDS: Final = (*GROUPS, PUBLISHED)


class Skim:
    """Looks at windows with the table of ``model``. Thread-safe."""

    def __init__(self, model: SentenceEncoder) -> None:
        self._model = model
        self._known: ResultCache[bool] = ResultCache()

    def may_tell(self, text: str, *, published: bool = False) -> bool:
        """Whether ``text`` may tell something of somebody; ``published`` says that it is of a
        repository.
        """
        key = digest(text, bytes([published]))
        known = self._known.get(key)
        if known is None:
            known = self._known.put(key, self._told(text, published=published))
        return known

    @cached_property
    def _numbers(self) -> dict[str, Array]:
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only

        with numpy.load(datafile.packaged("models") / FOLDER / FILE, allow_pickle=False) as file:
            return {name: file[name].astype(numpy.float32) for name in file}

    def _told(self, text: str, *, published: bool) -> bool:
        import numpy  # noqa: ICN001, PLC0415

        rows, kind = self._model.looked_up(text), kind_of(text, published=published)
        if not len(rows):
            return False
        numbers = self._numbers
        width = len(numbers["bias"])
        seen = rows @ numbers["near"]
        hidden = seen[:, width : 2 * width] + numbers["bias"]
        hidden[1:] += seen[:-1, :width]
        hidden[:-1] += seen[1:, 2 * width :]
        numpy.maximum(hidden, 0, out=hidden)
        form = numpy.array(list(form_of(text).values()), numpy.float32)
        given = numpy.concatenate([hidden.max(axis=0), hidden.mean(axis=0), form])
        inner = numpy.maximum(given @ numbers["first"] + numbers["first_bias"], 0)
        return float(inner @ numbers["second"]) > float(numbers["least"][KINDS.index(kind)])


def kind_of(text: str, *, published: bool) -> str:
    """What kind of text it is, each of which has a bound of its own."""
    return PUBLISHED if published else group_of(text)
