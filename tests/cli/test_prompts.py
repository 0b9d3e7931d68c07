"""`explain` and `scan`: what would happen, and what was found; nothing is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeroute.core.model_card import Place
from edgeroute.core.plan import Candidate, Strategy
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import CLEAR, Finding, PrivacyMode, Verdict
from edgeroute.engine.deciding.explanation import Explanation
from tests.cli.conftest import Home
from tests.support import scripted_engine
from tests.support.scripted_engine import ScriptedEngine

SSN = "521-44-9821"


class FindsSsn:
    """Finds one number."""

    def __init__(self) -> None:
        self.requests: list[ChatRequest] = []

    async def scan(self, text: str, *, full: bool = True, origin: str = "user") -> Verdict:
        """The number's place."""
        at = text.find(SSN)
        if at < 0:
            return CLEAR
        return Verdict(
            private=True,
            reason="Found: US social security number.",
            findings=(
                Finding(
                    "US_SSN",
                    at,
                    at + len(SSN),
                    0.95,
                    "national_ids",
                    pattern="SSN (groups)",
                    context="number",
                ),
            ),
        )

    async def inspect(self, request: ChatRequest, *, full: bool = False) -> Verdict:
        """An attachment is private."""
        self.requests.append(request)
        return Verdict(private=True, reason="A file.", findings=(Finding("IBAN", 1, 5, 0.9),))

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def home(home: Home) -> Home:
    """An installation whose privacy check is quick."""
    home.inspector = FindsSsn()
    return home


def test_explain_prints_the_documented_object(home: Home) -> None:
    """--json has privacy, signals, rule and candidates, each candidate with its reason."""
    result = home.run("explain", "--json", "hi")
    content = json.loads(result.stdout)
    assert {"privacy", "signals", "rule", "candidates"} <= set(content)
    assert content["rule"] == "default"
    assert [set(c) >= {"model", "reason"} for c in content["candidates"]] == [True, True]


def test_explain_says_it_in_words(home: Home) -> None:
    """A person reads where it goes, why, what was found, and what comes next."""
    verdict = Verdict(private=True, reason="Found: SSN.", findings=(Finding("US_SSN", 0, 1, 1.0),))
    home.engine = ScriptedEngine(verdict=verdict)
    text = home.run("explain", "hi").stdout
    assert "Goes to   openai/gpt-5.5" in text
    assert "stays here (auto): Found: SSN." in text
    assert "Found     US_SSN" in text
    assert "Then      local/qwen" in text
    assert "Because   The default.\n" in text
    assert "Taken for a plain question, easy\n" in text
    assert "Costs     about $0.0001\n" in text
    assert "No key for mock.\n" in text


@pytest.mark.parametrize(
    ("changes", "privacy"),
    [
        ({}, "may leave (auto): Nothing"),
        ({"mode": PrivacyMode.PRIVATE}, "stays here (private): This conversation is set"),
        ({"mode": PrivacyMode.MASK, "masked": {"US_SSN": 1}}, "may leave masked (mask): Personal"),
        (
            {"latched": True, "latch_reason": "It held a number."},
            "stays here (auto): This conversation stays on this machine: It",
        ),
    ],
)
def test_explain_never_promises_what_is_not_so(
    home: Home, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], privacy: str
) -> None:
    """The mode and the latch keep what holds nothing private; what was masked leaves, masked."""
    private = "masked" in changes
    verdict = Verdict(private=private, reason="Found: SSN." if private else "Nothing found.")
    scripted = ScriptedEngine(verdict=verdict)

    async def explained(request: ChatRequest, *, full: bool = False) -> Explanation:
        found = await ScriptedEngine.explain(scripted, request, full=full)
        return replace(found, privacy=replace(found.privacy, **changes))

    monkeypatch.setattr(scripted, "explain", explained)
    home.engine = scripted
    assert f"Privacy   {privacy}" in home.run("explain", "hi").stdout
    content = json.loads(home.run("explain", "--json", "hi").stdout)
    assert content["privacy"]["private"] is privacy.startswith("stays")


