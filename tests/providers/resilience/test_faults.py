"""Providers' errors, as they document them, and what each means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.core.errors import ErrorKind
from edgeroute.datafile import table
from edgeroute.providers.catalog.catalog import Catalog
from edgeroute.providers.resilience.faults import classify

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CATALOG = Catalog.load()


def openai(
    code: str | None, kind: str = "invalid_request_error", message: str = ""
) -> dict[str, Any]:
    """An error body in OpenAI's shape."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str = "", **details: Any) -> dict[str, Any]:
    """An error body in Anthropic's shape."""
    error = {"type": kind, "message": message, **details}
    return {"type": "error", "error": error, "request_id": "req_1"}


def router(code: int, error_type: str = "", message: str = "", **metadata: Any) -> dict[str, Any]:
    """An error body in OpenRouter's shape."""
    extra = {"error_type": error_type} if error_type else {}
    return {"error": {"code": code, "message": message, "metadata": {**extra, **metadata}}}


TABLE = [
    ("openai", 400, openai("context_length_exceeded"), ErrorKind.CONTEXT),
    ("openai", 400, openai("content_policy_violation"), ErrorKind.CONTENT_FILTER),
    (
        "openai",
        400,
        openai("x", message="Your request was rejected as a result of our safety system."),
        ErrorKind.CONTENT_FILTER,
    ),
    ("openai", 400, openai("unsupported_parameter"), ErrorKind.BAD_REQUEST),
    ("openai", 401, openai("invalid_api_key"), ErrorKind.AUTH),
    ("openai", 403, openai("unsupported_country_region_territory"), ErrorKind.AUTH),
    ("openai", 404, openai("model_not_found"), ErrorKind.UNKNOWN_MODEL),
    ("openai", 409, openai(None), ErrorKind.BAD_REQUEST),
    ("openai", 422, openai(None), ErrorKind.BAD_REQUEST),
    ("openai", 429, openai("rate_limit_exceeded", "tokens"), ErrorKind.RATE_LIMIT),
    ("openai", 429, openai("slow_down"), ErrorKind.RATE_LIMIT),
    ("openai", 429, openai("insufficient_quota", "insufficient_quota"), ErrorKind.BILLING),
    ("openai", 429, openai("credit_balance_exhausted"), ErrorKind.BILLING),
    ("openai", 500, openai(None, "server_error"), ErrorKind.OUTAGE),
    ("openai", 503, openai("server_is_overloaded"), ErrorKind.OUTAGE),
    ("anthropic", 400, anthropic("invalid_request_error"), ErrorKind.BAD_REQUEST),
    (
        "anthropic",
        400,
        anthropic("invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"),
        ErrorKind.CONTEXT,
    ),
    (
        "anthropic",
        400,
        anthropic("invalid_request_error", "Your credit balance is too low to access the API."),
        ErrorKind.BILLING,
    ),
    (
        "anthropic",
        400,
        anthropic("invalid_request_error", "You have reached your specified API spend limit."),
        ErrorKind.BILLING,
    ),
    ("anthropic", 401, anthropic("authentication_error"), ErrorKind.AUTH),
    ("anthropic", 402, anthropic("billing_error"), ErrorKind.BILLING),
    ("anthropic", 403, anthropic("permission_error"), ErrorKind.AUTH),
    ("anthropic", 404, anthropic("not_found_error"), ErrorKind.UNKNOWN_MODEL),
    ("anthropic", 413, anthropic("request_too_large"), ErrorKind.CONTEXT),
    ("anthropic", 429, anthropic("rate_limit_error"), ErrorKind.RATE_LIMIT),
    (
        "anthropic",
        429,
        anthropic("rate_limit_error", details={"reason": "enforced_spend_limit_reached"}),
        ErrorKind.BILLING,
    ),
    ("anthropic", 504, anthropic("timeout_error"), ErrorKind.OUTAGE),
    ("anthropic", 529, anthropic("overloaded_error"), ErrorKind.OUTAGE),
    ("anthropic", None, anthropic("overloaded_error"), ErrorKind.OUTAGE),
    ("anthropic", None, anthropic("rate_limit_error"), ErrorKind.RATE_LIMIT),
    (
        "deepseek",
        402,
        openai("invalid_request_error", message="Insufficient Balance"),
        ErrorKind.BILLING,
    ),
    ("deepseek", 503, openai(None), ErrorKind.OUTAGE),
    (
        "moonshot",
        400,
        {"error": {"type": "content_filter", "message": "The request was considered high risk"}},
        ErrorKind.CONTENT_FILTER,
    ),
    (
        "moonshot",
        400,
        {"error": {"type": "invalid_request_error", "message": "Input token length too long"}},
        ErrorKind.CONTEXT,
    ),
    (
        "moonshot",
        400,
        {"error": {"message": "Your request exceeded model token limit: 262144"}},
        ErrorKind.CONTEXT,
    ),
    ("moonshot", 401, {"error": {"type": "incorrect_api_key_error"}}, ErrorKind.AUTH),
    ("moonshot", 429, {"error": {"type": "engine_overloaded_error"}}, ErrorKind.OUTAGE),
    ("moonshot", 429, {"error": {"type": "rate_limit_reached_error"}}, ErrorKind.RATE_LIMIT),
    ("moonshot", 429, {"error": {"type": "exceeded_current_quota_error"}}, ErrorKind.BILLING),
    ("minimax", None, {"base_resp": {"status_code": 1002, "status_msg": ""}}, ErrorKind.RATE_LIMIT),
    ("minimax", None, {"base_resp": {"status_code": 1004}}, ErrorKind.AUTH),
    ("minimax", None, {"base_resp": {"status_code": 1008}}, ErrorKind.BILLING),
    ("minimax", None, {"base_resp": {"status_code": 1027}}, ErrorKind.CONTENT_FILTER),
    ("minimax", None, {"base_resp": {"status_code": 2013}}, ErrorKind.BAD_REQUEST),
    ("minimax", None, {"base_resp": {"status_code": 1000}}, ErrorKind.OUTAGE),
    ("openrouter", 402, router(402, "payment_required"), ErrorKind.BILLING),
    ("openrouter", 402, router(402, "in_flight_budget"), ErrorKind.RATE_LIMIT),
    ("openrouter", 403, router(403, "moderation"), ErrorKind.CONTENT_FILTER),
    (
        "openrouter",
        403,
        router(403, message="openai/gpt-5.5 requires moderation", reasons=["violence"]),
        ErrorKind.CONTENT_FILTER,
    ),
    ("openrouter", 400, router(400, "context_length_exceeded"), ErrorKind.CONTEXT),
    ("openrouter", 502, router(502, "provider_unavailable"), ErrorKind.OUTAGE),
    ("openrouter", 524, router(524), ErrorKind.OUTAGE),
    ("openrouter", 529, router(529, "provider_overloaded"), ErrorKind.OUTAGE),
    ("openrouter", None, router(429, "rate_limit_exceeded"), ErrorKind.RATE_LIMIT),
    ("openrouter", None, router(502), ErrorKind.OUTAGE),
    (
        "gemini",
        400,
        {
            "error": {
                "code": 400,
                "status": "INVALID_ARGUMENT",
                "message": "API key not valid. Please pass a valid API key.",
                "details": [{"reason": "API_KEY_INVALID"}],
            }
        },
        ErrorKind.AUTH,
    ),
    (
        "gemini",
        400,
        {
            "error": {
                "code": 400,
                "status": "INVALID_ARGUMENT",
                "message": "The input token count (2000000) exceeds the maximum number of tokens "
                "allowed (1048576).",
            }
        },
        ErrorKind.CONTEXT,
    ),
    ("gemini", 429, {"error": {"status": "RESOURCE_EXHAUSTED"}}, ErrorKind.RATE_LIMIT),
    ("gemini", 503, {"error": {"status": "UNAVAILABLE"}}, ErrorKind.OUTAGE),
    ("mistral", 422, {"detail": [{"msg": "field required"}]}, ErrorKind.BAD_REQUEST),
    ("groq", 413, openai("request_too_large"), ErrorKind.CONTEXT),
    ("groq", 498, openai("capacity_exceeded"), ErrorKind.RATE_LIMIT),
    ("xai", 400, {"code": "x", "error": "Incorrect API key provided: sk***"}, ErrorKind.AUTH),
    (
        "azure",
        400,
        {
            "error": {
                "code": "content_filter",
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
            }
        },
        ErrorKind.CONTENT_FILTER,
    ),
    ("azure", 404, openai("DeploymentNotFound"), ErrorKind.UNKNOWN_MODEL),
    (
        "alibaba",
        400,
        openai("InvalidParameter", message="Range of input length should be [1, 30720]"),
        ErrorKind.CONTEXT,
    ),
    ("alibaba", 400, openai("DataInspectionFailed"), ErrorKind.CONTENT_FILTER),
    ("alibaba", 403, openai("Arrearage"), ErrorKind.BILLING),
    ("alibaba", 429, openai("Throttling.RateQuota"), ErrorKind.RATE_LIMIT),
    ("zai", 429, {"error": {"code": "1113", "message": "Insufficient balance"}}, ErrorKind.BILLING),
    ("zai", 429, {"error": {"code": "1302", "message": "High concurrency"}}, ErrorKind.RATE_LIMIT),
    ("openai", 408, {}, ErrorKind.OUTAGE),
    ("openai", 499, {}, ErrorKind.OUTAGE),
    ("openai", 501, {}, ErrorKind.OUTAGE),
    ("openai", 520, {}, ErrorKind.OUTAGE),
]


