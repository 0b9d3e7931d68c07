"""The user's own word on single values: the allow list, and what is always private.

Allowed values are kept as keyed hashes only: the file does not say what they are. What is always
private has to be searched for, so it is kept as it is, in a file that only the user can read.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.core.verdict import Finding
from edgeroute.privacy.detecting.kept_file import KeptFile
from edgeroute.privacy.detecting.protocol import Scan, TextDetector
from edgeroute.privacy.detecting.recognizers.always_private import Marked
from edgeroute.privacy.detecting.text.normalise import normalise
from edgeroute.privacy.detecting.text.page import Page
from edgeroute.privacy.policy import PrivacyPolicy

FILE: Final = "privacy-lists.yaml"
Kind = Literal["name", "project", "pattern"]

_MOST_ENTRIES: Final = 2_000
_LONGEST: Final = 200


class Term(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Something that is always private: words of a name or project, or a regular expression."""

    kind: Kind
    text: str


class _ListsFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What lies on disk."""

    allowed: tuple[str, ...] = ()
    private: tuple[Term, ...] = ()


class Lists:
    """The user's lists in the file ``privacy-lists.yaml`` of ``folder``.

    ``key`` (32 random bytes, from the keyring) keys the hashes of allowed values: with another key
    the allow list is empty, which only means more stays here. A change of the file by another
    process is seen at the next look at ``version``.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("the key is too short")
        self._file = KeptFile(folder / FILE, "Your privacy lists")
        self._key = key
        self._content = _ListsFile()
        self._marked: Marked | None = None
        self._allowed: frozenset[str] = frozenset()
        self._digest = ""
        self._use(_ListsFile())
        self._refresh()

    @property
    def version(self) -> str:
        """Changes whenever a list does.

        Raises:
            SettingsError: the file was changed into something that is no list.
            StoreError: the file cannot be read.
        """
        self._refresh()
        return self._digest

    @property
    def private(self) -> tuple[Term, ...]:
        """What is always private."""
        return self._content.private

    def allows(self, value: str) -> bool:
        """Whether the user said that exactly this value is not private."""
        return self._hash(value) in self._allowed

    def allow(self, value: str) -> None:
        """Let ``value`` no longer count as a finding.

        Raises:
            ValueError: nothing is left of ``value`` without spaces.
            StoreError: the file cannot be written.
        """
        if not normalised(value):
            raise ValueError("nothing to allow")
        self._refresh()
        allowed = dict.fromkeys((*self._content.allowed, self._hash(value)))
        self._save(msgspec.structs.replace(self._content, allowed=tuple(allowed)))

    def disallow(self, value: str) -> bool:
        """Let ``value`` count again; false where it was not allowed.

        Raises:
            StoreError: the file cannot be written.
        """
        self._refresh()
        if not self.allows(value):
            return False
        allowed = tuple(one for one in self._content.allowed if one != self._hash(value))
        self._save(msgspec.structs.replace(self._content, allowed=allowed))
        return True

    def keep_private(self, kind: Kind, text: str) -> None:
        """Let ``text`` always be private.

        Raises:
            SettingsError: not usable: empty, too long, or a wrong or too greedy pattern.
            StoreError: the file cannot be written.
        """
        self._refresh()
        private = dict.fromkeys((*self._content.private, Term(kind, text.strip())))
        self._save(msgspec.structs.replace(self._content, private=tuple(private)))

    def forget_private(self, text: str) -> bool:
        """Take ``text`` off the list; false where it was not on it.

        Raises:
            StoreError: the file cannot be written.
        """
        self._refresh()
        private = tuple(term for term in self._content.private if term.text != text.strip())
        if private == self._content.private:
            return False
        self._save(msgspec.structs.replace(self._content, private=private))
        return True

    def find(self, text: str) -> Iterator[Finding]:
        """Where ``text`` holds something that is always private, however it is written.

        Where a part of it cannot be read, what was found before is all: the detector says so too.

        Raises:
            TimeoutError: the user's patterns take too long on this text.
        """
        if self._marked is None:
            return
        # Many patterns are compiled there.
        from edgeroute.privacy.detecting.text.contents import Unread  # noqa: PLC0415
        from edgeroute.privacy.detecting.text.decoding import all_readings  # noqa: PLC0415

        found: set[tuple[int, int]] = set()
        with suppress(Unread):
            for reading, place in all_readings(text):
                for hit in self._marked.find(Page(reading)):
                    span = place(hit.start, hit.end)
                    if span not in found:
                        found.add(span)
                        yield Finding(hit.type, *span, hit.score, "your list")

    def _hash(self, value: str) -> str:
        data = normalised(value).encode("utf-8", "surrogatepass")
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()

    def _refresh(self) -> None:
        """Read the file if it is not the one that was read last."""
        if not self._file.changed():
            return
        try:
            known = self._file.exists
            self._use(datafile.load(self._file.path, _ListsFile) if known else _ListsFile())
        except SettingsError:
            self._file.forget()
            raise

    def _use(self, content: _ListsFile) -> None:
        file = str(self._file.path)
        if len(content.private) + len(content.allowed) > _MOST_ENTRIES:
            raise SettingsError(f"holds more than {_MOST_ENTRIES} entries.", file=file)
        for term in content.private:
            _check(term, file)
        words = [term.text for term in content.private if term.kind != "pattern"]
        patterns = [term.text for term in content.private if term.kind == "pattern"]
        self._marked = Marked(words, patterns) if content.private else None
        self._content = content
        self._allowed = frozenset(content.allowed)
        self._digest = hashlib.sha256(
            msgspec.json.encode((sorted(content.allowed), content.private))
        ).hexdigest()

    def _save(self, content: _ListsFile) -> None:
        """Check and write."""
        self._use(content)
        self._file.write(msgspec.yaml.encode(content))


