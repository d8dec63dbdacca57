"""Sequences and answers against slow and obvious references, on logs of every shape."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.kernels.hash import hash_ids

# These logs are too small to be of both labels, or to have no ties.
pytestmark = [
    pytest.mark.property,
    pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning"),
]

START = datetime(2026, 1, 1)
WORDS = st.sampled_from(
    [
        "tea",
        "green tea",
        "녹차",
        "a->b",
        "tab\there",
        "line\nbreak",
        ' "quoted" ',
        "שלום",
        "🍵👩‍🦰",
        "-",
        ">",
    ]
)
BEHAVIOR = WORDS | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="0123456789@"),
    min_size=1,
    max_size=6,
).filter(lambda text: reference_clean(text) != "")


def reference_clean(text):
    text = unicodedata.normalize("NFC", text)
    replaced = re.sub("(?:->|[\x00-\x1f\x7f-\x9f\u2028\u2029])+", " ", text)
    return replaced.strip()


USERS = st.sampled_from(["a", "b", "0012", "NA", "1e5", "가", "17850"])
EVENTS = st.lists(st.tuples(USERS, st.integers(0, 12), BEHAVIOR, st.booleans()), max_size=40)


def log_of(events):
    return pd.DataFrame(
        {
            "user": pd.Series([e[0] for e in events], dtype=object),
            "time": pd.to_datetime([START + timedelta(hours=e[1]) for e in events]),
            "what": pd.Series([e[2] for e in events], dtype=object),
            "good": pd.Series([e[3] for e in events], dtype=bool),
        }
    )


def reference_sequences(events, until=None):
    """Return user -> behaviors, by loops."""
    found = {}
    ordered = sorted(events, key=lambda event: (event[1], reference_clean(event[2]).encode()))
    for user, hour, what, _ in ordered:
        if until is None or hour < until:
            found.setdefault(user, []).append(reference_clean(what))
    return {user: "->".join(behaviors) for user, behaviors in found.items()}


def as_dict(frame, value):
    return dict(zip(frame["user_id"], frame[value], strict=True))


@given(EVENTS, st.none() | st.integers(0, 13))
def test_sequences(events, until):
    bound = None if until is None else START + timedelta(hours=until)
    frame = log_of(events).nclue.to_sequences(
        user="user", time="time", behavior="what", until=bound, max_tokens=None
    )
    assert as_dict(frame, "sequence") == reference_sequences(events, until)
    hashes = hash_ids(pa.array(frame["user_id"].tolist(), pa.string()))
    assert np.all(hashes[1:] >= hashes[:-1])
    assert frame.dtypes.tolist() == [pd.ArrowDtype(pa.string())] * 2


@given(EVENTS, st.integers(4, 30))
def test_the_latest_behaviors_within_the_budget(events, budget):
    def count(texts):
        return np.array([len(text) for text in texts.to_pylist()], dtype=np.int64)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        frame = log_of(events).nclue.to_sequences(
            user="user", time="time", behavior="what", max_tokens=budget, token_estimator=count
        )
    whole = reference_sequences(events)
    made = as_dict(frame, "sequence")
    assert made.keys() == whole.keys()
    over = 0
    for user, sequence in made.items():
        behaviors, kept = whole[user].split("->"), sequence.split("->")
        assert behaviors[-len(kept) :] == kept
        cost = sum(map(len, kept)) + len(kept) - 1
        over += cost > budget
        assert cost <= budget or len(kept) == 1
        if len(kept) < len(behaviors):
            assert cost + 1 + len(behaviors[-len(kept) - 1]) > budget
    text = "".join(str(each.message) for each in told)
    assert len(told) <= 1
    assert ("a single behavior of more" in text) == bool(over)


def representations(events):
    """Return the same log with its ids, times and texts in many types."""
    log = log_of(events)
    yield log
    yield log.astype({"user": "category", "what": "category"})
    yield log.assign(user=log["user"].astype(pd.ArrowDtype(pa.string())))
    yield log.assign(what=log["what"].astype(pd.ArrowDtype(pa.large_string())))
    yield log.assign(user=log["user"].astype("string"), what=log["what"].astype("string"))
    for unit in ("s", "ms", "us", "ns"):
        yield log.assign(time=log["time"].astype(f"datetime64[{unit}]"))
    yield log.assign(time=log["time"].dt.tz_localize("Asia/Seoul"))
    yield log.assign(time=log["time"].astype(pd.ArrowDtype(pa.timestamp("us"))))
    yield log.assign(time=log["time"].astype("int64"))
    yield log.assign(time=[time.isoformat() for time in log["time"]])
    yield log.set_axis(np.zeros(len(log), dtype=int))
    yield log[["what", "good", "time", "user"]]


@given(EVENTS.filter(bool))
def test_types_make_no_difference(events):
    wanted = reference_sequences(events)
    for log in representations(events):
        before = log.copy(deep=True)
        frame = log.nclue.to_sequences(user="user", time="time", behavior="what", max_tokens=None)
        assert as_dict(frame, "sequence") == wanted
        pd.testing.assert_frame_equal(log, before)


def reference_answers(events, cutoff, horizon):
    users = {event[0] for event in events if event[1] < cutoff}
    positive = {e[0] for e in events if cutoff <= e[1] < cutoff + horizon and e[3]}
    return {user: int(user in positive) for user in users}


@given(
    EVENTS.filter(bool),
    st.integers(0, 13),
    st.integers(1, 13),
    st.sampled_from(["column", "series", "call"]),
)
def test_answers(events, cutoff, horizon, form):
    log = log_of(events)
    positive = {"column": "good", "series": log["good"], "call": lambda frame: frame["good"]}[form]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nclue.NclueDataWarning)
        frame = log.nclue.to_answers(
            user="user",
            time="time",
            cutoff=START + timedelta(hours=cutoff),
            horizon=timedelta(hours=horizon),
            positive=positive,
            observed_until=START + timedelta(hours=100),
        )
    assert as_dict(frame, "label") == reference_answers(events, cutoff, horizon)
    assert frame["label"].dtype == pd.ArrowDtype(pa.int8())


@given(st.lists(USERS, unique=True, min_size=1), st.integers(0, 5), st.floats(0.1, 0.9))
def test_a_split_moves_nobody_when_rows_are_added(users, seed, share):
    answers = pd.DataFrame({"user_id": users, "label": [n % 2 for n in range(len(users))]})
    train, test = answers.nclue.split(test=share, seed=seed)
    assert sorted([*train["user_id"], *test["user_id"]]) == sorted(users)
    more = pd.concat([answers, pd.DataFrame({"user_id": ["new"], "label": [1]})])
    _, later = more.nclue.split(test=share, seed=seed)
    assert set(test["user_id"]) == set(later["user_id"]) - {"new"}


@given(EVENTS.filter(bool))
def test_pseudonyms_keep_users_apart_and_come_back(events):
    log = log_of(events)
    key = b"sixteen bytes or more"
    masked = log.nclue.pseudonymize(key, user="user")
    pairs = set(zip(log["user"], masked["user"], strict=True))
    assert len(pairs) == log["user"].nunique() == masked["user"].nunique()
    assert not set(masked["user"]) & set(log["user"])
    scores = pd.DataFrame({"user_id": masked["user"].unique(), "score": 0.5})
    restored = scores.nclue.restore_ids(key, ids=log["user"])
    assert set(restored["user_id"]) == set(log["user"])


@given(
    st.lists(st.integers(0, 20), min_size=1),
    st.sampled_from(["int64", "uint8", "float64", "Int64", "str", "category", "int32[pyarrow]"]),
    st.booleans(),
)
def test_ids_come_back_in_the_type_of_the_log(users, kind, hidden):
    ids = pd.Series(users).astype(kind)
    key = "sixteen bytes or more" if hidden else None
    log = pd.DataFrame({"user": ids, "row": range(len(users))})
    made = log.nclue.pseudonymize(key, user="user") if hidden else log
    scores = made.nclue.to_sequences(user="user", time="row", behavior="row")[["user_id"]]
    restored = scores.nclue.restore_ids(
        key,
        ids=pd.concat([ids, pd.Series([None])]).astype(kind)
        if kind in {"float64", "Int64"}
        else ids,
    )
    assert restored["user_id"].dtype == ids.dtype
    merged = log.merge(restored, left_on="user", right_on="user_id")
    assert sorted(merged["row"]) == list(range(len(users)))


IDS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.none(), max_size=12
)
SEQUENCES = st.text(st.sampled_from("ab->\t\n "), max_size=8) | st.none()


@given(st.data())
def test_checks_find_every_row_that_a_loop_finds(data):
    ids = data.draw(IDS)
    texts = [data.draw(SEQUENCES) for _ in ids]
    frame = pd.DataFrame(
        {"user_id": pd.Series(ids, dtype=object), "sequence": pd.Series(texts, dtype=object)}
    )
    found = frame.nclue.check()
    wrong = set()
    for row, (user, text) in enumerate(zip(ids, texts, strict=True)):
        bad_id = user is None or not user.strip() or ids.count(user) > 1
        bad_id = bad_id or re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", user)
        empty = text is None or not text.strip() or any(not b.strip() for b in text.split("->"))
        if bad_id or empty or re.search("[\t\n]", text):
            wrong.add(row)
    rows = {row for problem in found.problems for row in problem.rows}
    assert wrong <= rows
    extra = {row for row in rows - wrong if ids[row].strip() == ids[row]}
    assert extra == set()


LABELS = st.lists(st.tuples(USERS | st.just(" "), st.sampled_from([0, 1, 1, None, 2])), min_size=1)


@given(LABELS)
def test_given_labels_of_every_user_that_has_a_sure_one(rows):
    frame = pd.DataFrame(rows, columns=["user_id", "y"]).astype({"y": "Int64"})
    sure = {}
    for user, label in rows:
        if user.strip() and label in {0, 1}:
            sure.setdefault(user, []).append(label)
    wanted = {user: found[0] for user, found in sure.items() if len(set(found)) == 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nclue.NclueDataWarning)
        if not wanted:
            with pytest.raises(InvalidDataError, match="Every row would be dropped"):
                nclue.to_answers(frame, label="y", on_invalid="drop")
            return
        made = nclue.to_answers(frame, label="y", on_invalid="drop")
    assert as_dict(made, "label") == wanted
    both = {
        row for row, (user, y) in enumerate(rows) if len({*sure.get(user, ())}) > 1 and y in {0, 1}
    }
    assert nclue.report(made).rows_dropped.get("conflicting_label", 0) == len(both)
    try:
        nclue.to_answers(frame, label="y")
    except InvalidDataError as error:
        named = {problem.code: set(problem.rows) for problem in error.problems}
        assert named.get("conflicting_label", set()) == both
        assert ("duplicate_id" in named) == any(
            n > 1 for n in Counter(u for row, (u, _) in enumerate(rows) if row not in both).values()
        )
    else:
        assert len(wanted) == len(rows)
