"""Numbers, sizes and times as people read them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas import display

SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def parsed(text, units):
    return sum(
        float(number.replace(",", "")) * units[unit]
        for number, unit in re.findall(r"([\d.,]+) ([a-zA-Z]+)", text)
    )


@given(st.floats(0, 1e7))
def test_a_duration_is_within_half_its_smallest_unit(seconds):
    text = display.duration(seconds)
    smallest = text.rsplit(" ", 1)[1]
    unit = 0.1 if "." in text else SECONDS[smallest]
    assert abs(parsed(text, SECONDS) - seconds) <= max(unit, 0.5) + 1e-6
    assert "60" not in re.findall(r"(\d+) (?:s|min)", text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 0 s"), (3599.7, "1 h 0 min")],
)
def test_a_duration_at_the_edge_of_a_unit(seconds, text):
    assert display.duration(seconds) == text


@given(st.integers(0, 2**50))
def test_a_size_is_within_a_tenth_of_its_unit(number):
    text = display.size(number)
    assert abs(parsed(text, BYTES) - number) <= 0.051 * BYTES[text.rsplit(" ", 1)[1]]


def test_a_size_does_not_round_up_to_1024_of_a_unit():
    assert display.size(2**20 - 1) == "1.0 MiB"
