"""``python -m nclue_pandas demo``: the main job, step by step, on made-up or on own data."""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

import pandas as pd
import pyarrow as pa

import nclue_pandas as nclue
from nclue_pandas.demo.own_log import as_numbers, convert_times, find_columns, form_of, read_log
from nclue_pandas.demo.shop import make_log
from nclue_pandas.errors import InvalidDataError, NclueError
from nclue_pandas.frames.behaviors import behavior_texts
from nclue_pandas.frames.times import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nclue_pandas.client import Client

#: What the generated log is asked: who buys tea in the 30 days after this day?
_CUTOFF, _HORIZON, _POSITIVE = "2026-05-25", "30D", "차|tea"
_SHOWN = 5
#: Argument of a function -> the option that gives it, where it is not of the same name.
_OPTIONS: Final = {
    **{name: name for name in ("user", "time", "behavior", "cutoff", "horizon", "positive")},
    **{name: name for name in ("encoding", "sep")},
    "observed_until": "observed-until",
    "timezone": "timezone",
    "until": "cutoff",
}
#: Settings that are options of their own.
_SWITCHES: Final = {
    "header=False": "--no-header",
    "quotes=False": "--no-quotes",
    "quotes=True": "--quotes",
}
_CONVERSION: Final = re.compile(r"pandas\.to_datetime\(column, (unit|format)='([^']*)'\)")
_ARGUMENT: Final = re.compile(rf"(?<![\w(.-])({'|'.join(_OPTIONS)})=(?=(['\"\w])?)")


@dataclass(frozen=True)
class Question:
    """A log, and what is asked of it.

    Parameters
    ----------
    events : pandas.DataFrame
        The log.
    user, time, behavior : hashable
        Its columns.
    cutoff, horizon : str or int
        Behaviors before the cutoff predict what happens in the horizon after it.
    positive : str or None
        Pattern that a behavior of the horizon must match; None for any behavior.
    observed_until : str, int or None
        How far the log was observed; None for its last event.
    timezone : str or None
        Of the log, or of the cutoff, when only the other has one.
    """

    events: pd.DataFrame
    user: Any
    time: Any
    behavior: Any
    cutoff: Any
    horizon: Any
    positive: str | None
    observed_until: Any = None
    timezone: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--events", type=Path, help="your own log: CSV, TSV (also .gz, .zip), Parquet, or a folder"
    )
    parser.add_argument("--encoding", default="utf-8", help="of a text file (utf-8), such as cp949")
    parser.add_argument(
        "--sep",
        help=r"between columns of a text file (TAB in .tsv, or a comma): ';', '\t' or '\s+'",
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether text files begin with the names of columns, which are 0, 1, 2 without",
    )
    parser.add_argument(
        "--quotes",
        action=argparse.BooleanOptionalAction,
        help="whether quotes have a meaning in a text file",
    )
    parser.add_argument("--user", help="column of the user id")
    parser.add_argument("--time", help="column of the time")
    parser.add_argument("--behavior", help="column of the behavior")
    parser.add_argument(
        "--time-unit", choices=tuple(UNITS), help="of times that are numbers since 1970 (in UTC)"
    )
    parser.add_argument("--time-format", help="of times in another form, such as '%%d/%%m/%%Y'")
    parser.add_argument(
        "--cutoff",
        help="what is before it predicts, such as 2026-05-25; a number where times are numbers",
    )
    parser.add_argument(
        "--horizon", help="how long after it is looked at, such as 90D, or a number as well"
    )
    parser.add_argument(
        "--positive", help="pattern in the behavior that makes a user positive (default: any)"
    )
    parser.add_argument("--observed-until", help="how far the log was observed (its last event)")
    parser.add_argument("--timezone", help="such as Asia/Seoul, when only log or cutoff has one")
    parser.add_argument("--name", default="demo", help="where the names of the jobs begin")
    parser.add_argument(
        "--bucket", help="run on the real service with this bucket and your keys, not the sandbox"
    )
    parser.add_argument("--profile", help="profile of ~/.ncloud/configure, with --bucket")


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    options : argparse.Namespace
        See :func:`add_arguments`.

    Returns
    -------
    int
        Exit status: 0, or 2 when the input or the account is not as it must be.
    """
    try:
        question = _question(options)
        target = "account" if options.bucket else "sandbox"
        connected = nclue.connect(target, bucket=options.bucket, profile=options.profile)
        with connected as client, _noted():
            answer(question, client, options.name)
    except (NclueError, ValueError) as error:
        sys.stderr.write(f"\nStopped: {as_options(str(error))}\n")
        return 2
    except KeyboardInterrupt:
        gone = "Jobs that were created go on." if options.bucket else "The sandbox is gone with it."
        sys.stderr.write(f"\nStopped by Ctrl-C. {gone}\n")
        return 130
    return 0


def answer(question: Question, client: Client, name: str) -> None:
    """Go through the main job and print each step."""
    step("1", f"{len(question.events):,} events", question.events.head(3))
    sequences, answers = _prepared(question)
    step("2", f"{len(sequences):,} users with a sequence", sequences.head(3))
    positives = int(answers["label"].sum())
    share = f" ({positives / len(answers):.1%})" if len(answers) else ""
    step("3", f"{len(answers):,} answers, {positives:,} positive{share}")
    train, test = answers.nclue.split(test=0.3, seed=0)
    step("4", f"{len(train):,} users to train on, {len(test):,} held out")
    for frame in (sequences, train):  # all of it before the first job, which is billed
        frame.nclue.check().raise_if_any()
    feature = sequences.nclue.create_feature(f"{name}-feature", client=client).wait()
    step("5", "feature", feature)
    task = train.nclue.create_task(f"{name}-task", feature, test=test, client=client).wait()
    step("6", f"task: the service's AUROC is {task.auroc}", task)
    run = task.run(feature)
    scores = run.result()
    step("7", f"{len(scores):,} scores, the highest first", _highest(scores))
    step("8", "measured on the users held out", scores.nclue.evaluate(test))
    step("9", "where the files are", _places(client, feature, run))


def _prepared(question: Question) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sequences and answers."""
    columns = {"user": question.user, "time": question.time, "timezone": question.timezone}
    answers = question.events.nclue.to_answers(
        **columns,
        cutoff=question.cutoff,
        horizon=question.horizon,
        observed_until=question.observed_until,
        positive=_positive(question),
        on_invalid="drop",
    )
    sequences = question.events.nclue.to_sequences(
        **columns,
        behavior=question.behavior,
        until=question.cutoff,
        personal_data="mask",
        on_invalid="drop",
    )
    return sequences, answers


