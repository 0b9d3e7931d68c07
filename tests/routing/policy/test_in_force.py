"""Files that are edited while the program runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeroute.core.errors import SettingsError
from edgeroute.routing.policy.in_force import Reloaded
from tests.support.house import OPEN, house

POLICY = "routing:\n  rules:\n    - {id: ID, condition: input_tokens >= 0, model: mock/m}\n"
POLICY += "    - default: mock/m\n"


def test_only_the_first_load_may_fail(tmp_path: Path) -> None:
    """A file that was never valid is an error; a later mistake keeps the value from before."""
    file = tmp_path / "x"
    loads: list[str] = []

    def load() -> int:
        loads.append(file.read_text())
        if not loads[-1].isdigit():
            raise SettingsError("is no number.", file=str(file), line=1, hint="Write one.")
        return int(loads[-1])

    file.write_text("x")
    reloaded = Reloaded(lambda: file, load)
    with pytest.raises(SettingsError):
        _ = reloaded.value
    file.write_text("12")
    assert (reloaded.value, reloaded.value, reloaded.trouble) == (12, 12, "")
    file.write_text("123x")
    assert (reloaded.value, reloaded.value) == (12, 12)
    assert reloaded.trouble == (
        f"What was valid before goes on. {file}:1: is no number. Write one."
    )
    file.write_text("12345")
    assert (reloaded.value, reloaded.trouble) == (12345, "")
    assert loads == ["x", "12", "123x", "12345"]


async def test_an_edited_policy_decides_the_next_request(tmp_path: Path) -> None:
    """A valid edit is used at once; an invalid one or a deleted file keeps the rules, and the
    receipt says so.
    """
    async with house(tmp_path, rules={"test.yaml": POLICY.replace("ID", "first")}) as home:
        file = home.runtime.paths.config / "rules" / "test.yaml"
        assert (await home.ask(OPEN)).receipt.rule == "first"
        file.write_text(POLICY.replace("ID", "the-second"))
        assert (await home.ask(OPEN)).receipt.rule == "the-second"
        for broken in ("routing: [", "routing: " + "[" * 50_000, None):
            if broken is None:
                file.unlink()
            else:
                file.write_text(broken)
            receipt = (await home.ask(OPEN)).receipt
            assert receipt.rule == "the-second"
            assert receipt.notes[0].startswith("What was valid before goes on.")
        file.write_text(POLICY.replace("ID", "a-third"))
        receipt = (await home.ask(OPEN)).receipt
        assert (receipt.rule, receipt.notes) == ("a-third", ())


async def test_edited_roles_decide_the_next_request(tmp_path: Path) -> None:
    """A user's own tiers.yaml that appears while the program runs is read."""
    policy = "routing:\n  rules:\n    - default: small\n"
    async with house(tmp_path, rules={"test.yaml": policy}) as home:
        folder = home.runtime.paths.config / "rules"
        packaged = home.rules.tiers().roles["small"].models
        text = (Path(__file__).parents[3] / "rules" / "tiers.yaml").read_text()
        first = f"models: [{packaged[0]}"
        (folder / "tiers.yaml").write_text(text.replace(first, f"models: [mock/m, {packaged[0]}"))
        assert (await home.ask(OPEN)).receipt.model == "mock/m"
        assert home.rules.tiers().roles["small"].models == ("mock/m", *packaged)
