"""The official OpenAI and Anthropic libraries, as they come, while providers fail: how often the
failing provider is asked, and what the caller's own code sees. docs/clients.md has the table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.faults.chaos import TEXT
from tests.faults.sdk_matrix import ASKING, OTHER, SILENT, faults, measured, table

# What the caller is to blame for, and what it is told, by either library.
BLAMED: Final = {
    "400": ("BadRequestError", "BadRequestError"),
    "413": ("APIStatusError", "ContentTooLargeError"),
    "422": ("UnprocessableEntityError", "UnprocessableEntityError"),
}
LASTING: Final = ("401", "402", "403", "404")
WHOLE: Final = "a stream without its last mark"
DOWN: Final = ("InternalServerError", "ServiceUnavailableError")
LIMITED: Final = "RateLimitError"
CUT: Final = ("APIError after words", "APIStatusError after words")
# A connection that breaks may have been an old one, and a silence may fall before the request.
UNSURE: Final = (*SILENT, "hangs up before any byte", "breaks the connection before any byte")


def calls(name: str, *, others: bool, cut: bool) -> range:
    """How often the provider that fails may be asked, the libraries' own retries included."""
    if name in BLAMED or name in LASTING or name == WHOLE or cut:
        return range(1, 2)
    if name.startswith("429"):
        # As long as it asked for, nobody asks it again; then a retry of the library does.
        alone = range(1, 2) if name == "429 for an hour" else range(3, 5)
        return range(1, 2) if others else alone
    most = (1 if name in SILENT else 2) if others else 3
    return range(0 if name in UNSURE else most, most + 1)


def seen(name: str, *, others: bool, cut: bool, library: int) -> str:
    """What the code of the caller sees."""
    if name in BLAMED:
        return BLAMED[name][library]
    if name == WHOLE:
        return TEXT
    if cut:
        return CUT[library]
    if others:
        return OTHER
    return LIMITED if name.startswith("429") else DOWN[library]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("others", [False, True], ids=["one provider", "two providers"])
async def test_each_fault_has_its_number_of_calls_and_its_error(
    tmp_path: Path, *, others: bool
) -> None:
    """What the caller is to blame for, and what waiting does not mend, is asked once; what a second
    provider can answer is answered; words that were shown are never followed by another model's.
    """
    rows = await measured(tmp_path, others=others)
    print(table(rows))  # noqa: T201 - the table, with `pytest -s`
    assert list(rows) == list(faults())
    for name, cells in rows.items():
        for (number, said), who in zip(cells, ASKING, strict=True):
            # A silence that fell before the request showed no words.
            cut = "mid-answer" in name and who.endswith("streamed") and number > 0
            library = int(who.startswith("anthropic"))
            assert said == seen(name, others=others, cut=cut, library=library), (name, who)
            assert number in calls(name, others=others, cut=cut), (name, who, number)
