"""What two frames say of each other: answers of other users, sequences that know the answers.

Users are told by the hash of their id's text, which puts every dataset in order anyway, so that no
id is read again. Of 10^7 users, two share a hash with a probability of about 10^-6; then one
answer too many counts as matched.

What is known of time is in the reports that frames carry. A frame may have been changed since, so
nothing is decided from them, and a report is believed only where it can still be true: rows may
have been removed, none added, and no label has become more frequent. From the frames it goes to
the handles of the jobs that are made of them, and from these to the scores: a few texts, and a
sample of the users that were trained on. None of it is sent to the service.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from nclue_pandas.contract import ROWS_PER_LABEL
from nclue_pandas.errors.base import Problem
from nclue_pandas.frames.columns import find_column, read_binary
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.reports import (
    ATTRIBUTE,
    AnswerReport,
    SequenceReport,
    SplitReport,
    reaches,
    report,
    tell,
    tell_all,
)
from nclue_pandas.kernels.hash import NO_HASHES, hash_ids
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from nclue_pandas.kernels.arrays import Flags, Positions
    from nclue_pandas.kernels.hash import Hashes

_REMEDY: Final = N_(
    "Ids are compared as text ('0012' is not '12'): check that both frames have the same kind of "
    "id, and that both or neither were pseudonymized."
)
#: An answer of a user that is not among others; the rows are to be filled in.
UNMATCHED: Final = Problem("unmatched_answers", N_("The user has no sequence"), _REMEDY)


def is_among(hashes: Hashes, known: Hashes) -> Flags:
    """Tell which hashes are among `known`, which ascend.

    Examples
    --------
    >>> is_among(np.array([5, 2], dtype="uint64"), np.array([1, 2, 9], dtype="uint64")).tolist()
    [False, True]
    """
    if not known.size:
        return np.zeros(hashes.size, dtype=bool)
    places = np.searchsorted(known, hashes)
    np.minimum(places, known.size - 1, out=places)
    found: Flags = known[places] == hashes
    return found


class Users(Protocol):
    """Who is in a dataset, by the hashes of their ids."""

    def contain(self, hashes: Hashes) -> Flags:
        """Tell which of some hashes, which ascend, are of users of the dataset."""

    def smallest(self, count: int) -> Hashes:
        """Return the smallest hashes, ascending: a sample of the users."""


@dataclass(frozen=True, eq=False)
class KnownUsers:
    """Users of a frame in memory.

    Parameters
    ----------
    hashes : numpy.ndarray of uint64
        Of their ids, ascending.
    """

    hashes: Hashes

    def contain(self, hashes: Hashes) -> Flags:
        """Tell which of some hashes are of these users."""
        return is_among(hashes, self.hashes)

    def smallest(self, count: int) -> Hashes:
        """Return the smallest hashes."""
        return self.hashes[:count]


@dataclass(frozen=True)
class Match:
    """How many answers are of users that are somewhere else too.

    Parameters
    ----------
    size : int
        Answers.
    ones, zeros : int
        Those of them that match, by label.
    """

    size: int
    ones: int
    zeros: int

    @classmethod
    def of(cls, labels: pd.Series[Any], unmatched: Positions) -> Match:
        """Count valid labels, of which some rows match nobody."""
        flags = read_binary(labels, "label").ones
        ones = int(flags.sum()) - int(flags[unmatched].sum())
        return cls(flags.size, ones, flags.size - unmatched.size - ones)

    @classmethod
    def sum(cls, parts: Iterable[Match]) -> Match:
        """Add up the answers of disjoint users."""
        told = [(each.size, each.ones, each.zeros) for each in parts]
        return cls(*(sum(counts) for counts in zip(*told, strict=True)))

    @property
    def matched(self) -> int:
        """Answers that match."""
        return self.ones + self.zeros

    @property
    def too_few(self) -> bool:
        """Whether a label has too few users left to train on."""
        return min(self.ones, self.zeros) < ROWS_PER_LABEL

    def problem(self, unmatched: Problem) -> Problem:
        """Say of unmatched rows that they leave too few."""
        message = (
            f"{self._unmatched()}, which leaves {self.zeros:,} users with the label 0 and "
            f"{self.ones:,} with 1; the service needs at least {ROWS_PER_LABEL} of each"
        )
        return replace(unmatched, message=message)

    def warn(self, argument: str) -> None:
        """Warn when some answers of an argument match nobody."""
        if self.matched < self.size:
            text = _("{argument}: {unmatched}; the service ignores them. {remedy}")
            told = {"unmatched": self._unmatched(), "remedy": _(_REMEDY)}
            tell(text.format(argument=argument, **told))

    def warn_of_seen(self) -> None:
        """Warn when test answers match users to train on."""
        if self.matched:
            text = _(
                "{count:,} of {answers:,} test answers are of users that are trained on too: the "
                "AUROC that the service tells will be too good. Take answers of other users, as "
                "split() gives them."
            )
            tell(text.format(count=self.matched, answers=self.size))

    def _unmatched(self) -> str:
        return _("{count:,} of {answers:,} answers are of users without a sequence").format(
            count=self.size - self.matched, answers=self.size
        )


_KNOWN: Final = N_(
    "This is what the reports of both frames say (nclue_pandas.report). If one was changed so that "
    "its report is wrong, clear its .attrs."
)
#: Users that a sample holds: what of 32 KiB travels with a handle and its scores.
_SAMPLE: Final = 4_096
_EVERY_HASH: Final = 2**64 - 1


@dataclass(frozen=True)
class Known:
    """What a job was made of, as far as the frames told.

    Parameters
    ----------
    last_event : str or None
        Until when the sequences reach: those of a Feature, or those that were scored.
    cutoff : str or None
        From when on the answers are that were trained on.
    trained : str or None
        A sample of the users that were trained on: the smallest hashes of their ids, as text.
    told : bool
        Whether it was told that the one reaches into the other.
    """

    last_event: str | None = None
    cutoff: str | None = None
    trained: str | None = None
    told: bool = False

    @classmethod
    def of_scores(cls, scores: pd.DataFrame) -> Known:
        """Return what scores carry."""
        carried = scores.attrs.get(ATTRIBUTE)
        if not isinstance(carried, dict):
            return cls()
        last, cutoff, trained = (
            text if isinstance(text := carried.get(name), str) else None
            for name in ("last_event", "cutoff", "trained")
        )
        return cls(last, cutoff, trained, carried.get("told") is True)

    def carry(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Let scores carry it, as plain JSON types, and return them."""
        known = {name: value for name, value in vars(self).items() if value}
        scores.attrs[ATTRIBUTE] = {**scores.attrs.get(ATTRIBUTE, {}), **known}
        return scores

    def share_trained_on(self, ids: Hashes) -> float:
        """Estimate how many of some users were trained on, 0 to 1, from those of the sample."""
        try:
            sample = np.frombuffer(b64decode(self.trained or ""), dtype="<u8")
        except ValueError:  # attrs of somebody else
            return 0.0
        if not sample.size:
            return 0.0
        limit = np.uint64(sample[-1] if sample.size == _SAMPLE else _EVERY_HASH)
        found = is_among(ids[ids <= limit], sample)
        return float(found.mean()) if found.size else 0.0


