"""Word lists are lists that a person can review, and become patterns that match just them."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.datafile import packaged
from edgeroute.word_lists import alternatives, one_of, pattern_list, split, word_list, word_set

WORDS = packaged("rules") / "words"
PATTERNS = packaged("rules") / "patterns"
FILES = sorted(WORDS.glob("*.yaml"))
SOURCE = Path(__file__).resolve().parents[1] / "edgeroute"
CODE = "\n".join(path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py")))
LISTS = [
    (path.stem, name, groups)
    for path in FILES
    for name, groups in yaml.safe_load(path.read_text("utf-8")).items()
]
# What a pattern would be made of, a star at the end of a word left out.
NOT_PLAIN = re.compile(r"[\\()\[\]{}|?+^$!<>=]|\*(?! |$)")
IDS = [f"{file}.{name}" for file, name, _ in LISTS]


@pytest.mark.parametrize(("file", "name", "groups"), LISTS, ids=IDS)
def test_a_list_is_sorted_plain_and_without_duplicates(
    file: str, name: str, groups: dict[str, str]
) -> None:
    """Each group is in order, holds words and phrases only, and no word stands twice in a list."""
    words = word_list(f"{file}.{name}")
    assert words
    assert len(set(words)) == len(words)
    for group in groups.values():
        assert split(group) == sorted(split(group), key=lambda word: (word.casefold(), word))
    assert [word for word in words if NOT_PLAIN.search(word)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_list_says_what_it_is_for(path: Path) -> None:
    """A comment stands at the top of a file and above each of its lists."""
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    bare = [
        line for before, line in zip(["", *lines], lines, strict=False)
        if re.match(r"\w+:", line) and not before.startswith("# ")
    ]  # fmt: skip
    assert bare == []


def test_every_list_is_used_and_every_used_list_exists() -> None:
    """The lists in the files are those that the code asks for."""
    files = {path.stem for path in FILES}
    calls = r"(?:one_of|word_set|word_list|whole|_sentences)"
    named = re.findall(rf"{calls}\(\s*[\"'](\w+)\.(\w+)[\"']", CODE)
    asked = {f"{file}.{name}" for file, name in named}
    assert {name.partition(".")[0] for name in asked} <= files
    # The lists of records are called as the entities that they stand for.
    entities = {f"records.{name.lower()}" for name in re.findall(r"\"([A-Z_]+)\": 0\.\d", CODE)}
    assert asked <= set(IDS)
    assert set(IDS) - asked - entities == set()


def test_patterns_are_short_and_compile() -> None:
    """Every regular expression in a data file is at most 200 characters, and each stands once."""
    for path in sorted(PATTERNS.glob("*.yaml")):
        patterns = pattern_list(path.stem)
        assert f'pattern_list("{path.stem}")' in CODE.replace("'", '"')
        assert len(set(patterns)) == len(patterns)
        assert all(len(pattern) <= 200 and re.compile(pattern) for pattern in patterns)


@given(st.lists(st.text("ab. ", min_size=1, max_size=6), min_size=1, max_size=12), st.text("ab. "))
def test_a_pattern_matches_its_words_and_nothing_else(words: list[str], other: str) -> None:
    """What a list becomes matches each of its words whole, and no other text."""
    pattern = re.compile(alternatives(words))
    for text in (*words, other):
        assert (pattern.fullmatch(text) is not None) == (text in words)


@given(st.sets(st.text("ab", min_size=1, max_size=6), min_size=1))
def test_the_longest_word_wins(words: set[str]) -> None:
    """Where several words start at one place, the longest is the match."""
    pattern = re.compile(alternatives(words))
    for word in words:
        found = pattern.match(word + "b")
        assert found is not None
        longest = max((one for one in words if f"{word}b".startswith(one)), key=len)
        assert found.group() == longest


def test_a_star_and_a_gap_stand_for_more() -> None:
    """A star takes the rest of a word, and a phrase's space what its user says."""
    assert re.fullmatch(alternatives(["depress*"]), "depressed")
    assert re.fullmatch(alternatives(["api key"], gap="[_ -]?"), "api_key")
    assert re.fullmatch(alternatives(["api key"], gap="[_ -]?"), "apikey")
    assert re.fullmatch(one_of("births.words"), "date of birth")
    assert "noreply" in word_set("emails.role_boxes")


def test_no_list_is_read_at_the_start() -> None:
    """Importing the wiring and the front doors reads no list and no other data file."""
    code = (
        "from edgeroute import datafile\n"
        "datafile.parse = None\n"
        "import edgeroute.cli.main, edgeroute.tui.app, edgeroute.server.serve\n"
        "import edgeroute.wiring.engine\n"
        "from edgeroute import word_lists\n"
        "print(word_lists._lists.cache_info().currsize)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "0"


def test_groups_are_read_in_the_order_of_the_file() -> None:
    """A list is the words of its groups, one group after the other."""
    groups = yaml.safe_load((WORDS / "births.yaml").read_text("utf-8"))["months"]
    assert word_list("births.months") == tuple(chain.from_iterable(map(split, groups.values())))
