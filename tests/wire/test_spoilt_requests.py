"""Requests that are almost valid, through every wire format, to every other one."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.core.model_card import ModelCard
from edgeroute.wire import legacy_completions
from edgeroute.wire.errors import WireError
from edgeroute.wire.format import Target
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import dump, load_object
from tests.support.bodies import BODIES, spoilt

COUNT = int(os.environ.get("EDGEROUTE_FUZZ_REQUESTS", "60"))
ABLE = frozenset({"images", "files", "tools", "json_schema", "cache_marks", "keep_thinking"})
CARDS = [
    ModelCard("acme/plain", "acme", "plain", family="plain"),
    ModelCard("acme/able", "acme", "able", family="able", abilities=ABLE),
]
CALLERS = [*FORMATS.values(), legacy_completions.FORMAT]


@pytest.mark.parametrize("caller", CALLERS, ids=lambda form: form.name)
@settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_can_be_read_can_be_sent(caller: Any, data: st.DataObject) -> None:
    """A body is refused with a sentence or read; what was read is written for any model."""
    body = data.draw(spoilt(BODIES["POST", f"/v1{caller.path}"]))
    try:
        request = caller.decode_request(load_object(dump(body)))
    except WireError:
        return
    for form in FORMATS.values():
        if hasattr(form, "encode_request"):
            for card in CARDS:
                assert dump(form.encode_request(request, Target(card, stream=True)))
