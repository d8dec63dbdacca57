"""AUROCs of a model and of free scores at two points of the past, with the sandbox's model."""

import nclue_pandas as nclue
from nclue_pandas.demo import make_log

nclue.connect("sandbox")
events = make_log()
found = events.nclue.backtest(
    user="customer_id",
    time="ts",
    behavior="item",
    positive=events["category"] == "tea",
    cutoffs=["2026-04-30", "2026-05-30"],
    horizon="30D",
    name="tea",
)
nclue.plot_backtest(found)
