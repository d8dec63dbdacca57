"""The jobs of the service: made, aged by the clock, worked off, told of, deleted.

What each kind of job does when its time has come. Threads do it: a request never works, and holds
the lock for moments only. Whoever asks for small jobs waits for what is in work, so that the
answers are the same on a slow machine; large ones are told to be in progress.
"""

from __future__ import annotations

import math
import random
import threading
import time
import uuid
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nclue_pandas.contract import (
    COMPLETED,
    FAILED,
    IN_PROGRESS,
    PENDING,
    REGISTERED,
    ROWS_PER_LABEL,
)
from nclue_pandas.sandbox import model, profiles
from nclue_pandas.sandbox.files import Failed, read_answers, read_sequences
from nclue_pandas.sandbox.refusals import nclue, not_found
from nclue_pandas.sandbox.settings import KOREAN_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future

    from nclue_pandas.sandbox.object_storage import ObjectStorage
    from nclue_pandas.sandbox.settings import SandboxSettings

FEATURE: Final = "feature"
TASK: Final = "task"
RUN: Final = "run"
SHOPPING_INTENT: Final = "shopping_intent"
CUSTOM_ATTRIBUTES: Final = "custom_attributes"
KINDS: Final = (FEATURE, TASK, RUN, SHOPPING_INTENT, CUSTOM_ATTRIBUTES)
#: Kind -> code of a refusal because of the job's own state.
PROCESSING: Final = {
    FEATURE: 10114,
    TASK: 10115,
    RUN: 10116,
    SHOPPING_INTENT: 10117,
    CUSTOM_ATTRIBUTES: 10117,
}
#: Fields of a create request for a task that are given together or not at all.
TEST_FIELDS: Final = ("test_feature_id", "test_bucket", "test_file_path")
_IN_USE: Final = {FEATURE: 10134, TASK: 10135}
#: Shares of a job's time after which it is pending, and in progress.
_PENDING_FROM, _IN_PROGRESS_FROM = 0.25, 0.5
#: Bytes of data up to which a job is small: done in a second, and waited for.
SMALL: Final = 8 * 2**20
_MEGABYTE: Final = 1e6


@dataclass(eq=False)
class Job:
    """One job.

    Parameters
    ----------
    kind, id, name : str
        What it is.
    created : float
        Seconds since the epoch, on the service's clock.
    request : dict
        The fields that it was created with.
    uses : tuple of Job
        The features and tasks that it depends on.
    size : int
        Bytes of the data that it works on.
    state : str
        Of the life cycle.
    work : Future or None
        Done when its work is; None before that was begun.
    finished : float or None
        When it was completed or failed.
    fail_message : str or None
        Why it failed.
    figures : dict
        Fields of the answer that the work brings.
    product : object
        What other jobs need of it: representations, a model, a profile.
    """

    kind: str
    id: str
    name: str
    created: float
    request: dict[str, Any]
    uses: tuple[Job, ...] = ()
    size: int = 0
    state: str = REGISTERED
    work: Future[None] | None = None
    finished: float | None = None
    fail_message: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    product: Any = None

    @property
    def done(self) -> bool:
        """Whether it was completed or failed."""
        return self.finished is not None


