"""Nothing silent: whatever the way in, what matters is told, once."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.cli import main
from nclue_pandas.jobs.handles import Run

pytestmark = pytest.mark.usefixtures("no_pauses")

DAY = pd.Timestamp("2026-01-01")
COLUMNS = {"user": "user", "time": "ts", "behavior": "item"}
CUTOFF = "2026-03-01"


def told(action):
    """Do something; return what it gave, and what it warned of."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", nclue.NclueDataWarning)
        made = action()
    return made, [str(each.message) for each in seen]


def once(action, words):
    """Do something that warns of one thing, once; return what it gave."""
    made, messages = told(action)
    assert len(messages) == 1, messages
    assert messages[0].count(words) == 1, messages
    return made


def log(users, items, days=0):
    return pd.DataFrame(
        {"user": users, "ts": DAY + pd.to_timedelta(np.broadcast_to(days, len(users)), unit="D")}
    ).assign(item=items)


WORDS = ["tea", "jam", "milk", "bread"]
#: A log, the options it is read with, what is told of it, and the counts in the report.
LOGS = {
    "ties": (log(["a"] * 4, WORDS), {}, "4 of 4 events have the user", {"ties": 4, "repeats": 0}),
    "ties of a column": (
        log(["a"] * 4, WORDS).assign(rank=[1, 1, 2, 3]),
        {"tie_break": "rank"},
        "2 of 4 events have the user",
        {"ties": 2},
    ),
    "repeats": (log(["a"] * 4, "tea"), {}, "3 of 4 events are exact repeats", {"repeats": 3}),
    "cut": (
        log(["a"] * 10, "tea", range(10)),
        {"max_tokens": 18},
        "1 of 10 events were cut",
        {"events_cut": 1, "users_cut": 1},
    ),
    "nothing before until": (
        log(list("abcd"), WORDS),
        {"until": "2025-01-01"},
        "all 4 valid events are outside until=2025-01-01",
        {"users": 0},
    ),
    "nothing since": (
        log(list("abcd"), WORDS),
        {"since": "2027-01-01"},
        "outside since=2027-01-01",
        {"users": 0},
    ),
    "floats": (log(["7", "7.0", "8.0", "x"], WORDS), {}, "2 of 4 user ids are", {"float_ids": 2}),
    "all floats": (log(["7.0", "8.0"], "tea"), {}, "2 of 2 user ids are", {"float_ids": 2}),
    "white space": (log(["7", " 7", "8", "a b"], WORDS), {}, "1 of 4 user ids", {"twin_ids": 1}),
    "Unicode": (
        log(["\u00e9", "e\u0301", "한", "\u1112\u1161\u11ab"], WORDS),
        {},
        "2 of 4 user ids differ",
        {"twin_ids": 2, "float_ids": 0},
    ),
    "dropped": (log(["a", None, "b", "c"], WORDS), {"on_invalid": "drop"}, "1 of 4 rows", {}),
}


def on_dask(frame):
    dd = pytest.importorskip("dask.dataframe", reason="the dask extra is not installed")
    import nclue_pandas.dask  # noqa: F401 - registers the accessor

    return dd.from_pandas(frame, npartitions=2)


