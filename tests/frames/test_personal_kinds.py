"""What is personal data of each kind, and what is none: a table for the client and the sandbox."""

from __future__ import annotations

import pyarrow as pa
import pytest

from nclue_pandas.contract import (
    CARD_NUMBER,
    DRIVERS_LICENSE_NUMBER,
    EMAIL_ADDRESS,
    MOBILE_PHONE_NUMBER,
    PASSPORT_NUMBER,
    RESIDENT_REGISTRATION_NUMBER,
)
from nclue_pandas.frames.personal_data import find, mask
from nclue_pandas.sandbox.files import kinds_in

GAPS = [
    "-",
    " ",
    "  ",
    " - ",
    "/",
    "_",
    "~",
    "ㅡ",
    ".",
    "·",
    "\u2013",
    "\u3000",
    "\uff0d",
    "   ~   ",
]
AROUND = ["tea->{}->milk", "전화 {}로", "({})", "no. {}, thanks", "{}/tea", "a: {}.", "「{}」"]


def wide(text: str) -> str:
    """Write letters and digits in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)


def resident(birth: str, serial: str, *, off: int = 0) -> tuple[str, str]:
    """Put the check digit, or another one, to a number."""
    weights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]
    total = sum(int(d) * w for d, w in zip(birth + serial, weights, strict=True))
    base = 13 if serial[0] in "5678" else 11
    return birth, f"{serial}{(base - total % 11 + off) % 10}"


def written(*numbers: tuple[str, ...], together: bool = True) -> list[str]:
    """Write numbers with each gap, and the first of them in full width and in sentences."""
    texts = [gap.join(groups) for groups in numbers for gap in GAPS]
    first = "-".join(numbers[0])
    texts += ["".join(groups) for groups in numbers if together]
    texts += [wide(first), *(around.format(first) for around in AROUND)]
    return texts


PERSONAL = {
    RESIDENT_REGISTRATION_NUMBER: written(
        resident("900101", "123456"),
        resident("010228", "312345"),
        resident("851231", "567890"),
        ("201105", "3123456"),  # given out without a check digit
    ),
    CARD_NUMBER: written(
        ("4111", "1111", "1111", "1111"),
        ("5500", "0000", "0000", "0004"),
        ("3530", "1113", "3330", "0000"),
        ("9411", "1111", "1111", "1117"),
        ("3782", "822463", "10005"),
        ("3056", "930902", "5904"),
    ),
    MOBILE_PHONE_NUMBER: [
        *written(
            ("010", "1234", "5678"),
            ("011", "234", "5678"),
            ("+82 10", "1234", "5678"),
            ("0082", "10", "9876", "5432"),
            ("(010)", "1234", "5678"),
            ("+82", "(0)10", "1234", "5678"),
            ("82", "16", "123", "4567"),
        ),
        *("01012345678,01098765432", "번호는 01012345678입니다", "file_01012345678.txt"),
    ],
    DRIVERS_LICENSE_NUMBER: written(
        ("11", "12", "345678", "90"), ("28", "02", "123456", "12"), together=False
    )
    + written(("서울", "12", "345678", "90"), ("경기", "99", "123456", "78"), together=False),
    PASSPORT_NUMBER: written(("M12345678",), ("S98765432",), ("M123A4567",))[::13]
    + [
        text.format(number)
        for number in ("M12345678", "S98765432", "R00000001", "M123A4567", "G765Z4321")
        for text in ("{}", "여권 {}", "passport:{}", "({})", "tea->{}", "{}.", wide("M12345678"))
    ]
    + [f"M{gap}12345678" for gap in GAPS],
    EMAIL_ADDRESS: [
        text.format(address)
        for address in (
            "kim@example.com",
            "kim.lee+shop@example.co.kr",
            "KIM_LEE@EXAMPLE.ORG",
            "1@2.kr",
            "a-b%c@sub.domain.example.museum",
            "홍길동@naver.com",
            wide("kim") + "\uff20" + wide("example") + "\uff0e" + wide("com"),
            "icon@2x.kr",
            "name-@x-y.io",
        )
        for text in ("{}", "mail {} now", "<{}>", "메일:{}로", "tea->{}->milk")
    ],
}
HARMLESS = [
    *("12,900 won", "2026-01-02 12:30", "order 20260102-000123", "AB-1234-5678", "8801234567893"),
    *("size 010", "user@home", "v1.2.3", "10-20 pieces", "model M1234", "1,234,567", "3.14159265"),
    *("02-123-4567", "031-1234-5678", "1588-1234", "080-123-4567", "tel 114", "+1 212 555 0100"),
    *("192.168.100.200", "2026/01/02-2026/03/04", "00:11:22:33:44:55", "1234567890", "99999999"),
    *("1111111111111", "1234567890123", "9999999999999", "ㅋㅋ 8888888888888", "0000000000000"),
    *("https://shop.example/p/1234567890123", "https://x.kr/4/1234567890123456?n=9999999999999"),
    *("550e8400-e29b-41d4-a716-446655440000", "9780306406157", "2-4-6-8", "100%", "5*4*3*2*1"),
    *("우유 1000ml 2+1", "아이폰 15 256GB", "갤럭시 S24", "12개월 할부", "4인용 5,500원 x 2"),
    *("1700000000", "1700000000123", "20260102030405", "10->1234->5678", "010->1234->5678"),
]
NEAR = {
    RESIDENT_REGISTRATION_NUMBER: [
        *("-".join(resident("900101", "123456", off=off)) for off in (1, 2, 5, 9)),
        *("".join(resident("851231", "212345", off=off)) for off in (1, 3, 8)),
        "-".join(resident("900231", "123456")),
        "-".join(resident("000229", "123456")),  # 1900 was no leap year
        "-".join(resident("901301", "123456")),
        "-".join(resident("900100", "123456")),
        "-".join(resident("990101", "312345")),  # in 2099
        *(f"900101-{gender}234568" for gender in "09"),
        *("900101-123456", "90010-1234568", "900101-12345680", "1900101-1234568"),
        *("a900101-1234568", "900101-1234568b", "2-900101-1234568", "900101-1234568.5"),
        *("900101,1234568", "900101->1234568", "900101가1234568"),
    ],
    CARD_NUMBER: [
        *("4111 1111 1111 1112", "4111111111111112", "5500-0000-0000-0005", "4111 1111 1111 111"),
        *("1111 1111 1111 1117", "7111 1111 1111 1111", "8111111111111118", "0000 0000 0000 0000"),
        *("4111 1111 1111 11111", "x4111111111111111", "4111111111111111y", "41111 1111 1111 111"),
        *("4111,1111,1111,1111", "4111|1111|1111|1111", "4111->1111->1111->1111"),
        *("1.4111111111111111", "4111111111111111.5", "2-4111-1111-1111-1111"),
        *("3782 822463 10006", "3056 930902 5905", "3682 822463 10005", "2220 0000 0000 0000"),
    ],
    MOBILE_PHONE_NUMBER: [
        *("010-123-4567", "010-12345-678", "010-1234-567", "010-1234-56789", "110-1234-5678"),
        *("012-1234-5678", "013-123-4567", "015-1234-5678", "020-1234-5678", "070-1234-5678"),
        *("1012345678", "10-1234-5678", "81 10 1234 5678", "3010-1234-5678", "a01012345678"),
        *("01012345678b", "1-010-1234-5678", "010-1234-5678-9", "010,1234,5678", "010가1234나5678"),
        *("011-12-3456", "+82 2 1234 5678", "0101234567", "010123456789"),
    ],
    DRIVERS_LICENSE_NUMBER: [
        *("10-12-345678-90", "29-12-345678-90", "30-12-345678-90", "11-12-34567-90"),
        *("11-12-3456789-0", "11-1-345678-90", "111-12-345678-90", "11-12-345678-9"),
        *("11-12-345678-901", "111234567890", "1112-345678-90", "11-12345678-90"),
        *("a11-12-345678-90", "11-12-345678-90b", "3.11-12-345678-90", "11-12-345678-90-1"),
        *("11,12,345678,90", "11->12->345678->90", "서울 12345678-90", "서울시 12-345678-90"),
        *("도쿄 12-345678-90", "서울 1-345678-90", "부산 12-34567-90"),
    ],
    PASSPORT_NUMBER: [
        *("M1234567", "M123456789", "A12345678", "m12345678", "s123a4567", "MM12345678"),
        *("xM12345678", "M12345678x", "M123AB567", "M12A34567", "M1234A567", "M123A456"),
        *("size M 20260102", "S-20251231", "M_19991231", "black S/20240229", "R 20240101"),
        *("M,12345678", "M->12345678", "M123-A4567", "M1234 5678", "9M12345678", "1.M123456"),
    ],
    EMAIL_ADDRESS: [
        *("user@localhost", "@handle", "a@b", "a@b.c", "@example.com", "kim@", "kim@.com"),
        *("icon@2x.png", "logo-v2@3x.jpg", "a@1x.webp", "react@18.2.0", "lodash@4.17.21"),
        *("kim@@example", "kim @ example.com", "kim(at)example.com", "kim@example,com"),
        *("3 @ 4.50", "user@127.0.0.1", "a@-", "kim@example.c1", "★@example.com", "a@x..y"),
    ],
}


@pytest.mark.parametrize("kind", PERSONAL)
def test_each_kind_is_found_and_masked(kind):
    texts = PERSONAL[kind]
    assert len(set(texts)) >= 40
    found = dict(find(pa.array(texts)))
    assert [t for row, t in enumerate(texts) if row not in found[kind]] == []
    assert [t for t in texts if kind not in kinds_in(t)] == []
    masked = mask(pa.array(texts))
    assert find(masked) == []
    assert all("***" in text for text in masked.to_pylist())


@pytest.mark.parametrize("kind", NEAR)
def test_what_is_none_of_a_kind(kind):
    texts = [*NEAR[kind], *HARMLESS]
    assert len(set(texts)) >= 60
    found = dict(find(pa.array(texts)))
    assert [texts[row] for row in found.get(kind, [])] == []
    assert [t for t in texts if kind in kinds_in(t)] == []


def test_harmless_texts_are_let_through():
    texts = pa.array(HARMLESS)
    assert find(texts) == []
    assert mask(texts).to_pylist() == HARMLESS
    assert not any(map(kinds_in, HARMLESS))
