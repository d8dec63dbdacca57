"""A backtest: one chain for each cutoff, made together, what they share once."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from nclue_pandas.deadline import Deadline
from nclue_pandas.frames.backtest import measure_folds
from nclue_pandas.frames.evaluation import check_confidence
from nclue_pandas.frames.folds import tell_once
from nclue_pandas.frames.problems import raise_problems
from nclue_pandas.jobs.exactly_once import check_name
from nclue_pandas.jobs.inputs import Inputs
from nclue_pandas.jobs.plan import plan_chains
from nclue_pandas.jobs.predict import run_chains
from nclue_pandas.progress import step
from nclue_pandas.translation import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.backtest import Backtest
    from nclue_pandas.frames.folds import Fold, Question
    from nclue_pandas.jobs.plan import Plan
    from nclue_pandas.jobs.reference import ClientLike

_ADVICE = N_("Make the same call of backtest() again: it goes on where it stopped.")


def run_backtest(
    client: ClientLike,
    events: pd.DataFrame,
    question: Question,
    *,
    name: str,
    confidence: float,
    timeout: float | None,
) -> Backtest:
    """Do what is not done yet of the chains of all cutoffs, wait, and measure their scores."""
    check_name(name)
    check_confidence(confidence)
    deadline = Deadline.of(client.clock, timeout, _ADVICE)
    folds = question.folds(events)
    chains = _chains(name, folds)
    if problems := _problems(folds, chains):
        raise_problems(problems, _rows(folds, chains))
    _warn(chains)
    with step(N_("backtest"), name, cutoff=len(folds)) as made:
        scores = run_chains(client, chains, deadline)
        made["user"] = sum(map(len, scores))
        return measure_folds(name, folds, scores, confidence)


def plan_backtest(
    client: ClientLike, events: pd.DataFrame, question: Question, *, name: str
) -> Plan:
    """Look at the frames, the bucket and the job lists; change nothing."""
    check_name(name)
    folds = question.folds(events)
    chains = _chains(name, folds)
    problems = _problems(folds, chains)
    if not problems:
        _warn(chains)
    return plan_chains(client, name, chains, problems)


def _chains(name: str, folds: Sequence[Fold]) -> list[Inputs]:
    """Make the inputs of each chain; frames that folds share are read and hashed once."""
    made = [Inputs(name, each.sequences, each.answers, score_on=each.score_on) for each in folds]
    sources: dict[int, Any] = {}
    for inputs in made:
        for role, source in inputs.sources.items():
            frame = getattr(inputs, role)
            inputs.sources[role] = sources.setdefault(id(frame), source)
    return made


def _problems(folds: Sequence[Fold], chains: Sequence[Inputs]) -> tuple[Problem, ...]:
    """Return what the service would refuse, or nobody could measure, at any cutoff."""
    return tuple(
        problem
        for fold, inputs in zip(folds, chains, strict=True)
        for problem in (
            *(
                replace(each, argument=f"cutoff {fold.cutoff}, {each.argument}")
                for each in inputs.problems
            ),
            *fold.problems,
        )
    )


def _rows(folds: Sequence[Fold], chains: Sequence[Inputs]) -> pd.DataFrame:
    """Return the rows with problems; the first levels of the index name cutoff and frame."""
    rows = {
        str(fold.cutoff): inputs.rows.astype(object)
        for fold, inputs in zip(folds, chains, strict=True)
        if len(inputs.rows)
    }
    return pd.concat(rows, names=["cutoff"]) if rows else pd.DataFrame()


def _warn(chains: Sequence[Inputs]) -> None:
    with warnings.catch_warnings(record=True, action="always") as caught:
        for inputs in chains:
            inputs.warn()
    tell_once(caught)
