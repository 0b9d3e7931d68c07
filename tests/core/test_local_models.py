"""How far the download of a local model is."""

from __future__ import annotations

from edgeroute.core.local_models import OnProgress, Progress, unheard


def test_progress_may_go_unheard() -> None:
    """Where nobody watches a download, what it reports is dropped; its start is at nothing."""
    told: OnProgress = unheard
    begun = Progress("download", "m.gguf")
    told(begun)
    assert (begun.done, begun.total, begun.speed, begun.text) == (0, 0, 0.0, "")
