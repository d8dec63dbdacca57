"""What the service would refuse, found in the frame before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas import display
from nclue_pandas.contract import BEHAVIOR_SEPARATOR, ROWS_PER_LABEL, TOKENS_PER_USER
from nclue_pandas.errors.base import (
    ConfigurationError,
    InvalidDataError,
    MissingColumnError,
    Problem,
)
from nclue_pandas.frames.answers import duplicate_fault, label_faults
from nclue_pandas.frames.behaviors import CONTROL
from nclue_pandas.frames.columns import (
    find_column,
    is_label,
    read_binary,
    read_chunks,
    require_frame,
    require_name,
)
from nclue_pandas.frames.ids import doubtful_ids, encode_ids, id_faults, personal_ids
from nclue_pandas.frames.personal_data import find, lost_zeros
from nclue_pandas.frames.problems import Fault, offending_rows, raise_problems, with_rows
from nclue_pandas.frames.reports import tell_all
from nclue_pandas.frames.tokens import sequence_tokens
from nclue_pandas.kernels.arrays import NO_ROWS, null_rows, one_array, take_rows
from nclue_pandas.kernels.parallel import in_threads, slices
from nclue_pandas.kernels.scan import sequence_suspects
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_, ngettext
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from nclue_pandas.frames.ids import EncodedIds
    from nclue_pandas.kernels.arrays import Flags, Positions
    from nclue_pandas.kernels.scan import SequenceSuspects

FrameKind = Literal["sequences", "answers"]

#: Code of the problem that a label has too few users to train on.
FEW_LABELS: Final = "few_labels"
EMPTY_FRAME: Final = Problem(
    "empty_frame", N_("The frame has no rows"), N_("Give at least one user.")
)
_SLICE: Final = 20_000
_LETTERS_AND_DIGITS: Final = r"^[\p{L}\p{N}]*$"
_EMPTY_BEHAVIOR: Final = rf"(?:^|{BEHAVIOR_SEPARATOR})\s*(?:{BEHAVIOR_SEPARATOR}|$)"
_SPACED_SEPARATOR: Final = rf"\s{BEHAVIOR_SEPARATOR}|{BEHAVIOR_SEPARATOR}\s"


_TITLES: Final[dict[FrameKind, str]] = {
    "sequences": N_("Check of sequences"),
    "answers": N_("Check of answers"),
}


@dataclass(frozen=True, eq=False, repr=False)
class CheckReport(display.Shown):
    """What a check found.

    Parameters
    ----------
    kind : {"sequences", "answers"}
        What the frame was taken for.
    size : int
        Rows of the frame.
    problems : tuple of Problem
        What the service would refuse, each with its rows.
    warnings : tuple of Problem
        What it may refuse or treat otherwise than expected; its documentation is silent.
    rows : pandas.DataFrame
        The rows that the problems name, each once, in their order.
    """

    kind: FrameKind
    size: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    rows: pd.DataFrame

    @property
    def ok(self) -> bool:
        """Whether there is no problem; warnings do not count."""
        return not self.problems

    def raise_if_any(self) -> None:
        """Raise all problems at once; warnings are not raised.

        Raises
        ------
        PersonalDataError
            When personal data is among the problems.
        InvalidDataError
            For other problems.
        """
        raise_problems(self.problems, self.rows)

    def _card(self) -> display.Card:
        """Describe a check: what would be refused, what may be, and in which rows."""
        found = [(_("problem"), each) for each in self.problems]
        found += [(_("warning"), each) for each in self.warnings]
        rows = tuple((sort, each.code, str(each)) for sort, each in found)
        count, unsure = len(self.problems), len(self.warnings)
        told = ngettext("{count} problem", "{count} problems", count) if count else _("ready")
        state = told.format(count=display.count(count))
        if unsure:
            told = ngettext("{count} warning", "{count} warnings", unsure)
            state += ", " + told.format(count=display.count(unsure))
        return display.Card(
            _(_TITLES[self.kind]),
            state,
            "bad" if count else "good",
            [(_("rows"), display.count(self.size))],
            [display.Table(("", _("code"), _("what is wrong")), rows, "<")] if rows else [],
        )


@named_options
def check(
    frame: pd.DataFrame,
    *,
    user: str = "user_id",
    sequence: str = "sequence",
    label: str = "label",
    kind: FrameKind | None = None,
) -> CheckReport:
    """Find everything in a sequence or answer frame that the service would refuse.

    Null, empty, repeated or too long ids, ids with control characters; null or empty sequences,
    empty behaviors, TAB and line breaks; labels other than 0 and 1, and fewer than 100 of a
    label; personal data in ids and texts. Warnings: ids with other characters than letters and
    digits (the documentation says digits, letters or a mixture, and not what happens to
    others), white space beside a separator, estimated tokens over 2,048, and ten digits that may
    be a mobile number without its zero.

    Parameters
    ----------
    frame : pandas.DataFrame
        Sequences or answers. It is not changed.
    user, sequence, label : str
        Names of the columns.
    kind : {"sequences", "answers"}, optional
        What the frame is; by default sequences when it has a column of sequences.

    Returns
    -------
    CheckReport
        All problems, each with its rows; ``raise_if_any()`` raises them.

    Raises
    ------
    MissingColumnError
        When a column is not there.
    InvalidDataError
        When a column is of a type that cannot be ids, texts or labels.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"user_id": ["a", "a"], "sequence": ["tea", ""]})
    >>> [(problem.code, problem.rows) for problem in check(frame).problems]
    [('duplicate_id', (0, 1)), ('empty_sequence', (1,))]
    """
    frame = require_frame(frame, "frame", on_dask=True)
    looked = look_through(frame, user=user, sequence=sequence, label=label, kind=kind)
    of_whole = problems_of_whole(looked.kind, len(frame), looked.ones, looked.zeros)
    problems = (*(fault.problem for fault in looked.problems), *of_whole)
    warnings = tuple(fault.problem for fault in looked.doubts)
    rows = offending_rows(problems, frame)
    return CheckReport(looked.kind, len(frame), problems, warnings, rows)


@dataclass(frozen=True, eq=False)
class Looked:
    """What was found in a frame, or in a part of one.

    Parameters
    ----------
    kind : {"sequences", "answers"}
        What it was taken for.
    problems, doubts : tuple of Fault
        What the service would refuse, and what it may refuse.
    ones, zeros : int
        Labels.
    """

    kind: FrameKind
    problems: tuple[Fault, ...]
    doubts: tuple[Fault, ...]
    ones: int = 0
    zeros: int = 0


def look_through(
    frame: pd.DataFrame, *, user: str, sequence: str, label: str, kind: FrameKind | None
) -> Looked:
    """Find what the service would refuse in the rows of a frame; of its size nothing is said."""
    kind = _kind(frame, kind, sequence, label)
    ids = encode_ids(find_column(frame, user, "user"))
    faults = [*id_faults(ids), duplicate_fault(ids), *personal_ids(ids)]
    doubts = _id_doubts(ids)
    ones = zeros = 0
    if kind == "sequences":
        texts = _read_sequences(frame, sequence)
        suspects = sequence_suspects(texts)
        faults += _sequence_faults(texts, suspects)
        doubts += _sequence_doubts(texts, suspects)
    else:
        read = read_binary(find_column(frame, label, "label"), "label")
        faults += label_faults(read)
        ones = int(read.ones.sum())
        zeros = len(frame) - ones - read.null.size - read.other.size
    return Looked(kind, with_rows(faults), with_rows(doubts), ones, zeros)


def problems_of_whole(kind: FrameKind, size: int, ones: int, zeros: int) -> list[Problem]:
    """Return the problems that no row has: a frame that is empty, or has too few of a label."""
    if not size:
        return [EMPTY_FRAME]
    return few_labels(ones, zeros) if kind == "answers" else []


def _kind(frame: pd.DataFrame, kind: str | None, sequence: str, label: str) -> FrameKind:
    if kind is None:
        require_name(sequence, "sequence", frame.columns)
        require_name(label, "label", frame.columns)
    if kind == "sequences" or (kind is None and is_label(frame, sequence)):
        return "sequences"
    if kind == "answers" or (kind is None and is_label(frame, label)):
        return "answers"
    if kind is not None:
        raise ConfigurationError(f"kind={kind!r}: give 'sequences' or 'answers'.")
    raise MissingColumnError.named(sequence, frame.columns, "sequence")


def _id_doubts(ids: EncodedIds) -> list[Fault]:
    return [_other_characters(ids), doubtful_ids(ids)]


def _other_characters(ids: EncodedIds) -> Fault:
    plain = pc.match_substring_regex(ids.texts, _LETTERS_AND_DIGITS)
    return Fault(
        "id_characters",
        N_("A user id holds other characters than letters and digits"),
        N_("The service documents digits, letters or a mixture; pseudonymize() makes such ids."),
        ids.rows_where(~plain.to_numpy(zero_copy_only=False)),
    )


def _read_sequences(frame: pd.DataFrame, sequence: str) -> pa.ChunkedArray:
    read = read_chunks(find_column(frame, sequence, "sequence"), "sequence")
    if read.not_unicode.size:
        fault = Fault(
            "sequence_not_unicode",
            N_("A sequence holds a lone surrogate, which UTF-8 cannot write"),
            N_("Decode the text again with the right encoding."),
            read.not_unicode,
        )
        raise InvalidDataError.of([fault.problem], frame.iloc[read.not_unicode])
    texts = read.texts
    if pa.types.is_dictionary(texts.type):
        return pa.chunked_array([one_array(texts).dictionary_decode()])
    return texts


def _sequence_faults(texts: pa.ChunkedArray, suspects: SequenceSuspects) -> list[Fault]:
    empty = _where(texts, suspects.loose, _is_blank)
    control = _where(texts, suspects.control, _matches(CONTROL))
    gaps = np.setdiff1d(_where(texts, suspects.loose, _has_gap), empty, assume_unique=True)
    remove = N_("Make the sequences with to_sequences(), or remove it.")
    return [
        Fault(
            "null_sequence", N_("A sequence is null"), N_("Leave the user out."), null_rows(texts)
        ),
        Fault("empty_sequence", N_("A sequence is empty"), N_("Leave the user out."), empty),
        Fault("empty_behavior", N_("A sequence has an empty behavior"), remove, gaps),
        Fault(
            "control_character",
            N_("A sequence holds a TAB, a line break or another control character"),
            remove,
            control,
        ),
        *(_personal_text(kind, rows) for kind, rows in find(texts)),
    ]


def _personal_text(kind: str, rows: Positions) -> Fault:
    return Fault(
        "personal_data",
        _(
            "A sequence looks like it holds personal data ({kind}), which the service refuses"
        ).format(kind=_(kind)),
        N_("Make the sequences with to_sequences(..., personal_data='mask')."),
        rows,
    )


def _sequence_doubts(texts: pa.ChunkedArray, suspects: SequenceSuspects) -> list[Fault]:
    return [
        Fault(
            "tokens_over_budget",
            _("A sequence has more than {count:,} estimated tokens").format(count=TOKENS_PER_USER),
            N_("Make the sequences with to_sequences(), which keeps the most recent behaviors."),
            np.flatnonzero(sequence_tokens(texts) > TOKENS_PER_USER),
        ),
        Fault(
            "space_at_separator",
            N_("A sequence has white space beside a separator"),
            _("The separator is {separator!r} with no space around it.").format(
                separator=BEHAVIOR_SEPARATOR
            ),
            _where(texts, suspects.loose, _matches(_SPACED_SEPARATOR)),
        ),
        Fault(
            "mobile_number_without_zero",
            N_("A sequence holds ten digits that may be a mobile number without its leading zero"),
            N_(
                "If it is one, mask it: "
                "personal_data=PersonalData('mask', {'mobile': '10[0-9]{8}'})."
            ),
            lost_zeros(texts),
        ),
    ]


def _is_blank(texts: pa.Array) -> pa.Array:
    return pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0)


def _has_gap(texts: pa.Array) -> pa.Array:
    return pc.match_substring_regex(texts, pattern=_EMPTY_BEHAVIOR)


def _matches(pattern: str) -> Callable[[pa.Array], pa.Array]:
    return lambda texts: pc.match_substring_regex(texts, pattern=pattern)


def _where(
    texts: pa.ChunkedArray, rows: Positions, test: Callable[[pa.Array], pa.Array]
) -> Positions:
    """Return those of `rows` for whose texts `test` is true, slices of them in threads."""

    def look(part: slice) -> Positions:
        own = rows[part]
        flags: Flags = test(take_rows(texts, own)).fill_null(False).to_numpy(zero_copy_only=False)
        return own[flags]

    found: Positions = np.concatenate([NO_ROWS, *in_threads(look, slices(rows.size, _SLICE))])
    return found


def doubts_of(sequences: pd.DataFrame) -> list[Problem]:
    """Return the warnings of a frame that :func:`to_sequences` made, which has no problems."""
    texts = _read_sequences(sequences, "sequence")
    doubts = [
        *_id_doubts(encode_ids(sequences["user_id"])),
        *_sequence_doubts(texts, sequence_suspects(texts)),
    ]
    return [doubt.problem for doubt in doubts if doubt.rows.size]


def warn_of_doubts(doubts: Iterable[Problem]) -> None:
    """Tell, once, what the service takes and may treat otherwise than expected."""
    tell_all(str(each).rstrip(".") for each in doubts)


def few_labels(ones: int, zeros: int) -> list[Problem]:
    """Return a problem for each label that has too few users to train on."""
    few = {label: n for label, n in ((0, zeros), (1, ones)) if n < ROWS_PER_LABEL}
    return [
        Problem(
            FEW_LABELS,
            _(
                "{count:,} users have the label {label}; the service needs at least {least} of each"
            ).format(count=count, label=label, least=ROWS_PER_LABEL),
            N_("Add users, or choose another cutoff, horizon or definition of the label."),
        )
        for label, count in few.items()
    ]