class WithLists:
    """A detector that also finds what the user's list calls private."""

    def __init__(self, detector: TextDetector, lists: Lists, policy: PrivacyPolicy) -> None:
        self._detector = detector
        self._lists = lists
        self._of_lists = cache(lambda lists: policy.version(lists.encode()))

    def version(self) -> str:
        """Which privacy rules and lists are in force now."""
        return self._of_lists(self._lists.version)

    def scan(self, text: str, *, full: bool = False, origin: str = "user") -> Scan:
        """What the list and the detector find in ``text``."""
        listed = tuple(self._lists.find(text))
        if not listed:
            return self._detector.scan(text, full=full, origin=origin)
        reason = "Found: a word or pattern that you marked as private."
        if not full:
            return Scan(private=True, findings=listed[:1], reason=reason)
        scan = self._detector.scan(text, full=True, origin=origin)
        return replace(scan, private=True, findings=(*listed, *scan.findings), reason=reason)


def normalised(value: str) -> str:
    """``value`` as it is compared: as it reads, without case, with single spaces."""
    return " ".join(normalise(value).text.casefold().split())


def _check(term: Term, file: str) -> None:
    """Refuse a term that finds nothing, everything, or cannot be searched for."""
    shown = repr(term.text[:40])
    if not re.search(r"\w", term.text) or len(term.text) > _LONGEST:
        message = f"{shown} cannot be searched for: it needs a letter or a digit and at most"
        raise SettingsError(f"{message} {_LONGEST} characters.", file=file)
    if term.kind != "pattern":
        return
    try:
        Marked((), (term.text,))
        matches_nothing = re.search(term.text, "") is not None
    except Exception as error:  # the pattern package has its own error type, and others
        message = f"{shown} is not a regular expression that can be used."
        raise SettingsError(message, file=file) from error
    if matches_nothing:
        raise SettingsError(f"{shown} matches empty text, so everything.", file=file)
