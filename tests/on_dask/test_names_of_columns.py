"""Data where the name of a column belongs, and Dask's frames where pandas' belong."""

from __future__ import annotations

from itertools import product

import dask.array as da
import dask.dataframe as dd
import pandas as pd
import pytest

import nclue_pandas as nclue
import nclue_pandas.dask

LOG = {"user": "who", "time": "ts", "behavior": "item"}
SPAN = {"user": "who", "time": "ts", "cutoff": "2026-01-20", "horizon": "5D"}
KEY = "correct horse battery staple"
#: A verb, the options that it is given, and those of them that name columns.
VERBS = {
    "to_sequences": (LOG | {"tie_break": "rank"}, ["user", "time", "behavior", "tie_break"]),
    "to_answers": (SPAN, ["user", "time"]),
    "to_answers of texts": (SPAN | {"time": "day"}, ["user", "time"]),
    "to_answers of labels": ({"user": "who", "label": "rank"}, ["user", "label"]),
    "check": ({"user": "who", "sequence": "item", "label": "rank"}, ["user", "sequence", "label"]),
    "split": ({"user": "who", "label": "rank"}, ["user", "label"]),
    "pseudonymize": ({"user": "who", "key": KEY}, ["user"]),
    "restore_ids": ({"user": "who", "ids": ["1"]}, ["user"]),
    "create_feature": ({"name": "f", "user": "who", "sequence": "item"}, ["user", "sequence"]),
    "create_task": (
        {"name": "t", "feature": "f", "user": "who", "label": "rank"},
        ["user", "label"],
    ),
}
DATA = {
    "series": lambda frame, label: frame[label],
    "frame": lambda frame, label: frame[[label]],
    "array": lambda frame, label: da.arange(40, chunks=20),
    "index": lambda frame, label: frame.set_index(label, sort=False).index,
    "pandas": lambda frame, label: frame[label].compute(),
    "delayed": lambda frame, label: frame[label].to_delayed()[0],
    "scalar": lambda frame, label: frame[label].count(),
}


@pytest.fixture(scope="module")
def log():
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(range(40), unit="D")
    frame = pd.DataFrame({"who": range(40), "ts": days, "item": "tea", "rank": [0, 1] * 20})
    frame["day"] = frame["ts"].dt.strftime("%Y-%m-%d")
    return dd.from_pandas(frame, npartitions=2)


@pytest.mark.parametrize("verb", VERBS)
def test_data_are_no_name(service, log, verb):
    nclue.create_feature(pd.DataFrame({"user_id": ["1"], "sequence": ["tea"]}), "f")
    options, names = VERBS[verb]
    for argument, kind in product(names, DATA):
        given = options | {argument: DATA[kind](log, options[argument])}
        with pytest.raises(nclue.errors.MissingColumnError, match=f"give {argument}=") as caught:
            getattr(log.nclue, verb.split()[0])(**given)
        hint = f"Did you mean {options[argument]!r}?"
        assert (hint in str(caught.value)) == (kind in {"series", "index", "pandas"})


@pytest.mark.parametrize("argument", ["user", "sequence", "label"])
def test_nothing_is_read_before_data_are_refused_as_names(service, argument):
    def unreadable(_):
        raise AssertionError("a partition was read")

    ids = pd.Series(dtype="string")
    shapes = [{"user_id": ids, "sequence": ids}, {"user_id": ids, "label": pd.Series(dtype="int")}]
    readable = [dd.from_pandas(pd.DataFrame(each), npartitions=1) for each in shapes]
    frames = [dd.from_map(unreadable, [0, 1], meta=pd.DataFrame(each)) for each in shapes]
    label = {"user": "user_id"}.get(argument, argument)
    for verb, kind in product((nclue.plan, nclue.predict), DATA):
        given = DATA[kind](readable[argument == "label"], label)
        with pytest.raises(nclue.errors.MissingColumnError, match=f"give {argument}="):
            verb(*frames, name="odd", **{argument: given})


@pytest.mark.parametrize("kind", ["array", "delayed", "scalar"])
def test_what_is_lazy_and_no_series_does_not_say_which_events_count(log, kind):
    with pytest.raises(nclue.errors.InvalidDataError, match="Dask Series"):
        log.nclue.to_answers(**SPAN, positive=DATA[kind](log, "rank"))


def scores_of(frame):
    return frame.rename(columns={"who": "user_id", "rank": "score"})


PANDAS_ONLY = {
    "find_refused": lambda client, log: client.find_refused(log),
    "evaluate": lambda _, log: nclue.evaluate(scores_of(log), scores_of(log)),
    "compare": lambda _, log: nclue.compare({"one": scores_of(log)}, scores_of(log)),
    "plot_lift": lambda _, log: nclue.plot_lift(scores_of(log), scores_of(log)),
    "plot_sequence_lengths": lambda _, log: nclue.plot_sequence_lengths(log, sequence="item"),
}


@pytest.mark.parametrize("verb", PANDAS_ONLY)
def test_verbs_of_pandas_alone_say_how_to_convert(service, log, verb):
    with pytest.raises(nclue.errors.InvalidDataError) as caught:
        PANDAS_ONLY[verb](nclue.connect(service), log)
    assert str(caught.value).endswith("Convert it with its .compute().")


@pytest.mark.parametrize("verb", ["to_sequences", "to_answers", "check", "split", "pseudonymize"])
def test_functions_of_pandas_name_the_verb_on_dask(log, verb):
    options, _ = VERBS[verb]
    with pytest.raises(nclue.errors.InvalidDataError, match=r"verbs of its own \.nclue"):
        getattr(nclue, verb)(log, **options)
