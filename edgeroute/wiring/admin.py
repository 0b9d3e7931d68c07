"""What a person looks after from a front door: policies, local models, alerts, the installation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

from edgeroute.core.calibration import Calibration, CalibrationProgress
from edgeroute.core.local_models import OnProgress
from edgeroute.core.names import unknown
from edgeroute.core.spending import AlertRepository
from edgeroute.engine.admin.local_models import LocalModelStates
from edgeroute.engine.admin.policies import Policies
from edgeroute.engine.admin.self_check import SelfCheck
from edgeroute.engine.admin.sent_requests import SentRequests
from edgeroute.local.backends.choose import OWN_NAMES
from edgeroute.local.files.models import LocalModels, Pulled
from edgeroute.local.preparing.compiler import Compiler
from edgeroute.local.preparing.preparing import LLAMACPP
from edgeroute.wiring.engine import EngineParts


class AdminParts:
    """The services of administration.

    ``alerts`` are what the user should know about money and use, ``models`` the model files of this
    machine, ``local_models`` how each of them is; ``advisor`` says what earlier answers say of
    models and rules, ``self_check`` whether what is kept and what reads prompts is in order;
    ``own`` imports own people and places, ``sent`` reads what left this machine.
    """

    def __init__(self, engine: EngineParts) -> None:
        self._engine = engine
        stores, privacy, local = engine.stores, engine.privacy, engine.local
        self.alerts: AlertRepository = stores.alerts
        self.models: LocalModels = local.models
        self.local_models = LocalModelStates(local.models, stores.receipts)
        self.advisor = engine.advisor
        self.own = privacy.own
        self.sent = SentRequests(
            stores.receipts, stores.conversations, stores.sent, engine.installation.clock
        )
        self.self_check = SelfCheck(stores.keys, stores.database, privacy.load_detector)

    @cached_property
    def policies(self) -> Policies:
        """The routing policies that this installation can use.

        Raises:
            SettingsError: a provider file is not valid.
        """
        rules, providers = self._engine.rules, self._engine.providers
        clock = self._engine.installation.clock
        return Policies(rules, providers.catalog.cards, providers.service.ready, clock)

    async def calibrate(
        self, tell: Callable[[CalibrationProgress], None], *, again: bool
    ) -> Calibration:
        """Measure on the voices that ship whether the local model's second opinion helps here.

        Raises:
            LocalModelError: the local model does not answer, or not in time.
            StoreError: the result cannot be kept.
        """
        now = self._engine.installation.clock.now()
        return await self._engine.privacy.calibrator.run(now, tell, again=again)

    @property
    def backends(self) -> tuple[str, ...]:
        """What `local.backend` may name: our own backends and the endpoints of the settings."""
        return (*OWN_NAMES, *self._engine.installation.settings.local.endpoints)

    def check_setting(self, key: str, value: str) -> None:
        """Refuse the name of a policy, backend, model or provider that there is not: nothing could
        be asked any more.

        Raises:
            UnknownName: there is none; with the nearest names.
        """
        value = value.strip("\"'")
        local = self._engine.installation.settings.local
        match key:
            case "router.policy":
                self.policies.named(value)
            case "local.backend" if value not in self.backends:
                raise unknown("backend", value, self.backends)
            case "local.model" if local.backend in {"auto", "llamacpp"}:
                models = [row.id for row in self.models.list() if row.kind == "model"]
                if value.removeprefix("local/") not in {"auto", *models}:
                    raise unknown("local model", value, models)
            case "privacy.enterprise_provider":
                providers = sorted(self._engine.providers.catalog.providers)
                if value not in {"", *providers}:
                    raise unknown("provider", value, providers)

    @property
    def readers(self) -> str:
        """In words, who reads names, and whether the local model is asked about doubtful texts."""
        privacy = self._engine.privacy
        return f"{privacy.policy.reads_names}; {privacy.calibrations.sentence(privacy.policy)}"

    @property
    def attachments(self) -> str:
        """In words, what attaching a file means for where the chat is answered."""
        from edgeroute.engine.admin.attachments import attachments_in_words  # noqa: PLC0415

        ocr = self._engine.installation.settings.privacy.ocr
        return attachments_in_words(
            all_stay=self._engine.privacy.policy.attachments_private,
            pictures_read=ocr and not self.pictures_lack,
        )

    @property
    def pictures_lack(self) -> list[str]:
        """What this machine needs to read pictures and has not, each with how to get it."""
        from edgeroute.privacy.pictures.reader import lacking  # noqa: PLC0415

        return lacking(self._engine.installation.paths.models)

    async def pace(self) -> float:
        """The bytes of model weights that this machine reads in a second: by answers that it gave,
        else by ten seconds of writing; 0 where nothing is here that could write.

        Raises:
            LocalModelError: the model that is here does not answer.
        """
        known = self.local_models.pace()
        return known or (await self._engine.local.probe() if self.models.present() else 0.0)

    async def prepare(self, report: OnProgress) -> None:
        """Fetch and compile what a local answer still needs.

        Raises:
            EdgeRouteError: something could not be had; what did come is kept.
        """
        await self._engine.local.prepare(self.pull, report)

    async def pull(self, model: str, progress: OnProgress) -> Pulled:
        """Fetch a local model (``auto``: the best for this machine) through the egress door;
        ``llamacpp`` is compiled.

        Raises:
            LocalModelError: unknown, not to be had, no room, or the place is not safe.
        """
        if model == LLAMACPP:
            return Pulled(LLAMACPP, await Compiler(report=progress).run(), already=False)
        fetch = partial(self._engine.providers.door.download, hosts=self.models.hosts)
        return await self.models.pull(model, fetch, progress)
