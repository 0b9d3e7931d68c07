"""Which backend answers as the local model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from edgeroute.core.errors import SettingsError
from edgeroute.core.secret import Secret
from edgeroute.local.backends import llamacpp, omlx
from edgeroute.local.backends.backend import LocalBackend
from edgeroute.local.backends.client import Opening
from edgeroute.local.backends.endpoint import Endpoint
from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.omlx import OMLX
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
    def trusted(self) -> bool:
        """Whether it counts as local although it is another machine."""
        ...

    @property
    def context_tokens(self) -> int:
        """The window where the server does not tell."""
        ...


async def choose(
    backend: str,
    model: str,
    *,
    models: LocalModels,
    process: WorkerProcess,
    endpoints: Mapping[str, EndpointOptions],
    key_of: KeyOf = lambda _: None,
    opening: Opening | None = None,
    home: Path | None = None,
) -> LocalBackend:
    """The backend that the settings name; ``auto`` takes oMLX where it runs, else llama.cpp.

    oMLX is looked for on Apple Silicon only, and for two seconds at most. ``key_of`` gives the key
    of an endpoint by its name; ``opening`` lets connections to a trusted machine out.

    Raises:
        SettingsError: no backend has that name.
        LocalModelError: an endpoint on another machine that is not trusted.
    """
    if backend in endpoints and backend != omlx.NAME:
        return _endpoint(backend, endpoints[backend], model, key_of, opening)
    if backend not in OWN_NAMES:
        known = ", ".join((*OWN_NAMES, *endpoints))
        raise SettingsError(
            f"local.backend is {backend!r}, and there is no such backend.",
            hint=f"Use one of: {known}.",
        )
    if backend == omlx.NAME or (backend == AUTO and models.machine.apple_silicon):
        set_up = endpoints.get(omlx.NAME)
        configured = set_up.base_url if set_up is not None else ""
        address = omlx.address(configured, home or Path.home())
        key = key_of(omlx.NAME)
        if backend == omlx.NAME or await omlx.is_omlx(address, key):
            named = set_up.model if set_up is not None else ""
            return OMLX(address, model=named, wanted=_mlx_names(models, model), key=key)
    return LlamaCpp(models, process, model)


def _endpoint(
    name: str,
    settings: EndpointOptions,
    model: str,
    key_of: KeyOf,
    opening: Opening | None,
) -> Endpoint:
    return Endpoint(
        name,
        settings.base_url,
        model=settings.model or ("" if model == AUTO else model),
        trusted=settings.trusted,
        context_tokens=settings.context_tokens,
        key=key_of(name),
        opening=opening,
    )


def _mlx_names(models: LocalModels, model: str) -> list[str]:
    """The MLX builds to look for: of the model that is set, else as the ladder recommends."""
    if model != AUTO:
        build = models.catalogue.builds.get(model.removeprefix("local/"))
        return [build.mlx if build is not None and build.mlx else model]
    return [advice.build.mlx for advice in models.recommend() if advice.build.mlx]
