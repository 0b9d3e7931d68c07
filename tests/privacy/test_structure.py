"""A value that is found alone is found in every structure that holds it with its label."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import msgspec
import pytest

from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.inspecting.json_texts import parse, texts
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget

FIELDS: Final = {
    "ssn": "521449821",
    "iban": "GB55NWBK60161973820456",
    "email": "marta.kolasinska@webpost.pl",
    "phone": "605313772",
    "password": "Rz7kLm42xQ",
    "tax id": "65929970489",
}


def beside(key: str, value: str) -> dict[str, str]:
    """A field between words that say how a format looks."""
    return {"format": "text", "example": "none", "pattern": "[0-9]+", "name": "field", key: value,
            "description": "dummy placeholder", "type": "string"}  # fmt: skip


STRUCTURES: Final[dict[str, Callable[[str, str], str]]] = {
    "JSON": lambda k, v: json.dumps(beside(k, v)),
    "JSON in lines": lambda k, v: json.dumps(beside(k, v), indent=2),
    "nested JSON": lambda k, v: json.dumps({"a": {"b": [beside(k, v)]}, "format": "x"}),
    "names and values": lambda k, v: json.dumps([{"key": k, "type": "string", "value": v}]),
    "YAML": lambda k, v: "\n".join(f"{a}: {b}" for a, b in beside(k, v).items()),
    "YAML list": lambda k, v: f"env:\n  - name: {k}\n    value: {v}\n",
    "TOML": lambda k, v: f'[example]\nformat = "x"\n{k.replace(" ", "_")} = "{v}"\npattern = "y"\n',
    "INI": lambda k, v: f"[user]\nformat=x\n{k}={v}\n",
    "XML": lambda k, v: (
        f'<r><f name="format">x</f><f name="{k}">{v}</f><f name="example">x</f></r>'
    ),
    "XML values": lambda k, v: f'<r><e key="format" value="x"/><e key="{k}" value="{v}"/></r>',
    "plist": lambda k, v: (
        f"<dict><key>format</key><string>x</string><key>{k}</key><string>{v}</string></dict>"
    ),
    "form": lambda k, v: f"format=x&{k.replace(' ', '_')}={v}&example=none",
    "HTML form": lambda k, v: (
        f'<form><label for="a">{k.title()}</label><input id="a" '
        f'class="form-control is-valid mb-3" type="text" placeholder="format" value="{v}"></form>'
    ),
    "HTML table": lambda k, v: (
        f"<table><tr><th>Format</th><th>{k}</th><th>City</th></tr>"
        f"<tr><td>x</td><td>{v}</td><td>Oslo</td></tr></table>"
    ),
    "two columns": lambda k, v: (
        f"<table><tr><td>Format</td><td>x</td></tr><tr><td><b>{k}</b></td>"
        f'<td class="v">{v}</td></tr></table>'
    ),
    "CSV": lambda k, v: (
        f"format,color,{k},city,note\n"
        + "x,blue,,Oslo,nothing of note here at all\n" * 8
        + f"x,red,{v},Oslo,-\n"
    ),
    "TSV": lambda k, v: f"format\t{k}\tcity\nx\t{v}\tOslo\n",
    "Markdown": lambda k, v: f"| format | {k} | city |\n|---|---|---|\n| x | {v} | Oslo |\n",
    "psql": lambda k, v: f" format | {k} | city \n-----+-----+------\n x | {v} | Oslo\n",
    "chat": lambda k, v: f"[10:01] Ola: what is your {k}?\n[10:02] Tom: {v}\n[10:03] Ola: format",
    "mail": lambda k, v: f"Subject: example\n\nFormat: x\n{k.title()}: {v}\nRegards",
    "sentences": lambda k, v: f"The format above is a bad example. My {k} is {v}. Write a regex.",
}


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """A detector of patterns alone."""
    policy = msgspec.structs.replace(
        PrivacyPolicy.load(), names="off", budget=ScanBudget(seconds=30.0)
    )
    return Detector(policy, tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_field_is_read_with_its_label(detector: Detector, structure: str) -> None:
    """Neighbouring fields, however they are called, switch nothing off."""
    written = {key: STRUCTURES[structure](key, value) for key, value in FIELDS.items()}
    assert [key for key, text in written.items() if not detector.scan(text).private] == []


@pytest.mark.parametrize("structure", ["JSON", "nested JSON", "names and values"])
def test_a_field_of_a_tools_result_is_read_with_its_label(
    detector: Detector, structure: str
) -> None:
    """Read as the inspector cuts it, a JSON value hides no field either."""
    for key, value in FIELDS.items():
        cut = texts(parse(STRUCTURES[structure](key, value)), all_numbers=True)
        assert any(detector.scan(text).private for text in cut), key


@pytest.mark.parametrize(
    "text",
    [
        "name,qty,price\nbolt,1200,3.50\nnut,5400,1.25\n",
        "| step | time |\n|---|---|\n| build | 12345 ms |\n| test | 67890 ms |\n",
        '<div class="row"><span id="x">12</span><a href="/p?id=1234567">more</a></div>',
        "env:\n  - name: LOG_LEVEL\n    value: debug2\n  - name: PORT\n    value: '8080'\n",
        "Is it ready?\nIt took 1234567 ms",
        '{"name": "left-pad", "version": "1.3.0", "default": "5432"}',
    ],
)
def test_other_fields_are_clear(detector: Detector, text: str) -> None:
    """Prices, times, settings and versions are nobody's."""
    assert not detector.scan(text).private
