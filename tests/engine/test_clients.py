"""What a connected program's profile does to its requests, through the endpoint and the engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgeroute.core.errors import UnknownModel
from edgeroute.core.events import Failed
from edgeroute.core.model_card import Place
from edgeroute.core.receipt import Attempt, Receipt
from edgeroute.core.request import Client
from edgeroute.core.secret import Secret
from edgeroute.core.usage import Cost
from edgeroute.core.verdict import PrivacyMode
from edgeroute.server.access.clients import ClientTokens
from edgeroute.server.access.guard import Rules
from edgeroute.server.context import ServerContext
from edgeroute.server.serve import build
from edgeroute.wiring import Runtime
from tests.support import replies
from tests.support.endpoint import RECEIPT
from tests.support.house import OPEN, House, house, request
from tests.support.scripted_provider import always

MAIL = "Write to anna.berg@fjordmail.no about lunch."
ANSWERS = {"second": always(replies.chat("Yes.")), "mock": always(replies.chat("Yes."))}


async def ask(
    runtime: Runtime, name: str, text: str, *, path: str = "/v1/chat/completions", **headers: str
) -> httpx.Response:
    """What the endpoint answers to the program ``name``; to the user's own token without one."""
    tokens = ClientTokens(runtime.paths.state)
    own = "edgeroute-" + "x" * 43
    token = tokens.make(name).reveal() if name else own
    rules = Rules(Secret(own), 8377, holder=tokens.holder)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(build(ServerContext(runtime), rules)),
        base_url="http://127.0.0.1:8377",
        timeout=60,
    ) as client:
        fields = {f"x-edgeroute-{key}": value for key, value in headers.items()}
        body = {"model": "auto", "messages": [{"role": "user", "content": text}]}
        return await client.post(path, json=body, headers={"x-api-key": token} | fields)


def profile(home: House, name: str, lines: str) -> None:
    """Write a profile into the settings file, as the user or `connect` would meanwhile."""
    file = home.runtime.paths.settings
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(f"[clients.{name}]\n{lines}\n")


def paid(amount: Decimal) -> Receipt:
    """A receipt of now, of an answer that cost ``amount`` USD."""
    now = datetime.now(UTC)
    attempt = Attempt(
        "mock/m", Place.CLOUD, now, "answered", bytes_sent=9, cost=Cost(amount, "computed")
    )
    return replace(RECEIPT, created=now, attempts=(attempt,))


def modes(answers: Iterable[httpx.Response]) -> list[Any]:
    """The modes that explanations tell of."""
    return [answer.json()["privacy"]["mode"] for answer in answers]


async def test_a_profile_masks_and_a_header_may_only_keep_more_here(tmp_path: Path) -> None:
    """Masking is the user's to choose; a program that asks for it does not get it."""
    explain = "/edgeroute/v1/explain"
    async with house(tmp_path, {"mock": always(replies.chat("Yes."))}) as home:
        profile(home, "agent", 'privacy = "mask"')
        wishes = ("mask", "auto", "private")
        asked = [await ask(home.runtime, "agent", MAIL, path=explain, privacy=w) for w in wishes]
        assert modes([await ask(home.runtime, "agent", MAIL, path=explain), *asked]) == [
            "mask", "mask", "auto", "private",
        ]  # fmt: skip
        plain = [await ask(home.runtime, "", MAIL, path=explain, privacy=w) for w in wishes]
        assert modes(plain) == ["auto", "auto", "private"]
        assert "Masking was asked for" in plain[0].text
        await ask(home.runtime, "", MAIL, privacy="mask")
        assert home.bytes_out == 0
        answer = await ask(home.runtime, "agent", f"{MAIL} Be short.")
        assert answer.headers["x-edgeroute-route"] == "cloud"
        (got,) = home.cloud["mock"].requests
        assert b"anna" not in got.body


async def test_a_strict_profile_holds_in_a_conversation_that_was_begun_otherwise(
    tmp_path: Path,
) -> None:
    """Whoever goes on with a conversation gets the stricter of its mode and the program's own."""
    async with house(tmp_path) as home:
        home.runtime.conversations.create(PrivacyMode.MASK, id="mine")
        for mode, held in (("private", "private"), ("auto", "auto"), ("mask", "mask")):
            profile(home, f"p-{mode}", f'privacy = "{mode}"')
            one = home.runtime.client(f"p-{mode}")
            session = home.runtime._engine._sessions.peek(
                request(MAIL, conversation="mine", client=one, front_door="http")
            )
            assert session.mode == held


