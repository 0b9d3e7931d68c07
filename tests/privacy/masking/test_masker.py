"""A request is masked whole or not at all."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Unreadable,
    assistant,
    system,
    user,
)
from edgeroute.core.request import ChatRequest, Sampling, Tool
from edgeroute.core.verdict import Finding
from edgeroute.privacy.detecting.protocol import Scan
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.masking.masker import Masker, MaskSpan, merged, smallest
from edgeroute.privacy.masking.placeholders import MaskMap
from tests.support.detectors import PLANT, PlantDetector

OTHER = "521-44-9822"


def masker(detector: Any = None, mapping: MaskMap | None = None, *kept: str) -> Masker:
    """A masker that masks everything but the types ``kept``."""
    reader = Inspector(detector or PlantDetector(), lambda: "v1")
    return Masker(mapping if mapping is not None else MaskMap(), reader, lambda t: t not in kept)


class NameDetector:
    """Finds the names it is given, each as a person."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """Every occurrence of every name."""
        findings = tuple(
            Finding("PERSON", at, at + len(name), 0.9)
            for name in self.names
            for at in range(len(text))
            if text.startswith(name, at)
        )
        return Scan(private=bool(findings), findings=findings)


async def test_every_text_is_masked_alike() -> None:
    """System prompt, turns, thinking, calls, results, tools and extras share the placeholders."""
    tool = Tool("lookup", f"Not for {PLANT}", {"properties": {"id": {"description": PLANT}}})
    request = ChatRequest(
        (
            system(f"The user is {PLANT}."),
            user(f"I am {PLANT}, she is {OTHER}."),
            Message(
                "assistant",
                (Reasoning(f"{OTHER}?"), ToolCall("c1", "lookup", json.dumps({"id": [PLANT]}))),
            ),
            Message("tool", (ToolResult("c1", (Text(f'{{"of": "{OTHER}"}}'),)),)),
            assistant(f"{PLANT} it is."),
        ),
        tools=(tool,),
        extra={"metadata": {"who": PLANT}},
    )
    mask = masker()
    result = await mask.mask_request(request)
    assert PLANT not in repr(result)
    assert OTHER not in repr(result)
    assert len(mask.mapping) == 2
    whole = mask.restorer()
    texts = [whole.feed(m.text) + whole.close() for m in result.messages]
    assert texts == [m.text for m in request.messages]
    one = mask.mapping.placeholder("US_SSN", PLANT)
    assert json.loads(result.messages[2].tool_calls[0].arguments) == {"id": [one]}
    assert result.extra == {"metadata": {"who": one}}
    assert result.tools[0].description == f"Not for {one}"
    assert not (await Inspector(PlantDetector(), lambda: "v1").inspect(result)).private


async def test_the_next_turn_keeps_the_placeholders() -> None:
    """The same history gives the same bytes on the next turn, also after a restart."""
    mask = masker()
    first = await mask.mask_request(ChatRequest((user(f"I am {PLANT}"),)))
    again = masker(None, MaskMap.load(mask.mapping.dump()))
    second = await again.mask_request(
        ChatRequest((user(f"I am {PLANT}"), assistant("Hello"), user(f"And {OTHER}?")))
    )
    assert second.messages[0] == first.messages[0]
    assert second.messages[2].text == "And <US_SSN_2>?"


@pytest.mark.parametrize(
    "message",
    [
        Message("user", (Text(PLANT), Image("image/png", b"png"))),
        Message("user", (Text(PLANT), Unreadable("audio"))),
        Message("user", (File("a.txt", "text/plain", PLANT.encode()),)),
        Message("user", (File(PLANT, "text/plain", b"x"),)),
        Message("user", (Text("Hi"),), name=PLANT),
        Message("assistant", (ToolCall(PLANT, "t", "{}"),)),
        Message("assistant", (ToolCall("c", "t", json.dumps({PLANT: 1})),)),
        Message("assistant", (Reasoning("x", "p/f", json.dumps({"thinking": PLANT})),)),
        Message("tool", (ToolResult("c9", (Text("who?"),)),)),
        Message("tool", (ToolResult("c9", (Text("Lunch?"),), name="mail"),)),
    ],
    ids=range(10),
)
async def test_what_cannot_be_masked_stays(message: Message) -> None:
    """Pictures, audio, files, names, ids, keys, sealed thinking, private origins: refused."""
    mask = masker(None, None, "PERSONAL_RECORDS")
    with pytest.raises(PrivacyRefused):
        await mask.mask_request(ChatRequest((message,)))


async def test_what_the_rules_keep_is_not_masked() -> None:
    """A type whose action is local is refused even though it could be replaced."""
    with pytest.raises(PrivacyRefused, match="by your rules"):
        await masker(None, None, "US_SSN").mask_request(ChatRequest((user(PLANT),)))


async def test_thinking_goes_back_as_it_came() -> None:
    """A payload that went out with placeholders stays as it is; the shown text is masked."""
    mask = masker()
    mask.mapping.placeholder("US_SSN", PLANT)
    thought = Reasoning(f"Is {PLANT} valid?", "p/f", '{"thinking":"Is <US_SSN_1> valid?"}')
    result = await mask.mask_request(ChatRequest((Message("assistant", (thought,)), user("And?"))))
    part = result.messages[0].parts[0]
    assert part == Reasoning("Is <US_SSN_1> valid?", "p/f", thought.payload)


@pytest.mark.parametrize(
    ("arguments", "masked"),
    [
        (f'{{ "a":"{PLANT}" , "n":1.50 }}', '{ "a":"<US_SSN_1>" , "n":1.50 }'),
        ('{"a": "521\\u002d44-9821"}', '{"a": "<US_SSN_1>"}'),
        ('{ "a" : 1 }', '{ "a" : 1 }'),
        (f"broken {PLANT}", "broken <US_SSN_1>"),
    ],
)
async def test_arguments_keep_their_writing(arguments: str, masked: str) -> None:
    """Arguments are the same bytes but for the values, so that a provider's cache still fits."""
    call = Message("assistant", (ToolCall("c1", "t", arguments),))
    result = await masker().mask_request(ChatRequest((call, user("And?"))))
    assert result.messages[0].tool_calls[0].arguments == masked


