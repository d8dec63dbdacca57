"""Texts that look like personal data, which the service refuses.

The contract says what is meant by each kind; this is the client's own code for it, which lets
prices, dates, product codes and order numbers pass. No value ever leaves this module: only kinds
and positions do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.contract import (
    CARD_NUMBER,
    CARDS,
    COUNTRY_CODE,
    DRIVERS_LICENSE_NUMBER,
    EMAIL_ADDRESS,
    GAP_CHARACTERS,
    IMAGE_ENDINGS,
    JOINERS,
    KOREAN_BARCODE,
    LICENSE_CODES,
    LICENSE_REGIONS,
    MOBILE_PHONE_NUMBER,
    PASSPORT_LETTERS,
    PASSPORT_NUMBER,
    RESIDENT_BASE,
    RESIDENT_BASE_FOREIGN,
    RESIDENT_REGISTRATION_NUMBER,
    RESIDENT_UNCHECKED_FROM,
    RESIDENT_WEIGHTS,
)
from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.kernels.arrays import NO_ROWS, Flags, Positions, take_rows
from nclue_pandas.kernels.parallel import in_threads, slices, threads
from nclue_pandas.kernels.scan import text_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: What a masked value reads as.
MASK: Final = "***"

#: The fewest digits that are personal data, or a doubt, without a letter or sign beside them.
FEWEST_ALONE: Final = 10

#: Set before a value that was verified to be none, so that it is not found again.
_DONE: Final = "\ufdd0"
#: Rows from which it pays to read a pattern once more.
_SLICE: Final = 20_000

_RESIDENT_DIGITS, _CARD_DIGITS = 13, 16
#: From a character of ASCII to its full-width form.
_WIDE: Final = 0xFEE0


def _both(characters: str) -> str:
    """Add the full-width forms of the characters and ranges of a class."""
    wide = (c if c == "-" else chr(ord(c) + _WIDE) for c in characters)
    return characters + "".join(wide)


def _one(characters: str) -> str:
    return f"[{_both(characters)}]"


def _each(text: str) -> str:
    return "".join(map(_one, text))


_DIGITS: Final = _both("0-9")
_DIGIT: Final = f"[{_DIGITS}]"
_ALNUM: Final = _both("0-9A-Za-z")
_GAPS: Final = "[" + "".join(f"\\x{{{ord(c):x}}}" for c in GAP_CHARACTERS) + "]"
_GAP: Final = f"{_GAPS}+"
_MAYBE: Final = f"{_GAPS}*"
#: A value stands alone: no letter, digit or decimal point joins it to something longer.
_JOIN: Final = f"[{JOINERS}]"
_LEFT: Final = rf"^|^{_JOIN}|[^{_ALNUM}\x{{{ord(_DONE):x}}}{JOINERS}]|[^{_DIGITS}]{_JOIN}"
_RIGHT: Final = f"$|[^{_ALNUM}{JOINERS}]|{_JOIN}(?:$|[^{_DIGITS}])"

#: What the patterns have for characters beyond ASCII, and those characters.
_FOR_WIDE: Final = re.compile(
    "[\uff01-\uff5e](?:-[\uff01-\uff5e])?"
    rf"|\\x\{{(?!{ord(_DONE):x})(?:[89a-f][0-9a-f]|[0-9a-f]{{3,}})\}}"
)
_WIDE_ONES: Final = rf"[\x{{ff01}}-\x{{ff5e}}{''.join(c for c in GAP_CHARACTERS if c > '~')}]"

_AT, _DOT = _one("@"), _one(".")
_MARKS: Final = _both(".") + "_%+-"
_LETTER: Final = r"\p{L}\p{N}"
_LABEL: Final = f"[{_ALNUM}-]"
_DOMAIN: Final = f"{_AT}(?:{_LABEL}+{_DOT})+{_one('A-Za-z')}{{2}}"
_EMAIL: Final = f"[{_MARKS}]*[{_LETTER}][{_LETTER}{_MARKS}]*{_DOMAIN}{_LABEL}*(?:{_DOT}{_LABEL}+)*"
_IMAGE: Final = f"{_AT}{_DIGIT}{_one('x')}{_DOT}(?:{'|'.join(map(_each, IMAGE_ENDINGS))})$"

_MONTH: Final = f"(?:{_one('0')}{_one('1-9')}|{_one('1')}{_one('0-2')})"
_DAY: Final = f"(?:{_one('0')}{_one('1-9')}|{_one('12')}{_DIGIT}|{_one('3')}{_one('01')})"
_RESIDENT: Final = f"{_DIGIT}{{2}}{_MONTH}{_DAY}{_MAYBE}{_one('1-8')}{_DIGIT}{{6}}"
_CARD: Final = (
    f"(?:(?:{_one('24569')}{_DIGIT}|{_each('35')}){_DIGIT}{{2}}(?:{_MAYBE}{_DIGIT}{{4}}){{3}}"
    f"|{_one('3')}{_one('47')}{_DIGIT}{{2}}{_MAYBE}{_DIGIT}{{6}}{_MAYBE}{_DIGIT}{{5}}"
    f"|{_one('3')}{_one('068')}{_DIGIT}{{2}}{_MAYBE}{_DIGIT}{{6}}{_MAYBE}{_DIGIT}{{4}})"
)
_CODE: Final = (
    f"(?:{_each('10')}{_MAYBE}{_DIGIT}{{4}}|{_one('1')}{_one('16-9')}{_MAYBE}{_DIGIT}{{3,4}})"
)
_ABROAD: Final = rf"(?:\+|{_each('00')})?{_each(COUNTRY_CODE)}{_MAYBE}(?:{_one('0')}{_MAYBE})?"
_MOBILE: Final = rf"(?:\(?{_one('0')}|{_ABROAD}){_CODE}{_MAYBE}{_DIGIT}{{4}}"
#: A mobile number that lost its zero where it was read as a whole number.
_LOST_ZERO: Final = f"{_each('10')}{_MAYBE}{_DIGIT}{{4}}{_MAYBE}{_DIGIT}{{4}}"
_REGION: Final = "|".join(_each(str(code)) for code in LICENSE_CODES)
_LICENSE: Final = (
    f"(?:(?:{_REGION}){_GAP}|(?:{'|'.join(LICENSE_REGIONS)}){_MAYBE})"
    f"{_DIGIT}{{2}}{_GAP}{_DIGIT}{{6}}{_GAP}{_DIGIT}{{2}}"
)
_PASSPORT: Final = (
    f"{_one(PASSPORT_LETTERS)}{_MAYBE}(?:{_DIGIT}{{8}}|{_DIGIT}{{3}}{_one('A-Z')}{_DIGIT}{{4}})"
)
_SIZE_AND_DATE: Final = f"^.{_GAP}(?:{_each('19')}|{_each('20')}){_DIGIT}{{2}}{_MONTH}{_DAY}$"


@dataclass(frozen=True)
class PersonalData:
    """What to do about personal data in behaviors, with further patterns to look for.

    Parameters
    ----------
    found : {"raise", "mask"}
        Whether what is found is an error, or is replaced by ``***``.
    patterns : mapping of str to str
        By a name for reports and errors, what else counts as personal data: regular expressions
        of RE2 (no look-ahead or look-behind). In ids what they find is an error in both cases.

    Raises
    ------
    ConfigurationError
        When a pattern cannot be read, or matches an empty text or the mask.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> log = pd.DataFrame({"u": ["a"], "t": ["2026-01-01"], "b": ["points of KR-00012345"]})
    >>> masked = nclue.PersonalData("mask", {"member number": r"KR-[0-9]{8}"})
    >>> nclue.to_sequences(log, user="u", time="t", behavior="b", personal_data=masked)[
    ...     "sequence"
    ... ].tolist()
    ['points of ***']
    """

    found: Literal["raise", "mask"] = "raise"
    patterns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.found not in {"raise", "mask"}:
            raise ConfigurationError(f"personal_data={self.found!r}: give 'raise' or 'mask'.")
        if not isinstance(self.patterns, Mapping):
            raise ConfigurationError(
                "The patterns of PersonalData are a mapping of names to regular expressions, such "
                "as {'member number': 'KR-[0-9]{8}'}."
            )
        for name, pattern in self.patterns.items():
            _check_pattern(name, pattern)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The announced kinds and the further ones."""
        return *KINDS, *(Kind(name, pattern) for name, pattern in self.patterns.items())


