"""The behavior column: one or several columns as clean texts, with what was found and changed.

Behaviors as the service's files can hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.contract import BEHAVIOR_SEPARATOR
from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.frames.columns import (
    TextValues,
    find_column,
    is_label,
    is_unicode,
    read_chunks,
    read_text,
)
from nclue_pandas.frames.personal_data import PersonalData, find, mask, suspects
from nclue_pandas.frames.problems import Fault
from nclue_pandas.kernels.arrays import NO_ROWS, null_rows, take_rows
from nclue_pandas.kernels.distinct import DistinctTexts
from nclue_pandas.kernels.encode import coded, encode_values
from nclue_pandas.kernels.scan import unclean_suspects, uncomposed_suspects
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nclue_pandas.kernels.arrays import Flags, Positions
    from nclue_pandas.kernels.encode import Codes

#: Control characters (C0, DEL, C1) and the Unicode line and paragraph separators.
CONTROL: Final = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]"
_REPLACED: Final = f"(?:{BEHAVIOR_SEPARATOR}|{CONTROL})+"


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Texts after cleaning, and what was done to each.

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n,)
        Null stays null.
    separators, controls : numpy.ndarray of int64, shape (n,)
        How many ``->`` and how many control characters were replaced.
    stripped : numpy.ndarray of bool, shape (n,)
        Whether white space at an edge was removed.
    """

    texts: pa.Array
    separators: NDArray[np.int64]
    controls: NDArray[np.int64]
    stripped: Flags


def clean(texts: pa.Array) -> Cleaned:
    r"""Replace what ends a behavior, a field or a line, and strip white space at the edges.

    A run of ``->``, TAB, CR, LF and other control characters becomes one space. Everything else
    stays: quotes, emoji and their joiners, any script.

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n,)
        Behaviors.

    Examples
    --------
    >>> import pyarrow as pa
    >>> clean(pa.array([" a->b\r\n", 'say "hi"'])).texts.to_pylist()
    ['a b', 'say "hi"']
    """
    replaced = pc.replace_substring_regex(texts, pattern=_REPLACED, replacement=" ")
    trimmed = pc.utf8_trim_whitespace(replaced)
    return Cleaned(
        trimmed,
        _numbers(pc.count_substring(texts, BEHAVIOR_SEPARATOR)),
        _numbers(pc.count_substring_regex(texts, CONTROL)),
        _numbers(pc.binary_length(trimmed)) < _numbers(pc.binary_length(replaced)),
    )


def _numbers(values: pa.Array) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = values.fill_null(0).to_numpy(zero_copy_only=False)
    return numbers.astype(np.int64, copy=False)


#: Bytes of several columns from which their join may need 64-bit offsets.
_WIDE_JOIN: Final = 2**30


class PatchedTexts:
    """Texts of which a few are replaced by others, without a copy of the rest.

    Parameters
    ----------
    base : pyarrow.Array or ChunkedArray
        ``string``, ``large_string``, or a dictionary of one of them.
    """

    def __init__(self, base: pa.Array | pa.ChunkedArray) -> None:
        self._codes: Codes | None = None
        if pa.types.is_dictionary(base.type):
            encoded = encode_values(base)
            self._codes, base = encoded.codes, encoded.distinct
            if base.null_count:  # a null by its entry is none by its code
                null = np.append(base.is_null().to_numpy(zero_copy_only=False), True)
                self._codes = np.where(null[self._codes], np.int32(-1), self._codes)
        self._distinct = base if isinstance(base, pa.ChunkedArray) else pa.chunked_array([base])
        self._places: Positions = NO_ROWS
        # Of a partition with 2 GiB of text, all may be patched.
        self._others = pa.array([], pa.large_string())
        self._patched: Flags = np.zeros(len(base), dtype=bool)

    @property
    def distinct(self) -> pa.ChunkedArray:
        """The texts before patches: of each row, or of each dictionary entry."""
        return self._distinct

    def of_rows(self, used: Flags | None) -> PatchedTexts | DistinctTexts:
        """Return what the kernel takes the texts of the rows from that are `used`."""
        if self._codes is None:
            return self
        n_texts = len(self._distinct)
        return DistinctTexts.of(self._codes, n_texts, self.take_distinct, used, BEHAVIOR_SEPARATOR)

    def take(self, rows: NDArray[np.int64]) -> pa.Array:
        """Return the texts of `rows`."""
        return self.take_distinct(rows if self._codes is None else self._codes[rows])

    def take_distinct(self, places: NDArray[Any]) -> pa.Array:
        """Return the texts at `places` of :attr:`distinct`, patched."""
        taken = take_rows(self._distinct, places)
        patched = self._patched[places]
        if not patched.any():
            return taken
        others = self._others.take(pa.array(np.searchsorted(self._places, places[patched])))
        return pc.replace_with_mask(taken, pa.array(patched), others.cast(taken.type))

    def patch(self, places: Positions, texts: pa.Array) -> None:
        """Replace the texts at `places` (ascending) of :attr:`distinct`."""
        old = np.flatnonzero(~np.isin(self._places, places))
        merged = np.concatenate([self._places[old], places])
        kept = self._others.take(pa.array(old))
        both = pa.concat_arrays([kept, texts.cast(kept.type)])
        order = np.argsort(merged, kind="stable")
        self._places, self._others = merged[order], both.take(pa.array(order))
        self._patched[places] = True

    def null_rows(self) -> Positions:
        """Return the rows without a text."""
        if self._codes is None:
            return null_rows(self._distinct)
        return np.flatnonzero(self._codes < 0)

    def rows_at(self, places: Positions) -> tuple[Positions, Positions]:
        """Return the rows that have one of `places`, and which of them each row has."""
        if self._codes is None or not places.size:
            return places, np.arange(places.size)
        index = np.full(len(self._distinct) + 1, -1, dtype=np.int64)
        index[places] = np.arange(places.size)
        of_row = index[self._codes]
        rows = np.flatnonzero(of_row >= 0)
        return rows, of_row[rows]


