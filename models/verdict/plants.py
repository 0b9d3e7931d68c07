# ruff: noqa: INP001, S608  (a script beside its data, which writes invented statements)
"""What is private in a repository: invented rows, notes and exports about people, as code has them.

The scale learns them among lines of published code, so that code around them does not make them
harmless; and pieces written out by other hands, private ones and harmless look-alikes in equal
number (``pieces/``). The bench plants other kinds, written apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.repositories import FAMILY, GIVEN

_AROUND: Final = 7  # lines of code before and after
_LINE: Final = 160  # characters of such a line
_HOSTS: Final = (
    "gmail.com", "outlook.com", "web.de", "orange.fr", "libero.it", "wp.pl", "icloud.com",
    "hofmann-bau.de", "lakeview-dental.com", "maison-roux.fr", "nordlys.no", "bluebarn.co.uk",
)  # fmt: skip
_MATTERS: Final = (
    "refund refused, she is behind with three instalments",
    "wants his account closed, he is in hospital until May",
    "asked us not to call at work again",
    "her ex-husband must not learn the new address",
    "card declined twice, says the bank froze it",
    "diagnosed last week, pauses the membership",
    "is being let go in June, keep it quiet",
    "visa runs out, needs the payslips as proof",
)
_PLANS: Final = ("basic", "family", "premium", "trial")


class Piece(msgspec.Struct, frozen=True):
    """Something that stands in a repository."""

    kind: str
    private: bool
    text: str


def pieces(path: Path = Path(__file__).parent / "pieces" / "first.jsonl") -> list[Piece]:
    """All that another hand wrote, from the file ``path``."""
    return [msgspec.json.decode(line, type=Piece) for line in path.read_bytes().splitlines()]


def among(lines: Sequence[str], chance: random.Random) -> Iterator[str]:
    """A text of each kind between ``lines`` of a file."""
    for write in _KINDS:
        yield between(lines, write(chance), chance)


def between(lines: Sequence[str], text: str, chance: random.Random) -> str:
    """``text`` between some lines of a file."""
    place = chance.randrange(max(1, len(lines) - _AROUND))
    around = [line[:_LINE] for line in lines[max(0, place - _AROUND) : place + _AROUND]]
    before = min(place, _AROUND)
    return "\n".join([*around[:before], text, *around[before:]])


def _person(chance: random.Random) -> tuple[str, str]:
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    local = chance.choice(
        (f"{given}.{family}", f"{given[0]}.{family}", f"{family}{chance.randint(60, 99)}", given)
    )
    return f"{given} {family}", f"{local}@{chance.choice(_HOSTS)}".lower()


def _day(chance: random.Random) -> str:
    return f"2026-0{chance.randint(1, 9)}-{chance.randint(10, 28)}"


def _members(chance: random.Random) -> str:
    rows = [
        f"{mail};{name};{chance.choice(_PLANS)};{_day(chance)};{chance.choice(('yes', 'no'))}"
        for name, mail in (_person(chance) for _ in range(5))
    ]
    return "\n".join(["mail;member;plan;since;paid", *rows])


def _addresses(chance: random.Random) -> str:
    rows = [f'    ("{_person(chance)[1]}", {chance.randint(100, 9000)}),' for _ in range(6)]
    return "\n".join(["CUSTOMERS_TO_CHARGE = [", *rows, "]"])


def _seed(chance: random.Random) -> str:
    people = [_person(chance) for _ in range(3)]
    rows = [
        f"  - login: {mail.split('@')[0]}\n    display_name: {name}\n    email: {mail}\n"
        f"    last_seen: {_day(chance)}\n    note: {chance.choice(_MATTERS)}"
        for name, mail in people
    ]
    return "\n".join(["accounts:", *rows])


def _directory(chance: random.Random) -> str:
    name, mail = _person(chance)
    given, family = name.split(" ")
    return (
        f"dn: uid={given.lower()},ou=people,dc=firm,dc=net\nobjectClass: inetOrgPerson\n"
        f"cn: {name}\nsn: {family}\nmail: {mail}\nemployeeType: on sick leave\n"
    )


def _remark(chance: random.Random) -> str:
    name, mail = _person(chance)
    mark = chance.choice(("#", "//", "--", " *"))
    return f"{mark} {name} <{mail}> complained on {_day(chance)}: {chance.choice(_MATTERS)}"


def _access(chance: random.Random) -> str:
    return "\n".join(
        f'{_day(chance)}T0{chance.randint(1, 9)}:14:5{n}Z level=warn msg="login failed" '
        f"user={_person(chance)[1]} ip=87.{chance.randint(100, 190)}.{chance.randint(2, 250)}.41"
        for n in range(5)
    )


def _report(chance: random.Random) -> str:
    name, mail = _person(chance)
    return (
        f"## Complaint {chance.randint(1000, 9999)}\n\nFrom {name} ({mail}), {_day(chance)}.\n"
        f"{name.split(' ')[0]}: {chance.choice(_MATTERS)}.\n"
    )


def _recorded(chance: random.Random) -> str:
    name, mail = _person(chance)
    return (
        '{"response": {"status": 200, "body": {"customer": {"name": "'
        f'{name}", "email": "{mail}", "balance": -{chance.randint(20, 900)}.50, '
        f'"support_note": "{chance.choice(_MATTERS)}"}}}}}}}}'
    )


def _statement(chance: random.Random) -> str:
    (name, mail), (_, other) = _person(chance), _person(chance)
    return (
        f"UPDATE users SET email = '{mail}', overdue = {chance.randint(30, 800)} "
        f"WHERE full_name = '{name}';\nDELETE FROM subscribers WHERE email = '{other}';"
    )


def _survey(chance: random.Random) -> str:
    rows = [
        f"| {name} | {mail} | {chance.choice(_MATTERS)} |"
        for name, mail in (_person(chance) for _ in range(3))
    ]
    return "\n".join(["| who | mail | answer |", "|---|---|---|", *rows])


_KINDS: Final[tuple[Callable[[random.Random], str], ...]] = (
    _members, _addresses, _seed, _directory, _remark, _access, _report, _recorded, _statement,
    _survey,
)  # fmt: skip
