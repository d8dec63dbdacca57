"""The settings of a run that nobody watches: a TOML file, read and judged before anything else."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from nclue_pandas.errors import ConfigurationError, CredentialsError
from nclue_pandas.frames.questions import Question
from nclue_pandas.jobs.exactly_once import check_name
from nclue_pandas.streaming.text_files import TextForm

if TYPE_CHECKING:
    from pathlib import Path

#: A whole file of settings, as ``predict --help`` shows it.
SAMPLE: Final = """\
name = "tea-30d"
log = "log.csv"
user = "customer_id"
time = "ts"
behavior = "item"
cutoff = "-30D"          # 30 days before today
horizon = "30D"
observed_until = "0D"    # the log is complete up to today
positive = "tea|coffee"  # a pattern in the behavior
bucket = "my-bucket"
"""
_HELP: Final = "nclue-pandas predict --help"
#: Settings that make a question narrower.
QUESTION: Final = ("gap", "active_since", "min_events", "at_least", "value", "absent")
#: Names of what is no setting but a secret.
_SECRET: Final = re.compile(r"(?i)(access|secret|api|auth)[-_ ]?key|secret|password|passwd|token$")
#: Parameters of a URL that let anybody read it.
_SIGNED: Final = re.compile(r"(?i)(sig|signature|token|key|credential|secret)[^=&]*=")
#: Type of a value -> how it is written in TOML.
_WRITTEN: Final = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date",
    list: "a list of texts",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is about; the names are those of the functions' arguments.

    Parameters
    ----------
    name : str
        Where the names of the jobs begin.
    log : str
        File, directory or URL of the event log; ``s3://`` is read with the account's keys.
    user, time : str
        Columns of the log.
    behavior : str or list of str
        Column, or columns that `template` puts together.
    cutoff : str, int or date
        Events before it predict; ``"-90D"`` is so long before today.
    horizon : str or int
        How long after the cutoff is looked at.
    positive : str, optional
        Pattern in the behavior that makes a user positive, case ignored; any event without it.
    gap, active_since, min_events, at_least, value, absent : optional
        A narrower question, as for :func:`nclue_pandas.to_answers`; `value` is a column.
    baselines : bool
        Whether the free scores are columns beside the score, see :func:`nclue_pandas.baselines`.
    until, since, observed_until : str, int or date, optional
        Bounds of the sequences that are scored, of all sequences, and how far the log was
        observed.
    test : float
        Share of the users that is held out to measure on.
    keep : int, optional
        How many of the chain's runs stay, see :meth:`nclue_pandas.Client.prune`; all without it.
    template, tie_break, timezone, personal_data, on_invalid : optional
        As for :func:`nclue_pandas.to_sequences`.
    time_unit, time_format : str, optional
        Of times that are numbers, or texts in another form.
    encoding, sep, header, quotes : optional
        How text files are written, see :func:`nclue_pandas.stream_sequences`.
    bucket, prefix, profile, role, api_url, storage_endpoint, storage_region, ca_bundle : optional
        The account and its places, as for the other commands.
    """

    name: str
    log: str
    user: str
    time: str
    behavior: str | list[str]
    cutoff: str | int | date
    horizon: str | int
    positive: str | None = None
    gap: str | int | None = None
    active_since: str | int | None = None
    min_events: int | None = None
    at_least: float | None = None
    value: str | None = None
    absent: bool = False
    baselines: bool = False
    until: str | int | date | None = None
    since: str | int | date | None = None
    observed_until: str | int | date | None = None
    test: float = 0.0
    keep: int | None = None
    template: str | None = None
    tie_break: str | None = None
    timezone: str | None = None
    personal_data: Literal["raise", "mask"] = "raise"
    on_invalid: Literal["raise", "drop"] = "raise"
    time_unit: Literal["s", "ms", "us", "ns"] | None = None
    time_format: str | None = None
    encoding: str = "utf-8"
    sep: str | None = None
    header: bool = True
    quotes: bool | None = None
    bucket: str | None = None
    prefix: str = "nclue"
    profile: str | None = None
    role: bool = False
    api_url: str | None = None
    storage_endpoint: str | None = None
    storage_region: str | None = None
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        asked: dict[str, Any] = {name: getattr(self, name) for name in QUESTION}
        # Points in time may be relative: they and the horizon are read with the log.
        asked |= {"cutoff": 0, "horizon": 1, "observed_until": None}
        Question.of(time=self.time, label=None, positive=self.positive, **asked)
        if self.baselines and self.until is None and self.observed_until is None:
            raise ConfigurationError(
                "baselines = true counts what users did before they are scored, and no setting "
                'says when that is. Set observed_until, such as "0D", or until.'
            )
        if not 0 <= self.test < 1:
            raise ConfigurationError(
                f"test={self.test!r} is no share of the users. Give a number from 0 to below 1, "
                "such as 0.3; 0 leaves it to the service."
            )
        if self.keep is not None and self.keep < 1:
            raise ConfigurationError(
                f"keep={self.keep!r}: give how many of the chain's runs stay, 1 or more."
            )
        _ = self.form

    @property
    def form(self) -> TextForm:
        """How text files are written."""
        return TextForm(self.encoding, self.sep, self.header, self.quotes)

    @property
    def behaviors(self) -> list[str]:
        """The columns of the behavior."""
        return [self.behavior] if isinstance(self.behavior, str) else self.behavior


