"""Any OpenAI-compatible server that counts as local: LM Studio, llama-server, vLLM, Ollama."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from edgeroute.core.display import safe_line
from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.core.events import Delta
from edgeroute.core.local_models import LocalStatus
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.core.request import ChatRequest
from edgeroute.core.secret import Secret
from edgeroute.local.backends.answers import FORMAT, deltas, failure
from edgeroute.local.backends.client import LocalClient, Opening
from edgeroute.local.backends.raw_text import RawText, may_think
from edgeroute.wire.format import Target
from edgeroute.wire.sse import StreamDecoder

_BUSY: Final = frozenset({409, 503})
_WAITS: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
_LOOK_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Offer:
    """One model that a server offers; ``window`` is in tokens, 0 unknown."""

    id: str
    owner: str = ""
    window: int = 0


class Endpoint:
    """The server ``name`` at ``base_url`` (with its ``/v1``).

    ``model`` is the server's own id; empty takes the first that it offers. ``context_tokens`` is
    used where the server does not tell. ``opening`` lets connections to a trusted machine out.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        model: str = "",
        trusted: bool = False,
        context_tokens: int = 32_768,
        key: Secret | None = None,
        opening: Opening | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            LocalModelError: the address is another machine's and not ``trusted``.
        """
        self.name = name
        self._client = LocalClient(base_url=base_url, trusted=trusted, key=key, opening=opening)
        self._model = model
        self._window = context_tokens
        self._sleep = sleep
        # Whether answers begin in the midst of a thought, by what was asked; the first one tells.
        self._inside: dict[bool, bool] = {}

    @property
    def card(self) -> ModelCard:
        """The model as it is set; until the server was asked, its name stands for it."""
        return ModelCard(
            id=f"local/{self._model or self.name}",
            provider="local",
            wire_id=self._model,
            place=Place.LOCAL,
            family=self._model or self.name,
            context_tokens=self._window,
            max_output_tokens=min(8_192, self._window // 2),
            abilities=frozenset({"tools", "json_schema", "all_fields"}),
        )

    def cards(self) -> tuple[ModelCard, ...]:
        """The one model that is asked for here."""
        return (self.card,)

    async def offers(self) -> tuple[Offer, ...]:
        """The models that the server lists.

        Raises:
            LocalModelError: it cannot be reached, wants a key, or is no such server.
        """
        reply = await self._client.call("/models", seconds=_LOOK_SECONDS)
        rows = reply.body.get("data")
        if reply.status != 200 or not isinstance(rows, list):
            raise failure(self.name, reply.status, reply.body)
        return tuple(_offer(row) for row in rows if isinstance(row, Mapping) and row.get("id"))

    async def _choose(self) -> None:
        """Settle on a model, once."""
        if self._model:
            return
        offers = await self.offers()
        if not offers:
            raise LocalModelError(
                f"{self.name} offers no model.",
                "Load one there, then try again.",
                kind=ErrorKind.UNKNOWN_MODEL,
            )
        self._take(offers[0])

    def _take(self, offer: Offer) -> None:
        self._model = offer.id
        self._window = offer.window or self._window

    async def answer(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer's deltas; closing the iterator hangs up, which stops the server.

        Raises:
            LocalModelError: not reachable, no such model, no memory, too long, or it broke off.
        """
        await self._choose()
        body = self._body(request)
        asked = _thinks(request)
        inside = self._inside.get(asked) if self._leaves_thoughts() else False
        text = RawText(request.tools, inside=inside)
        for wait in (*_WAITS, None):
            async with self._client.stream("/chat/completions", body) as stream:
                if wait is None or stream.status not in _BUSY:
                    found = deltas(stream, self.name, self._decoder())
                    async with aclosing(found) as open_found:
                        async for delta in open_found:
                            for meaning in text.feed(delta):
                                yield meaning
                    self._inside[asked] = text.inside is True
                    return
            await self._sleep(wait)

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        body = FORMAT.encode_request(request, Target(self.card, stream=True))
        if "qwen3" in self._model.lower():
            body.setdefault("chat_template_kwargs", {"enable_thinking": _thinks(request)})
        return body

    def _leaves_thoughts(self) -> bool:
        """Whether the server may hand thoughts on as words."""
        return may_think(self._model)

    def _decoder(self) -> StreamDecoder:
        return FORMAT.decoder()

    async def status(self) -> LocalStatus:
        """Whether the server is there and offers the model."""
        try:
            offers = await self.offers()
        except LocalModelError as error:
            return LocalStatus("unreachable", self._model, str(error), self.name)
        names = [offer.id for offer in offers]
        if not names or (self._model and self._model not in names):
            detail = f"{self.name} does not offer {self._model or 'any model'}."
            return LocalStatus("missing", self._model, detail, self.name)
        model = self._model or names[0]
        detail = f"{safe_line(model)} at {self._client.base_url}"
        return LocalStatus("ready", model, detail, self.name, self._window)

    async def close(self) -> None:
        """Nothing to let go of: connections end with their answers."""


def _thinks(request: ChatRequest) -> bool:
    return request.reasoning_effort not in {"", "none", "minimal"}


def _offer(row: Mapping[str, Any]) -> Offer:
    windows = (row.get("max_model_len"), row.get("max_context_window"), row.get("context_length"))
    window = next((value for value in windows if isinstance(value, int) and value > 0), 0)
    return Offer(str(row["id"]), str(row.get("owned_by") or ""), window)