@pytest.mark.parametrize(("provider", "status", "body", "kind"), TABLE)
def test_every_documented_error_has_its_class(
    provider: str, status: int | None, body: dict[str, Any], kind: ErrorKind
) -> None:
    """The documented errors of each provider are told apart by more than their status."""
    error = classify(CATALOG.providers[provider], status, {}, body, sent=7, now=NOW)
    assert error.kind is kind
    assert error.bytes_sent == 7
    raw = json.dumps(body).encode()
    if status is not None:
        assert classify(CATALOG.providers[provider], status, {}, raw, sent=0, now=NOW).kind is kind


@pytest.mark.parametrize("status", [400, 401, 402, 404, 413, 422, 429, 500, 503])
def test_messages_never_quote_prompt_or_key(status: int) -> None:
    """Whatever field repeats the prompt or the key, the sentence for people does not."""
    canaries = ["canary prompt text", "sk-canary-0123456789"]
    for canary in canaries:
        body = {
            "error": {"message": canary, "type": canary, "code": canary, "param": canary},
            "detail": [{"msg": canary, "input": canary, "type": canary}],
        }
        error = classify(CATALOG.providers["openai"], status, {"x": canary}, body, sent=0, now=NOW)
        assert canary not in str(error)
        assert "canary" not in str(error)


