"""The stand-ins for profiles, and users as numbers, against slow and obvious references."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from nclue_pandas.sandbox.model import Behaviors, Representations, auroc
from nclue_pandas.sandbox.profiles import Likeness, shopping_intent

TEXT = st.text(st.sampled_from("ab\u03a3\u03c3차잔 \u3000.-_1"), max_size=9).filter(
    lambda t: "->" not in t
)
SEQUENCES = st.lists(st.lists(TEXT, min_size=1, max_size=30).map("->".join), min_size=1, max_size=8)


def reference_likeness(sequences, keywords):
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    users = grams.fit_transform([text.replace("->", " ") for text in sequences])
    each = (users @ grams.transform(keywords).T).toarray()
    return np.prod(each, axis=1) ** (1 / len(keywords))


@given(SEQUENCES, st.lists(TEXT.filter(str.strip), min_size=1, max_size=3))
def test_likeness_is_the_cosine_of_rare_ngrams(sequences, keywords):
    likeness = Likeness(Behaviors.of(sequences))
    try:
        wanted = reference_likeness(sequences, keywords)
    except ValueError:  # scikit-learn refuses users who have no word at all
        wanted = np.zeros(len(sequences))
    assert likeness(keywords) == pytest.approx(wanted, abs=1e-12)


@given(SEQUENCES)
def test_numbers_of_behaviors_are_counts(sequences):
    made = Representations.of([str(n) for n in range(len(sequences))], sequences)
    split = [sequence.split("->") for sequence in sequences]
    counts = np.expm1(made.matrix[:, -3:-1].toarray() + 4.0)
    assert counts == pytest.approx(np.array([(len(b), len(set(b))) for b in split]), rel=1e-5)
    words = pd.Series(sequences).str.lower().str.findall(r"\w+")
    assert made.tokens == words.str.len().sum()
    blocks = np.expm1(made.matrix[:, :-3].toarray()).reshape(len(sequences), 3, -1).sum(axis=2)
    latest = pd.Series(["->".join(b[-20:]) for b in split]).str.lower().str.findall(r"\w+")
    sizes = np.column_stack([words.str.len(), latest.str.len(), [len(b) for b in split]])
    assert blocks == pytest.approx(sizes.astype(float), rel=1e-5)


def test_equal_words_share_a_column_and_others_do_not():
    made = Representations.of(list("abc"), ["Green tea", "green->tea", "lamp"]).matrix[:, : 2**18]
    assert (made[0] != made[1]).nnz == 0
    assert made[0].multiply(made[2]).nnz == 0


@given(SEQUENCES, st.data())
def test_interests_are_what_a_target_group_does_more_often(sequences, data):
    users = [set(sequence.split("->")) for sequence in sequences]
    size = len(users)
    inside = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    everyone = Counter(what for user in users for what in user)
    target = Counter(what for user, own in zip(users, inside, strict=True) if own for what in user)
    wanted = []
    for what, count in target.items():
        share = count / inside.sum()
        lift = share * size / everyone[what]
        if count >= 3 and lift > 1:
            wanted.append(("interest", what, share, lift))
    wanted.sort(key=lambda row: (-row[3], row[1]))
    assert shopping_intent(Behaviors.of(sequences), inside)[2:] == wanted[:50]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=20))
def test_auroc_counts_pairs(rows):
    labels, scores = (np.array(each) for each in zip(*rows, strict=True))
    ones, zeros = scores[labels], scores[~labels]
    if len(ones) and len(zeros):
        pairs = [(one > zero) + (one == zero) / 2 for one in ones for zero in zeros]
        assert auroc(labels.astype(int), scores.astype(float)) == pytest.approx(np.mean(pairs))
