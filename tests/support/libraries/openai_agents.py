"""What a program with openai-agents is answered on both of OpenAI's wires, as one line of JSON."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import agents
from openai import AsyncOpenAI

agents.set_tracing_disabled(disabled=True)
CLIENT = AsyncOpenAI(base_url=os.environ["OPENAI_BASE"], api_key=os.environ["KEY"], max_retries=0)
RESPONSES = agents.OpenAIResponsesModel(os.environ["RESPONSES_MODEL"], CLIENT)
CHAT = agents.OpenAIChatCompletionsModel(os.environ["CHAT_MODEL"], CLIENT)
ASKED = "Is it out?"


def look(q: str) -> str:
    """Looks."""
    return f"42 of {q}"


LOOK = agents.function_tool(look)


def agent(model: Any, *tools: Any) -> Any:
    """An agent with ``tools``."""
    return agents.Agent(name="A", instructions="Be brief.", model=model, tools=list(tools))


async def text(model: Any) -> Any:
    """One answer."""
    return (await agents.Runner.run(agent(model), ASKED)).final_output


async def tools(model: Any) -> Any:
    """An answer after a tool was called."""
    return (await agents.Runner.run(agent(model, LOOK), ASKED)).final_output


async def stream(model: Any) -> Any:
    """The same in pieces."""
    run = agents.Runner.run_streamed(agent(model, LOOK), ASKED)
    kinds = {event.type async for event in run.stream_events()}
    return [run.final_output, sorted(kinds)]


async def turns(model: Any) -> Any:
    """Three turns, each with the whole conversation."""
    first = await agents.Runner.run(agent(model, LOOK), ASKED)
    said: list[Any] = [*first.to_input_list(), {"role": "user", "content": "And now?"}]
    second = await agents.Runner.run(agent(model, LOOK), said)
    said = [*second.to_input_list(), {"role": "user", "content": "And then?"}]
    third = await agents.Runner.run(agent(model, LOOK), said)
    return [first.final_output, second.final_output, third.final_output]


async def stored(model: Any) -> Any:
    """Three turns, each with no more than the response before it."""
    told, last = [], None
    for asked in (ASKED, "And now?", "And then?"):
        run = await agents.Runner.run(agent(model, LOOK), asked, previous_response_id=last)
        told.append(run.final_output)
        last = run.last_response_id
    return told


async def stored_by_itself(model: Any) -> Any:
    """A run that sends no more than what is new with each call."""
    run = await agents.Runner.run(agent(model, LOOK), ASKED, auto_previous_response_id=True)
    return run.final_output


Check = Callable[[Any], Awaitable[Any]]
BOTH: tuple[Check, ...] = (text, tools, stream, turns)


async def main() -> None:
    """Every check in turn."""
    told = {}
    checks: list[tuple[str, Any, Check]] = [("responses", RESPONSES, one) for one in BOTH]
    checks += [("chat", CHAT, one) for one in BOTH]
    checks += [("responses", RESPONSES, one) for one in (stored, stored_by_itself)]
    for kind, model, check in checks:
        try:
            told[f"{kind}: {check.__name__}"] = await check(model)
        except Exception as error:  # noqa: BLE001 - what fails is told, too
            told[f"{kind}: {check.__name__}"] = f"failed: {error}"
    print(json.dumps(told))  # noqa: T201


asyncio.run(main())
