"""A warning when sequences reach into the time of the answers.

What is known of time is in the reports that frames carry. A frame may have been changed since, so
nothing is decided from them, and a report is believed only where it can still be true: rows may
have been removed, none added, and no label has become more frequent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nclue_pandas.frames.binary import read_binary
from nclue_pandas.frames.columns import find_column
from nclue_pandas.frames.reports import (
    ATTRIBUTE,
    AnswerReport,
    SequenceReport,
    SplitReport,
    report,
)
from nclue_pandas.frames.telling import tell

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

_LAST_EVENT: Final = "last_event"
_KNOWN: Final = (
    "This is what the reports of both frames say (nclue_pandas.report). If one was changed so that "
    "its report is wrong, clear its .attrs."
)


def warn_of_leakage(
    sequences: pd.DataFrame, answers: pd.DataFrame, *, label: str = "label"
) -> bool:
    """Warn when sequences to train on reach into the time that the answers are made of.

    Parameters
    ----------
    sequences, answers : pandas.DataFrame
        With the reports they were made with, or without.
    label : str
        Column of the answers.

    Returns
    -------
    bool
        Whether it warned.

    Examples
    --------
    >>> import pandas as pd
    >>> from nclue_pandas.frames.answers import to_answers
    >>> from nclue_pandas.frames.sequences import to_sequences
    >>> log = pd.DataFrame({"user_id": [1, 1], "day": ["2026-01-01", "2026-01-09"], "item": "tea"})
    >>> answers = to_answers(log, time="day", cutoff="2026-01-05", horizon="4D")
    >>> past = to_sequences(log, user="user_id", time="day", behavior="item", until="2026-01-05")
    >>> warn_of_leakage(past, answers)
    False
    """
    last, cutoff = last_event(sequences), answer_window(answers, label)[0]
    if not _reaches(last, cutoff):
        return False
    _warn(
        f"The sequences reach to {last}, and the answers are made of what happens from {cutoff} "
        "on: the model learns from what it is to predict, and its AUROC will be too good. Make "
        f"the sequences with to_sequences(..., until={cutoff!r})."
    )
    return True


def warn_of_seen_answers(scores: pd.DataFrame, answers: pd.DataFrame, label: str) -> bool:
    """Warn when the sequences that were scored reach into the time of the answers."""
    told = scores.attrs.get(ATTRIBUTE)
    last = told.get(_LAST_EVENT) if isinstance(told, dict) else None
    cutoff, _ = answer_window(answers, label)
    if not _reaches(last, cutoff):
        return False
    _warn(
        f"The sequences that were scored reach to {last}, and the answers are made of what happens "
        f"from {cutoff} on: the scores may know what they are measured on. Score sequences that "
        "end there, or take answers from later."
    )
    return True


def carry_last_event(sequences: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Let scores tell until when their users were known, and return them."""
    last = last_event(sequences)
    if last is not None:
        scores.attrs[ATTRIBUTE] = {**scores.attrs.get(ATTRIBUTE, {}), _LAST_EVENT: last}
    return scores


def last_event(sequences: pd.DataFrame) -> str | None:
    """Return when the last event of a sequence frame was, or None where nobody can tell."""
    told = report(sequences)
    if not isinstance(told, SequenceReport) or len(sequences) > told.users:
        return None
    return told.last_event


def latest(moments: Iterable[str | None]) -> str | None:
    """Return the latest of the last events that several reports tell.

    Examples
    --------
    >>> latest(["2026-01-02 00:00:00", None, "2026-01-10 12:00:00"])
    '2026-01-10 12:00:00'
    """
    known = [moment for moment in moments if moment is not None]
    return max(known, key=lambda moment: _moment(moment)[1], default=None)


def earliest(moments: Iterable[str | None]) -> str | None:
    """Return the earliest of the first events that several reports tell.

    Examples
    --------
    >>> earliest(["2026-01-10 12:00:00", None, "2026-01-02 00:00:00"])
    '2026-01-02 00:00:00'
    """
    known = [moment for moment in moments if moment is not None]
    return min(known, key=lambda moment: _moment(moment)[1], default=None)


def answer_window(answers: pd.DataFrame, label: str) -> tuple[str | None, str | None]:
    """Return cutoff and end of the horizon of answers, or None where nobody can tell."""
    told = report(answers)
    if isinstance(told, AnswerReport):
        rows, positives = told.users, told.positives
    elif isinstance(told, SplitReport):
        train = told.part == "train"
        rows = told.train_rows if train else told.test_rows
        positives = told.train_positives if train else told.test_positives
    else:
        return None, None
    ones = int(read_binary(find_column(answers, label, "label"), "label").ones.sum())
    if ones > positives or len(answers) - ones > rows - positives:
        return None, None
    return told.cutoff, told.horizon_end


def _reaches(last: str | None, cutoff: str | None) -> bool:
    """Tell whether both can be compared, and `last` is not before `cutoff`."""
    one, other = _moment(last), _moment(cutoff)
    return None not in {one[0], other[0]} and one[0] == other[0] and bool(one[1] >= other[1])


def _moment(text: str | None) -> tuple[str | None, Any]:
    """Read what :func:`nclue_pandas.frames.moments.describe` wrote: its kind and its value."""
    if not isinstance(text, str):
        return None, None
    if re.fullmatch(r"-?\d+", text):
        return "number", int(text)
    try:
        value = np.datetime64(text.removesuffix(" UTC"))
    except ValueError:
        return None, None
    return "UTC" if text.endswith(" UTC") else "local", value


def _warn(message: str) -> None:
    tell(f"{message} {_KNOWN}")
