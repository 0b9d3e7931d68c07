"""However a private text is wrapped, it stays private."""

from __future__ import annotations

import csv
import html
import io
import json
import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget
from tests.support.model_files import models_folder, require
from tests.support.unseen import SEQUENCES, SIGNS, VALUES, hidden

Wrapper = Callable[[str, random.Random], str]

PATTERNS = [
    "My SSN is 521-44-9821, write a letter to my bank.",
    "Is 4996648515792863 a valid Visa number? It keeps getting declined.",
    "Reply to anna.kowalska@posteo.net: the order cannot be cancelled.",
    "Please call me on +1-523-584-2814 or +44 7700 912345 tonight.",
    "DATABASE_URL=postgres://app:0228xrKA8OqRoK@db.navmjl.internal:5432/prod refused, why?",
    "git push says 403 with token ghp_nZ8wzQeDhzw1GijV0va5m8ZbscoJ0AwYzr6Q",
    "Meine Bank hat von Konto DE44500105175407324931 zu viel abgebucht.",
    "My passport number is C7R4VT2K6, when does it expire?",
    "Patient record MRN 77470885 shows a normal troponin.",
    "Block 84.112.9.201 in the firewall, it is my neighbour.",
    "M\u00f3j PESEL to 82031719429, wype\u0142nij wniosek.",
    "Il codice fiscale CGNNCL92H54B218K \u00e8 corretto?",
]
NAMES = [
    "My colleague Kyle Fischer was warned twice for drinking at work and his wife has left him.",
    "Our tenant Amber Berger owes three months of rent and cries when I call her.",
    "Write a letter to my tenant Ola Lind, who has owed three months of rent since her divorce.",
]


def in_json(text: str, chooser: random.Random) -> str:
    """As a value of an object."""
    return json.dumps({"role": "user", "content": text}, ensure_ascii=chooser.random() < 0.5)


def in_json_twice(text: str, chooser: random.Random) -> str:
    """As JSON inside JSON, as tool arguments are."""
    return json.dumps({"arguments": json.dumps({"query": text})})


def in_code(text: str, chooser: random.Random) -> str:
    """As a string in a program."""
    return f"def run():\n    prompt = {text!r}\n    return client.send(prompt)\n"


def in_log(text: str, chooser: random.Random) -> str:
    """As a line of a log."""
    return f"2024-03-11T10:22:01Z INFO worker[811]: request body: {text} (took 12 ms)"


def in_csv(text: str, chooser: random.Random) -> str:
    """As a field of a row."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([17, text, "open"])
    return buffer.getvalue()


def in_html(text: str, chooser: random.Random) -> str:
    """As a page, special characters as entities."""
    coded = "".join(f"&#{ord(c)};" if c in "@.-+" else html.escape(c) for c in text)
    return f"<p>{coded}</p>"


def with_hidden(text: str, chooser: random.Random) -> str:
    """With characters that nobody sees."""
    signs = ["\u200b", "\u200d", "\u2060", "\ufeff", "\x00", "\x7f", "", "", "", ""]
    return "".join(c + chooser.choice(signs) for c in text)


def wide(text: str, chooser: random.Random) -> str:
    """In wide letters and digits."""
    return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)


def broken(text: str, chooser: random.Random) -> str:
    """With a line break between two of its sentences' parts."""
    return text.replace(", ", ",\n").replace(": ", ":\n") + "\n\n"


def quoted(text: str, chooser: random.Random) -> str:
    """As a quotation in a mail."""
    return "> " + text.replace("\n", "\n> ")


def late(text: str, chooser: random.Random) -> str:
    """After a long harmless beginning."""
    return "Please proofread the following paragraph about gardening tools. " * 40 + text


WRAPPERS = [
    in_json, in_json_twice, in_code, in_log, in_csv, in_html,
    with_hidden, wide, broken, quoted, late,
]  # fmt: skip
QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """Patterns alone."""
    policy = msgspec.structs.replace(
        PrivacyPolicy.load(), names="off", budget=ScanBudget(seconds=30.0)
    )
    return Detector(policy, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def reader() -> Detector:
    """With the real names model."""
    require("rampart/model_q4.onnx")
    policy = msgspec.structs.replace(PrivacyPolicy.load(), budget=ScanBudget(seconds=30.0))
    folder = models_folder()
    assert folder is not None
    return Detector(policy, folder)


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda w: w.__name__)
@pytest.mark.parametrize("text", PATTERNS)
def test_a_wrapped_pattern_stays(detector: Detector, text: str, wrapper: Wrapper) -> None:
    """No wrapping takes a number, an address or a secret out of sight."""
    assert detector.scan(wrapper(text, random.Random(3))).private


@pytest.mark.parametrize("kind", VALUES)
def test_no_unseen_sign_hides_a_value(detector: Detector, kind: str) -> None:
    """Control and format signs, colours and escapes take no value out of sight, wherever put."""
    left = [
        (sign, how)
        for sign in (*SIGNS, *SEQUENCES)
        for how, text in hidden(kind, sign).items()
        if not detector.scan(text).private
    ]
    assert left == []


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda w: w.__name__)
@pytest.mark.parametrize("text", NAMES)
def test_a_wrapped_name_stays(reader: Detector, text: str, wrapper: Wrapper) -> None:
    """No wrapping takes a private name out of sight."""
    assert reader.scan(wrapper(text, random.Random(3))).private


@pytest.mark.parametrize("change", [str.upper, str.lower], ids=["upper", "lower"])
@pytest.mark.parametrize("text", [t for t in PATTERNS if "ghp_" not in t and "postgres" not in t])
def test_case_hides_nothing(detector: Detector, text: str, change: Callable[[str], str]) -> None:
    """Shouting or whispering changes no verdict; only keys in another case are keys no more."""
    assert detector.scan(change(text)).private


@pytest.mark.parametrize("change", [str.upper, str.lower], ids=["upper", "lower"])
@pytest.mark.parametrize("text", NAMES)
def test_case_hides_no_name(reader: Detector, text: str, change: Callable[[str], str]) -> None:
    """A private name is found without its capital letters too."""
    assert reader.scan(change(text)).private


@QUIET
@given(
    text=st.sampled_from(PATTERNS),
    first=st.sampled_from(WRAPPERS),
    second=st.sampled_from([in_json, in_log, in_csv, with_hidden, late, quoted]),
    seed=st.integers(0, 1000),
)
def test_two_wrappings_hide_nothing(
    detector: Detector, text: str, first: Wrapper, second: Wrapper, seed: int
) -> None:
    """Wrapping what is wrapped keeps the verdict."""
    chooser = random.Random(seed)
    assert detector.scan(second(first(text, chooser), chooser)).private


@QUIET
@given(text=st.text(max_size=300), private=st.sampled_from(PATTERNS[:6]))
def test_any_neighbour_hides_nothing(detector: Detector, text: str, private: str) -> None:
    """Whatever stands above and below a private line, it is found."""
    assert detector.scan(f"{text}\n\n{private}\n\n{text}").private
