"""The stand-in for HyperCLOVA X: text features and a linear model that really learns.

A user is a sparse vector of log-scaled counts of hashed words and whole behaviors, all of them
and the words of the latest ones, and how many behaviors there are. The space is fixed, so that a
model trained on one feature scores the users of another. Training weighs each column by its
correlation with the labels, so that a label of few words (one product) is learned as well as one
of many (coming back). Its two constants were chosen on a real shop log, by the AUROC of users
held out.

Texts are looked at once for each distinct behavior; users are sums of these.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

from nclue_pandas.contract import BEHAVIOR_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Positions = NDArray[np.int64]

#: Columns of each block of hashed counts.
_COLUMNS: Final = 2**18
#: The words of so many latest behaviors are counted once more.
_LATEST: Final = 20
#: About the logarithm of a typical number of behaviors.
_TYPICAL: Final = 4.0
#: A column counts by this power of its correlation with the labels.
_POWER: Final = 1.5
_INVERSE_PENALTY: Final = 0.4
#: Columns that are no counts, and count in full.
_NUMBERS: Final = 3
#: Below this a column has no variance, save for rounding.
_SMALL: Final = 1e-6
_TEST_SHARE: Final = 0.3
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class Behaviors:
    """The behaviors of users, each distinct text once.

    Parameters
    ----------
    texts : list of str
        The distinct behaviors.
    codes : numpy.ndarray of int32
        Which text each behavior is: user after user, the oldest first.
    bounds : numpy.ndarray of int64, shape (users + 1,)
        Where the behaviors of each user begin, and the end of the last.
    """

    texts: list[str]
    codes: NDArray[np.int32]
    bounds: Positions

    @classmethod
    def of(cls, sequences: Sequence[str]) -> Behaviors:
        """Take sequences apart.

        Examples
        --------
        >>> Behaviors.of(["tea->milk", "milk"]).codes.tolist()
        [0, 1, 1]
        """
        split = pc.split_pattern(pa.array(sequences, pa.large_string()), BEHAVIOR_SEPARATOR)
        encoded = split.flatten().dictionary_encode()
        bounds = split.offsets.to_numpy().astype(np.int64)
        return cls(encoded.dictionary.to_pylist(), encoded.indices.to_numpy(), bounds)

    @cached_property
    def matrix(self) -> Any:
        """How often each user did what: a sparse matrix of users x texts."""
        return self.counted(self.codes, self.bounds)

    @property
    def latest(self) -> Any:
        """The same of each user's latest behaviors alone."""
        lengths = np.diff(self.bounds)
        kept = np.minimum(lengths, _LATEST)
        from_end = np.repeat(self.bounds[1:], lengths) - np.arange(len(self.codes))
        return self.counted(self.codes[from_end <= _LATEST], np.append(0, np.cumsum(kept)))

    def counted(self, codes: NDArray[np.int32], bounds: Positions) -> Any:
        """Count codes, row by row."""
        ones = np.ones(len(codes), np.float32)
        shape = len(bounds) - 1, len(self.texts)
        made = sparse.csr_matrix((ones, codes, bounds), shape=shape, copy=True)
        made.sum_duplicates()
        return made


def numbered(texts: Iterable[list[str]]) -> tuple[list[str], Any]:
    """Number the distinct words of texts, and count them as a sparse matrix of texts x words.

    Examples
    --------
    >>> words, counts = numbered([["green", "tea"], ["tea", "tea"]])
    >>> words, counts.toarray().tolist()
    (['green', 'tea'], [[1.0, 1.0], [0.0, 2.0]])
    """
    numbers = defaultdict[str, int]()
    numbers.default_factory = numbers.__len__
    found, bounds = array("i"), array("q", [0])
    for words in texts:
        found.extend([numbers[word] for word in words])
        bounds.append(len(found))
    codes, rows = np.array(found, np.int32), np.array(bounds, np.int64)
    shape = len(rows) - 1, len(numbers)
    counts = sparse.csr_matrix((np.ones(len(codes), np.float32), codes, rows), shape=shape)
    counts.sum_duplicates()
    return list(numbers), counts


def _hashed(texts: list[str]) -> Any:
    """Give each text one of the columns, by a hash: a sparse matrix of texts x columns."""
    hashes = pd.util.hash_array(np.array(texts, dtype=object), categorize=False)
    columns = (hashes % np.uint64(_COLUMNS)).astype(np.int32)
    ones, rows = np.ones(len(texts), np.float32), np.arange(len(texts) + 1)
    return sparse.csr_matrix((ones, columns, rows), shape=(len(texts), _COLUMNS))


@dataclass(frozen=True)
class Representations:
    """Users as vectors.

    Parameters
    ----------
    user_ids : tuple of str
        One per row.
    matrix : scipy.sparse.csr_matrix
        Users x features, float32.
    tokens : int
        Words in all sequences.
    """

    user_ids: tuple[str, ...]
    matrix: Any
    tokens: int

    @classmethod
    def of(cls, user_ids: Sequence[str], sequences: Sequence[str] | Behaviors) -> Representations:
        """Represent users by their sequences.

        Parameters
        ----------
        user_ids : sequence of str
            One for each user.
        sequences : sequence of str, or Behaviors
            Of the same users.

        Returns
        -------
        Representations
            Row by row in the same order.

        Examples
        --------
        >>> made = Representations.of(["a", "b"], ["green tea->milk", "커피"])
        >>> made.matrix.shape[0], made.tokens
        (2, 4)
        """
        done = sequences if isinstance(sequences, Behaviors) else Behaviors.of(sequences)
        vocabulary, words = numbered(_WORD.findall(text.lower()) for text in done.texts)
        hashed = words @ _hashed(vocabulary)
        blocks = [done.matrix @ hashed, done.latest @ hashed, done.matrix @ _hashed(done.texts)]
        for block in blocks:
            np.log1p(block.data, out=block.data)
        distinct = np.diff(done.matrix.indptr)
        numbers = np.log1p(np.column_stack([np.diff(done.bounds), distinct])) - _TYPICAL
        matrix = sparse.hstack(
            [*blocks, numbers, numbers[:, :1] ** 2], format="csr", dtype=np.float32
        )
        tokens = np.asarray(words.sum(axis=1), dtype=np.int64).ravel()
        return cls(tuple(user_ids), matrix, int(tokens[done.codes].sum()))


