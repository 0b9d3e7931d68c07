"""Several people share one endpoint through a proxy that speaks TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from tests.support import replies
from tests.support.installation import Endpoint, Installation
from tests.support.model_files import require
from tests.support.scripted_provider import ScriptedProvider, always
from tests.support.tls_terminator import terminating

NAME = "office.example"
OPEN = "Explain how a hash table works."
OFFICE = f'[server]\nhosts = ["{NAME}"]\n'

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", autouse=True)
def _needs_the_models() -> None:
    require("rampart")


class Office:
    """An endpoint on loopback and the proxy in front of it; ``ask`` as anybody on the network."""

    def __init__(self, port: int, authority: trustme.CA, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        trusted = ssl.create_default_context()
        authority.configure_trust(trusted)
        self._client = httpx.Client(
            base_url=f"https://127.0.0.1:{port}", verify=trusted, trust_env=False, timeout=60
        )

    def request(
        self, method: str, path: str, token: str, body: object = None, **more: str
    ) -> httpx.Response:
        """What a person's program sends; its Host has no port, as browsers and libraries do it."""
        headers = {"Host": NAME, **more} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self._client.request(
            method, path, headers=headers, json=body, extensions={"sni_hostname": NAME}
        )

    def ask(self, token: str, *said: str, **more: str) -> httpx.Response:
        """A conversation whose turns alternate."""
        turns = [("user", "assistant")[place % 2] for place in range(len(said))]
        messages = [{"role": role, "content": text} for role, text in zip(turns, said, strict=True)]
        body = {"model": "auto", "messages": messages}
        return self.request("POST", "/v1/chat/completions", token, body, **more)


@pytest.fixture
def office(installation: Installation, tmp_path: Path) -> Iterator[Office]:
    """The box in the corner, with a provider that always says the same."""
    authority = trustme.CA()
    with ScriptedProvider(always(replies.chat("A table of buckets."))) as provider:
        installation.provide(provider.base_url, more=OFFICE)
        with (
            installation.serving() as endpoint,
            terminating(authority.issue_cert(NAME), endpoint.port) as port,
        ):
            yield Office(port, authority, endpoint)


def let_in(installation: Installation, name: str, *more: str) -> str:
    """A new person's token."""
    done = installation.run("connect", name, "--person", *more)
    assert done.returncode == 0, done.stderr
    assert f"https://{NAME}" in done.stdout
    token = installation.run("connect", name, "--token").stdout.strip()
    assert token not in done.stdout + done.stderr
    return token


def test_people_share_a_box_and_see_nothing_of_each_other(
    installation: Installation, office: Office
) -> None:
    """Each has a token, receipts, budget and conversations; the same words do not join them."""
    anna = let_in(installation, "anna", "--daily-usd", "2")
    ben = let_in(installation, "ben")
    assert office.ask("", OPEN).status_code == 401
    first = office.ask(anna, OPEN)
    assert first.status_code == 200, first.text
    assert first.headers["X-EdgeRoute-Model"] == "mock/m", first.headers["X-EdgeRoute-Reason"]
    answer = first.json()["choices"][0]["message"]["content"]
    others = office.ask(ben, OPEN, answer, "And a tree?")
    again = office.ask(anna, OPEN, answer, "And a list?", **{"X-EdgeRoute-User": "ben"})
    names = [one.headers["X-EdgeRoute-Receipt"] for one in (first, others, again)]

    def receipt(place: int, token: str) -> httpx.Response:
        return office.request("GET", f"/edgeroute/v1/receipts/{names[place]}", token)

    own = [receipt(place, token).json() for place, token in ((0, anna), (1, ben), (2, anna))]
    assert [one["user"] for one in own] == ["anna", "ben", "anna"]
    assert own[0]["conversation"] == own[2]["conversation"] != own[1]["conversation"]
    assert receipt(0, ben).status_code == receipt(1, anna).status_code == 404
    conversation = f"/edgeroute/v1/conversations/{own[0]['conversation']}"
    assert office.request("GET", conversation, anna).status_code == 200
    assert office.request("GET", conversation, ben).status_code == 404
    change = {"title": "mine"}
    assert office.request("PATCH", conversation, ben, change).status_code == 404
    rating = f"/edgeroute/v1/receipts/{names[0]}/rating"
    assert office.request("POST", rating, ben, {"thumb": "up"}).status_code == 404
    mine = installation.json("receipts", "--client", "anna", "--json")
    assert {one["id"] for one in mine} == {names[0], names[2]}


def test_a_name_that_two_people_choose_is_two_conversations(
    installation: Installation, office: Office
) -> None:
    """The header names a conversation of whoever asks, never another one's."""
    anna, ben = let_in(installation, "anna"), let_in(installation, "ben")
    named = {"X-EdgeRoute-Conversation": "notes"}
    for token in (anna, ben):
        assert office.ask(token, OPEN, **named).status_code == 200
    path = "/edgeroute/v1/conversations/notes"
    turns = [office.request("GET", path, token).json()["turns"] for token in (anna, ben)]
    assert turns == [1, 1]
    for reach in ("anna~notes", "ben~anna~notes"):
        header = {"X-EdgeRoute-Conversation": reach}
        assert office.ask(ben, OPEN, **header).status_code == 400
    assert office.request("GET", "/edgeroute/v1/conversations/anna~notes", ben).status_code == 404


def test_nothing_opens_by_itself(installation: Installation, office: Office) -> None:
    """Other names are refused, a person who left is refused, and the endpoint stays on loopback."""
    anna = let_in(installation, "anna")
    assert office.request("GET", "/health", anna).status_code == 200
    assert office.request("GET", "/health", anna, Host="evil.example").status_code == 421
    assert installation.run("connect", "anna", "--undo", "--yes").returncode == 0
    assert office.request("GET", "/health", anna).status_code == 401
    refused = installation.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 1
    assert "reachable from other machines" in refused.stderr
