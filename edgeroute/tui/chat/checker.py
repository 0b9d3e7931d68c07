"""The check behind the route strip: debounced while typing, awaited by Enter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from edgeroute.core.errors import EdgeRouteError
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Finding, outermost

if TYPE_CHECKING:
    from edgeroute.engine.deciding.explanation import Explanation
    from edgeroute.wiring import Runtime

DELAY: Final = 0.15
_LONGEST: Final = 1.0


@dataclass(frozen=True, slots=True)
class PromptCheck:
    """What is known of the request of ``version``.

    ``findings`` are those of the composer's text. Without an ``explanation`` the check failed, and
    ``error`` says why.
    """

    version: int
    explanation: Explanation | None = None
    findings: tuple[Finding, ...] = ()
    error: str = ""


class Checker:
    """Asks the engine where a request would go, never more than one question at a time.

    ``asking`` is told which local model is being asked for a second opinion.
    """

    def __init__(
        self,
        runtime: Runtime,
        report: Callable[[PromptCheck], None],
        *,
        asking: Callable[[str], None] = lambda _: None,
        delay: float = DELAY,
    ) -> None:
        self._runtime, self._report = runtime, report
        self._least = self._delay = delay
        self._asking = asking
        self._task: asyncio.Task[None] | None = None
        self._last: PromptCheck | None = None

    def known(self, version: int) -> PromptCheck | None:
        """The finished check of exactly ``version``, if there is one."""
        return self._last if self._last and self._last.version == version else None

    def ask(self, version: int, request: ChatRequest, text: str, *, now: bool = False) -> None:
        """Check ``request`` after the delay, or ``now``; an older question is dropped."""
        self.cancel()
        delay = 0.0 if now else self._delay
        self._task = asyncio.create_task(self._run(version, request, text, delay))

    def cancel(self) -> None:
        """Drop the question that is under way."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, version: int, request: ChatRequest, text: str, delay: float) -> None:
        await asyncio.sleep(delay)
        began = monotonic()
        self._last = await self.check(version, request, text)
        # A long text is read more rarely while somebody goes on typing in it.
        self._delay = min(max(self._least, monotonic() - began), _LONGEST)
        self._report(self._last)

    async def check(self, version: int, request: ChatRequest, text: str) -> PromptCheck:
        """Where ``request`` would go, and what ``text`` (its last message) holds."""
        try:
            # Told in the thread that reads, shown in the app's own.
            self._runtime.inspector.on_asking = _from_thread(self._asking)
            explanation = await self._runtime.engine.explain(request)
            scan = await self._runtime.inspector.scan(text, full=True) if text else None
        except EdgeRouteError as error:
            return PromptCheck(version, error=str(error))
        except Exception as error:  # noqa: BLE001 - a check that crashed must block, not vanish
            return PromptCheck(version, error=f"The check failed ({type(error).__name__}).")
        return PromptCheck(version, explanation, outermost(scan.findings) if scan else ())


def _from_thread(show: Callable[[str], None]) -> Callable[[str], None]:
    """``show``, to be called from another thread than the loop's."""
    loop = asyncio.get_running_loop()

    def told(model: str) -> None:
        loop.call_soon_threadsafe(show, model)

    return told
