"""What the codes in a failed job's message mean, and what to do about each.

Source of the codes: the NCLUE user guide. The message may carry other text around the code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nclue_pandas.contract import FAIL_CODES
from nclue_pandas.errors import JobFailed


@dataclass(frozen=True)
class Failure:
    """Cause and remedy of one fail code.

    Parameters
    ----------
    cause, remedy : str
        For people.
    temporary : bool
        Whether the same job, created again, may succeed.
    """

    cause: str
    remedy: str
    temporary: bool = False


#: A failed job keeps its name, and creating it again under that name picks it up as it is.
_ANEW: Final = "Delete the job (job.delete()), then create it again"

FAILURES: dict[str, Failure] = {
    "COMMON_ERROR": Failure(
        "The service failed for a reason that it does not name.",
        "Send the job's id to NCP's support desk, which is the documented remedy. To try once "
        f"more all the same: {_ANEW[0].lower()}{_ANEW[1:]}.",
    ),
    "DISK_SPACE_SHORTAGE": Failure(
        "The account's NCLUE storage is full: features, tasks and shopping intents live in it.",
        f"Delete jobs that are no longer needed (client.usage() shows what is large). {_ANEW}.",
        temporary=True,
    ),
    "DUPLICATE_USERID": Failure(
        "A user id occurs more than once in the dataset, counted over all its part files.",
        "Make the ids unique (to_sequences gives one row per user) and create a new job.",
    ),
    "LIMIT_ERROR_MID_LENGTH": Failure(
        "A user id is longer than 100 characters.",
        "Shorten the ids, for example with pseudonymize(), and create a new job.",
    ),
    "NOT_EXIST_FILE": Failure(
        "The dataset file is absent or empty.",
        f"Check that the path still exists on Object Storage. {_ANEW}.",
        temporary=True,
    ),
    "NUM_OF_LABEL_INSUFFICIENT": Failure(
        "Fewer than 100 zeros or fewer than 100 ones are among the users of the Feature.",
        "Give more answers, or answers whose users are in the Feature.",
    ),
    "OBS_DOWNLOAD_FAILED": Failure(
        "The service could not read from Object Storage.",
        f"{_ANEW}; if it fails again, check the service's access to the bucket.",
        temporary=True,
    ),
    "OBS_UPLOAD_FAILED": Failure(
        "The service could not write to Object Storage; this is temporary.",
        f"{_ANEW}.",
        temporary=True,
    ),
    "OBS_USER_FILE_ACCESS_ERROR": Failure(
        "The service has no access to the file on Object Storage.",
        f"Check the rights of the bucket and of the sub account. {_ANEW}.",
        temporary=True,
    ),
    "UNEXPECTED_FILE_TYPE": Failure(
        "A dataset file is not of the expected type: its name must end in .csv.",
        "Give a .csv file, or a directory that holds only such files.",
    ),
    "UNEXPECTED_LABEL": Failure(
        "A label in the answers is neither 0 nor 1.",
        "Correct the labels and create a new job.",
    ),
    "UNEXPECTED_TXT_FORMAT": Failure(
        "A line is not a user id, a TAB and a text (or a 0/1 label).",
        "Write the dataset with this library, or correct the lines.",
    ),
}

_CODE = re.compile("|".join(sorted(FAIL_CODES, key=len, reverse=True)))


def fail_code(message: str | None) -> str | None:
    """Return the documented code in a fail message, or None.

    Examples
    --------
    >>> fail_code("job 12: DUPLICATE_USERID (part-00001.csv)")
    'DUPLICATE_USERID'
    """
    found = _CODE.search(message or "")
    return found.group() if found else None


def is_temporary(message: str | None) -> bool:
    """Return whether a job that failed with `message` may succeed when created again."""
    code = fail_code(message)
    return code is not None and FAILURES[code].temporary


def job_failed(kind: str, job_id: str, name: str | None, message: str | None) -> JobFailed:
    """Make the error of a failed job, with the documented cause and remedy."""
    code = fail_code(message)
    said = f"The service says: {message}" if message else "The service gives no reason."
    failure = FAILURES.get(code or "")
    why = f"{failure.cause} {failure.remedy}" if failure else "No cause is documented for this."
    error = JobFailed(
        f"{kind} {name!r} ({job_id}) failed. {said} {why}",
        kind=kind,
        job_id=job_id,
        name=name,
        fail_code=code,
        fail_message=message,
    )
    if failure:
        error.message += f" More: nclue_pandas.explain({code!r}), or {error.link}"
    return error
