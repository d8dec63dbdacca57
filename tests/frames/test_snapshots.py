"""Snapshots: what is refused, what is told, and ids that are taken apart."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue

OPTIONS = {"user": "user", "time": "ts", "behavior": "item", "horizon": "10D"}
LOG = pd.DataFrame(
    {
        "user": ["a", "b", "a", "c", "b", "a", "c"],
        "ts": pd.to_datetime(
            [
                *("2026-01-01", "2026-01-02", "2026-01-12", "2026-01-15", "2026-01-25"),
                *("2026-02-03", "2026-02-20"),
            ]
        ),
        "item": ["tea", "jam", "mug", "tea", "pot", "jam", "tea"],
    }
)


def test_the_report_tells_each_cutoff():
    sequences, answers = LOG.nclue.to_snapshots(cutoffs=["2026-01-20", "2026-01-10"], **OPTIONS)
    told = nclue.report(answers)
    assert told.snapshots_at == {"2026-01-10 00:00:00": 2, "2026-01-20 00:00:00": 3}
    assert told.positives_at == {"2026-01-10 00:00:00": 1, "2026-01-20 00:00:00": 1}
    assert (told.users, told.snapshots, told.positives, told.share) == (3, 5, 2, 0.4)
    assert nclue.report(sequences) == told
    assert "2026-01-20 00:00:00 3" in repr(told)
    assert answers.dtypes.astype(str).tolist() == ["string[pyarrow]", "int8[pyarrow]"]
    assert "ready" in repr(sequences.nclue.check())


def test_only_users_that_count_have_a_sequence():
    sequences, answers = LOG.nclue.to_snapshots(
        cutoffs=["2026-01-20", "2026-01-30"], min_events=2, gap="1D", **OPTIONS
    )
    assert sorted(sequences["user_id"]) == sorted(answers["user_id"]) == [
        "aat2026m01d20", "aat2026m01d30", "bat2026m01d30",
    ]  # fmt: skip


def test_a_cutoff_without_a_user_is_told_once():
    with pytest.warns(nclue.NclueDataWarning, match="at 2026-01-01 00:00:00") as said:
        LOG.nclue.to_snapshots(cutoffs=["2026-01-01", "2026-01-20"], **OPTIONS)
    assert len(said) == 1


WRONG = {
    "cutoffs='2026-01-10'": {"cutoffs": "2026-01-10"},
    "cutoffs= is empty": {"cutoffs": []},
    "cutoff='soon'": {"cutoffs": ["soon"]},
    "2026-01-10 00:00:00 twice": {"cutoffs": ["2026-01-10", pd.Timestamp("2026-01-10")]},
    "a whole second": {"cutoffs": ["2026-01-10T00:00:00.5"]},
    "gap='-1D'": {"cutoffs": ["2026-01-10"], "gap": "-1D"},
    "max_tokens=0": {"cutoffs": ["2026-01-10"], "max_tokens": 0},
}


@pytest.mark.parametrize("message", WRONG)
def test_options(message):
    with pytest.raises(nclue.errors.ConfigurationError, match=message):
        LOG.nclue.to_snapshots(**OPTIONS | WRONG[message])


def test_an_id_that_its_cutoff_makes_too_long():
    log = LOG.assign(user=LOG["user"].replace("b", "b" * 90))
    with pytest.raises(nclue.errors.InvalidDataError, match="with the cutoff, has more than 100"):
        log.nclue.to_snapshots(cutoffs=["2026-01-20"], **OPTIONS)


def test_faults_of_the_log_are_those_of_the_last_cutoff():
    log = LOG.assign(item=LOG["item"].where(LOG.index != 4))
    with pytest.raises(nclue.errors.InvalidDataError, match="null") as caught:
        log.nclue.to_snapshots(cutoffs=["2026-01-10", "2026-01-30"], **OPTIONS)
    assert caught.value.problems[0].rows == (4,)


def test_ids_that_are_of_no_snapshot():
    scores = pd.DataFrame({"user_id": ["aat2026m01d20", "a", None], "score": 0.5})
    with pytest.raises(nclue.errors.InvalidDataError, match="2 of 3 ids") as caught:
        scores.nclue.from_snapshots()
    assert caught.value.rows["user_id"].tolist()[0] == "a"
    for other in ("aat2026m13d20", "aattime5"):
        mixed = pd.DataFrame({"user_id": ["aat2026m01d20", other]})
        with pytest.raises(nclue.errors.InvalidDataError, match="no time|several kinds"):
            mixed.nclue.from_snapshots()
    with pytest.raises(nclue.errors.InvalidDataError, match="column 'cutoff' already"):
        scores.head(1).assign(cutoff=1).nclue.from_snapshots()
