"""How far the download of a local model is."""

from __future__ import annotations

from edgeroute.core.local_models import Progress


def test_a_download_begins_at_nothing() -> None:
    """Nothing has come, nothing is known of size and speed, and there is nothing to say."""
    begun = Progress("download", "m.gguf")
    assert (begun.done, begun.total, begun.speed, begun.text) == (0, 0, 0.0, "")
