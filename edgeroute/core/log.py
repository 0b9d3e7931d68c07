"""What is written to the log: sentences of our own, and never a word of a prompt, answer or key.

Everything that is logged in a process goes through the one handler that ``install`` adds. Of an
error it writes type and place, since its message may quote what was asked. Of other libraries it
writes that they failed, and nothing that they say.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Final

_FRAMES: Final = 6
_OURS: Final = __name__.partition(".")[0]
_ErrorInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class _Silent(logging.Formatter):
    """Keeps our own messages, and of everything else types and places."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for ``record``."""
        error = f" ({self.formatException(record.exc_info)})" if record.exc_info else ""
        if _is_ours(record):
            return record.getMessage() + error
        return f"{record.name}: something failed{error}"

    def formatException(self, ei: _ErrorInfo) -> str:  # noqa: N802 - the library's own name
        """Type and place of an error, without its message."""
        return places(ei[1]) if ei[1] else "unknown"


class _StandardError(logging.Handler):
    """Writes to what is standard error at the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line. A record that cannot be written is lost: its values are shown nowhere."""
        try:
            line = self.format(record)
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001, S110 - a log must neither fail its caller nor quote
            pass


def places(error: BaseException) -> str:
    """An error's type and the places in the code that it came through last, without any value."""
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {where}" if where else type(error).__name__


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == _OURS


def _is_told(record: logging.LogRecord) -> bool:
    """Our warnings, and the failures of others."""
    return record.levelno >= (logging.WARNING if _is_ours(record) else logging.ERROR)


def install() -> None:
    """Make this the only place where this process logs to. Safe to call again."""
    handler = _StandardError()
    handler.setFormatter(_Silent())
    handler.addFilter(_is_told)
    root = logging.getLogger()
    for other in root.handlers[:]:
        root.removeHandler(other)
    root.addHandler(handler)
    logging.raiseExceptions = False
