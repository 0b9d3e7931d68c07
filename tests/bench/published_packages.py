"""Popular packages as their registries publish them, pinned by version and sha256."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Literal

import msgspec

LIST: Final = Path(__file__).with_name("data") / "packages.yaml"
_MOST_BYTES: Final = 120_000  # agents read no larger file whole


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release: ``sha256`` is of the source archive that the registry hands out."""

    registry: Literal["pypi", "npm"]
    name: str
    version: str
    sha256: str


def packages() -> list[Package]:
    """The list, in its order."""
    return msgspec.yaml.decode(LIST.read_bytes(), type=list[Package])


def archive(package: Package, cache: Path) -> Path | None:
    """The release's file in ``cache``, fetched by pip or npm where it is not there yet.

    None where it cannot be had, or is another file than the pinned one.
    """
    folder = cache / package.registry
    folder.mkdir(parents=True, exist_ok=True)
    known = _by_digest(folder)
    if package.sha256 not in known:
        _fetch(package, folder)
        known = _by_digest(folder)
    return known.get(package.sha256)


def texts(path: Path) -> dict[str, str]:
    """The text files of a source archive, by their paths inside its one folder."""
    found: dict[str, str] = {}
    with tarfile.open(path) as tar:
        for member in tar:
            inner = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            if not member.isfile() or not 0 < member.size <= _MOST_BYTES:
                continue
            data = tar.extractfile(member)
            try:
                text = data.read().decode("utf-8") if data else ""
            except UnicodeDecodeError:
                continue
            if text.strip() and "\x00" not in text:
                found[str(inner)] = text
    return found


def _by_digest(folder: Path) -> dict[str, Path]:
    return {_digest(path): path for path in _archives(folder)}


def _archives(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.iterdir()) if path.name.endswith((".gz", ".tgz")))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fetch(package: Package, folder: Path) -> None:
    """Ask the registry that this machine's pip or npm is configured with."""
    if package.registry == "npm":
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    else:
        wanted = f"{package.name}=={package.version}"
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
        command = [*pip, "--no-binary", ":all:", "-d", ".", wanted]
    subprocess.run(command, cwd=folder, check=False, timeout=300, stdout=sys.stderr)
