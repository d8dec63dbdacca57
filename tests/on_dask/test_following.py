"""Answers split, ids hidden and put back: as on pandas, in the partitions they are in."""

from __future__ import annotations

import pickle
from decimal import Decimal

import cloudpickle
import dask
import dask.dataframe as dd
import pandas as pd
import pytest

import nclue_pandas as nclue
import nclue_pandas.dask
from nclue_pandas.frames.pseudonyms import KnownIds

KEY = "correct horse battery staple"
MIXED = pd.Series([12, 12.0, "a", Decimal(7), "0012", None], dtype=object)


def on_dask(frame, npartitions=3):
    return dd.from_pandas(frame, npartitions=npartitions, sort=False)


def alike(made, expected):
    pd.testing.assert_frame_equal(made.compute(), expected, check_dtype=True)


def same_error(one, many):
    caught = []
    for call in (one, many):
        with pytest.raises(nclue.NclueError) as error:
            call()
        caught.append(error.value)
    expected, found = caught
    assert type(found) is type(expected)
    assert str(found) == str(expected)
    if isinstance(expected, nclue.errors.InvalidDataError) and expected.rows is not None:
        pd.testing.assert_frame_equal(found.rows, expected.rows, check_dtype=False)


@pytest.fixture(params=[True, False], autouse=True)
def convert(request):
    with dask.config.set({"dataframe.convert-string": request.param}):
        yield request.param


def test_split(convert):
    frame = pd.DataFrame({"user_id": range(500), "label": [0, 1] * 250, "more": "x"})
    if not convert:
        frame["more"] = MIXED.reindex(range(500)).to_numpy()
    for one, many in zip(
        frame.nclue.split(test=0.4, seed="s"),
        on_dask(frame).nclue.split(test=0.4, seed="s"),
        strict=True,
    ):
        alike(many[["user_id", "label"]], one[["user_id", "label"]])
        assert many.compute()["more"].isna().sum() == one["more"].isna().sum()
        assert many.nclue.report() == one.nclue.report()
    numbers = frame.assign(user_id=[each if each % 2 else float(each) for each in range(500)])
    boxed = numbers.astype({"user_id": object})
    train, _ = on_dask(boxed).nclue.split()
    assert train["user_id"].compute().tolist() == boxed.nclue.split()[0]["user_id"].tolist()


@pytest.mark.parametrize("test", [0.3, 0.95])
def test_split_of_answers_of_a_log(events, told, test):
    options = {"user": "customer", "time": "ts", "cutoff": "2026-03-01", "horizon": "20D"}
    answers = events.nclue.to_answers(**options)
    one, said = told(lambda: answers.nclue.split(test=test))
    labels = on_dask(events).nclue.to_answers(**options)
    many, said_on_dask = told(lambda: labels.nclue.split(test=test))
    assert said_on_dask == said
    assert len(said) <= 1
    for each, made in zip(one, many, strict=True):
        pd.testing.assert_frame_equal(
            made.compute().reset_index(drop=True), each.reset_index(drop=True)
        )
        assert made.nclue.report() == each.nclue.report()


@pytest.mark.parametrize("positives", [0, 1, 30, 60])
def test_split_tells_of_the_whole_and_once(told, positives):
    frame = pd.DataFrame({"user_id": range(60), "label": [0] * (60 - positives) + [1] * positives})
    _, said = told(lambda: frame.nclue.split(test=0.5))
    for npartitions in (1, 4):
        many = on_dask(frame, npartitions)
        assert told(lambda many=many: many.nclue.split(test=0.5))[1] == said
    assert len(said) == (positives == 1)


def test_what_split_refuses():
    frame = pd.DataFrame({"user_id": ["a", None, "b", "c"], "label": [0, 1, 5, None]})
    for options in ({"test": 2}, {"seed": 1.5}, {"user": "who"}, {}):
        same_error(
            lambda options=options: frame.nclue.split(**options),
            lambda options=options: on_dask(frame, 2).nclue.split(**options),
        )


def test_pseudonyms_and_back():
    frame = pd.DataFrame({"user_id": MIXED, 1: range(6)})
    hidden = on_dask(frame).nclue.pseudonymize(KEY)
    alike(hidden, frame.nclue.pseudonymize(KEY))
    back = hidden.nclue.restore_ids(KEY, ids=on_dask(frame)["user_id"])
    alike(back, frame.nclue.pseudonymize(KEY).nclue.restore_ids(KEY, ids=frame["user_id"]))
    plain = pd.DataFrame({"user_id": ["12", "a", None], "score": [0.5, 0.25, 0.1]})
    alike(on_dask(plain).nclue.restore_ids(ids=[12, "a"]), plain.nclue.restore_ids(ids=[12, "a"]))


def test_the_key_is_in_nothing_that_comes_back():
    hidden = on_dask(pd.DataFrame({"user_id": ["a", "b"]})).nclue.pseudonymize(KEY)
    for text in (cloudpickle.dumps(hidden), pickle.dumps(dict(hidden.dask)), repr(hidden).encode()):
        assert KEY.encode() not in text
    from nclue_pandas.dask.following import _Pseudonyms, _Restored

    work = _Pseudonyms(KEY.encode(), "u"), _Restored(KnownIds.of(KEY, ["secret id"]), "u")
    assert KEY not in repr(work)
    assert "secret id" not in repr((work, KnownIds.of(None, ["secret id"])))


def test_what_pseudonyms_refuse():
    frame = pd.DataFrame({"user_id": [1.5, 2.0, 3.25]})
    same_error(
        lambda: frame.nclue.pseudonymize(KEY), lambda: on_dask(frame).nclue.pseudonymize(KEY)
    )
    same_error(
        lambda: frame.nclue.pseudonymize("x"), lambda: on_dask(frame).nclue.pseudonymize("x")
    )
    scores = pd.DataFrame({"user_id": ["1", "2", "3", "4"], "score": 0.5})
    for options in (
        {"ids": [1, 2]},
        {"ids": 3},
        {"ids": [1], "user": "who"},
        {"ids": [1], "key": KEY},
    ):
        same_error(
            lambda options=options: scores.nclue.restore_ids(**options),
            lambda options=options: on_dask(scores).nclue.restore_ids(**options),
        )
