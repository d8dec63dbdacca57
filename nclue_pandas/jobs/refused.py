"""Rows that the service refuses as personal data though the check passed them, found by halving.

A half of the rows is sent as a Feature. When it is refused, it is halved again; when it is taken,
none of its rows is at fault, and the Feature is deleted at once. So no row is in more than one
Feature that is taken.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nclue_pandas.contract import REQUESTS_PER_SECOND
from nclue_pandas.errors import (
    ConfigurationError,
    FeatureProcessing,
    JobError,
    PersonalDataNotAllowed,
)
from nclue_pandas.frames.checks import FEW_LABELS
from nclue_pandas.frames.columns import is_label, require_frame
from nclue_pandas.frames.problems import raise_problems
from nclue_pandas.jobs.create import make_feature_from_path
from nclue_pandas.jobs.datasets import Columns, source_of
from nclue_pandas.storage.publish import withdraw

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.jobs.handles import Feature
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.storage.layout import Kind

#: Requests of a half that is taken: create and delete. One that is refused needs the first alone.
_REQUESTS = 2


@dataclass(frozen=True, repr=False)
class RefusedSearch:
    """A search for refused rows, and what it costs; nothing is sent before :meth:`run`.

    Parameters
    ----------
    rows : int
        Rows to search.
    most : int
        Refused rows after which the search ends.
    requests : int
        Requests to the service, at most. A Feature that the service began before it was deleted
        needs some more, to wait for its end.
    minimum_seconds : float
        What the limit of requests makes of that many.
    tokens : int
        Estimated tokens of all rows. No more can be billed, when the service bills Features that
        are deleted at once.
    """

    rows: int
    most: int
    requests: int
    minimum_seconds: float
    tokens: int
    _client: ClientLike = field(compare=False)
    _frame: pd.DataFrame = field(compare=False)
    _lines: pd.DataFrame = field(compare=False)
    _columns: Columns = field(compare=False)

    def run(self) -> pd.DataFrame:
        """Search: upload halves, create Features, delete both.

        Returns
        -------
        pandas.DataFrame
            The refused rows of the frame, `most` of them at most; empty when the service takes
            all of them one by one.
        """
        found: list[int] = []
        left = [(0, self.rows, True)]
        while left and len(found) < self.most:
            start, end, refused = left.pop()
            middle = (start + end) // 2
            if end - start == 1:
                found += [start] if self._is_refused(start, end) else []
            elif refused or self._is_refused(start, end):
                first = self._is_refused(start, middle) if middle - start > 1 else None
                # When the first half is taken, the other one is at fault.
                left.append((middle, end, first is False))
                if first is not False:
                    left.append((start, middle, True))
        return self._frame.iloc[found]

    def _is_refused(self, start: int, end: int) -> bool:
        """Send some rows, and take back what was sent."""
        name = f"find-refused-{secrets.token_hex(4)}"
        source = source_of(self._lines.iloc[start:end], "sequences", self._columns)
        dataset = source.publish(self._client, name)
        try:
            _discard(make_feature_from_path(self._client, name, dataset.path, dataset.bucket))
        except PersonalDataNotAllowed:
            return True
        finally:
            withdraw(dataset, self._client.storage)
        return False

    def __repr__(self) -> str:
        return (
            f"<Search for up to {self.most} refused among {self.rows:,} rows: at most "
            f"{self.requests:,} requests, {self.minimum_seconds:,.0f} seconds by their limit; "
            f"Features of at most {self.tokens:,} estimated tokens, deleted at once. "
            "Nothing is sent before .run()>"
        )


def find_refused(
    client: ClientLike, frame: pd.DataFrame, *, columns: Columns, most: int
) -> RefusedSearch:
    """Plan a search; see :meth:`nclue_pandas.Client.find_refused`."""
    frame = require_frame(frame, "frame")
    given: object = most
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise ConfigurationError(f"most={most!r}: give a whole number of 1 or more.")
    kind: Kind = "sequences" if is_label(frame, columns.sequence) else "answers"
    report = source_of(frame, kind, columns).check()
    problems = [problem for problem in report.problems if problem.code != FEW_LABELS]
    raise_problems(problems, report.rows)
    # Labels are 0 and 1: what is refused in answers is an id.
    lines = frame if kind == "sequences" else frame.assign(**{columns.sequence: "x"})
    depth = (len(frame) - 1).bit_length()
    requests = _REQUESTS * most * (2 * depth + 1)
    return RefusedSearch(
        rows=len(frame),
        most=most,
        requests=requests,
        minimum_seconds=(requests - 1) / REQUESTS_PER_SECOND,
        tokens=source_of(lines, "sequences", columns).tokens(),
        _client=client,
        _frame=frame,
        _lines=lines,
        _columns=columns,
    )


def _discard(feature: Feature) -> None:
    """Delete a Feature, as soon as the service lets it go."""
    try:
        feature.delete()
    except FeatureProcessing:
        try:
            feature.wait()
        except JobError:
            feature.refresh()
        feature.delete()
