"""Tool calls as Qwen models write them, slips included: read, mended, or refused."""

from __future__ import annotations

import json
import time

import pytest

from edgeroute.core.events import TextDelta, ToolCallDelta
from edgeroute.core.request import Tool
from edgeroute.local.worker.calls import UnreadableCall
from edgeroute.local.worker.output import OutputReader

TOOLS = (
    Tool(
        "book_table",
        "",
        {
            "type": "object",
            "properties": {
                "guest": {"type": ["string", "null"]},
                "seats": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "inside": {"type": "boolean"},
                "price": {"type": "number"},
                "kind": {"$ref": "#/$defs/kind"},
                "free": {},
            },
            "$defs": {"kind": {"enum": [1, 2, "other"]}},
        },
    ),
    Tool("list_tables", "", {"type": "object", "properties": {}}),
)


def read(raw: str, size: int = 7, *, cut: bool = False) -> tuple[str, list[tuple[str, object]]]:
    """The visible text and the calls of ``raw``, fed in pieces of ``size``."""
    reader = OutputReader(TOOLS, bare=True)
    found = [
        each
        for place in range(0, len(raw), size)
        for each in reader.feed(raw[place : place + size])
    ]
    found += reader.close(cut=cut)
    text = "".join(one.text for one in found if isinstance(one, TextDelta))
    calls = [
        (one.name, json.loads(one.arguments)) for one in found if isinstance(one, ToolCallDelta)
    ]
    return text, calls


def tagged(**parameters: str) -> str:
    """A call of book_table as tags."""
    inner = "".join(
        f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in parameters.items()
    )
    return f"<function=book_table>\n{inner}</function>"


def plain(name: str = "list_tables", arguments: str = "{}") -> str:
    """A call as JSON."""
    return f'{{"name": "{name}", "arguments": {arguments}}}'


LIST: tuple[str, dict[str, object]] = ("list_tables", {})


@pytest.mark.parametrize(
    ("raw", "calls"),
    [
        (f"{tagged(guest='Ada')}\n</tool_call>", [("book_table", {"guest": "Ada"})]),
        (tagged(guest="Ada"), [("book_table", {"guest": "Ada"})]),
        (f"<tool_call>\n{tagged(guest='Ada')}\n<function=list_tables>\n</function>\n</tool_call>",
         [("book_table", {"guest": "Ada"}), LIST]),
        (f"<tool_call>\n{plain()}\n{plain()}\n</tool_call>", [LIST, LIST]),
        (f"<tool_call>[{plain()}, {plain()}]</tool_call>", [LIST, LIST]),
        (f"<tool_call>{plain()}\n<tool_call>{plain()}</tool_call>", [LIST, LIST]),
        (f"<tool_call>{plain()}</tool_call>\n<tool_call>{plain()}</tool_call>", [LIST, LIST]),
        ('<tool_call>{"name": "book_table", "arguments": {"note": "one\ntwo"}}</tool_call>',
         [("book_table", {"note": "one\ntwo"})]),
        ('<tool_call>{"name": "list_tables", "arguments": {},}</tool_call>', [LIST]),
        ('<tool_call>{{"name": "book_table", "arguments": {{"note": "x"}}}}</tool_call>',
         [("book_table", {"note": "x"})]),
        ('<tool_call>{{"name": "book_table", "arguments": {"note": "x"}}}</tool_call>',
         [("book_table", {"note": "x"})]),
        ('<tool_call>{"name": "book_table", "arguments": {"note": "x"}</tool_call>',
         [("book_table", {"note": "x"})]),
        ('<tool_call>{"name": "book_table", "arguments": "{\\"note\\": \\"x\\"}"}</tool_call>',
         [("book_table", {"note": "x"})]),
        ('<tool_call>{"name": "book_table", "arguments": {"note": "a </tool_call> b"}}</tool_call>',
         [("book_table", {"note": "a </tool_call> b"})]),
        (f"<tool_call>{tagged(note='a </parameter> b </tool_call> c')}</tool_call>",
         [("book_table", {"note": "a </parameter> b </tool_call> c"})]),
        (("<tool_call><function=book_table><parameter=guest>\nAda\n<parameter=seats>\n2\n"
         "</parameter></function></tool_call>"), [("book_table", {"guest": "Ada", "seats": 2})]),
        ('<tool_call>{"name": "Book_Table", "arguments": {}}</tool_call>', [("book_table", {})]),
        (('<tool_call>{"type": "function", "function": {"name": "list_tables", "arguments": {}}}'
         "</tool_call>"), [LIST]),
        (f"```json\n{plain()}\n```", [LIST]),
        (f"{plain()}\n{plain()}", [LIST, LIST]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 7, 500])
def test_every_form_is_a_call(raw: str, calls: list[object], size: int) -> None:
    """Whole or mended, with nothing of it shown as text, however the stream is cut."""
    assert read(raw, size) == ("", calls)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("guest", "12345", "12345"),
        ("guest", "null", None),
        ("seats", "5", 5),
        ("seats", "null", None),
        ("seats", "5.0", 5),
        ("note", "null", None),
        ("note", "true", "true"),
        ("note", '"quoted"', '"quoted"'),
        ("inside", "True", True),
        ("inside", "false", False),
        ("price", "3", 3),
        ("price", "3.5", 3.5),
        ("kind", "2", 2),
        ("kind", "other", "other"),
        ("free", "7", "7"),
        ("free", '{"a": 1}', {"a": 1}),
        ("unknown", "7", "7"),
    ],
)
def test_parameters_have_the_types_that_their_schema_allows(
    name: str, text: str, value: object
) -> None:
    """Unions, references and values that are listed count, and a text stays one."""
    _, [(_, arguments)] = read(f"<tool_call>{tagged(**{name: text})}</tool_call>")
    assert arguments == {name: value}
    assert isinstance(arguments, dict)
    assert type(arguments[name]) is type(value)


