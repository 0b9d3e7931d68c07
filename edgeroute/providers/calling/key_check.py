"""Does a provider accept a key? Asked with the cheapest request it has, which holds no prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgeroute.core.clock import Clock, SystemClock
from edgeroute.core.errors import ErrorKind, ProviderError
from edgeroute.providers.resilience.faults import classify

if TYPE_CHECKING:
    from edgeroute.core.secret import Secret
    from edgeroute.providers.catalog.provider import Provider
    from edgeroute.providers.egress import Door

KeyState = Literal["good", "bad", "no_credit", "no_network", "limited", "unknown"]

_STATES: dict[ErrorKind, KeyState] = {
    ErrorKind.AUTH: "bad",
    ErrorKind.BILLING: "no_credit",
    ErrorKind.OUTAGE: "no_network",
    ErrorKind.RATE_LIMIT: "limited",
}


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What a key is worth at ``provider``; ``text`` says it to a person."""

    provider: str
    state: KeyState
    text: str


async def probe_key(
    provider: Provider,
    key: Secret | None,
    door: Door,
    *,
    clock: Clock | None = None,
    seconds: float = 10,
) -> KeyCheck:
    """Ask ``provider`` whether it accepts ``key``, or answers without one."""
    name = provider.name
    if not provider.ready:
        return KeyCheck(
            provider.id,
            "unknown",
            f"The address of {name} is not complete. "
            f"Set providers.{provider.id}.base_url with `edgeroute config set`.",
        )
    if not provider.check_path:
        return KeyCheck(
            provider.id,
            "unknown",
            f"{name} offers no request that tests a key for free. The first prompt will tell.",
        )
    url = provider.base_url.rstrip("/") + provider.check_path
    try:
        async with door.ask(url, provider, key, head_seconds=seconds) as incoming:
            if incoming.status < 400:
                said = "accepts the key." if key else "needs no key, and it answers."
                return KeyCheck(provider.id, "good", f"{name} {said}")
            body = await incoming.beginning(seconds, 64 * 1024)
            error = classify(
                provider,
                incoming.status,
                incoming.headers,
                body,
                sent=incoming.bytes_sent,
                now=(clock or SystemClock()).now(),
            )
    except ProviderError as failure:
        error = failure
    if key is None and error.kind is ErrorKind.AUTH:
        text = f"{name} wants a key. Add one with `edgeroute keys set {provider.id}`."
        return KeyCheck(provider.id, "bad", text)
    return _verdict(provider, error)


async def answers(provider: Provider, key: Secret | None, door: Door, seconds: float = 10) -> bool:
    """Whether ``provider`` answers the request that tests a key, if only with a refusal.

    False where it has no such request.
    """
    if not (provider.ready and provider.check_path):
        return False
    url = provider.base_url.rstrip("/") + provider.check_path
    try:
        async with door.ask(url, provider, key, head_seconds=seconds) as incoming:
            return incoming.status < 500
    except ProviderError:
        return False


def _verdict(provider: Provider, error: ProviderError) -> KeyCheck:
    name = provider.name
    state = _STATES.get(error.kind, "unknown")
    if state == "no_network" and error.status is not None:
        state = "unknown"
    texts: dict[KeyState, str] = {
        "bad": f"{name} does not accept the key. Set the right one with "
        f"`edgeroute keys set {provider.id}`.",
        "no_credit": f"{name} knows the key, but its account has no credit. Add credit there.",
        "no_network": f"{name} cannot be reached, so the key could not be tested. {error}",
        "limited": f"{name} asks for fewer requests for now, so the key could not be tested. "
        "Try again in a minute.",
        "unknown": f"{name} did not say whether it accepts the key. {error}",
    }
    return KeyCheck(provider.id, state, texts[state])
