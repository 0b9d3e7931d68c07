"""Texts that come as token numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.engine.admin.token_texts import FILE, TokenTexts
from tests.support.model_files import require

HELLO = (15339, 1917)  # as tiktoken counts "hello world"


def test_the_numbers_of_openais_embedding_models_are_read() -> None:
    """To the letter; signs that are cut between tokens are whole again."""
    texts = TokenTexts(require(FILE).parents[1])
    assert texts.text(HELLO) == "hello world"
    assert texts.text([*HELLO, *HELLO]) == "hello worldhello world"


@pytest.mark.parametrize(
    "numbers", [[], [0] * 8_193, [-1], [10**9], [1, "two"], [[1]], [None], [True], [1.0]]
)
def test_other_numbers_are_no_text(numbers: list[object]) -> None:
    """Nothing is made up."""
    with pytest.raises(ValueError, match=r".+"):
        TokenTexts(require(FILE).parents[1]).text(numbers)


@pytest.mark.parametrize("content", [None, b"", b"no table"])
def test_without_the_table_it_is_said_how_to_get_it(content: bytes | None, tmp_path: Path) -> None:
    """Or what to send instead."""
    if content is not None:
        (tmp_path / FILE).parent.mkdir()
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(LocalModelError) as caught:
        TokenTexts(tmp_path).text(HELLO)
    assert "models pull cl100k" in caught.value.hint
