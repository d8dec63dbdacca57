"""The stand-in for HyperCLOVA X: text features and a linear model that really learns.

A user is a sparse vector of log-scaled counts of hashed words and whole behaviors, all of them
and the words of the latest ones, and how many behaviors there are. The space is fixed, so that a
model trained on one feature scores the users of another. Training weighs each column by its
correlation with the labels, so that a label of few words (one product) is learned as well as one
of many (coming back). Its two constants were chosen on a real shop log, by the AUROC of users
held out.

Stand-ins for the profiles: likeness to keywords, and what a target group is fond of.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from nclue_pandas.contract import BEHAVIOR_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        whole = _counted(analyzer=_unchanged).transform(behaviors)
        numbers = np.log1p([(len(b), len(set(b))) for b in behaviors]).reshape(-1, 2) - _TYPICAL
        counts = sparse.hstack([words, latest, whole], format="csr", dtype=np.float32)
        matrix = sparse.hstack(
            [counts.log1p(), numbers, numbers[:, :1] ** 2], format="csr", dtype=np.float32
        )
        return cls(tuple(user_ids), matrix, int(words.sum()))


@dataclass(frozen=True)
class Model:
    """A trained 0/1 model.

    Parameters
    ----------
    classifier : sklearn.linear_model.LogisticRegression
        Fitted on weighted columns.
    columns : numpy.ndarray of int
        Those that tell something of the label.
    weights : numpy.ndarray
        One for each of these columns.
    """

    classifier: LogisticRegression
    columns: np.ndarray[Any, np.dtype[np.int64]]
    weights: np.ndarray[Any, np.dtype[np.float64]]

    def score(self, representations: Representations) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the probability of label 1 for every user, 0 to 1."""
        weighted = representations.matrix[:, self.columns] @ sparse.diags(self.weights)
        scores: np.ndarray[Any, np.dtype[np.float64]] = self.classifier.predict_proba(weighted)[
            :, 1
        ]
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
    matrix = representations.matrix[rows]
    weights = column_weights(matrix, labels)
    columns = np.flatnonzero(weights)
    weighted = matrix[:, columns] @ sparse.diags(weights[columns])
    return Model(classifier.fit(weighted, labels), columns, weights[columns])


def column_weights(
    matrix: Any, labels: np.ndarray[Any, Any]
) -> np.ndarray[Any, np.dtype[np.float64]]:
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
    weights: np.ndarray[Any, np.dtype[np.float64]] = correlation**_POWER
    weights[-_NUMBERS:] = 1.0
    return weights


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
    return _counted(token_pattern=r"\w+")  # noqa: S106 - a pattern of words


def _counted(**how: Any) -> HashingVectorizer:
    return HashingVectorizer(
        n_features=_COLUMNS, norm=None, alternate_sign=False, dtype=np.float32, **how
    )


def _unchanged(behaviors: list[str]) -> list[str]:
    return behaviors


#: Rows of a Shopping Intent profile, and users that an interest must have.
_INTERESTS: Final = 50
_SUPPORT: Final = 3


def similarity(
    sequences: Sequence[str], keywords: Sequence[str]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how much each user's behaviors are like all of the keywords together.

    Parameters
    ----------
    sequences : sequence of str
        One per user.
    keywords : sequence of str
        Combined by the geometric mean of their similarities: a user must be like each.

    Returns
    -------
    numpy.ndarray
        Cosine similarity of character n-grams, weighted by rarity; 0 to 1, one per user.

    Examples
    --------
    >>> similarity(["running shoes->tent", "green tea"], ["running"]).round(1).tolist()
    [0.7, 0.0]
    """
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    users = grams.fit_transform(text.replace(BEHAVIOR_SEPARATOR, " ") for text in sequences)
    each = (users @ grams.transform(keywords).T).toarray().astype(np.float64)
    likeness: np.ndarray[Any, np.dtype[np.float64]] = np.prod(each, axis=1) ** (1 / len(keywords))
    clipped: np.ndarray[Any, np.dtype[np.float64]] = np.clip(likeness, 0.0, 1.0)
    return clipped


def shopping_intent(
    sequences: Sequence[str], in_target: np.ndarray[Any, np.dtype[np.bool_]]
) -> list[tuple[str, str, float, float]]:
    """Return what a target group does more often than all users.

    An honest stand-in: the interests come from the users' own behaviors, and demographics are
    reported as unknown, because a sandbox has no NAVER users to compare with.

    Parameters
    ----------
    sequences : sequence of str
        One per user.
    in_target : array of bool
        Who belongs to the target group.

    Returns
    -------
    list of tuple
        ``(category, value, share, lift)``: share among the target group, lift over all users.

    Examples
    --------
    >>> rows = shopping_intent(["tea"] * 4 + ["jam"] * 4, np.array([True] * 4 + [False] * 4))
    >>> rows[-1]
    ('interest', 'tea', 1.0, 2.0)
    """
    rows: list[tuple[str, str, float, float]] = [
        ("gender", "unknown", 1.0, 1.0),
        ("age", "unknown", 1.0, 1.0),
    ]
    everyone = _users_of(sequences)
    target = _users_of(s for s, inside in zip(sequences, in_target, strict=True) if inside)
    size = max(1, int(in_target.sum()))
    shares = {what: count / size for what, count in target.items() if count >= _SUPPORT}
    lifts = {what: share * len(sequences) / everyone[what] for what, share in shares.items()}
    fond = sorted((what for what in lifts if lifts[what] > 1), key=lambda w: (-lifts[w], w))
    return rows + [("interest", what, shares[what], lifts[what]) for what in fond[:_INTERESTS]]


def _users_of(sequences: Iterable[str]) -> Counter[str]:
    """Count the users of each behavior."""
    return Counter(
        what for sequence in sequences for what in set(sequence.split(BEHAVIOR_SEPARATOR))
    )
