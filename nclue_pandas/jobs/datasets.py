"""What a dataset is made from: a frame in memory, or anything that behaves as one.

The verbs ask a :class:`Source` what the service would refuse, what would be written, and to write
it; where the rows are is the source's own matter. Frames that are not pandas' say how a source is
made of them beside their own class: functions registered with :func:`as_source`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property, singledispatch
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, overload

from nclue_pandas.frames.checks import check
from nclue_pandas.frames.columns import find_column, require_frame, require_name
from nclue_pandas.frames.cross_checks import UNMATCHED, KnownUsers, Match
from nclue_pandas.frames.tokens import count_tokens
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.publish import prepare, preview, publish

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.checks import CheckReport
    from nclue_pandas.frames.cross_checks import Users
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.kernels.arrays import Positions
    from nclue_pandas.storage.layout import Kind
    from nclue_pandas.storage.publish import Dataset, Prepared


@dataclass(frozen=True)
class Columns:
    """Names of the columns that a dataset is made from, as users give them to the verbs."""

    user: str = "user_id"
    sequence: str = "sequence"
    label: str = "label"

    @classmethod
    def of(cls, given: ColumnNames) -> Columns:
        """Take the keywords of a verb.

        Raises
        ------
        TypeError
            When one of them names no column.

        Examples
        --------
        >>> Columns.of({"user": "customer"}).user
        'customer'
        """
        unknown = sorted(given.keys() - {each.name for each in fields(cls)})
        if unknown:
            raise TypeError(
                f"There is no option {unknown[0]}=. Columns are named by user=, sequence= and "
                "label=; help() of the verb tells its other options."
            )
        return cls(**given)

    def require(self, kind: Kind, frame: Any) -> None:
        """Refuse data where the name of a column that a dataset of `kind` needs belongs."""
        for argument in ("user", "sequence" if kind == "sequences" else "label"):
            require_name(getattr(self, argument), argument, getattr(frame, "columns", ()))


class ColumnNames(TypedDict, total=False):
    """Keywords that name columns, as :class:`Columns` takes them."""

    user: str
    sequence: str
    label: str


class Source(Protocol):
    """The rows of one dataset."""

    def check(self) -> CheckReport:
        """Find what the service would refuse."""

    def told(self) -> Any:
        """Return what carries the report of the rows in its ``attrs``, and has no more rows."""

    def tokens(self) -> int:
        """Estimate the tokens of all sequences."""

    def users(self) -> Users:
        """Tell whose rows these are, when there are no problems."""

    def publish(self, client: ClientLike, name: str) -> Dataset:
        """Write the files that are not there yet."""

    def preview(self, client: ClientLike, name: str) -> Dataset:
        """Tell what :meth:`publish` would write."""


class AnswerSource(Source, Protocol):
    """The rows of answers, without problems."""

    @property
    def columns(self) -> Columns:
        """Names of the columns."""

    def match(self, users: Any) -> Match:
        """Count the answers that are of some users."""

    def unmatched(self, users: Any) -> tuple[Problem, pd.DataFrame]:
        """Return the answers that are of other users: their positions, and the rows."""


@singledispatch
def as_source(frame: Any, kind: Kind, columns: Columns) -> Source:
    """Return the rows of a frame as a dataset, by the type of the frame: pandas' for any other."""
    return FrameSource(frame, kind, columns)


def taken(frame: Any, argument: str) -> Any:
    """Return a frame whose type has a source of its own as it is, any other as pandas' own."""
    if as_source.dispatch(type(frame)) is not as_source.dispatch(object):
        return frame
    return require_frame(frame, argument, on_dask=True)


@overload
def source_of(
    frame: Any, kind: Literal["answers"], columns: Columns | None = None
) -> AnswerSource: ...


@overload
def source_of(frame: Any, kind: Kind, columns: Columns | None = None) -> Source: ...


def source_of(frame: Any, kind: Kind, columns: Columns | None = None) -> Source:
    """Return the rows of a frame as a dataset of a kind."""
    return as_source(taken(frame, kind), kind, columns or Columns())


@dataclass(frozen=True)
class FrameSource:
    """A frame in memory."""

    frame: pd.DataFrame
    kind: Kind
    columns: Columns

    def check(self) -> CheckReport:
        """Find what the service would refuse."""
        names = self.columns
        return check(
            self.frame, user=names.user, sequence=names.sequence, label=names.label, kind=self.kind
        )

    def told(self) -> pd.DataFrame:
        """Return the frame itself."""
        return self.frame

    def tokens(self) -> int:
        """Estimate the tokens of all sequences."""
        return count_tokens(find_column(self.frame, self.columns.sequence, "sequence"))

    def users(self) -> Users:
        """Tell whose rows these are."""
        return KnownUsers(self._content.hashes)

    def match(self, users: Users) -> Match:
        """Count the answers that are of some users."""
        labels = find_column(self.frame, self.columns.label, "label")
        return Match.of(labels, self._others(users))

    def unmatched(self, users: Users) -> tuple[Problem, pd.DataFrame]:
        """Return the answers that are of other users: their positions, and the rows."""
        rows = self._others(users)
        return replace(UNMATCHED, rows=tuple(rows.tolist())), self.frame.iloc[rows]

    def _others(self, users: Users) -> Positions:
        return self._content.rows_where(~users.contain(self._content.hashes))

    def publish(self, client: ClientLike, name: str) -> Dataset:
        """Write the files that are not there yet."""
        return publish(self._prepared(client, name), client.storage)

    def preview(self, client: ClientLike, name: str) -> Dataset:
        """Tell what :meth:`publish` would write."""
        return preview(self._prepared(client, name), client.storage)

    def _prepared(self, client: ClientLike, name: str) -> Prepared:
        return prepare(self._content, self.kind, name, client.ref.prefix)

    @cached_property
    def _content(self) -> FrameContent:
        """The lines and their digests, made once for preview and publish."""
        names = self.columns
        if self.kind == "answers":
            return FrameContent.of_answers(self.frame, names.user, names.label)
        return FrameContent.of_sequences(self.frame, names.user, names.sequence)
