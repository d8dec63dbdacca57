"""What a campaign brought, beside its control group."""

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
audience = nclue.audience(free, score="recency", share=0.5, control=0.2, seed="spring sale")
bought = events.loc[past["positive"] & (events["ts"] >= "2026-05-25"), "customer_id"]
nclue.measure(audience, bought).plot()
