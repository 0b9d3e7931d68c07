"""The clearance allows exactly what the gate read, once."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.boundary.clearance import Clearance, ClearanceRefused, Mint, Outgoing

REQUEST = Outgoing(
    "POST",
    "https://api.example.com:8443/v1/chat/completions?beta=1",
    b'{"messages":[]}',
    {"content-type": "application/json", "x-extra": "1"},
)
LOOPBACK = dataclasses.replace(REQUEST, url="http://127.0.0.1:9000/v1/chat/completions")
MUTATIONS = {
    "method": {"method": "PUT"},
    "scheme": {"url": REQUEST.url.replace("https", "http")},
    "host": {"url": REQUEST.url.replace("api.", "evil.")},
    "port": {"url": REQUEST.url.replace(":8443", ":443")},
    "no port": {"url": REQUEST.url.replace(":8443", "")},
    "path": {"url": REQUEST.url.replace("/chat/", "/cha/t")},
    "query": {"url": REQUEST.url.replace("beta=1", "beta=2")},
    "no query": {"url": REQUEST.url.replace("?beta=1", "")},
    "body": {"body": b'{"messages":[0]}'},
    "empty body": {"body": b""},
    "header value": {"headers": {"content-type": "application/json", "x-extra": "2"}},
    "header name": {"headers": {"content-type": "application/json", "x-extr": "a1"}},
    "header added": {"headers": {**REQUEST.headers, "x-more": "1"}},
    "header removed": {"headers": {"content-type": "application/json"}},
}


def cleared(outgoing: Outgoing = REQUEST, version: str = "v1") -> Clearance:
    """A clearance that is good until monotonic time 30."""
    return Mint(lambda: "v1").mint(
        outgoing, conversation="c1", policy_version=version, now_monotonic=0.0, lifetime=30.0
    )


def test_the_cleared_request_passes_once() -> None:
    """A clearance lets its own request through, and only one time."""
    clearance = cleared()
    clearance.redeem(REQUEST, 29.9)
    with pytest.raises(ClearanceRefused, match="used before"):
        clearance.redeem(REQUEST, 29.9)


@pytest.mark.parametrize("change", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_any_other_request_is_refused(change: dict[str, Any]) -> None:
    """One difference in method, place, body or headers is enough to be refused."""
    with pytest.raises(ClearanceRefused, match="not the one"):
        cleared().redeem(dataclasses.replace(REQUEST, **change), 1.0)


@given(at=st.integers(0, len(REQUEST.body) - 1), byte=st.integers(1, 255))
def test_any_changed_byte_of_the_body_is_refused(at: int, byte: int) -> None:
    """No single changed byte of the body gets through."""
    body = bytearray(REQUEST.body)
    body[at] ^= byte
    with pytest.raises(ClearanceRefused):
        cleared().redeem(dataclasses.replace(REQUEST, body=bytes(body)), 1.0)


def test_a_failed_attempt_uses_the_clearance_up() -> None:
    """After a refused attempt even the right request is refused."""
    clearance = cleared()
    with pytest.raises(ClearanceRefused):
        clearance.redeem(dataclasses.replace(REQUEST, body=b"{}"), 1.0)
    with pytest.raises(ClearanceRefused):
        clearance.redeem(REQUEST, 1.0)


@pytest.mark.parametrize("now", [30.001, 1e9, float("nan")])
def test_an_expired_clearance_is_refused(now: float) -> None:
    """After its deadline, or with a broken clock, a clearance is worth nothing."""
    with pytest.raises(ClearanceRefused, match="expired"):
        cleared().redeem(REQUEST, now)


def test_changed_privacy_rules_void_a_clearance() -> None:
    """A clearance given under other rules than those in force is refused."""
    with pytest.raises(ClearanceRefused, match="rules changed"):
        cleared(version="v0").redeem(REQUEST, 1.0)


def test_loopback_follows_the_same_rules() -> None:
    """A managed API on loopback needs its own clearance, like any other."""
    cleared(LOOPBACK).redeem(LOOPBACK, 1.0)
    with pytest.raises(ClearanceRefused):
        cleared(LOOPBACK).redeem(dataclasses.replace(LOOPBACK, body=b"{}"), 1.0)


def test_it_cannot_be_made_or_altered_by_hand() -> None:
    """Constructor, subclass, assignment, deletion, copy and pickle all fail."""
    with pytest.raises(TypeError):
        Clearance()
    with pytest.raises(TypeError):
        type("Loose", (Clearance,), {})
    clearance = cleared()
    with pytest.raises(AttributeError):
        clearance.deadline = 1e9
    with pytest.raises(AttributeError):
        del clearance.deadline
    for copying in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copying(clearance)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("conversation", "c2"),
        ("deadline", 60.0),
        ("policy_version", "v2"),
        ("seal", b"\0" * 32),
        ("nonce", b"\0" * 16),
    ],
)
def test_a_forced_change_of_a_field_breaks_the_seal(field: str, value: object) -> None:
    """Even a field written behind the class's back makes the clearance worthless."""
    clearance = cleared()
    object.__setattr__(clearance, field, value)
    with pytest.raises(ClearanceRefused):
        clearance.redeem(REQUEST, 1.0)


