"""What counts as personal data, and what happens when it is found: rules/privacy.yaml.

The packaged file holds the whole policy. A user's own ``privacy.yaml`` names only what it changes.
An invalid file is an error before anything is sent: there is no half-loaded policy.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from edgeroute import datafile
from edgeroute.core.errors import SettingsError
from edgeroute.privacy.tool_names import is_named

FILE: Final = "privacy.yaml"

T = TypeVar("T", bound=msgspec.Struct)
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]

# Raised whenever code changes what a text's verdict can be: cached verdicts of older code are void.
_DETECTOR_REVISION: Final = 12


class Level(StrEnum):
    """How little it takes to keep a prompt here."""

    STRICT = "strict"
    BALANCED = "balanced"


class EntityAction(StrEnum):
    """What a finding means.

    ``LOCAL``: the prompt stays on this machine, in mask mode too. ``MASK``: it stays, but in mask
    mode it may leave with a placeholder in place of the value. ``ALLOW``: it is not looked for.
    """

    LOCAL = "local"
    MASK = "mask"
    ALLOW = "allow"


class Entity(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One kind of personal data. ``balanced`` and ``strict`` are the lowest scores that count."""

    label: str
    about: str
    action: EntityAction = EntityAction.MASK
    balanced: float = 0.5
    strict: float = 0.3


