"""The function forms of the accessor's verbs that need an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack, cast

from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.client import Client
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
    return _client(client).create_feature(name, sequences, user=user, sequence=sequence)


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


def _client(client: Client | None) -> Client:
    if client is not None:
        return client
    from nclue_pandas.client import default_client

    return default_client()
