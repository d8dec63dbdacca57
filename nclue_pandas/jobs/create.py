"""Making jobs: from frames (checked, published, created) or from what is there already.

Everything that can be refused is refused before anything is sent: names, keywords, paths, rows.
What the service alone can refuse (a name that is taken, keys, a clock that is off) it refuses
after the upload; then what this call wrote is removed again, see
:mod:`nclue_pandas.jobs.exactly_once`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nclue_pandas.contract import KEYWORDS_LENGTH, NAME_LENGTH, forbidden_in_path
from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames.checks import FEW_LABELS, warn_of_doubts
from nclue_pandas.frames.cross_checks import (
    Known,
    answer_window,
    last_event,
    sample_of,
    warn_of_reach,
)
from nclue_pandas.frames.problems import raise_problems
from nclue_pandas.jobs.datasets import source_of
from nclue_pandas.jobs.exactly_once import check_name, create, withdrawn_if_refused
from nclue_pandas.jobs.handles import CustomAttributes, Feature, Run, ShoppingIntent, Task
from nclue_pandas.jobs.wait import wait_by
from nclue_pandas.progress import step
from nclue_pandas.service import operations
from nclue_pandas.storage.layout import result_directory
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.errors import Problem
    from nclue_pandas.jobs.datasets import AnswerSource, Columns, Source
    from nclue_pandas.jobs.reference import ClientLike


def make_feature(client: ClientLike, name: str, frame: Any, columns: Columns) -> Feature:
    """Check and publish sequences, then create the Feature."""
    check_name(name)
    sequences = source_of(frame, "sequences", columns)
    found = sequences.check()
    found.raise_if_any()
    warn_of_doubts(found.warnings)
    known = Known(last_event(sequences.told()))
    with step(N_("create feature"), name) as made:
        dataset = sequences.publish(client, name)
        with withdrawn_if_refused(client, operations.FEATURE, dataset):
            feature = make_feature_from_path(client, name, dataset.path, dataset.bucket, known)
        made |= {"user": dataset.rows, "byte": dataset.size}
    return feature.expect(dataset.rows)


def make_feature_from_path(
    client: ClientLike, name: str, path: str, bucket: str | None, known: Known | None = None
) -> Feature:
    """Create a Feature from a file, or a directory of part files, on Object Storage."""
    fields = {"source_bucket": bucket or client.storage.name, "source_file_path": _path(path)}
    return Feature.of(create(client, operations.FEATURE, name, fields), client, known)


def make_task(client: ClientLike, name: str, train: Answers, test: Answers | None) -> Task:
    """Check and publish answers, wait for their Features, then create the Task."""
    check_name(name)
    sides = [side for side in (train, test) if side is not None]
    _check_sides(sides)
    known = _known_of(sides)
    if test is not None and test.feature == train.feature:
        test.answers.match(train.answers.users()).warn_of_seen()
    with step(N_("create task"), name) as made:
        _wait_for(client, *(side.feature for side in sides))
        datasets = [side.answers.publish(client, name) for side in sides]
        paths = [
            AnswerPath(side.feature, dataset.path, dataset.bucket)
            for side, dataset in zip(sides, datasets, strict=True)
        ]
        made["answer"] = sum(each.rows for each in datasets)
        with withdrawn_if_refused(client, operations.TASK, *datasets):
            return make_task_from_paths(client, name, *paths, known=known)


@dataclass(frozen=True)
class Answers:
    """Answers and the Feature that holds their users."""

    feature: Feature
    answers: AnswerSource


@dataclass(frozen=True)
class AnswerPath:
    """An answer file in a bucket, by default the client's, and the Feature that holds its users."""

    feature: Feature
    path: str
    bucket: str | None = None


def make_task_from_paths(
    client: ClientLike,
    name: str,
    train: AnswerPath,
    test: AnswerPath | None = None,
    *,
    known: Known | None = None,
) -> Task:
    """Create a Task from answer files on Object Storage."""
    fields = {}
    for role, side in (("train", train), ("test", test)):
        if side is not None:
            fields[f"{role}_feature_id"] = side.feature.id
            fields[f"{role}_bucket"] = side.bucket or client.storage.name
            fields[f"{role}_file_path"] = _path(side.path)
    _wait_for(client, *(side.feature for side in (train, test) if side is not None))
    return Task.of(create(client, operations.TASK, name, fields), client, known)


def make_run(client: ClientLike, name: str | None, task: Task, feature: Feature) -> Run:
    """Score every user of `feature` by `task`, into a fresh directory."""
    name = name or _default_run_name(task, feature)
    check_name(name)
    with step(N_("create run"), name) as made:
        _wait_for(client, task, feature)
        fields = {"task_id": task.id, "feature_id": feature.id, **_result_place(client, name)}
        record = create(client, operations.RUN, name, fields)
        made["user"] = users_of(feature) or 0
    return Run.of(record, client, _known_of_run(task, feature)).expect(users_of(feature))


def make_shopping_intent(client: ClientLike, name: str, task: Task) -> ShoppingIntent:
    """Profile the target group of `task`."""
    check_name(name)
    with step(N_("create profile"), name):
        _wait_for(client, task)
        record = create(client, operations.SHOPPING_INTENT, name, {"task_id": task.id})
    return ShoppingIntent.of(record, client)


