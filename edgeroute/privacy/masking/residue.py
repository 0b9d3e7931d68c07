"""Whether a masked request still says one of the values that were masked, in whatever writing.

Masking replaces values where it finds them. A value may also stand where nothing can be replaced (a
tool's name, a key of a schema, a provider's own JSON) or be written in another way (joined, spaced,
percent-encoded, base64). There a detector may see nothing personal, but the value is known by now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from edgeroute.core.request import ChatRequest
from edgeroute.privacy.detecting.text.decoding import all_readings
from edgeroute.privacy.detecting.text.normalise import normalise
from edgeroute.privacy.inspecting import attachments
from edgeroute.privacy.inspecting.passages import contents
from edgeroute.privacy.masking.forms import KnownForms

_SHORTEST: Final = 6  # letters and digits of a value that is looked for inside other words too
_APART: Final = re.compile(r"[\W_]+")


def remains(
    request: ChatRequest,
    values: Iterable[str],
    forms: KnownForms,
    placeholders: re.Pattern[str],
) -> bool:
    """Whether ``request`` says one of ``values`` anywhere but inside ``placeholders``.

    No form of them that ``forms`` finds may stand there either.

    Raises:
        ValueError: a schema or an argument is nested too deeply, or too much of it is coded.
        UnreadableFile: an attachment cannot be read.
    """
    bare = {_bare(normalise(value).text) for value in values}
    long = sorted(map(re.escape, (value for value in bare if len(value) >= _SHORTEST)))
    inside = re.compile("|".join(long) or r"(?!)")
    return any(
        inside.search(_bare(piece)) or forms.find(piece)
        for text in _texts(request)
        for reading, _ in all_readings(text)
        for piece in placeholders.split(reading)
    )


def _texts(request: ChatRequest) -> Iterator[str]:
    found = contents(request)
    for passage in found.passages:
        yield passage.text
    for part in found.attachments:
        if part.kind == "file":
            yield attachments.text_of(part.media_type, part.data)


def _bare(text: str) -> str:
    """Letters and digits only, without case."""
    return _APART.sub("", text).casefold()
