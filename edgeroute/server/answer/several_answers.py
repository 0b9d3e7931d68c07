"""One body that asks for several texts: each is asked for by itself, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from edgeroute.server.answer.engine_response import EngineResponse
from edgeroute.wire.json_data import dump, load_object, mapping


class SeveralAnswers:
    """An ASGI response of the choices of all ``answers``, each of which is a whole text completion.

    ``before`` are the texts that each begins with. The first that fails ends it.
    """

    def __init__(self, answers: Sequence[EngineResponse], before: Sequence[str]) -> None:
        self._answers = answers
        self._before = before

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request. The headers are those of the first answer."""
        head: Message = {}
        bodies: list[Mapping[str, Any]] = []
        for answer in self._answers:
            said: list[Message] = []
            await answer(scope, receive, _kept(said))
            if not said:
                return  # the caller has hung up
            if said[0]["status"] != Response().status_code:
                for message in said:
                    await send(message)
                return
            head = head or said[0]
            bodies.append(load_object(b"".join(each.get("body", b"") for each in said[1:])))
        body = dump(self._joined(bodies))
        length = (b"content-length", str(len(body)).encode())
        headers = [each for each in head["headers"] if each[0] != length[0]]
        await send({**head, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})

    def _joined(self, bodies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        choices = [
            {**choice, "index": index, "text": before + choice["text"]}
            for index, (body, before) in enumerate(zip(bodies, self._before, strict=True))
            for choice in body["choices"]
        ]
        usage = _sum([body["usage"] for body in bodies])
        return {**bodies[0], "choices": choices, "usage": usage}


def _kept(said: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        said.append(message)

    return keep


def _sum(counts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sums of counts that may hold further counts."""
    return {
        name: _sum([mapping(each.get(name)) for each in counts])
        if isinstance(value, Mapping)
        else sum(each.get(name) or 0 for each in counts)
        for name, value in counts[0].items()
    }
