"""The root of the error tree, and the errors of set-up, frames, jobs and Object Storage."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from nclue_pandas.translation import N_, ngettext
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd


def printable(text: str, keep: str = "") -> str:
    r"""Replace characters that are not shown as they are by their escapes.

    Parameters
    ----------
    text : str
        From anywhere.
    keep : str
        Characters that stay all the same, such as line ends.

    Returns
    -------
    str
        Without control characters, changes of direction and lone surrogates; it can be encoded.

    Examples
    --------
    >>> print(printable("done\x1b[2J \u202egnp.exe"))
    done\x1b[2J \u202egnp.exe
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


def did_you_mean(name: str, names: Iterable[str], form: str = "{!r}") -> str:
    """Return a question that names the nearest of some names, or nothing where none is near.

    Examples
    --------
    >>> did_you_mean("behaviors", ["behavior", "user"], "{}=")
    ' Did you mean behavior=?'
    """
    folded = {each.casefold(): each for each in names}
    near = get_close_matches(name.casefold(), folded, n=1)
    if not near:
        return ""
    return " " + _("Did you mean {name}?").format(name=form.format(folded[near[0]]))


#: The page that explains every error. No public site of the documentation exists, so messages
#: name its file in the project; put a site's address here and every message holds a full link.
DOCUMENTATION: Final = "docs/errors.md"


def _rebuild(cls: type[NclueError], message: str, state: dict[str, Any]) -> NclueError:
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.message = message
    error.__dict__.update(state)
    return error


class NclueError(Exception):
    """Root of every error that this package raises.

    Parameters
    ----------
    message : str
        What happened, which rows or field, and what to do next.

    Attributes
    ----------
    remedy : str
        What to do about errors of this class.
    """

    remedy: ClassVar[str] = N_("The message says what to do next.")

    def __init__(self, message: str) -> None:
        message = printable(message, keep="\n\t")
        super().__init__(message)
        self.message = message

    @classmethod
    def entry(cls) -> str:
        """Return where the documentation explains this class of errors.

        Examples
        --------
        >>> CredentialsError.entry()
        'docs/errors.md#error-credentialserror'
        """
        return f"{DOCUMENTATION}#error-{cls.__name__.lower()}"

    @property
    def link(self) -> str:
        """Where the documentation explains this error."""
        return self.entry()

    def __str__(self) -> str:
        return self.message

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the caller's line and the message, not our frames."""
        paths = sysconfig.get_paths()
        libraries = {paths["stdlib"], paths["purelib"], paths["platlib"]}
        shells = [sys.modules[name] for name in ("IPython", "ipykernel") if name in sys.modules]
        libraries |= {shell.__path__[0] for shell in shells}
        ours = (str(Path(__file__).parents[1]), *libraries)
        theirs = [
            frame
            for frame in traceback.extract_tb(self.__traceback__)
            if frame.line and not frame.filename.startswith(ours)  # a made function has no line
        ]
        line = f"line {theirs[-1].lineno}: {theirs[-1].line}" if theirs else ""
        lines = [line.removesuffix(": "), ""] if line else []
        lines.append(f"{type(self).__name__}: {self.message}")
        return [*lines, *self._more(), *getattr(self, "__notes__", [])]

    def _more(self) -> list[str]:
        """Return what a notebook shows beside the message."""
        return []

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, dict(self.__dict__))


class ConfigurationError(NclueError, ValueError):
    """A setting is missing, contradicts another, or names what does not exist."""

    remedy = N_("Change the setting that the message names.")


class CredentialsError(ConfigurationError):
    """No key pair was found, or only half of one, or the profile does not exist."""

    remedy = N_(
        "Set NCLOUD_ACCESS_KEY_ID and NCLOUD_SECRET_ACCESS_KEY, or write both keys into "
        "~/.ncloud/configure."
    )


class NotConnectedError(ConfigurationError):
    """No client: ``connect`` was not called, and the environment names no account."""

    remedy = N_(
        'Call nclue_pandas.connect(bucket="my-bucket"), or connect("sandbox") to try '
        "without an account; or give the verb client=."
    )


