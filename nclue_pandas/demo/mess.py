"""The same shop's log as a till would export it: everything that real logs are full of."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from nclue_pandas.demo.shop import make_log

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
