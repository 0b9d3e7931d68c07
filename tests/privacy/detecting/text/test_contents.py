"""What is packed inside a text is read, or holds it."""

from __future__ import annotations

import gzip

import pytest

from edgeroute.privacy.detecting.text.contents import Unread, said


def packed(*words: bytes) -> bytes:
    """The description of a file of messages, as a generated program holds it."""
    named = b"\n\x12shelf/v1/api.proto\x12\x08shelf.v1"
    return gzip.compress(named + b"".join(b"\x22\x14\n" + bytes([len(w)]) + w for w in words))


def test_the_words_of_a_description_are_read() -> None:
    """What names and comments of messages say is text as any other."""
    text = said(packed(b"LendRequest", b"ask mara@ostrowski.dev", "島の図書室".encode()))
    assert text is not None
    for words in ("LendRequest", "mara@ostrowski.dev", "島の図書室"):
        assert words in text


@pytest.mark.parametrize(
    "data",
    [
        b"\n\x12shelf/v1/api.txt\x12\x08" + bytes(range(200)),
        bytes(range(128, 256)) * 3,
        b"\n\x12shelf/v1/api.proto\x12\x08" + "Mara Ostrowski, ill since May".encode("utf-16-be"),
    ],
)
def test_other_packed_data_holds(data: bytes) -> None:
    """It may say anything."""
    with pytest.raises(Unread, match="compressed"):
        said(gzip.compress(data))