@dataclass(frozen=True, eq=False)
class Changes:
    """What cleaning and masking did to rows.

    Parameters
    ----------
    rows : numpy.ndarray of int64, shape (n,)
        Rows that were cleaned, ascending.
    separators, controls : numpy.ndarray of int64, shape (n,)
        Occurrences replaced in the row.
    stripped : numpy.ndarray of bool, shape (n,)
        Whether white space at its edges was removed.
    masked : numpy.ndarray of int64
        Rows in which personal data was masked.
    composed : numpy.ndarray of int64
        Rows whose characters were composed (NFC).
    """

    rows: Positions
    separators: NDArray[np.int64]
    controls: NDArray[np.int64]
    stripped: Flags
    masked: Positions
    composed: Positions

    def counts(self, used: Flags | None) -> dict[str, int]:
        """Sum up the rows that are `used`, all of them when it is None."""
        of = slice(None) if used is None else used[self.rows]
        masked, composed = (
            rows.size if used is None else int(used[rows].sum())
            for rows in (self.masked, self.composed)
        )
        return {
            "separators_replaced": int(self.separators[of].sum()),
            "control_characters_replaced": int(self.controls[of].sum()),
            "behaviors_stripped": int(self.stripped[of].sum()),
            "behaviors_masked": masked,
            "behaviors_composed": composed,
        }


@dataclass(frozen=True, eq=False)
class Behaviors:
    """The behaviors of a log, clean.

    Parameters
    ----------
    texts : PatchedTexts
        Clean text of each row, a source for the kernel.
    changes : Changes
        What was done to them.
    faults : list of Fault
        Rows without a behavior.
    personal : list of Fault
        Rows with personal data that was not to be masked.
    """

    texts: PatchedTexts
    changes: Changes
    faults: list[Fault]
    personal: list[Fault]


def read_behaviors(read: TextValues, personal: PersonalData) -> Behaviors:
    """Compose and clean the behaviors of a log, and look for personal data in them.

    Parameters
    ----------
    read : TextValues
        What :func:`behavior_texts` read.
    personal : PersonalData
        What it is, and whether it is a fault or replaced by ``***``.
    """
    patched = PatchedTexts(coded(read.texts))
    unclean = unclean_suspects(patched.distinct)
    suspected = suspects(patched.distinct, personal)
    composed = _compose(patched, uncomposed_suspects(patched.distinct))
    cleaned, changed, blank = _clean(patched, unclean)
    rows, of = patched.rows_at(unclean)
    places = np.unique(np.concatenate([suspected, changed, composed]))
    found = _find_distinct(patched, places, personal)
    masked = NO_ROWS
    if found and personal.found == "mask":
        masked = np.unique(np.concatenate([hits for _, hits in found]))
        patched.patch(masked, mask(patched.take_distinct(masked), personal))
    changes = Changes(
        rows,
        cleaned.separators[of],
        cleaned.controls[of],
        cleaned.stripped[of],
        patched.rows_at(masked)[0],
        patched.rows_at(composed)[0],
    )
    faults = (
        []
        if personal.found == "mask"
        else [personal_fault(kind, patched.rows_at(hits)[0]) for kind, hits in found]
    )
    return Behaviors(
        patched, changes, _row_faults(read, patched.null_rows(), patched.rows_at(blank)[0]), faults
    )


def behavior_texts(
    events: pd.DataFrame, behavior: str | Sequence[str], template: str | None
) -> TextValues:
    """Read the behavior column, or join several by a template.

    Parameters
    ----------
    events : pandas.DataFrame
        The log.
    behavior : str or sequence of str
        One column or several; a tuple that is the label of a column is that column.
    template : str or None
        Text with the columns in braces, such as ``"{category} {item}"``; None joins several
        columns by a space. A row where one of the columns is null has no behavior.
    """
    is_one = is_label(events, behavior) or not isinstance(behavior, (list, tuple))
    names = [behavior] if is_one else list(behavior)
    if not names:
        raise ConfigurationError("behavior=[] names no column.")
    columns = {name: find_column(events, name, "behavior") for name in names}
    if template is None and len(names) == 1:
        return read_chunks(columns[names[0]], "behavior")
    pieces = _template_pieces(template, names)
    read = {name: read_text(column, "behavior") for name, column in columns.items()}
    used = [read[piece] for is_column, piece in pieces if is_column]
    wide = sum(each.texts.nbytes for each in used) > _WIDE_JOIN
    kind = pa.large_string() if wide else pa.string()
    parts = [
        read[piece].texts.cast(kind) if is_column else pa.scalar(piece, kind)
        for is_column, piece in pieces
    ]
    joined = pc.binary_join_element_wise(*parts, pa.scalar("", kind), null_handling="emit_null")
    bad, inexact = (
        np.unique(np.concatenate([getattr(each, rows) for each in used]))
        for rows in ("not_unicode", "inexact")
    )
    return TextValues(joined, bad, inexact)


