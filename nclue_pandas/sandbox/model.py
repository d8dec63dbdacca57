"""The stand-in for HyperCLOVA X: text features and a linear model that really learns.

A user is a sparse vector of hashed words: those of all behaviors, those of the latest ones, and
how many behaviors there are. The space is fixed, so that a model trained on one feature scores
the users of another. Weights and strength of the penalty were chosen on a real shop log, by the
AUROC of held-out users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import normalize

from nclue_pandas.contract import BEHAVIOR_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS: Final = 2**18
#: The latest behaviors count once more.
_LATEST: Final = 20
#: Weights of the words of all behaviors and of the latest ones, beside their number.
_ALL_WEIGHT, _LATEST_WEIGHT = 1.5, 0.7
#: About the logarithm of a typical number of behaviors.
_TYPICAL: Final = 4.0
_INVERSE_PENALTY: Final = 0.2
_TEST_SHARE: Final = 0.3


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
    def of(cls, user_ids: Sequence[str], sequences: Sequence[str]) -> Representations:
        """Represent users by their sequences.

        Parameters
        ----------
        user_ids, sequences : sequence of str
            Of the same length.

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
        behaviors = [sequence.split(BEHAVIOR_SEPARATOR) for sequence in sequences]
        words = _words().transform(sequences)
        latest = _words().transform([" ".join(b[-_LATEST:]) for b in behaviors])
        numbers = np.log1p([(len(b), len(set(b))) for b in behaviors]).reshape(-1, 2)
        spread = np.sqrt(numbers[:, 0] / _TYPICAL) * _ALL_WEIGHT
        centered = numbers - _TYPICAL
        parts = [
            sparse.diags(spread) @ _damped(words),
            _damped(latest) * _LATEST_WEIGHT,
            sparse.csr_matrix(np.column_stack([centered, centered[:, 0] ** 2])),
        ]
        matrix = sparse.hstack(parts, format="csr", dtype=np.float32)
        return cls(tuple(user_ids), matrix, int(words.sum()))


@dataclass(frozen=True)
class Model:
    """A trained 0/1 model.

    Parameters
    ----------
    classifier : sklearn.linear_model.LogisticRegression
        Fitted.
    """

    classifier: LogisticRegression

    def score(self, representations: Representations) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the probability of label 1 for every user, 0 to 1."""
        scores: np.ndarray[Any, np.dtype[np.float64]] = self.classifier.predict_proba(
            representations.matrix
        )[:, 1]
        return scores


def train(
    representations: Representations,
    labels: np.ndarray[Any, Any],
    rows: np.ndarray[Any, Any],
    *,
    seed: int,
) -> Model:
    """Train on some users.

    Parameters
    ----------
    representations : Representations
        Of all users.
    labels : array of int
        0 or 1, one per element of `rows`.
    rows : array of int
        Which users they are of.
    seed : int
        The same seed, the same model.

    Returns
    -------
    Model
        Fitted.
    """
    classifier = LogisticRegression(
        C=_INVERSE_PENALTY, solver="liblinear", max_iter=200, random_state=seed
    )
    return Model(classifier.fit(representations.matrix[rows], labels))


def held_out_auroc(
    representations: Representations,
    rows: np.ndarray[Any, Any],
    labels: np.ndarray[Any, Any],
    *,
    seed: int,
) -> float:
    """Return the AUROC on 30 % of the users by a model of the other 70 %.

    Parameters
    ----------
    representations, rows, labels, seed
        As for :func:`train`.

    Returns
    -------
    float
        0 to 1.
    """
    train_rows, test_rows, train_labels, test_labels = train_test_split(
        rows, labels, test_size=_TEST_SHARE, stratify=labels, random_state=seed
    )
    trained = train(representations, train_labels, train_rows, seed=seed)
    return auroc(test_labels, trained.score(representations)[test_rows])


def auroc(labels: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> float:
    """Return the area under the ROC curve."""
    return float(roc_auc_score(labels, scores))


def _words() -> HashingVectorizer:
    return HashingVectorizer(
        token_pattern=r"\w+",  # noqa: S106 - a pattern of words
        n_features=_COLUMNS,
        norm=None,
        alternate_sign=False,
        dtype=np.float32,
    )


def _damped(counts: Any) -> Any:
    """Return log-scaled counts, each row of length 1."""
    counts = counts.copy()
    counts.data = np.log1p(counts.data)
    return normalize(counts)
