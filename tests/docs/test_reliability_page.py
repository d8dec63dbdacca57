"""The page on reliability names tests; each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))
FILES = sorted(set(re.findall(r"`(tests/[\w/]+(?:\.py)?|test_\w+\.py)`", PAGE)))
DEFINED = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("name", NAMED)
def test_a_test_is_there(name):
    assert name in DEFINED


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_tests_is_there(name):
    assert list(ROOT.glob(name)) or list((ROOT / "tests").rglob(name))


def test_the_page_names_many():
    assert len(NAMED) > 20
