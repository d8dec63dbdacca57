"""What the highest scored have more often than others."""

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
sequences = events.nclue.to_sequences(
    user="customer_id", time="ts", behavior="category", until="2026-05-25"
)
nclue.behaviors(free, sequences, score="positive_count").plot()
