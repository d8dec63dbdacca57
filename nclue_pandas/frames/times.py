"""Times of any type as whole numbers of one unit, and the moments they are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.errors.base import InvalidDataError, Problem
from nclue_pandas.frames.columns import NO_ARROW_TYPE, to_arrow, whole
from nclue_pandas.frames.personal_data import mask
from nclue_pandas.frames.problems import Fault
from nclue_pandas.kernels.arrays import NO_ROWS, Flags, Positions, is_text, null_rows
from nclue_pandas.kernels.encode import Encoded, encode_values
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


Integers = NDArray[np.int64]
#: What times that are texts read as: whole numbers, or dates with or without a time zone.
TimeKind = Literal["numbers", "naive", "aware"]
#: Nanoseconds of a unit.
UNITS: Final = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_LARGEST: Final = int(np.iinfo(np.int64).max)
_DIGITS: Final = pa.decimal256(76, 0)
#: NumPy's "not a time", here for every row without one.
NOT_A_TIME: Final = int(np.iinfo(np.int64).min)
_OFFSET = "[T ][0-9]{2}.*(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)$"
#: What pandas reads among texts in ISO 8601: the time of the call, not one of the log.
RELATIVE: Final = ("now", "today")
_NUMBER = r"^\s*(?:\+|(-))?([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)\s*$"
#: A text of ISO 8601 that has no more characters than this may have digits alone: 20260301.
_DIGITS_OF_A_DATE: Final = 8
_REMEDY = N_(
    "Convert the column first, for example with pandas.to_datetime(column, format='%d/%m/%Y'); "
    "where several layouts are mixed, one after another, each with errors='coerce', and "
    "fillna() puts them together."
)
#: Unreadable values that a message shows, and characters of each.
SHOWN: Final = 2
_SHOWN_LENGTH = 40
#: Microseconds of the years from 1700 to 2199, which every unit holds.
_ALL_UNITS: Final = tuple(
    int(np.datetime64(day, "us").astype(np.int64)) for day in ("1700", "2200")
)
#: Years that nanoseconds cannot hold.
_FAR_YEAR = r"^\s*(?:0\d|1[0-5]|16[0-7]|226[3-9]|22[7-9]|2[3-9]|[3-9]\d)\d*-"


@dataclass(frozen=True, eq=False)
class Times:
    """A time column as whole numbers.

    Parameters
    ----------
    ticks : numpy.ndarray of int64, shape (rows,)
        Units since 1970-01-01 (in UTC where there is a time zone); `NOT_A_TIME` where there is
        none.
    unit : {"s", "ms", "us", "ns"} or None
        None for plain numbers, whose unit is not known.
    aware : bool
        Whether the column has a time zone.
    unreadable : numpy.ndarray of int64
        Positions of rows that hold something, but no time.
    examples : tuple of str
        What the first of them hold.
    without_zone : numpy.ndarray of int64
        Positions of rows whose text has no time zone, where others have one.
    """

    ticks: NDArray[np.int64]
    unit: str | None
    aware: bool = False
    unreadable: Positions = field(default_factory=NO_ROWS.copy)
    examples: tuple[str, ...] = ()
    without_zone: Positions = field(default_factory=NO_ROWS.copy)

    @property
    def step(self) -> int:
        """Nanoseconds of one unit; 1 for plain numbers."""
        return 1 if self.unit is None else UNITS[self.unit]

    @property
    def last(self) -> int | None:
        """The last time, in nanoseconds (or plain numbers); None when there is none."""
        return self.last_of(None)

    def last_of(self, rows: Flags | None) -> int | None:
        """Return the last time among some rows (None for all), as :attr:`last` does."""
        last = int(self.ticks.max(initial=NOT_A_TIME, where=True if rows is None else rows))
        return None if last == NOT_A_TIME else last * self.step

    def first_of(self, rows: Flags | None = None) -> int | None:
        """Return the first time among some rows (None for all), as :attr:`last` does."""
        present = self.ticks != NOT_A_TIME
        if rows is not None:
            present &= rows
        limit = int(np.iinfo(np.int64).max)
        first = int(self.ticks.min(initial=limit, where=present))
        return first * self.step if present.any() else None

    def before(self, moment: int) -> Flags:
        """Tell which rows are before `moment` (nanoseconds, or a plain number)."""
        bound = -(-moment // self.step)
        limits = np.iinfo(np.int64)
        if bound > limits.max:
            return np.ones(self.ticks.size, dtype=bool)
        return self.ticks < max(bound, limits.min)

    def faults(self) -> list[Fault]:
        """Rows without a time, and rows whose time cannot be read; alone, those without a zone."""
        if self.without_zone.size:
            problem = mixed_zones("time", self.without_zone).problems[0]
            return [Fault(problem.code, problem.message, problem.remedy, self.without_zone)]
        missing = np.flatnonzero(self.ticks == NOT_A_TIME) if self.ticks.size else NO_ROWS
        return [
            Fault(
                "null_time",
                N_("A time is null"),
                N_("Give each of these rows a time, or drop them (on_invalid='drop')."),
                np.setdiff1d(missing, self.unreadable, assume_unique=True),
            ),
            Fault(
                "unreadable_time",
                N_(
                    "A time cannot be read: texts are read as ISO 8601, such as "
                    "2011-09-01 12:30:00 (beside nanoseconds, in the years from 1678 to 2261), "
                    "and numbers must be whole"
                ),
                _REMEDY,
                self.unreadable,
                self.examples,
            ),
        ]


def read_times(column: pd.Series[Any], argument: str = "time") -> Times:
    """Read a column of times.

    Parameters
    ----------
    column : pandas.Series
        datetime64 of every unit, with or without time zone, Arrow timestamps and dates, date or
        datetime objects, whole numbers, or texts in ISO 8601; also categories of them.
    argument : str
        Keyword under which the user named the column, for messages.

    Returns
    -------
    Times
        Nulls and unreadable texts are marked, not raised.

    Raises
    ------
    InvalidDataError
        When the type of the column is no time, or only some of the times have a time zone.

    Examples
    --------
    >>> read_times(pd.Series(["2011-09-01", None, "yesterday"])).unreadable.tolist()
    [2]
    """
    times = look_at_times(column, argument)
    if times.without_zone.size:
        raise mixed_zones(argument, times.without_zone)
    return times


def look_at_times(
    column: pd.Series[Any], argument: str = "time", kind: TimeKind | None = None
) -> Times:
    """Read a column of times, of which some texts may have a time zone and others none.

    Parameters
    ----------
    column, argument : as for :func:`read_times`
        The column.
    kind : {"numbers", "naive", "aware"}, optional
        What the texts read as in the whole log, where the column is a part of it.
    """
    try:
        if kind is not None and (texts := texts_of_times(column)) is not None:
            times = texts.read_as(kind)
        else:
            times = _read(column, argument)
    except NO_ARROW_TYPE as error:
        raise _no_time(str(column.dtype), argument) from error
    return replace(times, examples=first_texts(column, times.unreadable))


def texts_of_times(column: pd.Series[Any]) -> TimeTexts | None:
    """Look at a column of texts; None where it holds something else."""
    try:
        values = to_arrow(column)
    except NO_ARROW_TYPE:
        return None
    kind = values.type
    if is_text(kind) or (pa.types.is_dictionary(kind) and is_text(kind.value_type)):
        return TimeTexts.of(values)
    return None


def first_texts(column: pd.Series[Any], rows: Positions) -> tuple[str, ...]:
    """Return what the first of some rows hold, for a message."""
    return tuple(_shown(value) for value in column.iloc[rows[:SHOWN]]) if rows.size else ()


def _shown(value: Any) -> str:
    """Return a value for a message: not all of it, and no personal data."""
    text = str(value).encode(errors="backslashreplace").decode()
    masked: str = mask(pa.array([text]))[0].as_py()
    return repr(masked if len(masked) <= _SHOWN_LENGTH else f"{masked[:_SHOWN_LENGTH]}...")


def _read(column: pd.Series[Any], argument: str) -> Times:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _categories(column, argument)
    if isinstance(kind, pd.DatetimeTZDtype) or (isinstance(kind, np.dtype) and kind.kind == "M"):
        return _datetimes(pd.DatetimeIndex(column))
    if kind == np.dtype(object):
        return _objects(column, argument)
    return _arrow(to_arrow(column), argument)


def _datetimes(index: pd.DatetimeIndex, unreadable: Positions = NO_ROWS) -> Times:
    return Times(index.asi8, index.unit, index.tz is not None, unreadable)


def _categories(column: pd.Series[Any], argument: str) -> Times:
    if pd.api.types.is_string_dtype(column.cat.categories):
        return _boxed_texts(column, argument)
    distinct = read_times(pd.Series(column.cat.categories), argument)
    return _spread(distinct, column.cat.codes.to_numpy())


def _spread(distinct: Times, codes: NDArray[Any]) -> Times:
    """Give each row the time of its distinct value; code -1 is none."""
    values = np.append(distinct.ticks, np.int64(NOT_A_TIME))[codes]
    bad = np.zeros(distinct.ticks.size + 1, dtype=bool)
    bad[distinct.unreadable] = True
    return Times(values, distinct.unit, distinct.aware, np.flatnonzero(bad[codes]))


def _arrow(values: pa.Array, argument: str) -> Times:
    kind = values.type
    if pa.types.is_timestamp(kind):
        return Times(_whole_numbers(values.view(pa.int64())), kind.unit, kind.tz is not None)
    if pa.types.is_date(kind) or pa.types.is_null(kind):
        return _arrow(values.cast(pa.timestamp("ms")), argument)
    if pa.types.is_integer(kind):
        return Times(_whole_numbers(values.cast(pa.int64())), None)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _fractions(values)
    if is_text(kind) or (pa.types.is_dictionary(kind) and is_text(kind.value_type)):
        return _texts(values)
    if pa.types.is_dictionary(kind):
        distinct = _arrow(values.dictionary, argument)
        return _spread(distinct, values.indices.fill_null(-1).to_numpy(zero_copy_only=False))
    raise _no_time(str(kind), argument)


def _whole_numbers(values: pa.Array) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = values.fill_null(NOT_A_TIME).to_numpy(zero_copy_only=False)
    return numbers


def _fractions(values: pa.Array) -> Times:
    """Whole numbers that became floats because some are null, or decimals of a database."""
    exact = whole(values)
    if pa.types.is_decimal(values.type):
        limit = pa.scalar(Decimal(_LARGEST), _DIGITS)
        small = pc.less_equal(pc.abs(values.cast(_DIGITS, safe=False)), limit).fill_null(False)
        exact &= small.to_numpy(zero_copy_only=False)
    numbers = pc.if_else(pa.array(exact), values, pa.scalar(None, values.type))
    unreadable = np.setdiff1d(np.flatnonzero(~exact), null_rows(values))
    return Times(_whole_numbers(numbers.cast(pa.int64())), None, unreadable=unreadable)


@dataclass(frozen=True, eq=False)
class TimeTexts:
    """Texts of times, and what each of them can be read as.

    Parameters
    ----------
    encoded : Encoded
        The texts; each distinct one is looked at once, where looking takes long.
    zoned : numpy.ndarray of bool
        Distinct texts with a time zone.
    naive : pandas.DatetimeIndex
        Distinct texts without one as dates; NaT where they are none.
    numbers : pyarrow.Array
        Distinct texts as int64; null where they are no whole number.
    """

    encoded: Encoded
    zoned: Flags
    naive: pd.DatetimeIndex
    numbers: pa.Array

    @classmethod
    def of(cls, values: pa.Array) -> TimeTexts:
        """Look at texts."""
        dates = _regular_dates(values)
        if dates is not None:
            rows = np.where(dates.isna(), np.int32(-1), np.arange(len(values), dtype=np.int32))
            none = np.zeros(len(values), dtype=bool)
            return cls(Encoded(rows, values), none, dates, pa.nulls(len(values), pa.int64()))
        encoded = encode_values(values)
        zoned = pc.match_substring_regex(encoded.distinct, _OFFSET).to_numpy(zero_copy_only=False)
        numbers = _numbers_of(encoded.distinct)
        long = pc.greater(pc.binary_length(encoded.distinct), _DIGITS_OF_A_DATE)
        no_date = pc.and_(long, numbers.is_valid()).fill_null(False).to_numpy(zero_copy_only=False)
        naive = _parse(_objects_of(encoded.distinct).mask(zoned | no_date), aware=False)
        return cls(encoded, zoned, naive, numbers)

    @property
    def found(self) -> frozenset[str]:
        """What is among them, which adds up over the parts of a log.

        Dates are "zoned" or "naive", "dated" when digits are not all of them; "numbers" are no
        dates.
        """
        is_date = np.asarray(self.naive.notna())
        is_number = self.numbers.is_valid().to_numpy(zero_copy_only=False)
        among = {
            "zoned": self.zoned,
            "naive": is_date,
            "dated": is_date & ~is_number,
            "numbers": is_number & ~is_date,
        }
        return frozenset(name for name, flags in among.items() if flags.any())

    @property
    def without_zone(self) -> Positions:
        """Positions of rows that hold a date without a time zone."""
        return np.flatnonzero(np.append(np.asarray(self.naive.notna()), False)[self.encoded.codes])

    def read_as(self, kind: TimeKind) -> Times:
        """Read them as one kind; the others are unreadable."""
        if kind == "numbers":
            ticks, unit = _whole_numbers(self.numbers), None
            distinct = Times(ticks, unit, unreadable=np.flatnonzero(ticks == NOT_A_TIME))
        else:
            dates = self.naive
            if kind == "aware":
                texts = _objects_of(self.encoded.distinct)
                dates = _parse(texts.where(self.zoned), aware=True)
            distinct = _datetimes(dates, np.flatnonzero(dates.isna()))
        times = _spread(distinct, self.encoded.codes)
        return replace(times, without_zone=self.without_zone) if times.aware else times


def kind_of_times(found: Collection[str]) -> TimeKind:
    """Tell what the texts of a log read as, by all that is found among them.

    Numbers are numbers where nothing is a date but what has digits alone, such as 2026.

    Examples
    --------
    >>> kind_of_times({"naive", "numbers"}), kind_of_times({"naive", "dated", "numbers"})
    ('numbers', 'naive')
    """
    if "zoned" in found:
        return "aware"
    return "numbers" if "numbers" in found and "dated" not in found else "naive"


def _texts(values: pa.Array) -> Times:
    """Read texts as what they are, all together."""
    texts = TimeTexts.of(values)
    return texts.read_as(kind_of_times(texts.found))


def _objects_of(texts: pa.Array) -> pd.Series[Any]:
    return pd.Series(texts.to_numpy(zero_copy_only=False), dtype=object)


def _regular_dates(texts: pa.Array) -> pd.DatetimeIndex | None:
    """Return texts as dates when all are of ISO 8601 as Arrow reads it; None for any others.

    Arrow reads fewer forms than pandas, and these the same; of 10^6 distinct texts in 0.04
    seconds, where encoding and reading them by pandas takes 1.1 and a second time for streams.
    """
    if not is_text(texts.type) or len(texts) == texts.null_count:
        return None
    try:
        ticks = texts.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    ends = pc.min_max(ticks.view(pa.int64()))
    if ends["min"].as_py() < _ALL_UNITS[0] or ends["max"].as_py() >= _ALL_UNITS[1]:
        return None
    first = texts.drop_null()[0].as_py()
    dates = pd.DatetimeIndex(ticks.to_numpy(zero_copy_only=False))
    return dates.as_unit(pd.to_datetime([first], format="ISO8601").unit)


def _parse(texts: pd.Series[Any], *, aware: bool) -> pd.DatetimeIndex:
    dated = texts.mask(texts.isin(RELATIVE))
    times = pd.DatetimeIndex(pd.to_datetime(dated, format="ISO8601", errors="coerce", utc=aware))
    unread = np.flatnonzero(times.isna() & dated.notna().to_numpy())
    far = unread[dated.iloc[unread].str.match(_FAR_YEAR, na=False).to_numpy(dtype=bool)]
    return _with_far(times, far, [_far_time(text) for text in dated.iloc[far]])


def _far_time(text: str) -> np.datetime64 | None:
    try:
        return _plain_time(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _plain_time(value: Any) -> np.datetime64 | None:
    """Return a date or datetime of Python in UTC, or without a time zone where it has none."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            value = value.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            return None
    return np.datetime64(value, "us") if isinstance(value, date) else None


