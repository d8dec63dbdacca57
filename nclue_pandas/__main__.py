"""``python -m nclue_pandas``; see :mod:`nclue_pandas.cli`."""

from __future__ import annotations

import sys

from nclue_pandas.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
