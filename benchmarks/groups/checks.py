"""Looking for what the service would refuse, before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from benchmarks.arrow_files import read_table, write_table
from benchmarks.digests import bytes_digest
from benchmarks.methods import OURS, Group, Job, Method, Workload
from benchmarks.sequence_frames import sequence_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

#: Texts with personal data, of numbers that belong to nobody.
PLANTED = (
    "call 010-1234-5678",
    "write to someone@example.com",
    "paid with 4111 1111 1111 1111",
    "880101-1234568 as asked",
)
_EVERY = 100


def make_sequences(path: Path, rows: int) -> None:
    """Write sequences, of which every hundredth ends with planted personal data."""
    table = sequence_table(path, rows)
    texts = table["sequence"].to_numpy()
    hit = np.arange(0, rows, _EVERY)
    planted = np.array(PLANTED, dtype=object)[np.arange(hit.size) % len(PLANTED)]
    texts[hit] = texts[hit] + "->" + planted
    write_table(path, table.set_column(1, "sequence", pa.array(texts, pa.string())))


def load_frame(job: Job) -> pd.DataFrame:
    return read_table(job.path).to_pandas()


def load_column(job: Job) -> pa.Array:
    from nclue_pandas.frames import personal_data

    del personal_data  # imported before the clock starts
    return read_table(job.path)["sequence"].combine_chunks()


def load_list(job: Job) -> Any:
    """Load texts as Python's own, and the library's patterns for Python's regular expressions."""
    from nclue_pandas.frames.personal_data import KINDS

    texts = read_table(job.path)["sequence"].to_pylist()
    return texts, [re.compile(_python_pattern(kind.pattern)) for kind in KINDS]


def _python_pattern(pattern: str) -> str:
    r"""Write RE2's ``\x{2010}`` as the character it stands for, and its letters as Python's."""
    pattern = pattern.replace(r"\p{L}\p{N}", r"\w")
    return re.sub(r"\\x\{([0-9a-f]+)\}", lambda found: re.escape(chr(int(found[1], 16))), pattern)


def check(frame: pd.DataFrame) -> Any:
    import nclue_pandas

    return nclue_pandas.check(frame)


def screening(texts: pa.Array) -> np.ndarray:
    from nclue_pandas.frames.personal_data import find

    return np.unique(np.concatenate([positions for _, positions in find(texts)]))


def regex_loop(loaded: Any) -> np.ndarray:
    texts, patterns = loaded
    return np.array(
        [row for row, text in enumerate(texts) if any(pattern.search(text) for pattern in patterns)]
    )


def digest_report(report: Any) -> str:
    return digest_rows(np.sort(report.rows.index.to_numpy()))


def digest_rows(rows: np.ndarray) -> str:
    return bytes_digest([rows.astype(np.int64).tobytes()])


GROUP = Group(
    key="checks",
    title="Checks before anything is sent",
    unit="sequences",
    about=(
        "Sequences of ten events, of which every hundredth holds planted personal data. `check` "
        "looks for everything that the service would refuse; the screening alone and the Python "
        "loop look for personal data, with the same patterns, and find the same rows."
    ),
    methods=(
        Method(OURS, "`check`, everything", load_frame, check, digest_report),
        Method("screening", "personal data alone", load_column, screening, digest_rows),
        Method(
            "loop",
            "personal data by a Python loop of `re.search`",
            load_list,
            regex_loop,
            digest_rows,
            slow_from=1_000_000,
        ),
    ),
    workloads=(
        Workload("frame", "sequences of ten events", make_sequences, (10_000, 100_000, 1_000_000)),
    ),
)
