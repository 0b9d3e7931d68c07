"""What a crash leaves behind: no image of the memory, which holds prompts and keys."""

from __future__ import annotations

import contextlib
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def leave_no_image() -> None:
    """No core file, and on Linux no other process of this user's that reads this one's memory.

    The limit on core files is inherited by every program that this process starts.
    """
    import ctypes  # noqa: PLC0415 - start-up must not wait for it
    import resource  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
