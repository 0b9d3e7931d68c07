# ruff: noqa: INP001, S311  (a script beside its data, which draws with a seed)
"""What coding agents read of published packages, and what is private among it.

The packages are those that the bench of agent files is developed on (every other one of its list),
never those that it reports on. Whoever is named in them is named as a maker of published work, so
that all of it is harmless. Windows that hold a fact which decides alone are left out.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from models.verdict.plants import Piece, among, between
from tests.bench.agent_files import SEED, sampled
from tests.bench.published_packages import archive, packages, texts
from tests.bench.repositories import Repository

LOOKS: Final = 4  # files of a package that are also looked at through tools
READ: Final = 18  # texts of a package that are learned from
PIECES: Final = 30  # that are put into a package


def published(
    cache: Path, written: Sequence[Piece]
) -> Iterator[tuple[str, list[str], list[tuple[str, bool]]]]:
    """Name and texts of each package: some of its files and of what tools show of a repository
    made of them; and parts of files with an invented row or one of the pieces ``written`` in
    them, each with whether it is private.

    Raises:
        FileNotFoundError: a package is not in ``cache`` and cannot be fetched.
    """
    for package in packages()[::2]:
        path = archive(package, cache)
        if path is None:
            raise FileNotFoundError(package.name)
        every = texts(path)
        # Another draw than the bench's own.
        chance = random.Random(f"{SEED} learned {package.name}")
        drawn, documents = sampled(every, chance)
        chosen = {name: every[name] for name in [*drawn, *documents]}
        few = chance.sample(drawn, min(LOOKS, len(drawn)))
        with tempfile.TemporaryDirectory() as folder:
            repository = Repository(Path(folder), chosen, chance)
            shown = [
                *repository.logs(),
                *repository.blames(few),
                *repository.greps(few),
                *repository.views(few),
            ]
        read = [*chosen.values(), *(text for _, text in shown)]
        put = [(text, True) for text in among(every[few[0]].splitlines(), chance)]
        learned = chance.sample(read, min(READ, len(read)))
        for piece in chance.sample(written, PIECES):
            lines = every[chance.choice(list(chosen))].splitlines()
            put.append((between(lines, piece.text, chance), piece.private))
        yield package.name, learned, put
