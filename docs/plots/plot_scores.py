"""How a score is spread among users with label 0 and with label 1."""

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
nclue.plot_scores(free, answers, score="positive_rate")
