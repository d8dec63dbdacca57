"""The sandbox's look for personal data, line by line, against its patterns on the whole text."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from nclue_pandas.sandbox.personal_data import _CARD, _PATTERNS, _luhn, holds_personal_data

PIECES = [
    *("a@b.kr", "@", ".", "-", " ", "\n", "\t", "->", "tea", "러닝화", "가", "A", "M"),
    *("010", "1234", "5678", "82", "+82 ", "900101", "1234567", "12-34-567890-12", "M123A4567"),
    *("S12345678", "4111 1111 1111 1111", "4111111111111111", "2026-01-02", "12,900", "٣٤٥٦"),
]


@given(st.lists(st.sampled_from(PIECES) | st.text("0123456789- @.aM\n", max_size=6)).map("".join))
@example("call 82 10 123 4567")
@example("0" * 8 + "M123A4567")
@example("11123-4567")
def test_lines_are_looked_at_as_the_whole_text_would_be(text):
    found = any(re.search(pattern, text) for pattern in _PATTERNS.values())
    found = found or any(_luhn(hit.group()) for hit in _CARD.finditer(text))
    assert holds_personal_data(text) is found