def _with_far(
    times: pd.DatetimeIndex, rows: Positions, far: list[np.datetime64 | None]
) -> pd.DatetimeIndex:
    """Add times of years that nanoseconds cannot hold, where nothing is finer than microseconds."""
    exact = times.as_unit("us")
    if not any(value is not None for value in far) or not (exact == times)[times.notna()].all():
        return times
    ticks = exact.tz_localize(None).to_numpy(copy=True)
    ticks[rows] = [np.datetime64("NaT") if value is None else value for value in far]
    return pd.DatetimeIndex(ticks, tz=times.tz)


def _numbers_of(texts: pa.Array) -> pa.Array:
    """Read the whole numbers among texts, also ``1700000000.0`` and ``1.7e9``; null for others."""
    is_number = pc.match_substring_regex(texts, _NUMBER)
    if not pc.any(is_number).as_py():
        return pa.nulls(len(texts), pa.int64())
    if pc.all(pc.match_substring_regex(texts, "^[0-9]{1,18}$")).as_py():
        return texts.cast(pa.int64())
    null = pa.scalar(None, texts.type)
    digits = pc.replace_substring_regex(texts, _NUMBER, r"\1\2")
    floats = pc.if_else(is_number, digits, null).cast(pa.float64())
    plain = pc.replace_substring_regex(digits, r"\.0*$", "")
    is_plain = pc.match_substring_regex(plain, "^-?[0-9]+$")
    small = pc.less(pc.abs(floats), float(np.iinfo(np.int64).max))
    exact = pc.if_else(pc.and_(is_plain, small), plain, null).cast(pa.int64())
    scaled = pc.if_else(pa.array(whole(floats)), floats, pa.scalar(None, pa.float64()))
    return pc.coalesce(exact, scaled.cast(pa.int64()))