def test_the_providers_reason_is_handed_on() -> None:
    """Code words and the parameter at fault are told; they help and hold nothing private."""
    body = {
        "error": {
            "code": "unsupported_value",
            "type": "invalid_request_error",
            "param": "messages[0].content",
            "message": "secret",
        }
    }
    error = classify(CATALOG.providers["openai"], 400, {}, body, sent=0, now=NOW)
    assert "unsupported_value" in error.message
    assert "messages[0].content" in error.message


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.text(), st.sampled_from(["error", "code", "message", "base_resp"])),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)


@given(
    st.one_of(st.none(), st.integers(400, 599)),
    st.one_of(st.binary(), json_values.map(lambda value: json.dumps(value).encode())),
    st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x"]), st.text()),
)
def test_any_error_has_some_class(status: int | None, body: bytes, headers: dict[str, str]) -> None:
    """No body and no header, however broken, breaks the classification."""
    error = classify(CATALOG.providers["openai"], status, headers, body, sent=0, now=NOW)
    assert isinstance(error.kind, ErrorKind)
    assert error.retry_after is None or 0 <= error.retry_after <= 86_400
    assert error.message.endswith(".")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"error": {"code": "bad_thing", "param": "tools[0].name"}},
            ("bad_thing", "tools[0].name"),
        ),
        ({"code": "bad_thing", "param": None}, ("bad_thing", "")),
        ({"error": {"code": "my SSN is 521-44-9821", "param": "my SSN"}}, ("invalid_request", "")),
        ({"error": {"code": "x" * 41, "param": "y" * 61}}, ("invalid_request", "")),
        ({"error": {"code": 400, "param": ["x"]}}, ("invalid_request", "")),
        ({"error": "bad"}, ("invalid_request", "")),
        (["bad"], ("invalid_request", "")),
        ({"base_resp": {"status_code": 2013}}, ("invalid_request", "")),
    ],
)
def test_a_callers_mistake_is_told_in_names_only(body: Any, told: tuple[str, str]) -> None:
    """The provider's code and parameter go on to the caller as far as they can be no more than
    names; what may quote a prompt does not.
    """
    status = None if "base_resp" in body else 400
    data = body if status is None else json.dumps(body).encode()
    error = classify(CATALOG.providers["minimax"], status, {}, data, sent=0, now=NOW)
    assert (error.rejection.code, error.rejection.parameter) == told
    assert (error.rejection.status, error.status) == (400, 400)


def test_a_code_stands_for_one_kind() -> None:
    """In the file of codes each stands once, in lower case as it is looked up."""
    kinds = table("provider-errors", dict[str, dict[str, Any]]).values()
    for numbers in ("codes", "minimax", "zai"):
        found = [code for kind in kinds for code in kind.get(numbers, ())]
        assert len(found) == len(set(found)) > 0
        assert [code for code in found if code != str(code).lower() and numbers == "codes"] == []


def test_every_kind_of_a_providers_error_has_a_sentence() -> None:
    """What does not come from a provider has none: a request that was stopped, a missing key."""
    kinds = table("provider-errors", dict[ErrorKind, Any])
    assert set(ErrorKind) - set(kinds) == {ErrorKind.CANCELLED, ErrorKind.NO_KEY}
