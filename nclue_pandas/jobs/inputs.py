"""What the chain is made from, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

import pandas as pd

from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.checks import FEW_LABELS, warn_of_doubts
from nclue_pandas.frames.cross_checks import (
    Known,
    answer_window,
    last_event,
    sample_of,
    warn_of_leakage,
)
from nclue_pandas.frames.problems import raise_problems
from nclue_pandas.frames.reports import reaches
from nclue_pandas.jobs.datasets import Columns, source_of, taken

if TYPE_CHECKING:
    from nclue_pandas.errors import Problem
    from nclue_pandas.frames.checks import CheckReport
    from nclue_pandas.frames.cross_checks import Match, Users
    from nclue_pandas.jobs.datasets import AnswerSource, Source
    from nclue_pandas.storage.layout import Kind

#: The inputs of the chain, and what each of them holds.
_ROLES: Final[dict[str, Kind]] = {
    "sequences": "sequences",
    "answers": "answers",
    "score_on": "sequences",
    "test": "answers",
}


@dataclass(frozen=True)
class Inputs:
    """What the chain is made from.

    Parameters
    ----------
    name : str
        Where the names of the jobs begin.
    sequences : pandas.DataFrame
        Users and their sequences, to train on.
    answers : pandas.DataFrame
        Users and their labels.
    score_on : pandas.DataFrame, optional
        Sequences whose users are scored; by default `sequences`.
    test : pandas.DataFrame, optional
        Answers to test on.
    columns : Columns
        Names of the columns of all frames.
    """

    name: str
    sequences: pd.DataFrame
    answers: pd.DataFrame
    score_on: pd.DataFrame | None = None
    test: pd.DataFrame | None = None
    columns: Columns = field(default_factory=Columns)

    def __post_init__(self) -> None:
        for role, kind in _ROLES.items():
            if (frame := getattr(self, role)) is not None:
                object.__setattr__(self, role, taken(frame, role))
                self.columns.require(kind, getattr(self, role))

    @cached_property
    def sources(self) -> dict[str, Source]:
        """What the datasets are made from, by the names of the frames."""
        return {
            role: source_of(frame, kind, self.columns)
            for role, kind in _ROLES.items()
            if (frame := getattr(self, role)) is not None
        }

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What the service would refuse in any of the frames, or in them together."""
        return tuple(problem for report in self._reports.values() for problem in report.problems)

    def raise_problems(self) -> None:
        """Raise the problems of all frames at once, with their rows.

        Raises
        ------
        PersonalDataError
            When personal data is among the problems.
        InvalidDataError
            For other problems.
        """
        if self.problems:
            raise_problems(self.problems, self.rows)

    @property
    def rows(self) -> pd.DataFrame:
        """The rows with problems; the first level of the index names their frame."""
        rows = {role: each.rows for role, each in self._reports.items() if len(each.rows)}
        if len(rows) > 1:  # columns that only one of them has must not change the others' types
            rows = {role: frame.astype(object) for role, frame in rows.items()}
        return pd.concat(rows, names=["frame"]) if rows else pd.DataFrame()

    def warn(self) -> None:
        """Warn of what the service takes, and what makes its figures wrong."""
        warn_of_doubts(each for report in self._reports.values() for each in report.warnings)
        self._warn_of_leakage()
        self._matched.warn("answers")
        if self.test is not None:
            test = self._answers("test")
            test.match(self._users).warn("test")
            test.match(self.sources["answers"].users()).warn_of_seen()

    def carry(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Let the scores tell what they were made of, as far as the frames do."""
        answers = self._answers("answers")
        last = last_event(self.sources.get("score_on", self.sources["sequences"]).told())
        cutoff, _ = answer_window(answers.told(), self.columns.label)
        told = self.score_on is None and reaches(last, cutoff)
        return Known(last, cutoff, sample_of(answers.users()), told).carry(scores)

    @cached_property
    def _reports(self) -> dict[str, CheckReport]:
        """What was found, by the names of the frames; users are matched when both are sound."""
        found = {role: self._check(role) for role in self.sources}
        if found["sequences"].ok and found["answers"].ok:
            found["answers"] = self._match(found["answers"])
        return found

    def _check(self, role: str) -> CheckReport:
        try:
            report = self.sources[role].check()
        except InvalidDataError as error:
            error.add_note(f"This is about the frame that was given as {role}.")
            raise
        problems, warnings = (
            tuple(
                replace(problem, argument=role)
                for problem in found
                if role != "test" or problem.code != FEW_LABELS
            )
            for found in (report.problems, report.warnings)
        )
        return replace(report, problems=problems, warnings=warnings)

    def _match(self, report: CheckReport) -> CheckReport:
        """Find answers of unknown users, where too few of the others are left."""
        if not self._matched.too_few:
            return report
        unmatched, rows = self._answers("answers").unmatched(self._users)
        problem = replace(self._matched.problem(unmatched), argument="answers")
        return replace(report, problems=(problem,), rows=rows)

    @cached_property
    def _users(self) -> Users:
        return self.sources["sequences"].users()

    @cached_property
    def _matched(self) -> Match:
        return self._answers("answers").match(self._users)

    def _answers(self, role: str) -> AnswerSource:
        return cast("AnswerSource", self.sources[role])

    def _warn_of_leakage(self) -> None:
        """Warn, once, when the sequences to train on reach into the time of the answers."""
        sequences, *answers = (
            self.sources[role].told()
            for role in ("sequences", "answers", "test")
            if role in self.sources
        )
        for each in answers:
            if warn_of_leakage(sequences, each, label=self.columns.label):
                return
