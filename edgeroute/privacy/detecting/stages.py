"""The recognisers that need no model, in the order of their cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeroute.privacy.detecting.presidio import Presidio
from edgeroute.privacy.detecting.recognizers.accounts import Accounts
from edgeroute.privacy.detecting.recognizers.addresses import Addresses
from edgeroute.privacy.detecting.recognizers.always_private import Marked
from edgeroute.privacy.detecting.recognizers.births import Births
from edgeroute.privacy.detecting.recognizers.devices import Devices
from edgeroute.privacy.detecting.recognizers.emails import Emails
from edgeroute.privacy.detecting.recognizers.forms import Forms
from edgeroute.privacy.detecting.recognizers.handles import Handles
from edgeroute.privacy.detecting.recognizers.local_addresses import LocalAddresses
from edgeroute.privacy.detecting.recognizers.national_ids import NationalIds
from edgeroute.privacy.detecting.recognizers.payment_cards import Cards
from edgeroute.privacy.detecting.recognizers.phones import Phones
from edgeroute.privacy.detecting.recognizers.records import Records
from edgeroute.privacy.detecting.recognizers.secrets import Secrets
from edgeroute.privacy.detecting.recognizers.sensitive import Sensitive
from edgeroute.privacy.detecting.recognizers.spoken_numbers import SpokenNumbers
from edgeroute.privacy.detecting.text.page import Finder

if TYPE_CHECKING:
    from edgeroute.privacy.policy import PrivacyPolicy


def stages(policy: PrivacyPolicy) -> Iterator[Finder]:
    """Each recogniser is a stage of its own, so that a find in one spares the next."""
    always = policy.always_private
    if always.words or always.patterns:
        yield Marked(always.words, always.patterns)
    yield from (
        Emails(), NationalIds(), Cards(), Phones(), SpokenNumbers(), Handles(), Births(),
        Accounts(), Devices(), Secrets(), Records(), Addresses(), LocalAddresses(), Forms(),
        Sensitive(), Presidio(policy.presidio),
    )  # fmt: skip
