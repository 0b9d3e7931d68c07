# ruff: noqa: RUF001 - texts of many scripts
"""Hard facts in the languages and scripts that people write: found with their labels, and no more.

All values are invented. What looks alike and belongs to nobody stays clear.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.detecting.stages import stages
from edgeroute.privacy.detecting.text.page import Page
from edgeroute.privacy.policy import PrivacyPolicy

POLICY = msgspec.structs.replace(PrivacyPolicy.load(), names="off")
DETECTOR = Detector(POLICY, Path())

HELD = {
    "ja": [
        ("PHONE_NUMBER", "母の携帯は０９０－４４７１－２０８３です"),
        ("PHONE_NUMBER", "電話番号 ゼロ九〇の四四七一の二〇八三"),
        ("STREET_ADDRESS", "〒155-0031 東京都世田谷区北沢2丁目14番8号"),
        ("NATIONAL_ID", "マイナンバーを書く欄に482719036583と書きました"),
        ("BANK_ACCOUNT", "口座番号は2750918です"),
        ("MEDICAL_RECORD", "診察券番号00417726の件"),
        ("PERSONAL_ID", "LINE IDはhana_k77です"),
        ("PASSPORT", "在留カード番号 UH41807256ER"),
        ("VEHICLE", "品川 330 さ 12-34 の車"),
        ("DATE_OF_BIRTH", "生年月日は昭和60年3月14日"),
        ("DATE_OF_BIRTH", "昭和33年生まれの母"),
    ],
    "ko": [
        ("PHONE_NUMBER", "그 사람 번호 01048217733"),
        ("PHONE_NUMBER", "연락처 공일공-사칠이삼-구공육팔"),
        ("STREET_ADDRESS", "대전 중구 보문로31번길 14로 보내줘"),
        ("STREET_ADDRESS", "한빛아파트 102동 1503호"),
        ("NATIONAL_ID", "주민등록번호 880214-1834567"),
        ("BANK_ACCOUNT", "계좌번호 352-0417-8829-13"),
        ("MEDICAL_RECORD", "환자번호 00417726"),
        ("PERSONAL_ID", "카톡 아이디 hr_namgung58"),
        ("VEHICLE", "차량번호 12가 3456"),
        ("DATE_OF_BIRTH", "생년월일: 910423"),
    ],
    "zh": [
        ("PHONE_NUMBER", "手机一八七八七零四二九三五"),
        ("PHONE_NUMBER", "找她打13804471902"),
        ("STREET_ADDRESS", "寄到苏州市姑苏区菉葭巷22号5幢401"),
        ("STREET_ADDRESS", "台北市大安區和平東路二段118巷5號3樓"),
        ("NATIONAL_ID", "身份证号 341222197409183624"),
        ("BANK_ACCOUNT", "工资卡号6228480669173502842"),
        ("MEDICAL_RECORD", "病案号00417726"),
        ("PERSONAL_ID", "微信号就是lanyue_1990x"),
        ("VEHICLE", "车牌粤B7K920被刮了"),
        ("DATE_OF_BIRTH", "1987年11月2日出生"),
    ],
    "ar": [
        ("PHONE_NUMBER", "جوالها ٠٥٤٧١٢٩٠٨٣"),
        ("STREET_ADDRESS", "شارع الجمهورية عمارة ١٢ شقة ٧"),
        ("NATIONAL_ID", "رقم الإقامة 2418806357"),
        ("PASSPORT", "جوازه BX0417733 ساري"),
        ("BANK_ACCOUNT", "رقم الحساب 20418837265"),
        ("MEDICAL_RECORD", "رقم الملف الطبي 447190"),
        ("VEHICLE", "لوحة السيارة أ ب ج 4471"),
        ("DATE_OF_BIRTH", "تاريخ الميلاد ١٤/٠٣/١٩٨٥"),
    ],
    "hi": [
        ("PHONE_NUMBER", "मोबाइल ९४११८ ६२०७३"),
        ("PHONE_NUMBER", "मोबाइल नौ आठ तीन सात दो छह शून्य चार एक पाँच"),
        ("STREET_ADDRESS", "मकान नं. 27, गली धोबियान, मोहल्ला नई सराय"),
        ("NATIONAL_ID", "आधार संख्या 5738 2916 4047"),
        ("TAX_ID", "पैन BQTPS7042K"),
        ("BANK_ACCOUNT", "बैंक खाता 20418837265"),
        ("MEDICAL_RECORD", "मरीज संख्या 0041772"),
        ("VEHICLE", "गाड़ी नंबर UP32 KL 4471"),
        ("DATE_OF_BIRTH", "जन्म तिथि 12-05-1990"),
    ],
    "ru": [
        ("PHONE_NUMBER", "мой номер 8 916 204-71-35"),
        ("STREET_ADDRESS", "живёт на улице Садовой, 15, кв. 34"),
        ("NATIONAL_ID", "СНИЛС 143-778-201 55"),
        ("PASSPORT", "паспорт серия 4508 номер 712345"),
        ("BANK_ACCOUNT", "расчётный счёт 40817810400004471902"),
        ("MEDICAL_RECORD", "номер истории болезни 44719"),
        ("PERSONAL_ID", "вк id dkoval_77"),
        ("VEHICLE", "госномер А123ВС77"),
        ("DATE_OF_BIRTH", "12.05.1990 г.р."),
    ],
    "en": [
        ("PERSONAL_ID", "policy CMX/7740192/B, please"),
        ("PERSONAL_ID", "IMEI 356809118129042 was handed in"),
        ("PERSONAL_ID", "her telegram is @mira_voss"),
        ("PERSONAL_ID", "4471-9028 is my policy number"),
        ("NATIONAL_ID", "pesel82031719429"),
        ("MEDICAL_RECORD", "hospital number\n44719028"),
        ("PHONE_NUMBER", "his number is zero seven eight double one, four oh nine, two six three"),
        ("PERSONAL_ID", "claim ref. WC-2023-114872"),
        ("BANK_ACCOUNT", "the account ending 4471 is hers"),
        ("VEHICLE", "car reg KV19 WTR"),
        ("DATE_OF_BIRTH", "DOB 14 March 1985"),
        ("PASSPORT", "The A-number is A 209 417 663"),
    ],
    "latin": [
        ("STREET_ADDRESS", "Kızılay Mah. Gül Sokak No:14 D:5 Ankara"),
        ("STREET_ADDRESS", "Jl. Melati No. 12 RT 03/RW 05"),
        ("STREET_ADDRESS", "số 12 đường Lê Lợi, phường 3, quận 5"),
        ("STREET_ADDRESS", "Str. Lalelelor nr. 5, bl. A3, ap. 14"),
        ("STREET_ADDRESS", "ulice Květná, č.p. 45, byt 6"),
        ("STREET_ADDRESS", "Skomakargränd 6, Nyköping"),
        ("PHONE_NUMBER", "mój numer 601 234 578"),
        ("PHONE_NUMBER", "ring noll sju tre åtta, fyrtiosex nitton tjugosju"),
        ("BANK_ACCOUNT", "hesap no 44719028"),
        ("NATIONAL_ID", "T.C. 27418360540"),
        ("PERSONAL_ID", "Schadensnummer 44-719028"),
        ("PERSONAL_ID", "numéro allocataire 4471902"),
        ("MEDICAL_RECORD", "nomor rekam medis 447190"),
        ("DATE_OF_BIRTH", "ngày sinh 12/05/1990"),
    ],
}  # fmt: skip

CLEAR = [
    "注文番号 48291034 の発送状況", "주문번호 20481234 배송", "订单号 20240918231",
    "номер заказа 48120394 не пришёл", "मेरा ऑर्डर नंबर 40291837 है", "رقم الطلبية 40291837",
    "Zamówienie numer 12345908", "ISBN 978-3-16-148410-0 und Artikelnummer 40291837",
    "2号线人民广场站3号口", "第3章 第12号 条約", "앞으로 10년 동안 3명",
    "지하철 2호선 5번 출구",
    "глава 7, стр. 112", "Статья 105 УК РФ", "улица названа в 1905 году",
    "Unit 3, no. 5 in the book",
    "平成30年4月1日に施行された法律", "市場は2-3%成長した", "법 제12조 3항", "đường huyết 120 mg",
    "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6", "Python 3.12.4, RFC 9110 and DOI 10.1000/182",
    "one two three four five six seven eight nine ten", "一二三四五六七八九十",
    "Call 0800 144 8848 or 1-800-273-8255", "대표전화 1599-1004", "电话 400-820-8820",
    "line 23 in file main_test.py, Signal handler sig_int", "follow us on instagram @nasa",
    "住院号:12345678", "患者番号0000000001", "आधार नंबर का नमूना XXXX XXXX 1234",
    "price ₹40,29,183 and 3,5 million", "Musterstraße 1",
]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "text"), [row for rows in HELD.values() for row in rows], ids=lambda part: part[:30]
)
def test_a_labelled_value_is_found(type_: str, text: str) -> None:
    """Telephones, addresses, identities, accounts, records, plates and births, by their kind."""
    assert type_ in {finding.type for finding in DETECTOR.scan(text, full=True).findings}


@pytest.mark.parametrize("text", CLEAR)
def test_what_looks_alike_stays_clear(text: str) -> None:
    """Orders, articles, lines of a city, laws, counting, service numbers and empty samples."""
    assert DETECTOR.scan(text, full=True).findings == ()


@given(
    label=st.sampled_from(
        ["病案号", "환자번호 ", "رقم الملف الطبي ", "मरीज संख्या ", "медкарта № ", "MRN "]
    ),
    digits=st.from_regex(r"[1-9][0-9]{7}", fullmatch=True),
    zero=st.sampled_from([0x30, 0x660, 0x6F0, 0x966, 0xFF10]),
)
def test_digits_of_any_script_are_digits(label: str, digits: str, zero: int) -> None:
    """A record's number counts in the digits of every script, unless nobody filled it in."""
    if len(set(digits)) > 3 and digits not in "0123456789876543210":
        written = "".join(chr(zero + int(digit)) for digit in digits)
        assert DETECTOR.scan(f"{label}{written}").private


def test_reading_is_linear_and_quick() -> None:
    """Runs that almost match cost no more than their length, in every recogniser of hard facts."""
    finders = [one for one in stages(POLICY) if one.name not in {"presidio", "secrets", "forms"}]
    for text in (
        "路1号" * 20_000, "市中央1-2" * 15_000, "oh seven " * 10_000, "мкр д. 5 кв. 3 " * 6_000,
        "계좌 1" * 20_000, "शारع 12 " * 10_000, "A1 " * 30_000, "account number " * 6_000,
        "昭和1年" * 20_000, "telegram id @" * 8_000, "구1동" * 20_000, "शून्य एक " * 10_000,
    ):  # fmt: skip
        page = Page(text, full=True)
        begun = time.process_time()
        for finder in finders:
            if page.holds(finder.needs):
                list(finder.find(page))
        assert time.process_time() - begun < 4, text[:20]
