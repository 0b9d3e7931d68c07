"""What keeps personal data here: policy, detector, inspector, gate."""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from edgeroute.core.errors import StoreError
from edgeroute.wiring.stores import Stores

if TYPE_CHECKING:
    from edgeroute.privacy.detecting.detector import Detector
    from edgeroute.privacy.detecting.user_lists import Lists
    from edgeroute.privacy.inspecting.inspector import Inspector
    from edgeroute.privacy.policy import PrivacyPolicy


_LISTS_SECRET = "privacy lists"  # noqa: S105 - a name


class Guards(Stores):
    """The privacy room's parts."""

    @cached_property
    def privacy_policy(self) -> PrivacyPolicy:
        """What counts as personal data.

        Raises:
            SettingsError: rules/privacy.yaml is not valid.
        """
        import msgspec  # noqa: PLC0415

        from edgeroute.privacy.policy import Level, PrivacyPolicy  # noqa: PLC0415

        policy = PrivacyPolicy.load(self.paths.config / "rules")
        level = self.settings.privacy.level
        return msgspec.structs.replace(policy, level=Level(level)) if level else policy

    @cached_property
    def lists(self) -> Lists:
        """The user's allow list and what is always private."""
        from edgeroute.privacy.detecting.user_lists import Lists  # noqa: PLC0415

        try:
            key = self.database.kept(_LISTS_SECRET)
        except StoreError:
            # Without its key the allow list is empty, which only means that more stays here.
            key = secrets.token_bytes(32)
        return Lists(self.paths.config, key)

    @cached_property
    def inspector(self) -> Inspector:
        """Finds personal data, in a thread of its own."""
        from edgeroute.privacy.detecting.user_lists import WithLists  # noqa: PLC0415
        from edgeroute.privacy.inspecting.inspector import Inspector  # noqa: PLC0415
        from edgeroute.privacy.inspecting.ocr import Tesseract  # noqa: PLC0415

        policy = self.privacy_policy
        return Inspector(
            WithLists(self.detector, self.lists),
            lambda: policy.version(self.lists.version.encode()),
            images=Tesseract.find() if self.settings.privacy.ocr else None,
        )

    @cached_property
    def detector(self) -> Detector:
        """Reads texts for personal data."""
        from edgeroute.privacy.detecting.detector import Detector  # noqa: PLC0415

        return Detector(self.privacy_policy, self.paths.models, allowed=self._allowed)

    def _allowed(self, value: str) -> bool:
        return self.lists.allows(value)

    def _warm_detector(self) -> None:
        with suppress(
            Exception
        ):  # a detector that cannot load keeps every prompt here, and says so
            self.detector.warm()
