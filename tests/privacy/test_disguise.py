"""What one level of decoding shows is read, in whatever form it is written; look-alikes are not."""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import gzip
import hashlib
import json
import lzma
import re
import textwrap
import time
import unicodedata
import zlib
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, quote_plus

import msgspec
import pytest

from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.detecting.text.decoding import all_readings
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget

Form = Callable[[str], str]

VALUES: Final = (
    "My IBAN is GB55 NWBK 6016 1973 8204 56.",
    "Write to marta.kolasinska@webpost.pl today.",
    "Call me at +48 605 313 772 tonight.",
    "The login password = Rz7kLm42xQ works.",
    "My social security number is 521-44-9821, ok?",
)
NUMBERS: Final = (VALUES[0], VALUES[2], VALUES[4])


def signs(template: str) -> Form:
    """Each character written as ``template``, a format of its code ``c``."""
    return lambda text: "".join(template.format(c=ord(sign)) for sign in text)


def between(mark: str) -> Form:
    """``mark`` between the letters of words."""
    return lambda text: re.sub(r"(?<=\w)(?=[\w@.-])|(?<=[@.-])(?=\w)", lambda _: mark, text)


def inside(before: str, after: str = "") -> Form:
    """Marks around two of the digits or letters near the middle of each value."""
    return lambda text: re.sub(
        r"(?<=[\w.])(\d[\d ]|sk|Lm)(?=\w)", lambda m: f"{before}{m[1]}{after}", text, count=1
    )


def coded(encode: Callable[[bytes], bytes], *steps: Callable[[bytes], bytes]) -> Form:
    """The bytes of the text after ``steps``, written by ``encode``."""

    def form(text: str) -> str:
        data = text.encode()
        for step in steps:
            data = step(data)
        return encode(data).decode()

    return form


def swapped(plain: str, other: str) -> Form:
    """Letters of ``plain`` as those of ``other``."""
    return lambda text: text.translate(str.maketrans(plain, other))


def shifted(capital: int, small: int, digit: int = 0) -> Form:
    """Letters and digits as those of another block of characters."""

    def form(text: str) -> str:
        return "".join(
            chr(capital + ord(sign) - 65) if "A" <= sign <= "Z"
            else chr(small + ord(sign) - 97) if "a" <= sign <= "z"
            else chr(digit + ord(sign) - 48) if digit and sign.isdigit()
            else sign
            for sign in text
        )  # fmt: skip

    return form


def cut(glue: str, at: int = 9) -> Form:
    """``glue`` in the text, ``at`` signs before its end or at the sign of an address."""
    return lambda text: (
        text.replace("@", f"@{glue}") if "@" in text else f"{text[:-at]}{glue}{text[-at:]}"
    )


def dump(text: str, digits: int = 4) -> str:
    """As xxd and hexdump print it."""
    data = text.encode()
    rows = [data[place : place + 16] for place in range(0, len(data), 16)]
    return "\n".join(
        f"{n * 16:08x}: {row.hex(' ', digits // 2)}  ...." for n, row in enumerate(rows)
    )


def uuencoded(text: str) -> str:
    """As uuencode writes it."""
    data = text.encode()
    rows = [binascii.b2a_uu(data[n : n + 45]).decode() for n in range(0, len(data), 45)]
    return f"begin 644 note.txt\n{''.join(rows)}`\nend"


def grouped(sign: str) -> Form:
    """``sign`` between the groups of numbers."""
    return lambda text: re.sub(r"(?<=\d)[ -](?=\d)|(?<=33) | (?=2020)", sign, text)


def b64(text: str) -> str:
    """Plain base64."""
    return base64.b64encode(text.encode()).decode()


