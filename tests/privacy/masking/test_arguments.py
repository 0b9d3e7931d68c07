"""A value that comes back into a tool call is one word, one string, one JSON text: never more."""

from __future__ import annotations

import ast
import itertools
import json
import shlex
import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.masking.arguments import ArgumentsRestorer
from edgeroute.privacy.masking.placeholders import entry
from edgeroute.privacy.masking.restore import Values

SIGNS = "ab '\"\\$`;&|<>(){}#!%\n\t*-=é山"
NASTY = st.text(SIGNS, min_size=1, max_size=12)


def restored(value: str, arguments: str, cuts: list[int] | None = None) -> str:
    """``arguments`` with ``value`` for its placeholder, in pieces."""
    values = Values([entry("<X_1>", "X", value), entry("910", "N", "472", "N_1", "number")])
    edges = sorted({0, len(arguments), *(cut for cut in cuts or () if cut < len(arguments))})
    restorer = ArgumentsRestorer(values)
    pieces = [restorer.feed(arguments[a:b]) for a, b in itertools.pairwise(edges)]
    return "".join(pieces) + restorer.close()


def field(value: str, name: str, text: str) -> str:
    """The string in the field ``name`` that was ``text``."""
    return str(json.loads(restored(value, json.dumps({name: text})))[name])


