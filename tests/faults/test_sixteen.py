"""No fault of the catalogue ends badly: all sixteen pass with ``complete``, twelve with the rest
safe with ``first_token``.

EDGEROUTE_FAULTS=full runs them at true speed too (about ten minutes).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.core.events import Failed
from edgeroute.core.request import Commit
from tests.faults import sixteen
from tests.faults.sixteen import COMMITS, SETUPS, Result, Verdict
from tests.support import replies
from tests.support.faults import ANSWER, FALLBACK_ANSWER, FAULTS, Fault
from tests.support.house import OPEN, house
from tests.support.scripted_provider import Behaviour, always

BROKEN_MID_STREAM = frozenset({"S08", "S09", "S10", "S14"})


def expected(name: str, commit: Commit) -> Verdict:
    """Words already shown cannot be taken back; everything else is rescued."""
    return "safe" if commit == "first_token" and name in BROKEN_MID_STREAM else "pass"


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("commit", COMMITS)
@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_a_fault_ends_as_it_should(
    name: str, commit: Commit, setup: str, tmp_path: Path
) -> None:
    """Every fault gets the verdict that is right for it, with the packaged numbers, in both commit
    modes, with a provider for each model and with one for both.
    """
    result = await sixteen.run(name, commit, tmp_path / "home", setup=setup)
    print(result)  # noqa: T201 - the table, with `pytest -s`
    assert result.verdict == expected(name, commit), result


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("commit", COMMITS)
@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_a_fault_at_true_speed(name: str, commit: Commit, setup: str, tmp_path: Path) -> None:
    """The same with the catalogue's own times, and no time allowed for the machine."""
    if os.environ.get("EDGEROUTE_FAULTS") != "full":
        pytest.skip("takes ten minutes; set EDGEROUTE_FAULTS=full")
    result = await sixteen.run(name, commit, tmp_path / "home", setup=setup, speed=1.0)
    print(result)  # noqa: T201
    assert result.verdict == expected(name, commit), result


async def test_without_a_larger_window_the_error_is_clean(tmp_path: Path) -> None:
    """S12 where no model has a larger window: one try, and the sentence says what to do."""
    cloud = {"primary": FAULTS["S12"].behaviour(), "fallback": FAULTS["S12"].fallback()}
    async with house(tmp_path, cloud) as home:
        seen = await home.ask(OPEN)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, ProviderError)
        assert seen.end.error.kind is ErrorKind.CONTEXT
        assert seen.end.error.hint
        assert len(home.cloud["primary"].requests) == 1
        assert not home.cloud["fallback"].requests


def _lying(text: str) -> Behaviour:
    return always(replies.chat(text))


def _silent_about_usage(words: str) -> Behaviour:
    return always(replies.stream(replies.chat_events(replies.words(words), usage=False)))


@pytest.mark.parametrize(
    ("name", "primary", "complaint"),
    [
        ("S16", _lying(ANSWER[:100]), "whole answer of one model"),
        ("S16", _lying(ANSWER[:100] + FALLBACK_ANSWER), "whole answer of one model"),
        ("S16", _lying(ANSWER), "fallback's model is named"),
        ("S03", _lying(ANSWER), "exactly one more"),
        ("S13", _lying(ANSWER), "ends as a refusal"),
        ("S11", _silent_about_usage(ANSWER), "usage is reported"),
    ],
)
async def test_the_judge_can_say_no(
    name: str, primary: Behaviour, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A truncated or spliced answer, a missing count, a wrong route: each is a fail."""
    monkeypatch.setitem(FAULTS, name, Fault(name, "a false one", lambda _: primary))
    result = await sixteen.run(name, "complete", tmp_path / "home")
    assert result.verdict == "fail"
    assert any(complaint in note for note in result.notes), result


def test_the_summary_counts_by_mode() -> None:
    """The last lines of the table."""
    rows: Sequence[Result] = [
        Result("S01", "complete", "apart", "pass", "m", 1, 0.1, ()),
        Result("S02", "complete", "apart", "fail", "m", 1, 0.1, ("not so: x",)),
    ]
    assert "apart     complete     1 pass, 0 partial, 0 safe, 1 fail" in sixteen.summary(rows)