def test_a_forged_clearance_is_refused() -> None:
    """An object built around the constructor, with all fields copied but a spent nonce, fails."""
    genuine = cleared()
    forged = object.__new__(Clearance)
    for field in ("conversation", "deadline", "nonce", "policy_version", "seal"):
        object.__setattr__(forged, field, getattr(genuine, field))
    genuine.redeem(REQUEST, 1.0)
    with pytest.raises(ClearanceRefused):
        forged.redeem(REQUEST, 1.0)


@pytest.mark.parametrize(
    "url",
    [
        "/v1/models",
        "ftp://api.example.com/",
        "file:///etc/passwd",
        "https://",
        "https://user:pw@api.example.com/",
        "https://api.example.com\\@evil.com/",
        "https://api.example.com/\r\nHost: evil",
        "https://api.example.com/ x",
        "https://api.example.com/#part",
        "https://api.exämple.com/",
        "https://api.example.com:0/",
        "https://api.example.com:99999/",
    ],
)
def test_an_address_that_can_be_read_two_ways_is_no_address(url: str) -> None:
    """Relative, odd and ambiguous addresses are refused when the request is built."""
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        Outgoing("GET", url, b"", {})


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("https://API.Example.com/v1", ("https", "api.example.com", 443)),
        ("http://127.0.0.1/v1", ("http", "127.0.0.1", 80)),
        ("HTTPS://api.example.com:8443", ("https", "api.example.com", 8443)),
        ("http://[::1]:1/v1?a=b", ("http", "::1", 1)),
    ],
)
def test_a_destination_is_scheme_host_and_port(url: str, destination: tuple[str, str, int]) -> None:
    """The host in lower case, the port of the scheme where none is named."""
    assert Outgoing("GET", url, b"", {}).destination == destination


def test_no_path_is_the_root() -> None:
    """An address without a path is sent as one with a slash, and cleared as such."""
    bare, root, asking = (
        Outgoing("GET", f"https://api.example.com{rest}", b"", {}) for rest in ("", "/", "?a=b")
    )
    assert bare.target == root.target
    assert bare.target.startswith("/")
    assert asking.target == "/?a=b"
    cleared(bare).redeem(root, 1.0)


@pytest.mark.parametrize(
    "name",
    ["Authorization", "x-api-key", "COOKIE", "api-key", "Proxy-Authorization", "X-Goog-Api-Key"],
)
def test_a_request_carries_no_key(name: str) -> None:
    """The key is added by the door after the check, never by the request."""
    with pytest.raises(ValueError, match="key"):
        Outgoing("GET", "https://api.example.com/", b"", {name: "s"})


@pytest.mark.parametrize("header", [("x-a", "1\r\nx-b: 2"), ("x-a\n", "1")])
def test_a_header_is_one_line(header: tuple[str, str]) -> None:
    """A line break cannot smuggle in another header."""
    with pytest.raises(ValueError, match="line break"):
        Outgoing("GET", "https://api.example.com/", b"", dict([header]))


