"""AUROCs of four scores with their intervals."""

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
scores = {
    name: free[["user_id", name]].rename(columns={name: "score"})
    for name in ("positive_count", "positive_rate", "frequency", "recency")
}
nclue.compare(scores, answers).nclue.plot_comparison()