_TYPES: Final = get_type_hints(Settings)


def read_settings(path: Path) -> Settings:
    """Read a file of settings.

    Parameters
    ----------
    path : Path
        A file in TOML.

    Raises
    ------
    CredentialsError
        When keys are in the file; their values are not shown.
    ConfigurationError
        For everything else that is wrong with it, all at once, with what to write instead.
    """
    given = _read_toml(path)
    secret = _secrets(given) + [
        key for key, value in given.items() if isinstance(value, str) and _holds_keys(value)
    ]
    if secret:
        raise CredentialsError(
            f"{path} holds {', '.join(secret)}: keys do not belong into a file of settings, which "
            "is copied, sent and put under version control. Take them out (make new ones if "
            "others could read the file) and set NCLOUD_ACCESS_KEY_ID and "
            "NCLOUD_SECRET_ACCESS_KEY, or write both into ~/.ncloud/configure and name its section "
            "by profile = ..."
        )
    mistakes = [text for key, value in given.items() if (text := _mistake(key, value))]
    required = [each.name for each in fields(Settings) if each.default is MISSING]
    missing = [key for key in required if key not in given]
    if missing:
        mistakes.append(f"{', '.join(missing)} must be set; {_HELP} shows a whole file.")
    if mistakes:
        raise ConfigurationError("\n".join(f"{path}: {each}" for each in mistakes))
    try:
        return Settings(**given)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigurationError(f"There is no file {path}. Write one as {_HELP} shows.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error}. Give a text file in UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{path} is no TOML: {error}. A line is name = value, texts stand in quotes, and a "
            "backslash in double quotes is written twice ('single quotes' take it as it is)."
        ) from error


def _secrets(table: dict[str, Any]) -> list[str]:
    """Return the names that are those of keys, also inside of tables."""
    found = [key for key in table if key not in _TYPES and _SECRET.search(key)]
    return found + [
        name for value in table.values() if isinstance(value, dict) for name in _secrets(value)
    ]


def _holds_keys(value: str) -> bool:
    """Return whether a URL has a password or a signature in it.

    Examples
    --------
    >>> _holds_keys("https://me:secret@host/log.csv"), _holds_keys("s3://bucket/a@b.csv")
    (True, False)
    """
    if "://" not in value:
        return False
    parts = urlsplit(value)
    return parts.password is not None or _SIGNED.search(parts.query) is not None


def _mistake(key: str, value: Any) -> str | None:
    """Say what is wrong with a setting, if anything."""
    if key not in _TYPES:
        close = get_close_matches(key, _TYPES, n=1)
        if isinstance(value, dict):
            return f"[{key}] is a table: settings stand in none, so take this line out."
        guess = f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(_TYPES)}."
        return f"{key} = {_shown(value)} is no setting. {guess}"
    hint = _TYPES[key]
    types = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    if any(_is_a(value, each) for each in types):
        return None
    names = [name for each in types for name in _written(each)]
    return f"{key} = {_shown(value)} cannot be used. Give {' or '.join(names)}."


def _written(kind: Any) -> list[str]:
    """Return how values of a type are written in TOML."""
    if get_origin(kind) is Literal:
        return [repr(each) for each in get_args(kind)]
    return [] if kind is NoneType else [_WRITTEN[get_origin(kind) or kind]]


def _is_a(value: Any, kind: Any) -> bool:
    """Return whether a value of TOML is of a type; true and false are no numbers.

    Examples
    --------
    >>> _is_a(1, float), _is_a(True, int), _is_a(["a"], list[str]), _is_a([1], list[str])
    (True, False, True, False)
    """
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is list:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _shown(value: Any) -> str:
    """Return a value as TOML writes it, for a message."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, (date, datetime)) else repr(value)
