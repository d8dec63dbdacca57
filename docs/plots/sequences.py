"""Pictures of the sequences of a made-up log."""

import matplotlib.pyplot as plt

import nclue_pandas as nclue
from nclue_pandas.demo import make_log

sequences = nclue.to_sequences(make_log(), user="customer_id", time="ts", behavior="item")
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
nclue.plot_sequence_lengths(sequences, ax=left)
nclue.plot_token_use(sequences, ax=right)
