"""How often users of each tenth bought, against the score that they had."""

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
nclue.plot_calibration(free, answers, score="positive_rate", name="share of tea")
