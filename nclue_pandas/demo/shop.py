"""A shop log with something to learn in it: a hidden taste decides what is bought.

The same shop's log as a till would export it: everything that real logs are full of.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

#: Category -> its goods, in Korean and English as in a real shop.
GOODS: Final[dict[str, tuple[str, ...]]] = {
    "tea": (
        "녹차 티백 100개입",
        "earl grey tea tin",
        "보이차 선물세트",
        "glass tea pot",
        "말차 가루",
    ),
    "camping": (
        "2인용 텐트",
        "camping chair foldable",
        "LED 랜턴",
        "sleeping bag -5°C",
        "코펠 세트",
    ),
    "running": (
        "러닝화 270mm",
        "running socks 3 pack",
        "스포츠 시계",
        "energy gel box",
        "마라톤 바람막이",
    ),
    "baking": (
        "박력분 1kg",
        "silicone muffin pan",
        "바닐라 익스트랙트",
        "butter 450g",
        "쿠키 커터",
    ),
    "pets": ("고양이 모래 6L", "cat tower", "강아지 간식", "dog leash 2m", "펫 드라이룸"),
    "books": (
        "추리 소설",
        "cook book for two",
        "여행 에세이",
        "python for analysts",
        "그림책 세트",
    ),
}
START: Final = pd.Timestamp("2026-01-01")
DAYS: Final = 180
#: Users come back in proportion to their activity, which varies as in real shops.
_ACTIVITY_SHAPE: Final = 1.6
_MEAN_EVENTS: Final = 24
#: The smaller, the more a user keeps to one taste.
_TASTE_CONCENTRATION: Final = 0.35


def make_log(*, users: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """Make the event log of a small shop.

    Parameters
    ----------
    users : int, default 2000
        Customers.
    seed : int, default 0
        The same seed, the same log.

    Returns
    -------
    pandas.DataFrame
        One row per purchase, about 24 per customer over 180 days, not sorted by time:
        ``customer_id`` (str, such as ``"C00042"``), ``ts`` (datetime64), ``category`` and
        ``item`` (str, Korean and English), ``price`` (int64, won).

    Raises
    ------
    ValueError
        When `users` is below 1.

    Examples
    --------
    >>> log = make_log(users=100)
    >>> sorted(log.columns)
    ['category', 'customer_id', 'item', 'price', 'ts']
    >>> log["customer_id"].nunique()
    100
    """
    if users < 1:
        raise ValueError(f"users={users}: a log needs at least one.")
    rng = np.random.default_rng(seed)
    categories = np.array(list(GOODS))
    taste = rng.dirichlet(np.full(len(categories), _TASTE_CONCENTRATION), users)
    activity = rng.gamma(_ACTIVITY_SHAPE, _MEAN_EVENTS / _ACTIVITY_SHAPE, users)
    counts = 1 + rng.poisson(activity)
    who = np.repeat(np.arange(users), counts)
    category = _draw(rng, np.cumsum(taste, axis=1)[who])
    good = rng.integers(0, len(next(iter(GOODS.values()))), len(who))
    seconds = rng.integers(0, DAYS * 86_400, len(who))
    order = rng.permutation(len(who))
    log = pd.DataFrame(
        {
            "customer_id": _ids(who),
            "ts": START + pd.to_timedelta(seconds, unit="s"),
            "category": categories[category],
            "item": np.array(list(GOODS.values()))[category, good],
            "price": rng.integers(3, 120, len(who)) * 500,
        }
    )
    return log.iloc[order].reset_index(drop=True)


def _draw(
    rng: np.random.Generator, cumulative: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Draw one column per row, by the row's cumulative probabilities."""
    drawn = (rng.random((len(cumulative), 1)) > cumulative).sum(axis=1)
    column: np.ndarray[tuple[int], np.dtype[np.intp]] = np.minimum(drawn, cumulative.shape[1] - 1)
    return column


def _ids(
    numbers: np.ndarray[tuple[int], np.dtype[np.intp]],
) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.char.add("C", np.char.zfill(numbers.astype(str), 5))


#: Lines of a till that are no goods.
NOTES: Final = ("POSTAGE", "수기 조정", "damaged?", "test")
#: What customers wrote into a line; the service refuses files that hold such data.
_REQUESTS: Final = ("문의: customer@example.com", "call me -> 010-1234-5678")
#: Shares of the lines; the rest is sound.
_NO_CUSTOMER, _CANCELED, _REPEATED, _NOTES, _PERSONAL = 0.18, 0.03, 0.02, 0.02, 0.001
_FIRST_CUSTOMER: Final = 12_000
_LARGEST_QUANTITY: Final = 7


def make_messy_log(*, users: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """Make the log of :func:`make_log` as messy as real ones are.

    Some lines have no customer, so that pandas makes floats of the ids. Some are canceled by a
    later line, some are there twice, and some are notes or hold personal data.

    Parameters
    ----------
    users : int, default 2000
        Customers.
    seed : int, default 0
        The same seed, the same log.

    Returns
    -------
    pandas.DataFrame
        ``invoice`` (str; a cancellation begins with C), ``customer_id`` (float64, null where it
        was not asked for), ``ts`` (datetime64), ``category`` (str, null for notes), ``item``
        (str), ``quantity`` (int64, negative in a cancellation), ``price`` (int64, won).

    Examples
    --------
    >>> log = make_messy_log(users=100)
    >>> str(log["customer_id"].dtype), bool(log["customer_id"].isna().any())
    ('float64', True)
    """
    rng = np.random.default_rng([seed, 1])
    clean = make_log(users=users, seed=seed)
    lines = len(clean)
    log = pd.DataFrame(
        {
            "invoice": np.char.add("5", np.char.zfill(np.arange(lines).astype(str), 6)),
            "customer_id": clean["customer_id"].str[1:].astype("float64") + _FIRST_CUSTOMER,
            "ts": clean["ts"],
            "category": clean["category"].astype(object),
            "item": clean["item"].astype(object),
            "quantity": rng.integers(1, _LARGEST_QUANTITY, lines),
            "price": clean["price"],
        }
    )
    canceled = _canceled(log, rng)
    for share, texts in ((_NOTES, NOTES), (_PERSONAL, _REQUESTS)):
        chosen = rng.random(lines) < share
        log.loc[chosen, "category"] = None
        log.loc[chosen, "item"] = rng.choice(np.array(texts, dtype=object), int(chosen.sum()))
    log.loc[rng.random(lines) < _NO_CUSTOMER, "customer_id"] = np.nan
    repeated = log[rng.random(lines) < _REPEATED]
    messy = pd.concat([log, canceled, repeated], ignore_index=True)
    return messy.iloc[rng.permutation(len(messy))].reset_index(drop=True)


def _canceled(log: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the lines that cancel others, some days later."""
    chosen = log[rng.random(len(log)) < _CANCELED]
    return chosen.assign(
        invoice="C" + chosen["invoice"],
        ts=chosen["ts"] + pd.to_timedelta(rng.integers(1, 10, len(chosen)), unit="D"),
        quantity=-chosen["quantity"],
    )