class Registry:
    """All jobs of the account.

    Parameters
    ----------
    settings : callable
        Gives the present settings.
    work : callable
        Does a job's work: fills its figures and its product, or raises :class:`Failed`.
    """

    def __init__(
        self, settings: Callable[[], SandboxSettings], work: Callable[[Job], None]
    ) -> None:
        self._settings = settings
        self._work = work
        self._jobs: dict[str, dict[str, Job]] = {kind: {} for kind in KINDS}
        self._failures: dict[str, deque[str]] = {kind: deque() for kind in KINDS}
        self._random = random.Random(settings().seed)  # noqa: S311 - ids that repeat with the seed
        self._deleted: list[tuple[Job, float]] = []
        self._ahead = 0.0
        #: When the last finished task was finished: the next one begins no sooner.
        self._tasks_free = 0.0
        #: Held for moments: neither while a job is worked off nor while one is waited for.
        self.lock = threading.RLock()
        self._start_threads()

    def clear(self) -> None:
        """Forget all jobs and the failures that wait for one, and let end what is in work."""
        with self.lock:
            self._deleted.clear()
            for kind in KINDS:
                self._jobs[kind].clear()
                self._failures[kind].clear()
            threads = self._small, self._large
            self._start_threads()
        for each in threads:
            each.shutdown(cancel_futures=True)

    def _start_threads(self) -> None:
        """Let small jobs not wait for large ones; one of each at a time bounds the memory."""
        self._small = ThreadPoolExecutor(1, thread_name_prefix="nclue-small-jobs")
        self._large = ThreadPoolExecutor(1, thread_name_prefix="nclue-large-jobs")

    def now(self) -> float:
        """Return the time that jobs age by, in seconds since the epoch."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let jobs age by so many seconds at once."""
        self._ahead += seconds

    def fail_next(self, kind: str, message: str) -> None:
        """Let the next job of a kind that is worked off fail with this message."""
        self._failures[kind].append(message)

    def check_name(self, kind: str, name: str) -> None:
        """Refuse a name that another job of the kind has."""
        with self.lock:
            if any(job.name == name for job in self._jobs[kind].values()):
                raise nclue(10102, name)

    def add(
        self,
        kind: str,
        name: str,
        request: dict[str, Any],
        uses: tuple[Job, ...],
        *,
        size: int = 0,
    ) -> Job:
        """Register a job of an own name.

        Raises
        ------
        Refusal
            When another came first with the name, or deleted what it uses.
        """
        with self.lock:
            self.check_name(kind, name)
            for used in uses:
                self._held(used.kind, used.id)
            job_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
            job = Job(kind, job_id, name, self.now(), request, uses, size)
            self._jobs[kind][job_id] = job
            self._age(kind)
        return job

    def get(self, kind: str, job_id: str) -> Job:
        """Return a job in its present state.

        Raises
        ------
        Refusal
            When there is none of that id.
        """
        self._settle(kind)
        return self._held(kind, job_id)

    def _held(self, kind: str, job_id: str) -> Job:
        with self.lock:
            job = self._jobs[kind].get(job_id)
        if job is None:
            profile = kind in {SHOPPING_INTENT, CUSTOM_ATTRIBUTES}
            raise nclue(10124, job_id) if profile else not_found(kind)
        return job

    def completed(self, kind: str, job_id: str) -> Job:
        """Return a job that others may use.

        Raises
        ------
        Refusal
            When it is not completed.
        """
        job = self.get(kind, job_id)
        if job.state != COMPLETED:
            raise nclue(PROCESSING[kind], f"{kind} {job.name} is {job.state}")
        return job

    def all(self, kind: str) -> list[Job]:
        """Return the jobs of a kind as lists show them: late, where they lag."""
        self._settle(kind)
        shown_until = self.now() - self._settings().list_lag
        with self.lock:
            self._deleted = [(job, when) for job, when in self._deleted if when > shown_until]
            gone = [job for job, _ in self._deleted if job.kind == kind]
            jobs = sorted([*gone, *self._jobs[kind].values()], key=lambda job: job.created)
        shown = [job for job in reversed(jobs) if job.created <= shown_until]
        if self._settings().list_order == "oldest":
            shown.reverse()
        elif self._settings().list_order == "shuffled":
            shown.sort(key=lambda job: job.id)
        return shown

    def delete(self, kind: str, job_id: str) -> None:
        """Delete a job, or cancel it while it is registered.

        Raises
        ------
        Refusal
            When it is being processed, or others that use it are not finished.
        """
        for each in KINDS:
            self._settle(each)
        with self.lock:
            job = self._held(kind, job_id)
            processed = job.state in {PENDING, IN_PROGRESS}
            if processed and self._settings().delete_processing == "refuse":
                raise nclue(PROCESSING[kind], f"{kind} {job.name} is {job.state}")
            for other in [other for kind in KINDS for other in self._jobs[kind].values()]:
                if job in other.uses and not other.done:
                    raise nclue(_IN_USE[kind], f"{other.kind} {other.name} is {other.state}")
            del self._jobs[kind][job_id]
            self._deleted.append((job, self.now()))

    def disk_usage(self) -> int:
        """Return the bytes that all jobs take in the service's own storage."""
        with self.lock:
            jobs = [job for kind in KINDS for job in self._jobs[kind].values()]
        return sum(job.figures.get("disk_usage", 0) for job in jobs)

    def _settle(self, kind: str) -> None:
        """Bring the jobs of a kind to their present state, and wait for small ones in work."""
        while True:
            with self.lock:
                self._age(kind)
                jobs = [job for job in self._jobs[kind].values() if not job.done]
                working = [job.work for job in jobs if job.work and job.size <= SMALL]
            for work in working:
                work.result()
            if not working:
                return

    def _age(self, kind: str) -> None:
        """Bring the jobs of a kind to their present state; tasks one at a time, in order."""
        settings, free = self._settings(), self._tasks_free
        for job in [job for job in self._jobs[kind].values() if not job.done]:
            start = max(job.created, free) if kind == TASK else job.created
            megabytes = job.size / _MEGABYTE
            seconds = settings.job_seconds + settings.job_seconds_per_megabyte * megabytes
            self._step(job, start, seconds)
            waits = start > job.created and settings.waiting_task == PENDING
            if waits and job.state == REGISTERED:
                job.state = PENDING
            free = math.inf if job.work else start + seconds

    def _step(self, job: Job, start: float, seconds: float) -> None:
        elapsed = self.now() - start
        if elapsed >= seconds * _IN_PROGRESS_FROM or job.work:
            job.state = IN_PROGRESS
        elif elapsed >= seconds * _PENDING_FROM:
            job.state = PENDING
        else:
            job.state = REGISTERED
        if elapsed >= seconds and job.work is None:
            failures = self._failures[job.kind]
            failure = failures.popleft() if failures else None
            threads = self._small if job.size <= SMALL else self._large
            job.work = threads.submit(self._do, job, start + seconds, failure)

    def _do(self, job: Job, due: float, failure: str | None) -> None:
        """Do the work of a job whose time has come; a mistake in it fails it and is shown."""
        began = time.time()
        message: str | None = "COMMON_ERROR"
        try:
            if failure is None:
                self._work(job)
            message = failure
        except Failed as failed:
            message = str(failed)
        finally:
            with self.lock:
                job.state = COMPLETED if message is None else FAILED
                job.fail_message = message
                job.finished = due + time.time() - began
                if job.kind == TASK:
                    self._tasks_free = job.finished


