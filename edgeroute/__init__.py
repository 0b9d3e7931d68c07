"""A local-first LLM router: personal data stays on this machine, the rest goes where it is best."""

from __future__ import annotations

__version__ = "0.1.0"
