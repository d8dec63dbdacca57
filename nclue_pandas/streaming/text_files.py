"""A log in a text file: CSV, TSV or a table with white space, as columns of text.

Every value is the text that is in the file, an empty cell is null, and the parser is pandas', for
all that reads a log from a file: ``stream_sequences``, ``demo`` and who calls ``pandas.read_csv``
gets the same rows.
"""

from __future__ import annotations

import codecs
import csv
import io
import lzma
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import pandas as pd
import pyarrow as pa

from nclue_pandas.errors import ConfigurationError, InvalidDataError, MissingColumnError
from nclue_pandas.streaming.records import RecordCounter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO

#: What stands between columns in the place of what was expected -> how it is given.
_SEPARATORS: Final = {"\t": r"'\t'", ";": "';'", "|": "'|'", ",": "','", " ": r"'\s+'"}
_SPACES: Final = r"\s+"
#: Encodings of spreadsheets, and how a text begins in them or what they decode.
_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_KOREAN: Final = "cp949"
_SAMPLE: Final = 1 << 16
#: Rows that tell whether the header names all columns.
_SHOWN: Final = 20
_UNNAMED: Final = ""
#: What a header does not call a column.
_DATA: Final = re.compile(r"[0-9][0-9:TZ./ +-]*|")
_NO_QUOTES: Final = "if quotes have no meaning in this file, give quotes=False."
_OTHER_SEPARATOR: Final = (
    " If its columns are not separated by commas, give sep=, such as ';' or '\\t'; a separator "
    "inside of a cell needs quotes around the cell."
)
#: Rows that are parsed at a time, at most: what is held grows late where rows do.
_FIRST_ROWS, _ROWS = 256, 4_096
_TEXT: Final = pd.ArrowDtype(pa.string())


@dataclass(frozen=True)
class TextForm:
    r"""How a text file is written.

    Parameters
    ----------
    encoding : str
        Of its text.
    sep : str or None
        What stands between two columns: one character, or ``\s+`` for white space. None for TABs
        in a ``.tsv`` file, and commas in any other.
    header : bool
        Whether the first line names the columns; without one they are 0, 1, 2, ...
    quotes : bool or None
        Whether quotes have a meaning; None for none where TABs separate, and for cells of several
        lines that are looked at twice anywhere else.

    Examples
    --------
    >>> TextForm(sep="TAB").separator("log.csv") == TextForm().separator("log.tsv.gz") == "\t"
    True
    """

    encoding: str = "utf-8"
    sep: str | None = None
    header: bool = True
    quotes: bool | None = None

    def __post_init__(self) -> None:
        try:
            "".encode(self.encoding)
        except (LookupError, TypeError) as error:
            raise ConfigurationError(
                f"encoding={self.encoding!r} is no encoding. Give encoding= a name that Python "
                f"knows, such as utf-8 or {_KOREAN}."
            ) from error
        sep: Any = self.sep
        spelled = _spelled(sep) if isinstance(sep, str) else ""
        if sep is not None and len(spelled) != 1 and spelled != _SPACES:
            raise ConfigurationError(
                f"sep={sep!r} is no separator: give one character, '\\t', or '\\s+' for white "
                "space."
            )
        given: tuple[Any, Any] = (self.header, self.quotes)
        if given[0] not in {True, False} or given[1] not in {True, False, None}:
            raise ConfigurationError(
                f"header={given[0]!r}, quotes={given[1]!r}: give True or False."
            )

    def separator(self, path: str) -> str:
        """Return what separates the columns of a file."""
        if self.sep is not None:
            return _spelled(self.sep)
        return "\t" if any(part == "tsv" for part in path.lower().split(".")[-2:]) else ","

    def quoting(self, path: str) -> int:
        """Return what quotes mean in a file, for pandas."""
        quotes = self.separator(path) != "\t" if self.quotes is None else self.quotes
        return csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE


def _spelled(sep: str) -> str:
    return "\t" if sep in {r"\t", "TAB", "tab"} else sep


