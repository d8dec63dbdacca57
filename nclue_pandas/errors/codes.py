"""The service's own error codes, one class each, with cause and remedy.

Source of the codes: the NCLUE API reference; :data:`nclue_pandas.contract.ERROR_CODES` has their
HTTP statuses. Cause and remedy are ours.

What the codes in a failed job's message mean, and what to do about each. Source of the codes: the
NCLUE user guide. The message may carry other text around the code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nclue_pandas.contract import FAIL_CODES
from nclue_pandas.errors.base import JobFailed
from nclue_pandas.errors.service import ApiError, NotFoundError, more
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _


class AccessDenied(ApiError, PermissionError):  # noqa: N818 - the service's own word
    """401 10100 ACCESS_DENIED."""

    code = 10100
    cause = N_("The key pair has no right to NCLUE.")
    remedy = N_(
        "Give the sub account the policy NCP_VPC_NCLUE_MANAGER, and check that the "
        "account is subscribed to NCLUE."
    )


class NameTooLong(ApiError):  # noqa: N818 - the service's own word
    """422 10101 NAME_TOO_LONG."""

    code = 10101
    cause = N_("The name has more than 100 characters, or none.")
    remedy = N_("Choose a name of 1 to 100 characters.")


class DuplicateName(ApiError):  # noqa: N818 - the service's own word
    """409 10102 DUPLICATE_NAME."""

    code = 10102
    cause = N_("The name is taken by another job of the same kind; a failed job owns its name too.")
    remedy = N_("Choose another name, or delete that job first.")


class InvalidPathCharacter(ApiError):  # noqa: N818 - the service's own word
    """422 10103 INVALID_PATH_CHARACTER."""

    code = 10103
    cause = N_("The path holds a character that the service refuses.")
    remedy = N_("Use letters, digits and / . - _ ( ) ! = only.")


class InvalidCharacterInTrainPath(ApiError):  # noqa: N818 - the service's own word
    """422 10104 INVALID_CHARACTER_IN_TRAIN_PATH."""

    code = 10104
    cause = N_("The path of the train answers holds a character that the service refuses.")
    remedy = N_("Use letters, digits and / . - _ ( ) ! = only.")


class InvalidCharacterInTestPath(ApiError):  # noqa: N818 - the service's own word
    """422 10105 INVALID_CHARACTER_IN_TEST_PATH."""

    code = 10105
    cause = N_("The path of the test answers holds a character that the service refuses.")
    remedy = N_("Use letters, digits and / . - _ ( ) ! = only.")


class PathNotFound(NotFoundError):  # noqa: N818 - the service's own word
    """404 10106 PATH_NOT_FOUND."""

    code = 10106
    cause = N_("Nothing is at the path in the bucket.")
    remedy = N_(
        "Check the key of the file or directory, and that the bucket is in the same account."
    )


class TrainPathNotFound(NotFoundError):  # noqa: N818 - the service's own word
    """404 10107 TRAIN_PATH_NOT_FOUND."""

    code = 10107
    cause = N_("Nothing is at the path of the train answers.")
    remedy = N_("Check the key of the file in the bucket.")


class TestPathNotFound(NotFoundError):  # noqa: N818 - the service's own word
    """404 10108 TEST_PATH_NOT_FOUND."""

    code = 10108
    cause = N_("Nothing is at the path of the test answers.")
    remedy = N_("Check the key of the file in the bucket.")


class PersonalDataNotAllowed(ApiError):  # noqa: N818 - the service's own word
    """422 10109 PERSONAL_DATA_NOT_ALLOWED."""

    code = 10109
    cause = N_(
        "The file holds what looks like personal data: a resident registration, "
        "passport, driver's license, card or mobile number, or an e-mail address."
    )
    remedy = N_(
        "Find the rows with check(), or where it finds none with client.find_refused(); "
        "then use to_sequences(personal_data='mask') or pseudonymize() the ids."
    )


class PersonalDataInTrainFile(ApiError):  # noqa: N818 - the service's own word
    """422 10110 PERSONAL_DATA_IN_TRAIN_FILE."""

    code = 10110
    cause = N_("The train answers hold what looks like personal data.")
    remedy = N_("pseudonymize() the ids in sequences and answers alike.")


class PersonalDataInTestFile(ApiError):  # noqa: N818 - the service's own word
    """422 10111 PERSONAL_DATA_IN_TEST_FILE."""

    code = 10111
    cause = N_("The test answers hold what looks like personal data.")
    remedy = N_("pseudonymize() the ids in sequences and answers alike.")


class TooManyKeywords(ApiError):  # noqa: N818 - the service's own word
    """422 10112 TOO_MANY_KEYWORDS."""

    code = 10112
    cause = N_("The keywords have more than 1,000 characters together.")
    remedy = N_("Give fewer or shorter keywords.")


class IncompatibleModel(ApiError):  # noqa: N818 - the service's own word
    """409 10113 INCOMPATIBLE_MODEL."""

    code = 10113
    cause = N_(
        "The Task cannot be applied to this Feature: most likely the two are of "
        "different NCLUE models, as after a change of the model (the console shows the "
        "model of each Feature)."
    )
    remedy = N_(
        "Make the older Feature anew, so that both are of the present model, and train "
        "the Task on it; or run the Task on the Feature that it was trained on."
    )


class FeatureProcessing(ApiError):  # noqa: N818 - the service's own word
    """409 10114 FEATURE_PROCESSING."""

    code = 10114
    cause = N_("The Feature is not completed yet.")
    remedy = N_("Wait for it: feature.wait().")


class TaskProcessing(ApiError):  # noqa: N818 - the service's own word
    """409 10115 TASK_PROCESSING."""

    code = 10115
    cause = N_("The Task is not completed yet.")
    remedy = N_("Wait for it: task.wait().")


class RunProcessing(ApiError):  # noqa: N818 - the service's own word
    """409 10116 RUN_PROCESSING."""

    code = 10116
    cause = N_("The Run is being processed.")
    remedy = N_("Wait for it: run.wait().")


class ProfileProcessing(ApiError):  # noqa: N818 - the service's own word
    """409 10117 PROFILE_PROCESSING."""

    code = 10117
    cause = N_("The profile is being processed.")
    remedy = N_("Wait for it: profile.wait().")


class KeywordRequired(ApiError):  # noqa: N818 - the service's own word
    """422 10118 KEYWORD_REQUIRED."""

    code = 10118
    cause = N_("No keyword was given.")
    remedy = N_("Give at least one keyword.")


class StorageFull(ApiError):  # noqa: N818 - the service's own word
    """422 10119 STORAGE_FULL."""

    code = 10119
    cause = N_(
        "The account's NCLUE storage is full: features, tasks and shopping intents live in it."
    )
    remedy = N_("Delete jobs that are no longer needed; client.usage() shows what is large.")


class EmptyContentInPath(ApiError):  # noqa: N818 - the service's own word
    """422 10121 EMPTY_CONTENT_IN_PATH."""

    code = 10121
    cause = N_("The file is empty.")
    remedy = N_("Publish the dataset again, and check that the frame has rows.")


class EmptyContentInTrainPath(ApiError):  # noqa: N818 - the service's own word
    """422 10122 EMPTY_CONTENT_IN_TRAIN_PATH."""

    code = 10122
    cause = N_("The file of the train answers is empty.")
    remedy = N_("Publish the answers again, and check that the frame has rows.")


class EmptyContentInTestPath(ApiError):  # noqa: N818 - the service's own word
    """422 10123 EMPTY_CONTENT_IN_TEST_PATH."""

    code = 10123
    cause = N_("The file of the test answers is empty.")
    remedy = N_("Publish the answers again, and check that the frame has rows.")


class ProfileNotFound(NotFoundError):  # noqa: N818 - the service's own word
    """404 10124 PROFILE_NOT_FOUND."""

    code = 10124
    cause = N_("No profile has this id.")
    remedy = N_("List the profiles: list_shopping_intents(), list_custom_attributes().")


class InvalidResultFilePath(ApiError):  # noqa: N818 - the service's own word
    """422 10130 INVALID_RESULT_FILE_PATH."""

    code = 10130
    cause = N_("The path for the result is not accepted.")
    remedy = N_("Use letters, digits and / . - _ ( ) ! = only.")


class ObjectStorageAccessDenied(ApiError, PermissionError):  # noqa: N818 - the service's own word
    """422 10131 OBJECT_STORAGE_ACCESS_DENIED."""

    code = 10131
    cause = N_("NCLUE may not read from or write to the bucket.")
    remedy = N_(
        "Give the sub account rights to Object Storage, and check the bucket's access control."
    )


class ObjectStorageAccountRequired(NotFoundError):  # noqa: N818 - the service's own word
    """404 10132 OBJECT_STORAGE_ACCOUNT_REQUIRED."""

    code = 10132
    cause = N_("The account is not subscribed to Object Storage.")
    remedy = N_("Subscribe to Object Storage in the NCP console.")


class InvalidLimit(ApiError):  # noqa: N818 - the service's own word
    """422 10133 INVALID_LIMIT."""

    code = 10133
    cause = N_("The limit of a list is not between 1 and 100.")
    remedy = N_("Ask for 1 to 100 items.")


class FeatureInUse(ApiError):  # noqa: N818 - the service's own word
    """409 10134 FEATURE_IN_USE."""

    code = 10134
    cause = N_("Tasks, runs or profiles that use the Feature are not finished.")
    remedy = N_("Wait for them, then delete the Feature again.")


class TaskInUse(ApiError):  # noqa: N818 - the service's own word
    """409 10135 TASK_IN_USE."""

    code = 10135
    cause = N_("Runs or profiles that use the Task are not finished.")
    remedy = N_("Wait for them, then delete the Task again.")


class BucketNotFound(NotFoundError):  # noqa: N818 - the service's own word
    """404 10136 BUCKET_NOT_FOUND."""

    code = 10136
    cause = N_("The bucket does not exist in this account.")
    remedy = N_("Check the bucket's name; creating one is done in the NCP console.")


#: Code -> class.
CODED: dict[int, type[ApiError]] = {
    error.code: error
    for error in (
        AccessDenied,
        NameTooLong,
        DuplicateName,
        InvalidPathCharacter,
        InvalidCharacterInTrainPath,
        InvalidCharacterInTestPath,
        PathNotFound,
        TrainPathNotFound,
        TestPathNotFound,
        PersonalDataNotAllowed,
        PersonalDataInTrainFile,
        PersonalDataInTestFile,
        TooManyKeywords,
        IncompatibleModel,
        FeatureProcessing,
        TaskProcessing,
        RunProcessing,
        ProfileProcessing,
        KeywordRequired,
        StorageFull,
        EmptyContentInPath,
        EmptyContentInTrainPath,
        EmptyContentInTestPath,
        ProfileNotFound,
        InvalidResultFilePath,
        ObjectStorageAccessDenied,
        ObjectStorageAccountRequired,
        InvalidLimit,
        FeatureInUse,
        TaskInUse,
        BucketNotFound,
    )
}


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


#: A failed job keeps its name, and creating it again under that name picks it up as it is: it is
#: deleted first.
FAILURES: dict[str, Failure] = {
    "COMMON_ERROR": Failure(
        N_("The service failed for a reason that it does not name."),
        N_(
            "Send the job's id to NCP's support desk, which is the documented remedy. To "
            "try once more all the same: delete the job (job.delete()), then create it "
            "again."
        ),
    ),
    "DISK_SPACE_SHORTAGE": Failure(
        N_("The account's NCLUE storage is full: features, tasks and shopping intents live in it."),
        N_(
            "Delete jobs that are no longer needed (client.usage() shows what is large). "
            "Delete the job (job.delete()), then create it again."
        ),
        temporary=True,
    ),
    "DUPLICATE_USERID": Failure(
        N_("A user id occurs more than once in the dataset, counted over all its part files."),
        N_("Make the ids unique (to_sequences gives one row per user) and create a new job."),
    ),
    "LIMIT_ERROR_MID_LENGTH": Failure(
        N_("A user id is longer than 100 characters."),
        N_("Shorten the ids, for example with pseudonymize(), and create a new job."),
    ),
    "NOT_EXIST_FILE": Failure(
        N_("The dataset file is absent or empty."),
        N_(
            "Check that the path still exists on Object Storage. Delete the job "
            "(job.delete()), then create it again."
        ),
        temporary=True,
    ),
    "NUM_OF_LABEL_INSUFFICIENT": Failure(
        N_("Fewer than 100 zeros or fewer than 100 ones are among the users of the Feature."),
        N_("Give more answers, or answers whose users are in the Feature."),
    ),
    "OBS_DOWNLOAD_FAILED": Failure(
        N_("The service could not read from Object Storage."),
        N_(
            "Delete the job (job.delete()), then create it again; if it fails again, "
            "check the service's access to the bucket."
        ),
        temporary=True,
    ),
    "OBS_UPLOAD_FAILED": Failure(
        N_("The service could not write to Object Storage; this is temporary."),
        N_("Delete the job (job.delete()), then create it again."),
        temporary=True,
    ),
    "OBS_USER_FILE_ACCESS_ERROR": Failure(
        N_("The service has no access to the file on Object Storage."),
        N_(
            "Check the rights of the bucket and of the sub account. Delete the job "
            "(job.delete()), then create it again."
        ),
        temporary=True,
    ),
    "UNEXPECTED_FILE_TYPE": Failure(
        N_("A dataset file is not of the expected type: its name must end in .csv."),
        N_("Give a .csv file, or a directory that holds only such files."),
    ),
    "UNEXPECTED_LABEL": Failure(
        N_("A label in the answers is neither 0 nor 1."),
        N_("Correct the labels and create a new job."),
    ),
    "UNEXPECTED_TXT_FORMAT": Failure(
        N_("A line is not a user id, a TAB and a text (or a 0/1 label)."),
        N_("Write the dataset with this library, or correct the lines."),
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
    told = _("{kind} {name!r} ({id}) failed.").format(kind=kind, name=name, id=job_id)
    said = _("The service says: {message}") if message else _("The service gives no reason.")
    failure = FAILURES.get(code or "")
    why = (
        f"{_(failure.cause)} {_(failure.remedy)}"
        if failure
        else _("No cause is documented for this.")
    )
    error = JobFailed(
        f"{told} {said.format(message=message)} {why}",
        kind=kind,
        job_id=job_id,
        name=name,
        fail_code=code,
        fail_message=message,
    )
    if failure:
        error.message += " " + more(repr(code), error.link)
    return error
