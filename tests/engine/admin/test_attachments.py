"""What the dialog says of an attached file is what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.messages import File, Image, Message, Text
from edgeroute.core.model_card import Place
from edgeroute.engine.admin.attachments import attachments_in_words
from tests.support.house import house
from tests.support.replies import PNG

NOTE = File("note.txt", "text/plain", b"A hash table keeps pairs.")


@pytest.mark.parametrize("stays", [False, True])
async def test_the_words_are_true_of_a_file(tmp_path: Path, *, stays: bool) -> None:
    """Under the packaged rules a harmless one may leave; with `attachments_private` none does."""
    rules = {"privacy.yaml": f"names: 'off'\nattachments_private: {str(stays).lower()}\n"}
    async with house(tmp_path, rules=rules) as home:
        words = home.runtime.admin.attachments
        seen = await home.ask([Message("user", (Text("Explain this."), NOTE))])
        assert (seen.receipt.route is Place.LOCAL) is stays
        assert ("Every attached file stays" in words) is stays
        assert ("leaves with the message" in words) is not stays


async def test_the_words_are_true_of_a_picture(tmp_path: Path) -> None:
    """What is not read stays here, and the words say so."""
    async with house(tmp_path) as home:
        picture = Image("image/png", PNG)
        seen = await home.ask([Message("user", (Text("Explain this."), picture))])
        assert seen.receipt.route is not Place.CLOUD
        assert "Pictures are not read" in home.runtime.admin.attachments


def test_read_pictures_are_told() -> None:
    """They are judged by the text in them."""
    assert "in a picture is read" in attachments_in_words(all_stay=False, pictures_read=True)
