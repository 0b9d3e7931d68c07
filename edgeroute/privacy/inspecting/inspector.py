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
from typing import Final, NamedTuple, Protocol

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import CLEAR, Finding, Verdict
from edgeroute.privacy.detecting.detector import DetectionFailed
from edgeroute.privacy.detecting.own.detector import CODE
from edgeroute.privacy.detecting.protocol import TextDetector
from edgeroute.privacy.inspecting import attachments
from edgeroute.privacy.inspecting.attachments import UnreadableFile
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.ocr import UnreadableImage
from edgeroute.privacy.inspecting.passages import (
    ANYWHERE,
    Attachment,
    Contents,
    Passage,
    contents,
)
from edgeroute.privacy.inspecting.verdict_cache import Source, VerdictCache, data_digest, digest

SECONDS: Final = 40.0
WAITING: Final = 32


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
        try:
            version = self.version
            found = contents(request, self._folders())
        except Exception as error:  # noqa: BLE001 - what cannot be read is private
            return _failed(error)
        for sealed in found.sealed:
            self._memory.put(version, data_digest(sealed), _DATA, CLEAR)
        if found.closed and not full:
            return Verdict(private=True, reason=found.closed[0], complete=False)
        verdict = await self._judge(version, _tasks(found), full=full)
        if found.closed:
            return replace(verdict, private=True, reason=found.closed[0])
        return verdict

    async def scan(self, text: str, *, full: bool = True, origin: str = "user") -> Verdict:
        """Whether one text may leave, with every finding if ``full``."""
        return await self._judge_texts([Passage("", origin, text)], full=full)

    async def recheck(self, texts: Iterable[str]) -> Verdict:
        """Whether all of ``texts`` may leave. Those that were cleared before cost a look-up, from
        wherever they came: a tool's result that was cleared looks like any text in the bytes.
        """
        return await self._judge_texts([Passage("", ANYWHERE, text) for text in texts], full=False)

    def has_cleared(self, data: bytes) -> bool:
        """Whether these bytes were read as an attachment, under the rules now in force."""
        return self._memory.clear_from_anywhere(self.version, data_digest(data)) is not None

    async def close(self) -> None:
        """Let the worker go."""
        if self._worker is not None:
            self._worker.shutdown(wait=False, cancel_futures=True)
            self._worker = None

    async def _judge_texts(self, passages: Iterable[Passage], *, full: bool) -> Verdict:
        try:
            version = self.version
        except Exception as error:  # noqa: BLE001 - without rules everything is private
            return _failed(error)
        found = Contents([passage for passage in passages if passage.text.strip()])
        return await self._judge(version, _tasks(found), full=full)

    async def _judge(self, version: str, tasks: Sequence[_Task], *, full: bool) -> Verdict:
        known: list[tuple[_Task, Verdict]] = []
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
        stopped = not full and len(known) < len(tasks)
        return _of_request(known, stopped=stopped)

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
        except (UnreadableFile, UnreadableImage) as error:
            return Verdict(private=True, reason=f"{error} What cannot be read stays here.")
        return self._passage(Passage(part.where, origin, text), full=full)


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


_DATA: Final = Source("sealed")
_HARMLESS: Final = "attachment"  # a text that is private only if its origin is
