"""What the highest do more often, against a count user by user and SciPy."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy import stats

import nclue_pandas as nclue
from nclue_pandas.errors import ConfigurationError, InvalidDataError, MissingColumnError
from nclue_pandas.frames import behavior_lift

WORDS = ["tea", "milk", "텐트", "a b", ">", "-"]


def slow_counts(scores, sequences, size):
    """Count user by user."""
    known = {user: text for user, text in sequences if user in scores}
    ordered = sorted(known, key=lambda user: -scores[user])
    top = set(ordered[:size])
    counts = {}
    for user, text in known.items():
        for behavior in set(text.split("->")) - {""}:
            users, highest = counts.get(behavior, (0, 0))
            counts[behavior] = users + 1, highest + (user in top)
    return counts, len(known)


@given(st.data())
def test_counts_are_those_of_the_slow_way(data):
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    many = data.draw(st.integers(2, 40))
    texts = [
        "->".join(data.draw(st.lists(st.sampled_from(WORDS), max_size=6))) for _ in range(many)
    ]
    users = [f"u{n}" for n in range(many)]
    scores = dict(zip([*users[1:], "other"], random.permutation(many) / many, strict=True))
    frame = pd.DataFrame({"user_id": list(scores), "score": list(scores.values())})
    sequences = pd.DataFrame({"user_id": users, "sequence": texts})
    share = data.draw(st.sampled_from([0.5, 0.75, 0.9]))
    if int(share * (many - 1)) == 0 or many < 3:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(behavior_lift, "_BLOCK_USERS", data.draw(st.integers(1, 50)))
        found = nclue.behaviors(frame, sequences, share=share, min_users=1)
    counts, known = slow_counts(scores, zip(users, texts, strict=True), found.highest)
    assert found.highest + found.rest == known == many - 1
    assert found.highest == int(share * known + 1e-6)
    rows = found.table.set_index("behavior")
    assert {name: (row.users, row.highest) for name, row in rows.iterrows()} == counts
    assert (found.found, found.tested) == (len(counts), len(counts))
    assert (found.unmatched_scores, found.unmatched_sequences) == (1, 1)
    for _, row in rows.iterrows():
        expected = stats.hypergeom.sf(row.highest - 1, known, row.users, found.highest)
        assert row.p_value == pytest.approx(expected, abs=1e-9)
        assert row.lift == pytest.approx(row.highest / found.highest / (row.users / known))
        assert row.share_rest == pytest.approx((row.users - row.highest) / found.rest)
        assert row.lift_low <= row.lift + 1e-9
        assert row.lift <= row.lift_high + 1e-9 <= known / found.highest + 2e-9
    if len(rows):
        adjusted = stats.false_discovery_control(rows["p_value"].to_numpy())
        np.testing.assert_allclose(rows["p_adjusted"].to_numpy(), adjusted)
    assert rows["lift_low"].is_monotonic_decreasing


@pytest.fixture(scope="module")
def shop():
    """A hundred of a thousand users are scored high; most of them have a tent, some a map."""
    random = np.random.default_rng(8)
    users = np.arange(1_000)
    top = users >= 900
    texts = np.array(["tea->milk->tea"] * 1_000, dtype=object)
    texts[top & (random.random(1_000) < 0.8)] += "->tent"
    texts[~top & (random.random(1_000) < 0.05)] += "->tent"
    for number in range(200):
        texts[random.random(1_000) < 0.05] += f"->item {number}"
    return (
        pd.DataFrame({"user_id": users, "score": users / 1_000}),
        pd.DataFrame({"user_id": users.astype(str), "sequence": texts}),
    )


def test_what_the_highest_have_is_found_and_chance_is_not(shop):
    scores, sequences = shop
    found = scores.nclue.behaviors(sequences)
    first = found.table.iloc[0]
    assert first["behavior"] == "tent"
    assert first["lift_low"] < first["lift"] == pytest.approx(6.4, abs=1)
    surely = found.table[found.table["p_adjusted"] < 0.05]["behavior"].tolist()
    assert surely == ["tent"]
    assert (found.table["p_value"] < 0.05).sum() > 5, "uncorrected, chance would be told"
    tea = found.table.set_index("behavior").loc["tea"]
    assert (tea["users"], tea["highest"], tea["lift"], tea["p_value"]) == (1_000, 100, 1, 1)
    assert scores.nclue.behaviors(sequences.iloc[::-1]).to_dict() == found.to_dict()


def test_it_shows_itself(shop):
    scores, sequences = shop
    found = scores.iloc[1:].nclue.behaviors(sequences, share=100 / 999)
    lines = repr(found).splitlines()
    assert lines[:3] == [
        "Behaviors of the highest scored",
        "  Users      the 100 highest of 999",
        "  Behaviors  203, 203 of them of 10 users or more",
    ]
    assert lines[5].split()[0] == "tent"
    assert "Benjamini and Hochberg" in repr(found)
    assert "1 sequence without a score" in repr(found)
    assert "<table" in found._repr_html_()
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["table"][0]["behavior"] == "tent"
    dtypes = found.table.dtypes.astype(str)
    assert dtypes["behavior"] == "string[pyarrow]"
    assert dtypes["users"] == "int64[pyarrow]"
    assert dtypes["lift"] == "double[pyarrow]"


def test_rare_behaviors_are_counted_and_left_out(shop):
    scores, sequences = shop
    found = scores.nclue.behaviors(sequences, min_users=100)
    assert (found.found, found.tested) == (203, len(found.table))
    assert found.table["users"].min() >= 100
    none = scores.nclue.behaviors(sequences, min_users=2_000)
    assert (none.tested, len(none.table)) == (0, 0)
    assert "0 of them" in repr(none)
    with pytest.raises(InvalidDataError, match="min_users="):
        none.plot(ax=Figure().subplots())


@pytest.mark.parametrize(
    "dtype",
    [object, "str", "category", pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.large_string())],
)
def test_sequences_of_any_type_of_text(shop, dtype):
    scores, sequences = shop
    typed = sequences.assign(sequence=sequences["sequence"].astype(dtype))
    assert scores.nclue.behaviors(typed).to_dict() == scores.nclue.behaviors(sequences).to_dict()


def test_the_picture_shows_the_first_rows(shop):
    scores, sequences = shop
    found = scores.nclue.behaviors(sequences)
    ax = found.plot(ax=Figure().subplots(), rows=3)
    assert [text.get_text() for text in ax.get_yticklabels()] == found.table["behavior"][
        :3
    ].tolist()
    drawn = ax.lines[0].get_xdata()
    np.testing.assert_allclose(drawn, found.table["lift"][:3].to_numpy())
    segments = np.array(ax.collections[0].get_segments())
    np.testing.assert_allclose(segments[:, 0, 0], found.table["lift_low"][:3].to_numpy())
    np.testing.assert_allclose(segments[:, 1, 0], found.table["lift_high"][:3].to_numpy())
    with pytest.raises(ConfigurationError, match="rows=0"):
        found.plot(rows=0)


def test_what_cannot_be_compared(shop):
    scores, sequences = shop
    for options, named in (
        ({"share": 1}, "share=1"),
        ({"share": 0.0}, r"share=0\.0"),
        ({"min_users": 0}, "min_users=0"),
        ({"confidence": 95}, r"0\.95"),
    ):
        with pytest.raises(ConfigurationError, match=named):
            nclue.behaviors(object(), object(), **options)
    with pytest.raises(MissingColumnError, match="sequence="):
        scores.nclue.behaviors(scores)
    with pytest.raises(InvalidDataError, match="sequence="):
        scores.nclue.behaviors(sequences.assign(sequence=1))
    with pytest.raises(InvalidDataError, match="0 of 1,000 sequences"):
        scores.nclue.behaviors(sequences.assign(user_id="x" + sequences["user_id"]))
    with pytest.raises(InvalidDataError, match="occurs twice") as raised:
        scores.nclue.behaviors(sequences.assign(user_id="1"))
    assert len(raised.value.rows) == 1_000
