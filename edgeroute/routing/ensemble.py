"""Several models side by side, and one answer that says where they disagree."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec


class EnsemblePolicy(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How an ensemble is run.

    ``models`` names models or roles that answer beside the rule's own. ``combine`` is ``majority``
    (closed answers), ``best`` (a judge picks), ``merge`` (a judge writes one answer) or ``auto``
    (majority for closed answers, else best). ``judge`` is the model that picks or merges.
    ``ceiling_usd`` bounds the estimated cost of all calls; models beyond it are left out.
    """

    models: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = (
        "small",
        "second_small",
        "middle",
    )
    combine: Literal["auto", "majority", "best", "merge"] = "auto"
    judge: str = "large"
    ceiling_usd: Annotated[float, msgspec.Meta(ge=0)] = 0.5
