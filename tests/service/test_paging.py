"""Lists end without loss or repeats, whatever ``index`` and ``total`` mean."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.errors import InvalidAnswerError
from nclue_pandas.service.paging import everything, iterate
from nclue_pandas.service.records import FeatureRecord, Page

MEANINGS = {
    "offset": lambda index, size: index,
    "page from 0": lambda index, size: index * size,
    "page from 1": lambda index, size: max(0, index - 1) * size,
}
TOTALS = ("all", "answer", "none")


def feature(number):
    return FeatureRecord(id=f"id-{number}", name=f"feature {number}")


class Server:
    """A list under one meaning of its parameters, which may change between requests."""

    def __init__(self, count, meaning, total, page_size=100):
        self.items = [feature(number) for number in range(count)]
        self.meaning = MEANINGS[meaning]
        self.total = total
        self.page_size = page_size
        self.requests = 0

    def __call__(self, *, index=0, limit=20):
        self.requests += 1
        size = min(limit, self.page_size)
        start = self.meaning(index, size)
        found = tuple(self.items[start : start + size])
        total = {"all": len(self.items), "answer": len(found), "none": None}[self.total]
        return Page(found, index=index, limit=size, total=total)


@given(
    count=st.integers(0, 450) | st.sampled_from([99, 100, 101, 199, 200, 201, 10_050]),
    meaning=st.sampled_from(sorted(MEANINGS)),
    total=st.sampled_from(TOTALS),
    page_size=st.sampled_from([100, 50, 33]),
)
def test_every_job_once(count, meaning, total, page_size):
    server = Server(count, meaning, total, page_size)
    found = [record.id for record in iterate(server)]
    assert len(found) == len(set(found))
    assert set(found) == {record.id for record in server.items}
    assert server.requests <= count // page_size * 1.1 + 6


@pytest.mark.parametrize("meaning", MEANINGS)
def test_a_short_list_costs_one_request(meaning):
    server = Server(99, meaning, "all")
    assert len(list(iterate(server))) == 99
    assert server.requests == 1


@given(seed=st.integers(0, 10**6), total=st.sampled_from(TOTALS))
def test_deletions_and_insertions_between_pages_lose_nothing(seed, total):
    """By offset: what stays in the list all the time is found."""
    rng = random.Random(seed)
    server = Server(rng.choice([120, 350, 500]), "offset", total)
    deleted = set()

    def changing(*, index, limit):
        page = server(index=index, limit=limit)
        if rng.random() < 0.7:
            deleted.add(server.items.pop(rng.randrange(5)).id)
        if rng.random() < 0.3:
            server.items.insert(0, feature(f"new {server.requests}"))
        return page

    before = {record.id for record in server.items}
    found = [record.id for record in iterate(changing)]
    assert len(found) == len(set(found))
    assert before - deleted <= set(found)


def test_an_endless_list_is_given_up():
    numbers = itertools.count()

    def endless(*, index, limit):
        return Page(tuple(feature(next(numbers)) for _ in range(limit)), index, limit, 10**9)

    with pytest.raises(InvalidAnswerError, match="does not end"):
        for _ in iterate(endless, limit=10):
            pass


def test_a_server_that_repeats_itself_ends():
    page = Page(tuple(feature(number) for number in range(100)), 0, 100, 10**6)
    assert len(list(iterate(lambda *, index, limit: page))) == 100


def server_of(count, deletions, before):
    """A list from whose beginning some jobs vanish before one of the requests."""
    items, asked = [feature(number) for number in range(count)], []

    def server(*, index, limit):
        asked.append(index)
        if len(asked) == before:
            del items[:deletions]
        return Page(tuple(items[index : index + limit]), index, limit, len(items))

    return server


@pytest.mark.parametrize(
    ("count", "deletions", "before"),
    [(500, 30, 4), (500, 5, 6), (102, 3, 2), (102, 60, 2), (300, 150, 3)],
)
def test_many_deletions_between_two_pages_lose_nothing(count, deletions, before):
    found = {record.id for record in iterate(server_of(count, deletions, before))}
    assert found >= {f"id-{number}" for number in range(deletions, count)}


@given(seed=st.integers(0, 10**6))
def test_deletions_at_every_page_lose_nothing(seed):
    chance = random.Random(seed)
    items, deleted = [feature(number) for number in range(500)], set()

    def server(*, index, limit):
        page = Page(tuple(items[index : index + limit]), index, limit, len(items))
        for _ in range(min(chance.randrange(5), len(items) - 20) if index else 0):
            deleted.add(items.pop(chance.randrange(5)).id)
        return page

    everything = {item.id for item in items}
    assert everything - deleted <= {record.id for record in iterate(server)}


def test_a_page_shorter_than_it_says_is_not_the_end():
    items = [feature(number) for number in range(130)]

    def server(*, index, limit):
        return Page(tuple(items[index : index + 50]), index, limit, len(items))

    assert len(list(iterate(server))) == 130


class Living(Server):
    """A list to whose beginning, or end, jobs are added between requests; some vanish."""

    def __init__(self, seed, meaning, *, deletes=False, newest_first=True):
        self.chance = random.Random(seed)
        super().__init__(self.chance.choice([100, 120, 199, 200, 350, 500]), meaning, "all")
        self.deletes, self.newest_first = deletes, newest_first
        self.lasting = {record.id for record in self.items}

    def __call__(self, *, index=0, limit=20):
        page = super().__call__(index=index, limit=limit)
        for _ in range(self.chance.choice([0, 0, 1, 3, 30])):
            place = 0 if self.newest_first else len(self.items)
            self.items.insert(place, feature(f"new {self.requests} {len(self.items)}"))
        if self.deletes and self.chance.random() < 0.5:
            self.lasting.discard(self.items.pop(self.chance.randrange(50)).id)
        return page


@given(
    seed=st.integers(0, 10**6),
    meaning=st.sampled_from(sorted(MEANINGS)),
    newest_first=st.booleans(),
)
def test_jobs_that_are_made_meanwhile_hide_no_other(seed, meaning, newest_first):
    server = Living(seed, meaning, newest_first=newest_first)
    found = [record.id for record in iterate(server)]
    assert len(found) == len(set(found))
    assert server.lasting <= set(found)


@given(seed=st.integers(0, 10**6), meaning=st.sampled_from(sorted(MEANINGS)))
def test_everything_is_certain_only_when_nothing_is_missing(seed, meaning):
    """Whatever is deleted and made while the list is walked, until it has been quiet for a while."""
    server = Living(seed, meaning, deletes=True)
    busy = server.chance.randrange(60)

    def until_quiet(*, index, limit):
        if server.requests >= busy:
            return Server.__call__(server, index=index, limit=limit)
        return server(index=index, limit=limit)

    found, certain = everything(until_quiet)
    if certain:
        assert server.lasting <= {record.id for record in found}


@pytest.mark.parametrize("meaning", MEANINGS)
def test_a_list_that_never_rests_is_not_certain(meaning):
    server, numbers = Server(250, meaning, "all"), itertools.count(1000)

    def restless(*, index, limit):
        server.items[0] = feature(next(numbers))
        return server(index=index, limit=limit)

    assert not everything(restless)[1]


@pytest.mark.parametrize("count", [0, 1, 99])
def test_one_page_is_certain_at_once(count):
    server = Server(count, "page from 1", "answer")
    found, certain = everything(server)
    assert (len(found), certain, server.requests) == (count, True, 1)
