"""Requests that go on from stored responses, and what is kept of their own answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from edgeroute.core.display import safe_line
from edgeroute.core.errors import StoreError
from edgeroute.core.receipt import Receipt
from edgeroute.core.request import ChatRequest
from edgeroute.core.stored_response import ResponseRepository, StoredResponse
from edgeroute.core.verdict import PrivacyMode
from edgeroute.server.answer.caller_request import BodyLimits
from edgeroute.server.http_refusal import HttpRefusal
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import Json, mappings, string
from edgeroute.wire.openai_responses import stored

log = logging.getLogger(__name__)

_LIMITS: Final = BodyLimits()  # what a request that sends all of it could be
_NAME: Final = 100
_SEND_ALL: Final = "Send the whole conversation in input."
_NONE_KEPT: Final = f"The settings keep no responses (server.responses_days). {_SEND_ALL}"


@dataclass(eq=False, repr=False)
class StoredContext:
    """What one request of ``client`` goes on from. ``origin_of`` says whose thoughts those of a
    model are; without it they are left as they are.
    """

    responses: ResponseRepository
    client: str
    origin_of: Callable[[str], str] = lambda _: ""
    _used: dict[str, StoredResponse] = field(default_factory=dict)
    _items: dict[str, Any] = field(default_factory=dict)

    def before(self, response: str) -> list[Any]:
        """Everything that was asked and said up to the answer ``response``, as items.

        Raises:
            HttpRefusal: as for the chain of responses that ends with it.
        """
        chain = self._chain(response)
        self._used |= {each.id: each for each in chain}
        return [item for each in chain for item in (*self.items(each.input), *self._said(each))]

    def asked(self, response: StoredResponse) -> list[Json]:
        """All that the model was given before it answered ``response``, as far as it is still
        there, each item with an id.
        """
        shown: list[Json] = []
        for each in self._chain(response.id, whole=False):
            given = each.input
            with suppress(HttpRefusal):
                given = self.items(given)
            shown += stored.listed(each.id, given)
            if each.id != response.id:
                shown += stored.listed(each.id, each.output)
        return shown

    def _chain(self, name: str, *, whole: bool = True) -> list[StoredResponse]:
        """The responses up to the one called ``name``, which comes last; all, if it must be whole.

        Raises:
            HttpRefusal: one is not there, or is its own predecessor; or they are too large.
        """
        chain: dict[str, StoredResponse] = {}
        size = 0
        while name:
            if size > _LIMITS.max_bytes:
                raise _LIMITS.too_large()
            found = None if name in chain else self.responses.get(self.client, name)
            if found is not None:
                chain[name] = found
                size += found.size
            elif whole:
                raise self._not_found(name)
            name = found.previous if found else ""
        return [*reversed(chain.values())]

    def items(self, given: Sequence[Any]) -> list[Any]:
        """``given`` with the stored items in place of references to them.

        Raises:
            HttpRefusal: one is not there.
        """
        return [self._item(name) if (name := stored.referred(item)) else item for item in given]

    def _item(self, name: str) -> Any:
        if name not in self._items:
            self._items |= self._stored(name)
        if name not in self._items:
            said = f"Item with id '{safe_line(name, _NAME)}' not found."
            raise HttpRefusal(404, "not_found", said, "Send the item itself.", parameter="input")
        return self._items[name]

    def _stored(self, name: str) -> dict[str, Any]:
        """The stored items of the response that ``name`` is of, by their ids."""
        place = stored.input_place(name)
        if place is None:
            found = self.responses.holding(self.client, name)
            items = mappings(self._said(found)) if found else []
            named: dict[str, Any] = {string(item.get("id")): item for item in items}
        else:
            found = self.responses.get(self.client, place.response)
            given = found.input[place.place : place.place + 1] if found else ()
            named = {name: given[0]} if given else {}
        if found is not None:
            self._used[found.id] = found
        return named

    def _said(self, response: StoredResponse) -> list[Any]:
        origin = self.origin_of(string(response.body.get("model")))
        return stored.sealed(response.output, origin)

    def bind(self, request: ChatRequest) -> ChatRequest:
        """``request``, held here where what it goes on from is."""
        held = next((each.held for each in self._used.values() if each.held), "")
        private = any(each.private for each in self._used.values())
        mode = PrivacyMode.PRIVATE if private else request.privacy
        return replace(request, held=held, privacy=mode)

    def _not_found(self, name: str) -> HttpRefusal:
        said = f"Previous response with id '{safe_line(name, _NAME)}' not found."
        code, field_ = "previous_response_not_found", "previous_response_id"
        hint = _SEND_ALL if self.responses.keeps else _NONE_KEPT
        return HttpRefusal(400, code, said, hint, parameter=field_)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is to be kept of one request and its answer. ``echo`` is what the answer repeats."""

    responses: ResponseRepository
    client: str
    previous: str
    input: Sequence[Any]
    echo: Mapping[str, Any]

    async def keep(self, body: Json | None, receipt: Receipt, request: ChatRequest) -> None:
        """Keep the answer ``body``, if it is to be. One that cannot be is given all the same."""
        if not self.echo["store"] or body is None:
            return
        said = sum(message.role != "system" for message in request.messages)
        response = StoredResponse(
            id=str(body["id"]),
            client=self.client,
            created=receipt.created,
            conversation=receipt.conversation,
            length=0 if request.conversation else said + 1,
            previous=self.previous,
            input=self.input,
            body=body,
        )
        try:
            await asyncio.to_thread(self.responses.add, response)
        except StoreError:
            log.warning("a response could not be stored")


def continued(
    body: Json, client: str, responses: ResponseRepository, origin_of: Callable[[str], str]
) -> tuple[Json, StoredContext, Keeping]:
    """``body`` with all that it goes on from in its input, and what is to be kept of it.

    Raises:
        HttpRefusal: it goes on from what is not there.
        WireError: it is not of its format, or asks for an answer in the background.
    """
    if body.get("background") is True:
        raise WireError(
            "background is not supported here.", "Leave it out: the answer comes at once."
        )
    previous = body.get("previous_response_id")
    if not isinstance(previous, str | None):
        raise WireError("previous_response_id must be a text.")
    previous = previous or ""
    own = stored.own_input(body)
    context = StoredContext(responses, client, origin_of)
    before = context.before(previous) if previous else []
    items = context.items(own)
    keeping = Keeping(
        responses,
        client,
        previous,
        own,
        stored.echo(body, kept=body.get("store") is not False and responses.keeps),
    )
    kept = {key: value for key, value in body.items() if key != "previous_response_id"}
    if before or items != own:
        kept["input"] = [*before, *items]
    return kept, context, keeping