def step(number: str, title: str, shown: object = None) -> None:
    """Print one step."""
    print(f"\n[{number}] {title}")
    if shown is not None:
        print("\n".join(f"    {line}" for line in str(shown).splitlines()))


def _question(options: argparse.Namespace) -> Question:
    more = {name: getattr(options, name) for name in ("observed_until", "timezone")}
    if options.events is None:
        return Question(
            make_log(),
            options.user or "customer_id",
            options.time or "ts",
            options.behavior or "item",
            options.cutoff or _CUTOFF,
            options.horizon or _HORIZON,
            options.positive or _POSITIVE,
            **more,
        )
    needed = ("user", "time", "behavior", "cutoff", "horizon")
    missing = [f"--{name}" for name in needed if getattr(options, name) is None]
    form = form_of(options)
    events = read_log(options.events, form)
    if missing:
        raise InvalidDataError(
            f"With --events give {', '.join(missing)} too. The file has the columns: "
            f"{', '.join(map(repr, events.columns))}."
        )
    chosen: dict[str, Any] = {name: getattr(options, name) for name in needed}
    named = {name: chosen[name] for name in ("user", "time", "behavior")}
    chosen |= find_columns(events, form, named)
    times = convert_times(events[chosen["time"]], options.time_unit, options.time_format)
    events = events.copy(deep=False)
    events[chosen["time"]] = times
    bounds = {"cutoff": chosen["cutoff"], "horizon": chosen["horizon"]}
    numbers = as_numbers(times, bounds | {"observed_until": more["observed_until"]})
    more["observed_until"] = numbers.pop("observed_until")
    chosen |= numbers
    return Question(events=events, positive=options.positive, **chosen, **more)


def _positive(question: Question) -> pd.Series[bool] | None:
    if question.positive is None:
        return None
    events = question.events
    texts = behavior_texts(events, question.behavior, None).texts.cast(pa.large_string())
    behaviors = pd.Series(texts.to_pandas(), index=events.index, dtype="string")
    composed = normalize("NFC", question.positive)
    try:
        found = behaviors.str.normalize("NFC").str.contains(composed, case=False, na=False)
    except (ValueError, re.error) as error:
        raise InvalidDataError(
            f"--positive {question.positive!r} is no regular expression: {error}. Put a backslash "
            "before a bracket, a plus or another character that has a meaning in one."
        ) from error
    return found.astype(bool)


def _highest(scores: pd.DataFrame) -> pd.DataFrame:
    return scores.sort_values("score", ascending=False).head(_SHOWN).reset_index(drop=True)


def _places(client: Client, feature: Any, run: Any) -> str:
    return (
        f"sequences  s3://{feature.record.source_bucket}/{feature.record.source_file_path}\n"
        f"scores     s3://{run.record.result_bucket}/{run.record.result_file_path}\n"
        f"endpoint   {client.ref.endpoint}"
    )


@contextmanager
def _noted() -> Iterator[None]:
    """Print what is warned of among the steps, in the words of the command."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def note(message: Warning | str, category: type[Warning], *where: Any) -> None:
            if issubclass(category, nclue.NclueDataWarning):
                print(f"    note: {as_options(str(message))}")
            else:
                others(message, category, *where)

        warnings.simplefilter("always", nclue.NclueDataWarning)
        warnings.showwarning = note  # type: ignore[assignment]  # it takes what the other takes
        yield


def as_options(message: str) -> str:
    """Name the options of the command in the place of a function's arguments.

    Examples
    --------
    >>> as_options("Give timezone=, such as timezone='Asia/Seoul' (argument user=).")
    "Give --timezone, such as --timezone 'Asia/Seoul' (argument --user)."
    >>> as_options("Convert it with pandas.to_datetime(column, format='%Y%m%d').")
    "Convert it with --time-format '%Y%m%d'."
    """
    message = _CONVERSION.sub(r"--time-\1 '\2'", message)
    for setting, option in _SWITCHES.items():
        message = message.replace(setting, option)
    return _ARGUMENT.sub(lambda found: f"--{_OPTIONS[found[1]]}{' ' if found[2] else ''}", message)
