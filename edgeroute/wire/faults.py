"""Errors that arrive inside an answer whose status said success."""

from __future__ import annotations

from edgeroute.wire.errors import WireFault
from edgeroute.wire.fields import Json, mapping, string


def raise_if_fault(body: Json) -> None:
    """Raise if ``body`` is, or carries, an error.

    Raises:
        WireFault: ``error`` as an object or a text, MiniMax's ``base_resp``, or an error object.
    """
    error = body.get("error")
    if error:
        raise WireFault(body, message_of(error))
    base = mapping(body.get("base_resp"))
    if base.get("status_code") not in (None, 0):
        raise WireFault(body, string(base.get("status_msg")))
    if "error" in (body.get("object"), body.get("type")):
        raise WireFault(body, message_of(body))
    if "detail" in body and not {"choices", "output", "content"} & body.keys():
        raise WireFault(body, str(body["detail"]))


def message_of(error: object) -> str:
    """The sentence of an error object or text."""
    if isinstance(error, str):
        return error
    found = mapping(error)
    return string(found.get("message")) or string(found.get("code")) or "unnamed error"
