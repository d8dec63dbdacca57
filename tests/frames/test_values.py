"""How the values of every type read as ids and as behaviors, or the error that they are."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames.columns import read_text
from nclue_pandas.frames.ids import encode_ids, id_text

SAME = UUID("00112233-4455-6677-8899-aabbccddeeff")
TEXT, NUMBERS = ["a", None], [1, None]
#: Arrow types with values, and how they read as behaviors; None where they have no text.
ARROW = {
    "string": (pa.array(TEXT), "a"),
    "large_string": (pa.array(TEXT, pa.large_string()), "a"),
    "string_view": (pa.array(TEXT, pa.string_view()), "a"),
    "dictionary": (pa.array(TEXT).dictionary_encode(), "a"),
    **{str(t): (pa.array(NUMBERS, t), "1") for t in (pa.int8(), pa.int64(), pa.uint8(), pa.uint64())},
    "half": (pa.array(np.array([1, np.nan], "float16"), from_pandas=True), "1"),
    "float": (pa.array(NUMBERS, pa.float32()), "1"),
    "double": (pa.array([1.0, float("nan")]), "1"),
    "dictionary of double": (pa.array([1.0, float("nan")]).dictionary_encode(), "1"),
    "decimal128": (pa.array([Decimal(1), None], pa.decimal128(5, 2)), "1"),
    "decimal256": (pa.array([Decimal(1), None], pa.decimal256(60, 2)), "1"),
    "uuid": (pa.array([SAME.bytes, None], pa.uuid()), str(SAME)),
    "bool": (pa.array([True, None]), "true"),
    "date": (pa.array(NUMBERS, pa.int32()).cast(pa.date32()), "1970-01-02"),
    "time": (pa.array(NUMBERS, pa.time32("s")), "00:00:01"),
    "timestamp": (pa.array(NUMBERS, pa.timestamp("s")), "1970-01-01 00:00:01"),
    "duration": (pa.array(NUMBERS, pa.duration("s")), None),
    "interval": (pa.array([(1, 2, 3), None], pa.month_day_nano_interval()), None),
    "binary": (pa.array([b"a", None]), None),
    "large_binary": (pa.array([b"a", None], pa.large_binary()), None),
    "binary_view": (pa.array([b"a", None], pa.binary_view()), None),
    "fixed_size_binary": (pa.array([b"a", None], pa.binary(1)), None),
    "list": (pa.array([[1], None]), None),
    "struct": (pa.array([{"a": 1}, None]), None),
    "map": (pa.array([[(1, 2)], None], pa.map_(pa.int8(), pa.int8())), None),
}  # fmt: skip
NO_IDS = {"bool", "date", "time", "timestamp"}


@pytest.mark.parametrize("name", ARROW)
def test_every_arrow_type_reads_as_text_or_is_refused(name):
    values, text = ARROW[name]
    column = pd.Series(pd.arrays.ArrowExtensionArray(values))
    if text is None:
        with pytest.raises(InvalidDataError, match="behavior= holds values of type"):
            read_text(column, "behavior")
    else:
        found = read_text(column, "behavior").texts
        assert found.cast(pa.string()).to_pylist() == [text, None]
    if text is None or name in NO_IDS:
        for read in (encode_ids, id_text):
            with pytest.raises(InvalidDataError, match="user ids are text, whole numbers"):
                read(column)
    else:
        assert id_text(column).to_pylist() == [text, None]
        assert encode_ids(column).texts.to_pylist() == [text]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.period_range("2026-01", periods=2, freq="M")),
        pd.Series(pd.Categorical(pd.period_range("2026-01", periods=2, freq="M"))),
        pd.Series(pd.interval_range(0, 2)),
        pd.Series(pd.cut([1, 2], 2)),
        pd.Series(pd.to_timedelta([1, 2], unit="D")),
        pd.Series([1j, 2j]),
    ],
    ids=lambda column: str(column.dtype),
)
def test_types_of_pandas_without_a_plain_text_are_refused(column):
    for read in (lambda: read_text(column, "x"), lambda: id_text(column, "x")):
        with pytest.raises(InvalidDataError, match="column of x="):
            read()


def test_uuids_read_as_text_in_every_form():
    both = [SAME, None, UUID(int=7)]
    wanted = [None if value is None else str(value) for value in both]
    assert id_text(pd.Series(both, dtype=object)).to_pylist() == wanted
    assert read_text(pd.Series(both, dtype=object), "behavior").texts.to_pylist() == wanted
    stored = pa.array([None if value is None else value.bytes for value in both], pa.uuid())
    for values in (stored[1:], pa.chunked_array([stored[:1], stored[1:1], stored[1:]])):
        column = pd.Series(pd.arrays.ArrowExtensionArray(values))
        assert id_text(column).to_pylist() == wanted[-len(values) :]


@pytest.mark.parametrize(("kind", "bits"), [("float16", 11), ("float32", 24), ("float64", 53)])
def test_floats_are_ids_while_their_type_tells_neighbors_apart(kind, bits):
    last = 2**bits - 1
    assert id_text(pd.Series([last, 1, -last], dtype=kind)).to_pylist() == [
        str(last), "1", str(-last),
    ]  # fmt: skip
    with pytest.raises(InvalidDataError, match="too large to be exact") as caught:
        id_text(pd.Series([2**bits, 1, 1.5, -(2**bits)], dtype=kind))
    assert caught.value.problems[0].rows == (0, 2, 3)


@pytest.mark.parametrize("kind", [pa.decimal128(38, 2), pa.decimal256(60, 0), pa.decimal128(38, 0)])
def test_decimals_are_exact_ids_however_long(kind):
    values = [12345678901234567890123456789, -(2**53 + 1), 0]
    column = pd.Series(pd.arrays.ArrowExtensionArray(pa.array(map(Decimal, values), kind)))
    assert id_text(column).to_pylist() == [str(value) for value in values]


def test_a_decimal_with_a_fraction_is_no_id():
    near = [Decimal("9007199254740993.00"), Decimal("9007199254740993.01")]
    with pytest.raises(InvalidDataError, match="fraction") as caught:
        id_text(pd.Series(near, dtype=object))
    assert caught.value.problems[0].rows == (1,)
    assert read_text(pd.Series(near, dtype=object), "x").texts.to_pylist()[1] == str(near[1])


class Item(str, Enum):  # noqa: UP042 - its str() is another
    TEA = "tea"


class Level(IntEnum):
    ONE = 1


class Word(StrEnum):
    JAM = "jam"


@pytest.mark.parametrize("member", [Item.TEA, Word.JAM, Level.ONE])
@pytest.mark.parametrize("beside", [[], [7], ["x", 2.5], [None]])
def test_members_of_enumerations_read_as_what_they_are_made_of(member, beside):
    column = pd.Series([member, *beside], dtype=object)
    assert read_text(column, "behavior").texts.to_pylist()[0] == str(member.value)
    assert encode_ids(column).texts.to_pylist()[0] == str(member.value)
    categories = pd.Series([member, member]).astype("category")
    assert read_text(categories, "behavior").texts.to_pylist() == [str(member.value)] * 2


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        (np.array([2.0**53, 2.5, np.nan, -np.inf]), (0, 3)),
        (np.array([2.0**24, 2.5], "float32"), (0,)),
        (pd.array([2.0**53, None], "Float64"), (0,)),
        (pd.arrays.ArrowExtensionArray(pa.chunked_array([[1.0], [2.0**60]])), (1,)),
        (pd.Categorical([2.0**53, 1.5, 2.0**53]), (0, 2)),
        (pd.arrays.SparseArray([2.0**53, 1.5]), (0,)),
        ([2.0**53, "x", 0.1], (0,)),
        ([Decimal("Infinity"), Decimal(2), Decimal("-Infinity")], (0, 2)),
    ],
)
def test_numbers_that_are_not_exact_are_told_as_behaviors_and_as_ids(values, rows):
    column = pd.Series(values)
    log = pd.DataFrame({"u": "a", "t": pd.Timestamp("2026-01-01"), "b": column, "c": "x"})
    names = {"user": "u", "time": "t", "behavior": "b", "template": None}
    for more in ({}, {"behavior": ["c", "b"]}, {"template": "{b}!"}):
        with pytest.raises(InvalidDataError, match="too large to be exact, or infinite") as caught:
            nclue.to_sequences(log, **names | more)
        told = {problem.code: problem.rows for problem in caught.value.problems}
        assert told["inexact_behavior"] == rows
    with pytest.raises(InvalidDataError, match="too large to be exact") as caught:
        id_text(column)
    assert set(rows) <= set(caught.value.problems[0].rows)


def test_a_fraction_among_boxed_ids_is_told_too():
    with pytest.raises(InvalidDataError, match="fraction") as caught:
        id_text(pd.Series(["A12", 1.5, 7.0, Decimal("0.5")], dtype=object))
    assert caught.value.problems[0].rows == (1, 3)


@pytest.mark.parametrize("scale", [-3, -1, -30])
def test_decimals_of_a_negative_scale_have_all_their_digits(scale):
    kind = pa.decimal128(5, scale)
    values = pa.array([Decimal(f"2E{-scale}"), None, Decimal(f"-7E{-scale}")], kind)
    wanted = ["2" + "0" * -scale, None, "-7" + "0" * -scale]
    for stored in (values, values.dictionary_encode()):
        column = pd.Series(pd.arrays.ArrowExtensionArray(stored))
        assert id_text(column).to_pylist() == wanted
        assert read_text(column, "x").texts.cast(pa.string()).to_pylist() == wanted


@pytest.mark.parametrize(
    "values", [[1, 0, 1], [2.0, 1.0, 2.0], ["b", "a", "b"], [True, False, True]]
)
def test_sparse_columns_read_as_their_values(values):
    dense, sparse = pd.Series(values), pd.Series(pd.arrays.SparseArray(values))
    log = pd.DataFrame({"u": ["x", "x", "y"], "t": [1, 2, 3], "b": ["p", "q", "r"]})
    names = {"user": "u", "time": "t", "behavior": "b"}
    for column in (
        "b",
        *(["u"] if dense.dtype != bool else []),
        *(["t"] if dense.dtype.kind in "if" else []),
    ):
        got = nclue.to_sequences(log.assign(**{column: sparse}), **names)
        assert got.equals(nclue.to_sequences(log.assign(**{column: dense}), **names))
    assert nclue.to_sequences(log, **names | {"tie_break": "t"}).equals(
        nclue.to_sequences(
            log.assign(t=pd.arrays.SparseArray([1, 2, 3])), **names | {"tie_break": "t"}
        )
    )


def test_text_that_utf8_cannot_write_in_a_template():
    log = pd.DataFrame({"u": ["x"], "t": [1], "b": ["p"]})
    for template in ("\ud800{b}", "{b}\udfff", "{b} \udc80 {b}"):
        with pytest.raises(ConfigurationError, match="lone surrogate"):
            nclue.to_sequences(log, user="u", time="t", behavior="b", template=template)
