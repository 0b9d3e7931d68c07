"""The output items of a response as they grow, and the events that tell of it."""

from __future__ import annotations

from typing import Any, Literal

from edgeroute.wire.openai_responses import custom_tools

_Kind = Literal["", "message", "reasoning", "call"]


class OutputItems:
    """One item is open at a time: a message, a reasoning item or a function call.

    ``done`` holds the finished items, ``take`` gives the events since it was last called.
    """

    def __init__(self, response_id: str, custom: frozenset[str] = frozenset()) -> None:
        self._custom = custom
        self.done: list[dict[str, Any]] = []
        self._base = response_id.partition("_")[2] or response_id
        self._events: list[dict[str, Any]] = []
        self._kind: _Kind = ""
        self._item: dict[str, Any] = {}
        self._text = ""
        self._call = -1

    def take(self) -> list[dict[str, Any]]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def text(self, text: str) -> None:
        """More visible text."""
        if not text:
            return
        if self._kind != "message":
            self._open("message", {"type": "message", "role": "assistant", "content": []})
            self._tell("response.content_part.added", content_index=0, part=_output_text(""))
        self._text += text
        self._tell("response.output_text.delta", content_index=0, delta=text, logprobs=[])

    def reasoning(self, text: str) -> None:
        """More thinking."""
        if not text:
            return
        if self._kind != "reasoning":
            self._open("reasoning", {"type": "reasoning", "summary": []})
            part = {"type": "summary_text", "text": ""}
            self._tell("response.reasoning_summary_part.added", summary_index=0, part=part)
        self._text += text
        self._tell("response.reasoning_summary_text.delta", summary_index=0, delta=text)

    def payload(self, sealed: str) -> None:
        """The sealed payload of the thinking; it ends the reasoning item."""
        if not sealed:
            return
        if self._kind != "reasoning":
            self._open("reasoning", {"type": "reasoning", "summary": []})
        self._item["encrypted_content"] = sealed
        self.close()

    def call(self, number: int, call_id: str, name: str, arguments: str) -> None:
        """More of function call ``number``."""
        if self._kind != "call" or self._call != number:
            item = {"type": "function_call", "call_id": call_id, "name": name, "arguments": ""}
            if name in self._custom:
                item = {"type": "custom_tool_call", "call_id": call_id, "name": name, "input": ""}
            self._open("call", item)
            self._call = number
        if arguments:
            self._text += arguments
            if "input" not in self._item:  # a text can be read once its arguments are whole
                self._tell("response.function_call_arguments.delta", delta=arguments)

    def close(self) -> None:
        """Finish the open item, if any."""
        text = self._text
        match self._kind:
            case "":
                return
            case "message":
                self._tell("response.output_text.done", content_index=0, text=text, logprobs=[])
                part = _output_text(text)
                self._tell("response.content_part.done", content_index=0, part=part)
                self._item["content"] = [part]
            case "reasoning" if text:
                self._tell("response.reasoning_summary_text.done", summary_index=0, text=text)
                part = {"type": "summary_text", "text": text}
                self._tell("response.reasoning_summary_part.done", summary_index=0, part=part)
                self._item["summary"] = [part]
            case "call" if "input" in self._item:
                written = custom_tools.text_of(text)
                self._tell("response.custom_tool_call_input.delta", delta=written)
                self._tell("response.custom_tool_call_input.done", input=written)
                self._item["input"] = written
            case "call":
                arguments = text or "{}"
                self._tell("response.function_call_arguments.done", arguments=arguments)
                self._item["arguments"] = arguments
        if self._kind != "reasoning":
            self._item["status"] = "completed"
        self._item_event("response.output_item.done")
        self.done.append(self._item)
        self._kind, self._item, self._text = "", {}, ""

    def _open(self, kind: _Kind, item: dict[str, Any]) -> None:
        self.close()
        prefix = {"message": "msg", "reasoning": "rs", "call": "fc"}[kind]
        prefix = "ctc" if item["type"] == "custom_tool_call" else prefix
        self._kind = kind
        self._item = {"id": f"{prefix}_{self._base}_{len(self.done)}", **item}
        if kind != "reasoning":
            self._item["status"] = "in_progress"
        self._item_event("response.output_item.added")

    def _item_event(self, event: str) -> None:
        body = {"type": event, "output_index": len(self.done), "item": dict(self._item)}
        self._events.append(body)

    def _tell(self, event: str, **fields: Any) -> None:
        place = {"item_id": self._item["id"], "output_index": len(self.done)}
        self._events.append({"type": event, **place, **fields})


def _output_text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
