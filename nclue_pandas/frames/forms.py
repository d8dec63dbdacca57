"""Ids in several forms: one customer who counts as two, because text is compared as it is.

An id that was a float once (``100742.0``), that Unicode writes in more characters than it has to,
or that holds white space is another user than the same id without it. Only ids that may be of one
of these forms are looked at closely, and what other ids are the same is told by hashes, so that
the users of a log may be anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.frames.columns import to_chunks
from nclue_pandas.frames.cross_checks import KnownUsers
from nclue_pandas.frames.reports import AnswerReport, SequenceReport
from nclue_pandas.kernels.arrays import take_rows
from nclue_pandas.kernels.hash import hash_ids
from nclue_pandas.kernels.scan import formed_suspects
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from nclue_pandas.frames.cross_checks import Users
    from nclue_pandas.kernels.arrays import Flags
    from nclue_pandas.kernels.hash import Hashes

ReportT = TypeVar("ReportT", SequenceReport, AnswerReport)

_FLOAT: Final = r"^([+-]?[0-9]+)\.0+$"
#: White space, and characters that cannot be seen.
_UNSEEN: Final = r"[\s\x{85}\p{Z}\p{Cf}]+"


@dataclass(frozen=True, eq=False)
class Forms:
    """Those of some ids that have a plainer form.

    Parameters
    ----------
    plain : numpy.ndarray of uint64
        Hashes of the plain forms.
    floats : numpy.ndarray of bool
        Whether the id is a whole number with a fraction of zeros, and no more.
    """

    plain: Hashes
    floats: Flags

    @classmethod
    def of(cls, ids: pa.Array | pa.ChunkedArray) -> Forms:
        r"""Look at distinct ids.

        Examples
        --------
        >>> Forms.of(pa.array(["7", "7.0", " 7", "7.5", "\u00e9"])).floats.tolist()
        [True, False]
        """
        texts = take_rows(ids, formed_suspects(ids))
        floats = pc.match_substring_regex(texts, _FLOAT)
        plain = pc.replace_substring_regex(pc.utf8_normalize(texts, form="NFC"), _UNSEEN, "")
        plain = pc.replace_substring_regex(plain, _FLOAT, r"\1")
        other = pc.not_equal(plain, texts)
        return cls(hash_ids(plain.filter(other)), _flags(floats.filter(other)))

    @classmethod
    def joined(cls, parts: Iterable[Forms]) -> Forms:
        """Put those of several parts together, at least one."""
        several = list(parts)
        plain = np.concatenate([each.plain for each in several])
        return cls(plain, np.concatenate([each.floats for each in several]))

    def tell(self, made: ReportT, users: Callable[[], Users]) -> ReportT:
        """Return the report of a frame with what its users' ids are.

        A twin is an id whose plain form is that of another user too.

        Parameters
        ----------
        made : SequenceReport or AnswerReport
            Of the frame.
        users : callable
            Returns all users of the frame; called only where ids have other forms.
        """
        if not self.plain.size:
            return made
        plain, places = np.unique(self.plain, return_inverse=True)
        of_users = np.bincount(places) + users().contain(plain)
        twins = (of_users[places] > 1) & ~self.floats
        return replace(made, float_ids=int(self.floats.sum()), twin_ids=int(twins.sum()))


def with_forms(made: ReportT, frame: pd.DataFrame) -> ReportT:
    """Return the report of a frame with what its users' ids are."""
    ids = to_chunks(frame["user_id"])
    return Forms.of(ids).tell(made, lambda: KnownUsers(np.sort(hash_ids(ids))))


def describe_forms(made: SequenceReport | AnswerReport) -> list[str]:
    """Say what the forms of ids lead to, and what to do about each."""
    told = []
    if made.float_ids:
        told.append(
            _(
                "{count:,} of {users:,} user ids are whole numbers that end in '.0', as of a float "
                "column: '100742.0' is another user than '100742'. Take it off first, with "
                "df[user].str.removesuffix('.0')"
            ).format(count=made.float_ids, users=made.users)
        )
    if made.twin_ids:
        told.append(
            _(
                "{count:,} of {users:,} user ids differ from another's only by their Unicode form "
                "or by white space, and count as users of their own. Make them one first, with "
                "df[user].str.normalize('NFC').str.replace(r'\\s+', '', regex=True)"
            ).format(count=made.twin_ids, users=made.users)
        )
    return told


def _flags(values: pa.Array) -> Flags:
    flags: Flags = values.to_numpy(zero_copy_only=False)
    return flags
