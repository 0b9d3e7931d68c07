"""Each kind of personal data: what is found, and the look-alikes that are not."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import pytest

from edgeroute.privacy.detecting.detector import DetectionFailed, Detector
from edgeroute.privacy.policy import PrivacyPolicy, ScanBudget


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """Patterns alone."""
    policy = msgspec.structs.replace(
        PrivacyPolicy.load(), names="off", budget=ScanBudget(seconds=30.0)
    )
    return Detector(policy, tmp_path_factory.mktemp("models"))


FOUND = [
    ("SECRET", "client = OpenAI(api_key='sk-proj-9Hw7oo0ppTfPMZTiuyEO15lLPU4emkGt')"),
    ("SECRET", "AWS_ACCESS_KEY_ID=AKIAH6YWC3KKM62SVFDP"),
    ("SECRET", "glpat-zIkyvXvaxHL9_eZAjWDh"),
    ("SECRET", "decode eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiAiNUREcDhLIn0.4jae_losNrYwxJnfqx0pLd"),
    ("SECRET", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU"),
    ("SECRET", "redis://:Wq81kfj2mz@cache.prod:6379/0"),
    ("SECRET", "password: pzJZ@cN9wTR\nusername: admin"),
    ("SECRET", "password=hunterkitty&user=ola"),
    ("SECRET", 'smtp_password: "correcthorse"'),
    ("SECRET", "my router admin password is DDZT!2n4Zep, how do I reset it?"),
    ("SECRET", "my bank pin is 4831 and it got locked"),
    ("SECRET", "psql failed, pw tried: Tulip!2931"),
    (
        "SECRET",
        "seed phrase: ripple canyon exhaust turtle ginger velvet hollow basic merit sauce oil drum",
    ),
    ("CREDIT_CARD", "declined: 4539 1488 0343 6467"),
    ("CREDIT_CARD", "change the billing date of my card 503867297114"),
    ("IBAN_CODE", "DE44500105175407324931"),
    ("IBAN_CODE", "IBAN GB29 NWBK 6016 1331 9268 20 to my landlord"),
    ("BANK_ACCOUNT", "account number 321456789K, routing number 021000021"),
    ("US_SSN", "social security number 521449821"),
    ("NATIONAL_ID", "PESEL 82031719429"),
    ("NATIONAL_ID", "Mitt personnummer \u00e4r 811228-9874"),
    ("NATIONAL_ID", "num\u00e9ro de s\u00e9cu 2 84 05 75 116 042 36"),
    ("NATIONAL_ID", "CPF 386.914.752-00"),
    ("NATIONAL_ID", "\u8eab\u4efd\u8bc1\u53f7 330106198704124578"),
    ("NATIONAL_ID", "NI number LK 40 73 18 B"),
    ("PASSPORT", "My passport number C7R4VT2K6 expires in May"),
    ("MEDICAL_RECORD", "Medicare 2123 45670 1"),
    ("DRIVER_LICENSE", "my driver's license number is LH329609T"),
    ("PHONE_NUMBER", "You can call 73 448 266"),
    ("PHONE_NUMBER", "Mobile: 0688 872 49 99"),
    ("PHONE_NUMBER", "meine Nummer ist 0151 23456789"),
    ("PHONE_NUMBER", "\u624b\u673a13812345678"),
    ("EMAIL_ADDRESS", "contact k.nowak[at]firma[dot]pl about the invoice"),
    ("EMAIL_ADDRESS", "reach me: jane dot miller at protonmail dot com"),
    ("STREET_ADDRESS", "my home: 8143 Moore Throughway Apt. 551, New Brendanbury, AR 39103"),
    ("STREET_ADDRESS", "ul. D\u0142uga 12, Gda\u0144sk"),
    ("STREET_ADDRESS", "wohnhaft Lindenstra\u00dfe 4, Bonn"),
    ("STREET_ADDRESS", "8, rue Gomes, 54370 Perrin"),
    ("STREET_ADDRESS", "send it to PSC 4355, Box 4187\nAPO AP 28906"),
    ("DATE_OF_BIRTH", "patient, DOB 26.05.2006"),
    ("DATE_OF_BIRTH", "nacido el 08/25/1971"),
    ("MEDICAL_RECORD", "Patient MRN 555-0147-2389 must be included"),
    ("MEDICAL_RECORD", "the cardiologist's NPI is 5328710129"),
    ("IP_ADDRESS", "login from 84.112.9.201"),
    ("MAC_ADDRESS", "MAC 3C:22:FB:9A:10:7E is my phone"),
    ("VEHICLE", "VIN WVWZZZ1K68W274913 registered to me"),
    ("LOCATION", "my cabin is at 50.06143, 19.93658"),
    ("PASSPORT", "P<D<<BERGSTROEM<<LIV<ANNE<<<<<<<<<<<<<<<<<<<"),
    ("US_SSN", "id _521-44-9821_ ok"),
    ("EMAIL_ADDRESS", "mail _jonas.feldmann@posteo.de_"),
    ("PHONE_NUMBER", "call _+49 171 2345678_"),
    ("PERSONAL_RECORDS", "MSH|^~\\&|LAB\nPID|1||77470885||MOREAU^LUCIE||19790530|F"),
    ("PERSONAL_RECORDS", "BEGIN:VCARD\nN:Tanaka;Hiro\nEND:VCARD"),
    ("PERSONAL_RECORDS", "Action: GmailReadEmail\nAction Input: {}\nObservation: see you at six"),
    ("PERSONAL_RECORDS", "| Employee | Salary |\n|---|---|\n| R. Banerjee | 61,200 |"),
]

GLUED = [
    ("US_SSN", "ssn_521-44-9821"),
    ("US_SSN", "report-521-44-9821.pdf"),
    ("US_SSN", "https://api.x.org/user_521-44-9821/edit"),
    ("US_SSN", "521-44-9821_ssn"),
    ("US_SSN", '{"file": "521-44-9821-v2.pdf"}'),
    ("US_SSN", "patient521-44-9821"),
    ("US_SSN", "My number\u2014521-44-9821"),
    ("US_SSN", "get_ssn_number_521449821"),
    ("US_SSN", "SSN521449821"),
    ("NATIONAL_ID", "pesel-82031719429"),
    ("NATIONAL_ID", "cpf_38691475200"),
    ("CREDIT_CARD", "card_4539148803436467"),
    ("CREDIT_CARD", "card-4539-1488-0343-6467"),
    ("CREDIT_CARD", "scan_4539-1488-0343-6467.png"),
    ("CREDIT_CARD", "https://x.org/card/4539148803436467"),
    ("PHONE_NUMBER", "phone_+49301234567"),
    ("PHONE_NUMBER", "tel+49301234567"),
    ("PHONE_NUMBER", "phone-212-867-5309-work.vcf"),
    ("PHONE_NUMBER", "tel_030 1234567"),
    ("PHONE_NUMBER", "phone_2125551234"),
    ("PHONE_NUMBER", "phone_number-2128675309.vcf"),
    ("US_SSN", "scan2-521-44-9821.pdf"),
    ("US_SSN", "_\b5_\b2_\b1-4\b44\b4-9821"),
    ("US_SSN", "=35=32=31-44-9821"),
    ("US_SSN", r"\065\062\061-44-9821"),
]

APART = [
    "550e8400-e29b-41d4-a716-521-44-9821",
    "2024-521-44-98210",
    "521-44-9821-3fa",
    "a3f521-44-9821",
    "id_521449821",
    "order_4539148803436467",
    "x+12345678",
    "part123-456-7890",
    "call_12345678901",
    "fb_photo_10153231379946729",
]

CLEAR = [
    "api_key = os.environ['OPENAI_API_KEY'] raises KeyError",
    "docker run -e POSTGRES_PASSWORD=changeme postgres:16",
    "password: <your password here>",
    "def login(user, password=None): return check(password=password)",
    "max_new_tokens = max_output_tokens",
    "tokenizer = AutoTokenizer.from_pretrained(model_name)",
    "forgot password? reset password please",
    "git show 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "uuid 550e8400-e29b-41d4-a716-446655440000",
    "Use Stripe test card 4242 4242 4242 4242 in Playwright",
    "Unix timestamp 1673515695 to UTC date",
    "Order #640467911 has not arrived after 24 days.",
    "Order #112-9384756-2298345 status page returns 500",
    "ISBN 978-3-16-148410-0 which book is it?",
    "IBAN example GB82 WEST 1234 5698 7654 32 from Wikipedia",
    "upgrade numpy 1.26.4 to 2.1.3 and pandas 2.2.2",
    "temperature log 2024-03-11 10:22:01 21.4 2024-03-11 10:23:01 21.6",
    "How do I format a US phone number like (555) 010-0199 in JavaScript?",
    "Validate user@example.com and admin@example.org with a regex",
    "import logo from './logo@2x.png'",
    "ssh git@github.com fails",
    "dig @8.8.8.8 and 192.168.1.1 and 127.0.0.1",
    "On July 28, 1997, what major events happened?",
    "Plan a 3-day trip to Lisbon in October",
    "phone regex for +1 (555) 010-0123",
    "arXiv:2502.18545 abstract",
    "the occurrence of 'std' in the given string 1. list item 1.",
    "What are symptoms of depression?",
    "What is GDPR article 9?",
    "Matrix rows: 0 255 255 0, 12 34 56 78, 90 12 34 56",
    "Dear {{first_name}}, your order {{order_id}} shipped.",
]


@pytest.mark.parametrize(("kind", "text"), FOUND, ids=[text[:30] for _, text in FOUND])
def test_it_is_found_by_its_kind(detector: Detector, kind: str, text: str) -> None:
    """Personal data of every kind is found, and named rightly."""
    assert kind in {finding.type for finding in detector.scan(text, full=True).findings}


@pytest.mark.parametrize(("kind", "text"), GLUED)
def test_a_value_is_found_where_words_touch_it(detector: Detector, kind: str, text: str) -> None:
    """In names of files and tools, in addresses and JSON, and in the writing of terminals."""
    assert kind in {found.type for found in detector.scan(text, full=True).findings}


@pytest.mark.parametrize("text", APART)
def test_a_part_of_a_longer_identifier_is_no_value(detector: Detector, text: str) -> None:
    """Other digits and hex around the form of a value make it something else."""
    assert not detector.scan(text, full=True).private


@pytest.mark.parametrize("text", CLEAR, ids=[text[:30] for text in CLEAR])
def test_a_look_alike_may_go(detector: Detector, text: str) -> None:
    """Placeholders, documentation, versions, digests and order numbers are nobody's data."""
    assert detector.scan(text, full=True).findings == ()


PATHOLOGIES = {
    "dots": "a." * 25_000,
    "emoji": "\U0001f600" * 10_000,
    "dashes": "1-" * 25_000,
    "mails": "a@a." * 12_500,
    "digits": "1 " * 25_000,
    "run": "A" * 50_000,
    "quotes": '"' * 50_000,
    "assignments": "password=" * 6_000,
    "streets": "12 Main " * 6_000,
    "keys": "-----BEGIN PRIVATE KEY-----" * 1_800,
    "objects": '{"name":"A' * 5_000,
    "hidden": "\u200b" * 50_000,
    "percents": "%41" * 16_000,
    "phones": "0 12 34 " * 6_000,
    "million": "hello world " * 90_000,
}


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_no_input_takes_for_ever(name: str, tmp_path: Path) -> None:
    """Hostile input is judged or refused within the packaged budget; it never hangs."""
    policy = msgspec.structs.replace(PrivacyPolicy.load(), names="off")
    with contextlib.suppress(DetectionFailed):
        assert Detector(policy, tmp_path).scan(PATHOLOGIES[name]).reason
