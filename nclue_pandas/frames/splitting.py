"""Answers split into train and test users."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.frames.answers import describe_one_label, label_faults
from nclue_pandas.frames.columns import find_column, read_binary, require_frame
from nclue_pandas.frames.cross_checks import answer_window
from nclue_pandas.frames.ids import encode_ids, id_faults
from nclue_pandas.frames.partitions import merge_reports
from nclue_pandas.frames.problems import raise_faults, with_rows
from nclue_pandas.frames.reports import SplitReport, tell_all
from nclue_pandas.frames.snapshot_ids import users_of
from nclue_pandas.kernels.hash import derive_key, hash_ids
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nclue_pandas.frames.problems import Fault
    from nclue_pandas.kernels.arrays import Flags

_HASHES = 2.0**64


@named_options
def split(
    answers: pd.DataFrame,
    *,
    test: float = 0.3,
    seed: int | str = 0,
    user: str = "user_id",
    label: str = "label",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split answers into disjoint train and test users.

    A user is a test user when a hash of seed and id falls below `test`: which side a user is on
    depends on nothing else, so it stays when rows are added, removed or reordered, and users of
    both labels are split alike. The shares are reached up to chance. All snapshots of a user
    (:func:`~nclue_pandas.to_snapshots`) are on the side on which the user is.

    Parameters
    ----------
    answers : pandas.DataFrame
        With a user id and a label in each row; other columns are kept. It is not changed.
    test : float, default 0.3
        Share of test users, between 0 and 1.
    seed : int or str, default 0
        Another seed, another split.
    user, label : str
        Columns of ids and labels.

    Returns
    -------
    train, test : pandas.DataFrame
        Rows of `answers` in their order. :func:`~nclue_pandas.report` tells the balance reached.

    Raises
    ------
    ConfigurationError
        When `test` is not between 0 and 1, or `seed` is neither int nor str.
    MissingColumnError
        When a column is not there.
    InvalidDataError
        When ids are null or labels are not 0 and 1, with the rows.

    Warns
    -----
    NclueDataWarning
        When all users of a part have the same label, and not all of the answers.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"user_id": range(1_000), "label": [0, 1] * 500})
    >>> train, test = split(answers, test=0.3, seed=7)
    >>> len(train) + len(test), set(train["user_id"]) & set(test["user_id"])
    (1000, set())
    """
    options = SplitOptions(test=test, seed=seed, user=user, label=label)
    answers = require_frame(answers, "answers", on_dask=True)
    divided = divide(answers, options)
    raise_faults(divided.problems, answers)
    made = merge_reports([divided.report])
    warn_of_split(made)
    train, held_out = answers[~divided.in_test], answers[divided.in_test]
    return made.attach(train), replace(made, part="test").attach(held_out)


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """The options of :func:`split`, checked before any row is read."""

    test: float
    seed: int | str
    user: Any
    label: Any

    def __post_init__(self) -> None:
        _check_share(self.test)
        check_seed(self.seed)


@dataclass(frozen=True, eq=False)
class Divided:
    """Which rows are of test users.

    Parameters
    ----------
    in_test : numpy.ndarray of bool
        For each row; none where there are problems.
    report : SplitReport
        Of these rows, without shares.
    problems : tuple of Fault
        To be raised.
    """

    in_test: Flags
    report: SplitReport
    problems: tuple[Fault, ...] = ()


def divide(answers: pd.DataFrame, options: SplitOptions) -> Divided:
    """Tell the rows of test users from the others, by a hash of their ids."""
    seed = check_seed(options.seed)
    cutoff, horizon_end = answer_window(answers, options.label)
    report = SplitReport(
        part="train",
        test=float(options.test),
        seed=seed,
        train_rows=0,
        train_positives=0,
        test_rows=0,
        test_positives=0,
        cutoff=cutoff,
        horizon_end=horizon_end,
    )
    ids = encode_ids(find_column(answers, options.user, "user"))
    read = read_binary(find_column(answers, options.label, "label"), "label")
    problems = with_rows([*id_faults(ids), *label_faults(read)])
    if problems:
        return Divided(np.zeros(0, dtype=bool), report, problems)
    hashes = hash_ids(users_of(ids.texts), key=derive_key("split", seed))
    in_test = (hashes / _HASHES < options.test)[ids.codes]
    n_test, ones_test = int(in_test.sum()), int((in_test & read.ones).sum())
    counted = replace(
        report,
        train_rows=len(answers) - n_test,
        train_positives=int(read.ones.sum()) - ones_test,
        test_rows=n_test,
        test_positives=ones_test,
    )
    return Divided(in_test, counted)


def warn_of_split(made: SplitReport) -> None:
    """Tell of sides with one label alone."""
    tell_all(_one_label(made) if made.train_positives + made.test_positives else ())


def _one_label(made: SplitReport) -> Iterator[str]:
    """Say which part has users of one label alone, though the answers had both."""
    for part in ("train", "test"):
        rows, positives = (getattr(made, f"{part}_{what}") for what in ("rows", "positives"))
        if rows and made.train_positives + made.test_positives < made.train_rows + made.test_rows:
            yield from describe_one_label(positives, rows, f"{part} user")


def _check_share(test: object) -> None:
    if isinstance(test, bool) or not isinstance(test, Real) or not 0 < float(test) < 1:
        text = _("test={test!r}: give a share between 0 and 1, such as 0.3.")
        raise ConfigurationError(text.format(test=test))


def check_seed(seed: object) -> int | str:
    """Return a seed, or refuse what is none."""
    if isinstance(seed, str):
        return seed
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return int(seed)
    raise ConfigurationError(f"seed={seed!r}: give a whole number or a text.")
