"""The events of a real chain over HTTP: complete, in order, without secrets, and only while asked."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import progress, screen
from nclue_pandas.storage import results

pytestmark = pytest.mark.usefixtures("no_pauses")


def kinds(events):
    return list(dict.fromkeys(type(event) for event in events))


def test_a_chain_tells_of_requests_uploads_waits_and_the_download(
    client, sandbox, sequences, halves
):
    train, test = halves
    seen = []
    with nclue.subscribe(seen.append):
        scores = sequences.nclue.predict(train, name="told", test=test)
    before = len(seen)
    client.list_features()
    assert len(seen) == before, "nothing is told after the block"

    assert set(kinds(seen)) == {
        progress.RequestSent,
        progress.RequestFinished,
        progress.StepProgress,
        progress.UploadProgress,
        progress.WaitProgress,
        progress.DownloadProgress,
    }
    sent = [event for event in seen if type(event) is progress.RequestSent]
    finished = [event for event in seen if isinstance(event, progress.RequestFinished)]
    assert [(e.method, e.path) for e in sent] == [(e.method, e.path) for e in finished]
    for kind in (progress.UploadProgress, progress.DownloadProgress):
        amounts = [event for event in seen if type(event) is kind]
        assert amounts[-1].finished
        assert max(event.done for event in amounts) > 0
    waits = [event for event in seen if isinstance(event, progress.WaitProgress)]
    kinds_by_step = {(event.step, event.steps, event.kind) for event in waits}
    assert kinds_by_step == {(1, 3, "Feature"), (2, 3, "Task"), (3, 3, "Run")}
    steps = [(event.step, event.finished) for event in seen if type(event) is progress.StepProgress]
    assert steps[0] == ("predict", False)
    assert steps[-1] == ("predict", True)
    assert len(scores) == len(sequences)
    told = repr(seen)
    for secret in (sandbox.secret_key, sandbox.access_key):
        assert secret not in told


def test_attempts_are_counted_and_their_pauses_told(client, sandbox, sleeper, sequences):
    feature = sequences.nclue.create_feature("f").wait()
    sandbox.inject("error_503", operation="get_feature", times=2)
    seen = []
    with nclue.subscribe(seen.append):
        feature.refresh()
    told = [(type(event), event.attempt) for event in seen]
    sent, finished, retried = (
        progress.RequestSent,
        progress.RequestFinished,
        progress.RequestRetried,
    )
    assert told == [
        *((sent, 1), (finished, 1), (retried, 1)),
        *((sent, 2), (finished, 2), (retried, 2)),
        *((sent, 3), (finished, 3)),
    ]
    assert [event.status for event in seen if type(event) is finished] == [503, 503, 200]
    assert all(event.pause > 0 for event in seen if type(event) is retried)


def test_a_failing_subscriber_does_not_break_the_chain(client, sequences, halves, caplog):
    train, test = halves

    def fail(event):
        raise RuntimeError("mine")

    with caplog.at_level(logging.ERROR, "nclue_pandas"), nclue.subscribe(fail):
        scores = sequences.nclue.predict(train, name="told", test=test)
    assert len(scores) == len(sequences)
    assert "a progress subscriber failed" in caplog.text


def test_a_long_download_moves_on_and_reads_the_same(client, sequences, halves, monkeypatch):
    train, test = halves
    feature = sequences.nclue.create_feature("f")
    run = train.nclue.create_task("t", feature, test=test).run(feature)
    whole = run.result()
    monkeypatch.setattr(results, "BLOCK", 1_000)
    seen = []
    with nclue.subscribe(seen.append):
        in_blocks = run.result()
    pd.testing.assert_frame_equal(in_blocks, whole)
    done = [event.done for event in seen if isinstance(event, progress.DownloadProgress)]
    assert done == sorted(done)
    assert done[1:3] == [1_000, 2_000]
    last = [event for event in seen if isinstance(event, progress.DownloadProgress)][-1]
    assert last.done == last.total > 2_000


@pytest.mark.parametrize("shown", [True, False])
def test_one_switch_shows_or_hides_all_bars(client, sequences, shown, capsys, monkeypatch):
    monkeypatch.setattr(screen, "_DELAY", 0)
    with nclue.option_context(progress=shown):
        sequences.nclue.create_feature("f")
    assert ("Uploading f" in capsys.readouterr().err) is shown