@pytest.mark.parametrize(
    "raw",
    [
        "<tool_call></tool_call>",
        "<tool_call>\n\n</tool_call>",
        "<tool_call>list_tables()</tool_call>",
        '<tool_call>{"name": "invented", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "list_tables", "arguments": [1]}</tool_call>',
        "<tool_call><function=invented></function></tool_call>",
        '<tool_call>{"name": "book_table", "arguments": {"note": "a',
        "<tool_call><function=book_table><parameter=note>a",
    ],
)
def test_what_is_no_call_is_refused(raw: str) -> None:
    """It is neither run nor shown; where the limit has cut it the answer just ends."""
    with pytest.raises(UnreadableCall):
        read(raw)
    if "</tool_call>" not in raw:
        assert read(raw, cut=True) == ("", [])


def test_half_a_call_is_never_made_whole() -> None:
    """Brackets are added only where the model itself has ended the call."""
    assert read('<tool_call>{"name": "book_table", "arguments": {"seats": 2', cut=True) == ("", [])


def test_words_about_a_tag_are_words() -> None:
    """A tag that opens nothing is what the model talks about."""
    raw = "Calls begin with <tool_call> and a line break."
    assert read(raw) == (raw, [])
    other = "A <function=print> tag is not ours."
    assert read(other) == (other, [])


def test_text_around_calls_is_kept() -> None:
    """Words before and behind it."""
    text, calls = read(f"I look.\n<tool_call>{plain()}</tool_call>\nDone.")
    assert (text, calls) == ("I look.\nDone.", [LIST])


def test_long_texts_take_no_longer_than_they_are() -> None:
    """A value full of tags, and brackets without end."""
    started = time.monotonic()
    note = "</tool_call>" * 20_000
    raw = f'<tool_call>{{"name": "book_table", "arguments": {{"note": "{note}"}}}}</tool_call>'
    assert read(raw, 10_000)[1] == [("book_table", {"note": note})]
    with pytest.raises(UnreadableCall):
        read("<tool_call>" + "{" * 100_000 + "</tool_call>", 10_000)
    assert time.monotonic() - started < 5


def test_arguments_in_json_are_fitted_to_their_schema() -> None:
    """What a schema rules out is left away, a number that came as a text is one; texts stay texts,
    and a schema that rules nothing out keeps everything.
    """
    closed = {"type": "object", "properties": {}, "additionalProperties": False}
    tools = (*TOOLS, Tool("list_files", "", closed))

    def one(name: str, arguments: str) -> object:
        reader = OutputReader(tools, bare=True)
        text = f'{{"name": "{name}", "arguments": {arguments}}}'
        (call,) = [*reader.feed(text), *reader.close()]
        assert isinstance(call, ToolCallDelta)
        return json.loads(call.arguments)

    assert one("list_files", '{"folder": ""}') == {}
    assert one("list_tables", '{"folder": ""}') == {"folder": ""}
    fitted = one("book_table", '{"seats": "4", "inside": "True", "guest": "12", "free": "[1]"}')
    assert fitted == {"seats": 4, "inside": True, "guest": "12", "free": "[1]"}
