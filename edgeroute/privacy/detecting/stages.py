"""The recognisers that need no model, in the order of their cost, and which of their hits count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from edgeroute.privacy.detecting.presidio import Presidio
from edgeroute.privacy.detecting.recognizers.accounts import Accounts
from edgeroute.privacy.detecting.recognizers.addresses import Addresses
from edgeroute.privacy.detecting.recognizers.always_private import Marked
from edgeroute.privacy.detecting.recognizers.births import Births
from edgeroute.privacy.detecting.recognizers.devices import Devices
from edgeroute.privacy.detecting.recognizers.emails import Emails
from edgeroute.privacy.detecting.recognizers.forms import Forms
from edgeroute.privacy.detecting.recognizers.national_ids import NationalIds
from edgeroute.privacy.detecting.recognizers.payment_cards import Cards
from edgeroute.privacy.detecting.recognizers.phones import Phones
from edgeroute.privacy.detecting.recognizers.records import Records
from edgeroute.privacy.detecting.recognizers.secrets import Secrets
from edgeroute.privacy.detecting.recognizers.sensitive import Sensitive
from edgeroute.privacy.detecting.text.page import Finder, Hit, Page

if TYPE_CHECKING:
    from edgeroute.privacy.policy import PrivacyPolicy


def stages(policy: PrivacyPolicy) -> Iterator[Finder]:
    """Each recogniser is a stage of its own, so that a find in one spares the next."""
    always = policy.always_private
    if always.words or always.patterns:
        yield Marked(always.words, always.patterns)
    yield from (
        Emails(), NationalIds(), Cards(), Phones(), Births(), Accounts(), Devices(), Secrets(),
        Records(), Addresses(), Forms(), Sensitive(), Presidio(policy.presidio),
    )  # fmt: skip


def counted(finder: Finder, page: Page, threshold: Callable[[str], float]) -> list[Hit]:
    """The hits of ``finder`` that count, in the order of the text; one where one is enough.

    ``threshold`` is the lowest score at which an entity counts. What lies within another hit of
    its type that is as sure is left out.
    """
    hits: list[Hit] = []
    for hit in finder.find(page):
        if hit.score < threshold(hit.type) or page.allowed(page.text[hit.start : hit.end]):
            continue
        hits.append(hit)
        if not page.full:
            return hits
        if len(hits) % 256 == 0:
            page.tick()
    return _distinct(hits)


def _distinct(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    widest: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=lambda one: (one.start, -one.end, -one.score)):
        around = [one for one in widest.get(hit.type, ()) if one.end > hit.start]
        if not any(one.end >= hit.end and one.score >= hit.score for one in around):
            kept.append(hit)
            around.append(hit)
        widest[hit.type] = around
    return kept