#: What a verb takes as ``personal_data=``.
OnPersonalData = Literal["raise", "mask"] | PersonalData


def read_option(value: OnPersonalData) -> PersonalData:
    """Read what a verb was given as ``personal_data=``, and refuse anything else."""
    if isinstance(value, PersonalData):
        return value
    if isinstance(value, str):
        return PersonalData(value)
    raise ConfigurationError(
        f"personal_data={value!r}: give 'raise', 'mask' or PersonalData(...), which takes further "
        "patterns."
    )


def _check_pattern(name: object, pattern: object) -> None:
    if not (isinstance(name, str) and isinstance(pattern, str)):
        raise ConfigurationError(f"The pattern {name!r}: {pattern!r} is no text with a text.")
    try:
        matches = pc.match_substring_regex(pa.array(["", MASK]), pattern).to_pylist()
    except pa.ArrowInvalid as error:
        raise ConfigurationError(
            f"The pattern {name!r}: {pattern!r} is no regular expression of RE2 ({error})."
        ) from error
    if any(matches):
        raise ConfigurationError(
            f"The pattern {name!r}: {pattern!r} matches an empty text or the mask ({MASK}), and "
            "would be found everywhere. Let it begin and end with what it must have."
        )


@dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    Parameters
    ----------
    name : str
        As reports and errors name it.
    value : str
        RE2 of the values; of further kinds the user's own.
    left, right : str
        RE2 of what must be before and after a value.
    verify : callable or None
        Takes values that match, tells which of them really are of this kind.
    """

    name: str
    value: str
    left: str = ""
    right: str = ""
    verify: Callable[[pa.Array], Flags] | None = None

    @property
    def pattern(self) -> str:
        """RE2 of a value with what is around it."""
        return f"(?:{self.left})(?:{self.value})(?:{self.right})"

    @property
    def narrow(self) -> Kind:
        """The same for texts without characters of :data:`_WIDE_ONES`, which is faster."""
        left, value, right = (
            _FOR_WIDE.sub("", each) for each in (self.left, self.value, self.right)
        )
        return replace(self, left=left, value=value, right=right)


def find(
    texts: pa.Array | pa.ChunkedArray, personal: PersonalData | None = None
) -> list[tuple[str, Positions]]:
    """Find personal data in texts.

    Parameters
    ----------
    texts : pyarrow.Array or ChunkedArray of string, shape (n,)
        Nulls are passed over.
    personal : PersonalData, optional
        Names further kinds.

    Returns
    -------
    list of (str, numpy.ndarray of int64)
        The kinds that were found, each with the positions of the texts, ascending.

    Examples
    --------
    >>> find(pa.array(["4,900 won", "call 010-1234-5678", "2026-01-31", "kim@example.com"]))
    [('e-mail address', array([3])), ('mobile phone number', array([1]))]
    """
    kinds = KINDS if personal is None else personal.kinds
    rows = suspects(texts, personal)
    suspected = take_rows(texts, rows)
    found = [(kind.name, rows[_positions(suspected, kind)]) for kind in kinds]
    return [(name, positions) for name, positions in found if positions.size]


def suspects(texts: pa.Array | pa.ChunkedArray, personal: PersonalData | None = None) -> Positions:
    """Return the positions of texts that match a pattern of any kind, ascending.

    Examples
    --------
    >>> suspects(pa.array(["a@b.kr", "12345", "4111 1111 1111 1112"])).tolist()
    [0, 2]
    """
    further = () if personal is None else personal.patterns.values()
    return _positions(texts, Kind("any", "|".join([_ANY, *(f"(?:{each})" for each in further)])))


def lost_zeros(texts: pa.Array | pa.ChunkedArray) -> Positions:
    """Return the positions of texts with what may be a mobile number without its zero.

    Examples
    --------
    >>> lost_zeros(pa.array(["1012345678", "01012345678", "2012345678"])).tolist()
    [0]
    """
    return _positions(texts, Kind("doubt", _LOST_ZERO, _LEFT, _RIGHT))


def mask(texts: pa.Array, personal: PersonalData | None = None) -> pa.Array:
    """Replace personal data in texts by ``***``; everything else stays.

    Examples
    --------
    >>> mask(pa.array(["call 010-1234-5678 now"])).to_pylist()
    ['call *** now']
    """
    rows = _any_kind(texts, personal)
    while rows.size:
        masked = texts.take(pa.array(rows))
        for kind in KINDS:
            masked = _mask_kind(masked, kind)
        for pattern in () if personal is None else personal.patterns.values():
            masked = pc.replace_substring_regex(masked, pattern=pattern, replacement=MASK)
        flags = np.zeros(len(texts), dtype=bool)
        flags[rows] = True
        texts = pc.replace_with_mask(texts, pa.array(flags), masked)
        rows = _any_kind(texts, personal)
    return texts


def _any_kind(texts: pa.Array, personal: PersonalData | None) -> Positions:
    found = (rows for _, rows in find(texts, personal))
    rows: Positions = np.unique(np.concatenate([NO_ROWS, *found]))
    return rows


def _positions(texts: pa.Array | pa.ChunkedArray, kind: Kind) -> Positions:
    """Look at slices of the texts, several at once."""

    def look(part: slice) -> Positions:
        rows: Positions = _slice_positions(texts[part], kind) + part.start
        return rows

    size = max(_SLICE, -(-len(texts) // threads()))
    found: Positions = np.concatenate([NO_ROWS, *in_threads(look, slices(len(texts), size))])
    return found


def _slice_positions(texts: pa.Array, kind: Kind) -> Positions:
    rows = _matching(texts, kind)
    if kind.verify is None:
        return rows
    texts = texts.take(pa.array(rows))
    wide = _flags(texts, _WIDE_ONES)
    narrow = rows[~wide], texts.filter(pa.array(~wide)), kind.narrow
    parts = [narrow, (rows[wide], texts.filter(pa.array(wide)), kind)]
    return np.sort(np.concatenate([_verified(*part) for part in parts]))


def _verified(rows: Positions, texts: pa.Array, kind: Kind) -> Positions:
    """Return those of `rows`, whose `texts` match, with a value that is verified."""
    hits = [NO_ROWS]
    while rows.size and kind.verify is not None:
        values, tails = _first(texts, kind)
        true = kind.verify(values)
        hits.append(rows[true])
        other = pa.array(~true)
        passed = pc.binary_join_element_wise(
            pa.scalar(_DONE, texts.type),
            values.filter(other),
            tails.filter(other),
            pa.scalar("", texts.type),
        )
        again = _matching(passed, kind)
        rows, texts = rows[~true][again], passed.take(pa.array(again))
    return np.concatenate(hits)


def _mask_kind(texts: pa.Array, kind: Kind) -> pa.Array:
    """Go from value to value: mask it, or mark it as looked at."""
    rows = _matching(texts, kind)
    while rows.size:
        matching = texts.take(pa.array(rows))
        true = (
            np.ones(rows.size, bool)
            if kind.verify is None
            else kind.verify(_first(matching, kind)[0])
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


def _matching(texts: pa.Array | pa.ChunkedArray, kind: Kind) -> Positions:
    return np.flatnonzero(_flags(texts, kind.pattern)).astype(np.int64, copy=False)


def _flags(texts: pa.Array | pa.ChunkedArray, pattern: str) -> Flags:
    matches = pc.match_substring_regex(texts, pattern).fill_null(False)
    flags: Flags = matches.to_numpy(zero_copy_only=False)
    return flags


def _first(texts: pa.Array, kind: Kind) -> tuple[pa.Array, pa.Array]:
    """Return the first matching value of each text, and all that follows it."""
    pattern = f"(?:{kind.left})(?P<value>{kind.value})(?P<tail>(?:{kind.right})(?s:.*))"
    found = pc.extract_regex(texts, pattern=pattern)
    return pc.struct_field(found, "value"), pc.struct_field(found, "tail")


def _replace_first(texts: pa.Array, kind: Kind, by: str) -> pa.Array:
    return pc.replace_substring_regex(
        texts,
        pattern=f"({kind.left})({kind.value})({kind.right})",
        replacement=by,
        max_replacements=1,
    )


def _digits(values: pa.Array, width: int) -> NDArray[np.int64]:
    """Return the digits of each value, zeros in front, as a matrix of `width` columns."""
    digits = pc.replace_substring_regex(values, pattern=f"[^{_DIGITS}]+", replacement="")
    if not pc.all(pc.string_is_ascii(digits)).as_py():
        for digit in "0123456789":
            digits = pc.replace_substring(digits, chr(ord(digit) + _WIDE), digit)
    _, data = text_bytes(pc.utf8_lpad(digits, width, padding="0"))
    return data.reshape(-1, width).astype(np.int64) - ord("0")


def _is_resident(values: pa.Array) -> Flags:
    """Tell which numbers begin with a date in the past that exists, and have their check digit."""
    digits = _digits(values, _RESIDENT_DIGITS)
    year, month, day = (digits[:, i] * 10 + digits[:, i + 1] for i in (0, 2, 4))
    year = year + np.where(np.isin(digits[:, 6], (3, 4, 7, 8)), 2000, 1900)
    first = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    birth = first.astype("datetime64[D]") + (day - 1)
    exists = (birth.astype("datetime64[M]") == first) & (
        birth <= np.datetime64(datetime.now(UTC).date())
    )
    together: Flags = pc.utf8_length(values).to_numpy(zero_copy_only=False) == _RESIDENT_DIGITS
    base = np.where(digits[:, 6] > 4, RESIDENT_BASE_FOREIGN, RESIDENT_BASE)  # noqa: PLR2004
    check = (base - digits[:, :12] @ np.array(RESIDENT_WEIGHTS) % 11) % 10
    checked = (check == digits[:, 12]) | (birth >= np.datetime64(RESIDENT_UNCHECKED_FROM))
    flags: Flags = exists & checked & ~(together & _is_korean_barcode(digits))
    return flags


def _is_korean_barcode(digits: NDArray[np.int64]) -> Flags:
    """Tell which numbers are of GS1's Korean prefix with the right check digit (EAN-13)."""
    weights = np.array([1, 3] * 6 + [1])
    prefix = [int(c) for c in KOREAN_BARCODE]
    flags: Flags = (digits[:, :3] == prefix).all(axis=1) & (digits @ weights % 10 == 0)
    return flags


