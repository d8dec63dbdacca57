"""Where files lie in the bucket: names made from content, and the grammar that makes a key ours.

::

    {prefix}/sequences/{slug}-{fingerprint}-{layout}/part-00000.csv   lines of some users
    {prefix}/sequences/{slug}-{fingerprint}-{layout}.json             manifest, written last
    {prefix}/answers/{slug}-{fingerprint}-{layout}.csv                one object
    {prefix}/results/{slug}-{random}/                                 written by the service

The fingerprint is a pure function of the lines, the layout one of their total size. So no key
ever stands for two contents, and parts of two contents or two layouts never mix.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal

from nclue_pandas.contract import forbidden_in_path
from nclue_pandas.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["sequences", "answers"]

#: A user's bucket is the top bits of the id's hash: 1,024 buckets, contiguous in canonical order.
BUCKET_BITS: Final = 10
BUCKETS: Final = 1 << BUCKET_BITS
#: Parts hold at most this many bytes on average (NCP advises single PUTs far below 500 MB).
PART_BYTES: Final = 64 << 20
#: Version of everything that the bytes of a part depend on.
FORMAT: Final = "v1"
MANIFEST: Final = "manifest"

_SLUG_LENGTH = 40
_DIGEST_SIZE = 12
_RESULT_TOKEN_SIZE = 8
_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_DATASET = rf"{_SLUG}-(?P<fingerprint>[0-9a-f]{{{2 * _DIGEST_SIZE}}})-v\d+-\d+p"
_KEY = re.compile(
    rf"(?:.+/)?(?:"
    rf"sequences/{_DATASET}(?:/part-(?P<part>\d{{5}})\.csv|(?P<manifest>\.json))"
    rf"|answers/{_DATASET.replace('fingerprint', 'answers')}\.csv)"
)
_RESULTS = rf"results/{_SLUG}-[0-9a-f]{{{2 * _RESULT_TOKEN_SIZE}}}/"
_DATASET_OF = _DATASET.replace("?P<fingerprint>", "?:")
#: A key below the prefix, and the path of what it belongs to, as a job names it.
_BELOW = re.compile(
    rf"(?P<directory>sequences/{_DATASET_OF})(?:/part-\d{{5}}\.csv|\.json)"
    rf"|(?P<object>answers/{_DATASET_OF}\.csv)"
    rf"|(?P<results>{_RESULTS})nclue_[^/]+_\d{{10}}\.tsv"
)


def slug(name: str) -> str:
    """Make the readable piece of a key from the name of a job.

    Parameters
    ----------
    name : str
        Any script.

    Returns
    -------
    str
        1 to 40 lower-case ASCII letters, digits and single hyphens.

    Examples
    --------
    >>> slug("Lunch Bag 90d!"), slug("점심 가방")
    ('lunch-bag-90d', 'dataset')
    """
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "-".join(words)[:_SLUG_LENGTH].strip("-") or "dataset"


def result_directory(prefix: str, name: str) -> str:
    """Return a fresh directory for the result of one job, with a slash at its end.

    Examples
    --------
    >>> result_directory("nclue", "Scores")[:21]
    'nclue/results/scores-'
    """
    token = secrets.token_hex(_RESULT_TOKEN_SIZE)
    return f"{_under(prefix)}results/{slug(name)}-{token}/"


def folder(prefix: str, name: str) -> str:
    """Return a folder of the library below a prefix, with a slash at its end.

    Examples
    --------
    >>> folder("nclue", "answers"), folder("", "results")
    ('nclue/answers/', 'results/')
    """
    return f"{_under(prefix)}{name}/"


def path_of(key: str, prefix: str) -> str | None:
    """Return the path of what an object belongs to, as jobs name it; None when it is not ours.

    Parameters
    ----------
    key : str
        Of the object: a part or a manifest, answers, or a result file of the service.
    prefix : str
        Below which alone the library looks; deeper ones are somebody else's.

    Examples
    --------
    >>> place = Place("sequences", "nclue", "Shop", "0" * 24, 1)
    >>> path_of(place.part_key(0), "nclue") == path_of(place.manifest_key, "nclue") == place.path
    True
    >>> path_of("nclue/results/mine.tsv", "nclue") is None
    True
    """
    below = _under(prefix)
    match = _BELOW.fullmatch(key.removeprefix(below)) if key.startswith(below) else None
    if match is None:
        return None
    if match["directory"]:
        return f"{below}{match['directory']}/"
    return f"{below}{match['object'] or match['results']}"


def fingerprint_in(path: str, kind: Kind, prefix: str, name: str) -> str | None:
    """Return the fingerprint in the path of a dataset that was written for a job name.

    None where the path is another's: of another folder, prefix or name.

    Examples
    --------
    >>> place = Place("answers", "nclue", "Shop", "ab" * 12, 1)
    >>> fingerprint_in(place.path, "answers", "nclue", "shop")
    'abababababababababababab'
    >>> fingerprint_in(place.path, "answers", "nclue", "sho") is None
    True
    """
    start = re.escape(f"{folder(prefix, kind)}{slug(name)}-")
    digits, end = 2 * _DIGEST_SIZE, "/?" if kind == "sequences" else r"\.csv"
    match = re.fullmatch(rf"{start}([0-9a-f]{{{digits}}})-v\d+-\d+p{end}", path)
    return match[1] if match else None


def is_result_of(path: str, prefix: str, name: str) -> bool:
    """Tell whether a path is the result directory of a job name, or the result in it.

    Examples
    --------
    >>> directory = result_directory("nclue", "Shop")
    >>> is_result_of(directory, "nclue", "Shop"), is_result_of(directory, "nclue", "Sho")
    (True, False)
    """
    start = re.escape(f"{folder(prefix, 'results')}{slug(name)}-")
    digits = 2 * _RESULT_TOKEN_SIZE
    file = r"nclue_[^/]+_\d{10}\.tsv"
    return re.fullmatch(rf"{start}[0-9a-f]{{{digits}}}(?:/|/{file})?", path) is not None


def part_count(size: int, part_bytes: int = PART_BYTES) -> int:
    """Return the number of parts of a dataset: a pure function of its size.

    Parameters
    ----------
    size : int
        Bytes of all lines.
    part_bytes : int
        Bytes that a part may hold on average.

    Returns
    -------
    int
        The smallest power of two that is large enough; at most 1,024.

    Examples
    --------
    >>> part_count(0), part_count(64 << 20), part_count(200 << 20)
    (1, 1, 4)
    """
    parts = 1
    while parts < BUCKETS and size > parts * part_bytes:
        parts *= 2
    return parts


def part_buckets(part: int, parts: int) -> range:
    """Return the buckets whose users part number `part` of `parts` holds.

    Examples
    --------
    >>> part_buckets(1, 4)
    range(256, 512)
    """
    width = BUCKETS // parts
    return range(part * width, (part + 1) * width)


def fingerprint(digests: Iterable[tuple[int, bytes]]) -> str:
    """Join the digests of the non-empty buckets into the fingerprint of the content.

    Parameters
    ----------
    digests : iterable of (int, bytes)
        Bucket number and digest of the bucket's lines in canonical order; ascending numbers.

    Returns
    -------
    str
        24 hexadecimal digits.

    Examples
    --------
    >>> fingerprint([(3, b"x"), (900, b"y")])
    '...'
    """
    joined = blake2b(digest_size=_DIGEST_SIZE)
    for bucket, digest in digests:
        joined.update(bucket.to_bytes(2, "big"))
        joined.update(digest)
    return joined.hexdigest()


@dataclass(frozen=True)
class Place:
    """The keys of one dataset.

    Parameters
    ----------
    kind : {"sequences", "answers"}
        A directory of parts, or one object.
    prefix : str
        Where in the bucket the library writes.
    name : str
        Name of the job that the dataset is for.
    fingerprint : str
        Of the content.
    parts : int
        Number of the layout's parts; 1 for answers.

    Examples
    --------
    >>> place = Place("sequences", "nclue", "Shop", "0" * 24, 4)
    >>> place.path
    'nclue/sequences/shop-000000000000000000000000-v1-4p/'
    >>> place.part_key(2)[-15:]
    '/part-00002.csv'
    >>> Place("answers", "nclue", "Shop", "0" * 24, 1).path
    'nclue/answers/shop-000000000000000000000000-v1-1p.csv'
    """

    kind: Kind
    prefix: str
    name: str
    fingerprint: str
    parts: int

    @property
    def title(self) -> str:
        """What people are told is written."""
        return f"{self.name} {self.kind}"

    @property
    def path(self) -> str:
        """What a request names: the directory of the parts, or the one object."""
        return f"{self._stem}/" if self.kind == "sequences" else f"{self._stem}.csv"

    @property
    def manifest_key(self) -> str | None:
        """Key of the manifest beside the directory; answers have none."""
        return f"{self._stem}.json" if self.kind == "sequences" else None

    def part_key(self, part: int) -> str:
        """Return the key of part number `part`."""
        return f"{self.path}part-{part:05d}.csv" if self.kind == "sequences" else self.path

    @property
    def _stem(self) -> str:
        folder = f"{_under(self.prefix)}{self.kind}"
        return f"{folder}/{slug(self.name)}-{self.fingerprint}-{FORMAT}-{self.parts}p"


def manifest_of(path: str) -> str | None:
    """Return the key of the manifest beside a directory of ours, None for any other path.

    Examples
    --------
    >>> place = Place("sequences", "nclue", "Shop", "0" * 24, 4)
    >>> manifest_of(place.path) == place.manifest_key, manifest_of("own/sequences/")
    (True, None)
    """
    key = f"{path.strip('/')}.json"
    return key if _KEY.fullmatch(key) else None


def metadata(fingerprint: str, part: int | None) -> dict[str, str]:
    """Return the metadata that mark an object as ours; `part` is None for the manifest.

    Examples
    --------
    >>> metadata("ab", 3)
    {'nclue-pandas': '1', 'nclue-fingerprint': 'ab', 'nclue-part': '00003'}
    """
    return {
        "nclue-pandas": "1",
        "nclue-fingerprint": fingerprint,
        "nclue-part": MANIFEST if part is None else f"{part:05d}",
    }


def is_ours(key: str, found: Mapping[str, str]) -> bool:
    """Tell whether this library wrote the object: its key and its metadata both say so.

    Parameters
    ----------
    key : str
        Of the object.
    found : mapping
        Its user metadata, names in lower case.

    Examples
    --------
    >>> key = Place("answers", "nclue", "Shop", "0" * 24, 1).path
    >>> is_ours(key, metadata("0" * 24, 0)), is_ours(key, {}), is_ours("my.csv", metadata("0", 0))
    (True, False, False)
    """
    match = _KEY.fullmatch(key)
    if match is None:
        return False
    part = None if match["manifest"] else int(match["part"] or 0)
    wanted = metadata(match["fingerprint"] or match["answers"], part)
    return all(found.get(name) == value for name, value in wanted.items())


def check_prefix(prefix: str) -> None:
    """Refuse a prefix that the service would refuse in a path.

    Raises
    ------
    ConfigurationError
        When `prefix` holds forbidden characters or empty steps.

    Examples
    --------
    >>> check_prefix("team/nclue")
    """
    forbidden = forbidden_in_path(prefix)
    if forbidden:
        raise ConfigurationError(
            f"prefix={prefix!r} holds characters that the service refuses in paths: {forbidden!r}. "
            "Letters, digits and / . - _ ( ) ! = are fine."
        )
    if {"", ".", ".."} & set(prefix.split("/")) and prefix:
        raise ConfigurationError(
            f"prefix={prefix!r} begins or ends with a slash or has an empty step. "
            "Write it as 'team/nclue'."
        )


def _under(prefix: str) -> str:
    check_prefix(prefix)
    return f"{prefix}/" if prefix else ""
