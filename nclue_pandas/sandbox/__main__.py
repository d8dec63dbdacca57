"""``python -m nclue_pandas.sandbox``: the embedded service for other processes and languages."""

from __future__ import annotations

import argparse
import sys
import threading
from typing import TYPE_CHECKING

from nclue_pandas.sandbox import Sandbox, SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C; print how to reach the sandbox as shell exports.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.

    Returns
    -------
    int
        Exit status.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        settings = SandboxSettings(
            seed=options.seed, rate_limit=options.rate_limit, job_seconds=options.job_seconds
        )
        sandbox = Sandbox(settings, port=options.port, storage_port=options.storage_port)
    except ValueError as error:
        parser.error(str(error))
    try:
        with sandbox:
            sys.stdout.write(exports(sandbox))
            sys.stdout.flush()
            threading.Event().wait()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot listen: {error.strerror}. Choose another port.\n")
        return 1
    return 0


def exports(sandbox: Sandbox) -> str:
    """Return shell lines that point ``nclue_pandas.connect()`` at a running sandbox."""
    values = {
        "NCLUE_API_URL": sandbox.api_url,
        "NCLUE_STORAGE_ENDPOINT": sandbox.endpoint,
        "NCLUE_STORAGE_REGION": sandbox.region,
        "NCLUE_BUCKET": sandbox.bucket,
        "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
        "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
    }
    lines = [f"export {name}={value}\n" for name, value in values.items()]
    return "# The embedded NCLUE, a stand-in for trying. Ctrl-C stops it.\n" + "".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nclue_pandas.sandbox",
        description="Serve the embedded NCLUE and its Object Storage on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=0, help="of the service (0: a free one)")
    parser.add_argument("--storage-port", type=int, default=0, help="of Object Storage")
    parser.add_argument("--seed", type=int, default=0, help="ids and models repeat with it")
    parser.add_argument("--job-seconds", type=float, default=0.0, help="how long a job takes")
    parser.add_argument(
        "--no-rate-limit",
        dest="rate_limit",
        action="store_false",
        help="accept more than one request per second",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
