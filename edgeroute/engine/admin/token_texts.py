"""Texts that programs send as the numbers of their tokens, as OpenAI's embedding models count."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from edgeroute.core.errors import ErrorKind, LocalModelError

NAME: Final = "cl100k"
_MOST: Final = 8_192  # what OpenAI's embedding models take
FILE: Final = f"{NAME}/cl100k_base.tiktoken.gz"


class TokenTexts:
    """Reads token numbers by the table in the folder ``models``."""

    def __init__(self, models: Path) -> None:
        self._file = models / FILE

    def text(self, numbers: Sequence[object]) -> str:
        """The text whose tokens have these ``numbers``.

        Raises:
            LocalModelError: the table is not here.
            ValueError: there are none, too many, or one that is no token's.
        """
        if not 1 <= len(numbers) <= _MOST:
            raise ValueError("none, or too many")
        try:
            pieces = [self._pieces[number] for number in numbers if type(number) is int]
        except KeyError:
            raise ValueError("no token has that number") from None
        if len(pieces) < len(numbers):
            raise ValueError("not only numbers")
        return b"".join(pieces).decode("utf-8", "replace")

    @cached_property
    def _pieces(self) -> dict[int, bytes]:
        """The bytes of each token: a line is they in base64, a blank and its number."""
        try:
            table = gzip.decompress(self._file.read_bytes()).decode("ascii")
            rows = (line.split(" ") for line in table.rstrip().split("\n"))
            return {int(number): base64.b64decode(piece) for piece, number in rows}
        except (OSError, EOFError, ValueError) as error:
            raise LocalModelError(
                "input holds token numbers, and the table that says their text is not here.",
                f"Send text (in LangChain, check_embedding_ctx_length=False), or fetch the table"
                f" with `edgeroute models pull {NAME}`.",
                kind=ErrorKind.UNKNOWN_MODEL,
            ) from error