def test_printing_shows_no_content() -> None:
    """Neither a request's body nor a clearance's seal appears when printed."""
    outgoing = dataclasses.replace(REQUEST, body=b"521-44-9821")
    assert "521" not in repr(outgoing)
    assert repr(outgoing) == "Outgoing(POST https://api.example.com:8443, 11 bytes)"
    assert repr(cleared()) == "Clearance(***)"


def test_a_clearance_is_good_up_to_its_last_moment() -> None:
    """It knows whose it is, under which rules it was given and how long it lasts."""
    clearance = Mint(lambda: "v1").mint(
        REQUEST, conversation="c1", policy_version="v1", now_monotonic=10.0, lifetime=30.0
    )
    assert (clearance.conversation, clearance.policy_version) == ("c1", "v1")
    assert clearance.deadline == 40.0
    clearance.redeem(REQUEST, 40.0)


def test_what_no_encoding_can_say_is_sealed_too() -> None:
    """A hostile header with half a character changes nothing of the rules."""
    odd = dataclasses.replace(REQUEST, headers={"x-title": "\ud800"})
    cleared(odd).redeem(odd, 1.0)
    with pytest.raises(ClearanceRefused):
        cleared(odd).redeem(REQUEST, 1.0)


def test_names_of_headers_have_no_case_and_no_order() -> None:
    """The same header under another spelling is the same request; fields cannot be shifted from a
    name into its value.
    """
    shouted = {name.upper(): value for name, value in reversed([*REQUEST.headers.items()])}
    cleared().redeem(dataclasses.replace(REQUEST, headers=shouted), 1.0)
    shifted = dataclasses.replace(REQUEST, headers={"x-extra1": ""})
    with pytest.raises(ClearanceRefused):
        cleared(dataclasses.replace(REQUEST, headers={"x-extra": "1"})).redeem(shifted, 1.0)


def test_forgotten_clearances_do_not_pile_up() -> None:
    """Ten thousand wait at most; then the oldest is worth nothing, and the next oldest still is."""
    oldest, older = cleared(), cleared()
    kept = [cleared() for _ in range(9_998)]
    last = cleared()
    with pytest.raises(ClearanceRefused, match="used before or never given"):
        oldest.redeem(REQUEST, 1.0)
    older.redeem(REQUEST, 1.0)
    last.redeem(REQUEST, 1.0)
    assert kept


def test_a_clearance_that_nobody_has_any_more_keeps_no_body() -> None:
    """A stopped request leaves nothing of what it would have sent in memory."""
    counts = [sys.getrefcount(REQUEST.body)]
    clearance = cleared()
    counts.append(sys.getrefcount(REQUEST.body))
    del clearance
    counts.append(sys.getrefcount(REQUEST.body))
    assert counts[0] == counts[2] < counts[1]


def test_the_same_bytes_pass_from_another_place_in_memory() -> None:
    """What counts is every byte, and not which object holds them; one that can change never does
    for what it once was.
    """
    again = dataclasses.replace(REQUEST, body=bytes(bytearray(REQUEST.body)))
    cleared().redeem(again, 1.0)
    changing = dataclasses.replace(REQUEST, body=bytearray(REQUEST.body))  # type: ignore[arg-type]
    clearance = cleared(changing)
    changing.body[0] ^= 1  # type: ignore[index]
    with pytest.raises(ClearanceRefused, match="not the one"):
        clearance.redeem(changing, 1.0)


def test_every_refusal_says_what_to_do() -> None:
    """Used, altered, expired or under other rules: send it again."""
    used = cleared()
    used.redeem(REQUEST, 1.0)
    other = dataclasses.replace(REQUEST, body=b"")
    for clearance, outgoing, now in (
        (used, REQUEST, 1.0),
        (cleared(), other, 1.0),
        (cleared(), REQUEST, 31.0),
        (cleared(version="v0"), REQUEST, 1.0),
    ):
        with pytest.raises(ClearanceRefused) as refused:
            clearance.redeem(outgoing, now)
        assert "send the prompt again" in refused.value.hint
