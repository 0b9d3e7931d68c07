# ruff: noqa: INP001, T201  (a script beside what it reads, which prints what it finds)
"""What ``packaging/audit.sh`` checks without the network: hashes, licences, the list of parts.

python packaging/audit.py SBOM.json            the locked dependencies; writes a CycloneDX list
python packaging/audit.py --installed FOLDER   files of packages in a folder against their records
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
LOCKS: Final = ("packaging/requirements.txt", "models/llamacpp.txt")
# Words of licences that ask for no more than that they are passed on.
ALLOWED: Final = (
    "apache", "bsd", "isc", "mit", "mozilla public license 2", "mpl-2", "mpl 2", "psf",
    "python software foundation", "public domain", "unlicense", "zlib", "0bsd", "hpnd", "cc0",
)  # fmt: skip
# What was decided by a person, with the licence that was looked at.
DECIDED: Final = {
    "python-stdnum": "GNU Lesser General Public License",  # used as it comes, as a library
    "sqlcipher3": "says nothing",  # zlib, in its repository
}
_PIN: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Part:
    """One locked package."""

    name: str
    version: str
    hashes: tuple[str, ...]


def locked(text: str) -> Iterator[Part]:
    """The packages of a lock file."""
    for block in re.split(r"\n(?=\S)", text):
        if found := _PIN.match(block):
            yield Part(found[1], found[2], tuple(_HASH.findall(block)))


def licences(name: str) -> list[str]:
    """What the installed package says of its licence; empty where it is not installed."""
    try:
        about = distribution(name).metadata
    except PackageNotFoundError:
        return []
    said = about.get_all("License-Expression") or [
        one.rpartition("::")[2].strip()
        for one in about.get_all("Classifier") or []
        if one.startswith("License ::") and not one.endswith("OSI Approved")
    ]
    whole = "\n".join(about.get_all("License") or []).strip().splitlines()
    return said or whole[:1] or ["says nothing"]


def allowed(licence: str) -> bool:
    """Whether it is one of those that ask for nothing else."""
    return any(word in licence.lower() for word in ALLOWED)


def bill(parts: list[Part]) -> dict[str, Any]:
    """The parts as CycloneDX 1.6."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "edgeroute"}},
        "components": [
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{part.name}@{part.version}",
                "name": part.name,
                "version": part.version,
                "purl": f"pkg:pypi/{part.name}@{part.version}",
                "hashes": [{"alg": "SHA-256", "content": one} for one in part.hashes],
                "licenses": [{"license": {"name": one}} for one in licences(part.name)],
            }
            for part in parts
        ],
    }


def changed(package: Distribution, folder: Path) -> Iterator[str]:
    """The files of an installed package that are not as its record says."""
    for name, digest, _ in csv.reader((package.read_text("RECORD") or "").splitlines()):
        kind, _, wanted = digest.partition("=")
        file = folder / name
        if not wanted or name.endswith(".pyc"):
            continue
        if not file.is_file():
            yield f"{name} is gone"
            continue
        found = base64.urlsafe_b64encode(hashlib.new(kind, file.read_bytes()).digest())
        if found.rstrip(b"=").decode() != wanted:
            yield f"{name} was changed"


def check_locks(target: Path) -> Iterator[str]:
    """What is wrong with the locked packages; the list of parts is written to ``target``."""
    parts = {part.name: part for lock in LOCKS for part in locked((ROOT / lock).read_text("utf-8"))}
    for part in parts.values():
        if not part.hashes:
            yield f"{part.name} {part.version} is locked without a hash."
        told = licences(part.name)
        decided = DECIDED.get(part.name)
        if told and not any(allowed(one) or (decided and decided in one) for one in told):
            yield f"{part.name} {part.version}: its licence is {', '.join(told)}."
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill(list(parts.values())), indent=1) + "\n", "utf-8")
    print(f"{len(parts)} packages; their list is {target}.")


def check_installed(folder: Path) -> Iterator[str]:
    """What is wrong with the packages in ``folder``."""
    found = sorted(folder.glob("*.dist-info"))
    if not found:
        yield f"There is no package in {folder}."
    for about in found:
        for trouble in changed(Distribution.at(about), folder):
            yield f"{about.name}: {trouble}."
    print(f"{len(found)} packages in {folder} were compared with their records.")


def main(arguments: list[str]) -> int:
    """Say what is wrong; 1 where something is."""
    if arguments[0] == "--installed":
        troubles = list(check_installed(Path(arguments[1])))
    else:
        troubles = list(check_locks(Path(arguments[0])))
    for trouble in troubles:
        print(trouble)
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