class PresidioRecognizer(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One of Presidio's recognisers: the entity that it finds here, and when it counts.

    ``alone``: its shape and check digits are rare enough; otherwise one of its words stands before,
    or one of ``words`` where there are any.
    """

    entity: str
    alone: bool = False
    words: tuple[str, ...] = ()


class ScanBudget(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The most that one text may cost. What does not fit is not cleared: it stays local."""

    seconds: float = 15.0
    characters: int = 1_000_000


class AlwaysPrivate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a user never wants to leave: words (any case, whole words) and regular expressions."""

    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class InternalCode(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Marks of the user's own organisation in source code.

    ``paths`` and ``hosts`` are shell patterns (``*/git/acme/*``, ``*.corp.acme.com``); ``headers``
    are phrases of a licence or copyright header. ``hosts`` such as ``*.internal`` come packaged.
    ``except_`` (in YAML ``except``) takes marks off: a path, a host or a phrase that one of its
    patterns fits is no mark.
    """

    paths: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    except_: tuple[str, ...] = msgspec.field(default=(), name="except")


class Tools(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Whose results are private by origin: shell patterns over a tool's name or words of it.

    ``trusted`` wins over ``private``: it is how a user takes a tool off the list.
    """

    private: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()


class OwnNames(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A names model of the user's own: the folder of a token classifier in ONNX."""

    onnx: str

    @property
    def folder(self) -> Path:
        """The folder."""
        return Path(self.onnx).expanduser()


_UNWEIGHED: Final = 0.6  # the score from which a record counts where nobody weighs it
NamesModel = Literal["rampart", "spacy", "off"] | OwnNames


class PrivacyPolicy(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole policy, as packaged.

    ``offices``: a phone number, an address or a date of birth in a text that is private with less
    than this probability is an office's or an example's, and does not count at the level balanced;
    ``offices_strict`` is that probability at the level strict.
    ``programs``: in code, and in documents that go with it, names, matters and records count from
    this probability on.
    """

    entities: dict[str, Entity]
    presidio: dict[str, PresidioRecognizer] = {}
    level: Level = Level.BALANCED
    names: NamesModel = "rampart"
    attachments_private: bool = False
    offices: Probability = 0.5
    offices_strict: Probability = 0.05
    programs: Probability = 0.2
    budget: ScanBudget = ScanBudget()
    tools: Tools = Tools()
    internal_code: InternalCode = InternalCode()
    always_private: AlwaysPrivate = AlwaysPrivate()

    @classmethod
    def load(cls, own: Path | None = None) -> PrivacyPolicy:
        """The packaged policy, changed by the user's ``privacy.yaml`` in the folder ``own``.

        Raises:
            SettingsError: one of the two files is not a valid policy; with file and line.
        """
        packaged = datafile.load(datafile.packaged("rules") / FILE, cls)
        if own is None or not (own / FILE).exists():
            return packaged.checked(str(datafile.packaged("rules") / FILE))
        return datafile.load(own / FILE, Changes).applied_to(packaged, str(own / FILE))

    def checked(self, file: str) -> PrivacyPolicy:
        """The same policy, once its patterns and numbers are known to work.

        Raises:
            SettingsError: a pattern does not compile, or a number is out of range.
        """
        for pattern in self.always_private.patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                message = f"always_private: {pattern!r} is not a regular expression ({error})."
                raise SettingsError(message, file=file) from error
            if re.search(pattern, ""):
                message = f"always_private: {pattern!r} matches empty text, so everything."
                raise SettingsError(message, file=file)
        for name, entity in self.entities.items():
            if not (0 < entity.balanced <= 1 and 0 < entity.strict <= 1):
                message = f"{name}: thresholds must be above 0 and at most 1."
                raise SettingsError(message, file=file)
        for name, recognizer in self.presidio.items():
            if recognizer.entity not in self.entities:
                message = f"presidio: {name} finds {recognizer.entity}, which is not an entity."
                raise SettingsError(message, file=file)
        if self.budget.seconds <= 0 or self.budget.characters <= 0:
            raise SettingsError("budget: seconds and characters must be above 0.", file=file)
        return self

    @property
    def reads_names(self) -> str:
        """In words, who sees names."""
        if isinstance(self.names, OwnNames):
            return f"names are read by the token classifier in {self.names.folder}"
        return {
            "rampart": "names are read by rampart",
            "spacy": "names are read by spaCy, in English only",
            "off": "nobody reads names, so that only hard facts count",
        }[self.names]

    def threshold(self, entity: str) -> float:
        """The lowest score at which ``entity`` counts; above 1 where it never does."""
        known = self.entities.get(entity)
        if known is None or known.action is EntityAction.ALLOW:
            return 2.0
        least = known.strict if self.level is Level.STRICT else known.balanced
        return min(least, _UNWEIGHED) if self.names == "off" else least

    def weight(self, entity: str, *, in_code: bool) -> float:
        """The lowest probability that a text is private at which ``entity``, one of those that are
        weighed, counts; ``in_code``: in code, or in a document that goes with it.
        """
        least = self.threshold(entity)
        return min(least, self.programs) if in_code and least <= 1 else least

    def counts_details(self, probability: float, *, in_code: bool = False) -> bool:
        """Whether phones, addresses and dates of birth count where a text is private with this
        probability.
        """
        least = self.offices_strict if self.level is Level.STRICT else self.offices
        return probability >= (min(least, self.programs) if in_code else least)

    def action(self, entity: str) -> EntityAction:
        """What finding ``entity`` means. A type that the policy does not know stays local."""
        known = self.entities.get(entity)
        return EntityAction.LOCAL if known is None else known.action

    def label(self, entity: str) -> str:
        """``entity`` in words, such as "US social security number"."""
        known = self.entities.get(entity)
        return entity if known is None else known.label

    def private_origin(self, origin: str) -> bool:
        """Whether a text is private because of where it comes from.

        ``origin`` is ``user``, ``system``, ``assistant``, ``tool:<name>`` or ``attachment``.
        """
        if origin == "attachment":
            return self.attachments_private
        if not origin.startswith("tool:"):
            return False
        tool = origin.removeprefix("tool:")
        return not is_named(tool, self.tools.trusted) and is_named(tool, self.tools.private)

    def version(self, *user_lists: bytes) -> str:
        """A digest of everything that can change a verdict, ``user_lists`` (allow list) included.

        Equal digests mean equal verdicts for equal texts; cached verdicts are keyed by it.
        """
        digest = hashlib.sha256(f"detector {_DETECTOR_REVISION}\n".encode())
        digest.update(msgspec.json.encode(self, order="deterministic"))
        for part in user_lists:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()


class EntityChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a user changes about one entity."""

    action: EntityAction | None = None
    balanced: float | None = None
    strict: float | None = None


class Changes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A user's own privacy.yaml: only what differs. Lists are added to the packaged ones."""

    entities: dict[str, EntityChange] = {}
    level: Level | None = None
    names: NamesModel | None = None
    attachments_private: bool | None = None
    offices: Probability | None = None
    offices_strict: Probability | None = None
    programs: Probability | None = None
    budget: ScanBudget | None = None
    tools: Tools = Tools()
    internal_code: InternalCode = InternalCode()
    always_private: AlwaysPrivate = AlwaysPrivate()

    def applied_to(self, policy: PrivacyPolicy, file: str) -> PrivacyPolicy:
        """``policy`` with these changes.

        Raises:
            SettingsError: an entity that the policy does not have, or a value that cannot work.
        """
        entities = dict(policy.entities)
        for name, change in self.entities.items():
            if name not in entities:
                known = ", ".join(sorted(entities))
                raise SettingsError(f"{name} is not an entity. Known: {known}.", file=file)
            entities[name] = msgspec.structs.replace(entities[name], **_set_fields(change))
        names = (
            "level", "names", "attachments_private", "offices", "offices_strict", "programs",
            "budget",
        )  # fmt: skip
        scalars = _set_fields(self, names)
        changed = msgspec.structs.replace(
            policy,
            entities=entities,
            tools=_joined(policy.tools, self.tools),
            internal_code=_joined(policy.internal_code, self.internal_code),
            always_private=_joined(policy.always_private, self.always_private),
            **scalars,
        )
        return changed.checked(file)


def _set_fields(struct: msgspec.Struct, names: Iterable[str] = ()) -> Mapping[str, object]:
    chosen = tuple(names) or struct.__struct_fields__
    return {name: value for name in chosen if (value := getattr(struct, name)) is not None}


def _joined(ours: T, theirs: T) -> T:
    return type(ours)(
        **{name: getattr(ours, name) + getattr(theirs, name) for name in ours.__struct_fields__}
    )
