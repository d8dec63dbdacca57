"""The verbs on Dask's own threads: the same errors, warnings, reports and types as on pandas."""

from __future__ import annotations

import io
import warnings

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
import nclue_pandas.dask
from nclue_pandas.dask import accessor, datasets
from nclue_pandas.dask.pieces import ROWS_TOLD
from nclue_pandas.jobs.datasets import Columns
from nclue_pandas.storage.publish import place_of

COLUMNS = {"user": "customer", "time": "ts"}
VERBS = {**COLUMNS, "behavior": "item"}


def on_dask(frame, npartitions=4):
    return dd.from_pandas(frame, npartitions=npartitions, sort=False)


def raised(call):
    with pytest.raises(nclue.NclueError) as caught:
        call()
    return caught.value


def assert_same_error(frame, verb, npartitions=4, **options):
    """Compare what a verb raises on pandas and on Dask; rows by value."""
    one, many = (
        raised(lambda each=each: getattr(each.nclue, verb)(**options))
        for each in (frame, on_dask(frame, npartitions))
    )
    assert type(many) is type(one)
    assert str(many) == str(one)
    if isinstance(one, nclue.errors.InvalidDataError):
        assert many.problems == one.problems
        if one.rows is not None:
            pd.testing.assert_frame_equal(many.rows, one.rows, check_dtype=False)
    return many


@pytest.fixture
def spoiled(events):
    """The log with a fault of every kind, in several partitions."""
    frame = events.assign(
        item=events["item"].astype("string"), customer=events["customer"].astype("string")
    )
    frame.loc[[3, 5_000], "item"] = None
    frame.loc[[17, 6_000], "item"] = "a@b.com"
    frame.loc[4_500, "ts"] = pd.NaT
    frame.loc[7_000, "customer"] = None
    frame.loc[1, "customer"] = "x" * 101
    frame.loc[2, "item"] = " "
    return frame


def test_all_problems_of_all_partitions_with_their_rows(spoiled):
    error = assert_same_error(spoiled, "to_sequences", **VERBS)
    assert isinstance(error, nclue.errors.PersonalDataError)
    assert {problem.code for problem in error.problems} == {
        *("null_behavior", "blank_behavior", "personal_data", "null_time", "null_id", "long_id")
    }
    assert_same_error(spoiled, "to_answers", **COLUMNS, cutoff="2026-03-01", horizon="20D")


def test_rows_dropped_are_counted_and_warned_about_once(spoiled):
    spoiled = spoiled[spoiled["item"] != "a@b.com"]
    told = []
    for each in (spoiled, on_dask(spoiled)):
        with pytest.warns(nclue.NclueDataWarning) as caught:
            told.append(each.nclue.to_sequences(**VERBS, on_invalid="drop"))
        assert len(caught) == 1
        told.append(str(caught[0].message))
    frame, said, many, said_on_dask = told
    assert said_on_dask == said
    assert many.nclue.report() == frame.nclue.report()
    pd.testing.assert_frame_equal(many.compute().reset_index(drop=True), frame)


def test_more_rows_than_are_told_are_counted(events):
    frame = events.assign(item=events["item"].where(events.index % 3 > 0))
    one, many = (raised(lambda e=e: e.nclue.to_sequences(**VERBS)) for e in (frame, on_dask(frame)))
    assert str(many) == str(one)
    problem = many.problems[0]
    assert problem.rows == one.problems[0].rows[:ROWS_TOLD]
    assert problem.total == len(one.problems[0].rows) == len(one.rows)
    assert len(many.rows) == ROWS_TOLD


@pytest.mark.parametrize(
    "options",
    [
        {**VERBS, "user": "costumer"},
        {**VERBS, "time": "when"},
        {**VERBS, "behavior": ["item", "price"]},
        {**VERBS, "tie_break": "nothing"},
        {**VERBS, "max_tokens": 0},
        {**VERBS, "on_invalid": "ignore"},
        {**VERBS, "until": "never"},
        {**VERBS, "until": "2026-02-01", "since": "2026-03-01"},
        {**VERBS, "until": "2026-02-01T00:00:00+09:00"},
        {**VERBS, "template": "{price}"},
        {**VERBS, "user": "ts"},
    ],
)
def test_what_is_refused_on_pandas_is_refused_before_any_work(events, options):
    assert_same_error(events, "to_sequences", **options)