#: Bytes of a 64-bit number.
_NUMBER = 8


@dataclass(frozen=True)
class Users:
    """What a feature keeps of its users.

    Parameters
    ----------
    behaviors : Behaviors
        What they did.
    representations : Representations
        The same users as vectors.
    """

    behaviors: model.Behaviors
    representations: model.Representations

    @property
    def ids(self) -> tuple[str, ...]:
        """The users' ids."""
        return self.representations.user_ids

    @cached_property
    def likeness(self) -> profiles.Likeness:
        """How much they are like keywords: prepared once for all keywords."""
        return profiles.Likeness(self.behaviors)


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
            FEATURE: self._feature,
            TASK: self._task,
            RUN: self._run,
            SHOPPING_INTENT: self._shopping_intent,
            CUSTOM_ATTRIBUTES: self._custom_attributes,
        }
        steps[job.kind](job)

    def _feature(self, job: Job) -> None:
        source = job.request["source_bucket"], job.request["source_file_path"]
        sequences = read_sequences(self._storage, *source)
        behaviors = model.Behaviors.of(list(sequences.values()))
        made = model.Representations.of(list(sequences), behaviors)
        self._occupy(job, int(made.matrix.data.nbytes + made.matrix.indices.nbytes))
        job.product = Users(behaviors, made)
        job.figures |= {"user_count": len(sequences), "token_count": made.tokens}

    def _task(self, job: Job) -> None:
        train_on: Users = job.uses[0].product
        rows, labels = self._answers(job, "train", train_on)
        if min(np.sum(labels == 0), np.sum(labels == 1)) < ROWS_PER_LABEL:
            raise Failed("NUM_OF_LABEL_INSUFFICIENT")
        trained = model.train(train_on.representations, labels, rows)
        if job.request.get("test_file_path"):
            auroc = self._tested(job, trained)
        else:
            seed = self._settings().seed
            auroc = model.held_out_auroc(train_on.representations, rows, labels, seed=seed)
        target = tuple(train_on.ids[row] for row in rows[labels == 1])
        self._occupy(job, _NUMBER * len(rows))
        job.product = Trained(trained, train_on, target)
        counted = [each.product for each in job.uses]
        lines = sum(len(users.ids) for users in counted)
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
        row_of = {user: row for row, user in enumerate(users.ids)}
        known = [(row_of[user], label) for user, label in answers.items() if user in row_of]
        rows, labels = np.array(known, dtype=np.int64).reshape(-1, 2).T
        return rows, labels

    def _run(self, job: Job) -> None:
        task, feature = job.uses
        users: Users = feature.product
        scores = task.product.model.score(users.representations)
        self._write_scores(job, users.ids, scores)

    def _custom_attributes(self, job: Job) -> None:
        users: Users = job.uses[0].product
        keywords = [word.strip() for word in job.request["keyword_set"].split("\n")]
        wanted = [word for word in keywords if word]
        self._write_scores(job, users.ids, users.likeness(wanted))

    def _shopping_intent(self, job: Job) -> None:
        trained: Trained = job.uses[0].product
        users = trained.users
        target = set(trained.target)
        in_target = np.array([user in target for user in users.ids])
        rows = profiles.shopping_intent(users.behaviors, in_target)
        lines = [f"{c}\t{value}\t{share:.6f}\t{lift:.6f}" for c, value, share, lift in rows]
        job.product = self._text("category\tvalue\tshare\tlift", lines)
        self._occupy(job, len(job.product))
        job.figures |= {"line_count": len(users.ids)}

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
