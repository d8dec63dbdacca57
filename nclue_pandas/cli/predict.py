"""``predict``: the whole chain from a file of settings, for a script that nobody watches."""

from __future__ import annotations

import argparse
import hashlib
import math
import signal
import sys
import threading
import warnings
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pandas as pd

import nclue_pandas as nclue
from nclue_pandas.cli.destination import add_destinations, destinations
from nclue_pandas.cli.run_log import logged, step, tell, tell_error
from nclue_pandas.deadline import TRANSIENT, Deadline
from nclue_pandas.errors import (
    AlreadyRunningError,
    AmbiguousCreateError,
    ConfigurationError,
    DuplicateNameError,
    IncompleteUploadError,
    InvalidDataError,
    JobFailed,
    JobNotFoundError,
    JobTimeout,
    MissingExtraError,
    NclueError,
    ObjectChangedError,
    SpillError,
    StorageError,
    StorageTimeoutError,
    UnconfirmedCreateError,
)
from nclue_pandas.errors.codes import is_temporary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nclue_pandas.cli.account import Account
    from nclue_pandas.cli.destination import Destination
    from nclue_pandas.cli.question import Question
    from nclue_pandas.cli.settings import Settings
    from nclue_pandas.client import Client
    from nclue_pandas.frames.evaluation import Evaluation

