"""What reaches the log, and what is in no line of it."""

from __future__ import annotations

import ast
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import edgeroute
from edgeroute.core import log

PACKAGE = Path(edgeroute.__file__).parent
CANARY = "canary-5b2e77"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "fatal", "log", "warn"}
# Every value that is ever logged, by the module that logs it: a new one is a decision. None may
# hold what a person, a model or a provider said.
LOGGED = {
    ("engine/running/internal_error.py", "what"): "what was being done, written in the code",
    (
        "engine/running/internal_error.py",
        "places(error)",
    ): "type of an error and the lines it came through",
    ("engine/recording/aftermath.py", "type(error).__name__"): "type of an error",
    ("engine/recording/aftermath.py", "self._left_out"): "how many answers were not learned from",
    ("engine/recording/telemetry.py", "error"): "our own sentence on why nothing was sent",
    ("engine/recording/telemetry.py", "answer.status"): "status of a collector's answer",
    ("engine/recording/telemetry.py", "path"): "fixed path of traces or metrics",
    ("engine/recording/spend_alerts.py", "one.kind"): "kind of an alert",
    ("engine/recording/spend_alerts.py", "type(error).__name__"): "type of an error",
    ("wiring/installation.py", "error.line"): "line of the settings file",
    ("server/access/guard.py", "type(error).__name__"): "type of an error",
    (
        "routing/policy/in_force.py",
        "trouble",
    ): "what is wrong in a file of the user's, and where",
}


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [logging.StreamHandler()])
    monkeypatch.setattr(root, "level", logging.DEBUG)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    log.install()


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    "name", ["edgeroute.engine.recording.spend_alerts", "httpcore", "asyncio", "some.package"]
)
def test_an_error_is_logged_without_its_message(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error's text and its context, which may quote a prompt, stay out; type and place stay."""
    logger = logging.getLogger(name)
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise ValueError(CANARY) from error
    except ValueError:
        logger.exception("something failed")
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "something failed (ValueError at test_log.py:" in told
    assert CANARY not in told


@pytest.mark.usefixtures("_installed")
def test_other_libraries_only_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """Of another library it is told that it failed; what it says, at any level, is not."""
    for name in ("httpx", "presidio-analyzer", "asyncio", "py.warnings", "edgerouter"):
        logger = logging.getLogger(name)
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            logger.log(level, "request: %s", CANARY)
    assert capsys.readouterr().err == ""
    logging.getLogger("asyncio").error("Task was destroyed: %r", CANARY)
    assert capsys.readouterr().err == "asyncio: something failed\n"


@pytest.mark.usefixtures("_installed")
def test_a_record_that_cannot_be_written_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in a call of the log shows none of its values."""
    logging.getLogger("edgeroute").warning("%d", CANARY)
    logging.getLogger("edgeroute").warning("Here is %s.", "the next one")
    assert capsys.readouterr().err == "Here is the next one.\n"


def test_there_is_one_way_to_the_log() -> None:
    """Installing takes away whatever other handlers there are, and no other module adds any."""
    code = (
        "import logging\nfrom edgeroute.core.log import install\nlogging.basicConfig()\n"
        "install()\ninstall()\nprint(len(logging.getLogger().handlers))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    adders = (
        "addHandler",
        "basicConfig",
        "dictConfig",
        "fileConfig",
        "lastResort",
        "captureWarnings",
    )
    adding = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in adders
    ]
    assert set(adding) == {"core/log.py"}


def _calls(path: Path) -> Iterator[ast.Call]:
    """The calls of loggers in a file: methods of ``log``, ``logger`` and what getLogger gives."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and ast.unparse(node.func.value).partition("(")[0]
            in {"log", "logger", "_log", "logging", "logging.getLogger"}
        ):
            yield node


def test_only_known_values_are_logged() -> None:
    """Each call of a logger has a fixed sentence and values from the list; none is unused."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for call in _calls(path):
            assert isinstance(call.args[0], ast.Constant), ast.unparse(call)
            assert isinstance(call.args[0].value, str), ast.unparse(call)
            assert not call.keywords, ast.unparse(call)
            place = path.relative_to(PACKAGE).as_posix()
            found |= {(place, ast.unparse(value)) for value in call.args[1:]}
    assert found == LOGGED.keys()


def test_every_logger_is_seen() -> None:
    """No module calls its logger something that the list above does not look at."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assign) and "getLogger(__name__)" in ast.unparse(node.value):
                assert ast.unparse(node.targets[0]) == "log", path
            assert not (isinstance(node, ast.ImportFrom) and node.module == "logging"), path


@pytest.mark.usefixtures("_installed")
def test_our_own_words_are_told_from_a_warning_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Notes for developers stay out; a warning is one line on standard error."""
    logger = logging.getLogger("edgeroute.engine")
    logger.info("a note")
    logger.warning("Look here.")
    assert capsys.readouterr().err == "Look here.\n"
    assert not logging.raiseExceptions


def _deep(depth: int) -> None:
    if depth:
        _deep(depth - 1)
    raise ValueError(CANARY)


def test_an_errors_last_places_are_told() -> None:
    """Its type and the last six lines that it came through, file and line; no more than that."""
    with pytest.raises(ValueError, match=CANARY) as caught:
        _deep(9)
    kind, _, where = log.places(caught.value).partition(" at ")
    assert kind == "ValueError"
    lines = [entry.lineno for entry in caught.traceback]
    assert where == " > ".join(f"test_log.py:{line + 1}" for line in lines[-6:])
    assert log.places(ValueError(CANARY)) == "ValueError"
