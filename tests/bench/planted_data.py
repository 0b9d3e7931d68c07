"""What must stay here wherever it stands in a repository: invented customers and keys."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Iterator
from typing import Final

from tests.bench.repositories import person

STREETS: Final = ("Linden Street", "Hillcrest Avenue", "Mill Road", "Harbour Lane")


def planted(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Kind and text of every plant, with new values at each call."""
    for kind, write in _KINDS.items():
        yield kind, write(chance)


def shown(text: str, path: str, chance: random.Random) -> tuple[str, str]:
    """How, and as what, a tool shows ``text``."""
    lines = text.splitlines()
    return chance.choice(
        (
            ("whole", text),
            ("numbered", "\n".join(f"{n:6}\t{line}" for n, line in enumerate(lines, 40))),
            ("grep", "\n".join(f"\x1b[35m{path}\x1b[m:{n}:{ln}" for n, ln in enumerate(lines, 7))),
            (
                "diff",
                f"diff --git a/{path} b/{path}\nindex 3f2a9c1..9be01d7 100644\n--- a/{path}\n"
                f"+++ b/{path}\n@@ -1,2 +1,{len(lines)} @@\n" + "\n".join(f"+{ln}" for ln in lines),
            ),
        )
    )


def _card(chance: random.Random) -> str:
    digits = [4, *(chance.randint(0, 9) for _ in range(14))]
    doubled = sum(d if n % 2 else sum(divmod(2 * d, 10)) for n, d in enumerate(digits))
    return "".join(map(str, [*digits, -doubled % 10]))


def _phone(chance: random.Random) -> str:
    return f"+49 17{chance.randint(0, 9)} {chance.randint(2_000_000, 9_999_999)}"


def _key(chance: random.Random, length: int = 32) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=length))


def _born(chance: random.Random) -> str:
    return f"19{chance.randint(50, 99)}-0{chance.randint(1, 9)}-{chance.randint(10, 28)}"


def _rows(chance: random.Random) -> str:
    rows = [
        f"{n},{name},{mail},{_phone(chance)},{_born(chance)}"
        for n, (name, mail) in enumerate((person(chance) for _ in range(6)), 1001)
    ]
    return "\n".join(["id,name,email,phone,birth_date", *rows])


def _dump(chance: random.Random) -> str:
    people = [person(chance) for _ in range(4)]
    values = ",\n".join(
        f"  ({n}, '{name}', '{mail}', '{chance.randint(10, 99)} {chance.choice(STREETS)}')"
        for n, (name, mail) in enumerate(people, 1)
    )
    head = "-- MySQL dump 10.13\nDROP TABLE IF EXISTS customers;\nLOCK TABLES `customers` WRITE;\n"
    return f"{head}INSERT INTO `customers` (id, name, email, street) VALUES\n{values};\n"


def _environment(chance: random.Random) -> str:
    return (
        f"APP_ENV=production\nDATABASE_URL=postgres://app:{_key(chance, 14)}@db.prod:5432/shop\n"
        f"STRIPE_SECRET_KEY=sk_live_{_key(chance, 24)}\nSMTP_PASSWORD={_key(chance, 12)}7\n"
    )


def _ticket(chance: random.Random) -> str:
    name, mail = person(chance)
    return (
        f"# Ticket {chance.randint(1000, 9999)}: cannot log in\n\nReported by {name} ({mail}, "
        f"{_phone(chance)}).\nShe lives at {chance.randint(2, 99)} {chance.choice(STREETS)} and "
        f"her card {_card(chance)} was charged twice.\n"
    )


def _log(chance: random.Random) -> str:
    return "\n".join(
        f"2026-03-1{n} 09:1{n}:22,481 INFO checkout user={person(chance)[1]} "
        f"card={_card(chance)} ip=84.112.{chance.randint(2, 99)}.17 total=49.90"
        for n in range(5)
    )


def _fixture(chance: random.Random) -> str:
    name, mail = person(chance)
    return (
        '[\n  {\n    "model": "shop.customer",\n    "pk": 4711,\n    "fields": {\n'
        f'      "full_name": "{name}",\n      "email": "{mail}",\n'
        f'      "phone": "{_phone(chance)}",\n'
        f'      "birth_date": "{_born(chance)}"\n    }}\n  }}\n]\n'
    )


