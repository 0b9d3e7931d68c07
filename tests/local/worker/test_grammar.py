"""Grammars hold answers to schemas and to calls, as llama.cpp reads them."""

from __future__ import annotations

import ctypes
import json
from functools import cache
from typing import Any

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.core.request import Tool
from edgeroute.local.worker import grammar
from tests.support.model_files import SMALL, require

pytestmark = pytest.mark.model


@cache
def vocabulary() -> tuple[Any, Any]:
    """llama.cpp, and a model's vocabulary without its weights."""
    import llama_cpp

    options = llama_cpp.llama_model_default_params()
    options.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(require(SMALL)).encode(), options)
    return llama_cpp, llama_cpp.llama_model_get_vocab(model)


def allows(rules: str, text: str) -> bool:
    """Whether ``text`` is a whole answer by ``rules``."""
    library, known = vocabulary()
    sampler = library.llama_sampler_init_grammar(known, rules.encode(), b"root")
    assert sampler
    buffer = (library.llama_token * (len(text) + 8))()
    data = text.encode()
    count = library.llama_tokenize(known, data, len(data), buffer, len(buffer), False, True)
    try:
        for token in [*buffer[:count], library.llama_vocab_eos(known)]:
            row = (library.llama_token_data * 1)(library.llama_token_data(token, 1.0, 0.0))
            array = library.llama_token_data_array(row, 1, -1, False)
            library.llama_sampler_apply(sampler, ctypes.byref(array))
            if row[0].logit < 0:
                return False
            library.llama_sampler_accept(sampler, token)
    finally:
        library.llama_sampler_free(sampler)
    return True


@pytest.mark.parametrize(
    ("limits", "good", "bad"),
    [
        ({"minimum": 0}, [0, 7, 123_456], [-1, "01"]),
        ({"minimum": 1, "maximum": 12}, [1, 9, 10, 12], [0, 13, 120, -1]),
        ({"minimum": -5, "maximum": 5}, [-5, -1, 0, 5], [-6, 6, 50]),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 100}, [1, 99], [0, 100]),
        ({"minimum": 250, "maximum": 1_999}, [250, 999, 1_000, 1_999], [249, 2_000, 99]),
        ({"maximum": -3}, [-3, -40], [-2, 0, 3]),
    ],
)
def test_whole_numbers_keep_their_limits(
    limits: dict[str, int], good: list[int], bad: list[Any]
) -> None:
    """From below and from above."""
    rules = grammar.of_schema({"type": "integer", **limits})
    assert [value for value in good if not allows(rules, str(value))] == []
    assert [value for value in bad if allows(rules, str(value))] == []


def test_numbers_keep_theirs() -> None:
    """A share is none below 0 nor above 1."""
    rules = grammar.of_schema({"type": "number", "minimum": 0, "maximum": 1})
    assert all(allows(rules, text) for text in ("0", "0.25", "1", "1.0"))
    assert not any(allows(rules, text) for text in ("-0.5", "1.5", "2", "10"))


def test_text_is_json_text() -> None:
    """A line break in it is written as one."""
    rules = grammar.of_schema({"type": "string"})
    assert allows(rules, '"a\\nb \\u00e4 \\"c\\""')
    assert not allows(rules, '"a\nb"')


def test_any_object_where_nothing_is_said() -> None:
    """But no other JSON."""
    rules = grammar.of_schema({})
    assert allows(rules, '{"a": [1, null]}')
    assert not allows(rules, "[1]")


def kind(*values: str) -> dict[str, Any]:
    """Parameters with a definition whose name others use, too."""
    return {
        "type": "object",
        "properties": {"kind": {"$ref": "#/$defs/kind"}, "note": {"description": "Anything."}},
        "required": ["kind"],
        "$defs": {"kind": {"enum": list(values)}},
    }


TOOLS = (Tool("first", "", kind("a")), Tool("second", "", kind("b")), Tool("third"))


def call(name: str, **arguments: object) -> str:
    """A call as JSON between its tags."""
    inner = json.dumps({"name": name, "arguments": arguments})
    return f"<tool_call>\n{inner}\n</tool_call>"


def test_calls_are_of_the_tools_that_were_offered() -> None:
    """Each with its own definitions, one or several, and nothing else."""
    rules = grammar.of_calls(TOOLS, "qwen2.5", several=True)
    assert allows(rules, call("first", kind="a"))
    assert allows(rules, call("second", kind="b", note=[1]) + "\n" + call("third"))
    for text in (call("first", kind="b"), call("invented"), "Sure.", call("first"), ""):
        assert not allows(rules, text)
    alone = grammar.of_calls(TOOLS, "qwen2.5", several=False)
    assert not allows(alone, call("third") + "\n" + call("third"))


def test_what_the_prompt_has_begun_is_not_said_again() -> None:
    """The tag, or the tag and the name."""
    begun = grammar.of_calls(TOOLS, "qwen2.5", several=False, begun="<tool_call>\n")
    assert allows(begun, call("third").removeprefix("<tool_call>\n"))
    named = '<tool_call>\n{"name": "third", "arguments": '
    rules = grammar.of_calls(TOOLS[2:], "qwen2.5", several=False, begun=named)
    assert allows(rules, "{}}\n</tool_call>")
    assert not allows(rules, call("third"))


def test_an_answer_by_a_schema_or_a_call() -> None:
    """Tools and a schema together."""
    schema = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
    rules = grammar.of_calls(TOOLS, "qwen2.5", several=True, answer=schema)
    assert allows(rules, '{"sum": 4}')
    assert allows(rules, call("third"))
    assert not allows(rules, '{"product": 4}')


def test_calls_as_tags() -> None:
    """As newer models write them: what is required stands in them."""
    rules = grammar.of_calls(TOOLS, "qwen3.5", several=False)
    one = "<parameter=kind>\na\n</parameter>\n"
    assert allows(rules, f"<tool_call>\n<function=first>\n{one}</function>\n</tool_call>")
    assert not allows(rules, "<tool_call>\n<function=first>\n</function>\n</tool_call>")
    page = "<parameter=note>\n<p>a</p></body>\n</parameter>\n"
    assert allows(rules, f"<tool_call>\n<function=first>\n{one}{page}</function>\n</tool_call>")
    named = "<tool_call>\n<function=third>\n"
    rest = grammar.of_calls(TOOLS[2:], "qwen3.5", several=False, begun=named)
    assert allows(rest, "</function>\n</tool_call>")


def test_a_schema_that_cannot_be_held_is_the_callers_fault() -> None:
    """It is said before any work; a tool's arguments are then any object."""
    odd = {"$ref": "https://example.com/schema"}
    with pytest.raises(LocalModelError, match="JSON schema"):
        grammar.of_schema(odd)
    rules = grammar.of_calls((Tool("odd", "", odd),), "qwen2.5", several=False)
    assert allows(rules, call("odd", a=1))
