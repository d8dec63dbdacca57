"""What a label is: every verb reads the same column in the same way."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.storage.content import FrameContent

USERS = [f"u{n}" for n in range(200)]
ONES = [n % 2 for n in range(200)]
FORMS = {
    "int": ONES,
    "bool": [n == 1 for n in ONES],
    "float": [float(n) for n in ONES],
    "digits": [str(n) for n in ONES],
    "words": ["true" if n else "false" for n in ONES],
    "words of Python": [str(n == 1) for n in ONES],
    "words of a spreadsheet": ["TRUE" if n else "FALSE" for n in ONES],
    "digits with a point": [f"{n}.0" for n in ONES],
    "sparse": pd.arrays.SparseArray(ONES),
    "mixed": pd.Series(
        [[0, "0.0", False, "False"], [1, "1.00", True, "TRUE"]][n][m % 4]
        for m, n in enumerate(ONES)
    ),
    "words of Arrow": pd.array(["true" if n else "false" for n in ONES], "string[pyarrow]"),
    "categories": pd.Categorical([str(n) for n in ONES]),
    "nullable": pd.array(ONES, "Int64"),
    "decimals": pd.array([Decimal(n) for n in ONES], pd.ArrowDtype(pa.decimal128(3, 1))),
    "objects": pd.Series([bool(n) if n else "0" for n in ONES], dtype=object),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_verb_reads_labels_in_every_form(form):
    plain = pd.DataFrame({"user_id": USERS, "label": ONES})
    frame = plain.assign(label=FORMS[form])
    assert nclue.check(frame).ok
    made = nclue.to_answers(frame, label="label")
    assert made.equals(nclue.to_answers(plain, label="label"))
    assert len(nclue.split(frame)[1]) == len(nclue.split(plain)[1])
    scores = pd.DataFrame({"user_id": USERS, "score": np.linspace(0, 1, 200)})
    assert nclue.evaluate(scores, frame).auroc == nclue.evaluate(scores, plain).auroc
    content = FrameContent.of_answers(frame, "user_id", "label")
    assert content.digests == FrameContent.of_answers(plain, "user_id", "label").digests


@pytest.mark.parametrize(
    "wrong", [None, "yes", "2", "1.5", " 1", "1.0.0", "10", "0.01", "true.", "-0"]
)
def test_every_verb_names_the_row_of_what_is_no_label(wrong):
    frame = pd.DataFrame({"user_id": USERS, "label": [wrong, *(str(n) for n in ONES[1:])]})
    scores = pd.DataFrame({"user_id": USERS, "score": np.linspace(0, 1, 200)})
    for verb in (
        lambda: nclue.check(frame).raise_if_any(),
        lambda: nclue.to_answers(frame, label="label"),
        lambda: nclue.split(frame),
        lambda: nclue.evaluate(scores, frame),
        lambda: FrameContent.of_answers(frame, "user_id", "label"),
    ):
        with pytest.raises(InvalidDataError) as caught:
            verb()
        assert caught.value.problems[0].rows == (0,)