def mixed_zones(
    argument: str, without: Sequence[int] | Positions = (), total: int | None = None
) -> InvalidDataError:
    """Return the error for times of which only some have a time zone.

    Parameters
    ----------
    argument : str
        Keyword under which the user named the column.
    without : sequence of int
        Positions of rows whose time has none, where they are known.
    total : int, optional
        How many rows these are, where `without` holds only the first of them.
    """
    count = len(without) if total is None else total
    problem = Problem(
        "mixed_time_zones",
        _("The column of {argument}= mixes times with and without a time zone").format(
            argument=argument
        )
        + (_(": {count:,} rows have none").format(count=count) if count else ""),
        N_("Give all of them one, or none: which zone the others are in, only you can tell."),
        tuple(int(row) for row in without),
        total=count if count > len(without) else None,
    )
    return InvalidDataError.of([problem])


def _objects(column: pd.Series[Any], argument: str) -> Times:
    """Boxed Python values: by what pandas finds that they are."""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in {"datetime", "datetime64", "date"}:
        return _boxed_times(column, argument)
    if kind == "string":
        return _boxed_texts(column, argument)
    if kind in {"integer", "floating", "mixed-integer-float", "decimal", "empty"}:
        return _arrow(to_arrow(column), argument)
    raise _no_time(f"object ({kind})", argument)


def _boxed_times(column: pd.Series[Any], argument: str) -> Times:
    present = column[column.notna()]
    aware = {getattr(value, "tzinfo", None) is not None for value in present}
    if len(aware) > 1:
        raise mixed_zones(argument)
    times = pd.DatetimeIndex(pd.to_datetime(column, errors="coerce", utc=aware == {True}))
    rest = np.flatnonzero(times.isna() & column.notna().to_numpy())
    times = _with_far(times, rest, [_plain_time(value) for value in column.iloc[rest]])
    return _datetimes(times, rest[times[rest].isna()])


def _boxed_texts(column: pd.Series[Any], argument: str) -> Times:
    try:
        values = to_arrow(column)
    except UnicodeEncodeError:
        written = [v.encode(errors="replace").decode() if isinstance(v, str) else v for v in column]
        values = pa.array(written, pa.large_string(), from_pandas=True)
    return _arrow(values, argument)


def _no_time(kind: str, argument: str) -> InvalidDataError:
    return InvalidDataError(
        f"The column of {argument}= is of type {kind}, which is no time. {_REMEDY}"
    )
