"""``python -m nclue_pandas``; see :mod:`nclue_pandas.cli`."""

from __future__ import annotations

import signal
import sys

from nclue_pandas.cli import main

__all__ = ["main", "program"]


def program() -> None:
    """Run the command of this process, and leave the process with its exit status.

    From its end on Ctrl-C ends the process as the system does, without a traceback of what Python
    is still tidying up.
    """
    status = main()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(status)


if __name__ == "__main__":
    program()
