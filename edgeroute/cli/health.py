"""What `edgeroute doctor` looks at: each check says how things are and how to mend them."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import site
import stat
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from edgeroute.cli.misplaced_files import misplaced
from edgeroute.cli.words import when
from edgeroute.core.errors import EdgeRouteError, KeyringUnavailable
from edgeroute.core.words import size

if TYPE_CHECKING:
    from edgeroute.wiring import Runtime

State = Literal["ok", "note", "bad"]

_PRICES_LAST: Final = timedelta(days=60)
_LEAST_FREE_BYTES: Final = 2_000_000_000
# Files that tools of good name put into site-packages and that run at every start of Python.
_KNOWN_PTH: Final = (
    "distutils-precedence.pth",
    "_virtualenv.pth",
    "a1_coverage.pth",
    "coverage.pth",
)
_SUPPORT: Final = ("rampart", "minilm", "e5")


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One line of the report; ``fix`` says what to do where the state is not ``ok``."""

    name: str
    state: State
    text: str
    fix: str = ""


async def checks(runtime: Runtime) -> AsyncIterator[HealthCheck]:
    """All checks, one after another. Nothing is sent anywhere."""
    yield _python()
    yield _startup_files()
    for check in _folders(runtime):
        yield check
    for check in _misplaced(runtime):
        yield check
    yield _disk(runtime)
    yield await _guarded("policies", _policies(runtime))
    yield await _guarded("keyring", _keyring(runtime))
    yield await _guarded("database", _database(runtime))
    yield await _guarded("privacy check", _detector(runtime))
    yield _prices(runtime)
    yield await _guarded("models", _models(runtime))
    for check in await _support(runtime):
        yield check
    if runtime.settings.privacy.ocr:
        yield _pictures(runtime)
    yield await _guarded("local model", _local(runtime))
    for check in await _providers(runtime):
        yield check
    yield _token(runtime)
    yield _network(runtime)


async def _guarded(name: str, check: Awaitable[HealthCheck]) -> HealthCheck:
    """The check, or its error as a bad line."""
    try:
        return await check
    except EdgeRouteError as error:
        return HealthCheck(name, "bad", error.message, error.hint)


def _python() -> HealthCheck:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return HealthCheck("python", "ok", text)


def _startup_files() -> HealthCheck:
    """A .pth file with code runs at every start of Python: a way in that attackers have used."""
    unknown = sorted(str(path) for path in _pth_files() if _runs_code(path))
    if not unknown:
        return HealthCheck("start-up files", "ok", "no unknown .pth file runs code")
    return HealthCheck(
        "start-up files",
        "bad",
        f"run code at every start of Python: {', '.join(unknown)}",
        "Find out which package brought them (pip show -f NAME); remove what you do not know.",
    )


def _pth_files() -> Iterator[Path]:
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    if site.ENABLE_USER_SITE:
        folders.add(site.getusersitepackages())
    for folder in sorted(folders):
        yield from Path(folder).glob("*.pth")


def _runs_code(path: Path) -> bool:
    if path.name in _KNOWN_PTH or path.name.startswith("__editable__"):
        return False
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return True
    return any(line.startswith(("import ", "import\t")) for line in lines)


def _folders(runtime: Runtime) -> Iterator[HealthCheck]:
    paths = runtime.paths
    for name in ("config", "data", "state", "runtime"):
        folder: Path = getattr(paths, name)
        try:
            status = folder.lstat()
        except FileNotFoundError:
            continue
        if status.st_uid != os.geteuid():
            yield HealthCheck(f"{name} folder", "bad", f"{folder} belongs to another user",
                        f"sudo chown -R $(id -u) '{folder}'")  # fmt: skip
        elif stat.S_IMODE(status.st_mode) & 0o077:
            yield HealthCheck(f"{name} folder", "bad", f"{folder} can be entered by other users",
                        f"chmod 700 '{folder}'")  # fmt: skip
        else:
            yield HealthCheck(f"{name} folder", "ok", str(folder))


