"""What keeps personal data here: policy, lists, detector, inspector, gate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from edgeroute.core import patterns
from edgeroute.core.errors import EdgeRouteError, SettingsError
from edgeroute.core.messages import Message
from edgeroute.encoders.bert import EncoderMissing
from edgeroute.privacy.calibration import Calibrations, Calibrator
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.detecting.names.own_model import classes
from edgeroute.privacy.detecting.own.detector import WithOwn
from edgeroute.privacy.detecting.own.imported import Imported
from edgeroute.privacy.detecting.own.rarity import Rarity
from edgeroute.privacy.detecting.user_lists import Lists, WithLists
from edgeroute.privacy.detecting.weighing.second_opinion import SecondOpinion
from edgeroute.privacy.gate import Gate
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.pictures.reader import PictureReader
from edgeroute.privacy.pictures.tesseract import Tesseract
from edgeroute.privacy.policy import FILE, Level, OwnNames, PrivacyPolicy
from edgeroute.wiring.installation import Installation
from edgeroute.wiring.stores import StoreParts

if TYPE_CHECKING:
    from edgeroute.engine.admin.own_entries import OwnEntries
    from edgeroute.wiring.local import LocalParts
    from edgeroute.wiring.providers import ProviderParts

_LISTS_SECRET = "privacy lists"  # noqa: S105 - a name
_ENTRIES_SECRET = "private entries"  # noqa: S105 - a name


class _LocalReader:
    """The local model, built when it is asked."""

    def __init__(self, local: Callable[[], LocalParts]) -> None:
        self._local = local

    @property
    def model(self) -> str:
        """Which model would be asked now."""
        return self._local().yes_no.model

    def chance_of_yes(self, question: str, text: str, seconds: float) -> float:
        """How likely its answer is yes."""
        return self._local().yes_no.chance_of_yes(question, text, seconds)


class PrivacyParts:
    """The parts of the privacy room. Those of others are built when they are first needed."""

    def __init__(
        self,
        installation: Installation,
        stores: StoreParts,
        providers: Callable[[], ProviderParts],
        local: Callable[[], LocalParts],
    ) -> None:
        self._installation = installation
        self._stores = stores
        self._providers = providers
        self._reader = _LocalReader(local)
        self._labelled: tuple[Mapping[str, str], Folders] | None = None

    @cached_property
    def policy(self) -> PrivacyPolicy:
        """What counts as personal data.

        Raises:
            SettingsError: rules/privacy.yaml is not valid, or its names model is not there.
        """
        policy = PrivacyPolicy.load(self._installation.rules)
        if isinstance(policy.names, OwnNames):
            try:
                classes(policy.names.folder)
            except EncoderMissing as error:
                file = str(self._installation.rules / FILE)
                raise SettingsError(f"names: {error}", file=file) from error
        level = self._installation.settings.privacy.level
        return msgspec.structs.replace(policy, level=Level(level)) if level else policy

    @cached_property
    def lists(self) -> Lists:
        """The user's allow list and what is always private.

        Where the key of its hashes cannot be read the allow list is empty, which only means that
        more stays here.
        """
        return Lists(self._installation.paths.config, self._stores.secret(_LISTS_SECRET))

    @cached_property
    def imported(self) -> Imported:
        """The user's own people, places and secrets.

        Where the key of their hashes cannot be read nothing is cleared until it can.
        """
        return Imported(self._installation.paths.config, self._stores.secret(_ENTRIES_SECRET))

    @cached_property
    def own(self) -> OwnEntries:
        """Importing those entries, and saying what that changes."""
        from edgeroute.encoders.adapted import MODEL  # noqa: PLC0415 - many words
        from edgeroute.engine.admin.own_entries import OwnEntries  # noqa: PLC0415 - reads files

        return OwnEntries(
            lambda: self.imported,
            Rarity(self._installation.paths.models / MODEL),
            self._stores.states,
            self._stores.conversations.prompts,
            self._chats,
            folders=self._folders,
            clock=self._installation.clock,
        )

    @cached_property
    def detector(self) -> Detector:
        """Reads texts for personal data."""
        models = self._installation.paths.models
        return Detector(self.policy, models, allowed=self.allowed, second=self.second_opinion)

    @cached_property
    def calibrations(self) -> Calibrations:
        """What was measured of second opinions on this machine."""
        return Calibrations(self._installation.paths.data)

    @cached_property
    def second_opinion(self) -> SecondOpinion:
        """The local model's, where a calibration says that it helps."""
        return SecondOpinion(
            self._reader,
            self.policy,
            self.calibrations.here(),
            self._asking,
        )

    @property
    def calibrator(self) -> Calibrator:
        """Measures whether second opinions help here; it asks nobody else while it does."""
        detector = Detector(self.policy, self._installation.paths.models)
        return Calibrator(detector, self.policy, self._reader, self.calibrations)

    @cached_property
    def inspector(self) -> Inspector:
        """Finds personal data, in a thread of its own."""
        listed = WithLists(self.detector, self.lists, self.policy)
        reader = Tesseract.find() if self._installation.settings.privacy.ocr else None
        return Inspector(
            WithOwn(listed, self.imported, self.allowed, self.policy.budget.characters),
            lambda: f"{listed.version()} {self.imported.version} {self.second_opinion.version}",
            folders=self._folders,
            images=PictureReader(reader, self._installation.paths.models, self.allowed),
        )

    def rules(self) -> str:
        """Names all that decides what is private but for the allow list; empty where that cannot be
        told. While it is the same, only the user's own word clears what was private.
        """
        try:
            settings = msgspec.json.encode(self._installation.settings.privacy)
            lists = msgspec.json.encode(self.lists.private)
            own, second = self.imported.version, self.second_opinion.version
        except EdgeRouteError:
            return ""
        return f"{self.policy.version(settings, lists)} {own} {second}"

    @cached_property
    def gate(self) -> Gate:
        """The only maker of clearances."""
        hosts = self._providers().enterprise_hosts()
        return Gate(self.inspector, self._installation.clock, enterprise_hosts=hosts)

    def load_detector(self) -> None:
        """Have the detector ready.

        Raises:
            Exception: it cannot be loaded; every prompt stays here then, and is told so.
        """
        self.detector.warm()
        patterns.keep()
        _ = self.lists.version, self.imported.version

    def _chats(self, limit: int) -> Iterator[tuple[Message, ...]]:
        """What was said in the last chats."""
        kept = self._stores.conversations
        return (kept.messages(chat.id) for chat in kept.list(limit))

    def _folders(self) -> Folders:
        """The labelled folders, as the settings have them now."""
        paths = self._installation.settings.privacy.paths
        if self._labelled is None or self._labelled[0] != paths:
            self._labelled = (paths, Folders(paths))
        return self._labelled[1]

    def _asking(self, model: str) -> None:
        self.inspector.on_asking(model)

    def allowed(self, value: str) -> bool:
        """Whether the user lets ``value`` leave."""
        return self.lists.allows(value)

    async def close(self) -> None:
        """End the inspector's thread, and keep what it compiled."""
        if "inspector" in self.__dict__:
            await self.inspector.close()
            await asyncio.to_thread(patterns.keep)
