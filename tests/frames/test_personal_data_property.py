"""The client and the sandbox, by code of their own, find the same personal data."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from nclue_pandas.contract import GAP_CHARACTERS, LICENSE_REGIONS, PASSPORT_LETTERS
from nclue_pandas.frames.personal_data import find, mask
from nclue_pandas.sandbox.files import holds_personal_data, kinds_in

pytestmark = pytest.mark.property

#: What is put in the place of a character of a number that is damaged.
LOOSE = "0123456789 -.@aMZ->,가ㅡ_/\u3000\uff19+()"
WORDS = [
    *("tea", "->", " ", "-", ".", ",", "won", "전화", "러닝화", "A", "M", "size", "x", "@", "\t"),
    *("010", "1234", "5678", "82", "+82", "900101", "4111", "2026-01-02", "12,900", "99", "880"),
    *("@2x.png", "kim", "@example", ".com", "홍길동", "_", "%", "http://x.kr/", "1234567890123"),
    *LICENSE_REGIONS[:3],
]


def groups(draw: random.Random, *sizes: int) -> list[str]:
    """Return random groups of digits."""
    return ["".join(draw.choices("0123456789", k=size)) for size in sizes]


def number(draw: random.Random) -> str:
    """Return a text of the form of some kind, with any gaps, often damaged."""
    year, month, day = draw.randrange(100), draw.randrange(1, 13), draw.randrange(1, 32)
    birth = f"{year:02}{month:02}{day:02}"
    forms = [
        [birth, draw.choice("12345678") + groups(draw, 6)[0]],
        [draw.choice("2345669") + groups(draw, 3)[0], *groups(draw, 4, 4, 4)],
        [draw.choice(["34", "37"]) + groups(draw, 2)[0], *groups(draw, 6, 5)],
        [draw.choice(["30", "36", "38"]) + groups(draw, 2)[0], *groups(draw, 6, 4)],
        [draw.choice(["010", "8210", "10", "0082 10"]), *groups(draw, 4, 4)],
        [draw.choice(["011", "8216", "82 019"]), *groups(draw, draw.choice([3, 4]), 4)],
        [draw.choice([*map(str, range(9, 31)), *LICENSE_REGIONS]), *groups(draw, 2, 6, 2)],
        [draw.choice(PASSPORT_LETTERS), groups(draw, 8)[0]],
        [draw.choice(PASSPORT_LETTERS), f"20{year:02}{month:02}{day:02}"],
        [draw.choice(PASSPORT_LETTERS) + "123" + draw.choice("ABZ1") + groups(draw, 4)[0]],
        ["kim" + draw.choice("._%+-a가"), "@example", draw.choice([".com", ".k", ".co.kr"])],
        ["icon", "@2x", draw.choice([".png", ".pngs", ".kr", ".png.kr"])],
        [f"880{groups(draw, 10)[0]}"],
    ]
    gap = draw.choice(["", "", "-", " ", "  ", draw.choice(GAP_CHARACTERS) * draw.randrange(1, 4)])
    text = list(gap.join(draw.choice(forms)))
    if draw.random() < 0.3:
        text[draw.randrange(len(text))] = draw.choice(LOOSE)
    if draw.random() < 0.1:
        wide = (chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)
        return "".join(wide)
    return "".join(text)


def random_texts(count: int, seed: int) -> list[str]:
    """Return texts of numbers, words and pieces beside each other."""
    draw = random.Random(seed)
    return [
        "".join(
            number(draw) if draw.random() < 0.4 else draw.choice(WORDS)
            for _ in range(draw.randrange(1, 6))
        )
        for _ in range(count)
    ]


def by_kind(texts: list[str]) -> list[set[str]]:
    """Return the kinds that the client finds in each text."""
    found: list[set[str]] = [set() for _ in texts]
    for kind, rows in find(pa.array(texts)):
        for row in rows:
            found[row].add(kind)
    return found


@pytest.mark.parametrize(
    "count", [5_000, pytest.param(100_000, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_client_and_sandbox_agree(count):
    texts = random_texts(count, seed=count)
    ours = by_kind(texts)
    # Each behavior is a text of its own, and a line of a file is one text for the sandbox.
    theirs = [kinds_in(text) for text in texts]
    differ = [(t, a, b) for t, a, b in zip(texts, ours, theirs, strict=True) if a != b]
    assert not differ, differ[:5]
    assert [holds_personal_data(f"u1\t{text}\n") for text in texts] == [bool(k) for k in ours]
    clean = mask(pa.array(texts))
    assert find(clean) == []
    assert not any(map(kinds_in, clean.to_pylist()))
    found = set().union(*ours)
    assert len(found) == 6
    assert 0.1 < sum(map(bool, ours)) / count < 0.6