DONE, WRONG_INPUT, REFUSED, NOT_FINISHED, INTERRUPTED = 0, 2, 3, 4, 130
#: What somebody has to mend here: settings, data, keys, the disk.
_OURS: Final = (
    ConfigurationError,
    DuplicateNameError,
    InvalidDataError,
    JobNotFoundError,
    MissingExtraError,
    SpillError,
)
#: What another run goes on from.
_UNFINISHED: Final = (
    *TRANSIENT,
    AlreadyRunningError,
    AmbiguousCreateError,
    IncompleteUploadError,
    JobTimeout,
    ObjectChangedError,
    StorageTimeoutError,
    UnconfirmedCreateError,
)
_ADVICE: Final = "Run the same command again: it goes on where it stopped."
#: From this HTTP status on the store is to blame, and it may pass.
_STORE_FAILS: Final = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("settings", type=Path, help="file of settings, in TOML")
    add_destinations(parser)
    add("--plan", action="store_true", help="tell what it would do and cost; send nothing")
    add("--log", choices=("text", "json"), default="text", help="how stderr is written (text)")
    add(
        "--timeout",
        type=_seconds,
        default="12h",
        metavar="TIME",
        help="end after so long, such as 3600 or 6h (12h)",
    )
    add("--as-of", type=_day, metavar="DATE", help="what -90D is counted from (today)")


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    options : argparse.Namespace
        See :func:`add_arguments`.

    Returns
    -------
    int
        0 done; 2 wrong input; 3 refused; 4 not finished, run it again; 130 interrupted.
    """
    with logged(options.log) as warned:
        try:
            with _ended_as_by_ctrl_c():
                _predict(options, warned)
        except BrokenPipeError:  # of the plan
            raise
        except (NclueError, OSError) as error:
            status = exit_status(error)
            tell_error(error, status)
        except KeyboardInterrupt:
            status = INTERRUPTED
            told = KeyboardInterrupt("Interrupted; the jobs that were created go on. Run it again.")
            tell_error(told, status)
        else:
            status = DONE
    return status


def exit_status(error: NclueError | OSError) -> int:
    """Return what an error means to whoever started the command.

    Examples
    --------
    >>> exit_status(JobTimeout("late")), exit_status(OSError(28, "No space left on device"))
    (4, 2)
    """
    if isinstance(error, _OURS) or not isinstance(error, NclueError):
        return WRONG_INPUT
    if isinstance(error, _UNFINISHED):
        return NOT_FINISHED
    if isinstance(error, JobFailed):
        return NOT_FINISHED if is_temporary(error.fail_message) else REFUSED
    if type(error) is StorageError and (error.status is None or error.status >= _STORE_FAILS):
        return NOT_FINISHED
    return REFUSED


def _predict(options: argparse.Namespace, warned: list[str]) -> None:
    """Go from the settings to the scores: what can be refused is refused before it is billed."""
    from nclue_pandas.cli.account import account_of
    from nclue_pandas.cli.lock import one_at_a_time
    from nclue_pandas.cli.settings import read_settings

    settings = read_settings(options.settings)
    account = account_of(settings)
    identity = (settings.name, account.service.api_url, str(account.storage), settings.prefix)
    owner = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:8]
    places = destinations(options, account, owner)
    if "out" not in places and not options.plan:
        raise ConfigurationError(
            "Say where the scores go: --out scores.parquet, --out scores.csv, or "
            "--out s3://bucket/scores.parquet. --plan alone tells what it would do."
        )
    if options.plan:
        _plan(settings, account, options)
        return
    with one_at_a_time(*identity):
        _run(settings, account, places, options, warned)


def _plan(settings: Settings, account: Account, options: argparse.Namespace) -> None:
    """Print what a run would do and cost; end as for wrong input where the service would refuse."""
    with _client(settings, account) as client:
        asked = _asked(settings, account, Deadline.of(client.clock, options.timeout), options.as_of)
        plan = nclue.plan(**_chain(settings, asked, client))
    sys.stdout.write(f"{plan}\n")
    sys.stdout.flush()
    if plan.problems:
        raise InvalidDataError.of(plan.problems)


def _run(
    settings: Settings,
    account: Account,
    places: dict[str, Destination],
    options: argparse.Namespace,
    warned: list[str],
) -> None:
    """Read the log, predict, write the scores and the report."""
    from nclue_pandas.cli.page import make_page

    with _client(settings, account) as client:
        deadline = Deadline.of(client.clock, options.timeout, _ADVICE)
        asked = _asked(settings, account, deadline, options.as_of)
        with step("scores") as facts:
            left = None if deadline.left() == math.inf else deadline.left()
            scores = nclue.predict(**_chain(settings, asked, client), timeout=left)
            facts["users"] = len(scores)
        with deadline.told(), step("out", file=options.out) as facts:
            written = scores
            if settings.baselines and asked.baselines is not None:
                written = scores.merge(asked.baselines, on="user_id", how="left")
            facts["bytes"] = places["out"].write_frame(written, deadline)
        measured = _measured(asked, scores)
        if "report" in places:
            with deadline.told(), step("report", file=options.report) as facts:
                page = make_page(settings, asked, scores, measured, warned)
                facts["bytes"] = places["report"].write_text(page, deadline)
        if settings.keep is not None:
            with step("prune") as facts:
                gone = client.prune(name=settings.name, keep=settings.keep, dry_run=False)
                facts["removed"] = int(gone["removed"].sum())
        tell("done", seconds=round(deadline.elapsed, 2))


def _measured(asked: Question, scores: pd.DataFrame) -> Evaluation | None:
    """Measure the scores where the log tells what came."""
    if asked.outcomes is None:
        return None
    with step("evaluation") as facts:
        try:
            measured = nclue.evaluate(scores, asked.outcomes, baselines=asked.baselines)
        except InvalidDataError as error:  # the scores are there: a label alone ends no run
            text = f"the scores could not be measured: {error}"
            warnings.warn(text, nclue.NclueDataWarning, stacklevel=1)
            return None
        facts |= {"users": measured.users, "positives": measured.positives}
        facts["auroc"] = round(measured.auroc, 4)
        facts["low"], facts["high"] = (round(bound, 4) for bound in measured.auroc_interval)
        if measured.verdict:
            facts["verdict"] = measured.verdict
    return measured


def _asked(
    settings: Settings, account: Account, deadline: Deadline, today: date | None
) -> Question:
    """Read the log and make the frames of it; tell their sizes."""
    from nclue_pandas.cli.log_files import read_log
    from nclue_pandas.cli.question import ask, columns_of

    with step("log", file=settings.log) as facts, deadline.told():
        events = read_log(settings.log, columns_of(settings), settings.form, account, deadline)
        facts["rows"] = len(events)
    with step("frames") as facts:
        asked = ask(events, settings, today)
        facts["cutoff"] = asked.cutoff
        facts["users"] = len(asked.sequences)
        facts["answers"] = len(asked.train)
        facts["positives"] = int(asked.train["label"].sum())
        if asked.score_on is not None:
            facts["scored"] = len(asked.score_on)
    return asked


def _client(settings: Settings, account: Account) -> Client:
    from nclue_pandas.client import Client

    return Client(account.credentials, account.service, account.storage, prefix=settings.prefix)


def _chain(settings: Settings, asked: Question, client: Client) -> dict[str, Any]:
    """Return the arguments of ``predict`` and ``plan``."""
    return {
        "sequences": asked.sequences,
        "answers": asked.train,
        "name": settings.name,
        "score_on": asked.score_on,
        "test": asked.test,
        "client": client,
    }


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Let the signal that schedulers end a process by do what Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _seconds(text: str) -> float:
    """Read a time that a run may take.

    Examples
    --------
    >>> _seconds("90"), _seconds("6h")
    (90.0, 21600.0)
    """
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = pd.Timedelta(text).total_seconds()
        except ValueError:
            seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: give seconds, or such as 6h")
    return seconds


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no day: give one such as 2026-05-25"
        ) from None