def _is_card(values: pa.Array) -> Flags:
    """Tell which card numbers have an issuer and the right check digit (Luhn)."""
    digits = _digits(values, _CARD_DIGITS)
    doubled = digits[:, ::2] * 2
    total = digits[:, 1::2].sum(axis=1) + (doubled // 10 + doubled % 10).sum(axis=1)
    known: Flags = np.zeros(len(values), dtype=bool)
    for issuers, groups in CARDS:
        start = _CARD_DIGITS - sum(groups)
        beginning = digits[:, start : start + 4] @ np.array([1000, 100, 10, 1])
        shorter = ~digits[:, :start].any(axis=1)
        known |= shorter & (beginning >= issuers.start) & (beginning < issuers.stop)
    flags: Flags = known & (total % 10 == 0)
    return flags


def _is_mail(values: pa.Array) -> Flags:
    """Tell which addresses are none of an image for dense screens."""
    flags: Flags = ~pc.match_substring_regex(values, _IMAGE).to_numpy(zero_copy_only=False)
    return flags


def _is_passport(values: pa.Array) -> Flags:
    """Tell which numbers are no size beside a date."""
    flags: Flags = ~pc.match_substring_regex(values, _SIZE_AND_DATE).to_numpy(zero_copy_only=False)
    return flags


KINDS: Final = (
    Kind(
        EMAIL_ADDRESS,
        _EMAIL,
        left=rf"^|[^\x{{{ord(_DONE):x}}}{_LETTER}{_MARKS}]",
        verify=_is_mail,
    ),
    Kind(RESIDENT_REGISTRATION_NUMBER, _RESIDENT, _LEFT, _RIGHT, _is_resident),
    Kind(CARD_NUMBER, _CARD, _LEFT, _RIGHT, _is_card),
    Kind(MOBILE_PHONE_NUMBER, _MOBILE, _LEFT, _RIGHT),
    Kind(DRIVERS_LICENSE_NUMBER, _LICENSE, _LEFT, _RIGHT),
    Kind(PASSPORT_NUMBER, _PASSPORT, _LEFT, _RIGHT, _is_passport),
)
_NUMBERS: Final = f"{_RESIDENT}|{_CARD}|{_MOBILE}|{_LICENSE}|{_PASSPORT}"
#: What matches any of them, at the price of one.
_ANY: Final = f"[{_LETTER}][{_MARKS}]*{_DOMAIN}|(?:{_LEFT})(?:{_NUMBERS})(?:{_RIGHT})"
