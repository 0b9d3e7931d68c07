"""What an agent's tools show of a repository: a real git repository with invented history."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

GIVEN: Final = (
    "Ada", "Bruno", "Carla", "Dario", "Eun", "Farid", "Greta", "Hanna", "Imre", "Jonas", "Katya",
    "Luca", "Mira", "Nils", "Oona", "Pavel", "Quinn", "Rosa", "Sven", "Tamar", "Ulla", "Viktor",
)  # fmt: skip
FAMILY: Final = (
    "Abara", "Brandt", "Castellan", "Dvorak", "Eriksen", "Fontaine", "Grabowski", "Hoekstra",
    "Iyer", "Jansson", "Kowalczyk", "Lindgren", "Moreau", "Nakamura", "Okafor", "Petrov", "Quispe",
    "Rossi", "Schreiber", "Tanaka", "Ulrich", "Varga", "Weiss", "Ximenes", "Yilmaz",
)  # fmt: skip
HOSTS: Final = (
    "gmail.com",
    "posteo.net",
    "fastmail.com",
    "proton.me",
    "gmx.de",
    "kth.se",
    "web.de",
)
SUBJECTS: Final = (
    "Fix a race in the connection pool", "Bump the lower bound of the parser", "Refactor helpers",
    "Add tests for empty input", "Release {version}", "Docs: explain how timeouts add up",
    "Merge pull request #{number} from {handle}/patch-1", "Drop support for old interpreters",
    "Do not crash when the header is missing", "Speed up the common case", 'Revert "Cache it"',
)  # fmt: skip
TRAILERS: Final = ("Signed-off-by", "Co-authored-by", "Reviewed-by", "Reported-by", "Tested-by")
_RED, _PLAIN, _GREEN = "\x1b[01;31m\x1b[K", "\x1b[m\x1b[K", "\x1b[32m"


def person(chance: random.Random) -> tuple[str, str]:
    """An invented name and an address of hers."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    local = chance.choice(
        (f"{given}.{family}", f"{given[0]}{family}", f"{given}{chance.randint(1, 99)}")
    )
    return f"{given} {family}", f"{local}@{chance.choice(HOSTS)}".lower()


