"""What nobody foresaw: a bug is told in a sentence, and logged without a word of the prompt."""

from __future__ import annotations

import logging

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.log import places

log = logging.getLogger(__name__)


def broken(error: Exception, what: str) -> EdgeRouteError:
    """The error that people see for ``error``, which nobody foresaw while ``what`` was done."""
    # A traceback may quote the prompt, so the log keeps types and places only.
    log.error("%s failed: %s", what, places(error))
    return EdgeRouteError(
        f"Something broke inside EdgeRoute ({type(error).__name__}).",
        "Try again; `edgeroute doctor` checks the installation.",
    )
