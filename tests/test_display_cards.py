"""Cards: one description, rendered as text and as HTML."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.display import Card, Table, html, text
from nclue_pandas.errors.base import printable


class Parsed(HTMLParser):
    """Tags, balanced, and the text between them."""

    def __init__(self, source):
        super().__init__()
        self.open, self.tags, self.words, self.styles = [], [], [], []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        assert [name for name, _ in attrs] in ([], ["style"])
        self.styles += [value for _, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


WORD = st.text(max_size=20)


@given(WORD, WORD, st.lists(st.tuples(WORD, WORD), max_size=3), st.lists(WORD, max_size=2))
def test_html_is_well_formed_and_shows_the_text_itself(title, state, facts, notes):
    card = Card(title, state, "good", facts, [Table(("a",), ((title,),))], notes)
    parsed = Parsed(html(card))
    assert set(parsed.tags) <= {
        "div",
        "strong",
        "span",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    shown = "".join(parsed.words)
    for word in (title, state, *notes, *(value for fact in facts for value in fact)):
        assert printable(word) in shown


def test_html_escapes_markup_and_quotes():
    attack = """<img src=x onerror="alert('1')">&amp;"""
    card = Card(attack, attack, facts=[(attack, attack)], notes=[attack])
    source = html(card)
    assert "<img" not in source
    assert "".join(Parsed(source).words).count(attack) == 5


def test_html_takes_text_and_background_colors_from_the_page():
    card = Card("t", "s", "bad", [("a", "b")], [Table(("c",), (("1",),))], ["n"])
    for style in Parsed(html(card)).styles:
        for declaration in style.split(";"):
            name, value = declaration.split(":", 1)
            assert name != "background" or value == "none"
            assert name != "color" or value in {"inherit", "#d9534f"}


def test_text_aligns_columns():
    table = Table(("name", "users"), (("a", "5"), ("long", "1,000")), "<>")
    assert text(Card("Title", facts=[("x", "1"), ("longer", "2")], tables=[table])) == (
        "Title\n  x       1\n  longer  2\n\n  name  users\n  a         5\n  long  1,000"
    )


def cells(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_text_aligns_korean_which_takes_two_cells():
    lines = text(Card("t", tables=[Table(("이름", "n"), (("가나다", "1"), ("ab", "22")))]))
    assert len({cells(line) for line in lines.split("\n")[2:]}) == 1


def test_text_shows_control_characters_instead_of_obeying_them():
    shown = text(Card("t\x1b[31m", "s\n", facts=[("a\x1b[2J", "b\nc")], notes=["n\r"]))
    assert shown.count("\n") == 2
    assert "\x1b" not in shown
    assert r"b\nc" in shown


def test_a_table_of_a_frame_formats_values_aligns_by_type_and_leaves_nulls_empty():
    frame = pd.DataFrame(
        {
            "to_upload": pd.array([1_000, None], dtype=pd.ArrowDtype(pa.int64())),
            "name": pd.array(["가", None], dtype=pd.ArrowDtype(pa.string())),
            "hidden": [0, 0],
        }
    )
    table = Table.of(frame, {"name": str, "to_upload": "{:,}".format})
    assert table == Table(("name", "to upload"), (("가", "1,000"), ("", "")), "<>")


def test_a_table_of_an_empty_frame_has_its_header():
    table = Table.of(pd.DataFrame({"a": []}), {"a": str})
    assert text(Card("t", tables=[table])) == "t\n\n  a"
    assert Parsed(html(Card("t", tables=[table]))).words.count("a") == 1
