"""What form a text has: how much of it is code, and which of its signs are form alone.

Source, diffs, logs, manifests and what git prints have lines of their own kinds. Numbers of lines,
digests, blame heads, versions and time stamps in them belong to nobody, whatever their digits say.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from edgeroute.core.patterns import compiled
from edgeroute.word_lists import one_of

# What a view, a search or a diff puts before a line: 12, "  12\t", "12:", "| 12 |", "src/a.py:12:".
NUMBERED: Final = r"(?:[^\s:]{0,160}[:-]\d{1,6}[:-]|[ \t|L]{0,8}\d{1,6}[ \t]{0,3}[\t:|\u2192)])?"
LEAD: Final = rf"(?m:^){NUMBERED}[ \t]{{0,80}}[+<>-]?[ \t]{{0,80}}"
_OPENS: Final = (
    r"//|/\*|\*/|\#|--\s|<!--|\(\*|%%|\"[ \t]|\$\s|>>>|\.\.\.\s|@\w|\}|\]|\)|</?[a-z!]"
    r"|\.[A-Z]{1,2}(?![\w.])|[\"'][\w.@/-]{1,60}[\"']\s?:"
)
# A command with its first option: set -l name, complete -c fd, cargo --locked
_OPTION: Final = r"[a-z][\w.]{1,23} (?:-[A-Za-z]\s|--[a-z]{2,20}(?![\w]))"
_DECLARED: Final = rf"{one_of('code.declared')} \w{{1,60}}\s?[:=]"
_ENDS: Final = r"(?:[{;(\[\\]|[\w)\]\"']:|[)\]},]|\"\"\"|=>|->)$"
# A sentence, at whose end somebody smiles.
_PROSE: Final = r"(?:[^\W\d_]+[ ,.!?;:]{1,3}){4}[^\n(]{0,300}\)+$"
_INSIDE: Final = r"(?:\w\(|\w\.\w+\(| = |==|::|=>|&&|\|\||</)"
_CODE_LINE: Final = compiled(
    rf"{LEAD}(?:{_OPENS}|{_OPTION}|{_DECLARED}|{one_of('code.starts')}\b(?![,.'])|(?!{_PROSE})[^\n]{{0,300}}{_ENDS}"
    rf"|[^\n]{{0,200}}{_INSIDE})",
    re.MULTILINE,
)
_DIFF: Final = r"commit [0-9a-f]{7,40}\b|index [0-9a-f]{6,40}\.\.|@@ -\d|diff --git|\+\+\+ |--- "
_STAT: Final = r"[\w./{}=> -]{1,120}\| {1,4}\d+ [+-]"
_DATED: Final = r"\[?(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d"
# What services and kernels log: Jul 03 02:11:09 host program:, [    4.210931] usb
_LOGGED: Final = (
    r"\w{3} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,64} [\w@./-]{1,60}(?:\[\d{1,8}\])?: "
    r"|\[ {0,6}\d{1,6}\.\d{6}\] "
)
# What is said of a place in a file, and of a test: a.cs(48,23): warning, lib.rs:88:9:, --- PASS:
_PLACED: Final = (
    r"[\w@./\\-]{0,160}\.\w{1,6}(?:\(\d{1,6},\d{1,6}\): [a-z]|:\d{1,6}:\d{1,4}(?::|$))"
    r"|--> [\w./-]{1,160}:\d{1,6}:\d|={3} \w|-{3} [A-Z]{4}:|test [\w:]{1,160} \.\.\. "
)
# What lists files and disks: -rw-r--r-- 1 root, /dev/sda1  488M  214M  238M  48% /boot
_FILED: Final = (
    r"[dlcbps-](?:[r-][w-][xsStT-]){3}[.+@]?[ \t]{1,4}\d{1,8}[ \t]"
    r"|[\w./-]{1,80}(?:[ \t]{1,60}\d[\d.]{0,16}[KMGTPB]?i?){3,5}[ \t]{1,8}\d{1,3}% /"
)
# What hangs on what, and the heads of an answer: ├─ vg0-root, < content-type: text/html
_HUNG: Final = r"[ \t]{0,40}[\u2502\u251c\u2514][\u2500\u2502 \u00a0]|< [a-z][a-z-]{2,40}: "
# As lock files, lists of what was installed, and checks of downloads write them.
# Words that are joined have no digits among their letters.
_CHECKED: Final = (
    r"(?i:\b(?:sha\d{1,3}|md5|blake2[bs])[-:= ]|\bh1:|\.(?:m?js|css|wasm)[\"']?: [\"']?)"
    r"(?=[A-Za-z+/=_-]{0,40}\d[0-9+/=_-]{0,8}[A-Za-z])[A-Za-z0-9+/=_-]{20,140}"
)
_HISTORY_LINE: Final = compiled(
    rf"{LEAD}(?:{_DIFF}|{_STAT}|{_DATED}|{_LOGGED}|{_PLACED}|{_FILED}|{_HUNG}|\^?[0-9a-f]{{7,40}} "
    rf"|[^\n]{{0,200}}{_CHECKED})"
)
_LINE: Final = compiled(r"(?m)^[^\n]*\S")
_MOST: Final = 60_000  # characters by which a page is known
_CODE: Final = 0.4

_BLAME: Final = r"\^?[0-9a-f]{7,40} (?:[\w./-]{1,160} {1,40})?\([^\n()]{4,120}\)"
# The same, with the day in it: what a blame puts before each line.
_BLAMED_LEAD: Final = r"(?:\x1b\[[\d;]{0,8}m)?[ \t|*+-]{0,12}(?:\d{1,6}[\t:|\u2192 ] ?)?"
_BLAMED: Final = compiled(
    rf"(?m)^{_BLAMED_LEAD}"
    r"\^?[0-9a-f]{7,40} (?:[\w./-]{1,160} {1,40})?"
    r"\((?:[^\n()\d]|\d{1,4}(?!\d)){2,80}?\d{4}-\d\d-\d\d(?: [\d:]{8} [+-]\d{4})? {1,6}\d{1,6}\)"
)
_FEWEST_BLAMED: Final = 2  # lines of a blame
_STAMP: Final = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[+-]\d\d:?\d\d|Z)?"
    r"(?: {1,4}\d{1,6}\))?"
    r"|\d\d:\d\d:\d\d(?: \d{4})? [+-]\d{4}(?: \d{4})?"
    r"|\b1[5-9]\d{17}\b"  # nanoseconds since 1970
)
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HEX: Final = (
    r"(?=[0-9a-f]{0,38}\d)(?=[0-9]{0,38}[a-f])"
    r"(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{16})"
)
_DIGEST: Final = r"(?:commit |merge: |from )?\^?[0-9a-f]{7,64}\b(?= )"
# Public keys as OpenSSH has them, with whose they are, and their numbers in JSON
_PUBLIC_KEY: Final = (
    r"(?:ssh|ecdsa)-[a-z\d-]{3,20} AAAA[\w+/=]{20,800}(?: [^\s@]{1,40}@[^\s@]{1,60})?"
    r"|\b[nxy][\"']?: ?[\"']?[\w-]{40,800}"
)
_MARKS: Final = compiled(
    rf"(?m:^)[ \t|*+-]{{0,12}}(?:{_BLAME}|{_DIGEST})"
    r"|\bindex [0-9a-f]{6,40}\.\.[0-9a-f]{6,40}|\b[0-9a-f]{7,40}\.{2,3}[0-9a-f]{7,40}\b"
    r"|\[`?[0-9a-f]{7,40}`?\](?=\()"  # a link to a commit
    rf"|{_PUBLIC_KEY}|\b{_UUID}\b|\b{_HEX}\b|{_STAMP}|{_CHECKED}",
    re.IGNORECASE,
)
_DOCUMENT: Final = compiled(rf"(?<![a-z]){one_of('attribution.documents')}|(?m:^)(?:```|\.\. \w)")
_DOCUMENT_LEAST: Final = 2  # so many different signs make a document of a repository


# A line of a key or a certificate, as it stands between BEGIN and END.
_ARMOUR: Final = (
    r"(?m:^)[ \t>#*\"']{0,20}(?=[^\n]{0,60}[A-Z])(?=[^\n]{0,60}[a-z])(?=[^\n]{0,60}\d)"
    r"[A-Za-z\d+/]{44,80}={0,2}(?:\\n)?[\"', +\\]{0,6}(?m:$)"
)
_SEALED: Final = (
    r"\bAAAA[\w+/=]{40,800}(?: [^\s@]{1,40}@[\w-]{1,40}(?![\w.]))?|\bENC\[[^\]\n]{20,600}\]"
    r"|\bdata:[\w/+.-]{3,40};base64,[\w+/=]{40,4000}"
    r"|\"(?:n|x|y|kid|x5t)\"\s?:\s?\"[\w-]{20,800}\""  # of a public key in JSON
)
_CHECKSUM: Final = compiled(rf"{_CHECKED}|{_ARMOUR}|{_SEALED}")


def without_checksums(text: str) -> str:
    """``text`` with blanks in the place of checksums, keys and certificates, in which models see
    names and records.
    """
    return _CHECKSUM.sub(lambda match: " " * len(match.group()), text)


class CodeForm:
    """How a page is written. ``text`` is normalised, ``lower`` the same in lower case.

    Everything is found at the first question and kept; linear in the length of the text.
    """

    def __init__(self, text: str, lower: str) -> None:
        self._text = text
        self._lower = lower

    @cached_property
    def share(self) -> float:
        """How much of the page is code, diff, log or history: 0..1 of its lines."""
        return self.share_of(0, _MOST)

    def share_of(self, start: int, end: int) -> float:
        """The same of ``[start, end)``."""
        part = self._text[max(0, start) : end]
        lines = sum(1 for _ in _LINE.finditer(part))
        if not lines:
            return 0.0
        formed = {match.start() for match in _CODE_LINE.finditer(part)}
        formed |= {match.start() for match in _HISTORY_LINE.finditer(part)}
        return min(1.0, len(formed) / lines)

    @cached_property
    def is_code(self) -> bool:
        """Whether the page is code, or what tools print of code."""
        return self.share >= _CODE

    @cached_property
    def is_document(self) -> bool:
        """Whether it is a document of a repository: read me, licence, changes."""
        return len({match.group() for match in self._signs()}) >= _DOCUMENT_LEAST

    @property
    def is_published(self) -> bool:
        """Whether it is code or a document that goes with code."""
        return self.is_code or self.is_document

    def is_form(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` touches a sign that is form alone: a digest, a blame head, a
        time stamp, an identifier of a machine.
        """
        number = bisect_right(self._marks, (end - 1, len(self._text)))
        return any(stop > start for _, stop in self._marks[max(0, number - 1) : number])

    def is_blame(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` touches what a blame puts before a line: who changed it when."""
        number = bisect_right(self._blames, (end - 1, len(self._text)))
        return any(stop > start for _, stop in self._blames[max(0, number - 1) : number])

    @cached_property
    def _blames(self) -> list[tuple[int, int]]:
        found = [match.span() for match in _BLAMED.finditer(self._text)]
        return found if len(found) >= _FEWEST_BLAMED else []

    @cached_property
    def _marks(self) -> list[tuple[int, int]]:
        return [match.span() for match in _MARKS.finditer(self._text)]

    def _signs(self) -> Iterator[re.Match[str]]:
        return _DOCUMENT.finditer(self._lower[:_MOST])
