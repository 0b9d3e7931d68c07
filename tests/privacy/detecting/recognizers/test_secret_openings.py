"""Codes are found by what they open, and numbers that open nothing are not."""

from __future__ import annotations

import time

import pytest

from edgeroute.privacy.detecting.recognizers.secrets import Secrets
from edgeroute.privacy.detecting.text.page import Page

FINDER = Secrets()

CODES = [
    # What opens is said after what rings.
    ("Call the helpline first, then the gate 4471 for the van.", "4471"),
    # Typed, in any order of what opens and how.
    ("The laundry room is on the left, just push 4408 and then the green arrow.", "4408"),
    ("The pump controller's engineer menu wants 3317, now it says E4.", "3317"),
    ("Der Kollege meldet sich an der Kasse mit 5507 an, wie ändere ich das?", "5507"),
    ("L'alarme du magasin se coupe avec 7731, écris-le joliment.", "7731"),
    ("Per spegnere l'antifurto si digita 3390 entro venti secondi.", "3390"),
    ("La persiana del local sube con 9082, escríbelo para la tarde.", "9082"),
    ("O alarme da loja desliga com 6158, escreve isso.", "6158"),
    ("De poort gaat open met 5540, zet dat op een briefje.", "5540"),
    ("Alarm w sklepie rozbrajam 4093, ale pika dalej.", "4093"),
    ("Depo kilidi 6203 ile kapatılır.", "6203"),  # noqa: RUF001 - Turkish
    ("Grinden öppnas med 3385, skriv en lapp.", "3385"),
    ("Trezor v pokoji jsem zavřel na 4482 a nejde otevřít.", "4482"),
    ("Калитка открывается на 4471, напиши сантехнику.", "4471"),
    ("勝手口は4092で開きます。メモを書いてください。", "4092"),
    ("후문은 5582 누르면 열려요. 문자 써줘.", "5582"),
    ("保险箱我设的是690412,现在打不开。", "690412"),
    ("خزنة الفندق ضبطتها على 5809 والآن لا تفتح", "5809"),
    ("गेट 4471 दबाने से खुलता है, मैसेज लिखो", "4471"),
    # With a sign, a letter or in groups.
    ("Das Garagentor reagiert auf 8093# nicht mehr, Akku leer?", "8093#"),
    ("Pour le livreur : portillon bleu, faites le 62B18, deuxième étage.", "62B18"),
    ("Text my brother that the barn padlock is 7 2 9 4 these days.", "7 2 9 4"),
    ("For the plumber: meter cupboard opens with 90-31-55, close it again.", "90-31-55"),
    ("Larmet stängs av med 70 33 12, kan du skriva det fint?", "70 33 12"),
    ("A porta do prédio abre com 2207 e asterisco, faz um bilhete.", "2207"),
    ("the vault in the shop: left to 12, then right past it to 40, left to 7", "left to 12"),
    # Sent once, on a card, said aloud.
    ("A man wants the text I got, verification code 618 205, he is from the bank", "618 205"),
    ("the shop wants the digits on the back, those are 207, is that safe", "207"),
    ("the gate pad, tell him it's four nine nine one and then hash", "four nine nine one"),
    ("password for her laptop is capital M a p l e dash nine, write it big", "m a p l e"),
]  # fmt: skip

HARMLESS = [
    # Numbers that are rung, however near something that has a lock.
    "Box for page two: the night helpline 118 240, the tenants' office at Iron Gate House.",
    "Reception has the switchboard 01632 960 700, extension 5120 for the front desk.",
    "Na dole ramki: telefon zaufania 117 222, numer alarmowy 112.",
    "便民栏:供水热线95598,投诉12366,报警110。",
    "The safe weighs 1250 kg, can two people carry it?",
    "Room 4471 is on the fourth floor, the lift is by the door.",
    "Please order 25 padlocks, article 4471-20, and one key cabinet KS-48.",
    "The panel shows error 5012, what does that mean on a boiler?",
    "The door was installed in 1987, is it worth replacing?",
    "How many combinations has a lock with four wheels, is it 10000?",
    "Tor zur Einfahrt: Breite 3500, Höhe 1800, welche Antriebe passen?",
    "El portón mide 3200 y pesa 180 kilos.",
    "La cassaforte costa 1490 euro, è un buon prezzo?",
    "门宽1200毫米,高2100毫米,买什么锁?",
    "Enter 1000 in the cell and press Enter, the total is 4,500.",
    "Bus 4471 leaves from the gate at 10:15.",
    "Alarm threshold is set to 8500 rpm on the panel.",
    "How do I change the default code of a key safe, the paper says 1234?",
    "Diode BAP64-02 or transistor 2N3904, which one for the switch of the door?",
]


def found(text: str) -> list[str]:
    """What is found in a text, in small letters."""
    page = Page(text, full=True)
    hits = FINDER.find(page) if page.holds(FINDER.needs) else ()
    return [text[hit.start : hit.end].lower() for hit in hits]


@pytest.mark.parametrize(("text", "code"), CODES)
def test_a_code_is_found_by_what_it_opens(text: str, code: str) -> None:
    """In any of the languages, with any act, before or after the code."""
    assert any(code.lower() in one for one in found(text)), found(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_number_that_opens_nothing_is_none(text: str) -> None:
    """Measures, rooms, articles, errors, years and round numbers near a lock are no codes."""
    assert found(text) == []


def test_a_long_text_is_read_in_linear_time() -> None:
    """Four times as many codes take some four times as long."""
    text = "door 4821 9036 and gate 48-12-67, a b c d e f one two three four type it. "
    spent = []
    for length in (10_000, 40_000):
        start = time.process_time()
        list(FINDER.find(Page((text * 1000)[:length], full=True)))
        spent.append(time.process_time() - start)
    assert spent[1] < 10 * spent[0] + 0.1