@pytest.mark.parametrize(
    "scan",
    [
        Scan(private=True),
        Scan(private=True, findings=(Finding("X", 3, 3, 1.0),)),
        Scan(private=True, findings=(Finding("X", 0, 999, 1.0),)),
        Scan(private=True, findings=(Finding("X", 2, 3, 1.0),)),
    ],
)
async def test_a_finding_without_a_place_is_refused(scan: Scan) -> None:
    """What cannot be pointed at cannot be replaced."""

    class Vague:
        def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
            return scan

    with pytest.raises(PrivacyRefused):
        await masker(Vague()).mask_request(ChatRequest((user("ab cd"),)))


async def test_a_failing_detector_is_a_refusal() -> None:
    """Where nobody knows what is in it, nothing is masked."""

    def crash(text: str) -> None:
        raise RuntimeError(text)

    with pytest.raises(PrivacyRefused):
        await masker(PlantDetector(before=crash)).mask_request(ChatRequest((user("x"),)))


async def test_something_left_after_masking_is_refused() -> None:
    """If the masked request still holds something, it stays here."""

    class Stubborn(PlantDetector):
        def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
            if "<US_SSN_1>" in text:
                return Scan(private=True, findings=(Finding("PERSON", 0, 1, 1.0),))
            return super().scan(text, full=full, origin=origin)

    with pytest.raises(PrivacyRefused, match="certainty"):
        await masker(Stubborn()).mask_request(ChatRequest((user(PLANT),)))


async def test_text_that_looks_like_a_placeholder_comes_back_as_it_was() -> None:
    """What the user wrote in angle brackets is neither restored to a value nor lost."""
    text = f"<US_SSN_1> is a tag, {PLANT} is not, &lt;us_ssn_1&gt; neither."
    mask = masker()
    result = await mask.mask_request(ChatRequest((user(text),)))
    assert result.messages[0].text.count("<US_SSN_1>") == 1
    whole = mask.restorer()
    assert whole.feed(result.messages[0].text) + whole.close() == text


@given(
    pieces=st.lists(
        st.sampled_from([PLANT, OTHER, "<US_SSN_1>", "<LITERAL_2>", " ", "a", ".", "\n"])
        | st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=5)
    ),
    cuts=st.lists(st.integers(0, 300)),
)
async def test_masked_and_restored_is_the_same_text(pieces: list[str], cuts: list[int]) -> None:
    """An answer that repeats the masked prompt, cut anywhere, reads like the prompt."""
    text = "".join(pieces)
    assume(not re.search(rf"\d(?:{PLANT}|{OTHER})|(?:{PLANT}|{OTHER})\d", text))
    mask = masker()
    result = await mask.mask_request(ChatRequest((user(text),)))
    masked = result.messages[0].text
    assert PLANT not in f" {masked} ".split()
    restorer = mask.restorer()
    edges = sorted({0, len(masked), *(cut for cut in cuts if cut < len(masked))})
    shown = [restorer.feed(masked[a:b]) for a, b in itertools.pairwise(edges)]
    assert "".join(shown) + restorer.close() == text
    await mask._inspector.close()