class ClientNotFoundError(ConfigurationError, LookupError):
    """A job handle from another process finds no client of its account here."""

    remedy = N_(
        "Call nclue_pandas.connect() with the account's own keys first, then use the "
        "handle again; its job is untouched."
    )


class AlreadyRunningError(NclueError):
    """Another process of this machine runs the same chain."""

    remedy = N_("Wait until it has ended, then run it again: it picks up what is there.")


class MissingExtraError(NclueError, ImportError):
    """An optional library is not installed."""

    remedy = N_("Install the extra that the message names.")

    @classmethod
    def of(cls, library: str, extra: str, purpose: str) -> MissingExtraError:
        """Tell which extra of the package brings the library."""
        return cls(
            _(
                "{purpose} needs {library}, which is not installed. Install it with: pip install "
                "'nclue-pandas[{extra}]'"
            ).format(purpose=purpose, library=library, extra=extra)
        )


_ROWS_SHOWN = 5
#: Characters of a value in a table of rows.
_WIDEST = 40
_VALUES_SHOWN = 2


@dataclass(frozen=True)
class Problem:
    """One kind of fault in a frame, and where it is.

    Parameters
    ----------
    code : str
        Stable name of the rule, for example ``"duplicate_id"``.
    message : str
        What is wrong, without values of the rows (they may be personal data).
    remedy : str
        What to do next.
    rows : tuple of int
        Positions (0-based, as for ``DataFrame.iloc``) of the rows at fault; empty when the
        fault is of the whole frame.
    total : int, optional
        How many rows are at fault, where `rows` holds only the first of them.
    argument : str, optional
        Under which name the frame was given to a verb that takes several.
    values : tuple of str
        What the first of the rows hold, where that helps and cannot be personal data.
    """

    code: str
    message: str
    remedy: str
    rows: tuple[int, ...] = ()
    total: int | None = None
    argument: str | None = None
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(str(row) for row in self.rows[:_ROWS_SHOWN])
        more = (self.total or len(self.rows)) - _ROWS_SHOWN
        where = ""
        if self.rows:
            values = _(" and ").join(dict.fromkeys(self.values))
            where = _("such as {values}; ").format(values=values) if values else ""
            places = _("row positions {shown}").format(shown=shown)
            if more > 0:
                places = _("{places} and {more:,} more").format(places=places, more=more)
            where = f" ({where}{places})"
        what = f"{self.argument}: " if self.argument else ""
        return f"{what}{_(self.message)}{where}. {_(self.remedy)}"