@pytest.mark.parametrize(
    "options",
    [
        {**COLUMNS, "cutoff": "2026-03-01"},
        {**COLUMNS, "cutoff": "2026-03-01", "horizon": "90D"},
        {**COLUMNS, "cutoff": "2026-03-01", "horizon": "60D", "observed_until": "2026-04-01"},
        {**COLUMNS, "cutoff": "2026-03-01", "horizon": "20D", "positive": "order"},
        {"user": "customer", "label": "order", "cutoff": "2026-03-01"},
        {"user": "customer", "label": "item"},
    ],
)
def test_answers_that_cannot_be(events, options):
    assert_same_error(events.head(900), "to_answers", **options)


@pytest.mark.parametrize("text", [False, True])
def test_answers_of_a_log(events, text):
    if text:
        events = events.assign(ts=events["ts"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    options = {**COLUMNS, "cutoff": "2026-03-01", "horizon": "20D"}
    many = on_dask(events)
    for one, counted in (
        (events["item"].str.contains("tea"), many["item"].str.contains("tea")),
        (lambda e: e["order"] > 3, lambda e: e["order"] > 3),
        (None, None),
    ):
        expected = events.nclue.to_answers(**options, positive=one)
        made = many.nclue.to_answers(**options, positive=counted)
        pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
        assert made.nclue.report() == expected.nclue.report()


def test_a_cutoff_before_everything_is_warned_about(events):
    options = {**COLUMNS, "cutoff": "2025-03-01", "horizon": "20D"}
    with pytest.warns(nclue.NclueDataWarning, match="No user has an event before"):
        made = on_dask(events).nclue.to_answers(**options)
    assert made.compute().empty


def test_labels_become_answers(events):
    labels = pd.DataFrame({"user": np.arange(900), "bought": np.arange(900) % 3 == 0})
    labels = pd.concat([labels, labels.iloc[::100]], ignore_index=True)
    assert_same_error(labels, "to_answers", user="user", label="bought")
    kwargs = {"user": "user", "label": "bought", "on_invalid": "drop"}
    with pytest.warns(nclue.NclueDataWarning, match="duplicate_id 9"):
        made = on_dask(labels).nclue.to_answers(**kwargs)
    with pytest.warns(nclue.NclueDataWarning):
        expected = labels.nclue.to_answers(**kwargs)
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)


@pytest.mark.parametrize("kind", ["category", "string", "int8"])
def test_a_tie_break_of_any_kind(events, kind, told):
    day = events.assign(ts=events["ts"].dt.floor("30D"))
    if kind == "category":
        ranked = pd.CategoricalDtype([3, 1, 4, 0, 2])
        day["order"] = day["order"].where(day["order"] != 2).astype(ranked)
    else:
        day["order"] = day["order"].astype(kind)
    options = {**VERBS, "tie_break": "order"}
    expected, said = told(lambda: day.nclue.to_sequences(**options))
    made, said_on_dask = told(lambda: on_dask(day).nclue.to_sequences(**options))
    assert said_on_dask == said
    assert len(said) == 1
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
    if kind == "category":
        unknown = on_dask(day).assign(order=lambda f: f["order"].cat.as_unknown())
        error = raised(lambda: unknown.nclue.to_sequences(**VERBS, tie_break="order"))
        assert "categorize" in str(error)


def test_boxed_columns(events, told):
    boxed = events.assign(
        customer=events["customer"].map(lambda v: v if v % 2 else f"{v:04d}"),
        ts=events["ts"].dt.date,
        item=events["item"].astype("category"),
    )
    with dask.config.set({"dataframe.convert-string": False}):
        many = on_dask(boxed)
        made, said_on_dask = told(lambda: many.nclue.to_sequences(**VERBS))
        expected, said = told(lambda: boxed.nclue.to_sequences(**VERBS))
        assert said_on_dask == said
        pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
        mixed = on_dask(boxed.assign(order=[*range(4_000), *"ab" * 2_000]))
        error = raised(lambda: mixed.nclue.to_sequences(**VERBS, tie_break="order"))
        assert "order would be lost" in str(error)
        texts = ["\ud800", *events["item"][1:]]
        assert_same_error(
            boxed.assign(item=pd.Series(texts, dtype=object)), "to_sequences", **VERBS
        )


def test_times_with_and_without_a_zone_in_different_partitions(events):
    texts = events["ts"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    zoned = texts + np.where(events["customer"] % 2 == 0, "+09:00", "")
    error = raised(lambda: on_dask(events.assign(ts=zoned)).nclue.to_sequences(**VERBS))
    assert isinstance(error, nclue.errors.InvalidDataError)
    whole = on_dask(events.assign(ts=texts + "+09:00"))
    made = whole.nclue.to_sequences(**VERBS, until="2026-03-01T00:00:00+09:00")
    assert made.nclue.report().until == "2026-02-28 15:00:00 UTC"


def test_an_empty_log_and_empty_partitions(events):
    empty = events.iloc[:0]
    made = on_dask(empty, 1).nclue.to_sequences(**VERBS)
    expected = empty.nclue.to_sequences(**VERBS)
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
    assert made.nclue.report() == expected.nclue.report()
    answers = on_dask(empty, 1).nclue.to_answers(**COLUMNS, cutoff="2026-03-01", horizon="1D")
    assert answers.compute().empty


def test_check_tells_what_it_tells_on_pandas():
    frame = pd.DataFrame(
        {
            "who": ["a", "b", "a", None, "x y", "c", "010-1234-5678", "b"],
            "text": ["tea", "", "x->y", "tea", " tea -> z", "a\tb", "tea", "me@x.com"],
        },
        dtype="string",
    )
    one = frame.nclue.check(user="who", sequence="text")
    for npartitions in (1, 3, 8):
        many = on_dask(frame, npartitions).nclue.check(user="who", sequence="text")
        assert many.problems == one.problems
        assert many.warnings == one.warnings
        assert (many.kind, many.size) == (one.kind, one.size)
        pd.testing.assert_frame_equal(many.rows, one.rows, check_dtype=False)


def test_check_counts_labels_over_all_partitions():
    labels = pd.DataFrame({"user_id": np.arange(300), "label": [1] * 99 + [0] * 201})
    assert on_dask(labels).nclue.check().problems == labels.nclue.check().problems
    enough = labels.assign(label=[1] * 100 + [0] * 200)
    assert on_dask(enough).nclue.check().ok
    assert on_dask(labels.iloc[:0], 1).nclue.check().problems[0].code == "empty_frame"
    with pytest.raises(nclue.errors.MissingColumnError):
        on_dask(labels).nclue.check(user="customer")


def test_a_frame_of_other_origin_becomes_the_same_feature(client, events):
    sequences = events.nclue.to_sequences(**VERBS)
    feature = sequences.nclue.create_feature("shop")
    renamed = sequences.rename(columns={"user_id": "who", "sequence": "text"})
    shuffled = on_dask(renamed.sample(frac=1, random_state=1), 5)
    assert shuffled.nclue.create_feature("shop", user="who", sequence="text") == feature
    assert nclue.create_feature(on_dask(sequences, 3), "shop") == feature
    assert on_dask(sequences).nclue.report() is None

    twice = dd.concat([on_dask(sequences), on_dask(sequences.iloc[:1])])
    error = raised(lambda: twice.nclue.create_feature("twice"))
    assert [problem.code for problem in error.problems] == ["duplicate_id"]
    assert error.problems[0].rows == (0, len(sequences))


def test_plan_is_that_of_pandas_and_writes_nothing(sandbox, client, events):
    options = {**COLUMNS, "cutoff": "2026-03-01", "horizon": "20D"}
    tea = events["item"].str.contains("tea")
    sequences = events.nclue.to_sequences(**VERBS, until="2026-03-01")
    answers = events.nclue.to_answers(**options, positive=tea)
    many = on_dask(events)
    on_workers = many.nclue.to_sequences(**VERBS, until="2026-03-01")
    labels = many.nclue.to_answers(**options, positive=many["item"].str.contains("tea"))
    plan = on_workers.nclue.plan(labels, name="tea", score_on=on_workers)
    expected = sequences.nclue.plan(answers, name="tea", score_on=sequences)
    pd.testing.assert_frame_equal(plan.datasets, expected.datasets)
    pd.testing.assert_frame_equal(plan.jobs, expected.jobs)
    assert sandbox.objects() == {}

    said = []
    for log, labels_of_it in ((events, answers), (many, labels)):
        leaking = log.nclue.to_sequences(**VERBS)
        with pytest.warns(nclue.NclueDataWarning, match="The sequences reach to") as caught:
            leaking.nclue.plan(labels_of_it, name="leaking")
        said.append(str(caught[0].message))
    assert said[0] == said[1]


@pytest.mark.parametrize("part_bytes", [1 << 20, 20_000, 8_000])
def test_parts_larger_and_smaller_than_partitions(sandbox, client, events, part_bytes):
    sequences = on_dask(events).nclue.to_sequences(**VERBS)
    assert sequences.npartitions == 4
    source = datasets.make_source(sequences, "sequences", Columns())
    place = place_of(source, "sequences", "parts", "nclue", part_bytes=part_bytes)
    dataset = datasets.write(source, client, place)
    body = b"".join(client.storage.get(part.key) for part in dataset.parts)
    frame = sequences.compute()
    lines = (frame["user_id"] + "\t" + frame["sequence"] + "\n").str.cat()
    assert body == lines.encode()
    assert set(sandbox.objects()) == {*(p.key for p in dataset.parts), place.manifest_key}
    assert len(dataset.sent) == len(dataset.parts) + 1
    assert datasets.write(source, client, place).sent == ()


def test_rows_that_change_between_the_passes_are_noticed(sandbox, client):
    calls = []

    def changing(number):
        calls.append(number)
        return pd.DataFrame({"user_id": [f"u{number}"], "sequence": [f"tea {len(calls)}"]})

    pattern = pd.DataFrame({"user_id": [], "sequence": []}, dtype=pd.ArrowDtype(pa.string()))
    frame = dd.from_map(changing, [0, 1], meta=pattern)
    source = datasets.make_source(frame, "sequences", Columns())
    place = place_of(source, "sequences", "changing", "nclue")
    again = datasets.make_source(frame, "sequences", Columns())
    vars(again)["digests"] = source.digests
    with pytest.raises(nclue.errors.InvalidDataError, match="computed again"):
        datasets.write(again, client, place)
    assert sandbox.objects() == {}


def test_a_foreign_object_in_the_way_is_not_overwritten(sandbox, client, events):
    sequences = on_dask(events).nclue.to_sequences(**VERBS)
    source = datasets.make_source(sequences, "sequences", Columns())
    place = place_of(source, "sequences", "shop", client.ref.prefix)
    client.storage.put(place.part_key(0), io.BytesIO(b"mine"), {})
    with pytest.raises(nclue.errors.ForeignObjectError):
        sequences.nclue.create_feature("shop")
    assert client.list_features().empty


def test_a_part_that_is_not_there_in_the_end_is_noticed(client, events, monkeypatch):
    sequences = on_dask(events).nclue.to_sequences(**VERBS)
    monkeypatch.setattr(datasets, "put_part", lambda bucket, prepared, part: [part.key])
    with pytest.raises(nclue.errors.IncompleteUploadError, match="no object of"):
        sequences.nclue.create_feature("shop")
    assert client.list_features().empty


def test_an_engine_that_is_not_there(client, events):
    feature = events.nclue.to_sequences(**VERBS).nclue.create_feature("f")
    profile = feature.custom_attributes("tea", ["tea"])
    with pytest.raises(nclue.errors.ConfigurationError, match="dask, pandas"):
        profile.result(engine="polars")
    assert profile.result(engine="pandas").shape[1] == 2


def test_frames_of_the_wrong_kind(client, events):
    for verb in (nclue_pandas.dask.to_sequences, nclue_pandas.dask.check):
        with pytest.raises(nclue.errors.InvalidDataError, match="Dask DataFrame"):
            verb(events, **(VERBS if verb is nclue_pandas.dask.to_sequences else {}))
    with pytest.raises(nclue.errors.InvalidDataError, match="Dask Series"):
        on_dask(events).nclue.to_answers(
            **COLUMNS, cutoff="2026-03-01", horizon="20D", positive=events["order"] > 3
        )


def test_registering_twice_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        accessor.register()
    frame = on_dask(pd.DataFrame({"a": [1]}), 1)
    assert isinstance(frame.nclue, accessor.DaskAccessor)
    assert "nclue" in dir(frame)


ZONED = {
    "user": list("aab") * 4,
    "time": [f"2026-01-{day:02d}T00:00:00{'Z' if day % 2 else '+09:00'}" for day in range(1, 13)],
    "item": [f"item {number}" for number in range(12)],
}
OF_ZONED = {"user": "user", "time": "time"}


@pytest.mark.parametrize("npartitions", [1, 3, 6])
@pytest.mark.parametrize("users", [["a"], ["a", "b"], []])
def test_times_as_texts_with_a_zone_where_pieces_are_empty(npartitions, users):
    frame = pd.DataFrame(ZONED)
    frame = frame[frame["user"].isin(users)] if users else frame.astype({"time": "str"})
    many = on_dask(frame, npartitions)
    if not users:
        many = many[many["user"] == "nobody"]
        frame = frame.iloc[:0]
    bound = "2026-01-07T12:00:00Z" if users else "2026-01-07"
    for verb, options in (
        ("to_sequences", {"behavior": "item", "until": bound}),
        ("to_sequences", {"behavior": "item", "since": bound, "on_invalid": "drop"}),
        ("to_answers", {"cutoff": bound, "horizon": "2D", "observed_until": "2026-02-01"}),
    ):
        given = dict(options)
        if "observed_until" in given and users:
            given["observed_until"] += "T00:00:00Z"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", nclue.NclueDataWarning)
            one = getattr(frame.nclue, verb)(**OF_ZONED, **given)
            other = getattr(many.nclue, verb)(**OF_ZONED, **given)
        pd.testing.assert_frame_equal(other.compute().reset_index(drop=True), one)
        assert other.nclue.report() == one.nclue.report()


YEARS = {
    "user": list("abcd") * 3,
    "time": [
        *("2026", "2027-01-01", "1000", "2027", "2028", "2027-01-01"),
        *("30000", "2025", "2027", "2027-01-01", "20260101", "2026"),
    ],
    "item": list("abcdefghijkl"),
}


@pytest.mark.parametrize(("npartitions", "kind"), [(1, "str"), (3, "category"), (8, "str")])
def test_texts_of_times_read_as_those_of_the_whole_log(npartitions, kind):
    frame = pd.DataFrame(YEARS).astype({"time": kind})
    assert_same_error(frame, "to_sequences", npartitions, **OF_ZONED, behavior="item")
    for verb, options in (
        ("to_sequences", {"behavior": "item"}),
        ("to_sequences", {"behavior": "item", "until": "2027-06-01"}),
        ("to_answers", {"cutoff": "2027-01-01", "horizon": "90D"}),
    ):
        given = {**OF_ZONED, **options, "on_invalid": "drop"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", nclue.NclueDataWarning)
            one = getattr(frame.nclue, verb)(**given)
            other = getattr(on_dask(frame, npartitions).nclue, verb)(**given)
        pd.testing.assert_frame_equal(other.compute().reset_index(drop=True), one)
        assert other.nclue.report() == one.nclue.report()


def test_a_zone_in_some_pieces_alone_is_told_with_its_rows():
    frame = pd.DataFrame(ZONED)
    frame.loc[frame["user"] == "b", "time"] = "2026-01-03"
    one = raised(lambda: frame.nclue.to_sequences(**OF_ZONED, behavior="item"))
    assert "row positions 2, 5, 8, 11" in str(one)
    for npartitions in (1, 3):
        log = on_dask(frame, npartitions)
        other = raised(lambda log=log: log.nclue.to_sequences(**OF_ZONED, behavior="item"))
        assert str(other).startswith(str(one))
        assert other.rows["time"].tolist() == ["2026-01-03"] * 4


@pytest.mark.parametrize("verb", ["from_snapshots", "updated", "evaluate", "audience"])
def test_a_verb_of_frames_in_memory_says_how_to_come_by_one(events, verb):
    with pytest.raises(AttributeError, match=rf"ddf\.compute\(\)\.nclue\.{verb}\("):
        getattr(on_dask(events).nclue, verb)
    assert not hasattr(on_dask(events).nclue, verb)


def test_a_misspelt_verb_is_told_with_what_was_meant(events):
    with pytest.raises(AttributeError, match="Did you mean 'to_sequences'"):
        on_dask(events).nclue.to_sequence  # noqa: B018 - looked up only
