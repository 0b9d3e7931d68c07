"""The command ``edgeroute``. Version and help are printed without loading anything else."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

_NEW_OBJECTS: Final = 50_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the program with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        from edgeroute import __version__

        sys.stdout.write(f"edgeroute {__version__}\n")
        return
    if given in (["--help"], ["-h"]):
        from edgeroute.cli.command_table import help_text

        sys.stdout.write(help_text() + "\n")
        return
    from edgeroute.cli.beside import answered
    from edgeroute.core.crash import leave_no_image

    leave_no_image()
    code = answered(given)
    if code is not None:
        sys.exit(code)
    # What a start loads is not garbage: looking for some in it is a tenth of the start.
    gc.set_threshold(_NEW_OBJECTS)
    # The tables that decisions multiply are small: threads that wait for each other beside a busy
    # local model would make them up to twenty times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from edgeroute.cli.group import cli
    from edgeroute.core.log import install

    install()
    cli.main(given, prog_name="edgeroute")


if __name__ == "__main__":
    main()