def first_values(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Return what the first rows hold of one problem that was found in several parts of a frame.

    Examples
    --------
    >>> parts = [Problem("a", "", "", (5, 9), values=("e", "i")), Problem("a", "", "", (7,))]
    >>> first_values([*parts, Problem("a", "", "", (6,), values=("f",))])
    ('e', 'f')
    """
    shown = sorted(pair for each in problems for pair in zip(each.rows, each.values, strict=False))
    return tuple(value for _, value in shown[:_VALUES_SHOWN])


class InvalidDataError(NclueError, ValueError):
    """The frame holds what the service would refuse; nothing was sent.

    Attributes
    ----------
    problems : tuple of Problem
        Every fault found, each with its rows.
    rows : pandas.DataFrame or None
        The offending rows of the frame that was checked, each once, in their order. From a verb
        that checks several frames, the first level of the index names the frame.
    """

    remedy = N_(
        "Look at the error's .rows, and mend them, or leave them out with "
        "on_invalid='drop' where the frame is made."
    )

    def __init__(
        self, message: str, *, problems: Sequence[Problem] = (), rows: pd.DataFrame | None = None
    ) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.rows = rows

    def _more(self) -> list[str]:
        """Return the first offending rows, as a table."""
        if self.rows is None or not len(self.rows):
            return []
        count = min(len(self.rows), _ROWS_SHOWN)
        shown = self.rows.head(count).to_string(max_colwidth=_WIDEST)
        lead = _("The first {count} of {total:,}:").format(count=count, total=len(self.rows))
        return ["", lead, printable(shown, keep="\n")]

    @classmethod
    def of(
        cls, problems: Sequence[Problem], rows: pd.DataFrame | None = None, *, lead: str = ""
    ) -> InvalidDataError:
        """Say all problems at once."""
        lines = "\n".join(f"  - [{problem.code}] {problem}" for problem in problems)
        found = ngettext("{count} problem found:", "{count} problems found:", len(problems))
        message = f"{lead}{found.format(count=len(problems))}\n{lines}"
        if rows is not None:
            message += "\n" + _("The offending rows are in the error's .rows.")
        return cls(message, problems=problems, rows=rows)


class PersonalDataError(InvalidDataError):
    """Ids or texts look like personal data, which the service refuses (10109 to 10111)."""

    def _more(self) -> list[str]:
        """Return nothing: notebooks are passed on, and these rows are about people."""
        return []

    remedy = N_(
        'In texts: personal_data="mask" where the sequences are made. In ids: '
        "pseudonymize() the frames, and restore_ids() on the scores."
    )


class MissingColumnError(InvalidDataError, KeyError):
    """A named column is not in the frame."""

    remedy = N_("Give the name of a column that is there; the message lists them.")

    @classmethod
    def named(
        cls,
        name: object,
        available: Iterable[object],
        argument: str,
        *,
        levels: Iterable[object] = (),
    ) -> MissingColumnError:
        """Tell which columns there are, and what was probably meant.

        Parameters
        ----------
        name : object
            The column that is missing.
        available : iterable
            The columns that there are.
        argument : str
            Keyword under which the user gave the name.
        levels : iterable
            Names of the frame's index.
        """
        names = [str(column) for column in available]
        listed = ", ".join(repr(column) for column in names[:20]) or _("none")
        if len(names) > 20:  # noqa: PLR2004
            listed = _("{listed} and {more} more").format(listed=listed, more=len(names) - 20)
        guess = _("It is in the index: reset_index() makes a column of it.")
        if name not in [*levels]:
            guess = _other_frame(str(name), names) or _nearest(str(name), names)
        told = _("There is no column {name!r} (argument {argument}=).")
        has = _("The frame has: {listed}.").format(listed=listed)
        return cls(" ".join(filter(None, (told.format(name=name, argument=argument), guess, has))))


def _nearest(name: str, names: Sequence[str]) -> str:
    """Tell the name that was probably meant: nearly the same, or one that holds it."""
    folded = {each.casefold(): each for each in reversed(names)}
    wanted = name.casefold()
    near = get_close_matches(wanted, folded, n=1) or [each for each in folded if wanted in each]
    if not (near and wanted):
        return ""
    return _("Did you mean {name}?").format(name=repr(folded[near[0]]))


def _other_frame(name: str, names: Sequence[str]) -> str:
    """Tell when another kind of frame was given than the one that has such a column."""
    if name == "label" and "sequence" in names:
        return _("These look like sequences, not answers: to_answers() makes answers of the log.")
    if name == "sequence" and "label" in names:
        return _("These look like answers, not sequences: to_sequences() makes them of the log.")
    if name in {"user_id", "sequence", "label"} and not {"sequence", "label", "score"} & {*names}:
        return _("If this is an event log, to_sequences() or to_answers() comes first.")
    return ""


class SpillError(NclueError, OSError):
    """Temporary files of a log larger than memory cannot be written."""

    remedy = N_("Make room on the disk, or name a directory with more of it.")


class JobError(NclueError):
    """Something about a job.

    Attributes
    ----------
    kind, job_id, name : str or None
        The job, as far as it is known.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        job_id: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.job_id = job_id
        self.name = name


class JobFailed(JobError):  # noqa: N818 - the state's own word
    """The service reports that the job failed.

    Attributes
    ----------
    fail_code : str or None
        The documented code in the message, for example ``"DUPLICATE_USERID"``.
    fail_message : str or None
        The service's own text.
    """

    remedy = N_("Mend the cause that the message names, delete the job, and create it again.")

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        job_id: str | None = None,
        name: str | None = None,
        fail_code: str | None = None,
        fail_message: str | None = None,
    ) -> None:
        super().__init__(message, kind=kind, job_id=job_id, name=name)
        self.fail_code = fail_code
        self.fail_message = fail_message

    @property
    def link(self) -> str:
        """Where the documentation explains this error."""
        if self.fail_code is None:
            return self.entry()
        return f"{DOCUMENTATION}#fail-{self.fail_code.lower().replace('_', '-')}"


