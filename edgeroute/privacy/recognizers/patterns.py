"""The recognisers that need no model, in the order of their cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeroute.privacy.recognizers.accounts import Accounts
from edgeroute.privacy.recognizers.addresses import Addresses
from edgeroute.privacy.recognizers.always_private import Marked
from edgeroute.privacy.recognizers.births import Births
from edgeroute.privacy.recognizers.cards import Cards
from edgeroute.privacy.recognizers.devices import Devices
from edgeroute.privacy.recognizers.emails import Emails
from edgeroute.privacy.recognizers.forms import Forms
from edgeroute.privacy.recognizers.national_ids import NationalIds
from edgeroute.privacy.recognizers.page import Finder
from edgeroute.privacy.recognizers.phones import Phones
from edgeroute.privacy.recognizers.records import Records
from edgeroute.privacy.recognizers.secrets import Secrets
from edgeroute.privacy.recognizers.sensitive import Sensitive

if TYPE_CHECKING:
    from edgeroute.privacy.policy import AlwaysPrivate


def stages(always: AlwaysPrivate) -> Iterator[list[Finder]]:
    """Each recogniser is a stage of its own, so that a find in one spares the next."""
    if always.words or always.patterns:
        yield [Marked(always.words, always.patterns)]
    for finder in (
        Emails(), NationalIds(), Cards(), Phones(), Births(), Accounts(), Devices(), Secrets(),
        Records(), Addresses(), Forms(), Sensitive(),
    ):  # fmt: skip
        yield [finder]
