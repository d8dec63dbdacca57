"""Forty slips of a new user: each message says what is wrong, where, and what to do next."""

from __future__ import annotations

import inspect

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.errors import NclueError

pytestmark = pytest.mark.usefixtures("no_pauses")

COLUMNS = {"user": "user_id", "time": "ts", "behavior": "what"}
EVENTS = pd.DataFrame(
    {
        "user_id": ["a", "a", "b"],
        "ts": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"]),
        "what": ["tea", "milk", "tea"],
    }
)
SEQUENCES = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea->milk", "tea"]})
ANSWERS = pd.DataFrame({"user_id": ["a", "b"], "label": [1, 0]})


def to_sequences(**given):
    return EVENTS.nclue.to_sequences(**{**COLUMNS, **given})


def to_answers(**given):
    options = {"user": "user_id", "time": "ts", "cutoff": "2026-01-02", "horizon": "5D"}
    return EVENTS.nclue.to_answers(**{**options, "positive": EVENTS["what"] == "tea", **given})


#: The call -> what its message must hold: the thing, its place or value, and the next step.
MISTAKES = {
    "verb misspelt": (lambda: EVENTS.nclue.to_sequence, "'to_sequence'", "'to_sequences'"),
    "verb in other case": (lambda: EVENTS.nclue.To_Answers, "'To_Answers'", "'to_answers'"),
    "function misspelt": (lambda: nclue.to_sequence, "'to_sequence'", "'to_sequences'"),
    "class misspelt": (lambda: nclue.Features, "'Features'", "'Feature'"),
    "plural option": (lambda: to_sequences(behaviors="what"), "behaviors=", "behavior=?"),
    "column as option": (
        lambda: EVENTS.nclue.to_sequences(user_id="user_id"), "user_id=", "user=?",
    ),
    "timestamp=": (lambda: EVENTS.nclue.to_sequences(timestamp="ts"), "timestamp=", "time=?"),
    "item=": (lambda: EVENTS.nclue.to_sequences(item="what"), "item=", "behavior=?"),
    "target=": (lambda: to_answers(target="tea"), "target=", "positive=?"),
    "unknown option": (lambda: to_sequences(hue=1), "hue=", "Its options are user="),
    "function's option": (
        lambda: nclue.to_sequences(EVENTS, usr="user_id"), "usr=", "user=?",
    ),
    "positional columns": (
        lambda: EVENTS.nclue.to_sequences("user_id", "ts", "what"), "'user_id'", "user='user_id'",
    ),
    "positional in function": (
        lambda: nclue.to_sequences(EVENTS, "user_id"), "'user_id'", "user='user_id'",
    ),
    "positional share": (lambda: ANSWERS.nclue.split(0.2), "split()", "test=..."),
    "verb on a Series": (lambda: EVENTS["what"].nclue, "'what'", "to_frame()"),
    "column misspelt": (lambda: to_sequences(user="user"), "'user'", "'user_id'"),
    "column in other case": (lambda: to_sequences(time="TS"), "'TS'", "'ts'"),
    "column that is not there": (lambda: to_sequences(time="xyz"), "time=", "The frame has:"),
    "Series for a column": (lambda: to_sequences(user=EVENTS["user_id"]), "user=", "'user_id'"),
    "list for a column": (lambda: to_sequences(user=["user_id"]), "user=", "name"),
    "dict for a frame": (lambda: nclue.to_sequences({}, **COLUMNS), "dict", "pandas.DataFrame("),
    "cutoff without a date": (lambda: to_answers(cutoff="soon"), "'soon'", "cutoff"),
    "horizon without unit": (lambda: to_answers(horizon="x"), "'x'", "horizon"),
    "horizon backward": (lambda: to_answers(horizon="-5D"), "horizon", "-5"),
    "until that is no time": (lambda: to_sequences(until="tomorow"), "'tomorow'", "until"),
    "unknown on_invalid": (lambda: to_sequences(on_invalid="ignore"), "'ignore'", "drop"),
    "unknown time zone": (lambda: to_sequences(timezone="Seoul"), "'Seoul'", "Asia/"),
    "no tokens": (lambda: to_sequences(max_tokens=0), "max_tokens", "0"),
    "split of all": (lambda: ANSWERS.nclue.split(test=2), "test", "2"),
    "not connected": (lambda: SEQUENCES.nclue.create_feature("f"), "No account", "connect("),
    "unknown target": (lambda: nclue.connect("sandbx"), "'sandbx'", "'sandbox'"),
    "unknown error code": (lambda: nclue.explain("DUPLICATE_USER"), "'DUPLICATE_USER'", "'DUPLICATE_USERID'"),
    "code that is none": (lambda: nclue.explain(4), "'4'", "10101"),
    "subscribe to nothing": (lambda: nclue.subscribe(3), "3", "subscribe(print)"),
    "answers as scores": (lambda: ANSWERS.nclue.evaluate(ANSWERS), "'score'", "The frame has:"),
    "file that is not there": (
        lambda: nclue.stream_sequences("nowhere.csv", **COLUMNS), "nowhere.csv", "path",
    ),
    "stream's option": (
        lambda: nclue.stream_sequences("log.csv", behaviors="what"), "behaviors=", "behavior=?",
    ),
    "answers misspelt in a chain": (
        lambda: SEQUENCES.nclue.predict(ANSWERS, name="n", labels="label"), "labels=", "label=",
    ),
    "plot's option": (lambda: SEQUENCES.nclue.plot_token_use(axes=None), "axes=", "ax=?"),
    "unset option": (lambda: setattr(nclue.options, "progresses", True), "progresses", "progress"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_the_next_step(mistake):
    call, what, then = MISTAKES[mistake]
    with pytest.raises((NclueError, TypeError, AttributeError)) as caught:
        call()
    text = str(caught.value)
    assert what in text
    assert then in text
    assert len(text) < 600


def test_there_are_forty():
    assert len(MISTAKES) >= 40


FUNCTIONS = {
    name: getattr(nclue, name)
    for name in nclue.__all__
    if inspect.isfunction(getattr(nclue, name)) and name != "option_context"
} | {
    f"df.nclue.{name}": getattr(EVENTS.nclue, name)
    for name in dir(EVENTS.nclue)
    if not name.startswith("_")
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_tells_its_options(name):
    function = FUNCTIONS[name]
    parameters = inspect.signature(function).parameters.values()
    frames = [ANSWERS for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    needed = {
        each.name: "n"
        for each in parameters
        if each.kind is each.KEYWORD_ONLY and each.default is each.empty
    }
    with pytest.raises(TypeError, match=r"no option no_such=\."):
        function(*frames, **needed, no_such=1)


def test_the_functions_of_dask_tell_their_options():
    pytest.importorskip("dask.dataframe")
    from nclue_pandas import dask

    for name in [name for name in dask.__all__ if inspect.isfunction(getattr(dask, name))]:
        with pytest.raises(TypeError, match=r"no option no_such=\."):
            getattr(dask, name)(ANSWERS, no_such=1)


def test_a_client_names_what_was_meant(client):
    with pytest.raises(AttributeError, match=r"'create_featur'\. Did you mean 'create_feature'"):
        client.create_featur("f", SEQUENCES)
    with pytest.raises(TypeError, match=r"usr=\. Did you mean user="):
        client.create_feature("f", SEQUENCES, usr="user_id")


def test_looking_for_an_attribute_still_works():
    assert not hasattr(EVENTS.nclue, "nothing")
    assert not hasattr(EVENTS["what"], "nclue")
    assert "nclue" not in dir(EVENTS["what"])
    assert getattr(nclue, "nothing", None) is None


def test_one_problem_is_one_and_two_are_problems():
    for user_ids, lead in ((["a", "a"], "1 problem found:"), (["a", "a", ""], "2 problems found:")):
        frame = pd.DataFrame({"user_id": user_ids, "sequence": "tea"})
        with pytest.raises(NclueError) as caught:
            frame.nclue.create_feature("f", client=object())
        assert str(caught.value).startswith(lead)


def test_a_sandbox_that_starts_gives_itself():
    from nclue_pandas.sandbox import Sandbox

    sandbox = Sandbox()
    try:
        assert sandbox.start() is sandbox
    finally:
        sandbox.stop()
