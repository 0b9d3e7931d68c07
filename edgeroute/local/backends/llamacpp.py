"""The local model in llama.cpp: our own worker process behind a Unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from edgeroute.core.errors import LocalModelError
from edgeroute.core.events import Delta, Notice
from edgeroute.core.local_models import LocalState, LocalStatus
from edgeroute.core.model_card import ModelCard
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.local.backends.answers import FORMAT, deltas, passing_wire
from edgeroute.local.backends.client import LocalClient, Unreachable, parse_object
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.catalogue import Build
from edgeroute.local.files.models import AUTO, LocalModels
from edgeroute.wire import fill
from edgeroute.wire.format import Target
from edgeroute.wire.json_data import count
from edgeroute.wire.openai_chat.stream import ChatDecoder
from edgeroute.wire.sse import ServerSentEvent

NAME: Final = "llamacpp"
TITLE: Final = "The local model"
WAITS: Final = "edgeroute.waits"  # as worker/reply.py writes it, near the beginning of an event
_HEAD: Final = 60
# Fields of requests to the worker: somebody waits for the answer; nobody else could give it; and
# for how many seconds it may keep others before it.
URGENT: Final = "edgeroute_urgent"
PRIVATE: Final = "edgeroute_private"
DEADLINE: Final = "edgeroute_deadline"


class LlamaCpp:
    """The backend of models/local.yaml. ``model`` is an id, or ``auto`` for the best on disk."""

    name: Final = NAME
    standby: tuple[ModelCard, ...] = ()

    def __init__(self, models: LocalModels, process: WorkerProcess, model: str = AUTO) -> None:
        self._models = models
        self._process = process
        self._model = model

    @property
    def card(self) -> ModelCard:
        """The model that answers; before one is on disk, the one that would be fetched."""
        try:
            return self._card(self._models.choose(self._model))
        except LocalModelError:
            return self._card(self._models.recommend()[0].build)

    def cards(self) -> tuple[ModelCard, ...]:
        """Every model on disk."""
        return tuple(self._card(build) for build in self._models.present())

    def _card(self, build: Build) -> ModelCard:
        return build.card(self._models.window(build, self._process.window))

    def _named(self, model: str) -> Build:
        """The build that a request names, if it is there; else the one that is set."""
        present = {build.id: build for build in self._models.present()}
        named = present.get(model.removeprefix("local/"))
        return named or self._models.choose(self._model)

    async def answer(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer's deltas; closing the iterator stops the model.

        Raises:
            LocalModelError: no model on disk, no memory, the prompt is too long, or it broke off.
        """
        body = encode(request, self._card(self._named(request.model)))
        wire = passing_wire(request)
        client = await self._process.ensure()
        watching = asyncio.create_task(self._process.end_if_hung())
        try:
            async with aclosing(self._try(client, body, wire)) as found:
                async for delta in found:
                    yield delta
        except Unreachable:
            # It ended after it was found. Nothing has been answered yet: once more.
            client = await self._process.ensure()
            async with aclosing(self._try(client, body, wire)) as found:
                async for delta in found:
                    yield delta
        finally:
            watching.cancel()

    @staticmethod
    async def _try(
        client: LocalClient, body: dict[str, Any], wire: str
    ) -> AsyncGenerator[Delta, None]:
        async with client.stream("/v1/chat/completions", body) as stream:
            async for delta in deltas(stream, TITLE, _Decoder(), wire):
                yield delta

    async def status(self) -> LocalStatus:
        """How the worker is, without starting it."""
        try:
            build = self._models.choose(self._model)
        except LocalModelError as error:
            return LocalStatus("missing", "", str(error), NAME)
        window = self._models.window(build, self._process.window)
        health = await self._process.health()
        if health is None:
            detail = f"{build.name} starts when it is needed."
            return LocalStatus("stopped", build.id, detail, NAME, window)
        state: LocalState = health.get("state", "idle")
        loaded = str(health.get("model") or "")
        detail = f"process {health.get('pid')}, {state}"
        if waiting := health.get("waiting"):
            seconds = round(float(health.get("expected_seconds") or 0))
            detail += f", {waiting} waiting, about {seconds} seconds"
        return LocalStatus(
            state,
            loaded or build.id,
            detail,
            NAME,
            int(health.get("window") or window),
            waiting=waiting + 1 if (waiting := int(health.get("waiting") or 0)) else 0,
        )

    async def close(self) -> None:
        """Nothing to let go of: the worker serves others and ends by itself when idle."""


class _Decoder(ChatDecoder):
    """Reads the worker's own events, too."""

    def feed(self, event: ServerSentEvent) -> list[Delta]:
        """The deltas of one event."""
        if WAITS not in event.data[:_HEAD]:
            return super().feed(event)
        said = parse_object(event.data)
        ahead, seconds = count(said.get("ahead")), count(said.get("seconds"))
        others = "Another answer comes" if ahead == 1 else f"{ahead} other answers come"
        wait = f"{seconds} seconds" if seconds > 1 else "a second"
        return [Notice("queue", f"{others} before this one: about {wait}.")]


def encode(request: ChatRequest, card: ModelCard) -> dict[str, Any]:
    """The body that asks ``card`` for a streamed answer; thinking is off unless it is asked for."""
    body = FORMAT.encode_request(request, Target(card, stream=True))
    if "chat_template_kwargs" not in body and "reasoning" in card.abilities:
        thinks = request.reasoning_effort not in {"", "none", "minimal"}
        body["chat_template_kwargs"] = {"enable_thinking": thinks}
    if request.front_door != "http":
        body[URGENT] = True
    if request.privacy is PrivacyMode.PRIVATE:
        body[PRIVATE] = True
    if request.deadline:
        body[DEADLINE] = request.deadline
    if request.fill:
        body[fill.FIELD] = True
    return body
