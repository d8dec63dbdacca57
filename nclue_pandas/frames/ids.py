"""User ids: text from the first touch, whatever the column's type."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.contract import USER_ID_LENGTH
from nclue_pandas.errors.base import InvalidDataError
from nclue_pandas.frames.behaviors import CONTROL
from nclue_pandas.frames.columns import (
    NO_ARROW_TYPE,
    TextValues,
    read_text,
    to_chunks,
    to_text,
    whole,
)
from nclue_pandas.frames.personal_data import FEWEST_ALONE, PersonalData, find, lost_zeros
from nclue_pandas.frames.problems import Fault, with_rows
from nclue_pandas.kernels.arrays import (
    NO_ROWS,
    Flags,
    Positions,
    cast_chunks,
    is_text,
    one_array,
    text_array,
)
from nclue_pandas.kernels.encode import encode_values
from nclue_pandas.kernels.scan import text_bytes, unclean_suspects
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

Codes = NDArray[np.int32]

_TAKEN_TYPES = "text, whole numbers, or categories of them"


@dataclass(frozen=True, eq=False)
class EncodedIds:
    """The ids of a column: distinct texts, and which of them each row has.

    Parameters
    ----------
    codes : numpy.ndarray of int32, shape (rows,)
        Position in `texts`; -1 where the id is null.
    texts : pyarrow.Array of string, shape (distinct ids,)
        Without nulls or repeats.
    fractional : numpy.ndarray of bool, shape (distinct ids,)
        Floats that are not whole numbers, or too large to be exact.
    not_unicode : numpy.ndarray of int64
        Positions of rows whose id has lone surrogates.
    integers : bool
        Whether all ids were read from whole numbers, so that only digits and a sign are in them.
    doubtful : numpy.ndarray of int64
        Positions of rows with such numbers among boxed values of other types.
    """

    codes: Codes
    texts: pa.Array
    fractional: Flags
    not_unicode: Positions
    integers: bool = False
    doubtful: Positions = field(default_factory=NO_ROWS.copy)

    def rows_where(self, flags: Flags) -> Positions:
        """Return the rows whose distinct id is flagged."""
        if not flags.any():
            return NO_ROWS
        return np.flatnonzero(np.append(flags, False)[self.codes])

    @property
    def null_rows(self) -> Positions:
        """Rows without an id."""
        return np.setdiff1d(np.flatnonzero(self.codes < 0), self.not_unicode)

    def unreadable(self) -> list[Fault]:
        """Return the rows whose id cannot be told for certain."""
        return [
            Fault(
                "fractional_id",
                N_("A user id is a number with a fraction, or a float too large to be exact"),
                N_("Read the column as text, for example with dtype=str."),
                np.union1d(self.rows_where(self.fractional), self.doubtful),
            ),
            Fault(
                "id_not_unicode",
                N_("A user id holds a lone surrogate, which UTF-8 cannot write"),
                N_("Decode the text again with the right encoding."),
                self.not_unicode,
            ),
        ]


def id_text(column: pd.Series[Any], argument: str = "user") -> pa.Array:
    """Read a column of ids as text in one array; see :func:`id_chunks`."""
    return one_array(id_chunks(column, argument))


def id_chunks(column: pd.Series[Any], argument: str = "user") -> pa.ChunkedArray:
    """Read a column of ids as text, one for each row, without a copy of what is text.

    Parameters
    ----------
    column : pandas.Series
        int, float of whole numbers, str, object, categorical, nullable or ArrowDtype.
    argument : str
        Keyword under which the user named the column, for messages.

    Returns
    -------
    pyarrow.ChunkedArray of string
        Null where the id is null. Leading zeros stay, ``"NA"`` is text, ``17850.0`` reads
        ``17850``.

    Raises
    ------
    InvalidDataError
        When values cannot be ids: dates, booleans, lists, fractions, or text with lone
        surrogates (with the rows).

    Examples
    --------
    >>> import pandas as pd
    >>> id_chunks(pd.Series(["0012", "NA", None])).to_pylist()
    ['0012', 'NA', None]
    >>> id_chunks(pd.Series([17850.0, float("nan")])).to_pylist()
    ['17850', None]
    """
    texts, faults = look_at_id_texts(column, argument)
    if faults:
        problems = [fault.problem for fault in faults]
        rows = column.iloc[np.unique(np.concatenate([fault.rows for fault in faults]))]
        raise InvalidDataError.of(problems, rows.to_frame())
    return texts


def look_at_id_texts(
    column: pd.Series[Any], argument: str = "user"
) -> tuple[pa.ChunkedArray, tuple[Fault, ...]]:
    """Read a column of ids as text; tell which of its rows cannot be read."""
    if column.dtype != np.dtype(object):
        with suppress(*NO_ARROW_TYPE):
            values = to_chunks(column)
            if is_text(values.type):
                return cast_chunks(values, pa.string()), ()
    encoded = encode_ids(column, argument)
    codes = encoded.codes
    texts = pa.chunked_array([encoded.texts.take(pa.array(codes, mask=codes < 0))])
    return texts, with_rows(encoded.unreadable())


def encode_ids(column: pd.Series[Any], argument: str = "user") -> EncodedIds:
    """Read a column of ids as codes of distinct texts.

    Parameters
    ----------
    column : pandas.Series
        As for :func:`id_text`.
    argument : str
        Keyword under which the user named the column, for messages.

    Raises
    ------
    InvalidDataError
        When the column's type cannot be an id.

    Examples
    --------
    >>> import pandas as pd
    >>> encoded = encode_ids(pd.Series([7, 5, 7]))
    >>> encoded.codes.tolist(), encoded.texts.to_pylist()
    ([0, 1, 0], ['7', '5'])
    """
    try:
        values = to_chunks(column)
    except NO_ARROW_TYPE:
        read = read_text(column, argument)
        ids = _encode(read.texts, lambda texts: TextValues(texts, NO_ROWS), read.not_unicode)
        return replace(ids, doubtful=np.union1d(read.inexact, read.fractional))
    _refuse_other_types(values.type, argument)
    return _encode(values, lambda distinct: TextValues(to_text(distinct, argument), NO_ROWS))


_TEXT_NA: Final = N_("Where the id is the text NA, read the file with keep_default_na=False.")


def id_faults(ids: EncodedIds) -> list[Fault]:
    """Find the ids that the service would refuse, or that would break its files.

    The service takes digits, letters or a mixture, at most 100 characters. Other printable
    characters, as in ``"user-1"``, are let through here: whether they are refused is not
    documented, and the check of a frame tells them.
    """
    if ids.integers:
        blank = long = control = np.zeros(len(ids.texts), dtype=bool)
    else:
        blank, control = _unprintable(ids.texts)
        long = pc.utf8_length(ids.texts).to_numpy(zero_copy_only=False) > USER_ID_LENGTH
    give = _("Give each of these rows an id, or drop them (on_invalid='drop').")
    return [
        Fault("null_id", N_("A user id is null"), f"{give} {_(_TEXT_NA)}", ids.null_rows),
        Fault("blank_id", N_("A user id is empty or white space"), give, ids.rows_where(blank)),
        Fault(
            "long_id",
            _("A user id has more than {count} characters").format(count=USER_ID_LENGTH),
            N_("Shorten the ids, for example with pseudonymize()."),
            ids.rows_where(long),
        ),
        Fault(
            "control_character_in_id",
            N_("A user id holds a TAB, a line break or another control character"),
            N_("Remove the character: the service's files have one user per line."),
            ids.rows_where(control),
        ),
        *ids.unreadable(),
    ]


def personal_ids(ids: EncodedIds, personal: PersonalData | None = None) -> list[Fault]:
    """Find the ids that look like personal data, of further kinds too."""
    faults: list[Fault] = []
    if _too_short(ids) and not (personal and personal.patterns):
        return faults
    for kind, places in find(ids.texts, personal):
        flags = np.zeros(len(ids.texts), dtype=bool)
        flags[places] = True
        fault = Fault(
            "personal_id",
            _("A user id looks like personal data ({kind}), which the service refuses").format(
                kind=_(kind)
            ),
            N_(
                "Ids cannot be masked, or users would become one: replace them with pseudonymize() "
                "first, and put them back on the results with restore_ids()."
            ),
            ids.rows_where(flags),
        )
        faults.append(fault)
    return faults


def doubtful_ids(ids: EncodedIds) -> Fault:
    """Find the ids that may be mobile numbers without their zero."""
    flags = np.zeros(len(ids.texts), dtype=bool)
    if not _too_short(ids):
        flags[lost_zeros(ids.texts)] = True
    return Fault(
        "mobile_id_without_zero",
        N_("A user id of ten digits may be a mobile number that lost its leading zero"),
        N_("If it is one, read the column as text (dtype=str) and pseudonymize() the ids."),
        ids.rows_where(flags),
    )


def _too_short(ids: EncodedIds) -> bool:
    """Tell whether all ids are whole numbers of too few digits for personal data."""
    lengths = np.diff(text_bytes(ids.texts)[0])
    return ids.integers and bool(lengths.max(initial=0) < FEWEST_ALONE)


def _unprintable(texts: pa.Array) -> tuple[Flags, Flags]:
    """Tell which ids are blank, and which of the others hold a control character."""
    blank, control = np.zeros((2, len(texts)), dtype=bool)
    rows = unclean_suspects(texts)
    suspected = texts.take(pa.array(rows))
    lengths = pc.utf8_length(pc.utf8_trim_whitespace(suspected)).to_numpy(zero_copy_only=False)
    matches = pc.match_substring_regex(suspected, CONTROL).to_numpy(zero_copy_only=False)
    blank[rows] = lengths == 0
    control[rows] = matches & (lengths > 0)
    return blank, control


def _refuse_other_types(kind: pa.DataType, argument: str) -> None:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    number = pa.types.is_integer(kind) or _is_number(kind)
    if not (number or is_text(kind) or pa.types.is_null(kind)):
        raise InvalidDataError(
            f"The column of {argument}= is of type {kind}; user ids are {_TAKEN_TYPES}."
        )


def _encode(
    values: pa.Array | pa.ChunkedArray,
    read: Callable[[pa.Array], TextValues],
    not_unicode: Positions = NO_ROWS,
) -> EncodedIds:
    """Encode by distinct raw value, then by distinct text (1 and 1.0 are one id)."""
    encoded = encode_values(values)
    codes, distinct = encoded.codes, encoded.distinct
    fractional = ~whole(distinct) if _is_number(distinct.type) else np.zeros(len(distinct), bool)
    texts = read(distinct).texts
    integers = pa.types.is_integer(values.type)
    if not (integers or is_text(values.type)):  # texts of these are distinct already
        again = encode_values(texts)
        codes = np.append(again.codes, np.int32(-1))[codes]
        merged = np.zeros(len(again.distinct), dtype=bool)
        merged[again.codes[fractional & (again.codes >= 0)]] = True
        texts, fractional = again.distinct, merged
    return EncodedIds(codes, text_array(texts), fractional, not_unicode, integers)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))