def make_custom_attributes(
    client: ClientLike, name: str, feature: Feature, keywords: Sequence[str]
) -> CustomAttributes:
    """Score every user of `feature` by likeness to `keywords`, into a fresh directory."""
    check_name(name)
    wanted = check_keywords(keywords)
    with step(N_("create profile"), name, keyword=len(wanted)) as made:
        _wait_for(client, feature)
        fields = {"feature_id": feature.id, "keywords": wanted, **_result_place(client, name)}
        record = create(client, operations.CUSTOM_ATTRIBUTES, name, fields)
        made["user"] = users_of(feature) or 0
    return CustomAttributes.of(record, client, feature.known).expect(users_of(feature))


def _known_of_run(task: Task, feature: Feature) -> Known | None:
    """Tell what scores are made of: a model, and the users whom it scores."""
    model, scored = task.known or Known(), feature.known or Known()
    if model == scored == Known():
        return None
    own = scored.last_event is None or scored.last_event == model.last_event
    return replace(model, last_event=scored.last_event, told=model.told and own)


def _known_of(sides: Sequence[Answers]) -> Known:
    """Warn, once, when sequences reach into the time of answers; tell what a Task is made of."""
    pairs = [
        (
            None if side.feature.known is None else side.feature.known.last_event,
            answer_window(side.answers.told(), side.answers.columns.label)[0],
        )
        for side in sides
    ]
    told = any(warn_of_reach(last, cutoff) for last, cutoff in pairs)
    return Known(*pairs[0], sample_of(sides[0].answers.users()), told)


def _check_sides(sides: Sequence[Answers]) -> None:
    """Refuse what the service would refuse in answers to train and to test on; tell the rest."""
    found = [
        check_answers(side.answers, trained_on=first)
        for side, first in zip(sides, (True, False), strict=False)
    ]
    warn_of_doubts(doubt for doubts in found for doubt in doubts)


def check_answers(answers: Source, *, trained_on: bool = True) -> tuple[Problem, ...]:
    """Refuse what the service would refuse in an answer dataset; return what it may refuse.

    That test answers may be fewer than 100 of a label is an assumption: the documentation asks
    for that number without saying of which file, and the service tells when it wants more.
    """
    found = answers.check()
    raise_problems(
        [problem for problem in found.problems if trained_on or problem.code != FEW_LABELS],
        found.rows,
    )
    return found.warnings


def check_test_feature(feature: Feature | str | None, answers: Any, argument: str) -> None:
    """Refuse a Feature to test on without answers to test with."""
    if feature is not None and answers is None:
        raise ConfigurationError(
            _(
                "test_feature= has no effect without {argument}=: give the answers to test with, "
                "or leave it out, and the service splits the answers by itself."
            ).format(argument=argument)
        )


def check_keywords(keywords: Sequence[str]) -> tuple[str, ...]:
    """Refuse keywords that the service would refuse, or would take apart.

    The request separates them by a newline and the answer by a comma, so that neither can be in
    one; together they may have 1,000 characters (contract, custom attributes).
    """
    if isinstance(keywords, str):
        raise InvalidDataError(
            _("keywords is one text; give a list of keywords, for example [{keywords!r}].").format(
                keywords=keywords
            )
        )
    words = tuple(str(word).strip() for word in keywords)
    if not words or "" in words:
        raise InvalidDataError(_("Give at least one keyword, and no empty one."))
    torn = [word for word in words if "," in word or "\n" in word or "\r" in word]
    if torn:
        raise InvalidDataError(
            _(
                "A keyword cannot hold a comma or a newline: {torn!r}. Split it into several "
                "keywords, or leave the character out."
            ).format(torn=torn)
        )
    length = len("\n".join(words))
    if length > KEYWORDS_LENGTH:
        raise InvalidDataError(
            _(
                "The keywords have {length:,} characters with their separators; the service takes "
                "at most {most:,}. Leave some out."
            ).format(length=length, most=KEYWORDS_LENGTH)
        )
    return words


def _wait_for(client: ClientLike, *jobs: Feature | Task) -> None:
    """Wait for what a create call needs completed (10114, 10115 otherwise)."""
    own = client.ref.account, client.ref.api_url
    for job in dict.fromkeys(jobs):
        there = job.client.ref
        if (there.account, there.api_url) != own:
            raise ConfigurationError(
                _(
                    "{kind} {name!r} belongs to another account ({theirs} at {their_url}) than "
                    "the client ({ours} at {our_url}). Use jobs of one account together, or give "
                    "client= the one of this job."
                ).format(
                    kind=job.kind.title,
                    name=job.name or job.id,
                    theirs=there.account,
                    their_url=there.api_url,
                    ours=own[0],
                    our_url=own[1],
                )
            )
        if not job.completed:
            wait_by([job], client.deadline)
        job.raise_if_wrong()


def users_of(feature: Feature) -> int | None:
    """Return the users of a Feature, as they were sent or as the service counts them."""
    return feature.record.user_count if feature.users is None else feature.users


def _result_place(client: ClientLike, name: str) -> dict[str, Any]:
    return {
        "result_bucket": client.storage.name,
        "result_file_path": result_directory(client.ref.prefix, name),
    }


def _path(path: str) -> str:
    if not path:
        raise InvalidDataError(
            "The path is empty. Give the key of a file inside the bucket, or of a directory with a "
            "slash at its end."
        )
    forbidden = forbidden_in_path(path)
    if forbidden:
        raise InvalidDataError(
            f"The path {path!r} holds characters that the service refuses: {forbidden!r}. "
            "Give the key inside the bucket, in letters, digits and / . - _ ( ) ! = only."
        )
    return path


def _default_run_name(task: Task, feature: Feature) -> str:
    name = f"{task.name or task.id} on {feature.name or feature.id}"
    if len(name) <= NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: NAME_LENGTH - 9]}-{digest}"