def test_explain_says_who_asks(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connected program, the agent and its part; nothing where none is known."""
    scripted = ScriptedEngine()

    async def explained(request: ChatRequest, *, full: bool = False) -> Explanation:
        found = await ScriptedEngine.explain(scripted, request, full=full)
        signals = replace(found.signals, agent="codex", role="background")
        return replace(found, signals=signals, client="zed")

    home.engine = scripted
    assert "Asked by" not in home.run("explain", "hi").stdout
    monkeypatch.setattr(scripted, "explain", explained)
    assert "Asked by  zed, codex, background\n" in home.run("explain", "hi").stdout
    signals = json.loads(home.run("explain", "--json", "hi").stdout)["signals"]
    assert (signals["agent"], signals["role"]) == ("codex", "background")


def test_explain_names_who_takes_part(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that are asked together, or one after the other, are no fallbacks."""
    one, two = (Candidate(name, Place.CLOUD, "", "first") for name in ("a/one", "b/two"))
    last = Candidate("local/m", Place.LOCAL, "", "last_resort")
    lines: dict[Strategy, str] = {
        "ensemble": "a/one + b/two",
        "cascade": "a/one, else b/two",
    }
    for strategy, line in lines.items():
        plan = replace(scripted_engine.PLAN, candidates=(one, two, last), strategy=strategy)
        monkeypatch.setattr(scripted_engine, "PLAN", plan)
        text = home.run("explain", "hi").stdout
        assert f"Goes to   {line}\n" in text
        assert "Then      local/m\n" in text


def test_scan_prints_types_and_places_but_no_value(home: Home, tmp_path: Path) -> None:
    """Values are printed only when asked for; places are line and column."""
    file = tmp_path / "letter.txt"
    file.write_text(f"Dear bank,\nmy number is {SSN}.\n")
    result = home.run("scan", str(file))
    assert f"{file}:2:14: US_SSN (0.95)" in result.stdout
    assert SSN not in result.output
    assert f"'{SSN}'" in home.run("scan", "--show", str(file)).stdout
    (report,) = json.loads(home.run("scan", "--json", str(file)).stdout)
    assert report["findings"] == [
        {
            "type": "US_SSN", "start": 24, "end": 35, "score": 0.95, "source": "national_ids",
            "line": 2, "column": 14,
        }
    ]  # fmt: skip
    assert SSN not in home.run("scan", "--json", str(file)).stdout


def test_scan_says_why_without_the_value(home: Home, tmp_path: Path) -> None:
    """With --why each find names its recogniser, pattern and word; the value only with --show."""
    file = tmp_path / "letter.txt"
    file.write_text(f"my number is {SSN}.\n")
    result = home.run("scan", "--why", str(file))
    assert "(0.95)  by national_ids, pattern 'SSN (groups)', next to 'number'\n" in result.stdout
    assert SSN not in result.output
    assert SSN in home.run("scan", "--why", "--show", str(file)).stdout
    (report,) = json.loads(home.run("scan", "--why", "--json", str(file)).stdout)
    (found,) = report["findings"]
    assert (found["pattern"], found["context"]) == ("SSN (groups)", "number")
    assert SSN not in json.dumps(report)


def test_scan_reads_what_is_piped_and_can_fail_a_script(home: Home) -> None:
    """Without a file it reads standard input; --check turns a finding into exit code 1."""
    assert home.run("scan", stdin=f"x {SSN}").exit_code == 0
    assert home.run("scan", "--check", stdin=f"x {SSN}").exit_code == 1
    assert home.run("scan", "--check", "-", stdin=f"x {SSN}").exit_code == 1
    clear = home.run("scan", "--check", stdin="nothing here")
    assert (clear.exit_code, clear.stdout) == (0, "-: No personal data found.\n")
    assert home.run("scan").exit_code == 2
    assert home.run("scan", "--check", "/no/such/file").exit_code == 2
    folder = home.run("scan", "/")
    assert (folder.exit_code, "--files-from" in folder.stderr) == (2, True)


def test_a_scan_that_could_not_check_has_failed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its exit code says so: 1, and 2 for scripts that ask with --check."""

    async def broken(*_: object, **__: object) -> Verdict:
        return Verdict(private=True, reason="It is not here.", complete=False, failed=True)

    monkeypatch.setattr(FindsSsn, "scan", broken)
    result = home.run("scan", stdin="x")
    assert (result.exit_code, result.stdout) == (1, "-: It is not here.\n")
    assert home.run("scan", "--check", stdin="x").exit_code == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_scan_reads_text_in_its_encoding(home: Home, tmp_path: Path, encoding: str) -> None:
    """A file and a pipe in UTF-16 or UTF-32 are read as text, with line and column."""
    data = f"line\nx {SSN}\n".encode(encoding)
    file = tmp_path / "notes.txt"
    file.write_bytes(data)
    assert f"{file}:2:3: US_SSN" in home.run("scan", str(file)).stdout
    assert "-:2:3: US_SSN" in home.run("scan", stdin=data).stdout


def test_scan_holds_what_is_piped_in_and_is_no_text(home: Home) -> None:
    """Bytes in no encoding go the way of a file, which says whether it can be read."""
    result = home.run("scan", "--check", stdin=b"\x7fELF\x02\x01\x01\0\0\0\0\xff\xfe\x81")
    assert result.exit_code == 1


def test_documents_are_read_as_attachments(home: Home, tmp_path: Path) -> None:
    """A PDF or another file that is no text goes through the same check as an attachment."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(b"%PDF-1.7\n\x00\xff")
    result = home.run("scan", str(file))
    assert f"{file}: IBAN (0.90)" in result.stdout
    assert isinstance(home.inspector, FindsSsn)
    (request,) = home.inspector.requests
    (part,) = request.messages[0].parts
    assert (part.name, part.media_type) == ("paper.pdf", "application/pdf")  # type: ignore[union-attr]


def test_scan_prints_no_name_that_acts(home: Home, tmp_path: Path) -> None:
    """A file name can hold terminal tricks and line ends; the report does not."""
    file = tmp_path / "a\x1b]0;owned\x07\nb\u202e.txt"
    file.write_text("Trees grow.")
    shown = home.run("scan", str(file)).output
    assert "owned" not in shown
    assert len(shown.splitlines()) == 1
    missing = home.run("scan", str(tmp_path / "no\x1b]0;owned\x07.txt"))
    assert "owned" not in missing.output
    assert "\x1b" not in missing.output
