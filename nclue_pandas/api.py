"""The function forms of the accessor's verbs that need an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, cast

from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nclue_pandas.client import Client
    from nclue_pandas.frames.backtest import Backtest
    from nclue_pandas.frames.folds import FoldOptions
    from nclue_pandas.jobs.datasets import ColumnNames
    from nclue_pandas.jobs.handles import Feature, Task
    from nclue_pandas.jobs.plan import Plan


@named_options
def create_feature(
    sequences: pd.DataFrame,
    name: str,
    *,
    user: str = "user_id",
    sequence: str = "sequence",
    client: Client | None = None,
) -> Feature:
    """Publish a sequence frame and create a Feature from it.

    Parameters
    ----------
    sequences : pandas.DataFrame
        One row per user, as :func:`to_sequences` makes it.
    name : str
        Unique name, 1 to 100 characters. A Feature of this name made from the same sequences is
        picked up instead.
    user, sequence : str
        Names of the columns.
    client : Client, optional
        By default the one that :func:`connect` made.

    Returns
    -------
    Feature
        Created, not waited for.

    Raises
    ------
    InvalidDataError
        When the frame holds what the service would refuse; nothing is sent then.
    DuplicateNameError
        When the name belongs to a Feature made from other sequences.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> frame = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea->milk", "bread"]})
    >>> with nclue.connect("sandbox"):
    ...     nclue.create_feature(frame, "breakfast").wait().record.user_count
    2
    """
    from nclue_pandas.jobs.create import make_feature
    from nclue_pandas.jobs.datasets import Columns

    columns = Columns(user=user, sequence=sequence)
    return make_feature(_client(client), name, sequences, columns)


@named_options
def create_task(
    answers: pd.DataFrame,
    name: str,
    feature: Feature | str,
    *,
    test: pd.DataFrame | None = None,
    test_feature: Feature | str | None = None,
    user: str = "user_id",
    label: str = "label",
    client: Client | None = None,
) -> Task:
    """Publish answers and create a Task from them, once its Features are completed.

    Parameters
    ----------
    answers : pandas.DataFrame
        One row per user with a 0/1 label, at least 100 of each, to train on.
    name : str
        Unique name, 1 to 100 characters. A Task of this name made from the same inputs is picked
        up instead.
    feature : Feature or str
        Holds the users; a handle, an id or a name.
    test : pandas.DataFrame, optional
        Answers to test on; without them the service splits by itself.
    test_feature : Feature or str, optional
        Holds the users of `test`; by default `feature`.
    user, label : str
        Names of the columns.
    client : Client, optional
        By default the one of `feature`, or the one that :func:`connect` made.

    Returns
    -------
    Task
        Created, not waited for.

    Raises
    ------
    InvalidDataError
        When the frames hold what the service would refuse; nothing is sent then.
    DuplicateNameError
        When the name belongs to a Task made from other inputs.
    """
    from nclue_pandas.jobs.job import Job

    if client is None and isinstance(feature, Job):
        client = cast("Client", feature.client)
    return _client(client).create_task(
        name, feature, answers, test=test, test_feature=test_feature, user=user, label=label
    )


@named_options
def predict(
    sequences: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    name: str,
    score_on: pd.DataFrame | None = None,
    test: pd.DataFrame | None = None,
    timeout: float | None = None,
    client: Client | None = None,
    **columns: Unpack[ColumnNames],
) -> pd.DataFrame:
    """Run the whole chain: sequences, feature, task, run, scores; pick up what exists.

    Parameters
    ----------
    sequences : pandas.DataFrame
        One row per user (``user_id``, ``sequence``), to train on.
    answers : pandas.DataFrame
        One row per user (``user_id``, ``label``). At least 100 of each label must be of users
        that are in `sequences`; ids are compared as text.
    name : str
        Names of the jobs are made from it and from the content of the frames, so that the same
        call, here or on another machine, goes on where it stopped.
    score_on : pandas.DataFrame, optional
        Newer sequences whose users are scored; by default `sequences`.
    test : pandas.DataFrame, optional
        Answers to test on, of other users; without them the service splits by itself.
    timeout : float, optional
        Seconds to wait at most for all jobs together.
    client : Client, optional
        By default the one that :func:`connect` made.
    **columns : str
        ``user``, ``sequence``, ``label``: names of the columns in all the frames, where they are
        not ``user_id``, ``sequence`` and ``label``.

    Returns
    -------
    pandas.DataFrame
        ``user_id`` (string[pyarrow]) and ``score`` (double[pyarrow]).

    Raises
    ------
    InvalidDataError
        When the frames hold what the service would refuse, with the rows of all of them: the
        first level of their index is ``sequences``, ``answers``, ``score_on`` or ``test``.
        Nothing is sent then.
    JobFailed, JobTimeout
        From waiting; after a timeout the same call goes on.

    Warns
    -----
    NclueDataWarning
        When answers are of users that are not in `sequences`, when `test` has users that are
        trained on, and when sequences reach into the time of the answers.
    """
    from nclue_pandas.jobs.datasets import Columns
    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.predict import run_chain

    names = Columns.of(columns)
    inputs = Inputs(name, sequences, answers, score_on=score_on, test=test, columns=names)
    return run_chain(_client(client), inputs, timeout=timeout)


@named_options
def plan(
    sequences: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    name: str,
    score_on: pd.DataFrame | None = None,
    test: pd.DataFrame | None = None,
    client: Client | None = None,
    **columns: Unpack[ColumnNames],
) -> Plan:
    """Show what :func:`predict` would upload, create and be billed for; changes nothing.

    Parameters
    ----------
    sequences, answers : pandas.DataFrame
        As for :func:`predict`.
    name : str
        As for :func:`predict`.
    score_on, test : pandas.DataFrame, optional
        As for :func:`predict`.
    client : Client, optional
        By default the one that :func:`connect` made.
    **columns : str
        As for :func:`predict`.

    Returns
    -------
    Plan
        Rows, users, estimated tokens, bytes, objects and jobs to make or reuse, requests, what is
        billable, and the problems found.
    """
    from nclue_pandas.jobs.datasets import Columns
    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.plan import make_plan

    names = Columns.of(columns)
    inputs = Inputs(name, sequences, answers, score_on=score_on, test=test, columns=names)
    return make_plan(_client(client), inputs)


@named_options
def backtest(
    events: pd.DataFrame,
    *,
    user: str,
    time: str,
    behavior: str | Sequence[str],
    cutoffs: Sequence[Any],
    horizon: Any,
    gap: Any = None,
    name: str,
    confidence: float = 0.95,
    timeout: float | None = None,
    client: Client | None = None,
    **options: Unpack[FoldOptions],
) -> Backtest:
    """Tell how good the scores would have been at several points of the past.

    At each cutoff a model is trained on what was known by then, scores the users of then, and is
    measured on what came, beside free scores (:func:`baselines`). It is trained on the sequences
    and labels of the latest earlier point in time whose gap and horizon had ended by the cutoff,
    so that no event of the future reaches it: for a horizon of 30 days, those of 30 days before.
    Cutoffs that lie one horizon (and gap) apart share Features, which are billed once.

    Parameters
    ----------
    events : pandas.DataFrame
        An event log. It is not changed.
    user, time : str
        Columns of user ids and times, as in :func:`to_sequences`.
    behavior : str or sequence of str
        Column of behaviors, or several, as in :func:`to_sequences`.
    cutoffs : sequence of str, datetime, date or int
        Points in time, in any order. The log must show all of the horizon after each of them, and
        the horizon before it that is trained on.
    horizon, gap : str, timedelta, DateOffset or int
        As in :func:`to_answers`; without `gap` the horizon begins at the cutoff.
    name : str
        Names of the jobs are made from it and from their content, so that the same call, here or
        on another machine, goes on where it stopped.
    confidence : float, default 0.95
        Of the intervals and tests, between 0 and 1.
    timeout : float, optional
        Seconds to wait at most for all jobs together.
    client : Client, optional
        By default the one that :func:`connect` made.
    **options : Any
        ``positive``, ``active_since``, ``min_events``, ``at_least``, ``value``, ``absent`` and
        ``observed_until`` as in :func:`to_answers`; ``tie_break``, ``template``, ``max_tokens`` and
        ``token_estimator`` as in :func:`to_sequences`; ``personal_data``, ``on_invalid`` and
        ``timezone`` as in both.

    Returns
    -------
    Backtest
        A table with a row per cutoff, the scores, and the evaluation of each cutoff.

    Raises
    ------
    InvalidDataError
        For all that the service would refuse at any cutoff, such as fewer than 100 users of a
        label to train on, or that could not be measured. Nothing is sent then.
    ConfigurationError
        When an option cannot be used.
    JobFailed, JobTimeout
        From waiting; after a timeout the same call goes on.

    Warns
    -----
    NclueDataWarning
        As the functions that make the frames, once for all cutoffs.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> random = np.random.default_rng(0)
    >>> user = random.integers(0, 400, 6_000)
    >>> day = pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 100, 6_000), unit="D")
    >>> events = pd.DataFrame({"user": user, "day": day, "item": np.where(user % 2, "tea", "milk")})
    >>> with nclue.connect("sandbox"):
    ...     found = nclue.backtest(
    ...         events, user="user", time="day", behavior="item", name="tea",
    ...         positive=events["item"] == "tea",
    ...         cutoffs=["2026-02-20", "2026-03-12"], horizon="20D",
    ...     )
    >>> found.table["auroc"].round(1).tolist()
    [1.0, 1.0]
    """
    from nclue_pandas.frames.folds import Question
    from nclue_pandas.jobs.backtest import run_backtest

    question = Question(user, time, behavior, cutoffs, horizon, gap, options)
    return run_backtest(
        _client(client), events, question, name=name, confidence=confidence, timeout=timeout
    )


@named_options
def plan_backtest(
    events: pd.DataFrame,
    *,
    user: str,
    time: str,
    behavior: str | Sequence[str],
    cutoffs: Sequence[Any],
    horizon: Any,
    gap: Any = None,
    name: str,
    client: Client | None = None,
    **options: Unpack[FoldOptions],
) -> Plan:
    """Show what :func:`backtest` would upload, create and be billed for; changes nothing.

    Parameters
    ----------
    events : pandas.DataFrame
        As for :func:`backtest`.
    user, time : str
        As for :func:`backtest`.
    behavior : str or sequence of str
        As for :func:`backtest`.
    cutoffs : sequence of str, datetime, date or int
        As for :func:`backtest`.
    horizon, gap : str, timedelta, DateOffset or int
        As for :func:`backtest`.
    name : str
        As for :func:`backtest`.
    client : Client, optional
        By default the one that :func:`connect` made.
    **options : Any
        As for :func:`backtest`.

    Returns
    -------
    Plan
        Of the jobs of all cutoffs together, each once: tokens and lines, what exists already,
        requests, and the problems found at each cutoff.
    """
    from nclue_pandas.frames.folds import Question
    from nclue_pandas.jobs import backtest as chains

    question = Question(user, time, behavior, cutoffs, horizon, gap, options)
    return chains.plan_backtest(_client(client), events, question, name=name)


@named_options
def out_of_fold(
    sequences: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    name: str,
    folds: int = 5,
    seed: int | str = 0,
    timeout: float | None = None,
    client: Client | None = None,
    **columns: Unpack[ColumnNames],
) -> pd.DataFrame:
    """Score each user with a label by a model that was trained without them.

    These are the scores to train another model on: those of a model that saw the labels are
    better on its own users than on any other, and the other model trusts them too much. Users are
    put into folds by a hash of seed and id, so that a user's fold stays when rows are added. The
    folds share one Feature; each has a Task on the answers of all other folds, and a Run.

    Parameters
    ----------
    sequences : pandas.DataFrame
        One row per user (``user_id``, ``sequence``): all who are scored.
    answers : pandas.DataFrame
        One row per user (``user_id``, ``label``), of some or all of them. Without any one fold at
        least 100 of each label must be left.
    name : str
        Names of the jobs are made from it and from their content, so that the same call, here or
        on another machine, goes on where it stopped.
    folds : int, default 5
        Models to train, from 2 to 100.
    seed : int or str, default 0
        Another seed, other folds.
    timeout : float, optional
        Seconds to wait at most for all jobs together.
    client : Client, optional
        By default the one that :func:`connect` made.
    **columns : str
        ``user``, ``sequence``, ``label``: names of the columns, as in :func:`predict`.

    Returns
    -------
    pandas.DataFrame
        A row for each of `sequences`: ``user_id`` (string[pyarrow]), ``score`` (double[pyarrow]),
        of a user without a label the mean of all models, and ``fold`` (int8[pyarrow]), from 0,
        null without a label.

    Raises
    ------
    ConfigurationError
        When `folds` or `seed` is something else.
    InvalidDataError
        As :func:`predict`, and when too few users of a label are left without a fold. Nothing is
        sent then.
    JobFailed, JobTimeout
        From waiting; after a timeout the same call goes on.

    Warns
    -----
    NclueDataWarning
        As :func:`predict`, once for all folds.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> users = pd.DataFrame({"user_id": range(480), "label": [0, 1] * 240})
    >>> texts = users["label"].map({0: "milk->jam", 1: "tea->jam"})
    >>> with nclue.connect("sandbox"):
    ...     scores = nclue.out_of_fold(users.assign(sequence=texts), users, name="tea", folds=2)
    >>> scores["fold"].nunique(), len(scores)
    (2, 480)
    """
    from nclue_pandas.frames.folds import in_memory
    from nclue_pandas.frames.held_out import Folds
    from nclue_pandas.jobs.datasets import Columns
    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.out_of_fold import run_out_of_fold

    parts = Folds(folds, seed)
    inputs = Inputs(name, sequences, in_memory(answers), columns=Columns.of(columns))
    return run_out_of_fold(_client(client), inputs, parts, timeout=timeout)


@named_options
def plan_out_of_fold(
    sequences: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    name: str,
    folds: int = 5,
    seed: int | str = 0,
    client: Client | None = None,
    **columns: Unpack[ColumnNames],
) -> Plan:
    """Show what :func:`out_of_fold` would upload, create and be billed for; changes nothing.

    Parameters
    ----------
    sequences, answers : pandas.DataFrame
        As for :func:`out_of_fold`.
    name : str
        As for :func:`out_of_fold`.
    folds : int, default 5
        As for :func:`out_of_fold`.
    seed : int or str, default 0
        As for :func:`out_of_fold`.
    client : Client, optional
        By default the one that :func:`connect` made.
    **columns : str
        As for :func:`out_of_fold`.

    Returns
    -------
    Plan
        As :func:`plan` returns it, the jobs of all folds together.
    """
    from nclue_pandas.frames.folds import in_memory
    from nclue_pandas.frames.held_out import Folds
    from nclue_pandas.jobs.datasets import Columns
    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.out_of_fold import plan_folds

    parts = Folds(folds, seed)
    inputs = Inputs(name, sequences, in_memory(answers), columns=Columns.of(columns))
    return plan_folds(_client(client), inputs, parts)


def _client(client: Client | None) -> Client:
    if client is not None:
        return client
    from nclue_pandas.client import default_client

    return default_client()
