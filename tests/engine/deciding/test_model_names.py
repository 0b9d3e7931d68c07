"""Names of models: what is typed means one model, or it is refused with the nearest name."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.errors import BudgetReached, UnknownModel
from edgeroute.core.events import Failed
from edgeroute.core.model_card import Place
from edgeroute.engine.deciding.model_names import WORDS, canonical
from edgeroute.providers.catalog.catalog import Catalog
from tests.support import replies
from tests.support.house import LOCAL_ANSWER, OPEN, PRIVATE, house, request
from tests.support.routing import LOCAL, card, cards
from tests.support.scripted_provider import always

CATALOG = Catalog(
    {},
    # The last three are traps: a user's own providers may be called anything.
    cards(card("corp/GPT-Big"), card("local/trap"), card("corp/local"), card("corp/Local/a")),
    {"claude-haiku-4-5": "anthropic/claude-haiku-4.5", "kimi": "moonshot/kimi-k2.6"},
)
HERE = {"local/here": "local", LOCAL: LOCAL, "local/Own/Model": "local/Own/Model"}
BLANKS = st.text(" \t\n\r\u00a0\u2003", max_size=3)


def outcome(typed: str) -> str | UnknownModel:
    """What ``typed`` stands for, or the error that it is."""
    try:
        return canonical(typed, CATALOG, HERE)
    except UnknownModel as error:
        return error


@st.composite
def spelled(draw: st.DrawFn, name: str) -> str:
    """``name`` with any case, and blanks around each of its parts."""
    parts = []
    for part in name.split("/"):
        letters = [draw(st.sampled_from([one.lower(), one.upper()])) for one in part]
        parts.append(draw(BLANKS) + "".join(letters) + draw(BLANKS))
    return "/".join(parts)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", "auto"), ("  ", "auto"), ("AUTO", "auto"), ("Cascade ", "cascade"),
        (" ENSEMBLE", "ensemble"), ("Local", "local"), (" local", "local"), ("local/", "local"),
        ("LOCAL/Auto", "local"), ("local/HERE", "local"), ("Local / OWN/model", "local/Own/Model"),
        ("OpenAI/GPT-5.5", "openai/gpt-5.5"), (" openai/gpt-5.5 ", "openai/gpt-5.5"),
        ("CORP/gpt-big", "corp/GPT-Big"), ("Claude-Haiku-4-5", "anthropic/claude-haiku-4.5"),
    ],
)  # fmt: skip
def test_case_and_blanks_do_not_count(typed: str, meant: str) -> None:
    """The words, ids, aliases and local models are found however they are spelled."""
    assert canonical(typed, CATALOG, HERE) == meant


@given(st.sampled_from([*WORDS, *CATALOG.cards, *CATALOG.aliases, *HERE]).flatmap(spelled))
def test_a_name_that_was_found_is_found_again(typed: str) -> None:
    """What a name stands for stands for itself."""
    meant = outcome(typed)
    if isinstance(meant, str):
        assert canonical(meant, CATALOG, HERE) == meant
    else:
        assert "trap" in typed.casefold()


@given(
    st.sampled_from(["local", "local/", "local/auto", "local/trap", *HERE]).flatmap(spelled)
    | st.builds("{}/{}".format, spelled("local"), st.text(max_size=12))
)
def test_no_spelling_of_local_means_the_cloud(typed: str) -> None:
    """It is the local model, one that is here, or an error that says which are here."""
    meant = outcome(typed)
    if isinstance(meant, str):
        assert meant in HERE.values()
    else:
        assert all(f"`{one}`" in meant.hint for one in HERE.values())
        assert "trap" not in meant.hint


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("opnai/gpt-5.5", "openai/gpt-5.5"), ("gpt-big", "corp/GPT-Big"), ("locl", "local"),
        ("claude-haiku-4-6", "anthropic/claude-haiku-4.5"), ("cascad", "cascade"),
        ("local:latest", "local"), ("qwen3.6-27b", LOCAL),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_the_nearest(typed: str, nearest: str) -> None:
    """The sentence names what was typed and what may have been meant."""
    with pytest.raises(UnknownModel) as caught:
        canonical(typed, CATALOG, HERE)
    assert caught.value.message.startswith(f"There is no model `{typed}`. Did you mean `{nearest}`")
    assert (caught.value.http_status, caught.value.exit_code) == (404, 2)


def test_what_is_like_nothing_gets_no_suggestion() -> None:
    """Nor is a strange or endless name repeated as it came."""
    with pytest.raises(UnknownModel) as caught:
        canonical("\x1b[31m" + "?" * 100_000, CATALOG, HERE)
    assert "Did you mean" not in caught.value.message
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 200


def test_no_name_of_this_machine_fills_the_screen() -> None:
    """A file of a local model may be called anything."""
    with pytest.raises(UnknownModel) as caught:
        canonical(f"local/{'x' * 1_000}", CATALOG, {"local/a": f"local/\x1b[31m{'y' * 1_000}"})
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("model", ["Local", " local", "LOCAL/M", "local/here", "local / m"])
async def test_whoever_asks_for_local_is_answered_here(tmp_path: Path, model: str) -> None:
    """However it is spelled and whatever it holds, no byte leaves."""
    internal = "[privacy]\nenterprise_provider = 'mock'\n"
    code = "# Copyright Acme. Confidential and proprietary.\nimport os\n"
    async with house(tmp_path, settings=internal) as home:
        for text in (OPEN, code, PRIVATE):
            seen = await home.ask(text, model=model)
            assert (seen.text, seen.receipt.route) == (LOCAL_ANSWER, Place.LOCAL)
        explained = await home.runtime.engine.explain(request(OPEN, model=model))
        assert [one.place for one in explained.plan.candidates] == [Place.LOCAL]
        assert home.bytes_out == 0


async def test_a_named_local_model_that_fails_is_not_replaced(tmp_path: Path) -> None:
    """The failure is told; no managed model answers for it."""
    async with house(tmp_path, local=always(replies.error(500))) as home:
        seen = await home.ask(OPEN, model="local/m")
        assert isinstance(seen.end, Failed)
        assert home.bytes_out == 0


async def test_a_budget_that_asks_lets_a_named_local_model_answer(tmp_path: Path) -> None:
    """What costs nothing needs no leave."""
    budget = "[budget]\ndaily_usd = 1.0\nat_limit = 'ask'\n"
    async with house(tmp_path, settings=budget) as home:
        with mock.patch.object(home.runtime.ledger, "spent", return_value=Decimal(2)):
            assert (await home.ask(OPEN, model="LOCAL/m")).text == LOCAL_ANSWER
            refused = (await home.ask(OPEN)).end
        assert isinstance(refused, Failed)
        assert isinstance(refused.error, BudgetReached)


@pytest.mark.parametrize("model", ["mokc/m", "nobody", "local/other", "default", "mock"])
@pytest.mark.parametrize("text", [OPEN, PRIVATE])
async def test_an_unknown_name_is_nobodys_to_answer(tmp_path: Path, model: str, text: str) -> None:
    """One terminal event with a receipt, no byte out, nothing asked here, no conversation begun."""
    async with house(tmp_path) as home:
        seen = await home.ask(text, model=model)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, UnknownModel)
        assert (seen.terminals, seen.receipt.error) == (1, "model_not_found")
        assert home.bytes_out == 0
        assert not home.local.requests
        assert not home.runtime.conversations.list()
        with pytest.raises(UnknownModel):
            await home.runtime.engine.explain(request(text, model=model))


async def test_a_known_model_is_asked_however_it_is_spelled(tmp_path: Path) -> None:
    """The one that is named answers, and not the first of the policy."""
    cloud = {name: always(replies.chat(f"From {name}.")) for name in ("one", "two")}
    async with house(tmp_path, cloud) as home:
        seen = await home.ask(OPEN, model=" Two/M ")
        assert (seen.text, seen.receipt.model) == ("From two.", "two/m")
        assert home.cloud["one"].bytes_received == 0
