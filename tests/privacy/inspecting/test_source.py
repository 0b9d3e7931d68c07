"""The caller's own body: no text of it leaves unread, wherever it stands."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeroute.boundary.clearance import Outgoing
from edgeroute.core.clock import SystemClock
from edgeroute.core.errors import PrivacyRefused
from edgeroute.core.verdict import PrivacyMode
from edgeroute.privacy.gate import Gate
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.server.answer.caller_request import request_of
from edgeroute.wire.errors import WireError
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import dump
from tests.support.detectors import PLANT, PlantDetector
from tests.support.wire import json_values, names, target
from tests.wire.test_same_wire import REQUESTS

FIELDS = st.dictionaries(names, json_values, max_size=3)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every string in a JSON value, by what holds it, and every object's next key."""
    found: list[tuple[Any, Any]] = []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        if isinstance(item, dict | list):
            found += places(item)
        elif isinstance(item, str):
            found.append((value, key))
    return [*found, (value, f"see {PLANT}")] if isinstance(value, dict) else found


@pytest.mark.parametrize("wire", REQUESTS)
@given(unknown=FIELDS, data=st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_value_planted_anywhere_never_leaves(
    wire: str, unknown: dict[str, Any], data: st.DataObject
) -> None:
    """A private value in a random place, a key or a value, is found in the request and once more in
    the bytes, or these do not hold it.
    """
    body = copy.deepcopy(REQUESTS[wire] | {f"x_{key}": value for key, value in unknown.items()})
    holder, key = data.draw(st.sampled_from(places(body)))
    holder[key] = f"it is {PLANT} now"
    form = FORMATS[wire]
    try:
        request = request_of(body, {}, form)
        sent = dump(form.encode_request(request, target(stream=True)))
    except WireError:
        return
    inspector = Inspector(PlantDetector(), lambda: "v1")
    gate = Gate(inspector, SystemClock())
    try:
        if PLANT.encode() in sent:
            assert (await inspector.inspect(request)).private
            outgoing = Outgoing("POST", "https://example.com/v1", sent, {})
            with pytest.raises(PrivacyRefused):
                await gate.clear(outgoing, conversation="c", mode=PrivacyMode.AUTO, latched=False)
        else:
            assert PLANT not in json.dumps(json.loads(sent))
    finally:
        await inspector.close()
