"""How the scores moved from one week to the next."""

import nclue_pandas as nclue
from nclue_pandas.demo import make_log

events = make_log()
past = {
    "user": "customer_id",
    "time": "ts",
    "cutoff": "2026-05-25",
    "positive": events["category"] == "tea",
}
answers = events.nclue.to_answers(**past, horizon="30D")
free = events.nclue.baselines(**past)  # scores that cost nothing: recency, frequency, ...
later = events.nclue.baselines(**past | {"cutoff": "2026-06-01"})
nclue.drift(free, later, score="positive_rate").plot()
