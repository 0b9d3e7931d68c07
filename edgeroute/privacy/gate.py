"""Reads the text of the very bytes that would leave, and mints the clearance for them.

The gate trusts nobody: it knows nothing of the request that became these bytes. It reads address,
headers and body; what it cannot read, it refuses. Every answer but "nothing found" is a refusal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from edgeroute.boundary.clearance import Clearance, Mint, Outgoing
from edgeroute.core.clock import Clock
from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.hosts import is_loopback
from edgeroute.core.verdict import PrivacyMode
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.inspecting.json_texts import KeyValues, texts
from edgeroute.privacy.inspecting.media import Uncleared

LIFETIME: Final = 30.0


class Gate:
    """The only maker of clearances.

    ``enterprise_hosts`` may receive internal code; ``lifetime`` is how many seconds a clearance
    is good for.
    """

    def __init__(
        self,
        inspector: Inspector,
        clock: Clock,
        *,
        enterprise_hosts: Collection[str] = (),
        lifetime: float = LIFETIME,
    ) -> None:
        self._inspector = inspector
        self._clock = clock
        self._enterprise = frozenset(host.lower() for host in enterprise_hosts)
        self._lifetime = lifetime
        self._mint = Mint(lambda: inspector.version)

    async def clear(
        self, outgoing: Outgoing, *, conversation: str, mode: PrivacyMode, latched: bool
    ) -> Clearance:
        """Leave to send ``outgoing`` once.

        ``mode`` is the conversation's; ``latched`` says that it held personal data before.

        Raises:
            PrivacyRefused: it must stay here, or nobody knows whether it may leave.
        """
        if latched or mode not in {PrivacyMode.AUTO, PrivacyMode.MASK}:
            raise PrivacyRefused("This conversation stays on this machine.", _HINT)
        scheme, host, _ = outgoing.destination
        if scheme != "https" and not is_loopback(host):
            raise PrivacyRefused("Only an encrypted connection may leave this machine.", _HINT)
        try:
            version = self._inspector.version
            verdict = await self._inspector.recheck(_texts(outgoing), outgoing.body)
        except Uncleared:
            raise PrivacyRefused(
                "The request holds a picture, a file or encoded data that was not checked.", _HINT
            ) from None
        except ValueError:
            raise PrivacyRefused("The request cannot be read, so it was not sent.", _HINT) from None
        except Exception:  # noqa: BLE001 - nobody knows what is in it
            raise PrivacyRefused("The privacy check failed, so nothing was sent.", _HINT) from None
        if verdict.private:
            raise PrivacyRefused(f"The request was not sent. {verdict.reason}", _HINT)
        if verdict.internal_code and host not in self._enterprise:
            raise PrivacyRefused("The request holds internal code and was not sent.", _HINT)
        return self._mint.mint(
            outgoing,
            conversation=conversation,
            policy_version=version,
            now_monotonic=self._clock.monotonic(),
            lifetime=self._lifetime,
        )


def _texts(outgoing: Outgoing) -> Iterator[str]:
    """Every text in ``outgoing`` but those of its body."""
    place = urlsplit(outgoing.url)
    yield unquote(place.path).replace("/", " ")
    yield from texts(KeyValues(parse_qsl(place.query, keep_blank_values=True)))
    yield unquote(place.query)
    yield from texts(outgoing.headers)


_HINT: Final = "A local model can answer it; see what was found with `edgeroute scan`."
