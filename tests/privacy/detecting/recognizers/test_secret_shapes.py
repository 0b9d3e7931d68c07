"""Passwords that nobody calls one are found by their shape, and look-alikes are not."""

from __future__ import annotations

import pytest

from edgeroute.privacy.detecting.recognizers.secrets import Secrets
from edgeroute.privacy.detecting.text.page import Page

FINDER = Secrets()

WALLET = "acorn violin harbor maple cactus ginger pillow rocket saddle walnut yonder zephyr"
PASSWORDS = [
    # By their shape alone.
    ("It is Plum!Ladder7, make me a card.", "Plum!Ladder7"),
    ("Loguję się do drukarki jako serwis, Malina!Sowa5, i nic.", "Malina!Sowa5"),
    ("Entro no modem com admin e Figueira#Azul3 e nada.", "Figueira#Azul3"),
    # By a login, a network or an act beside it.
    ("I tried root / Willow_Kettle91 on the switch but it refuses.", "Willow_Kettle91"),
    ("my nan uses Teacup-1949-Daisy for everything, facebook, bank", "Teacup-1949-Daisy"),
    ("Im Hotel hatte ich als Zugang hotelgast und Birnbaum_74x.", "Birnbaum_74x"),
    ("C'était Noisette_88 pour la box, comment réinitialiser ?", "Noisette_88"),
    ("Entro en el router con admin y Girasol.Verde77 y me echa.", "Girasol.Verde77"),
    ("Mi collego al NAS come ospite con Limone-Salato8.", "Limone-Salato8"),
    ("Ik log in als beheer met Paardenbloem_61 maar kom er niet in.", "Paardenbloem_61"),
    ("Modeme admin ve Zeytin_Dali42 ile giriyorum ama olmuyor.", "Zeytin_Dali42"),
    ("Do routeru lezu přes admin a Kocour.Mnau7, nejde to.", "Kocour.Mnau7"),
    ("Захожу в роутер как admin, Kalina_Malina77, не пускает.", "Kalina_Malina77"),
    ("ルーターにadminとTanuki_Soba55で入れません。", "Tanuki_Soba55"),
    ("공유기에 admin이랑 Horangi_Tteok9 넣어도 안 돼요.", "Horangi_Tteok9"),
    ("路由器用admin和Shizi_Tou66登不进去。", "Shizi_Tou66"),
    ("أدخل للراوتر باسم admin و Zahra_Warda88 ولا يعمل", "Zahra_Warda88"),
    ("राउटर में admin और Kamal_Phool77 डालने पर नहीं खुलता", "Kamal_Phool77"),
    ("Dear guests\n\nwifi\n  Seagull\n  Pebble_Beach3x\nbins on monday", "Pebble_Beach3x"),
    # Of words alone, and of groups.
    ("For the passphrase take the sentence seven herons under Almsted pier, no caps.",
     "seven herons under Almsted pier"),
    (f"the tin says {WALLET}, and there was a trezor", WALLET),
    ("I set the app password wqzt ploa xkcd mbru in the scanner", "wqzt ploa xkcd mbru"),
    ("The key on the box is 4TQ7H-9MWX2-3KDPJ-VR6BC, it says already activated", "4TQ7H-9MWX2"),
]  # fmt: skip

COMMANDS = [
    ("username guard privilege 15 password 0 m4-Loft/floor", "m4-loft/floor"),
    ("snmp-server community Rose+Garden9 RO 12", "rose+garden9"),
    ("snmpbulkwalk -v2c -c Rose+Garden9 10.2.2.1", "rose+garden9"),
    ("mosquitto_pub -h 10.0.0.1 -u u -P Kelp_4harbor -t a", "kelp_4harbor"),
    ("plink -ssh ops@10.0.0.2 -pw Kelp_4harbor", "kelp_4harbor"),
    ("set psksecret Kelp_4harbor", "kelp_4harbor"),
    ("key 7 104D000A0618131E14", "104d000a0618131e14"),
]

HARMLESS = [
    "type: text_editor_20250728, name: str_replace_based_edit_tool",
    "Log in to image-model-2 or nano-pear-3 with the flag fine-grained-streaming-2025-05-14.",
    "-----BEGIN CERTIFICATE-----\nMIIDqTCCApGgAwIBAgIUe+Kd8w2rYxQmZ0bTn4vLqP7sHcEw+Fg5Kz\nQm9y\n",
    '"Europe/Oslo": "H4sIAKxWr2QC/3VQwU7DMAy+8xVWr+vBdTqn0LqQ+Zt9ySxkqpT3eVbXh0mYwzq0JgEAAA"',
    "log in to web-prod-03 and restart nginx-ingress-2",
    "The network is called Harbor-Guest_5G and I use WPA2-PSK.",
    "Sign in with your account to download Visual-Studio-2022 and Python-3.12.",
    "Press F10 to enter the BIOS, then Ctrl+Alt+F2.",
    "admin of the school asked for iPhone-15-Pro cases and Galaxy-Tab-S9 covers",
    "I got an email about the COVID-19 vaccine, is it real?",
    "Which router is better, TL-WR841N or Archer-AX55?",
    "Add jwt-auth-middleware2 to the login route.",
    "The SWIFT code of the bank is BARCGB22, what is it used for?",
    "License-Expression: BSD-3-Clause\nProject-URL: Homepage",
    "ORCID for the login: https://orcid.org/0000-0001-5109-3700",
    "Add this for the backup user:\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP7m0uYv2cXb4nRr a@b",
    "snmp-server community ******** RO 12\nkey 7 <removed>",
    "username admin privilege 15 secret 9 <removed>",
    "the words of the year are good and bad, says the bank",
]


def found(text: str) -> list[str]:
    """What is found in a text, in small letters."""
    page = Page(text, full=True)
    hits = FINDER.find(page) if page.holds(FINDER.needs) else ()
    return [text[hit.start : hit.end].lower() for hit in hits]


@pytest.mark.parametrize(("text", "secret"), PASSWORDS)
def test_a_password_is_found_by_its_shape(text: str, secret: str) -> None:
    """Where no word for a password stands near it, in any of the languages."""
    assert any(secret.lower() in one for one in found(text)), found(text)


@pytest.mark.parametrize(("line", "secret"), COMMANDS)
def test_a_switch_or_a_tool_tells_its_secret(line: str, secret: str) -> None:
    """Configurations of switches and commands are read where they stand in a question."""
    assert any(secret in one for one in found(f"Why does this fail:\n\n{line}\n\nany idea?"))


@pytest.mark.parametrize("text", HARMLESS)
def test_a_name_with_digits_and_signs_is_no_password(text: str) -> None:
    """Hosts, networks, products, licences, routes and public keys are none."""
    assert found(text) == []
