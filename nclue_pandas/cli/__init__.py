"""``python -m nclue_pandas``: demo, doctor, jobs, usage, sandbox."""

from __future__ import annotations

from nclue_pandas.cli.main import main

__all__ = ["main"]
