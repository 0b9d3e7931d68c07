"""What the profile of a connected program lets it ask for."""

from __future__ import annotations

import pytest

from edgeroute.core.errors import UnknownModel
from edgeroute.core.request import ChatRequest, ClientProfile, Tier
from edgeroute.engine.deciding.profile_limits import allowed, tier_of
from edgeroute.providers.catalog.catalog import Catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The packaged one."""
    return Catalog.load()


@pytest.mark.parametrize(
    ("profile", "asked", "given"),
    [(None, None, "balanced"), (None, "premium", "premium"), ("free", None, "free"),
     ("balanced", "premium", "balanced"), ("premium", "free", "free")],
)  # fmt: skip
def test_a_program_may_ask_for_less_quality_not_for_more(
    profile: Tier | None, asked: Tier | None, given: Tier
) -> None:
    """The profile's tier is the most; without one the request's word counts."""
    client = ClientProfile("program", tier=profile)
    request = ChatRequest((), tier=asked, client=client, front_door="http")
    assert tier_of("balanced", request) == given


def test_a_managed_model_outside_the_profile_is_unknown(catalog: Catalog) -> None:
    """It is refused with the names of those that are allowed; these, and words, pass."""
    one, other = sorted(catalog.cards)[:2]
    client = ClientProfile("program", models=(one,))
    for name in (one, "auto"):
        request = ChatRequest((), model=name, client=client)
        assert allowed(request, catalog) is request
    with pytest.raises(UnknownModel, match="does not allow"):
        allowed(ChatRequest((), model=other, client=client), catalog)