async def test_parts_of_a_known_name_are_masked_where_they_stand_alone() -> None:
    """A first name alone is that person's, but a word at the start of a sentence is a word."""
    mask = masker(NameDetector("Will Roe", "Jane Poe"))
    text = "Will Roe met Jane Poe. Will they like it? I think Will does, and Jane. Janet does not."
    result = await mask.mask_request(ChatRequest((user(text),)))
    assert result.messages[0].text == (
        "<PERSON_1> met <PERSON_2>. Will they like it? I think <PERSON_1_FIRST> does, and "
        "<PERSON_2_FIRST>. Janet does not."
    )


async def test_a_value_found_once_is_masked_everywhere() -> None:
    """What was found in one turn is replaced in all of them, in other case and spacing too."""

    class OnlyInContext(NameDetector):
        def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
            found = super().scan(text, full=full, origin=origin)
            return found if "my wife" in text else Scan(private=False)

    mask = masker(OnlyInContext("Jane Poe"))
    turns = (user("my wife Jane Poe"), assistant("Ask JANE  POE."))
    result = await mask.mask_request(ChatRequest(turns))
    assert [m.text for m in result.messages] == ["my wife <PERSON_1>", "Ask <PERSON_1_FORM>."]


ASKS = user("Ask Jane Poe.")


class OnlyIfAsked(NameDetector):
    """Finds the name in a question about her, nowhere else."""

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """Every occurrence of the name after "Ask"."""
        found = super().scan(text, full=full, origin=origin)
        return found if text.startswith("Ask") else Scan(private=False)


@pytest.mark.parametrize(
    "request_",
    [
        ChatRequest((Message("user", ASKS.parts, name="Jane_Poe"),)),
        ChatRequest((ASKS,), tools=(Tool("Jane_Poe"),)),
        ChatRequest((ASKS,), tools=(Tool("look", "", {"properties": {"JanePoe": {}}}),)),
        ChatRequest((ASKS,), response_format={"const": "jane poe"}),
        ChatRequest((ASKS,), response_format={}, response_format_name="JANE_POE"),
        ChatRequest((ASKS,), sampling=Sampling(stop=("Jane Poe",))),
        ChatRequest((ASKS,), user="jane-poe"),
        ChatRequest((ASKS,), extra={"metadata": {"Jane Poe": "x"}}),
        ChatRequest((ASKS, user("Decode SGVsbG8gZGVhciBKYW5lIFBvZQ=="))),
        ChatRequest((ASKS, user("J a n e   P o e"))),
        ChatRequest((ASKS, user("J\bJa\ban\bne\be P\bPo\boe\be"))),
        ChatRequest((ASKS, user("=4A=61=6E=65 =50=6F=65"))),
        ChatRequest((ASKS, user(r"\112\141\156\145 \120\157\145"))),
        ChatRequest((ASKS, user("the folder oldjanepoes-2024"))),
        ChatRequest((ASKS, user("Tell JaneP"), user("oe."))),
        ChatRequest((ASKS, Message("assistant", (Reasoning("", "x/y", '{"t":"Jane Poe"}'),)))),
        ChatRequest((ASKS, Message("user", (File("a.txt", "text/plain", b"Dear Jane Poe"),)))),
    ],
)
async def test_a_known_value_in_any_other_place_or_writing_stays(request_: ChatRequest) -> None:
    """What was found once is known: where it cannot be replaced, nothing leaves."""
    with pytest.raises(PrivacyRefused, match="cannot be masked"):
        await masker(OnlyIfAsked("Jane Poe")).mask_request(request_)


async def test_a_name_in_a_file_name_is_masked() -> None:
    """An underscore is a border like a space."""
    result = await masker(OnlyIfAsked("Jane Poe")).mask_request(
        ChatRequest((ASKS, user("Open letter_to_Jane_Poe_2024.txt")))
    )
    assert result.messages[1].text == "Open letter_to_<PERSON_1_FORM>_2024.txt"


spans = st.lists(
    st.builds(
        lambda start, length, type_: MaskSpan(start, start + length, type_),
        st.integers(0, 30),
        st.integers(1, 12),
        st.sampled_from("AB"),
    )
)