def sample_of(users: Users) -> str:
    """Return a sample of users as text.

    Examples
    --------
    >>> from nclue_pandas.frames.cross_checks import KnownUsers
    >>> known = Known(trained=sample_of(KnownUsers(np.array([3, 7], dtype="uint64"))))
    >>> known.share_trained_on(np.array([7, 8], dtype="uint64"))
    0.5
    """
    hashes = users.smallest(_SAMPLE).astype("<u8", copy=False)
    return b64encode(hashes.tobytes()).decode()


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
    >>> log = pd.DataFrame({
    ...     "user_id": [1, 2, 1, 1],
    ...     "day": ["2026-01-01", "2026-01-01", "2026-01-06", "2026-01-09"],
    ...     "item": "tea",
    ... })
    >>> answers = to_answers(log, time="day", cutoff="2026-01-05", horizon="4D")
    >>> past = to_sequences(log, user="user_id", time="day", behavior="item", until="2026-01-05")
    >>> warn_of_leakage(past, answers)
    False
    """
    return warn_of_reach(last_event(sequences), answer_window(answers, label)[0])


def warn_of_reach(last: str | None, cutoff: str | None) -> bool:
    """Warn when the last event to train on is not before the cutoff of the answers."""
    if not reaches(last, cutoff):
        return False
    text = _(
        "The sequences reach to {last}, and the answers are made of what happens from {cutoff} "
        "on: the model learns from what it is to predict, and its AUROC will be too good. Make "
        "the sequences with to_sequences(..., until={cutoff!r})."
    )
    tell(f"{text.format(last=last, cutoff=cutoff)} {_(_KNOWN)}")
    return True


def warn_of_seen_answers(
    scores: Iterable[pd.DataFrame], answers: pd.DataFrame, *, user: str, label: str
) -> None:
    """Warn, once, when scores may know the answers that they are measured on."""
    cutoff, part = answer_window(answers, label)[0], report(answers)
    is_train = isinstance(part, SplitReport) and part.part == "train"
    known = {Known.of_scores(each): report(each) is None for each in scores}
    hashes = NO_HASHES
    if any(each.trained for each in known):
        hashes = hash_ids(id_text(find_column(answers, user, "user")))
    found = [
        text
        for each, of_model in known.items()
        for text in _seen(each, cutoff, hashes, is_train=is_train and of_model)
    ]
    tell_all(dict.fromkeys(found))


def _seen(known: Known, cutoff: str | None, hashes: Hashes, *, is_train: bool) -> Iterator[str]:
    """Say what one of the scores knows."""
    if reaches(known.last_event, cutoff) and not (known.told and known.cutoff == cutoff):
        text = _(
            "the sequences that were scored reach to {last}, and the answers are made of what "
            "happens from {cutoff} on: the scores may know what they are measured on. Score "
            "sequences that end there, or take answers from later."
        )
        yield f"{text.format(last=known.last_event, cutoff=cutoff)} {_(_KNOWN)}"[:-1]
    if known.trained is None and is_train:
        yield _(
            "the answers are the train part of a split: a model that was trained on them looks "
            "too good on them. Measure on the test part"
        )
    share = known.share_trained_on(hashes)
    of_another_time = None not in {known.cutoff, cutoff} and known.cutoff != cutoff
    if share and not of_another_time:
        yield _(
            "about {share:.1%} of the answers are of users that the model was trained on: it looks "
            "too good on them. Measure on other users, such as the test part of split(), or on "
            "answers from a later time"
        ).format(share=share)


def last_event(sequences: pd.DataFrame) -> str | None:
    """Return when the last event of a sequence frame was, or None where nobody can tell."""
    told = report(sequences)
    if not isinstance(told, SequenceReport) or len(sequences) > told.users:
        return None
    return told.last_event


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
