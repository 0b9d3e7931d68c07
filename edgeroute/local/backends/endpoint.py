"""Any OpenAI-compatible server that counts as local: LM Studio, llama-server, vLLM, Ollama."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final

from edgeroute.core.display import safe_line
from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta
from edgeroute.core.local_models import LocalStatus
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.local.backends.answers import FORMAT, deltas, failure
from edgeroute.local.backends.backend import ASIDE
from edgeroute.local.backends.client import LocalClient, Opening, TlsContext, Unreachable
from edgeroute.local.backends.offers import Offer, chatting, offers
from edgeroute.local.backends.raw_text import RawText, may_think
from edgeroute.wire.format import Target
from edgeroute.wire.sse import StreamDecoder

_BUSY: Final = frozenset({409, 503})
_WAITS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
_LOOK_SECONDS: Final = 3.0


class Endpoint:
    """The server ``name`` at ``base_url`` (with its ``/v1``).

    ``model`` is the server's own id; empty takes the first that it offers and that chats.
    ``others`` may be asked by name, too: ``local/NAME/ID``. ``context_tokens`` is used where the
    server does not tell. ``opening`` lets connections to a trusted machine out, ``tls`` says whose
    certificates count.
    """

    standby: tuple[ModelCard, ...] = ()

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        model: str = "",
        others: Sequence[str] = (),
        trusted: bool = False,
        context_tokens: int = 32_768,
        key: Secret | None = None,
        opening: Opening | None = None,
        tls: TlsContext | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            LocalModelError: the address is another machine's and not ``trusted``.
        """
        self.name = name
        self._client = LocalClient(
            base_url=base_url, trusted=trusted, key=key, opening=opening, tls=tls
        )
        # Receipts and policies know the model by one name, whatever the server turns out to have.
        self._id = f"local/{model or name}"
        self._model = model
        self._others = {f"local/{name}/{other}": other for other in others}
        self._usual_window = context_tokens
        self._windows: dict[str, int] = {}
        self._looked = False
        self._sleep = sleep
        # Whether answers begin in the midst of a thought, by model and by what was asked; the
        # first one tells.
        self._inside: dict[tuple[str, bool], bool] = {}

    @property
    def card(self) -> ModelCard:
        """The model as it is set; until the server was asked, its name stands for it."""
        return self._card(self._id, self._model)

    def cards(self) -> tuple[ModelCard, ...]:
        """The model that is asked for here, and those that may be named."""
        return (self.card, *(self._card(id_, model) for id_, model in self._others.items()))

    def _card(self, id_: str, model: str) -> ModelCard:
        window = self._windows.get(model, self._usual_window)
        return ModelCard(
            id=id_,
            provider="local",
            wire_id=model,
            place=Place.LOCAL,
            family=model or self.name,
            context_tokens=window,
            max_output_tokens=min(8_192, window // 2),
            abilities=frozenset({"tools", "json_schema", "all_fields"}),
        )

    async def offers(self) -> tuple[Offer, ...]:
        """The models that the server lists.

        Raises:
            LocalModelError: it cannot be reached, wants a key, or is no such server.
        """
        reply = await self._client.call("/models", seconds=_LOOK_SECONDS)
        found = offers(reply.body)
        if reply.status != 200 or found is None:
            raise failure(self.name, reply.status, reply.body)
        self._windows |= {offer.id: offer.window for offer in found if offer.window}
        return found

    async def _choose(self) -> None:
        """Settle on a model and learn the windows, once."""
        if self._looked:
            return
        try:
            found = chatting(await self.offers())
        except Unreachable:
            raise
        except LocalModelError:
            if not self._model:
                raise
            found = ()  # it was named: a server that lists nothing may answer all the same
        if not self._model:
            self._model = await self._pick(found)
        self._looked = True

    async def _pick(self, found: Sequence[Offer]) -> str:
        """The model to ask for where the settings name none."""
        if not found:
            raise LocalModelError(
                f"{self.name} offers no model that answers prompts.",
                "Load one there, then try again.",
                kind=ErrorKind.UNKNOWN_MODEL,
            )
        return found[0].id

    async def answer(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer's deltas; closing the iterator hangs up, which stops the server.

        Raises:
            LocalModelError: not reachable, no such model, no memory, too long, it broke off, or it
                called no tool where one was demanded.
        """
        await self._choose()
        card = next((one for one in self.cards() if one.id == request.model), self.card)
        body = self._body(request, card)
        asked = _thinks(request)
        place = (card.wire_id, asked)
        inside = self._inside.get(place) if self._leaves_thoughts(card.wire_id) else False
        text = RawText(request.tools, inside=inside, choice=request.tool_choice)
        for wait in (*_WAITS, None):
            async with self._client.stream("/chat/completions", body) as stream:
                if wait is None or stream.status not in _BUSY:
                    found = deltas(stream, self.name, self._decoder(card.wire_id))
                    async with aclosing(found) as open_found:
                        async for delta in open_found:
                            for meaning in text.feed(delta):
                                yield meaning
                    self._inside[place] = text.inside is True
                    return
            await self._sleep(wait)

    def _body(self, request: ChatRequest, card: ModelCard) -> dict[str, Any]:
        known = {key: value for key, value in request.extra.items() if key != ASIDE}
        request = replace(request, extra=known)
        body = FORMAT.encode_request(request, Target(card, stream=True))
        if "qwen3" in card.wire_id.lower():
            body.setdefault("chat_template_kwargs", {"enable_thinking": _thinks(request)})
        return body

    def _leaves_thoughts(self, model: str) -> bool:
        """Whether the server may hand the thoughts of ``model`` on as words."""
        return may_think(model)

    def _decoder(self, model: str) -> StreamDecoder:  # noqa: ARG002 - other servers need it
        return FORMAT.decoder()

    async def status(self) -> LocalStatus:
        """Whether the server is there and offers the model."""
        try:
            found = await self.offers()
        except LocalModelError as error:
            return LocalStatus("unreachable", self._model, str(error), self.name)
        names = [offer.id for offer in found if offer.chats]
        if not names or (self._model and self._model not in {offer.id for offer in found}):
            detail = f"{self.name} does not offer {self._model or 'a model that answers prompts'}."
            return LocalStatus("missing", self._model, detail, self.name)
        model = self._model or names[0]
        detail = f"{safe_line(model)} at {self._client.base_url}"
        window = self._windows.get(model, self._usual_window)
        return LocalStatus("ready", model, detail, self.name, window, self._warning)

    @property
    def _warning(self) -> str:
        """What a user should know of the way there."""
        if not self._client.in_clear:
            return ""
        return (
            f"Private text goes to {self.name} over plain http: whoever shares that network can"
            " read it. Use https (network.ca_file names an authority of your own) or a tunnel."
        )

    async def close(self) -> None:
        """Nothing to let go of: connections end with their answers."""


def _thinks(request: ChatRequest) -> bool:
    return request.reasoning_effort not in {"", "none", "minimal"}
