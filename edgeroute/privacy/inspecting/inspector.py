"""Reads everything in a request that would leave, and says whether it may.

Reading happens in one worker thread, so that no key press and no stream waits for it. Whatever goes
wrong (a crash, a time-out, a queue that is full, a part that cannot be read) makes the verdict
private: there is no way to an open verdict but to have read everything and found nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple, Protocol

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import CLEAR, Finding, Verdict
from edgeroute.privacy.detecting.detector import DetectionFailed
from edgeroute.privacy.detecting.own.detector import CODE
from edgeroute.privacy.detecting.protocol import TextDetector
from edgeroute.privacy.inspecting import attachments, sections
from edgeroute.privacy.inspecting.attachments import UnreadableFile
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.passages import ANYWHERE, Attachment, Contents, Passage
from edgeroute.privacy.inspecting.sections import Begun, Partition, Section
from edgeroute.privacy.inspecting.verdict_cache import (
    SEALED,
    Source,
    VerdictCache,
    Whole,
    data_digest,
    digest,
)
from edgeroute.privacy.pictures.reader import PictureKept

SECONDS: Final = 40.0
WAITING: Final = 32
_ENDS: Final = 4  # messages


class ImageReader(Protocol):
    """Reads the text in a picture."""

    def read(self, data: bytes) -> str:
        """The text; empty where there is none. Raises where that cannot be said."""
        ...


class _Task(NamedTuple):
    """One text or attachment whose verdict is not known yet."""

    key: bytes
    source: Source
    where: str
    content: Passage | Attachment


class Busy(Exception):
    """Too many requests wait to be read."""


class Inspector:
    """Says whether a request, or a text, may leave.

    ``version`` names the privacy rules in force, user lists included; ``seconds`` is the most that
    one request may take; ``waiting`` how many may wait. Without ``images`` pictures are private.
    ``folders`` are those that the user labelled. ``on_asking`` is told, from the thread that reads,
    which local model is asked for a second opinion, and the empty string afterwards.
    """

    def __init__(
        self,
        detector: TextDetector,
        version: Callable[[], str],
        *,
        images: ImageReader | None = None,
        folders: Callable[[], Folders] = lambda: Folders({}),
        seconds: float = SECONDS,
        waiting: int = WAITING,
        memory: VerdictCache | None = None,
    ) -> None:
        self._detector = detector
        self._version = version
        self._images = images
        self._folders = folders
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(waiting)
        self._memory = memory if memory is not None else VerdictCache()
        self._worker: ThreadPoolExecutor | None = None
        self.on_asking: Callable[[str], None] = lambda _: None

    @property
    def version(self) -> str:
        """Which privacy rules are in force now."""
        return self._version()

    async def inspect(self, request: ChatRequest, *, full: bool = False) -> Verdict:
        """Whether ``request`` may leave as it stands; with ``full`` every finding is named.

        Without ``full`` it stops at the first text that is private.
        """
        return await self.judge(self.begin(request, full=full))

    def begin(self, request: ChatRequest, *, full: bool = False) -> Begun:
        """What ``request`` holds that is not known yet; in any thread."""
        try:
            version = self.version
            known = partial(self._memory.wholes, version)
            found = sections.of_request(request, self._folders(), _nothing if full else known)
        except Exception as error:  # noqa: BLE001 - what cannot be read is private
            return Begun("", Partition([], []), full, _failed(error))
        closed = [sentence for section in found.sections for sentence in section.contents.closed]
        for section in found.sections:
            for sealed in section.contents.sealed:
                self._memory.put(version, data_digest(sealed), SEALED, CLEAR)
        verdict = None
        if closed and not full:
            verdict = Verdict(private=True, reason=closed[0], complete=False)
        elif not found.sections:
            verdict = _of_request(_all_of(found.known), stopped=False)
        return Begun(version, found, full, verdict, closed[0] if closed else "")

    async def judge(self, begun: Begun) -> Verdict:
        """Whether a request may leave, with what is not known of it read."""
        if begun.verdict is not None:
            return begun.verdict
        verdict = await self._judge(begun.version, begun.found, full=begun.full)
        if begun.closed:
            return replace(verdict, private=True, reason=begun.closed)
        return verdict

    async def scan(self, text: str, *, full: bool = True, origin: str = "user") -> Verdict:
        """Whether one text may leave, with every finding if ``full``."""
        try:
            version = self.version
        except Exception as error:  # noqa: BLE001 - without rules everything is private
            return _failed(error)
        passages = [Passage("", origin, text)] if text.strip() else []
        found = Partition([], [Section(b"", Contents(passages))])
        return await self._judge(version, found, full=full)

    async def recheck(self, texts: Iterable[str], body: bytes = b"") -> Verdict:
        """Whether all of ``texts`` and the JSON in ``body`` may leave. What was cleared before
        costs a look-up, from wherever it came: a tool's result that was cleared looks like any text
        in the bytes.

        Raises:
            ValueError: ``body`` is not JSON.
            Uncleared: it holds media that were not read as attachments.
        """
        try:
            version = self.version
        except Exception as error:  # noqa: BLE001 - without rules everything is private
            return _failed(error)
        known = partial(self._memory.wholes, version)
        found = sections.of_body(body, known, self.has_cleared) if body else Partition([], [])
        passages = [Passage("", ANYWHERE, text) for text in texts if text.strip()]
        found.sections.append(Section(b"", Contents(passages)))
        return await self._judge(version, found, full=False)

    def has_cleared(self, data: bytes) -> bool:
        """Whether these bytes were read as an attachment, under the rules now in force."""
        return self._memory.clear_from_anywhere(self.version, data_digest(data)) is not None

    async def close(self) -> None:
        """Let the worker go."""
        if self._worker is not None:
            self._worker.shutdown(wait=False, cancel_futures=True)
            self._worker = None

    async def _judge(self, version: str, found: Partition, *, full: bool) -> Verdict:
        tasks = [(section, _tasks(section.contents)) for section in found.sections]
        known = _all_of(found.known)
        verdict = await self._judge_tasks(
            version, known, [t for _, of in tasks for t in of], full=full
        )
        if not verdict.private:
            self._remember(version, found.beginning, tasks)
        return verdict

    async def _judge_tasks(
        self,
        version: str,
        known: list[tuple[_Task, Verdict]],
        tasks: Sequence[_Task],
        *,
        full: bool,
    ) -> Verdict:
        all_of = len(known) + len(tasks)
        open_tasks: list[_Task] = []
        for task in tasks:
            verdict = self._known(version, task, full=full)
            if verdict is None:
                open_tasks.append(task)
            elif verdict.private and not full:
                return _of_request([(task, verdict)], stopped=len(tasks) > 1)
            else:
                known.append((task, verdict))
        if open_tasks:
            try:
                known += await self._read(version, open_tasks, full=full)
            except Exception as error:  # noqa: BLE001 - what could not be read is private
                return _failed(error)
        return _of_request(known, stopped=not full and len(known) < all_of)

    def _remember(
        self,
        version: str,
        beginning: Whole | None,
        sections: Sequence[tuple[Section, Sequence[_Task]]],
    ) -> None:
        """Remember the sections of what may leave, as far as all of each is remembered.

        Of a conversation its last beginnings are enough: clients change little but the end.
        """
        so_far: Whole | None = beginning or Whole(CLEAR)
        left = sum(section.goes_on for section, _ in sections)
        for section, tasks in sections:
            own = self._whole(version, section.contents, tasks)
            if section.goes_on:
                own = so_far = so_far and own and so_far.joined(own)
                left -= 1
            if own is not None and section.key and (left < _ENDS or not section.goes_on):
                self._memory.put_whole(version, section.key, own)

    def _whole(self, version: str, found: Contents, tasks: Sequence[_Task]) -> Whole | None:
        """What is known of a section as a whole; None where a part of it may be found again."""
        verdicts = [(task, self._known(version, task, full=False)) for task in tasks]
        known = [(task, one) for task, one in verdicts if one and not (one.private or one.findings)]
        if len(known) < len(tasks) or found.closed:
            return None
        attachments = [task for task in tasks if isinstance(task.content, Attachment)]
        return Whole(
            _of_request(known, stopped=False),
            tuple(data_digest(sealed) for sealed in found.sealed),
            tuple((task.key, task.source) for task in attachments),
        )

    def _known(self, version: str, task: _Task, *, full: bool) -> Verdict | None:
        if task.source.origin == ANYWHERE:
            return self._memory.clear_from_anywhere(version, task.key)
        return self._memory.get(version, task.key, task.source, full=full)

    async def _read(
        self, version: str, tasks: Sequence[_Task], *, full: bool
    ) -> list[tuple[_Task, Verdict]]:
        """Read ``tasks`` in the worker thread, newest first; stop at the first private one.

        Raises:
            Exception: anything at all went wrong.
        """
        if not self._places.acquire(blocking=False):
            raise Busy
        stop = threading.Event()
        try:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, thread_name_prefix="privacy")
            job = self._worker.submit(self._work, version, tasks, stop, full=full)
        except BaseException:
            self._places.release()
            raise
        job.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job), self._seconds)
        finally:
            stop.set()

    def _work(
        self, version: str, tasks: Sequence[_Task], stop: threading.Event, *, full: bool
    ) -> list[tuple[_Task, Verdict]]:
        read: list[tuple[_Task, Verdict]] = []
        for task in reversed(tasks):
            if stop.is_set():
                raise TimeoutError
            verdict = self._known(version, task, full=full)
            if verdict is None:
                if isinstance(task.content, Passage):
                    verdict = self._passage(task.content, full=full)
                else:
                    verdict = self._attachment(task.content, full=full)
                self._memory.put(version, task.key, task.source, verdict)
            read.append((task, verdict))
            if verdict.private and not full:
                break
        return read[::-1]

    def _passage(self, passage: Passage, *, full: bool) -> Verdict:
        origin = "user" if passage.origin == ANYWHERE else passage.origin
        scan = self._detector.scan(passage.text, full=full, origin=origin)
        if scan.private and passage.near and not full:  # which of all findings are near?
            full = True
            scan = self._detector.scan(passage.text, full=True, origin=origin)
        findings = tuple(scan.findings)
        private = scan.private
        if passage.near and private and findings:
            findings = tuple(finding for finding in findings if _touches(finding, passage.near))
            private = bool(findings)
        return Verdict(
            private=private,
            reason=scan.reason if private else CLEAR.reason,
            findings=findings,
            complete=full or not private,
            internal_code=scan.internal_code,
            weight=scan.weight,
            opinions=(scan.opinion,) if scan.opinion else (),
        )

    def _attachment(self, part: Attachment, *, full: bool) -> Verdict:
        by_origin = self._detector.scan(_HARMLESS, origin=part.origin)
        origin = part.origin
        if part.kind == "file" and not by_origin.private:
            origin = "attachment"
            by_origin = self._detector.scan(_HARMLESS, origin=origin)
            origin += CODE if part.origin.endswith(CODE) else ""
        if by_origin.private:  # nothing in it could change that, so nothing in it is opened
            return Verdict(private=True, reason=by_origin.reason, findings=by_origin.findings)
        try:
            if part.kind == "file":
                text = attachments.text_of(part.media_type, part.data)
            elif self._images is not None:
                text = self._images.read(part.data)
            else:
                return Verdict(private=True, reason="A picture cannot be read, so it stays here.")
        except UnreadableFile as error:
            return Verdict(private=True, reason=f"{error} What cannot be read stays here.")
        except PictureKept as error:
            return Verdict(private=True, reason=str(error))
        return self._passage(Passage(part.where, origin, text), full=full)


def _all_of(known: Iterable[Whole]) -> list[tuple[_Task, Verdict]]:
    return [(_WHOLE, whole.verdict) for whole in known]


def _tasks(found: Contents) -> list[_Task]:
    tasks = [
        _Task(digest(passage.text), Source(passage.origin, passage.near), passage.where, passage)
        for passage in found.passages
    ]
    tasks += [
        _Task(data_digest(part.data), Source(f"{part.kind} {part.origin}"), part.where, part)
        for part in found.attachments
    ]
    return tasks


def _of_request(read: Sequence[tuple[_Task, Verdict]], *, stopped: bool) -> Verdict:
    """One verdict from those of the parts."""
    first = next((verdict for _, verdict in read if verdict.private), None)
    own: list[Finding] = []
    joined: list[Finding] = []
    for task, verdict in read:
        if verdict.findings:
            found = joined if isinstance(task.content, Passage) and task.content.joined else own
            found += [replace(finding, where=task.where) for finding in verdict.findings]
    return Verdict(
        private=first is not None,
        reason=first.reason if first is not None else CLEAR.reason,
        findings=tuple(own or joined),  # joined texts repeat what was found in each
        complete=not stopped and all(verdict.complete for _, verdict in read),
        internal_code=any(verdict.internal_code for _, verdict in read),
        weight=max((v.weight for _, v in read if v.weight is not None), default=None),
        opinions=tuple(opinion for _, verdict in read for opinion in verdict.opinions),
    )


def _touches(finding: Finding, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(finding.start < end and finding.end > start for start, end in ranges)


def _failed(error: Exception) -> Verdict:
    """The verdict where nobody knows. Words of an error that is not ours may quote the text."""
    if isinstance(error, EdgeRouteError):
        reason = f"{str(error).splitlines()[0]} So it stays on this machine."
    elif isinstance(error, DetectionFailed):
        reason = f"{error} So it stays on this machine."
    elif isinstance(error, TimeoutError):
        reason = "The privacy check took too long, so it stays on this machine."
    elif isinstance(error, Busy):
        reason = "The privacy check is busy with other prompts, so it stays on this machine."
    else:
        reason = "The privacy check failed, so it stays on this machine."
    return Verdict(private=True, reason=reason, complete=False, failed=True)


def _nothing(keys: Sequence[bytes]) -> list[None]:
    """What is known where all has to be read."""
    return [None] * len(keys)


_HARMLESS: Final = "attachment"  # a text that is private only if its origin is
# Stands for what is known as a whole, beside the tasks of what is not.
_WHOLE: Final = _Task(b"", SEALED, "", Passage("", ANYWHERE, ""))
