"""Every error of the package, in one tree.

::

    NclueError
    +-- ConfigurationError (ValueError)
    |   +-- CredentialsError
    |   +-- NotConnectedError
    |   +-- ClientNotFoundError (LookupError)
    +-- AlreadyRunningError
    +-- MissingExtraError (ImportError)
    +-- InvalidDataError (ValueError)
    |   +-- PersonalDataError
    |   +-- MissingColumnError (KeyError)
    +-- SpillError (OSError)
    +-- StorageError (OSError)
    |   +-- BucketNotFoundError, ObjectNotFoundError (FileNotFoundError)
    |   +-- StorageAccessError (PermissionError)
    |   +-- StorageTimeoutError (TimeoutError)
    |   +-- ForeignObjectError (FileExistsError)
    |   +-- IncompleteUploadError
    |   +-- ObjectChangedError
    |   +-- ResultNotFoundError (FileNotFoundError)
    |   +-- ResultFormatError (ValueError)
    +-- ServiceError
    |   +-- ConnectionFailedError, ConnectionBrokenError (ConnectionError)
    |   +-- RequestTimeoutError (TimeoutError)
    |   +-- AmbiguousCreateError
    |   +-- InvalidAnswerError (ValueError)
    |   +-- ApiError
    |       +-- BadRequest, AuthenticationError, SubscriptionError, Forbidden, NoSuchApi,
    |       |   TooLarge, QuotaExceeded, Throttled, BackendError     the gateway's
    |       +-- NotFoundError (LookupError)
    |       +-- one class per code of the service, see errors.codes
    +-- JobError
        +-- JobFailed
        +-- CountMismatchError (ValueError)
        +-- JobTimeout (TimeoutError)
        +-- JobNotFoundError (LookupError)
        +-- DuplicateNameError (ValueError)
        +-- JobNotCancellableError
        +-- UnconfirmedCreateError (ConnectionError)
"""

from nclue_pandas.errors.base import (
    AlreadyRunningError,
    BucketNotFoundError,
    ClientNotFoundError,
    ConfigurationError,
    CountMismatchError,
    CredentialsError,
    DuplicateNameError,
    ForeignObjectError,
    IncompleteUploadError,
    InvalidDataError,
    JobError,
    JobFailed,
    JobNotCancellableError,
    JobNotFoundError,
    JobTimeout,
    MissingColumnError,
    MissingExtraError,
    NclueError,
    NotConnectedError,
    ObjectChangedError,
    ObjectNotFoundError,
    PersonalDataError,
    Problem,
    ResultFormatError,
    ResultNotFoundError,
    SpillError,
    StorageAccessError,
    StorageError,
    StorageTimeoutError,
    UnconfirmedCreateError,
)
from nclue_pandas.errors.codes import (
    AccessDenied,
    BucketNotFound,
    DuplicateName,
    EmptyContentInPath,
    EmptyContentInTestPath,
    EmptyContentInTrainPath,
    FeatureInUse,
    FeatureProcessing,
    IncompatibleModel,
    InvalidCharacterInTestPath,
    InvalidCharacterInTrainPath,
    InvalidLimit,
    InvalidPathCharacter,
    InvalidResultFilePath,
    KeywordRequired,
    NameTooLong,
    ObjectStorageAccessDenied,
    ObjectStorageAccountRequired,
    PathNotFound,
    PersonalDataInTestFile,
    PersonalDataInTrainFile,
    PersonalDataNotAllowed,
    ProfileNotFound,
    ProfileProcessing,
    RunProcessing,
    StorageFull,
    TaskInUse,
    TaskProcessing,
    TestPathNotFound,
    TooManyKeywords,
    TrainPathNotFound,
)
from nclue_pandas.errors.service import (
    AmbiguousCreateError,
    ApiError,
    AuthenticationError,
    BackendError,
    BadRequest,
    ConnectionBrokenError,
    ConnectionFailedError,
    Forbidden,
    InvalidAnswerError,
    NoSuchApi,
    NotFoundError,
    QuotaExceeded,
    RequestTimeoutError,
    ServiceError,
    SubscriptionError,
    Throttled,
    TooLarge,
)

__all__ = [
    "AccessDenied",
    "AlreadyRunningError",
    "AmbiguousCreateError",
    "ApiError",
    "AuthenticationError",
    "BackendError",
    "BadRequest",
    "BucketNotFound",
    "BucketNotFoundError",
    "ClientNotFoundError",
    "ConfigurationError",
    "ConnectionBrokenError",
    "ConnectionFailedError",
    "CountMismatchError",
    "CredentialsError",
    "DuplicateName",
    "DuplicateNameError",
    "EmptyContentInPath",
    "EmptyContentInTestPath",
    "EmptyContentInTrainPath",
    "FeatureInUse",
    "FeatureProcessing",
    "Forbidden",
    "ForeignObjectError",
    "IncompatibleModel",
    "IncompleteUploadError",
    "InvalidAnswerError",
    "InvalidCharacterInTestPath",
    "InvalidCharacterInTrainPath",
    "InvalidDataError",
    "InvalidLimit",
    "InvalidPathCharacter",
    "InvalidResultFilePath",
    "JobError",
    "JobFailed",
    "JobNotCancellableError",
    "JobNotFoundError",
    "JobTimeout",
    "KeywordRequired",
    "MissingColumnError",
    "MissingExtraError",
    "NameTooLong",
    "NclueError",
    "NoSuchApi",
    "NotConnectedError",
    "NotFoundError",
    "ObjectChangedError",
    "ObjectNotFoundError",
    "ObjectStorageAccessDenied",
    "ObjectStorageAccountRequired",
    "PathNotFound",
    "PersonalDataError",
    "PersonalDataInTestFile",
    "PersonalDataInTrainFile",
    "PersonalDataNotAllowed",
    "Problem",
    "ProfileNotFound",
    "ProfileProcessing",
    "QuotaExceeded",
    "RequestTimeoutError",
    "ResultFormatError",
    "ResultNotFoundError",
    "RunProcessing",
    "ServiceError",
    "SpillError",
    "StorageAccessError",
    "StorageError",
    "StorageFull",
    "StorageTimeoutError",
    "SubscriptionError",
    "TaskInUse",
    "TaskProcessing",
    "TestPathNotFound",
    "Throttled",
    "TooLarge",
    "TooManyKeywords",
    "TrainPathNotFound",
    "UnconfirmedCreateError",
]
