"""Secrets are found in any syntax, and what only looks like one is not."""

from __future__ import annotations

import time
from random import Random

import pytest

from edgeroute.privacy.detecting.recognizers.secret_names import NameKind, kind
from edgeroute.privacy.detecting.recognizers.secret_values import Strength, strength
from edgeroute.privacy.detecting.recognizers.secrets import Secrets
from edgeroute.privacy.detecting.text.page import Page
from tests.support.made_up_secrets import filled, syntaxes

FINDER = Secrets()
LEAST_RECALL = 0.97

HARMLESS = [
    # Placeholders.
    "API_KEY=<token>",
    "DB_PASSWORD=${DB_PASSWORD}",
    "PASSWORD=$(pass show db)",
    "password: {{ vault_password }}",
    "SECRET_KEY=xxxxxxxxxxxxxxxx",
    "password: ********",
    "password = changeme",
    'api_key="your-api-key-here"',
    'client = Client(api_key="test-api-key")',
    "TOKEN=dummy-token-123",
    "postgres://user:password@localhost:5432/db",
    "https://user:pass@example.com/",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    "Authorization: Bearer <access_token>",
    # Look-ups and calls.
    'token = os.environ["GITHUB_TOKEN_2"]',
    "password = getpass.getpass()",
    "secret = secrets.token_hex(32)",
    "const token = await getToken(user.id2);",
    "let password = req.body.password1;",
    'password := os.Getenv("DB_PASS2")',
    "this.token = response.data.accessToken",
    "hashPw := pwHash([]byte(password))",
    # Types and arguments.
    "def login(user: str, password: str, token: Token) -> None:",
    "tools=tools, key=lambda x: x[1], multi=True",
    "private_key: Ed25519PrivateKey | None = None",
    "password: Optional[SecretStr] = None",
    "requests<2.28",
    "edit?_method=PUT",
    "token_type = 'Bearer'",
    "form = LoginForm(password=PasswordField(validators=[Length(min=12)]))",
    "max_tokens=4096, tokenizer_2=None",
    "primary_key=True, foreign_key='users.id2'",
    # Hashes, versions and other forms.
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "requests/auth.py,sha256=kfAo8qcCPp5JbCkAUOg0MZ8wSaM-PnzCU9xEhqBGK34,10187",
    '"integrity": "sha512-4mNA9sNVqMxRyCXYhqdQrxxDvR2MuFjzB1tBlTk9Yx5nQv0cYlg7bQrZ1c6yJQ=="',
    "actions/checkout@v4 with token, node@20 and sha256",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2kq9Lw8Vt4Bn7Mz1Qs5Xc3Rf6Tg0Yh4Uj8Ik2Ol5P",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQ==",
    "if line.startswith('-----BEGIN RSA PRIVATE KEY-----'):",
    # Prose.
    "The password must have 12 characters, one digit and one sign.",
    "Forgot password? Reset it under Settings > Account.",
    "Tokens are signed with HS256 or RS256; see RFC 7519 and OAuth 2.0.",
    "How does a password manager store the key with PBKDF2-HMAC-SHA256?",
    "Das Passwort muss 12 Zeichen haben.",
    "Le mot de passe doit contenir 8 caractères.",
    "パスワードは8文字以上にしてください。",
    "비밀번호는 8자 이상이어야 합니다.",
    "密码长度至少8位",
    "пароль должен содержать 8 символов",
    "connect the LED to pin 13 and ground",
    "The seed of the random generator is 42.",
    ".password-field { left: 0; right: 0; color: #ff00aa; }",
]

NAMES = [
    ("PGPASSWORD", NameKind.PASSWORD),
    ("spring.datasource.password", NameKind.PASSWORD),
    ("dbPass2", NameKind.PASSWORD),
    ("SECRET_KEY", NameKind.TOKEN),
    ("x-api-key", NameKind.TOKEN),
    ("ACME_KEY", NameKind.KEY),
    ("public_key", NameKind.NONE),
    ("max_tokens", NameKind.NONE),
    ("tokenizer", NameKind.NONE),
    ("monkey", NameKind.NONE),
    ("bypass", NameKind.NONE),
]

VALUES = [
    ("p(9xK2v!mQ7z", Strength.STRONG),
    ("fSpENwplEOgAnqvTl3Twi215kIkV6l", Strength.RANDOM),
    ("otter1963", Strength.FAIR),
    ("correcthorse", Strength.WORD),
    ("getToken(user)", Strength.NONE),
    ("os.environ[", Strength.NONE),
    ("/etc/ssl/private2", Strength.NONE),
    ("1.2.3-rc1", Strength.NONE),
    ("P4ssw0rd", Strength.NONE),
]


def found(text: str) -> list[str]:
    """What is found in a text."""
    page = Page(text, full=True)
    hits = FINDER.find(page) if page.holds(FINDER.needs) else ()
    return [text[hit.start : hit.end] for hit in hits]


def test_secrets_are_found_in_every_syntax() -> None:
    """Of made-up secrets in all syntaxes and languages, nearly all are found; of each some."""
    random = Random("secrets")
    missed: dict[str, int] = {}
    table = syntaxes()
    for _, syntax in table * 4:
        if not found(filled(syntax, random)):
            missed[syntax] = missed.get(syntax, 0) + 1
    assert len(table) >= 150
    assert sum(missed.values()) <= (1 - LEAST_RECALL) * 4 * len(table), missed


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_secret_is_none(text: str) -> None:
    """Placeholders, expressions, types, hashes and prose about passwords hold no secret."""
    assert found(text) == []


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_the_end_of_a_name_says_what_it_holds(name: str, expected: NameKind) -> None:
    """The last words of a name decide, in any way to join them."""
    assert kind(name) is expected


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_how_much_a_value_looks_like_a_secret(value: str, expected: Strength) -> None:
    """Signs, digits and chance raise a value; expressions, paths and versions are none."""
    assert strength(value) is expected


@pytest.mark.parametrize(
    "part",
    ["my password is ", "password=((", "密码", 'password="', "pin 12 ", "seed abc def ", "a.a"],
)
def test_reading_is_linear(part: str) -> None:
    """A text of a fifth of a million characters is read in some seconds, whatever it repeats."""
    page = Page((part * 200_000)[:200_000], full=True)
    begun = time.thread_time()
    list(FINDER.find(page))
    assert time.thread_time() - begun < 4