class CountMismatchError(JobError, ValueError):
    """Rows were lost or came twice: a job or its result does not count what it was made from.

    Attributes
    ----------
    expected, found : int or None
        What was sent or told, and what is there.
    """

    remedy = N_(
        "Delete the job that the message names and make it again: files that are missing "
        "or changed on Object Storage are sent anew. Nothing with a difference is used."
    )

    def __init__(
        self,
        message: str,
        *,
        expected: int | None = None,
        found: int | None = None,
        kind: str | None = None,
        job_id: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(message, kind=kind, job_id=job_id, name=name)
        self.expected = expected
        self.found = found


class JobTimeout(JobError, TimeoutError):  # noqa: N818 - beside TimeoutError
    """The deadline passed; the job goes on, and the message says how to pick it up."""

    remedy = N_("Wait again, here or in another process: the message says with which call.")


class JobNotFoundError(JobError, LookupError):
    """No job of that kind has this id or name."""

    remedy = N_(
        "List the account's jobs with client.list_jobs(); it may have been deleted, or "
        "belong to another account."
    )


class DuplicateNameError(JobError, ValueError):
    """The name belongs to another job, made from other inputs."""

    remedy = N_("Choose another name, or delete the job that has it.")


class JobNotCancellableError(JobError):
    """Only a job that is still registered can be canceled."""

    remedy = N_("Wait until it is completed, then delete it.")


class UnconfirmedCreateError(JobError, ConnectionError):
    """A create call got no clear answer, and the job could not be looked up after it."""

    remedy = N_(
        "Repeat the same call later under the same name: a job that exists is picked up, "
        "not created twice."
    )


class StorageError(NclueError, OSError):
    """Object Storage refused, failed or could not be reached.

    Attributes
    ----------
    status : int or None
        HTTP status, where the store answered.
    code, detail : str or None, str
        The store's own code, such as ``"AccessDenied"``, and its message.
    """

    status: int | None = None
    code: str | None = None
    detail: str = ""
    remedy = N_("Try again; if it stays, check the endpoint, the region and a proxy in between.")


class StorageTimeoutError(StorageError, TimeoutError):
    """Object Storage did not answer before the deadline of the call."""

    remedy = N_("Make the same call again: what is on the store already is not sent twice.")


class BucketNotFoundError(StorageError, FileNotFoundError):
    """The bucket does not exist at this endpoint."""

    remedy = N_(
        "Check the bucket's name, the endpoint and the region; create the bucket in the "
        "NCP console."
    )


class ObjectNotFoundError(StorageError, FileNotFoundError):
    """The object does not exist."""

    remedy = N_("Check the path; the file may have been deleted, or be in another bucket.")


class StorageAccessError(StorageError, PermissionError):
    """The key pair is wrong or has no right to the bucket."""

    remedy = N_(
        "Check both keys, and give the sub account rights to the bucket in the NCP console."
    )


class ForeignObjectError(StorageError, FileExistsError):
    """An object that this library did not write stands where it would write."""

    remedy = N_("Move that object away, or give connect() another prefix=.")


class IncompleteUploadError(StorageError):
    """An object on the store does not have the size that was sent."""

    remedy = N_("Repeat the call: what is missing is sent again.")


class ObjectChangedError(StorageError):
    """An object was replaced while it was read, or its blocks are not those that were asked for."""

    remedy = N_("Read it again when nothing writes to it; if it stays, look at a proxy in between.")


class ResultNotFoundError(StorageError, FileNotFoundError):
    """A completed job's result file is not where the service says."""

    remedy = N_(
        "See in the bucket whether the file was moved or deleted; if so, run the task "
        "again under another name."
    )


class ResultFormatError(StorageError, ValueError):
    """A result file is empty or not TAB-separated text."""

    remedy = N_(
        "Look at the file in the bucket; if something else wrote it, run the task again "
        "under another name."
    )
