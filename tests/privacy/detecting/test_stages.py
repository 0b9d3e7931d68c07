"""What a recogniser says it needs is true: where a page lacks it, nothing would have been found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeroute.privacy.detecting.recognizers.secrets import Secrets
from edgeroute.privacy.detecting.stages import stages
from edgeroute.privacy.detecting.text.decoding import decoded
from edgeroute.privacy.detecting.text.normalise import readings
from edgeroute.privacy.detecting.text.page import Finder, Page
from edgeroute.privacy.policy import PrivacyPolicy
from edgeroute.word_lists import pattern_list
from tests.privacy.test_recognizers import FOUND

FINDERS = list(stages(PrivacyPolicy.load()))
# For each recogniser, texts with just one of the things that it needs.
ALONE = [
    ("emails", "jonas.feldmann@posteo.de"),
    ("emails", "my mail is jonas.feldmann1 and the domain is gmail"),
    ("emails", "jonas dot feldmann at posteo dot de"),
    ("emails", "jonas[at]posteo.de"),
    ("emails", "jonas <at> posteo.de"),
    ("emails", "jonas {at} posteo.de"),
    ("emails", "jonas (arroba) posteo.es"),
    ("emails", "jonas arroba posteo punto es"),
    ("forms", "P<D<<BERGSTROEM<<LIV<ANNE<<<<<<<<<<<<<<<<<<<"),
    ("forms", "\nFN;Anna Kowal"),
    ("forms", "\nATTENDEE;Anna Kowal"),
    ("forms", "\nORGANIZER;Anna Kowal"),
    ("forms", "insert into patients (name) values ('Anna')"),
    ("forms", "name\tphone\nAnna Kowal\tnone"),
    ("forms", "name, phone\nAnna Kowal, none"),
    ("forms", "name; phone\nAnna Kowal; none"),
    ("forms", "name | phone\nAnna Kowal | none"),
    ("forms", "PID|abcdefgh"),
    ("forms", "whatsapp group chat\nAnna: hello\nPiotr: hello"),
    ("forms", 'name="Anna" phone="60 70"'),
    ("secrets", "xoxb-abcdefk2mn"),
    ("secrets", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx7Kq2Lw9Vt4Bn7Mz"),
    ("secrets", "PuTTY-User-Key-File-2"),
    ("secrets", "tcp://a:Wq8kfj2@b"),
    ("secrets", "curl -u jan:Wq8kfj2"),
    ("secrets", "x?a=b&sig=" + "Zx8%2" * 8),
    ("secrets", "https://hooks.slack.com/services/Zx8Kq2Lw9/Vt4Bn7Mz1Qs5"),
    ("secrets", "password: Tulip!293"),
    ("sensitive", "i was raped"),
]
EXAMPLES = [
    *(text for _, text in FOUND),
    *(text for _, text in ALONE),
    "curl -u jan:Wq81kfj2mz and Authorization: Bearer Zx8Kq2Lw9Vt4aB1c",
    '{"first_name": "Anna", "phone": "600700800"} "sender": "Anna", "body": "see you at six"',
    "i am pregnant and my boss knows, i've been diagnosed, my neighbour has hiv",
]
PIECES = sorted({piece for text in EXAMPLES for piece in re.findall(r"\w+|\W", text)})


@st.composite
def nearly(draw: st.DrawFn) -> str:
    """An example from which something was taken, or in which something was replaced."""
    text = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + draw(st.sampled_from(["", " ", "x", "\n", *PIECES])) + text[end:]
    return draw(st.sampled_from([text, re.sub(r"\d", "x", text), re.sub(r"[@:=|]", " ", text)]))


def spared(page: Page) -> list[Finder]:
    """The recognisers that a page is kept from."""
    return [finder for finder in FINDERS if not page.holds(finder.needs)]


@given(st.one_of(nearly(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text()))
def test_a_recogniser_that_is_spared_would_find_nothing(text: str) -> None:
    """On every page that is made of a text, what its recognisers need is there or they are mute."""
    for normal in readings(text):
        plain = [normal, *(one for part in decoded(normal.text) for one in readings(part.text))]
        for page in (Page(one.text, full=True) for one in plain):
            for finder in spared(page):
                assert list(finder.find(page)) == [], finder.name


@pytest.mark.parametrize(("name", "text"), ALONE)
def test_each_thing_needed_is_enough(name: str, text: str) -> None:
    """Wherever a recogniser finds something, the page is one that it is given."""
    finder = next(finder for finder in FINDERS if finder.name == name)
    page = Page(text, full=True)
    assert list(finder.find(page))
    assert page.holds(finder.needs)


@pytest.mark.parametrize("pattern", pattern_list("secrets"))
def test_every_format_holds_what_secrets_need(pattern: str) -> None:
    """No key or token is short or odd enough to be passed over."""

    @settings(max_examples=15)
    @given(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    def check(key: str) -> None:
        assert Page(key).holds(Secrets.needs)

    check()


def test_a_plain_question_is_kept_from_every_recogniser() -> None:
    """A short question without numbers, signs and private words is read by none of them."""
    page = Page("How do I reverse a list in Python without a copy?")
    assert spared(page) == FINDERS
