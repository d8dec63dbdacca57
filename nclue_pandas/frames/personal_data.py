"""Texts that look like personal data, which the service refuses.

The service names the kinds (resident registration, passport, driver's license, card and mobile
phone numbers, e-mail addresses) but not its patterns. These here let prices, dates, product codes
and order numbers pass: a number must stand alone, and what can be verified is verified (birth
date and gender digit, card issuer and check digit). No value ever leaves this module: only kinds
and positions do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.frames.columns import NO_ROWS, Flags, Positions, take_rows
from nclue_pandas.frames.parallel import in_threads, slices
from nclue_pandas.frames.screening import personal_suspects, text_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: What a masked value reads as.
MASK: Final = "***"

#: The fewest digits that are personal data without a letter or sign beside them: a mobile number.
FEWEST_ALONE: Final = 10

#: Set before a number that was verified to be none, so that it is not found again.
_DONE: Final = "\ufdd0"
_SLICE: Final = 20_000

_RESIDENT_DIGITS, _CARD_DIGITS = 13, 16
_KOREAN_BARCODE: Final = (8, 8, 0)

#: Between the groups of a number: a space, or a hyphen or dot with spaces around it.
_GAP: Final = r"(?: ?[-.\x{2010}-\x{2013}] ?| )"
_MAYBE: Final = _GAP + "?"
#: A value stands alone: no letter, digit or decimal point joins it to something longer.
_LEFT: Final = r"(?P<left>^|^[.,-]|[^0-9A-Za-z.,\x{fdd0}-]|[^0-9][.,-])"
_RIGHT: Final = r"(?P<right>$|[^0-9A-Za-z.,-]|[.,-](?:$|[^0-9]))"

_EMAIL: Final = r"[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"
_BIRTH: Final = r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_RESIDENT: Final = rf"{_BIRTH}{_MAYBE}[1-8][0-9]{{6}}"
_ISSUER: Final = "(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|35[0-9]{2}|6[0-9]{3}|9[0-9]{3})"
_CARD: Final = (
    rf"(?:{_ISSUER}{_MAYBE}[0-9]{{4}}{_MAYBE}[0-9]{{4}}{_MAYBE}[0-9]{{4}}"
    rf"|3[47][0-9]{{2}}{_MAYBE}[0-9]{{6}}{_MAYBE}[0-9]{{5}}"
    rf"|3[068][0-9]{{2}}{_MAYBE}[0-9]{{6}}{_MAYBE}[0-9]{{4}})"
)
_ABROAD: Final = rf"(?:\+|00)?82{_MAYBE}(?:\(0\){_MAYBE}|0)?"
_MOBILE: Final = (
    rf"(?:\(?0|{_ABROAD})(?:10\)?{_MAYBE}[0-9]{{4}}|1[16789]\)?{_MAYBE}[0-9]{{3,4}})"
    rf"{_MAYBE}[0-9]{{4}}"
)
_REGION: Final = (
    "(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주)"
)
_LICENSE: Final = (
    rf"(?:(?:1[1-9]|2[0-8]){_GAP}|{_REGION}{_MAYBE})[0-9]{{2}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{2}}"
)
_PASSPORT: Final = rf"[MSRODG]{_MAYBE}(?:[0-9]{{8}}|[0-9]{{3}}[A-Z][0-9]{{4}})"


@dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    Parameters
    ----------
    name : str
        As reports and errors name it.
    pattern : str
        RE2 with the groups ``left``, ``value`` and ``right``.
    verify : callable or None
        Takes values that match, tells which of them really are of this kind.
    """

    name: str
    pattern: str
    verify: Callable[[pa.Array], Flags] | None = None


def find(texts: pa.Array | pa.ChunkedArray) -> list[tuple[str, Positions]]:
    """Find personal data in texts.

    Parameters
    ----------
    texts : pyarrow.Array or ChunkedArray of string, shape (n,)
        Nulls are passed over.

    Returns
    -------
    list of (str, numpy.ndarray of int64)
        The kinds that were found, each with the positions of the texts, ascending.

    Examples
    --------
    >>> find(pa.array(["4,900 won", "call 010-1234-5678", "2026-01-31", "kim@example.com"]))
    [('e-mail address', array([3])), ('mobile phone number', array([1]))]
    """
    rows = personal_suspects(texts)
    suspected = take_rows(texts, rows)
    matching = _positions(suspected, _ANY)
    rows, suspected = rows[matching], suspected.take(pa.array(matching))
    found = [(kind.name, rows[_positions(suspected, kind)]) for kind in KINDS]
    return [(name, positions) for name, positions in found if positions.size]


def mask(texts: pa.Array) -> pa.Array:
    """Replace personal data in texts by ``***``; everything else stays.

    Examples
    --------
    >>> mask(pa.array(["call 010-1234-5678 now"])).to_pylist()
    ['call *** now']
    """
    rows = _any_kind(texts)
    while rows.size:
        masked = texts.take(pa.array(rows))
        for kind in KINDS:
            masked = _mask_kind(masked, kind)
        flags = np.zeros(len(texts), dtype=bool)
        flags[rows] = True
        texts = pc.replace_with_mask(texts, pa.array(flags), masked)
        rows = _any_kind(texts)
    return texts


def _any_kind(texts: pa.Array) -> Positions:
    rows: Positions = np.unique(np.concatenate([NO_ROWS, *(rows for _, rows in find(texts))]))
    return rows


