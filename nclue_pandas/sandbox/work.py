"""What each kind of job does when its time has come."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from nclue_pandas.contract import ROWS_PER_LABEL
from nclue_pandas.sandbox import jobs, model, profiles
from nclue_pandas.sandbox.answers import KOREAN_TIME
from nclue_pandas.sandbox.datasets import Failed, read_answers, read_sequences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nclue_pandas.sandbox.jobs import Job
    from nclue_pandas.sandbox.object_storage import ObjectStorage
    from nclue_pandas.sandbox.settings import SandboxSettings

#: Bytes of a 64-bit number.
_NUMBER = 8


@dataclass(frozen=True)
class Users:
    """What a feature keeps of its users.

    Parameters
    ----------
    sequences : dict
        User id -> behaviors.
    representations : Representations
        The same users as vectors.
    """

    sequences: dict[str, str]
    representations: model.Representations


@dataclass(frozen=True)
class Trained:
    """What a task keeps.

    Parameters
    ----------
    model : Model
        Scores representations.
    users : Users
        Those of its train feature.
    target : tuple of str
        Ids with label 1.
    """

    model: model.Model
    users: Users
    target: tuple[str, ...]


class Worker:
    """Does the work of jobs on the files of one store.

    Parameters
    ----------
    storage : ObjectStorage
        Where datasets are, and results go.
    settings : callable
        Gives the present settings.
    disk_usage : callable
        Gives the bytes in use.
    """

    def __init__(
        self,
        storage: ObjectStorage,
        settings: Callable[[], SandboxSettings],
        disk_usage: Callable[[], int],
    ) -> None:
        self._storage = storage
        self._settings = settings
        self._disk_usage = disk_usage

    def __call__(self, job: Job) -> None:
        """Do the work of a job.

        Raises
        ------
        Failed
            With the documented code, when it cannot be done.
        """
        steps: dict[str, Callable[[Job], None]] = {
            jobs.FEATURE: self._feature,
            jobs.TASK: self._task,
            jobs.RUN: self._run,
            jobs.SHOPPING_INTENT: self._shopping_intent,
            jobs.CUSTOM_ATTRIBUTES: self._custom_attributes,
        }
        steps[job.kind](job)

    def _feature(self, job: Job) -> None:
        source = job.request["source_bucket"], job.request["source_file_path"]
        sequences = read_sequences(self._storage, *source)
        made = model.Representations.of(list(sequences), list(sequences.values()))
        self._occupy(job, int(made.matrix.data.nbytes + made.matrix.indices.nbytes))
        job.product = Users(sequences, made)
        job.figures |= {"user_count": len(sequences), "token_count": made.tokens}

    def _task(self, job: Job) -> None:
        train_on: Users = job.uses[0].product
        rows, labels = self._answers(job, "train", train_on)
        if min(np.sum(labels == 0), np.sum(labels == 1)) < ROWS_PER_LABEL:
            raise Failed("NUM_OF_LABEL_INSUFFICIENT")
        seed = self._settings().seed
        trained = model.train(train_on.representations, labels, rows, seed=seed)
        if job.request.get("test_file_path"):
            auroc = self._tested(job, trained)
        else:
            auroc = model.held_out_auroc(train_on.representations, rows, labels, seed=seed)
        ids = train_on.representations.user_ids
        target = tuple(ids[row] for row in rows[labels == 1])
        self._occupy(job, _NUMBER * len(rows))
        job.product = Trained(trained, train_on, target)
        counted = [each.product for each in job.uses]
        lines = sum(len(users.sequences) for users in counted)
        job.figures |= {"AUROC": auroc, "line_count": lines}

    def _tested(self, job: Job, trained: model.Model) -> float:
        test_on: Users = job.uses[-1].product
        rows, labels = self._answers(job, "test", test_on)
        least = ROWS_PER_LABEL if self._settings().few_labels == "both" else 1
        if min(np.sum(labels == 0), np.sum(labels == 1)) < least:
            raise Failed("NUM_OF_LABEL_INSUFFICIENT")
        scores = trained.score(test_on.representations)[rows]
        return model.auroc(labels, scores)

    def _answers(self, job: Job, role: str, users: Users) -> tuple[Any, Any]:
        """Return rows of the feature, and the labels of these users."""
        place = job.request[f"{role}_bucket"], job.request[f"{role}_file_path"]
        answers = read_answers(self._storage, *place)
        row_of = {user: row for row, user in enumerate(users.representations.user_ids)}
        known = [(row_of[user], label) for user, label in answers.items() if user in row_of]
        rows, labels = np.array(known, dtype=np.int64).reshape(-1, 2).T
        return rows, labels

    def _run(self, job: Job) -> None:
        task, feature = job.uses
        users: Users = feature.product
        scores = task.product.model.score(users.representations)
        self._write_scores(job, users.representations.user_ids, scores)

    def _custom_attributes(self, job: Job) -> None:
        users: Users = job.uses[0].product
        keywords = [word.strip() for word in job.request["keyword_set"].split("\n")]
        wanted = [word for word in keywords if word]
        scores = profiles.similarity(list(users.sequences.values()), wanted)
        self._write_scores(job, list(users.sequences), scores)

    def _shopping_intent(self, job: Job) -> None:
        trained: Trained = job.uses[0].product
        users = trained.users
        target = set(trained.target)
        in_target = np.array([user in target for user in users.sequences])
        rows = profiles.shopping_intent(list(users.sequences.values()), in_target)
        lines = [f"{c}\t{value}\t{share:.6f}\t{lift:.6f}" for c, value, share, lift in rows]
        job.product = self._text("category\tvalue\tshare\tlift", lines)
        self._occupy(job, len(job.product))
        job.figures |= {"line_count": len(users.sequences)}

    def _write_scores(self, job: Job, users: Sequence[str], scores: Iterable[float]) -> None:
        """Write a result file, in an order of its own, as the documentation promises none."""
        settings = self._settings()
        scale = 100 if settings.score_range == "percent" else 1
        more = "\tA" if settings.result_extra else ""
        lines = [
            f"{user}\t{score * scale:.9f}{more}" for user, score in zip(users, scores, strict=True)
        ]
        chance = random.Random(f"{settings.seed} {job.id}")  # noqa: S311 - repeats
        if settings.result_order == "by_id":
            lines.sort()
        else:
            chance.shuffle(lines)
        bucket, path = job.request["result_bucket"], job.request["result_file_path"]
        if not self._storage.has_bucket(bucket):
            raise Failed("OBS_UPLOAD_FAILED")
        mark = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=8))
        zone = KOREAN_TIME if settings.result_hour == "korean" else UTC
        hour = datetime.fromtimestamp(job.created, tz=zone).strftime("%Y%m%d%H")
        stem = f"{path}nclue" if path.endswith("/") else path
        key = f"{stem.lstrip('/')}_{mark}_{hour}.tsv"
        self._storage.put(
            bucket, key, self._text("user_id\tscore" + ("\tgrade" if more else ""), lines)
        )
        job.figures |= {"line_count": len(lines), "final_path": key}

    def _text(self, header: str, lines: list[str]) -> bytes:
        head = [header] if self._settings().result_header else []
        return "".join(f"{line}\n" for line in [*head, *lines]).encode()

    def _occupy(self, job: Job, size: int) -> None:
        limit = self._settings().storage_limit
        if limit is not None and self._disk_usage() + size > limit:
            raise Failed("DISK_SPACE_SHORTAGE")
        job.figures["disk_usage"] = size