def _misplaced(runtime: Runtime) -> Iterator[HealthCheck]:
    """Settings and rules that nothing reads: who wrote them believes that they hold."""
    for file, place in misplaced(runtime.paths):
        yield HealthCheck(
            "misplaced file",
            "bad",
            f"nothing reads {file}",
            f"Move it to {place}, then run `edgeroute rules check`; or remove it.",
        )


def _disk(runtime: Runtime) -> HealthCheck:
    folder = runtime.paths.data
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE_BYTES:
        return HealthCheck(
            "disk", "bad", f"{size(free)} free", "Free some space: models are large."
        )
    return HealthCheck("disk", "ok", f"{size(free)} free")


def _prices(runtime: Runtime) -> HealthCheck:
    """When the prices of the models were last read from their providers' pages."""
    providers = runtime.catalog.providers.values()
    read = {provider.id: provider.as_of for provider in providers if provider.as_of}
    today = runtime.clock.now().date()
    old = sorted(name for name, day in read.items() if today - day > _PRICES_LAST)
    if not old:
        return HealthCheck("prices", "ok", "were read less than 60 days ago.")
    text = f"were read more than 60 days ago: {', '.join(old)}. Costs shown may be wrong."
    fix = "Install the newest version, or put prices of your own into models/*.yaml."
    return HealthCheck("prices", "note", text, fix)


async def _policies(runtime: Runtime) -> HealthCheck:
    await asyncio.to_thread(runtime.check)
    policies = runtime.admin.policies
    policy = policies.current
    findings = policies.check(policy.file)
    wrong = [finding for finding in findings if finding.level == "error"]
    if wrong:
        return HealthCheck(
            "policies", "bad", "; ".join(map(str, wrong)), "See `edgeroute rules check`."
        )
    retired = [finding.message for finding in findings if finding.code == "RT003"]
    if retired:
        return HealthCheck("policies", "note", "; ".join(retired), "See `edgeroute rules check`.")
    return HealthCheck("policies", "ok", f"{policy.name} and the privacy rules are right")


async def _keyring(runtime: Runtime) -> HealthCheck:
    try:
        keyring = await asyncio.to_thread(runtime.admin.self_check.keyring)
    except KeyringUnavailable as error:
        return HealthCheck("keyring", "note", error.message, error.hint)
    return HealthCheck("keyring", "ok", keyring)


async def _database(runtime: Runtime) -> HealthCheck:
    database = await asyncio.to_thread(runtime.admin.self_check.database)
    if not database.sound:
        return HealthCheck("database", "bad", f"{database.path} is damaged",
                     "Start EdgeRoute again: it keeps what can be read.")  # fmt: skip
    notices = " ".join(database.notices)
    text = f"{size(database.path.stat().st_size)}, sound"
    if database.lost:
        return HealthCheck(
            "database",
            "bad",
            f"{text}. {database.lost} {notices}".rstrip(),
            "See `edgeroute history list`; then run `edgeroute history accept-loss`.",
        )
    if not database.encrypted:
        return HealthCheck(
            "database",
            "note",
            f"{text}, readable by you alone but not encrypted. {notices}".rstrip(),
            "Set up a keyring (see above) and leave privacy.encrypt on; it is then encrypted.",
        )
    return HealthCheck(
        "database", "note" if notices else "ok", f"{text}, encrypted. {notices}".rstrip()
    )


async def _detector(runtime: Runtime) -> HealthCheck:
    try:
        await asyncio.to_thread(runtime.admin.self_check.detector)
    except Exception as error:  # noqa: BLE001 - whatever it is, every prompt now stays here
        return HealthCheck(
            "privacy check",
            "bad",
            f"does not work, so that every prompt stays here: {error}",
            "`edgeroute models prepare` fetches all that is missing; or install again.",
        )
    return HealthCheck("privacy check", "ok", f"loaded and working; {runtime.admin.readers}")