FORMS: Final[dict[str, Form]] = {
    # What a terminal or a typesetter shows otherwise.
    "colours": between("\x1b[0m"),
    "256 colours": between("\x1b[38;5;1m"),
    "grep": inside("\x1b[01;31m\x1b[K", "\x1b[m\x1b[K"),
    "cat -v": inside("^[[31m", "^[[0m"),
    "escape lost": inside("[31m", "[0m"),
    "title": inside("\x1b]0;t\x07"),
    "bold overstrike": lambda t: "".join(f"{c}\b{c}" for c in t),
    "underline overstrike": lambda t: "".join(f"_\b{c}" for c in t),
    "NUL": between("\0"),
    "soft hyphen": between("\u00ad"),
    "zero width": between("\u200b"),
    "joiner": between("\u200d"),
    "word joiner": between("\u2060"),
    "mark of order": between("\ufeff"),
    "variation": between("\ufe0f"),
    "struck through": between("\u0336"),
    "private use": between("\ue000"),
    "right to left": lambda t: f"\u202e{t}\u202c",
    "tags": lambda t: "".join(chr(0xE0000 + ord(c)) for c in t),
    "no-break": swapped(" ", "\u00a0"),
    "thin spaces": swapped(" ", "\u2009"),
    "dashes": swapped("-", "\u2013"),
    "non-breaking hyphens": swapped("-", "\u2011"),
    # Other letters and digits.
    "wide": shifted(0xFF21, 0xFF41, 0xFF10),
    "bold": shifted(0x1D400, 0x1D41A, 0x1D7CE),
    "monospace": shifted(0x1D670, 0x1D68A, 0x1D7F6),
    "script": shifted(0x1D4D0, 0x1D4EA),
    "fraktur": shifted(0x1D56C, 0x1D586),
    "sans": shifted(0x1D5A0, 0x1D5BA, 0x1D7E2),
    "circled": shifted(0x24B6, 0x24D0),
    "squared": shifted(0x1F130, 0x61),
    "small capitals": swapped(
        "abcdeijkmnoptuvwz",
        "\u1d00\u0299\u1d04\u1d05\u1d07\u026a\u1d0a\u1d0b\u1d0d\u0274"
        "\u1d0f\u1d18\u1d1b\u1d1c\u1d20\u1d21\u1d22",
    ),
    "Cyrillic": swapped(
        "aeopcxABEKMHOPCT",
        "\u0430\u0435\u043e\u0440\u0441\u0445"
        "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422",
    ),
    "Greek": swapped("ovABEKMTIN", "\u03bf\u03bd\u0391\u0392\u0395\u039a\u039c\u03a4\u0399\u039d"),
    "Arabic digits": swapped(
        "0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"
    ),
    "Hindi digits": swapped(
        "0123456789", "\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f"
    ),
    "superscript": swapped("0123456789", "\u2070\xb9\xb2\xb3\u2074\u2075\u2076\u2077\u2078\u2079"),
    "O for 0": swapped("0", "O"),
    "l for 1": swapped("1", "l"),
    # Markup.
    "<b>": inside("<b>", "</b>"),
    "<span>": between('<span class="x">'),
    "<wbr>": between("<wbr>"),
    "comment": inside("<!-- x -->"),
    "asterisks": inside("**", "**"),
    "tildes": inside("~~", "~~"),
    "underscores": lambda t: f"_{t}_",
    "CDATA": lambda t: f"<v><![CDATA[{t}]]></v>",
    # Escapes.
    "entities": signs("&#{c};"),
    "hex entities": signs("&#x{c:x};"),
    "padded entities": signs("&#{c:07d};"),
    "doubled entities": signs("&amp;#{c};"),
    "&shy;": between("&shy;"),
    "&zwnj;": between("&zwnj;"),
    "named entities": lambda t: (
        t.replace("@", "&commat;")
        .replace(".", "&period;")
        .replace("+", "&plus;")
        .replace("=", "&equals;")
    ),
    "percent": signs("%{c:02x}"),
    "address": quote,
    "address twice": lambda t: quote(quote(t)),
    "form": quote_plus,
    "%u": signs("%u{c:04x}"),
    r"\u": signs(r"\u{c:04x}"),
    r"\\u": signs(r"\\u{c:04x}"),
    r"\u{}": signs(r"\u{{{c:x}}}"),
    r"\U": signs(r"\U{c:08x}"),
    r"\x": signs(r"\x{c:02x}"),
    r"\x{}": signs(r"\x{{{c:x}}}"),
    r"\N": lambda t: "".join(rf"\N{{{unicodedata.name(c)}}}" for c in t),
    "octal": signs(r"\{c:03o}"),
    "CSS": signs(r"\{c:06x}"),
    "CSS, short": signs(r"\{c:x} "),
    "quoted-printable": signs("={c:02X}"),
    "soft break": cut("=\n"),
    "soft break, CRLF": cut("=\r\n"),
    "mail word": lambda t: f"=?utf-8?B?{b64(t)}?=",
    "mail word, Q": lambda t: f"=?utf-8?Q?{signs('={c:02X}')(t)}?=",
    "UTF-7": lambda t: t.replace("@", "+AEA-").replace("=", "+AD0-"),
    # Bytes in letters.
    "base64": b64,
    "base64 for URLs": coded(base64.urlsafe_b64encode),
    "unpadded": lambda t: b64(t).rstrip("="),
    "base64 in lines": lambda t: "\n".join(textwrap.wrap(b64(t), 16)),
    "base64, \\n": lambda t: r"\n".join(textwrap.wrap(b64(t), 20)),
    "base64 of UTF-16": lambda t: base64.b64encode(t.encode("utf-16-le")).decode(),
    "data URL": lambda t: f"data:text/plain;base64,{b64(t)}",
    "echo": lambda t: f'echo "{b64(t)}" | base64 -d',
    "JWT": lambda t: f"eyJhbGciOiJIUzI1NiJ9.{b64(json.dumps({'n': t})).rstrip('=')}.c2ln",
    "gzip": coded(base64.b64encode, gzip.compress),
    "zlib": coded(base64.b64encode, zlib.compress),
    "bz2": coded(base64.b64encode, bz2.compress),
    "xz": coded(base64.b64encode, lzma.compress),
    "deflate": coded(base64.b64encode, lambda d: zlib.compress(d)[2:-4]),
    "gzip in hex": coded(binascii.hexlify, gzip.compress),
    "hex": coded(binascii.hexlify),
    "HEX": lambda t: t.encode().hex().upper(),
    "hex, spaces": lambda t: t.encode().hex(" "),
    "hex, colons": lambda t: t.encode().hex(":"),
    "0x": lambda t: f"0x{t.encode().hex()}",
    "X''": lambda t: f"X'{t.encode().hex()}'",
    "bytes": lambda t: ", ".join(f"0x{byte:02x}" for byte in t.encode()),
    "xxd": dump,
    "hexdump": lambda t: dump(t, 2),
    "base32": coded(base64.b32encode),
    "base85": coded(base64.b85encode),
    "uuencode": uuencoded,
    "binary": lambda t: " ".join(f"{byte:08b}" for byte in t.encode()),
    "bits": lambda t: "".join(f"{byte:08b}" for byte in t.encode()),
    "decimal": lambda t: " ".join(map(str, t.encode())),
    "list": lambda t: str(list(t.encode())),
    "octal list": lambda t: " ".join(f"{byte:o}" for byte in t.encode()),
    "fromCharCode": lambda t: f"String.fromCharCode({','.join(map(str, t.encode()))})",
    "chr": lambda t: "+".join(f"chr({byte})" for byte in t.encode()),
    # Turned, spread and parted.
    "rot13": lambda t: codecs.encode(t, "rot13"),
    "backwards": lambda t: t[::-1],
    "words backwards": lambda t: " ".join(w[::-1] for w in t.split(" ")),
    "spaced": lambda t: "  ".join(" ".join(word) for word in t.split(" ")),
    "joined in C": cut('" "'),
    "joined by +": cut('" + "'),
    "joined in PHP": lambda t: f"'{cut(chr(39) + ' . ' + chr(39))(t)}'",
    "joined in SQL": cut("' || '"),
    "shell quotes": cut("''"),
    "JSON": json.dumps,
    "JSON in JSON": lambda t: json.dumps(json.dumps({"v": t})),
    "shell": lambda t: f"echo $'{signs(chr(92) + 'x{c:02x}')(t)}'",
    "CSV": lambda t: f'a,"{t}",b',
    "SQL": lambda t: f"INSERT INTO t VALUES ('{t}');",
}
# Forms of numbers only.
SEPARATED: Final = {
    "slashes": grouped("/"),
    "asterisks": grouped("*"),
    "pipes": grouped("|"),
    "line ends": grouped("\n"),
    "underscores": grouped("_"),
    "tildes": grouped("~"),
    "commented lines": grouped("\n# "),
    "commas": grouped(", "),
}

