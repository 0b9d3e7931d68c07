"""``python -m edgeroute``."""

from __future__ import annotations

from edgeroute.cli.main import main

if __name__ == "__main__":
    main()
