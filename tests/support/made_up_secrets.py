"""Made-up secrets, and the ways of secret_syntaxes.yaml to write one down."""

from __future__ import annotations

import hashlib
import re
import string
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

import yaml

_ALNUM: Final = string.ascii_letters + string.digits
_WORDS: Final = [
    "otter",
    "marble",
    "cradle",
    "tulip",
    "pepper",
    "window",
    "harbor",
    "velvet",
    "mango",
    "thunder",
    "pickle",
    "saddle",
    "copper",
    "walrus",
    "gravel",
    "lantern",
    "fennel",
    "bramble",
    "cactus",
    "ginger",
    "puzzle",
    "ribbon",
    "sailor",
    "turnip",
]
_SEED: Final = [
    "ripple",
    "canyon",
    "exhaust",
    "turtle",
    "ginger",
    "velvet",
    "hollow",
    "basic",
    "merit",
    "sauce",
    "drum",
    "outer",
    "crater",
    "fiscal",
    "ladder",
    "oxygen",
    "plunge",
    "rebel",
    "scout",
    "tattoo",
    "urban",
    "vessel",
    "walnut",
    "zebra",
]


def syntaxes() -> list[tuple[str, str]]:
    """Each syntax with its group."""
    path = Path(__file__).with_name("secret_syntaxes.yaml")
    groups = yaml.safe_load(path.read_text("utf-8"))
    return [(group, syntax) for group, members in groups.items() for syntax in members]


def held_back(syntax: str) -> bool:
    """Whether no pattern was written with a look at this one: a third of all, by digest."""
    return hashlib.sha256(syntax.encode()).digest()[0] % 3 == 0


def filled(syntax: str, random: Random) -> str:
    """``syntax`` with made-up values."""
    return re.sub(r"<(\w+)>", lambda match: _value(match[1], random) or match[0], syntax)


def _value(kind: str, random: Random) -> str:
    def some(signs: str, least: int, most: int) -> str:
        return "".join(random.choice(signs) for _ in range(random.randint(least, most)))

    if kind.startswith("B64_"):
        size = int(kind[4:])
        return some(_ALNUM + "./", size, size)
    makers = {
        "pw": lambda: _mixed(some(_ALNUM, 5, 9) + random.choice("!#*+?@^") + some(_ALNUM, 2, 4)),
        "odd": lambda: (
            _mixed(some(_ALNUM, 2, 4))
            + random.choice(["(", "[", "{", ")", "]", "}", "::", "--", "(!"])
            + _mixed(some(_ALNUM, 4, 6))
        ),
        "word": lambda: (
            random.choice(_WORDS).capitalize()
            + random.choice(["", "-", "_", "."])
            + random.choice(_WORDS)
            + str(random.randint(10, 9999))
        ),
        "tok": lambda: _mixed(some(_ALNUM, 22, 38)),
        "low": lambda: _mixed(some(string.ascii_lowercase + string.digits, 24, 36)),
        "hex": lambda: some("0123456789abcdef", 64, 64),
        "b64": lambda: _mixed(some(_ALNUM + "+/", 38, 38)) + "==",
        "pin": lambda: some("23456789", 4, 6),
        "uuid": lambda: str(UUID(int=random.getrandbits(128), version=4)),
        "seed": lambda: " ".join(random.sample(_SEED, 12)),
        "code": lambda: "-".join(_mixed(some(string.ascii_lowercase, 4, 4)) for _ in range(2)),
        "SEED32": lambda: some("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 32),
    }
    return makers[kind]() if kind in makers else ""


def _mixed(value: str) -> str:
    """``value`` with a digit in it, as most generators see to."""
    return value if re.search(r"\d", value) else value[:-1] + "7"