@given(inside=spans)
def test_spans_become_disjoint(inside: list[MaskSpan]) -> None:
    """Both ways of making spans disjoint leave no overlap; the wide one leaves nothing out."""
    for disjoint in (smallest(inside), merged(inside)):
        assert all(a.end <= b.start for a, b in itertools.pairwise(disjoint))
    assert smallest(inside) == smallest(reversed(inside))  # the same after every restart
    covered = {place for span in inside for place in range(span.start, span.end)}
    assert covered == {p for span in merged(inside) for p in range(span.start, span.end)}


FIRSTS = st.sampled_from(["Milena", "Torvald", "Yusra"])
LASTS = st.sampled_from(["Kowalczyk", "Lindqvist", "Haddad"])
SAYINGS = st.sampled_from(
    [
        "{f} {l} called.", "BERG and {L}, {F}", "Ask {f}.", "see {l}_file.txt", "{f}'s and {l}s",
        "get{l}File() # {i}. {l}", "Nothing here.", "{f} {l} and {f} Brandt",
    ]
)  # fmt: skip


@given(
    turns=st.lists(st.tuples(FIRSTS, LASTS, SAYINGS), min_size=1, max_size=6),
    kept=st.booleans(),
)
async def test_no_form_leaves_and_each_turn_begins_with_the_last(
    turns: list[tuple[str, str, str]], *, kept: bool
) -> None:
    """No part of a name that was found is in a masked request, what is masked comes back letter by
    letter, and the bytes of a turn begin with those of the turn before, from a stored map or anew.
    """
    texts = [
        form.format(f=first, l=last, F=first.upper(), L=last.upper(), i=first[0])
        for first, last, form in turns
    ]
    names = [f"{first} {last}" for first in ("Milena", "Torvald", "Yusra")
             for last in ("Kowalczyk", "Lindqvist", "Haddad", "Brandt")]  # fmt: skip
    mapping = MaskMap()
    before: list[str] = []
    known: set[str] = set()
    for number in range(1, len(texts) + 1):
        mask = masker(NameDetector(*names), mapping)
        result = await mask.mask_request(ChatRequest(tuple(map(user, texts[:number]))))
        masked = [message.text for message in result.messages]
        newly = {n for n in names if n in texts[number - 1]} - known
        known |= newly
        for word in {part for name in known for part in name.split()}:
            assert word.lower() not in re.sub(r"<[^>]*>", "", "\n".join(masked)).lower()
        restorer = mask.restorer()
        assert restorer.feed("\n".join(masked)) + restorer.close() == "\n".join(texts[:number])
        mentioned = any(
            part.lower() in text.lower()
            for text in texts[: number - 1] for name in newly for part in name.split()
        )  # fmt: skip
        if not mentioned:  # what was said before, and is only now known to be a name, is masked now
            assert masked[: len(before)] == before
        before = masked
        mapping = MaskMap.load(mapping.dump()) if kept else MaskMap()
        await mask._inspector.close()


async def test_two_people_with_one_first_name_are_two() -> None:
    """Each has a placeholder, and a first name alone says that it may be either; where only one of
    them was spoken of, it is that one, also once the other is known.
    """
    mask = masker(NameDetector("Milena Haddad", "Milena Brandt"))
    texts = ("Milena Haddad came.", "Milena left.", "Milena Brandt came.", "Milena stayed.")
    result = await mask.mask_request(ChatRequest(tuple(map(user, texts))))
    assert [message.text for message in result.messages] == [
        "<PERSON_1> came.",
        "<PERSON_1_FIRST> left.",
        "<PERSON_2> came.",
        "<PERSON_1_OR_2_FIRST> stayed.",
    ]


async def test_a_tool_named_after_a_person_stays() -> None:
    """A name that cannot be replaced, in whatever writing, keeps the request here."""
    for tool in (Tool("get_haddad_file"), Tool("getHaddadFile"), Tool("look", "", {"haddad": {}})):
        with pytest.raises(PrivacyRefused, match="cannot be masked"):
            await masker(NameDetector("Milena Haddad")).mask_request(
                ChatRequest((user("Milena Haddad"),), tools=(tool,))
            )


async def test_an_address_that_holds_a_value_is_masked_whole() -> None:
    """A link that says who somebody is becomes one placeholder, so that it can come back as one."""
    mask = masker(OnlyIfAsked("Jane Poe"))
    text = "Open https://x.example/?q=Jane%20Poe and [her](https://x.example/jane_poe)."
    result = await mask.mask_request(ChatRequest((ASKS, user(text))))
    assert result.messages[1].text == "Open <URL_1> and [her](<URL_2>)."
    shown = mask.arguments_restorer()
    arguments = json.dumps({"text": result.messages[1].text})
    assert json.loads(shown.feed(arguments) + shown.close()) == {"text": text}


