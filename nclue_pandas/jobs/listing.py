"""Jobs of one kind as a DataFrame, with Arrow types."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from nclue_pandas.service.records import Record


def as_row(record: Record) -> dict[str, Any]:
    """Return the typed fields of `record` by name, without the raw answer."""
    return {
        field.name: getattr(record, field.name)
        for field in dataclasses.fields(record)
        if field.name != "raw"
    }


def as_frame(records: Iterable[Record], record_type: type[Record]) -> pd.DataFrame:
    """Return one row per job; an empty list keeps its columns.

    Parameters
    ----------
    records : iterable of Record
        Jobs of one kind.
    record_type : type
        Their class, which gives columns and types.

    Returns
    -------
    pandas.DataFrame
        Text as ``string[pyarrow]``, counts as ``int64[pyarrow]``, times as
        ``timestamp[us, tz=UTC][pyarrow]``.
    """
    import pandas as pd
    import pyarrow as pa

    fields = [field for field in dataclasses.fields(record_type) if field.name != "raw"]
    rows = [as_row(record) for record in records]
    columns = {}
    for field in fields:
        kind = _arrow_type(str(field.type))
        values = [row[field.name] for row in rows]
        if pa.types.is_string(kind):
            values = [None if v is None else _text(v) for v in values]
        columns[field.name] = pd.Series(
            pd.arrays.ArrowExtensionArray(pa.array(values, type=kind)), name=field.name
        )
    return pd.DataFrame(columns)


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _arrow_type(annotation: str) -> Any:
    import pyarrow as pa

    if annotation.startswith(datetime.__name__):
        return pa.timestamp("us", tz="UTC")
    if annotation.startswith("int"):
        return pa.int64()
    if annotation.startswith("float"):
        return pa.float64()
    return pa.string()
