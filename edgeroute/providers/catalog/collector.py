"""The telemetry collector that the user names, as the door knows it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin

from edgeroute.core.errors import SettingsError
from edgeroute.core.secret import Secret
from edgeroute.providers.catalog.provider import Auth, Provider, address_problem

ID: Final = "telemetry"
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_.-]{1,60}){1,12}")
_KEY_HEADERS: Final = frozenset({"authorization", "x-api-key", "api-key", "cookie"})


def collector(
    endpoint: str,
    path: str = "/v1/traces",
    *,
    auth: Auth = "bearer",
    headers: Mapping[str, str] | None = None,
    file: str = "",
) -> Provider:
    """The host of ``endpoint``, which is empty where nothing is told; traces go to ``path`` below.

    Raises:
        SettingsError: the address, the path or a header cannot be used; ``file`` is where they were
            read.
    """
    problem = address_problem(endpoint, own=True) if endpoint else ""
    if problem:
        raise SettingsError(f"telemetry.endpoint: {problem}.", file=file)
    if path and not _PATH.fullmatch(path):
        raise SettingsError(
            f"telemetry.path: {path!r} is no path; it is empty or looks like /v1/traces.", file=file
        )
    for name, value in (headers or {}).items():
        if name.lower() in _KEY_HEADERS:
            raise SettingsError(
                f"telemetry.headers: {name} carries a key, which does not belong in a file.",
                file=file,
                hint="Store it with `edgeroute keys set telemetry` and set telemetry.auth.",
            )
        if not (_NAME.fullmatch(name) and value.isascii() and value.isprintable()):
            raise SettingsError(f"telemetry.headers: {name!r} is no header.", file=file)
    return Provider(
        id=ID,
        name="The telemetry collector",
        wire="otlp",
        wires={"otlp": urljoin(endpoint, "/").rstrip("/") if endpoint else ""},
        auth={"": auth},
        headers=dict(headers or {}),
        key_variable="EDGEROUTE_TELEMETRY_KEY",
        check_path="",
        own=True,
    )


def sent_key(provider: Provider, key: Secret | None) -> Secret | None:
    """``key`` as it stands in a header: what `basic` sends is ``name:password`` in base 64."""
    if key is None or provider.auth.get("") != "basic":
        return key
    return Secret(base64.b64encode(key.reveal().encode()).decode())