@dataclass(frozen=True)
class Model:
    """A trained 0/1 model.

    Parameters
    ----------
    slopes : numpy.ndarray
        What each column adds to the log odds of label 1.
    intercept : float
        The log odds where all columns are 0.
    """

    slopes: Numbers
    intercept: float

    def score(self, representations: Representations) -> Numbers:
        """Return the probability of label 1 for every user, 0 to 1."""
        scores: Numbers = expit(representations.matrix @ self.slopes + self.intercept)
        return scores


def train(representations: Representations, labels: NDArray[Any], rows: NDArray[Any]) -> Model:
    """Train on some users.

    Parameters
    ----------
    representations : Representations
        Of all users.
    labels : array of int
        0 or 1, one per element of `rows`.
    rows : array of int
        Which users they are of.

    Returns
    -------
    Model
        Fitted.
    """
    matrix = representations.matrix[rows]
    weights = column_weights(matrix, labels)
    columns = np.flatnonzero(weights)
    weighted = (matrix[:, columns] @ sparse.diags(weights[columns])).tocsr()
    *fitted, intercept = _logistic(weighted, labels)
    slopes = np.zeros(matrix.shape[1])
    slopes[columns] = weights[columns] * fitted
    return Model(slopes, float(intercept))


def _logistic(matrix: Any, labels: NDArray[Any]) -> Numbers:
    """Fit a logistic regression with a quadratic penalty; return slopes and the intercept."""
    design = sparse.hstack([matrix, np.ones((len(labels), 1))], format="csr")
    turned, signs = design.T.tocsr(), 2.0 * labels - 1.0

    def loss(slopes: Numbers) -> tuple[float, Numbers]:
        margins = signs * (design @ slopes)
        gradient = slopes - _INVERSE_PENALTY * (turned @ (signs * expit(-margins)))
        surprise = np.logaddexp(0.0, -margins).sum()
        return float(slopes @ slopes / 2 + _INVERSE_PENALTY * surprise), gradient

    def curved(slopes: Numbers, direction: Numbers) -> Numbers:
        chances = expit(design @ slopes)
        curvature: Numbers = turned @ (chances * (1 - chances) * (design @ direction))
        return direction + _INVERSE_PENALTY * curvature

    start = np.zeros(design.shape[1])
    fitted: Numbers = minimize(loss, start, jac=True, hessp=curved, method="Newton-CG").x
    return fitted


def column_weights(matrix: Any, labels: NDArray[Any]) -> Numbers:
    """Weigh each column of counts by its correlation with the labels.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix
        Users x features.
    labels : array of int
        0 or 1, one per user.

    Returns
    -------
    numpy.ndarray
        One per column, 0 to 1; 1 for the numbers beside the counts.

    Examples
    --------
    >>> made = Representations.of(["a", "b"], ["tea->milk", "jam->milk"])
    >>> weights = column_weights(made.matrix, np.array([1, 0]))
    >>> np.unique(weights.round(3)).tolist()
    [0.0, 1.0]
    """
    centered = labels - labels.mean()
    total, squares = (np.asarray(each.sum(axis=0)).ravel() for each in (matrix, matrix.power(2)))
    spread = (squares - total**2 / len(labels)) * (centered @ centered)
    product = np.abs(matrix.T @ centered)
    correlation = np.divide(
        product, np.sqrt(spread.clip(0)), out=np.zeros(len(product)), where=spread > _SMALL
    )
    weights: Numbers = correlation**_POWER
    weights[-_NUMBERS:] = 1.0
    return weights


def held_out_auroc(
    representations: Representations, rows: NDArray[Any], labels: NDArray[Any], *, seed: int
) -> float:
    """Return the AUROC on 30 % of the users of each label by a model of the other 70 %.

    Parameters
    ----------
    representations, rows, labels
        As for :func:`train`.
    seed : int
        Draws the users.

    Returns
    -------
    float
        0 to 1.
    """
    drawn = np.random.default_rng(seed).permutation(len(labels))
    tested = np.zeros(len(labels), dtype=bool)
    for label in (0, 1):
        own = drawn[labels[drawn] == label]
        tested[own[: round(_TEST_SHARE * len(own))]] = True
    trained = train(representations, labels[~tested], rows[~tested])
    return auroc(labels[tested], trained.score(representations)[rows[tested]])


def auroc(labels: NDArray[Any], scores: NDArray[Any]) -> float:
    """Return the area under the ROC curve: how often a 1 has the higher score, ties by half.

    Examples
    --------
    >>> auroc(np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.2, 0.3]))
    0.875
    """
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    ones = int(np.sum(labels == 1))
    above = ranks[labels == 1].sum() - ones * (ones + 1) / 2
    return float(above / (ones * (len(labels) - ones)))
