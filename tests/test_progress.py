"""Events reach every subscriber, from every thread, and never disturb the work."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import pytest

from nclue_pandas import progress


def upload(done, **more):
    return progress.UploadProgress(name="part", done=done, total=10, **more)


def test_subscribers_get_events_in_order_while_they_listen():
    one, other = [], []
    progress.emit(upload(0))
    with progress.subscribe(one.append):
        progress.emit(upload(1))
        with progress.subscribe(other.append):
            progress.emit(upload(2))
    progress.emit(upload(3))
    assert [event.done for event in one] == [1, 2]
    assert [event.done for event in other] == [2]


def test_one_callback_may_listen_twice():
    seen = []
    with progress.subscribe(seen.append):
        with progress.subscribe(seen.append):
            progress.emit(upload(1))
        progress.emit(upload(2))
    assert [event.done for event in seen] == [1, 1, 2]


def test_a_block_that_raises_stops_listening():
    seen = []
    with pytest.raises(KeyError), progress.subscribe(seen.append):
        raise KeyError
    progress.emit(upload(1))
    assert seen == []


def test_a_failing_subscriber_is_logged_and_disturbs_nobody(caplog):
    seen = []

    def fail(event):
        raise ValueError("mine")

    with (
        caplog.at_level(logging.ERROR, "nclue_pandas"),
        progress.subscribe(fail),
        progress.subscribe(seen.append),
    ):
        progress.emit(upload(1))
    assert len(seen) == 1
    assert "UploadProgress" in caplog.text
    assert "ValueError: mine" in caplog.text


def test_ctrl_c_in_a_subscriber_gets_through():
    def interrupt(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), progress.subscribe(interrupt):
        progress.emit(upload(1))


def test_events_of_many_threads_all_arrive():
    seen = []

    def work():
        for _ in range(200):
            with progress.subscribe(lambda event: None):
                progress.emit(upload(1))

    with progress.subscribe(seen.append):
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 1_600


def test_track_adds_up_over_threads_without_going_back():
    seen = []
    with (
        progress.subscribe(seen.append),
        progress.track(progress.UploadProgress, "data", total=800) as advance,
    ):
        threads = [
            threading.Thread(target=lambda: [advance(1) for _ in range(100)]) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [event.done for event in seen] == [*range(801), 800]


def test_track_ends_with_an_event_also_after_an_error():
    seen = []

    def broken():
        with progress.track(progress.DownloadProgress, "scores") as advance:
            advance(5)
            raise OSError

    with progress.subscribe(seen.append), pytest.raises(OSError):
        broken()
    assert (seen[-1].done, seen[-1].stopped, seen[-1].finished) == (5, True, True)


@pytest.mark.parametrize(
    ("status", "stopped", "finished"),
    [
        ("registered", False, False),
        ("in_progress", False, False),
        ("something_new", False, False),
        ("completed", False, True),
        ("complete", False, True),
        ("failed", False, True),
        ("pending", True, True),
    ],
)
def test_when_a_wait_is_finished(status, stopped, finished):
    event = progress.WaitProgress(
        kind="Task", name="t", status=status, seconds_in_state=1, elapsed=2, stopped=stopped
    )
    assert event.finished is finished


def test_events_do_not_change():
    with pytest.raises(AttributeError):
        upload(1).done = 2


#: What is left open when Python ends is closed while it ends.
LEFT_OPEN = """
import logging, sys
from nclue_pandas import progress
logging.basicConfig()
class Download:
    def __del__(self):
        event = progress.DownloadProgress(name="scores", done=1, total=3, unit="B")
        progress.emit(event)
        print("emitted", sys.is_finalizing(), file=sys.__stderr__)
download = Download()
download.itself = download
"""


def test_what_ends_with_the_interpreter_is_quiet():
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "emitted True\n")