class Typed(PlantDetector):
    """Finds an e-mail address and an account beside the number of the plant."""

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """Every one in ``text``."""
        found = list(super().scan(text, full=True, origin=origin).findings)
        for type_, pattern in (("EMAIL_ADDRESS", r"\w+@corp\.com"), ("BANK_ACCOUNT", r"55\d{6}")):
            found += [Finding(type_, *m.span(), 1.0) for m in re.finditer(pattern, text)]
        return Scan(private=bool(found), findings=tuple(found))


async def test_placeholders_keep_the_format_that_a_field_needs() -> None:
    """Where a schema asks for an address of mail it is one, of nobody; a JSON number is a number as
    long as before; both come back as they were, and stay the same over turns and restarts.
    """
    mail = Tool("mail", "", {"properties": {"to": {"type": "string", "format": "email"}}})
    call = Message(
        "assistant",
        (ToolCall("c1", "mail", '{ "to": "ann@corp.com", "account": 55123456, "n": 7 }'),),
    )
    turns = (user("Write to ann@corp.com"), call, user('{"account": 55123456}'), user("And?"))
    mask = masker(Typed())
    result = await mask.mask_request(ChatRequest(turns, tools=(mail,)))
    arguments = result.messages[1].tool_calls[0].arguments
    masked = json.loads(arguments)
    assert re.fullmatch(r"person\d+@example\.com", masked["to"])
    assert result.messages[0].text == f"Write to {masked['to']}"
    assert len(str(masked["account"])) == 8
    assert masked["account"] != 55123456
    assert json.loads(result.messages[2].text) == {"account": masked["account"]}
    assert arguments == f'{{ "to": "{masked["to"]}", "account": {masked["account"]}, "n": 7 }}'
    shown = mask.arguments_restorer("mail")
    assert shown.feed(arguments) + shown.close() == call.tool_calls[0].arguments
    again = masker(Typed(), MaskMap.load(mask.mapping.dump()))
    assert await again.mask_request(ChatRequest(turns, tools=(mail,))) == result


async def test_what_somebody_writes_himself_is_no_placeholder() -> None:
    """A number or an address that happens to be a placeholder is masked itself, and comes back."""
    mask = masker(Typed())
    first = await mask.mask_request(ChatRequest((user('{"account": 55123456}'),)))
    given_out = json.loads(first.messages[0].text)["account"]
    text = f"Not {given_out}."
    result = await mask.mask_request(ChatRequest((user('{"account": 55123456}'), user(text))))
    assert result.messages[1].text == "Not <LITERAL_1>."
    whole = mask.restorer()
    assert whole.feed(result.messages[1].text) + whole.close() == text


async def test_what_is_private_as_a_whole_stays() -> None:
    """A text that is private without any place in it that could be replaced is not masked."""

    class Story(PlantDetector):
        def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
            found = Finding("SENSITIVE", 0, len(text), 0.9)
            return Scan(private=True, findings=(found,), reason="It is a story of one's own.")

    with pytest.raises(PrivacyRefused, match="by your rules"):
        await masker(Story(), None, "SENSITIVE").mask_request(ChatRequest((user("I am ill."),)))


class NameInAddress(NameDetector):
    """Finds an address, and a name that takes a part of it."""

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """Both, wherever the address stands."""
        named = super().scan(text).findings
        at = text.find("edda.brandt@brandt.example")
        mail = (Finding("EMAIL_ADDRESS", at, at + 26, 0.9),) if at >= 0 else ()
        return Scan(private=bool(named or mail), findings=(*named, *mail))


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("edda.brandt", "Tell <EMAIL_ADDRESS_1> that"),
        ("Tell edda.brandt", "<PERSON_1> <EMAIL_ADDRESS_1> that"),
        ("brandt.example that", "Tell <EMAIL_ADDRESS_1> that"),
    ],
)
async def test_a_name_in_an_address_leaves_nothing_of_the_address(name: str, left: str) -> None:
    """The address goes whole, and so does what else was taken for a name and may be one."""
    text = "Tell edda.brandt@brandt.example that"
    masked = await masker(NameInAddress(name)).mask_request(ChatRequest((user(text),)))
    (part,) = masked.messages[0].parts
    assert isinstance(part, Text)
    assert part.text == left