WAYS = {
    "accessor": lambda frame, options: frame.nclue.to_sequences(**COLUMNS, **options),
    "function": lambda frame, options: nclue.to_sequences(frame, **COLUMNS, **options),
    "stream": lambda frame, options: nclue.stream_sequences(
        [frame[:3], frame[3:]], **COLUMNS, **options
    ),
    "dask": lambda frame, options: on_dask(frame).nclue.to_sequences(**COLUMNS, **options),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", LOGS)
def test_sequences_tell(case, way):
    frame, options, words, counts = LOGS[case]
    made = once(lambda: WAYS[way](frame, options), words)
    report = made.report if way == "stream" else made.nclue.report()
    assert {name: getattr(report, name) for name in counts} == counts
    assert not told(lambda: nclue.report(made))[1]


@pytest.mark.parametrize("way", WAYS)
def test_less_than_a_tenth_is_counted_and_not_told(way):
    frame = pd.concat(
        [log(["a", "a", "b", "b"], ["tea", "jam", "tea", "tea"])]
        + [log([f"c{number}"], "tea") for number in range(40)]
    )
    made, messages = told(lambda: WAYS[way](frame.reset_index(drop=True), {}))
    report = made.report if way == "stream" else made.nclue.report()
    assert (report.ties, report.repeats, messages) == (2, 1, [])


SPAN = {"user": "user", "time": "ts", "cutoff": CUTOFF, "horizon": "10D"}
PAST_AND_LATER = log(list("abab"), WORDS, [0, 0, 60, 68])
ANSWERS = {
    "no positive": (PAST_AND_LATER, lambda f: f["item"] == "none", "no user has the label 1"),
    "no negative": (PAST_AND_LATER, lambda f: f["item"] != "none", "no user has the label 0"),
    "nobody before": (PAST_AND_LATER[2:], None, "no user has an event before the cutoff"),
    "floats": (
        log(["1", "1.0", "1"], "tea", [0, 0, 69]),
        None,
        "1 of 2 user ids are whole numbers",
    ),
    "white space": (log(["1", "1 ", "1"], "tea", [0, 0, 69]), None, "1 of 2 user ids differ"),
}


@pytest.mark.parametrize("way", ["accessor", "function", "dask"])
@pytest.mark.parametrize("case", ANSWERS)
def test_answers_tell(case, way):
    frame, positive, words = ANSWERS[case]
    span = SPAN | {"positive": positive, "observed_until": "2026-06-01"}
    if way == "function":
        once(lambda: nclue.to_answers(frame, **span), words[1:])
    else:
        given = on_dask(frame) if way == "dask" else frame
        once(lambda: given.nclue.to_answers(**span), words[1:])


@pytest.mark.parametrize("labels", [[0] * 4, [1] * 4, ["false"] * 4])
def test_labels_that_are_all_the_same_are_told(labels):
    frame = pd.DataFrame({"user_id": list("abcd"), "bought": labels})
    once(lambda: frame.nclue.to_answers(label="bought"), "o user has the label")


def test_a_part_of_a_split_without_a_positive_is_told():
    answers = pd.DataFrame({"user_id": [str(n) for n in range(40)], "label": [1] + [0] * 39})
    once(lambda: answers.nclue.split(test=0.5), "user has the label 1")
    alone = answers.assign(label=0)
    assert told(lambda: alone.nclue.split(test=0.5))[1] == []  # told where they were made


@pytest.fixture
def odd():
    """Sequences and answers that the service takes, and may treat otherwise than expected."""
    users = [f"user-{number}" for number in range(240)]
    sequences = pd.DataFrame({"user_id": users, "sequence": ["tea -> jam", "milk->bread"] * 120})
    return sequences, pd.DataFrame({"user_id": users, "label": [0, 1] * 120})


FEATURES = {
    "accessor": lambda client, frame: frame.nclue.create_feature("odd"),
    "function": lambda client, frame: nclue.create_feature(frame, "odd"),
    "client": lambda client, frame: client.create_feature("odd", frame),
    "dask": lambda client, frame: on_dask(frame).nclue.create_feature("odd"),
}


@pytest.mark.parametrize("way", FEATURES)
def test_what_a_check_warns_of_is_told_when_a_feature_is_made(client, odd, way):
    sequences, answers = odd
    doubts = [each.message for each in sequences.nclue.check().warnings]
    assert len(doubts) == 2
    feature, messages = told(lambda: FEATURES[way](client, sequences))
    assert len(messages) == 1
    assert all(messages[0].count(doubt) == 1 for doubt in doubts)
    once(lambda: answers.nclue.create_task("odd", feature), "other characters than letters")


def test_what_a_check_warns_of_is_told_of_streams_too(client):
    frame = log([f"user-{number}" for number in range(1_200)], "tea")
    with nclue.stream_sequences(frame, **COLUMNS) as store:
        words = "(row positions 0, 1, 2, 3, 4 and 1,195 more)"
        once(lambda: nclue.create_feature(store, "odd"), words)


@pytest.mark.parametrize("on", [lambda frame: frame, on_dask], ids=["pandas", "dask"])
def test_what_a_check_warns_of_is_told_by_plan_and_predict(client, odd, on):
    sequences, answers = map(on, odd)
    for verb in (nclue.plan, nclue.predict):
        messages = told(lambda verb=verb: verb(sequences, answers, name="odd"))[1]
        assert len(messages) == 1
        assert messages[0].count("other characters") == 2
        assert "Sequences: A user id" in messages[0]
        assert "Answers: A user id" in messages[0]


@pytest.fixture(scope="module")
def shop():
    """Users with an event a month; the even ones buy running shoes."""
    days = pd.date_range("2026-01-10", periods=5, freq="30D")
    users = np.arange(480)
    return pd.DataFrame(
        {
            "user": np.tile(users, len(days)),
            "ts": np.repeat(days, users.size),
            "item": np.where(np.tile(users, len(days)) % 2 == 0, "running shoes", "tea"),
        }
    )


@pytest.fixture(scope="module")
def parts(shop):
    """Answers to train and to test on."""
    positive = shop["item"] == "running shoes"
    answers = shop.nclue.to_answers(**SPAN | {"horizon": "30D"}, positive=positive)
    return answers.nclue.split(test=0.5)


MADE = {
    "pandas": lambda log: log.nclue.to_sequences(**COLUMNS),
    "stream": lambda log: nclue.stream_sequences(log, **COLUMNS),
    "dask": lambda log: on_dask(log).nclue.to_sequences(**COLUMNS),
}


@pytest.mark.parametrize("way", MADE)
def test_a_forgotten_until_is_told_once_on_the_way_of_jobs(client, shop, parts, way):
    train, test = parts
    feature = nclue.create_feature(MADE[way](shop), "leaking").wait()
    task = once(lambda: client.create_task("leaking", feature, train, test=test), "learns from")
    scores, messages = told(lambda: task.run(feature).result())
    assert messages == told(lambda: scores.nclue.evaluate(test))[1] == []


def test_scores_of_the_present_know_their_time(client, shop, parts):
    train, test = parts
    past = shop.nclue.to_sequences(**COLUMNS, until=CUTOFF)
    task = train.nclue.create_task("past", past.nclue.create_feature("past"), test=test)
    present = shop.nclue.to_sequences(**COLUMNS).nclue.create_feature("present")
    scores = task.run(present).result()
    once(lambda: scores.nclue.evaluate(test), "scores may know")


FORGOTTEN = {
    "kept": lambda frame: frame,
    "without attrs": lambda frame: pd.DataFrame(frame.to_dict("list")),
    "one half": lambda frame: frame.iloc[::2],
    "joined": lambda frame: pd.concat([frame, frame.iloc[:0]]),
}


@pytest.mark.parametrize("change", FORGOTTEN)
def test_users_that_were_trained_on_are_told(client, shop, parts, change):
    train, test = parts
    past = shop.nclue.to_sequences(**COLUMNS, until=CUTOFF)
    feature = past.nclue.create_feature("honest")
    run = train.nclue.create_task("honest", feature, test=test).run(feature)
    scores = run.result()
    assert told(lambda: scores.nclue.evaluate(test))[1] == []
    once(lambda: scores.nclue.evaluate(FORGOTTEN[change](train)), "trained on")
    once(lambda: nclue.compare({"one": scores, "two": scores}, train), "trained on")


def test_predict_and_pickled_runs_know_who_was_trained_on(client, shop, parts):
    import pickle

    train, test = parts
    past = shop.nclue.to_sequences(**COLUMNS, until=CUTOFF)
    scores = past.nclue.predict(train, name="whole", test=test)
    assert told(lambda: scores.nclue.evaluate(test))[1] == []
    once(lambda: scores.nclue.evaluate(train), "100.0% of the answers")
    feature = past.nclue.create_feature("carried")
    task = pickle.loads(pickle.dumps(train.nclue.create_task("carried", feature, test=test)))
    run = pickle.loads(pickle.dumps(task.run(feature)))
    assert isinstance(run, Run)
    once(lambda: run.result().nclue.evaluate(train), "trained on")
    span = SPAN | {"cutoff": "2026-04-01", "horizon": "30D"}
    later = shop.nclue.to_answers(**span, positive=shop["item"] == "running shoes")
    assert told(lambda: run.result().nclue.evaluate(later))[1] == []  # of another time


@pytest.mark.slow
@pytest.mark.parametrize("case", ["ties", "white space", "floats", "odd ids"])
def test_the_demo_tells(tmp_path, capsys, case):
    from nclue_pandas.demo import make_log

    frame = make_log(users=700, seed=3)
    words = {"ties": "nothing but their texts", "white space": "white space", "floats": "'.0'"}
    ids = frame["customer_id"].astype(str)
    changed = {
        "ties": {"ts": pd.to_datetime(frame["ts"]).dt.to_period("M").dt.start_time},
        "white space": {"customer_id": ids.where(frame.index % 2 == 0, ids + " ")},
        "floats": {"customer_id": ids.str.extract(r"(\d+)")[0] + ".0"},
        "odd ids": {"customer_id": "id-" + ids},
    }[case]
    frame.assign(**changed).to_csv(tmp_path / "log.csv", index=False)
    arguments = "--user customer_id --time ts --behavior item --cutoff 2026-05-25 --horizon 30D"
    question = ["--positive", "차|tea", "--observed-until", "2026-07-01", "--name", case.split()[0]]
    status = main(["demo", "--events", str(tmp_path / "log.csv"), *arguments.split(), *question])
    shown = capsys.readouterr()
    assert status == 0, shown.err
    notes = [line for line in shown.out.splitlines() if words.get(case, "other characters") in line]
    assert notes
    assert len(notes) == len(set(notes))