class Repository:
    """A git repository of some of a package's ``files``, in ``folder``."""

    def __init__(self, folder: Path, files: Mapping[str, str], chance: random.Random) -> None:
        self._folder = folder
        self._files = files
        self._chance = chance
        self._team = [person(chance) for _ in range(5)]
        self._minute = 0
        self._git("init", "-q")
        paths = list(files)
        for first in range(0, len(paths), 4):
            for path in paths[first : first + 4]:
                self._write(path, files[path])
            self._commit()
        for path in chance.sample(paths, min(4, len(paths))):
            lines = files[path].splitlines(keepends=True)
            place = chance.randrange(len(lines))
            self._write(path, "".join([*lines[:place], *lines[place + 1 :]]))
            self._commit()

    def logs(self) -> Iterator[tuple[str, str]]:
        """Kind and output of the usual looks at the history."""
        git = self._git
        yield "git log", git("log")
        yield "git log --stat", git("log", "--stat", "-n", "8")
        yield "git log, colours", git("log", "--color=always", "--graph", "--decorate", "-n", "12")
        yield "git log --oneline", git("log", "--oneline", "--color=always")
        yield "git log --format", git("log", "--format=%h %an <%ae> %ad %s", "--date=short")
        yield "git log --format", git("log", "--format=%H|%an|%ae|%aI|%s")
        yield "git show", git("show")
        yield "git show, colours", git("show", "--stat", "--patch", "--color=always", "HEAD~1")
        yield "git show --stat", git("show", "--stat", "--format=fuller", "HEAD~2")
        yield "git format-patch", git("format-patch", "-1", "--stdout")
        yield "git shortlog", git("shortlog", "-sne", "HEAD")
        yield "git diff", git("diff", "HEAD~3", "HEAD")

    def blames(self, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Who wrote the lines of ``paths``."""
        for number, path in enumerate(paths):
            flags = (("-e",), (), ("--color-lines",), ("-l", "--date=short"))[number % 4]
            yield "git blame", self._git("blame", *flags, "--", path)

    def greps(self, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Searches as two usual tools colour them."""
        for number, path in enumerate(paths):
            word = self._chance.choice(("return", "import", "name", "error", "self", "const"))
            wide = number % 2
            lines = []
            for count, line in enumerate(self._files[path].splitlines(), 1):
                if word in line:
                    shown = line.replace(word, f"{_RED}{word}{_PLAIN}") if wide else line
                    lines.append(f"\x1b[35m{path}{_PLAIN}:{_GREEN}{count}{_PLAIN}:{shown}")
            if lines:
                yield "grep, colours", "\n".join(lines[:80])

    def views(self, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Files with line numbers, as agents' tools write them."""
        forms = ("{:6}\t{}", "{:6}\u2192{}", "{}: {}", "{:4} | {}", "{}|{}", "L{}: {}")
        for number, path in enumerate(paths):
            form = forms[number % len(forms)]
            lines = self._files[path].splitlines()[:400]
            yield (
                "file view, line numbers",
                "\n".join(form.format(count, line) for count, line in enumerate(lines, 1)),
            )

    def test_run(self) -> str:
        """What a test runner would print."""
        chance = self._chance
        paths = chance.sample(list(self._files), min(6, len(self._files)))
        rows = [
            f"{path} {'.' * chance.randint(3, 30)}  [{chance.randint(1, 99):3}%]" for path in paths
        ]
        line = chance.choice([ln for ln in self._files[paths[0]].splitlines() if ln.strip()])
        return "\n".join(
            [
                "=" * 20 + " test session starts " + "=" * 20,
                "platform linux -- Python 3.12.4, pytest-8.3.2, pluggy-1.5.0",
                f"rootdir: /home/{chance.choice(GIVEN).lower()}/src/project",
                f"collected {chance.randint(40, 900)} items", *rows,
                "=" * 30 + " FAILURES " + "=" * 30, f"    {line.strip()}",
                "E       AssertionError: assert {'a': 1, 'id': 1700000123} == {'a': 2}",
                f"{paths[0]}:{chance.randint(1, 400)}: AssertionError",
                f"2026-03-0{chance.randint(1, 9)} 12:30:01,123 DEBUG pool: connection (1): h:443",
                f"= 1 failed, {chance.randint(40, 900)} passed in {chance.random() * 60:.2f}s =",
            ]
        )  # fmt: skip

    def _write(self, path: str, text: str) -> None:
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def _commit(self) -> None:
        chance = self._chance
        self._minute += chance.randint(20, 9000)
        (name, mail), (other, its) = chance.choice(self._team), chance.choice(self._team)
        subject = chance.choice(SUBJECTS).format(
            version=f"{chance.randint(0, 9)}.{chance.randint(0, 30)}.{chance.randint(0, 9)}",
            number=chance.randint(1, 9999), handle=other.split()[0].lower(),
        )  # fmt: skip
        body = f"\n\nThis closes #{chance.randint(1, 9999)}; see {other}'s comment there."
        trailer = f"\n\n{chance.choice(TRAILERS)}: {other} <{its}>"
        message = subject + chance.choice(("", body)) + chance.choice(("", trailer))
        when = f"{1_700_000_000 + self._minute * 60} +0100"
        who = {
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_NAME": other, "GIT_COMMITTER_EMAIL": its, "GIT_COMMITTER_DATE": when,
        }  # fmt: skip
        self._git("add", "-A", "--force")
        self._git("commit", "-q", "--allow-empty", "-m", message, **who)

    def _git(self, *arguments: str, **environment: str) -> str:
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_PAGER": ""}
        done = subprocess.run(
            ["git", "-c", "core.autocrlf=false", "-c", "commit.gpgsign=false", *arguments],
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], **alone, **environment},
            capture_output=True,
            check=True,
        )
        return done.stdout.decode("utf-8", "replace")[:60_000]