async def test_a_profile_names_policy_tier_and_models(tmp_path: Path) -> None:
    """Rules of its own decide, a header asks for no dearer tier, and other models are refused."""
    own = "routing:\n  rules:\n    - id: mine\n      default: second/m\n"
    async with house(tmp_path, ANSWERS, rules={"mine.yaml": own}) as home:
        profile(
            home,
            "agent",
            'policy = "mine"\ntier = "balanced"\nmodels = ["second/*"]',
        )
        path = "/edgeroute/v1/explain"
        told = (await ask(home.runtime, "agent", OPEN, path=path, tier="premium")).json()
        assert (told["rule"], told["client"]) == ("mine", "agent")
        clouds = [one["model"] for one in told["candidates"] if one["place"] == "cloud"]
        assert clouds
        assert all(model.startswith("second/") for model in clouds)
        client = home.runtime.client("agent")
        seen = await home.ask(OPEN, model="mock/m", client=client)
        assert isinstance(seen.end, Failed)
        assert isinstance(seen.end.error, UnknownModel)
        assert "`mock/m`" in seen.end.error.message
        assert "clients.agent.models" in seen.end.error.hint
        local = await home.ask(OPEN, model="local", client=client)
        assert local.receipt.model.startswith("local/")
        refused = seen.receipt
        assert (refused.client, refused.attempts) == ("agent", ())


async def test_a_program_has_a_budget_of_its_own(tmp_path: Path) -> None:
    """When it is used up its prompts stay here, and everybody else's go on."""
    async with house(tmp_path, {"mock": always(replies.chat("Yes."))}) as home:
        client = Client("agent", daily_usd=Decimal("0.5"))
        spent = paid(Decimal("0.5"))
        home.runtime.ledger.record(replace(spent, client="agent"))  # type: ignore[attr-defined]
        second = await home.ask("Explain how a heap works.", client=client)
        assert not second.receipt.left_machine
        other = await home.ask("Explain how a trie works.", client=Client("other"))
        assert other.receipt.left_machine
        rows = {row.label: row.calls for row in home.runtime.ledger.rows("client")}
        assert rows == {"agent": 2, "other": 1}
        assert second.receipt.as_json()["client"] == "agent"


async def test_a_program_without_a_profile_is_named_and_nothing_else(tmp_path: Path) -> None:
    """Its receipts say who asked; it is routed as everybody is."""
    async with house(tmp_path, {"mock": always(replies.chat("Yes."))}) as home:
        answer = await ask(home.runtime, "agent", OPEN)
        receipt = home.runtime.receipts.get(answer.headers["x-edgeroute-receipt"])
        assert receipt is not None
        assert (receipt.client, receipt.asker) == ("agent", "http, agent")
        home.runtime.paths.settings.write_text("[clients.agent")
        assert home.runtime.client("agent") == Client("agent")


async def test_a_listing_names_what_a_program_may_use(tmp_path: Path) -> None:
    """The local model is always among it."""
    async with house(tmp_path) as home:
        profile(home, "agent", 'models = ["mock/*"]')
        tokens = ClientTokens(home.runtime.paths.state)
        token = tokens.make("agent").reveal()
        rules = Rules(Secret("edgeroute-" + "x" * 43), 8377, holder=tokens.holder)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(build(ServerContext(home.runtime), rules)),
            base_url="http://127.0.0.1:8377",
        ) as client:
            listed = (await client.get("/v1/models", headers={"x-api-key": token})).json()["data"]
        names = {entry["id"].partition("/")[0] for entry in listed}
        assert names == {"auto", "local", "cascade", "ensemble", "mock"}


@pytest.mark.parametrize("policy", ["nowhere", "default"])
async def test_a_policy_that_is_not_there_keeps_the_endpoint_from_starting(
    tmp_path: Path, policy: str
) -> None:
    """It is found before the first request."""
    async with house(tmp_path, settings=f'[clients.agent]\npolicy = "{policy}"\n') as home:
        if policy == "nowhere":
            with pytest.raises(Exception, match="nowhere"):
                home.runtime.check()
        else:
            home.runtime.check()
