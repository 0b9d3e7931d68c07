"""Which backend answers as the local model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from edgeroute.core.errors import SettingsError
from edgeroute.core.secret import Secret
from edgeroute.local.backends import llamacpp, omlx
from edgeroute.local.backends.backend import LocalBackend
from edgeroute.local.backends.client import Opening, TlsContext
from edgeroute.local.backends.endpoint import Endpoint
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.omlx import OMLX
from edgeroute.local.backends.several import Several
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.models import AUTO, LocalModels

KeyOf = Callable[[str], Secret | None]
OWN_NAMES: Final = (AUTO, llamacpp.NAME, omlx.NAME)


class EndpointOptions(Protocol):
    """What the settings say of one ``[local.endpoints.*]``."""

    @property
    def base_url(self) -> str:
        """Its address, with ``/v1``."""
        ...

    @property
    def model(self) -> str:
        """The server's id of the model; empty for its first."""
        ...

    @property
    def models(self) -> Sequence[str]:
        """The server's ids of further models that may be asked by name."""
        ...

    @property
    def trusted(self) -> bool:
        """Whether it counts as local although it is another machine."""
        ...

    @property
    def context_tokens(self) -> int:
        """The window where the server does not tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What there is to choose from.

    ``key_of`` gives the key of an endpoint by its name; ``opening`` lets connections to a trusted
    machine out, ``tls`` says whose certificates count there.
    """

    models: LocalModels
    process: WorkerProcess
    endpoints: Mapping[str, EndpointOptions] = field(default_factory=dict)
    key_of: KeyOf = lambda _: None
    opening: Opening | None = None
    tls: TlsContext | None = None
    home: Path | None = None

    async def backend(
        self, name: str, model: str, others: Sequence[str] = (), *, least_wait: bool = False
    ) -> LocalBackend:
        """The backend that the settings name; ``auto`` takes oMLX where it runs, else llama.cpp.

        ``others`` answer where it does not, in order or, with ``least_wait``, whoever of those with
        the same model is least busy; after all of them llama.cpp does, if a model lies on this
        disk. oMLX is looked for on Apple Silicon only, and for two seconds at most.

        Raises:
            SettingsError: no backend has that name.
            LocalModelError: an endpoint on another machine that is not trusted.
        """
        found = [await self.one(name, model)]
        found += [await self.one(other, AUTO) for other in others]
        if all(one.name != llamacpp.NAME for one in found):
            own = model.removeprefix("local/") in self.models.catalogue.builds
            found.append(LlamaCpp(self.models, self.process, model if own else AUTO))
        unique = {one.name: one for one in found}
        return Several([*unique.values()], least_wait=least_wait) if len(unique) > 1 else found[0]

    async def one(self, name: str, model: str = AUTO) -> LocalBackend:
        """The backend ``name`` alone; the errors are those of ``backend``."""
        if name in self.endpoints and name != omlx.NAME:
            return self._endpoint(name, self.endpoints[name], model)
        if name not in OWN_NAMES:
            known = ", ".join((*OWN_NAMES, *self.endpoints))
            raise SettingsError(
                f"local.backend or local.fallbacks names {name!r}, and there is no such backend.",
                hint=f"Use one of: {known}.",
            )
        if name == omlx.NAME or (name == AUTO and self.models.machine.apple_silicon):
            set_up = self.endpoints.get(omlx.NAME)
            address = omlx.address(set_up.base_url if set_up else "", self.home or Path.home())
            key = self.key_of(omlx.NAME)
            if name == omlx.NAME or await omlx.is_omlx(address, key):
                return OMLX(
                    address,
                    model=set_up.model if set_up else "",
                    others=set_up.models if set_up else (),
                    wanted=_mlx_names(self.models, model),
                    key=key,
                )
        return LlamaCpp(self.models, self.process, model)

    def _endpoint(self, name: str, settings: EndpointOptions, model: str) -> Endpoint:
        return Endpoint(
            name,
            settings.base_url,
            model=settings.model or ("" if model == AUTO else model),
            others=settings.models,
            trusted=settings.trusted,
            context_tokens=settings.context_tokens,
            key=self.key_of(name),
            opening=self.opening,
            tls=self.tls,
        )


def _mlx_names(models: LocalModels, model: str) -> list[str]:
    """The MLX builds to look for: of the model that is set, else as the ladder recommends."""
    if model != AUTO:
        build = models.catalogue.builds.get(model.removeprefix("local/"))
        return [build.mlx if build is not None and build.mlx else model]
    return [advice.build.mlx for advice in models.recommend() if advice.build.mlx]