def read_text_file(
    file: BinaryIO, path: str, form: TextForm, columns: Mapping[Any, str] | None, batch_bytes: int
) -> Iterator[pd.DataFrame]:
    """Read a text file in frames of text of about `batch_bytes`; all columns when none is named.

    Raises
    ------
    InvalidDataError, MissingColumnError
        When it cannot be read so; it says what else to give.
    """
    text = _Text(file, path, form)
    try:
        options = _options(form, path)
        quotes = False if options["quoting"] == csv.QUOTE_NONE else form.quotes
        counter = RecordCounter(path, options["sep"], quotes)
        names = _names(counter.whole(text.sample()), path, form, options)
        if columns is not None:
            require_columns(columns, names, form)
        counter.cells, text.counter = len(names), counter
        with pd.read_csv(
            cast("Any", text),
            header=0 if form.header else None,
            names=names,
            iterator=True,
            **options,
        ) as reader:
            chosen = [name for name in names if columns is None or name in columns]
            read = 0
            for frame in _chunks(reader, chosen, batch_bytes):
                read += len(frame)
                yield frame
    except InvalidDataError:
        raise
    except (ValueError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise _unreadable(path, form, text, text.error or error) from error
    records = counter.end() - form.header
    if read != records:
        raise InvalidDataError(
            f"{path} holds {records:,} records, but {read:,} rows were read of it. Mend the lines "
            "that are no rows, or read the file by yourself and give the frame."
        )


class _Text:
    """The text of a file for the parser: line ends are LF, and its records are counted."""

    def __init__(self, file: BinaryIO, path: str, form: TextForm) -> None:
        begin = file.read(4)
        file.seek(0)
        self._file, self._path, self._encoding = file, path, form.encoding
        self.marked = next((name for mark, name in _MARKS.items() if begin.startswith(mark)), None)
        plain = codecs.lookup(form.encoding).name == "utf-8"
        decoder = codecs.getincrementaldecoder("utf-8-sig" if plain else form.encoding)()
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._waiting: str | None = None
        self._spaces = ""
        self.counter: RecordCounter | None = None
        self.error: Exception | None = None

    def sample(self) -> str:
        """Return how the text begins; it is read again by the parser."""
        self._waiting = self._decoded(_SAMPLE).removeprefix("\ufeff")
        return self._waiting

    def read(self, size: int = -1) -> str:
        """Return about `size` characters, for the parser.

        Spaces at the end of a piece begin the next one: pandas' parser forgets those that begin a
        line when they end what it was given.
        """
        try:
            piece, more = "", True
            while more and not piece:
                text = self._decoded(size) if self._waiting is None else self._waiting
                self._waiting, more = None, bool(text)
                text = self._spaces + text
                piece = text.rstrip(" \t") if more else text
                self._spaces = text[len(piece) :]
            if self.counter is not None:
                self.counter.feed(piece)
        except Exception as error:
            self.error = error
            raise
        return piece

    def _decoded(self, size: int) -> str:
        """Decode the next bytes; nothing at the end."""
        while True:
            read = self._file.read(size)
            piece = self._decoder.decode(read, final=not read)
            self._check_nul(piece)
            if piece or not read:
                return piece

    def __iter__(self) -> Iterator[str]:
        """Tell the parser that this is a file; it never asks for lines."""
        raise NotImplementedError

    def _check_nul(self, piece: str) -> None:
        """Refuse what ends a cell for the parser."""
        if "\0" not in piece:
            return
        wide = _wide(piece.encode())
        raise InvalidDataError(
            f"{self._path} holds NUL characters, so it is no text in {self._encoding}. Give "
            f"encoding={wide!r} if it is text, or save it as CSV."
        )


def _options(form: TextForm, path: str) -> dict[str, Any]:
    """Return how pandas reads such a file: each cell as its text, an empty one as null."""
    return {
        "sep": form.separator(path),
        "quoting": form.quoting(path),
        "dtype": _TEXT,
        "keep_default_na": False,
        "na_values": [""],
        "index_col": False,
    }


def _names(whole: str, path: str, form: TextForm, options: Mapping[str, Any]) -> list[Any]:
    """Return the names of all columns; those that the header does not name have none."""
    if not form.header:
        return list(pd.read_csv(io.StringIO(whole), header=None, nrows=1, **options).columns)
    names = list(pd.read_csv(io.StringIO(whole), nrows=0, **options).columns)
    if len(names) == 1:
        _check_single(path, str(names[0]))
    try:
        shown = pd.read_csv(io.StringIO(whole), nrows=_SHOWN, **{**options, "index_col": None})
    except pd.errors.ParserError:  # told where the file is read
        return names
    if isinstance(shown.index, pd.RangeIndex):
        return names
    if shown.index.nlevels == 1 and shown.iloc[:, -1].isna().all():
        return [*names, _UNNAMED]
    if shown.index.nlevels == 1 and shown.index.is_unique and shown.iloc[:, -1].notna().all():
        return [_UNNAMED, *names]  # R writes names of rows, and none for their column
    raise InvalidDataError(
        f"{path}: the header names {len(names)} columns, but the first row has "
        f"{len(names) + shown.index.nlevels} cells.{_OTHER_SEPARATOR}"
    )


def _chunks(reader: Any, chosen: Sequence[Any], batch_bytes: int) -> Iterator[pd.DataFrame]:
    """Read frames of about `batch_bytes`, a few rows at a time; at least one frame."""
    rows, held, waiting = _FIRST_ROWS, 0, [reader.get_chunk(0)[chosen]]
    while True:
        try:
            frame = reader.get_chunk(rows)[chosen]
        except StopIteration:
            break
        size = int(frame.memory_usage(index=False).sum())
        rows = min(max(batch_bytes * len(frame) // max(size, 1), 1), _ROWS)
        waiting.append(frame)
        held += size
        if held >= batch_bytes:
            yield pd.concat(waiting, ignore_index=True)
            held, waiting = 0, []
    if waiting:
        yield pd.concat(waiting, ignore_index=True)


def require_columns(columns: Mapping[Any, str], names: Sequence[Any], form: TextForm) -> None:
    """Find the columns among the names of a file.

    Raises
    ------
    MissingColumnError
        When one is not there; it says when the header looks like data.
    """
    data = [name for name in names if _DATA.fullmatch(str(name))]
    for label, argument in columns.items():
        if label in names:
            continue
        error = MissingColumnError.named(label, names, argument)
        if not form.header:
            raise MissingColumnError(f"{error} Without a header, columns are named by numbers.")
        if data:
            raise MissingColumnError(
                f"{error} {data[0]!r} looks like data: if the file has no header, give "
                f"header=False, and columns by their numbers (user=0)."
            )
        raise error


def _check_single(path: str, column: str) -> None:
    """Refuse a file whose columns were not told apart."""
    for separator, spelled in _SEPARATORS.items():
        if separator in column.strip():
            raise InvalidDataError(
                f"{path} was read as a single column, {column!r}: its columns are not separated "
                f"by the separator that was expected. Give sep={spelled}."
            )


def _unreadable(path: str, form: TextForm, text: _Text, error: Exception) -> InvalidDataError:
    """Say why a file cannot be read, and what to give for it."""
    if isinstance(error, InvalidDataError):
        return error
    hint = ""
    if isinstance(error, UnicodeError):
        hint = " " + _other_encoding(form, text, error)
    elif isinstance(error, pd.errors.EmptyDataError):
        hint = " It is empty."
    elif isinstance(error, pd.errors.ParserError):
        inside = "EOF inside string" in str(error)
        hint = f" A quote is not closed: {_NO_QUOTES}" if inside else _OTHER_SEPARATOR
    return InvalidDataError(f"{path} cannot be read as text: {str(error).strip()}.{hint}")


def _wide(read: bytes) -> str:
    """Guess which text of two bytes a character this is: ASCII has a NUL in every second place."""
    return "utf-16-be" if read.startswith(b"\0") else "utf-16-le"


def _other_encoding(form: TextForm, text: _Text, error: UnicodeError) -> str:
    if text.marked is not None and codecs.lookup(form.encoding).name != text.marked:
        return f"It begins as {text.marked} does: give encoding={text.marked!r}."
    undecoded = error.object if isinstance(error, UnicodeDecodeError) else b""
    if b"\0" in undecoded:
        return f"It holds NUL characters: give encoding={_wide(undecoded)!r} if it is text."
    if undecoded and codecs.lookup(form.encoding).name == "utf-8":
        try:
            codecs.getincrementaldecoder(_KOREAN)().decode(undecoded)
        except UnicodeError:
            pass
        else:
            return f"It reads as {_KOREAN}, which Excel writes in Korea: give encoding={_KOREAN!r}."
    return f"Give encoding=, such as {_KOREAN} (Excel in Korea) or utf-16."
