"""Leave to send exactly these bytes to exactly one place, once.

Only the gate mints a ``Clearance`` (a test reads the source tree for that); the egress door redeems
it. What a clearance allows is sealed with a key that exists only in this process, so a clearance
that was altered, copied, kept or used for anything else is worth nothing.

A destination on loopback that the user configured as a managed API follows the same rules as any
other: being near is no leave to read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, NoReturn
from urllib.parse import SplitResult, urlsplit

from edgeroute.core.errors import PrivacyRefused

_AUTH_HEADERS: Final = frozenset(
    {
        "api-key",
        "authorization",
        "cookie",
        "proxy-authorization",
        "x-api-key",
        "x-goog-api-key",
    }
)
_ADDRESSES: Final = 256  # that are remembered as parts; models have few
_PORTS: Final = {"https": 443, "http": 80}


class ClearanceRefused(PrivacyRefused):
    """The door was asked to send something that the gate has not cleared."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it will leave: ``url`` is absolute, ``body`` the very bytes, ``headers`` all but
    the key, which the door adds.

    Raises:
        ValueError: the address cannot be read in one way only, or a header carries a key.
    """

    method: str
    url: str
    body: bytes
    headers: Mapping[str, str]

    def __post_init__(self) -> None:
        split_address(self.url)
        if any(name.lower() in _AUTH_HEADERS for name in self.headers):
            raise ValueError("the key is added by the door, not by the request")
        if any(sign in field for item in self.headers.items() for field in item for sign in "\r\n"):
            raise ValueError("a header holds a line break")

    def __repr__(self) -> str:
        place = split_address(self.url)
        return f"Outgoing({self.method} {place.scheme}://{place.netloc}, {len(self.body)} bytes)"

    @property
    def destination(self) -> tuple[str, str, int]:
        """Scheme, host in lower case, port."""
        return _destination(self.url)

    @property
    def target(self) -> str:
        """Path and query exactly as they are sent."""
        place = split_address(self.url)
        return f"{place.path or '/'}?{place.query}"


@lru_cache(_ADDRESSES)
def split_address(url: str) -> SplitResult:
    """The parts of an absolute http or https address.

    Raises:
        ValueError: two readers could take the address for two different places.
    """
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\"<>^`{|}'):
        raise ValueError("the address holds a character that no address needs")
    place = urlsplit(url)
    if place.scheme not in _PORTS or not place.hostname:
        raise ValueError("the address is not an absolute http or https address")
    if "@" in place.netloc or "#" in url:
        raise ValueError("the address carries a user name or a fragment")
    if place.port == 0:
        raise ValueError("the address has no usable port")
    return place


@lru_cache(_ADDRESSES)
def _destination(url: str) -> tuple[str, str, int]:
    place = split_address(url)
    return place.scheme, place.hostname or "", place.port or _PORTS[place.scheme]


class Clearance:
    """Leave to send one request once. Made by a ``Mint`` only; cannot be altered or copied."""

    __slots__ = ("conversation", "deadline", "nonce", "policy_version", "seal")

    conversation: str
    deadline: float
    nonce: bytes
    policy_version: str
    seal: bytes

    def __new__(cls) -> Clearance:  # noqa: D102, PYI034 - it returns nothing, ever
        raise TypeError("a Clearance is minted by the gate")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("a Clearance has no variants")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Clearance cannot be altered")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Clearance cannot be altered")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Clearance cannot be copied")

    def __repr__(self) -> str:
        return "Clearance(***)"

    def __del__(self) -> None:
        # What nobody can use any more keeps no body. Taking out is one step, which needs no lock.
        _ISSUED.pop(getattr(self, "nonce", b""), None)

    def redeem(self, outgoing: Outgoing, now_monotonic: float) -> None:
        """Use it up for ``outgoing``. Any attempt uses it up, a failed one too.

        Raises:
            ClearanceRefused: another request, too late, used before, or the privacy rules changed.
        """
        with _LOCK:
            issued = _ISSUED.pop(self.nonce, None)
        if issued is None:
            raise ClearanceRefused("This clearance was used before or never given.", _HINT)
        expected = _seal(
            outgoing,
            issued.digest_of(outgoing.body),
            conversation=self.conversation,
            policy_version=self.policy_version,
            deadline=self.deadline,
            nonce=self.nonce,
        )
        if not hmac.compare_digest(self.seal, expected):
            raise ClearanceRefused("The request is not the one that was cleared.", _HINT)
        if not now_monotonic <= self.deadline:
            raise ClearanceRefused("The clearance has expired.", _HINT)
        if issued.current_version() != self.policy_version:
            raise ClearanceRefused("The privacy rules changed after the check.", _HINT)


class Mint:
    """Makes clearances; the gate owns the only one of a process.

    ``policy_version`` says which privacy rules are in force now.
    """

    def __init__(self, policy_version: Callable[[], str]) -> None:
        self._policy_version = policy_version

    def mint(
        self,
        outgoing: Outgoing,
        *,
        conversation: str,
        policy_version: str,
        now_monotonic: float,
        lifetime: float,
    ) -> Clearance:
        """Leave to send ``outgoing`` once within ``lifetime`` seconds."""
        nonce = secrets.token_bytes(16)
        deadline = now_monotonic + lifetime
        issued = _Issued(self._policy_version, outgoing.body, _digest(outgoing.body))
        fields = {
            "conversation": conversation,
            "deadline": deadline,
            "nonce": nonce,
            "policy_version": policy_version,
            "seal": _seal(
                outgoing,
                issued.digest,
                conversation=conversation,
                policy_version=policy_version,
                deadline=deadline,
                nonce=nonce,
            ),
        }
        clearance = object.__new__(Clearance)
        for name, value in fields.items():
            object.__setattr__(clearance, name, value)
        with _LOCK:
            while len(_ISSUED) >= _MAX_UNUSED:
                del _ISSUED[next(iter(_ISSUED))]
            _ISSUED[nonce] = issued
        return clearance


class _Issued(NamedTuple):
    """What is known here of a clearance that nobody has used yet: who says which rules are in force
    now, and the body that was cleared.
    """

    current_version: Callable[[], str]
    body: bytes
    digest: bytes

    def digest_of(self, body: bytes) -> bytes:
        """The digest of ``body``. Bytes cannot change: the very object that was cleared has the
        digest that it had then.
        """
        return self.digest if type(body) is bytes and body is self.body else _digest(body)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, key=_SEALING_KEY, digest_size=32).digest()


def _seal(
    outgoing: Outgoing,
    body: bytes,
    *,
    conversation: str,
    policy_version: str,
    deadline: float,
    nonce: bytes,
) -> bytes:
    """A keyed digest of everything that a clearance allows, each field with its length; ``body`` is
    that of the body.
    """
    digest = hashlib.blake2b(key=_SEALING_KEY, digest_size=32)
    scheme, host, port = outgoing.destination
    fields: list[str | bytes] = [
        outgoing.method,
        scheme,
        host,
        str(port),
        outgoing.target,
        body,
        conversation,
        policy_version,
        repr(deadline),
        nonce,
    ]
    for name, value in sorted((name.lower(), value) for name, value in outgoing.headers.items()):
        fields += [name, value]
    for field in fields:
        data = field if isinstance(field, bytes) else field.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()


_HINT: Final = "Nothing was sent; send the prompt again."
_MAX_UNUSED: Final = 10_000  # forgotten clearances are worthless, the oldest go first
_SEALING_KEY: Final = secrets.token_bytes(32)
_LOCK: Final = threading.Lock()
_ISSUED: Final[dict[bytes, _Issued]] = {}
