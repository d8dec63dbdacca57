"""From a log larger than memory to sequences on disk, inside a stated budget of memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from nclue_pandas.contract import TOKENS_PER_USER
from nclue_pandas.errors import ConfigurationError
from nclue_pandas.frames.behaviors import behavior_texts
from nclue_pandas.frames.checks import doubts_of
from nclue_pandas.frames.columns import require_name, to_chunks
from nclue_pandas.frames.doubtful_times import refuse_dates
from nclue_pandas.frames.forms import Forms
from nclue_pandas.frames.partitions import ROWS_TOLD, merge_problems, merge_reports, numbered
from nclue_pandas.frames.problems import raise_problems
from nclue_pandas.frames.reports import SequenceReport, every_row_dropped
from nclue_pandas.frames.sequences import (
    LogColumns,
    SequenceOptions,
    build,
    sequence_frame,
    warn_of_sequences,
)
from nclue_pandas.frames.times import first_texts
from nclue_pandas.kernels.parallel import give_back
from nclue_pandas.progress import BuildProgress, step, track
from nclue_pandas.signatures import named_options
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.layout import BUCKETS
from nclue_pandas.streaming.columns import ROW, Carrier
from nclue_pandas.streaming.files import check_files, frames_of
from nclue_pandas.streaming.spill import PIECES, BatchFile, Runs, SpillFolder
from nclue_pandas.streaming.store import SequenceStore, StoreSource
from nclue_pandas.streaming.text_files import TextForm
from nclue_pandas.translation import N_

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    import pyarrow as pa
    from numpy.typing import NDArray

    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.partitions import Built
    from nclue_pandas.frames.personal_data import OnPersonalData
    from nclue_pandas.frames.problems import Fault, OnInvalid
    from nclue_pandas.frames.tokens import TokenEstimator
    from nclue_pandas.storage.content import BucketDigest
    from nclue_pandas.streaming.spill import Span

#: What libraries take when they are first used, and the index of what is on disk, in bytes.
_FIXED: Final = 64 << 20
LEAST_MEMORY: Final = 96 << 20
#: Shares of the rest: rows are held many times over while they are read and sorted into a run,
#: and some times while sequences are built of them (measured, see docs/large_logs.md).
_RUN_SHARE: Final = 20
_BUILD_SHARE: Final = 20
#: Beyond this much at a time nothing gets faster.
_MOST_BYTES: Final = 256 << 20


@named_options
def stream_sequences(
    log: Any,
    *,
    user: str,
    time: str,
    behavior: str | Sequence[str],
    memory: int = 1 << 30,
    directory: str | os.PathLike[str] | None = None,
    encoding: str = "utf-8",
    sep: str | None = None,
    header: bool = True,
    quotes: bool | None = None,
    until: Any = None,
    since: Any = None,
    tie_break: str | None = None,
    template: str | None = None,
    max_tokens: int | None = TOKENS_PER_USER,
    token_estimator: TokenEstimator | None = None,
    personal_data: OnPersonalData = "raise",
    on_invalid: OnInvalid = "raise",
    timezone: str | tzinfo | None = None,
) -> SequenceStore:
    r"""Make one sequence for each user of a log that is larger than memory.

    The log is read once, in batches, and its rows go to disk by ranges of users; then the users
    of one range after another are built by :func:`to_sequences` itself. The sequences are the
    same, byte for byte, whatever the batches and the budget.

    Parameters
    ----------
    log : path, pandas.DataFrame, Arrow data, or an iterable of them
        A path is a Parquet or text file (CSV, TSV; also as ``.gz`` or ``.zip``), a directory of
        such files, or a URL that fsspec opens. Arrow data is a table or batch of pyarrow, or
        whatever exports a stream of it (``__arrow_c_stream__``: polars, DuckDB). Batches follow
        each other as the rows of one log do.
    user, time, behavior : str, or sequence of str for `behavior`
        Columns, as for :func:`to_sequences`. Every column has one type in all batches. In a text
        file all of them are text, as it is written there, and an empty cell is null.
    memory : int, default 1 GiB
        Budget in bytes, at least 96 MiB: what this call may hold beyond what it found, the
        batches that an iterable makes aside. A log may be about a hundred times as large; the
        rows of one user must fit.
    directory : path, optional
        Where a directory for temporary files is made, by default where the system has them. They
        take about twice the size of the log as Arrow data.
    encoding : str, default "utf-8"
        Of text files, such as ``"cp949"`` (Excel in Korea) or ``"utf-16"``.
    sep : str, optional
        What stands between the columns of a text file: one character, or ``"\\s+"`` for white
        space. By default TABs in ``.tsv`` files, commas in all others.
    header : bool, default True
        Whether text files begin with the names of the columns; without they are 0, 1, 2, ...
    quotes : bool, optional
        Whether quotes have a meaning in text files. By default they have none where TABs
        separate; elsewhere a quoted cell of several lines is refused when it looks like rows of
        the log, for which True is the remedy.
    until, since, tie_break, template, max_tokens, token_estimator : optional
        As for :func:`to_sequences`.
    personal_data, on_invalid, timezone : optional
        As for :func:`to_sequences`. Text with lone surrogates is refused in any case.

    Returns
    -------
    SequenceStore
        To be closed, best by ``with``.

    Raises
    ------
    InvalidDataError, MissingColumnError, PersonalDataError
        As :func:`to_sequences`. Positions are those of the whole log; of one problem the first
        1,000 rows are named.
    ConfigurationError
        When an option cannot be used.
    SpillError
        When the disk is full.

    Warns
    -----
    NclueDataWarning
        As :func:`to_sequences`.

    Examples
    --------
    >>> batches = (
    ...     pd.DataFrame({"who": [day, 7], "when": [day, day], "what": ["tea", f"day {day}"]})
    ...     for day in (2, 1)
    ... )
    >>> with stream_sequences(batches, user="who", time="when", behavior="what") as store:
    ...     for frame in store:
    ...         dict(zip(frame["user_id"], frame["sequence"]))["7"]
    'day 1->day 2'
    """
    given: object = memory
    if not isinstance(given, int) or given < LEAST_MEMORY:
        raise ConfigurationError(f"memory={memory!r}: give at least {LEAST_MEMORY:,} bytes.")
    options = SequenceOptions(
        user=user,
        time=time,
        behavior=behavior,
        until=until,
        since=since,
        tie_break=tie_break,
        template=template,
        max_tokens=max_tokens,
        token_estimator=token_estimator,
        personal_data=personal_data,
        on_invalid=on_invalid,
        timezone=timezone,
    )
    form = TextForm(encoding, sep, header, quotes)
    columns = _columns(options, getattr(log, "columns", ()))
    nothing = pd.DataFrame({label: pd.Series([], dtype=object) for label in columns})
    behavior_texts(nothing, behavior, template)
    check_files(log)
    folder = SpillFolder(directory)
    try:
        with step(N_("stream sequences")) as made:
            store = _Streaming(options, columns, form, memory, folder).run(log)
            made |= {"event": store.report.events, "user": store.report.users}
    except BaseException:
        folder.cleanup()
        raise
    warn_of_sequences(store.report)
    return store


@dataclass(eq=False)
class _Found:
    """Problems of parts of the log, and the first of the rows that they name."""

    problems: list[Problem] = field(default_factory=list)
    rows: list[pd.DataFrame] = field(default_factory=list)

    def add(
        self,
        faults: Sequence[Fault],
        events: pd.DataFrame,
        numbers: NDArray[np.int64],
        times: pd.Series[Any],
    ) -> None:
        """Take down the faults of a part whose rows have these numbers in the log."""
        if not faults:
            return
        told = []
        for fault in faults:  # in the order of the log
            rows = fault.rows[np.argsort(numbers[fault.rows], kind="stable")]
            values = first_texts(times, rows) if fault.values else ()  # noqa: PD011 - of no Series
            told.append(replace(fault, rows=rows, values=values))
        self.problems += numbered(told, numbers)
        places = np.unique(np.concatenate([fault.rows[:ROWS_TOLD] for fault in told]))
        self.rows.append(events.iloc[places].set_axis(numbers[places], axis=0))

    def raise_all(self, *, every_row: bool = False) -> None:
        """Raise what was found in all parts as of one frame."""
        if self.problems:
            rows = pd.concat(self.rows).sort_index().iloc[:ROWS_TOLD]
            raise_problems(merge_problems(self.problems), rows, every_row=every_row)


@dataclass(eq=False)
class _Streaming:
    options: SequenceOptions
    columns: Mapping[Any, str]
    form: TextForm
    memory: int
    folder: SpillFolder
    problems: _Found = field(default_factory=_Found)
    lost: _Found = field(default_factory=_Found)
    doubts: list[Problem] = field(default_factory=list)
    forms: list[Forms] = field(default_factory=list)

    def run(self, log: Any) -> SequenceStore:
        carrier = Carrier(self.columns)
        runs = Runs(self._file("rows"), self._share(_RUN_SHARE))
        sequences = self._file("sequences")
        try:
            self._spill(log, carrier, runs)
            store = self._build(carrier, runs, sequences)
        except BaseException:
            sequences.close()
            raise
        finally:
            runs.file.close()
        return store

    def _share(self, parts: int) -> int:
        return min((self.memory - _FIXED) // parts, _MOST_BYTES)

    def _file(self, name: str) -> BatchFile:
        return BatchFile(Path(self.folder.name) / name)

    def _spill(self, log: Any, carrier: Carrier, runs: Runs) -> None:
        """Put the rows on disk by ranges of buckets."""
        width = BUCKETS // PIECES
        with track(BuildProgress, "log", unit="rows") as advance:
            for frame in frames_of(log, self.columns, runs.run_bytes, self.form):
                table = carrier.table(frame, runs.rows)
                runs.add(table, (carrier.buckets(frame) // width).astype(np.uint8))
                advance(len(frame))
            runs.flush()

    def _build(self, carrier: Carrier, runs: Runs, file: BatchFile) -> SequenceStore:
        """Build the users of some buckets at a time."""
        spans: dict[int, list[Span]] = defaultdict(list)
        digests: list[BucketDigest] = []
        reports: list[SequenceReport] = []
        with track(BuildProgress, "sequences", total=runs.rows, unit="rows") as advance:
            for pieces in runs.ranges(self._share(_BUILD_SHARE)):
                table = runs.read(pieces)
                if table is None and reports:
                    continue
                built = self._sequences(carrier, carrier.empty() if table is None else table)
                if built.report is not None:
                    frame = sequence_frame(built.table)
                    self._look_at(frame, sum(each.users for each in reports))
                    reports.append(built.report)
                    digests += _append(frame, file, spans)
                    del frame
                advance(0 if table is None else table.num_rows)
                del table, built
                give_back()
        self.problems.raise_all()
        made = merge_reports(reports)
        refuse_dates(made.time_kinds)
        if every_row_dropped(made):
            self.lost.raise_all(every_row=True)
        doubts = tuple(merge_problems(self.doubts))
        store = SequenceStore(self.folder, file, spans, tuple(digests), made, doubts)
        store.report = Forms.joined(self.forms).tell(made, StoreSource(store).users)
        return store

    def _look_at(self, frame: pd.DataFrame, before: int) -> None:
        """Take down what the service may refuse of some sequences, and the forms of their ids."""
        self.forms.append(Forms.of(to_chunks(frame["user_id"])))
        for each in doubts_of(frame):
            rows = tuple(row + before for row in each.rows[:ROWS_TOLD])
            self.doubts.append(replace(each, rows=rows, total=len(each.rows)))

    def _sequences(self, carrier: Carrier, table: pa.Table) -> Built[SequenceReport]:
        """Build the sequences of some users, and take down what is wrong with their rows."""
        events = carrier.frame(table)
        built = build(LogColumns.of(events, self.options, times=carrier.times), self.options)
        numbers = table.column(ROW).to_numpy()
        times = events[self.options.time]
        self.problems.add(built.problems, events, numbers, times)
        self.lost.add(built.lost, events, numbers, times)
        return built


def _columns(options: SequenceOptions, there: Iterable[Any]) -> dict[Any, str]:
    """Return the labels of the columns that are needed, each with the argument that named it."""
    behavior = options.behavior
    named = [(options.user, "user")]
    several = behavior if isinstance(behavior, (list, tuple)) else [behavior]
    named += [(label, "behavior") for label in several]
    named.append((options.time, "time"))
    if options.tie_break is not None:
        named.append((options.tie_break, "tie_break"))
    columns: dict[Any, str] = {}
    for label, argument in named:
        require_name(label, argument, there)
        columns.setdefault(label, argument)
    return columns


def _append(
    frame: pd.DataFrame, file: BatchFile, spans: dict[int, list[Span]]
) -> tuple[BucketDigest, ...]:
    """Write sequences bucket by bucket; return what the buckets hold."""
    content = FrameContent.of_sequences(frame, "user_id", "sequence")
    for each in content.digests:
        for table in content.tables(range(each.bucket, each.bucket + 1)):
            spans[each.bucket] += [file.append(batch) for batch in table.to_batches()]
    return content.digests