DIGEST: Final = hashlib.sha512(b"some package").digest()
PIXEL: Final = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000010000000100806000000") + bytes(
    40
)
CLEAR: Final = (
    "git show 9fceb02d0ae598e95dc970b74767f19372d61af8 and 7c3f9e2",
    f'"integrity": "sha512-{base64.b64encode(DIGEST).decode()}"',
    f"github.com/pkg/errors v0.9.1 h1:{base64.b64encode(DIGEST[:32]).decode()}",
    f'checksum = "{DIGEST[:32].hex()}"',
    "id: 550e8400-e29b-41d4-a716-446655440000",
    "def a_function_with_a_long_name(first_argument, second_argument): return getElementById",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
    "weights = [34, 45, 56, 67, 78, 89, 90, 101, 112, 99]",
    '{"version":3,"mappings":"AAAA,SAASA,QAAQC,MAAMC,GAAG,IAAIC,EAAE,KAAK,IAAI"}',
    "for i, x in reversed(list(enumerate(values))): print(x, file=out)",
    f'<img src="data:image/png;base64,{base64.b64encode(PIXEL).decode()}"> icon',
    "-----BEGIN CERTIFICATE-----\n"
    + "\n".join(
        textwrap.wrap(base64.b64encode(b"\x30\x82\x05\x00\x30" + DIGEST * 20).decode(), 64)
    ),
    "key = " + base64.b64encode(DIGEST).decode(),
    "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |",
    "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n-x = 1\n+x = 2",
    "name: build\nvalue: 12\nformat: json\nexample: 3",
    "https://shop.example/search?q=blue+shoes&page=2&sort=asc",
    "SELECT count(*) FROM t WHERE a = 'x' || 'y' AND b <> 5;",
    r"re.compile(r'^\d{3}-\d{2}-\d{4}$')",
    "The *quick* brown fox_jumps_over the `lazy` dog 3**2 times.",
)
UNREAD: Final = {
    "a PDF": b"%PDF-1.7\n" + DIGEST * 4,
    "a picture": b"\xff\xd8\xff\xe0" + DIGEST * 20,
    "an archive": b"PK\x03\x04" + DIGEST * 4,
    "encoded data": DIGEST + hashlib.sha512(DIGEST).digest() * 12,
}


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """A detector of patterns alone."""
    policy = msgspec.structs.replace(
        PrivacyPolicy.load(), names="off", budget=ScanBudget(seconds=30.0)
    )
    return Detector(policy, tmp_path_factory.mktemp("models"))


