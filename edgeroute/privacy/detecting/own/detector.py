"""A detector that also knows the user's own people, places and folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from edgeroute.core.verdict import Finding
from edgeroute.privacy.detecting.detector import DetectionFailed
from edgeroute.privacy.detecting.own.imported import Imported
from edgeroute.privacy.detecting.protocol import Scan, TextDetector
from edgeroute.privacy.detecting.text.contents import Unread

# How the origin of what lies in a labelled folder ends.
PRIVATE: Final = " private"
CODE: Final = " code"
_HARMLESS: Final = "attachment"  # a text that is private only if its origin is


class WithOwn:
    """Adds to what ``detector`` finds: imported entries, but for ``allowed`` values, and what lies
    in a private folder, as the text's origin says. A text of more than ``most`` characters is
    ``detector``'s to refuse.
    """

    def __init__(
        self,
        detector: TextDetector,
        imported: Imported,
        allowed: Callable[[str], bool],
        most: int = 1_000_000,
    ) -> None:
        self._detector = detector
        self._imported = imported
        self._allowed = allowed
        self._most = most

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """What is imported, labelled or found in ``text``."""
        source = origin.removesuffix(PRIVATE)
        plain = origin.removesuffix(CODE)
        if plain != origin and self._detector.scan(_HARMLESS, origin=plain).private:
            source = origin = plain  # the tool is private by itself, whatever it read
        own: list[Finding] = []
        reason = "Found: someone or something on the list that you imported."
        if source != origin:
            own.append(Finding("PERSONAL_RECORDS", 0, len(text), 1.0, "origin"))
            reason = "It comes from a folder that your settings call private."
        unread = ""
        if len(text) <= self._most and (full or not own):
            try:
                own += self._entries(text, full=full)
            except Unread as error:
                unread = str(error)
        if own and not full:
            return Scan(private=True, findings=tuple(own), reason=reason)
        scan = self._detector.scan(text, full=full, origin=source)
        if unread and not scan.private:
            raise DetectionFailed(unread)
        if not own:
            return scan
        return replace(scan, private=True, findings=(*own, *scan.findings), reason=reason)

    def _entries(self, text: str, *, full: bool) -> list[Finding]:
        """The imported entries in ``text``, the first one if that is enough."""
        found: list[Finding] = []
        for finding in self._imported.find(text):
            if not self._allowed(text[finding.start : finding.end]):
                found.append(finding)
                if not full:
                    break
        return found
