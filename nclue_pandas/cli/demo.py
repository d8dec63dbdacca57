"""``python -m nclue_pandas demo``: the main job, step by step, on made-up or on own data."""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

import nclue_pandas as nclue
from nclue_pandas.cli.account import account_of
from nclue_pandas.cli.destination import add_destinations, destinations
from nclue_pandas.cli.log_files import read_log
from nclue_pandas.cli.page import make_page
from nclue_pandas.cli.question import ask, columns_of
from nclue_pandas.cli.settings import Settings
from nclue_pandas.deadline import NEVER
from nclue_pandas.demo.shop import make_log
from nclue_pandas.errors import InvalidDataError, NclueError
from nclue_pandas.frames.times import UNITS
from nclue_pandas.streaming.text_files import TextForm, require_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nclue_pandas.cli.destination import Destination
    from nclue_pandas.client import Client

#: What has to be given with a log of one's own, and what it is of the generated one, which is
#: asked who buys tea in the 30 days after this day.
_NEEDED: Final = ("user", "time", "behavior", "cutoff", "horizon")
_SHOP: Final = ("customer_id", "ts", "item", "2026-05-25", "30D")
_POSITIVE: Final = "차|tea"
_HELD_OUT: Final = 0.3
_SHOWN = 5
#: Argument of a function -> the option that gives it, where it is not of the same name.
_OPTIONS: Final = {
    **{name: name for name in ("user", "time", "behavior", "cutoff", "horizon", "positive")},
    **{name: name for name in ("encoding", "sep")},
    "observed_until": "observed-until",
    "timezone": "timezone",
    "personal_data": "personal-data",
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
    parser.add_argument(
        "--personal-data",
        choices=("mask", "raise"),
        default="mask",
        help="what becomes of personal data in behaviors (mask); in ids it is an error",
    )
    add_destinations(parser)
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
        with _noted() as noted:
            settings, events = _log_of(options)
            account = account_of(settings) if options.bucket else None
            places = destinations(options, account, f"demo-{os.getpid()}")
            target = "account" if options.bucket else "sandbox"
            with nclue.connect(target, bucket=options.bucket, profile=options.profile) as client:
                _answer(settings, events, client, places, noted)
    except (NclueError, ValueError) as error:
        sys.stderr.write(f"\nStopped: {as_options(str(error))}\n")
        return 2
    except KeyboardInterrupt:
        gone = "Jobs that were created go on." if options.bucket else "The sandbox is gone with it."
        sys.stderr.write(f"\nStopped by Ctrl-C. {gone}\n")
        return 130
    return 0


def _answer(
    settings: Settings,
    events: pd.DataFrame,
    client: Client,
    places: dict[str, Destination],
    noted: list[str],
) -> None:
    """Go through the main job and print each step."""
    step("1", f"{len(events):,} events", events.head(3))
    question = ask(events, settings)
    sequences, train, test = question.sequences, question.train, question.test
    assert test is not None  # of a share that is held out
    step("2", f"{len(sequences):,} users with a sequence", sequences.head(3))
    labels = pd.concat([train["label"], test["label"]])
    share = f" ({labels.mean():.1%})" if len(labels) else ""
    step("3", f"{len(labels):,} answers, {int(labels.sum()):,} positive{share}")
    step("4", f"{len(train):,} users to train on, {len(test):,} held out")
    for frame in (sequences, train):  # all of it before the first job, which is billed
        frame.nclue.check().raise_if_any()
    name = settings.name
    feature = sequences.nclue.create_feature(f"{name}-feature", client=client).wait()
    step("5", "feature", feature)
    task = train.nclue.create_task(f"{name}-task", feature, test=test, client=client).wait()
    step("6", f"task: the service's AUROC is {task.auroc}", task)
    made = task.run(feature)
    scores = made.result()
    highest = scores.sort_values("score", ascending=False).head(_SHOWN).reset_index(drop=True)
    step("7", f"{len(scores):,} scores, the highest first", highest)
    step("8", "measured on the users held out", scores.nclue.evaluate(test))
    step("9", "where the files are", _places(client, feature, made))
    if "out" in places:
        places["out"].write_frame(scores, NEVER)
    if "report" in places:
        measured = nclue.evaluate(scores, test, baselines=question.baselines)
        places["report"].write_text(make_page(settings, question, scores, measured, noted), NEVER)
    for place in places.values():
        print(f"    {place.place}")


def step(number: str, title: str, shown: object = None) -> None:
    """Print one step."""
    print(f"\n[{number}] {title}")
    if shown is not None:
        print("\n".join(f"    {line}" for line in str(shown).splitlines()))


def _log_of(options: argparse.Namespace) -> tuple[Settings, pd.DataFrame]:
    """Return the log, made up or one's own, and what the options ask of it."""
    taken = {each.name for each in fields(Settings)}
    given = {name: value for name, value in vars(options).items() if name in taken}
    given |= {"log": str(options.events), "test": _HELD_OUT, "on_invalid": "drop"}
    if options.events is None:
        usual = dict(zip(_NEEDED, _SHOP, strict=True)) | {"positive": _POSITIVE}
        given |= {name: given[name] or value for name, value in usual.items()}
        return Settings(**given | {"log": "made up", "until": given["cutoff"]}), make_log()
    form = TextForm(options.encoding, options.sep, options.header, options.quotes)
    events = read_log(given["log"], None, form, None, NEVER)
    missing = [f"--{name}" for name in _NEEDED if given[name] is None]
    if missing:
        raise InvalidDataError(
            f"With --events give {', '.join(missing)} too. The file has the columns: "
            f"{', '.join(map(repr, events.columns))}."
        )
    settings = Settings(**given | {"until": given["cutoff"]})
    require_columns(columns_of(settings), list(events.columns), form)
    return settings, events


def _places(client: Client, feature: Any, run: Any) -> str:
    return (
        f"sequences  s3://{feature.record.source_bucket}/{feature.record.source_file_path}\n"
        f"scores     s3://{run.record.result_bucket}/{run.record.result_file_path}\n"
        f"endpoint   {client.ref.endpoint}"
    )


@contextmanager
def _noted() -> Iterator[list[str]]:
    """Print what is warned of among the steps, in the words of the command; yield it too."""
    noted: list[str] = []
    with warnings.catch_warnings():
        others = warnings.showwarning

        def note(message: Warning | str, category: type[Warning], *where: Any) -> None:
            if not issubclass(category, nclue.NclueDataWarning):
                others(message, category, *where)
            elif (words := as_options(str(message))) not in noted:  # by another verb on the log
                noted.append(words)
                print(f"    note: {words}")

        warnings.simplefilter("always", nclue.NclueDataWarning)
        warnings.showwarning = note  # type: ignore[assignment]  # it takes what the other takes
        yield noted


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