def test_the_table_is_long_enough() -> None:
    """At least ninety-six forms are tried."""
    assert len(FORMS) + len(SEPARATED) >= 96


@pytest.mark.parametrize("form", FORMS)
def test_no_form_hides_a_value(detector: Detector, form: str) -> None:
    """A value is found in each form, alone and among other words."""
    written = [FORMS[form](value) for value in VALUES]
    texts = [*written, *(f"notes.txt\n{one}\nsecond line" for one in written)]
    assert [text for text in texts if not detector.scan(text).private] == []


@pytest.mark.parametrize("form", SEPARATED)
def test_no_separator_hides_a_number(detector: Detector, form: str) -> None:
    """Whatever stands between the groups of a number, it is one."""
    texts = [SEPARATED[form](value) for value in NUMBERS]
    assert [text for text in texts if not detector.scan(text).private] == []


@pytest.mark.parametrize("text", CLEAR)
def test_what_only_looks_coded_is_clear(detector: Detector, text: str) -> None:
    """Digests, identifiers, certificates, icons, code and tables hide nothing."""
    assert not detector.scan(text).private


@pytest.mark.parametrize("kind", UNREAD)
def test_what_cannot_be_read_holds_the_text_around_it(detector: Detector, kind: str) -> None:
    """Data that nothing reads is named, however few words stand beside it."""
    text = f"What is this? {base64.b64encode(UNREAD[kind]).decode()} Thanks"
    with pytest.raises(DetectionFailed, match=kind):
        detector.scan(text)


@pytest.mark.parametrize("text", ["521*44*9821", "GB55/NWBK/6016/1973/8204/56", "+48/605/313/772"])
def test_a_finding_covers_all_of_a_parted_value(detector: Detector, text: str) -> None:
    """Its place is where the value began and where it ended."""
    (finding, *_) = detector.scan(f"It is {text} here", full=True).findings
    assert f"It is {text} here"[finding.start : finding.end].strip() == text


@pytest.mark.parametrize(
    "shape",
    ["a", "12 ", "a.", ". ", "01010101 ", "<b>a", '"a" + ', "=41", "\\u", "a@\n", "name: ab\n",
     "a,b\n1,2\n", "aa?\n", "GB33 ", "drowssap ", "\x1b[", "aGVsbG8gd29ybGQ= "],
)  # fmt: skip
def test_no_shape_takes_long(shape: str) -> None:
    """The cost grows with the length alone: text eight times as long takes some eight times as
    long, where it would take 64 times if every place looked at every other.
    """

    def seconds(length: int) -> float:
        text = (shape * length)[:length]
        begun = time.thread_time()
        for _ in all_readings(text):
            pass
        return time.thread_time() - begun

    # The least of three: what else runs on the machine only ever adds.
    assert min(seconds(160_000) for _ in range(3)) < 24 * min(seconds(20_000) for _ in range(3))
