"""Estimated tokens of each user against what the service takes."""

import nclue_pandas as nclue
from nclue_pandas.demo import make_log

sequences = make_log().nclue.to_sequences(user="customer_id", time="ts", behavior="item")
nclue.plot_token_use(sequences)
