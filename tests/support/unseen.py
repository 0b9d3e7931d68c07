"""Signs that nobody sees, and values that they must not hide."""

from __future__ import annotations

import unicodedata
from typing import Final

# Every kind of sign without a look of its own; of private use and surrogates, that of which there
# are thousands, a few.
SIGNS: Final = [
    *(
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in {"Cc", "Cf"} and chr(code) not in "\t\n\r"
    ),
    "\u034f", "\ufffd", "\ufffc", "\uffff", "\ue000", "\uf8ff", "\U000f0000", "\U0010fffd",
    "\u20e3", "\ufe0f", "\u3164", "\U000e0100",
]  # fmt: skip
SEQUENCES: Final = [
    "\x1b[01;31m\x1b[K", "\x1b[m\x1b[K", "\x1b[38;2;255;0;10m", "\x1b[?25l", "\x1b(B\x1b[m",
    "\x1b]0;title\x07", "\x1b]8;;file://host/f\x1b\\", "\x1bPq\x1b\\",
    "\\u0000", "\\u001b[31m", "\\x1b[0m", "\\e[1m", "\\033[1;31m", "&#8203;", "&zwj;", "%00", "=\n",
]  # fmt: skip
VALUES: Final = {
    "SSN": "521-44-9821",
    "card": "4539 1488 0343 6467",
    "mail": "anna.kowalska@posteo.net",
    "phone": "+49 171 2345678",
    "IBAN": "DE28500502010734912086",
    "key": "sk-proj-Xq7vN2mK9tLw4RzYb8HdJ3fPs6GcVa1TeUiOoQ5x",
}


def hidden(kind: str, sign: str) -> dict[str, str]:
    """The value of ``kind`` in a sentence, with ``sign`` in all the ways that may hide it."""
    value = VALUES[kind]
    written = {
        "everywhere": sign.join(value),
        "once": value[:5] + sign + value[5:],
        "at its ends": f"{sign}{value}{sign}",
        "between words": f"x{sign}{value}{sign}y",
        "between values": f"{value}{sign}{value}",
    }
    if sign == "=\n":  # a soft break parts nothing
        written = {how: written[how] for how in ("once",)}
    return {how: f"My {kind} is {text} here." for how, text in written.items()}