json_values = st.recursive(
    st.sampled_from(["<X_1>", "a <X_1> b", "", "plain", 910, 9101, 1.5, True, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


def _replaced(shape: Any, value: str) -> Any:
    if isinstance(shape, str):
        return shape.replace("<X_1>", value)
    if isinstance(shape, list):
        return [_replaced(item, value) for item in shape]
    if isinstance(shape, dict):
        return {key: _replaced(item, value) for key, item in shape.items()}
    return 472 if shape == 910 and shape is not True else shape


@given(
    value=NASTY, shape=st.dictionaries(st.sampled_from("xyz"), json_values),
    cuts=st.lists(st.integers(0, 200)), indent=st.sampled_from([None, 1]), ascii_=st.booleans(),
)  # fmt: skip
def test_arguments_stay_json(
    value: str, shape: dict[str, Any], cuts: list[int], indent: int | None, *, ascii_: bool
) -> None:
    """Any value, any structure, any cut: the same JSON with the value in place; so do numbers."""
    written = json.dumps(shape, indent=indent, ensure_ascii=ascii_).replace("<", "\\u003c")
    assert json.loads(restored(value, written, cuts)) == _replaced(shape, value)


@given(value=NASTY)
def test_json_inside_a_string_stays_json(value: str) -> None:
    """Arguments that hold JSON as a text are escaped twice."""
    inner = json.dumps({"to": "<X_1>", "cc": ["a <X_1>"]})
    assert json.loads(field(value, "body", inner)) == {"to": value, "cc": [f"a {value}"]}


@pytest.mark.parametrize(
    "command", ["grep {} f", "grep '{}' f", 'grep "{}" f', "x=1; grep -e'{}' f | wc"]
)
@given(value=NASTY)
def test_a_shell_reads_one_word(command: str, value: str) -> None:
    """Bare or quoted, the value is a part of one word, and no other word changes."""
    got = field(value, "command", command.format("<X_1>"))
    words = shlex.split(command.format("WORD"), posix=True)
    want = [word.replace("WORD", value) for word in words]
    assert shlex.split(got, posix=True) == want


@pytest.mark.parametrize("quote", ["'", '"'])
@given(value=NASTY)
def test_a_command_inside_a_command_reads_one_word(quote: str, value: str) -> None:
    """What a shell hands to another shell or a program is escaped for both."""
    other = '"' if quote == "'" else "'"
    command = f"bash -c {quote}grep {other}<X_1>{other} f{quote}"
    got = shlex.split(field(value, "command", command))
    assert len(got) == 3
    assert shlex.split(got[2]) in (["grep", value, "f"], ["grep", "<X_1>", "f"])
    program = f"python3 -c {quote}print({other}<X_1>{other}){quote}"
    got = shlex.split(field(value, "command", program))
    assert len(got) == 3
    call = ast.parse(got[2]).body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    (argument,) = call.value.args
    assert isinstance(argument, ast.Constant)
    assert argument.value in {value, "<X_1>"}


@given(value=NASTY)
def test_a_list_that_calls_a_shell_is_read_as_one(value: str) -> None:
    """The command in a list is a command; other items are words already."""
    arguments = json.dumps({"command": ["bash", "-lc", "cat '<X_1>'"], "argv": ["cat", "<X_1>"]})
    got = json.loads(restored(value, arguments))
    assert shlex.split(got["command"][2]) == ["cat", value]
    assert got["argv"] == ["cat", value]


@pytest.mark.parametrize("form", ["SELECT {}", "SELECT '{}'", "SELECT 'a' || '{}' /* {} */"])
@given(value=NASTY)
def test_a_database_reads_one_literal(form: str, value: str) -> None:
    """In quotes or bare, in ``sql`` and in a ``query`` that is a statement."""
    value = value.replace("\n", " ")
    for name in ("sql", "query"):
        got = field(value, name, form.format("<X_1>", "<X_1>"))
        with sqlite3.connect(":memory:") as database:
            (row,) = database.execute(got)
        assert row[0].removeprefix("a" if "||" in form else "") in {value, "<X_1>"}


@pytest.mark.parametrize(
    "form",
    [
        "x = {}", "x = '{}'", 'x = "{}"', "x = '''{}'''", "x = f'{}'", "x = r'{}'",
        "# {}\nx = ''",
    ],
)  # fmt: skip
@given(value=NASTY)
def test_python_reads_one_string(form: str, value: str) -> None:
    """In every kind of string, bare and in a comment."""
    got = field(value, "code", form.format("<X_1>"))
    tree = ast.parse(got)
    (statement,) = tree.body
    assert isinstance(statement, ast.Assign)
    node = statement.value
    if isinstance(node, ast.JoinedStr):
        assert all(isinstance(part, ast.Constant) for part in node.values)
        text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    else:
        assert isinstance(node, ast.Constant)
        text = str(node.value)
    assert text in {value, "<X_1>", "" if "#" in form else value}


@given(value=NASTY)
def test_a_heredoc_is_not_left(value: str) -> None:
    """A text that a shell reads up to a word stays that text."""
    text = "cat <<'EOF' > f\n<X_1>\nEOF\necho '<X_1>'"
    got = field(value, "command", text)
    assert got.startswith(f"cat <<'EOF' > f\n{value}\nEOF\necho ")
    assert shlex.split(got.rpartition("echo ")[2] if "echo " not in value else "''") in (
        [value], [""],
    )  # fmt: skip


@given(value=NASTY)
def test_an_edit_gets_the_letters_of_the_file(value: str) -> None:
    """What a tool looks for in a file or writes into it is the value as it stood there."""
    for name in ("old_string", "new_string", "content"):
        assert field(value, name, "name = '<X_1>'") == f"name = '{value}'"


def test_an_address_that_would_be_fetched_keeps_its_placeholder() -> None:
    """A tool that fetches is told no value either."""
    assert field("s3cr3t", "url", "https://host.example/?q=<X_1>").endswith("?q=<X_1>")
    assert field("s3cr3t", "command", "curl https://host.example/?q=<X_1>").endswith("?q=<X_1>")


@pytest.mark.parametrize("text", ['{"a": "<X_1', '{"a": "b\\', "{", "[1, 91", "", "text <X_1"])
def test_what_breaks_off_is_told_as_it_came(text: str) -> None:
    """Arguments that never end lose nothing, and hold no half of a value."""
    assert restored("v", text, list(range(len(text)))) == text


def test_arguments_that_are_no_json_are_text() -> None:
    """A free form gets its values as text, in pieces too."""
    assert restored("v", "*** Update <X_1>", list(range(20))) == "*** Update v"


def test_a_long_call_costs_little() -> None:
    """Time grows with the arguments, letter by letter: text, quotes, numbers, commands."""
    for text in (
        '{"a": "' + "x" * 200_000,
        "[" + "1" * 200_000,
        '{"command": "' + "'<<a " * 20_000,
    ):
        assert restored("v", text, list(range(len(text)))) == text
    command = json.dumps({"command": "echo '<X_1>' \"a\" <<b $(c)\n" * 4_000})
    assert len(restored("v w", command)) < len(command)
