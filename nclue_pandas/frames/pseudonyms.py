"""Keyed pseudonyms for ids that must not leave the house."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.frames.columns import find_column, one_column, require_frame, text_column
from nclue_pandas.frames.ids import encode_ids, look_at_id_texts
from nclue_pandas.frames.problems import (
    Fault,
    offending_rows,
    raise_faults,
    raise_problems,
    with_rows,
)
from nclue_pandas.kernels.arrays import one_array
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.errors.base import Problem
    from nclue_pandas.frames.ids import Codes

_KEY_BYTES: Final = 16
#: Characters of a pseudonym: 128 bits of the digest, four in each letter.
_LENGTH: Final = 32
#: Hexadecimal digits as letters: a text without digits is nobody's phone number.
_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


@named_options
def pseudonymize(frame: pd.DataFrame, key: str | bytes, *, user: str = "user_id") -> pd.DataFrame:
    """Replace user ids by keyed pseudonyms, the same for the same id and key.

    A pseudonym is the first half of the HMAC-SHA256 of the id's text, written in 32 letters
    from a to p, so that it can never look like a phone number or another kind of personal data.
    Without the key it tells nothing of the id. Give logs, sequences and answers the same key;
    :func:`~nclue_pandas.restore_ids` joins the ids back on the results.

    Parameters
    ----------
    frame : pandas.DataFrame
        An event log, sequences or answers. It is not changed.
    key : str or bytes
        A secret of at least 16 bytes. It is neither kept nor shown anywhere: without it the
        results cannot be joined back.
    user : str, default "user_id"
        Column of the ids.

    Returns
    -------
    pandas.DataFrame
        A copy whose ids are pseudonyms (string[pyarrow]); null ids stay null.

    Raises
    ------
    ConfigurationError
        When the key is too short, or neither str nor bytes.
    MissingColumnError
        When the column is not there.
    InvalidDataError
        When an id cannot be read, with the rows.

    References
    ----------
    RFC 2104, "HMAC: Keyed-Hashing for Message Authentication".

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"user_id": ["010-1234-5678"], "label": [1]})
    >>> pseudonymize(frame, "correct horse battery staple")["user_id"].str.len().tolist()
    [32]
    """
    secret = check_key(key)
    frame = require_frame(frame, "frame", on_dask=True)
    hidden, problems = hide(find_column(frame, user, "user"), secret)
    raise_faults(problems, frame)
    return with_ids(frame, user, hidden)


def hide(ids: pd.Series[Any], secret: bytes) -> tuple[pd.Series[Any], tuple[Fault, ...]]:
    """Return the pseudonyms of ids, and which of their rows cannot be read."""
    encoded = encode_ids(ids)
    codes = pa.array(encoded.codes, mask=encoded.codes < 0)
    hidden = text_column(_pseudonyms(encoded.texts, secret).take(codes))
    return hidden, with_rows(encoded.unreadable())


@named_options
def restore_ids(
    scores: pd.DataFrame,
    key: str | bytes | None = None,
    *,
    ids: pd.Series[Any] | Sequence[Any],
    user: str = "user_id",
) -> pd.DataFrame:
    """Put the ids of the log back: those that are text on results, or pseudonyms.

    Parameters
    ----------
    scores : pandas.DataFrame
        Results, or any frame with ids as text or pseudonyms. It is not changed.
    key : str or bytes, optional
        The secret that :func:`~nclue_pandas.pseudonymize` was given; without it the ids are no
        pseudonyms.
    ids : Series, array or sequence
        The ids of the log, in any order; repeats and further ids do no harm.
    user : str, default "user_id"
        Column of the ids or pseudonyms.

    Returns
    -------
    pandas.DataFrame
        A copy with the ids as they are in `ids`, of the same type, so that it can be merged with
        the log; null stays null.

    Raises
    ------
    ConfigurationError
        When the key is too short, or `ids` are no series, array or list.
    InvalidDataError
        When a row belongs to none of the ids, with the rows: another key was used, or `ids` is
        not complete.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"user_id": ["258", "7"], "score": [0.5, 0.25]})
    >>> log = pd.DataFrame({"customer": [7.0, 258.0, 7.0, None]})
    >>> restore_ids(scores, ids=log["customer"])["user_id"].tolist()
    [258.0, 7.0]
    >>> key = "correct horse battery staple"
    >>> frame = pd.DataFrame({"user_id": ["010-1234-5678"], "label": [1]})
    >>> hidden = pseudonymize(frame, key)
    >>> restore_ids(hidden, key, ids=frame["user_id"])["user_id"].tolist()
    ['010-1234-5678']
    """
    known = KnownIds.of(key, ids)
    scores = require_frame(scores, "scores", on_dask=True)
    restored, problems = known.restore(find_column(scores, user, "user"))
    told = [counted(fault.problem, len(scores)) for fault in problems]
    raise_problems(told, offending_rows(told, scores))
    return with_ids(scores, user, restored)


@dataclass(frozen=True, eq=False, repr=False)
class KnownIds:
    """The ids of a log, and under which texts they are on results.

    Parameters
    ----------
    given : pandas.Series
        The ids as the log has them.
    codes : numpy.ndarray of int32
        Which of `texts` each of them is; -1 where it is null.
    texts : pyarrow.Array of string
        Distinct ids, or their pseudonyms.
    hidden : bool
        Whether they are pseudonyms.
    """

    given: pd.Series[Any]
    codes: Codes
    texts: pa.Array
    hidden: bool

    @classmethod
    def of(cls, key: str | bytes | None, ids: Any) -> KnownIds:
        """Read the ids of a log; without a key they are no pseudonyms."""
        secret = None if key is None else check_key(key)
        given = one_column(ids)
        if given is None:
            raise ConfigurationError(
                f"ids= must be a Series, an array or a list of ids, not {type(ids).__name__}. Of a "
                "frame, give the column of the ids."
            )
        encoded = encode_ids(given, "ids")
        texts = encoded.texts if secret is None else _pseudonyms(encoded.texts, secret)
        return cls(given, encoded.codes, texts, secret is not None)

    def restore(self, ids: pd.Series[Any]) -> tuple[pd.Series[Any], tuple[Fault, ...]]:
        """Return the ids of the log for those of results, and which rows belong to none."""
        chunks, unreadable = look_at_id_texts(ids)
        if unreadable:
            return ids, unreadable
        found = one_array(chunks)
        places = pc.index_in(found, value_set=self.texts)
        unknown = pc.and_(pc.is_null(places), pc.is_valid(found)).to_numpy(zero_copy_only=False)
        if not unknown.any():
            return self._values(places), ()
        what = "pseudonyms" if self.hidden else "ids"
        fault = Fault(
            f"unknown_{what[:-1]}",
            _("{what} belong to none of the ids").format(what=what),
            N_(
                "Give all ids of the log, and the key that pseudonymize() was given if it made "
                "them."
            ),
            np.flatnonzero(unknown),
        )
        return ids, (fault,)

    def _values(self, places: pa.Array) -> pd.Series[Any]:
        """Return the first of the given ids that is at each of some places; null for null."""
        given = self.given
        present = np.flatnonzero(self.codes >= 0)
        first = np.empty(len(self.texts), dtype=np.int64)
        first[self.codes[present[::-1]]] = present[::-1]
        rows = pa.array(first).take(places)
        missing = pc.is_null(rows).to_numpy(zero_copy_only=False)
        if missing.any() and isinstance(given.dtype, np.dtype) and given.dtype.kind in "iu":
            given = pd.Series(pd.array(given.to_numpy()))  # whole numbers beside nulls stay exact
        some = len(self.texts) > 0
        values = given.iloc[rows.fill_null(0).to_numpy()] if some else given.iloc[:0]
        return values.mask(missing)


def counted(problem: Problem, size: int) -> Problem:
    """Say of unknown ids how many of all rows they are."""
    if problem.code not in {"unknown_id", "unknown_pseudonym"}:
        return problem
    count = problem.total or len(problem.rows)
    return replace(problem, message=f"{count:,} of {size:,} {problem.message}")


def with_ids(frame: pd.DataFrame, user: Any, ids: pd.Series[Any]) -> pd.DataFrame:
    """Return a copy with other ids; the label of their column may be of any type."""
    copy = frame.assign()  # a copy as the version of pandas makes them
    copy[user] = ids.array
    return copy


def check_key(key: object) -> bytes:
    """Return a key as bytes, or refuse what is none."""
    secret = key.encode() if isinstance(key, str) else key
    if not isinstance(secret, bytes):
        raise ConfigurationError(f"key= must be str or bytes, not {type(key).__name__}.")
    if len(secret) < _KEY_BYTES:
        raise ConfigurationError(
            f"key= has {len(secret)} bytes; give at least {_KEY_BYTES}, for example those of "
            "secrets.token_hex()."
        )
    return secret


def _pseudonyms(texts: pa.Array, secret: bytes) -> pa.Array:
    """Return the pseudonym of each text. The hash is computed once for each distinct id."""
    digests = [hmac.digest(secret, text.encode(), "sha256") for text in texts.to_pylist()]
    return pa.array([digest.hex()[:_LENGTH].translate(_LETTERS) for digest in digests], pa.string())
