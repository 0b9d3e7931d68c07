"""Start the worker: ``python -m edgeroute.local.worker``, as worker_process.py does it.

The process that is started ends with 0 as soon as the socket takes connections; the worker itself
goes on in the background, bound to no terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Final

from edgeroute.core import process_lock
from edgeroute.local.worker import guard, log

_START_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.05


def main() -> None:
    """Bind, step into the background, serve."""
    options = _options()
    os.umask(0o077)
    runtime = options.runtime
    lock = os.open(runtime / "llama.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if not process_lock.take(lock):
        sys.exit(_await_other(runtime / "llama.sock"))
    listener = _listen(runtime / "llama.sock")
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    process_lock.sign(lock)
    log.redirect(options.log)
    guard.harden((runtime, options.models), [options.own] if options.own else ())
    guard.install()
    # Imported in the background, so that starting is quick.
    from edgeroute.local.worker import server  # noqa: PLC0415

    asyncio.run(server.serve(options, listener))
    # A thread may still be inside llama.cpp; nobody waits for its answer.
    logging.shutdown()
    os._exit(0)


def _await_other(path: Path) -> str | None:
    """Wait until the worker that holds the lock takes connections; a sentence if it does not."""
    for _ in range(int(_START_SECONDS / _PAUSE_SECONDS)):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as attempt:
            try:
                attempt.connect(str(path))
            except OSError:
                time.sleep(_PAUSE_SECONDS)
            else:
                return None
    return "another process holds the lock and takes no connections"


def _listen(path: Path) -> socket.socket:
    """A socket that takes connections of this user only: the umask is set before it appears."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(64)
    return listener


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="edgeroute-worker")
    parser.add_argument("--runtime", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--own", type=Path)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--window", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--pinned", action="append", default=[])
    parser.add_argument("--idle-seconds", type=float, default=600.0)
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    main()