def _code(chance: random.Random) -> str:
    return (
        "import smtplib\n\ndef client():\n    server = smtplib.SMTP('smtp.posteo.de', 587)\n"
        f"    server.login('shop', password='{_key(chance, 13)}!4')\n    return server\n\n"
        f"AWS_ACCESS_KEY_ID = 'AKIA{_key(chance, 16).upper()}'\n"
    )


def _comment(chance: random.Random) -> str:
    name, mail = person(chance)
    return (
        "export function refund(order) {\n"
        f"  // {name} called again about order 48812, her number is {_phone(chance)}, {mail}\n"
        "  return order.total * rate(order.country);\n}\n"
    )


def _mbox(chance: random.Random) -> str:
    (name, mail), (other, its) = person(chance), person(chance)
    return (
        f"From: {name} <{mail}>\nTo: {other} <{its}>\nDate: Tue, 3 Mar 2026 09:12:44 +0100\n"
        "Subject: my invoice\n\nHello, I have moved, please send it to my new address.\n"
    )


def _card_file(chance: random.Random) -> str:
    name, mail = person(chance)
    return f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nEMAIL;TYPE=home:{mail}\nEND:VCARD\n"


def _payroll(chance: random.Random) -> str:
    rows = [
        f"{name}\t{mail}\t{chance.randint(28, 90)}000\t{chance.choice(('raise', 'none'))}"
        for name, mail in (person(chance) for _ in range(4))
    ]
    return "\n".join(["employee\temail\tsalary\tdecision", *rows])


def _chat(chance: random.Random) -> str:
    (name, mail), (other, _) = person(chance), person(chance)
    one, two = name.split(" ")[0], other.split(" ")[0]
    return (
        f"[09:12] {one}: I am still off sick, the knee needs surgery\n"
        f"[09:13] {two}: sorry to hear that. shall I tell the boss?\n"
        f"[09:15] {one}: not yet please. write me at {mail}\n"
    )


def _calendar(chance: random.Random) -> str:
    name, mail = person(chance)
    return (
        "BEGIN:VEVENT\nDTSTART:20260311T090000Z\nSUMMARY:Therapy session\n"
        f"ATTENDEE;CN={name}:mailto:{mail}\nDESCRIPTION:second talk about the divorce\nEND:VEVENT\n"
    )


def _order(chance: random.Random) -> str:
    name, mail = person(chance)
    return (
        f'<order id="{chance.randint(10_000, 99_999)}">\n  <buyer>{name}</buyer>\n'
        f"  <email>{mail}</email>\n"
        f"  <ship>{chance.randint(2, 99)} {chance.choice(STREETS)}</ship>\n</order>\n"
    )


def _login(chance: random.Random) -> str:
    return f"machine ftp.nordwind.net\n  login deploy\n  password {_key(chance, 14)}\n"


def _cluster(chance: random.Random) -> str:
    value = base64.b64encode(_key(chance, 20).encode()).decode()
    return (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop-db\ntype: Opaque\n"
        f"data:\n  password: {value}\n"
    )


def _array(chance: random.Random) -> str:
    rows = [
        f"    ['name' => '{name}', 'mail' => '{mail}', 'owes' => {chance.randint(20, 900)}],"
        for name, mail in (person(chance) for _ in range(4))
    ]
    return "\n".join(["$members = [", *rows, "];"])


_KINDS: Final[dict[str, Callable[[random.Random], str]]] = {
    "customer rows": _rows,
    "database dump": _dump,
    ".env": _environment,
    "support ticket": _ticket,
    "log of customers": _log,
    "fixture of a customer": _fixture,
    "secrets in code": _code,
    "comment about a customer": _comment,
    "mail of a customer": _mbox,
    "card file": _card_file,
    "payroll": _payroll,
    "chat": _chat,
    "calendar": _calendar,
    "order": _order,
    "login file": _login,
    "secret of a cluster": _cluster,
    "array of members": _array,
}