async def _models(runtime: Runtime) -> HealthCheck:
    models = runtime.admin.models
    here = await asyncio.to_thread(models.present)
    if not here:
        now = runtime.local.preparing.now()
        if now.state == "running":
            return HealthCheck("models", "note", f"no local model is here yet: {now.sentence}")
        if now.state == "failed":
            return HealthCheck("models", "bad", f"no local model is here: {now.error}", now.hint)
        return HealthCheck("models", "bad", "no local model is here", "edgeroute models prepare")
    for build in here:
        await asyncio.to_thread(models.path, build)
    return HealthCheck(
        "models", "ok", f"{', '.join(build.id for build in here)}: right by their notes"
    )


async def _support(runtime: Runtime) -> list[HealthCheck]:
    """Files that the privacy check and the task classifier read."""
    found = []
    for name in _SUPPORT:
        try:
            path = await asyncio.to_thread(runtime.admin.models.support_path, name)
        except KeyError:
            continue
        if path is None:
            found.append(HealthCheck(name, "bad", "is not here, or not right",
                               f"edgeroute models pull {name}"))  # fmt: skip
        else:
            found.append(HealthCheck(name, "ok", str(path)))
    return found


def _pictures(runtime: Runtime) -> HealthCheck:
    lack = runtime.admin.pictures_lack
    if not lack:
        return HealthCheck("pictures", "ok", "are read, and looked at for faces and documents")
    text = "cannot be read, so that they stay here"
    return HealthCheck("pictures", "bad", text, f"Lacking: {', '.join(lack)}.")


async def _local(runtime: Runtime) -> HealthCheck:
    backend = await asyncio.to_thread(lambda: runtime.local)
    status = await backend.status()
    text = f"{status.backend}: {status.model or '-'}, {status.state}. {status.detail}".rstrip()
    if status.state in {"missing", "unreachable"}:
        mend = (
            "Make it ready with `edgeroute models prepare`, or start the server that"
            " `local.backend` names."
        )
        return HealthCheck("local model", "bad", text, mend)
    if status.state == "preparing":
        mend = "Managed models can be used meanwhile; `edgeroute models status` says how far it is."
        return HealthCheck("local model", "note", text, mend)
    if status.warning:
        return HealthCheck("local model", "note", text, status.warning)
    return HealthCheck("local model", "ok", text)


async def _providers(runtime: Runtime) -> list[HealthCheck]:
    rows = [row for row in await asyncio.to_thread(runtime.providers.status) if row.has_key]
    if not rows:
        text = "none has a key, so that everything is answered here"
        return [HealthCheck("providers", "note", text, "edgeroute keys set PROVIDER")]
    found = []
    for row in rows:
        until = f" until {when(row.until)}" if row.until else ""
        state: State = "ok" if row.state == "ok" else "note"
        text = f"{row.state}{until}, key: {row.key}. {row.detail}".rstrip()
        fix = "" if state == "ok" else "It is tried again by itself; until then others answer."
        found.append(HealthCheck(row.id, state, text, fix))
    return found


def _token(runtime: Runtime) -> HealthCheck:
    from edgeroute.server.access.token import token_path

    path = token_path(runtime.paths.state)
    try:
        status = path.lstat()
    except FileNotFoundError:
        return HealthCheck("endpoint token", "ok", "is made when `edgeroute serve` first runs")
    if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) & 0o077:
        return HealthCheck("endpoint token", "bad", f"{path} is not yours alone",
                     f"rm '{path}'  (a new one is made)")  # fmt: skip
    return HealthCheck("endpoint token", "ok", str(path))


def _network(runtime: Runtime) -> HealthCheck:
    network = runtime.settings.network
    ignored = [name for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "SSLKEYLOGFILE")
               if os.environ.get(name) or os.environ.get(name.lower())]  # fmt: skip
    text = f"proxy {network.proxy}" if network.proxy else "no proxy"
    if network.ca_file:
        text += f", extra authority {network.ca_file}"
    if ignored and not network.proxy:
        return HealthCheck(
            "network",
            "note",
            f"{text}; {', '.join(ignored)} of the environment are ignored",
            "If you need the proxy: edgeroute config set network.proxy URL",
        )
    return HealthCheck("network", "ok", text)
