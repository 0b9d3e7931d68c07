"""A detector that finds one kind of thing, for tests of what stands around the detector."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from edgeroute.core.verdict import Finding
from edgeroute.privacy.detecting.protocol import Scan

PLANT = "521-44-9821"


@dataclass
class PlantDetector:
    """Finds nine digits in groups of three, two, four; mail tools are private by origin."""

    before: Callable[[str], object] = lambda _: None
    read: list[tuple[str, str]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """Every group in ``text``, only the first one unless ``full``."""
        self.read.append((text, origin))
        self.threads.add(threading.current_thread().name)
        self.before(text)
        if "mail" in origin:
            found = Finding("PERSONAL_RECORDS", 0, len(text), 1.0)
            return Scan(private=True, findings=(found,), reason="It is a mail.")
        findings = tuple(
            Finding("US_SSN", match.start(), match.end(), 1.0, "test")
            for match in re.finditer(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])", text)
        )
        return Scan(
            private=bool(findings),
            findings=findings if full else findings[:1],
            reason="Found a US social security number." if findings else "Nothing found.",
            internal_code="internal use only" in text,
        )
