# ruff: noqa: T201 - it prints what it finds
"""How many small faults the tests notice: ``python -m tests.mutation.mutants --seed 1``.

Draws mutants of core, engine, boundary, and of privacy's gate and inspector. Each is put into a
copy of the tree, alone, and meets the tests that run its lines, up to the first that fails; one
that takes too long counts as noticed. Prints the share that is noticed, room by room, and each
mutant that is not, with file, line and difference; when interrupted, of those that were tried.

Needs the extra ``test``. Which tests run which lines is learned first and kept in ``--work``;
delete that folder when tests or code have changed. Not part of CI: 300 mutants take an hour.
mutmut makes the mutants, but does not run them: its runner takes them all, changes the process in
which the tests run, and knows nothing of tests that start processes of their own.
"""

from __future__ import annotations

import argparse
import compileall
import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutation.mutations import Mutation, mutations

ROOT: Final = Path(__file__).resolve().parents[2]
FILES: Final = (
    "core/**/*.py",
    "boundary/**/*.py",
    "engine/**/*.py",
    "privacy/gate.py",
    "privacy/inspecting/inspector.py",
)
TESTS: Final = (
    "tests/core",
    "tests/boundary",
    "tests/engine",
    "tests/privacy/test_gate.py",
    "tests/privacy/inspecting",
    "tests/privacy/test_room.py",
)
_COPIED: Final = ("edgeroute", "tests", "models", "rules", "packaging")
_OPTIONS: Final = (
    *("-q", "-x", "--no-header", "-p", "no:randomly", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # the libraries are there already
)
_MOST_SECONDS: Final = 40.0  # of tests for one mutant, as the map has timed them
_MOST_TESTS: Final = 400
_FEW: Final = 3
_PATIENCE: Final = 30.0  # beside four times what the tests usually take, in seconds


@dataclass(frozen=True)
class LineMap:
    """Which tests run which lines of which file, and their times in seconds."""

    seconds: Mapping[str, float]
    lines: Mapping[str, Mapping[str, Sequence[str]]]

    def tests(self, mutation: Mutation) -> list[str]:
        """The tests that run the lines of ``mutation``: its own file's, then others, fastest first.

        Lines that run when they are imported are everybody's: the tests that run anything of the
        file stand for them, with the file's own, or those of its room and of the whole engine.
        """
        of_file = self.lines.get(mutation.file.as_posix(), {})
        own = mirror(mutation.file)
        found = {test for line in mutation.lines for test in of_file.get(str(line), ())}
        # A test that starts a process of its own is not seen to run what runs there.
        more = self._below(own) if sum(test.startswith(own) for test in found) < _FEW else set()
        if not found:
            room = f"tests/{mutation.file.parts[1]}/"
            found = {test for tests in of_file.values() for test in tests} | more
            more = set() if found else self._below(room, "tests/engine/test_")

        def order(test: str) -> tuple[bool, bool, float]:
            return test not in found, not test.startswith(own), self.seconds[test]

        return list(self._affordable(sorted(found | more, key=order)))

    def _below(self, *starts: str) -> set[str]:
        return {test for test in self.seconds if test.startswith(starts)}

    def _affordable(self, tests: Sequence[str]) -> Iterator[str]:
        spent = 0.0
        for test in tests[:_MOST_TESTS]:
            spent += self.seconds[test]
            if spent > _MOST_SECONDS:
                return
            yield test


def mirror(file: Path) -> str:
    """The test file of a module."""
    _, *folders = file.parent.parts
    return Path("tests", *folders, f"test_{file.name}").as_posix()


def copy_tree(work: Path) -> Path:
    """A copy of all that tests need, in ``work``."""
    tree = work / "tree"
    for name in _COPIED:
        shutil.copytree(
            ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", ".*")
        )
    for file in (*ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / "LICENSE"):
        shutil.copy(file, tree)
    compileall.compile_dir(tree / "edgeroute", quiet=1)
    return tree


def learn(tree: Path, target: Path, tests: Sequence[str]) -> None:
    """Run ``tests`` once in ``tree``, and write to ``target`` which lines each of them runs."""
    files = os.pathsep.join(str(tree / "edgeroute" / pattern) for pattern in FILES)
    more = {"PYTHONPATH": str(tree), "EDGEROUTE_FILES": files, "EDGEROUTE_LINES": str(target)}
    options = [*_OPTIONS, "--maxfail=1000", "-p", "tests.mutation.tests_by_line"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    subprocess.run(command, cwd=tree, env={**os.environ, **more}, check=False)


def read_map(file: Path, tree: Path) -> LineMap:
    """The line map in ``file``, with paths as they are in the repository."""
    told = json.loads(file.read_text("utf-8"))
    lines = {str(Path(name).relative_to(tree)): known for name, known in told["lines"].items()}
    return LineMap(told["seconds"], lines)


def draw(seed: int, number: int) -> list[Mutation]:
    """``number`` mutants of all rooms, each as likely as any other."""
    found: list[Mutation] = []
    for pattern in FILES:
        for path in sorted((ROOT / "edgeroute").glob(pattern)):
            found += mutations(path.relative_to(ROOT), path.read_text("utf-8"))
    print(f"{len(found)} mutants are possible; seed {seed} draws {min(number, len(found))}.")
    return random.Random(seed).sample(found, min(number, len(found)))


def noticed(mutation: Mutation, tree: Path, known: LineMap, log: Path) -> str:
    """What noticed ``mutation``: ``test``, ``time``, or nothing."""
    tests = known.tests(mutation)
    if not tests:
        return ""
    target = tree / mutation.file
    original = target.read_bytes()
    for stale in (target.parent / "__pycache__").glob(f"{target.stem}.*.pyc"):
        stale.unlink()
    target.write_text(mutation.code, "utf-8")
    try:
        limit = _PATIENCE + 4 * sum(known.seconds[test] for test in tests)
        return _run(tests, tree, log, limit)
    finally:
        target.write_bytes(original)


def _run(tests: Sequence[str], tree: Path, log: Path, limit: float) -> str:
    """Run ``tests`` in a forked process, which has the libraries already."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        _test(tests, tree, log)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "test" if status else ""
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "time"


def _test(tests: Sequence[str], tree: Path, log: Path) -> None:
    """The forked process: run ``tests`` in ``tree`` and end with pytest's status."""
    status = 70
    try:
        os.setpgid(0, 0)
        os.chdir(tree)
        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        os.environ |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
        sys.dont_write_bytecode = True
        for name in [
            name for name in sys.modules if name.partition(".")[0] in {"tests", "edgeroute"}
        ]:
            del sys.modules[name]
        sys.path[:] = [str(tree), *(path for path in sys.path if path not in {"", str(ROOT)})]
        import pytest

        status = int(pytest.main([*_OPTIONS, *tests]))
    except BaseException:  # noqa: BLE001 - the parent sees the status
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def preload(tree: Path) -> None:
    """Import the libraries that tests use, once for all forked processes."""
    code = (
        "import sys, tests.support.house, tests.conftest, pytest, hypothesis.extra.pytestplugin\n"
    )
    code += "import edgeroute.wiring.runtime, edgeroute.providers.egress, edgeroute.server.serve\n"
    code += "print(*[n for n in sys.modules if n.partition('.')[0] not in ('edgeroute', 'tests')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False
    )
    for name in ("numpy", "msgspec", "httpx", "hypothesis", "yaml", "regex", *done.stdout.split()):
        if not name.startswith("_"):
            with suppress(Exception):
                importlib.import_module(name)


def control(tree: Path, known: LineMap, log: Path) -> None:
    """Make sure that tests are there and pass where nothing was changed."""
    tests = sorted(known.seconds, key=known.seconds.__getitem__)
    some = tests[:: max(1, len(tests) // 99)]
    if _run([*tests, "--collect-only"], tree, log, 600.0) or _run(some, tree, log, 600.0):
        raise SystemExit(f"Tests fail without any mutant. See {log}.")


def report(results: Sequence[tuple[Mutation, str]]) -> None:
    """Print the mutants that nobody noticed, and the shares."""
    rooms, lost = Counter[str](), Counter[str]()
    for mutation, by in results:
        room = mutation.file.parts[1]
        rooms[room] += 1
        lost[room] += not by
        if not by:
            print(f"\n{mutation.place} ({mutation.kind})\n{mutation.diff}")
    print()
    for room in (*rooms, ""):
        total = rooms[room] if room else rooms.total()
        missed = lost[room] if room else lost.total()
        share = (total - missed) / total
        print(f"{room or 'all':10} {total - missed:4} of {total:4} noticed ({share:.1%})")


def main() -> None:
    """Draw, try, report."""
    parser = argparse.ArgumentParser(description="Share of mutants that some test notices.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--only", type=int, nargs="*", help="try these of the drawn ones alone")
    parser.add_argument("--work", type=Path, help="keeps the copy and the line map for next time")
    parser.add_argument("--tests", nargs="*", default=TESTS)
    asked = parser.parse_args()
    os.nice(5)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    work = asked.work or Path(tempfile.mkdtemp(prefix="mutants-"))
    work.mkdir(parents=True, exist_ok=True)
    tree, known = work.resolve() / "tree", work.resolve() / "lines.json"
    if not tree.exists():
        copy_tree(work.resolve())
    if not known.exists():
        learn(tree, known, asked.tests)
    lines = read_map(known, tree)
    preload(tree)
    control(tree, lines, work / "log.txt")
    results: list[tuple[Mutation, str]] = []
    with suppress(KeyboardInterrupt):
        for number, mutation in enumerate(draw(asked.seed, asked.number), 1):
            if asked.only and number not in asked.only:
                continue
            began = time.monotonic()
            by = noticed(mutation, tree, lines, work / "log.txt")
            results.append((mutation, by))
            took = f"{time.monotonic() - began:6.1f} s"
            print(f"{number:4} {by or 'SURVIVED':9}{took}  {mutation.place}", flush=True)
    report(results)


if __name__ == "__main__":
    main()
