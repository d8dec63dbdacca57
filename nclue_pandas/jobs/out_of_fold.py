"""Scores without leakage for another model: one chain for each fold, made together.

The chains share the Feature. Each trains on the answers of all folds but its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from nclue_pandas.deadline import Deadline
from nclue_pandas.frames.columns import find_column
from nclue_pandas.frames.cross_checks import UNMATCHED, answer_window
from nclue_pandas.frames.folds import in_memory
from nclue_pandas.frames.held_out import held_out
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.problems import raise_problems
from nclue_pandas.frames.reports import FoldReport
from nclue_pandas.jobs.exactly_once import check_name
from nclue_pandas.jobs.plan import plan_chains
from nclue_pandas.jobs.predict import run_chains
from nclue_pandas.progress import step
from nclue_pandas.translation import N_

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.held_out import Folds
    from nclue_pandas.jobs.datasets import AnswerSource
    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.plan import Plan
    from nclue_pandas.jobs.reference import ClientLike

_ADVICE = N_("Make the same call of out_of_fold() again: it goes on where it stopped.")


def run_out_of_fold(
    client: ClientLike, inputs: Inputs, folds: Folds, *, timeout: float | None
) -> pd.DataFrame:
    """Do what is not done yet of the chains of all folds, wait, and put the scores together."""
    check_name(inputs.name)
    deadline = Deadline.of(client.clock, timeout, _ADVICE)
    inputs.raise_problems()
    chains = chains_of(inputs, folds)
    raise_problems(too_few(inputs, chains), inputs.answers.iloc[:0])
    inputs.warn()
    with step(N_("out of fold"), inputs.name, fold=folds.count) as made_of:
        scores = run_chains(client, chains, deadline)
        made_of["user"] = sum(map(len, scores))
    columns = inputs.columns
    ids, labeled = (
        id_text(find_column(in_memory(frame[[columns.user]]), columns.user, "user"))
        for frame in (inputs.sequences, inputs.answers)
    )
    made = held_out(ids, labeled, folds, scores)
    told = FoldReport(
        folds=folds.count,
        seed=folds.seed,
        users=len(made),
        labeled=int(made["fold"].notna().sum()),
        cutoff=answer_window(inputs.answers, columns.label)[0],
    )
    return told.attach(made)


def plan_folds(client: ClientLike, inputs: Inputs, folds: Folds) -> Plan:
    """Look at the frames, the bucket and the job lists; change nothing."""
    check_name(inputs.name)
    if inputs.problems:
        return plan_chains(client, inputs.name, [inputs], inputs.problems)
    chains = chains_of(inputs, folds)
    problems = too_few(inputs, chains)
    if not problems:
        inputs.warn()
    return plan_chains(client, inputs.name, chains, problems)


def chains_of(inputs: Inputs, folds: Folds) -> list[Inputs]:
    """Make the inputs of each fold's chain; the sequences are read and hashed once."""
    ids = id_text(find_column(inputs.answers, inputs.columns.user, "user"))
    fold, chains = folds.of_users(ids), []
    for number in range(folds.count):
        chain = replace(inputs, answers=inputs.answers[fold != number])
        chain.sources["sequences"] = inputs.sources["sequences"]
        chains.append(chain)
    return chains


def too_few(inputs: Inputs, chains: list[Inputs]) -> tuple[Problem, ...]:
    """Say of which folds the others have too few users of a label to train on."""
    users, problems = inputs.sources["sequences"].users(), []
    for number, chain in enumerate(chains):
        match = cast("AnswerSource", chain.sources["answers"]).match(users)
        if match.too_few:
            found = replace(match.problem(UNMATCHED), code="few_labels_without_fold")
            remedy = "Take more folds, so that each model is trained on more users."
            problems.append(replace(found, argument=f"without fold {number}", remedy=remedy))
    return tuple(problems)