def _template_pieces(template: str | None, names: list[Any]) -> list[tuple[bool, Any]]:
    """Take a template apart into (is a column, column or literal text)."""
    if template is not None and not is_unicode(template):
        raise ConfigurationError(
            f"template={template!r} holds a lone surrogate, which UTF-8 cannot write."
        )
    if template is None:
        spaced = [piece for name in names for piece in ((False, " "), (True, name))]
        return spaced[1:]
    by_text = {str(name): name for name in names}
    pieces: list[tuple[bool, Any]] = []
    try:
        for literal, field, spec, conversion in Formatter().parse(template):
            if literal:
                pieces.append((False, literal))
            if field is None:
                continue
            if field not in by_text or spec or conversion:
                raise ConfigurationError(
                    f"template={template!r}: {{{field}}} is none of the columns of behavior= "
                    f"({', '.join(by_text)})."
                )
            pieces.append((True, by_text[field]))
    except ValueError as error:
        if isinstance(error, ConfigurationError):
            raise
        raise ConfigurationError(f"template={template!r} cannot be read: {error}.") from error
    if not any(is_column for is_column, _ in pieces):
        raise ConfigurationError(f"template={template!r} names no column in braces.")
    return pieces


def _compose(patched: PatchedTexts, suspected: Positions) -> Positions:
    """Patch the texts that Unicode writes in more characters than it has to; return which."""
    originals = patched.take_distinct(suspected)
    # Arrow's utf8_normalize takes texts apart instead in versions that are still allowed.
    texts = pd.Series(originals.to_numpy(zero_copy_only=False), dtype=object)
    composed = pa.array(texts.str.normalize("NFC"), originals.type, from_pandas=True)
    differs = pc.not_equal(composed, originals).fill_null(False)
    changed = np.flatnonzero(differs.to_numpy(zero_copy_only=False))
    patched.patch(suspected[changed], composed.take(pa.array(changed)))
    return suspected[changed]


def _clean(patched: PatchedTexts, suspected: Positions) -> tuple[Cleaned, Positions, Positions]:
    """Patch the texts that need it.

    Returns what was done, the texts that changed (now that what stood between digits is gone, they
    may hold personal data), and the blank texts.
    """
    originals = patched.take_distinct(suspected)
    cleaned = clean(originals)
    lengths = pc.binary_length(cleaned.texts).fill_null(1).to_numpy(zero_copy_only=False)
    differs = pc.not_equal(cleaned.texts, originals).fill_null(False)
    changed = np.flatnonzero(differs.to_numpy(zero_copy_only=False))
    places, texts = suspected[changed], cleaned.texts.take(pa.array(changed))
    patched.patch(places, texts)
    return cleaned, places, suspected[lengths == 0]


def _find_distinct(
    patched: PatchedTexts, places: Positions, personal: PersonalData
) -> list[tuple[str, Positions]]:
    """Find personal data among texts at `places`, each distinct text looked at once."""
    encoded = encode_values(patched.take_distinct(places))
    found = []
    for kind, entries in find(encoded.distinct, personal):
        flags = np.zeros(len(encoded.distinct) + 1, dtype=bool)
        flags[entries] = True
        found.append((kind, places[flags[encoded.codes]]))
    return found


def personal_fault(kind: str, rows: Positions) -> Fault:
    """Return the fault of texts that hold personal data."""
    return Fault(
        "personal_data",
        _("A text looks like it holds personal data ({kind}), which the service refuses").format(
            kind=_(kind)
        ),
        N_("Mask it with to_sequences(..., personal_data='mask'), or leave these rows out."),
        rows,
    )


def _row_faults(read: TextValues, null: Positions, blank: Positions) -> list[Fault]:
    nulls = np.setdiff1d(null, read.not_unicode, assume_unique=True)
    give = N_("Give each of these rows a behavior, or drop them (on_invalid='drop').")
    return [
        Fault("null_behavior", N_("A behavior is null"), give, nulls),
        Fault("blank_behavior", N_("A behavior is empty, or nothing but white space"), give, blank),
        Fault(
            "behavior_not_unicode",
            N_("A behavior holds a lone surrogate, which UTF-8 cannot write"),
            N_("Decode the text again with the right encoding."),
            read.not_unicode,
        ),
        Fault(
            "inexact_behavior",
            N_("A behavior is a float too large to be exact, or infinite"),
            N_("Read the column as text, for example with dtype=str."),
            read.inexact,
        ),
    ]
