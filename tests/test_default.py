"""Which client the verbs use: the one connected last, or the one of the block."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.client import default_client
from nclue_pandas.errors import NotConnectedError


def connect(number=0):
    return nclue.connect(access_key=f"A{number}", secret_key="S")


@pytest.fixture
def first():
    with connect(-1):
        yield connect(-2)


STEPS = st.sampled_from(["connect", "look"])
PROGRAMS = st.recursive(
    st.lists(STEPS, max_size=3),
    lambda inner: st.lists(
        STEPS | st.tuples(st.sampled_from(["with connect", "with old"]), inner), max_size=4
    ),
    max_leaves=12,
)


def follow(program, default, old):
    """Go through nested blocks with what the default must be at hand."""
    for step in program:
        if step == "connect":
            default = connect()
        elif step != "look":
            how, inner = step
            with connect() if how == "with connect" else old as client:
                follow(inner, client, old)
        assert default_client() is default


@given(PROGRAMS)
def test_a_block_has_its_client_and_leaves_what_was_before(program):
    with connect():
        old = connect()
        with connect() as outer:
            follow(program, outer, old)
        assert default_client() is old


def test_a_block_of_a_client_that_is_not_the_default(first):
    second = connect()
    with first:
        assert default_client() is first
        with second, first:
            assert default_client() is first
        assert default_client() is first
    assert default_client() is second


def test_a_block_may_be_entered_again(first):
    with connect() as client:
        pass
    for _ in range(2):
        with client, client:
            assert default_client() is client
        assert default_client() is first


def test_without_any_client_there_is_none(monkeypatch):
    monkeypatch.setattr("nclue_pandas.client._levels", [type(nclue.client._levels[0])()])
    with connect() as client:
        assert default_client() is client
    with pytest.raises(NotConnectedError, match="client="):
        default_client()


def test_clients_that_were_the_default_are_forgotten(first):
    made = [weakref.ref(connect(number)) for number in range(50)]
    assert default_client() is made[-1]()
    gc.collect()
    assert sum(client() is not None for client in made) <= 2
    assert first is not default_client()


def test_blocks_of_threads_that_overlap_leave_nothing_behind(first):
    clients = [connect(number) for number in range(4)]
    last = connect()
    together = Barrier(len(clients), timeout=60)

    def work(client):
        with client:
            together.wait()
            assert default_client() in clients

    with ThreadPoolExecutor(len(clients)) as threads:
        list(threads.map(work, clients))
    assert default_client() is last
    assert first is not last