def _positions(texts: pa.Array, kind: Kind) -> Positions:
    """Look at slices of the texts, several at once."""

    def look(part: slice) -> Positions:
        rows: Positions = _slice_positions(texts[part], kind) + part.start
        return rows

    found: Positions = np.concatenate([NO_ROWS, *in_threads(look, slices(len(texts), _SLICE))])
    return found


def _slice_positions(texts: pa.Array, kind: Kind) -> Positions:
    rows = _matching(texts, kind)
    if kind.verify is None:
        return rows
    hits = [NO_ROWS]
    texts = texts.take(pa.array(rows))
    while rows.size:
        true = kind.verify(_values(texts, kind))
        hits.append(rows[true])
        passed = _replace_first(texts.filter(pa.array(~true)), kind, rf"\1{_DONE}\2\3")
        again = _matching(passed, kind)
        rows, texts = rows[~true][again], passed.take(pa.array(again))
    return np.sort(np.concatenate(hits))


def _mask_kind(texts: pa.Array, kind: Kind) -> pa.Array:
    """Go from value to value: mask it, or mark it as looked at."""
    rows = _matching(texts, kind)
    while rows.size:
        matching = texts.take(pa.array(rows))
        true = (
            np.ones(rows.size, bool)
            if kind.verify is None
            else kind.verify(_values(matching, kind))
        )
        changed = pc.if_else(
            pa.array(true),
            _replace_first(matching, kind, rf"\1{MASK}\3"),
            _replace_first(matching, kind, rf"\1{_DONE}\2\3"),
        )
        flags = np.zeros(len(texts), dtype=bool)
        flags[rows] = True
        texts = pc.replace_with_mask(texts, pa.array(flags), changed)
        rows = rows[_matching(changed, kind)]
    return pc.replace_substring(texts, pattern=_DONE, replacement="")


def _matching(texts: pa.Array, kind: Kind) -> Positions:
    matches = pc.match_substring_regex(texts, kind.pattern).fill_null(False)
    return np.flatnonzero(matches.to_numpy(zero_copy_only=False)).astype(np.int64, copy=False)


def _values(texts: pa.Array, kind: Kind) -> pa.Array:
    """Return the first matching value of each text."""
    return pc.struct_field(pc.extract_regex(texts, pattern=kind.pattern), "value")


def _replace_first(texts: pa.Array, kind: Kind, by: str) -> pa.Array:
    return pc.replace_substring_regex(
        texts, pattern=kind.pattern, replacement=by, max_replacements=1
    )


def _digits(values: pa.Array, width: int) -> NDArray[np.int64]:
    """Return the digits of each value, zeros in front, as a matrix of `width` columns."""
    digits = pc.replace_substring_regex(values, pattern="[^0-9]+", replacement="")
    _, data = text_bytes(pc.utf8_lpad(digits, width, padding="0"))
    return data.reshape(-1, width).astype(np.int64) - ord("0")


def _is_birth(values: pa.Array) -> Flags:
    """Tell which numbers begin with a date in the past that exists.

    The seventh digit tells gender and century: 1, 2, 5, 6 births from 1900 on, 3, 4, 7, 8 from
    2000 on. Thirteen digits in one piece may also be the barcode of a Korean product.
    """
    digits = _digits(values, _RESIDENT_DIGITS)
    year, month, day = (digits[:, i] * 10 + digits[:, i + 1] for i in (0, 2, 4))
    year = year + np.where(np.isin(digits[:, 6], (3, 4, 7, 8)), 2000, 1900)
    first = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    days = (first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")
    exists: Flags = (day <= days.astype(np.int64)) & (year <= datetime.now(UTC).year)
    together: Flags = pc.utf8_length(values).to_numpy(zero_copy_only=False) == _RESIDENT_DIGITS
    return exists & ~(together & _is_korean_barcode(digits))


def _is_korean_barcode(digits: NDArray[np.int64]) -> Flags:
    """Tell which numbers are of GS1's Korean prefix with the right check digit (EAN-13)."""
    weights = np.array([1, 3] * 6 + [1])
    flags: Flags = (digits[:, :3] == _KOREAN_BARCODE).all(axis=1) & (digits @ weights % 10 == 0)
    return flags


def _passes_luhn(values: pa.Array) -> Flags:
    """Tell which card numbers have the right check digit (Luhn, ISO/IEC 7812-1)."""
    digits = _digits(values, _CARD_DIGITS)
    doubled = digits[:, ::2] * 2
    total = digits[:, 1::2].sum(axis=1) + (doubled // 10 + doubled % 10).sum(axis=1)
    flags: Flags = total % 10 == 0
    return flags


def _alone(pattern: str) -> str:
    return f"{_LEFT}(?P<value>{pattern}){_RIGHT}"


KINDS: Final = (
    Kind("e-mail address", f"(?P<left>)(?P<value>{_EMAIL})(?P<right>)"),
    Kind("resident registration number", _alone(_RESIDENT), _is_birth),
    Kind("card number", _alone(_CARD), _passes_luhn),
    Kind("mobile phone number", _alone(_MOBILE)),
    Kind("driver's license number", _alone(_LICENSE)),
    Kind("passport number", _alone(_PASSPORT)),
)
#: What matches any of them, at the price of one.
_ANY: Final = Kind("any", "|".join(re.sub(r"\?P<[a-z]+>", "?:", kind.pattern) for kind in KINDS))
