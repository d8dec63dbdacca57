"""Pictures of two simple scores of a made-up log: how often a user bought tea, and how recently."""

import matplotlib.pyplot as plt

import nclue_pandas as nclue
from nclue_pandas.demo import make_log

events = make_log()
cutoff = "2026-05-25"
tea = events["category"] == "tea"
answers = nclue.to_answers(
    events, user="customer_id", time="ts", cutoff=cutoff, horizon="30D", positive=tea
)
past = events[events["ts"] < cutoff].assign(tea=tea)
users = past.groupby("customer_id", as_index=False).agg(bought=("tea", "sum"), last=("ts", "max"))
ids = users.rename(columns={"customer_id": "user_id"})[["user_id"]]
often = ids.assign(score=users["bought"] / (users["bought"] + 5))
recent = ids.assign(score=users["last"].rank(pct=True))

figure, axes = plt.subplots(2, 2, figsize=(9.5, 8), layout="constrained")
for name, scores in {"often": often, "recently": recent}.items():
    nclue.plot_gain(scores, answers, ax=axes[0, 0], name=name)
    nclue.plot_roc(scores, answers, ax=axes[0, 1], name=name)
nclue.plot_scores(often, answers, ax=axes[1, 0])
nclue.plot_calibration(often, answers, ax=axes[1, 1], name="often")
