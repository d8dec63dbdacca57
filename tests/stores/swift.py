"""OpenStack Swift with its S3 interface: a real store that checks every signature.

It lives in an environment of its own, ``make .venv-swift/ready``. As a program it prints where
the store is, as JSON, and serves until its standard input is closed::

    PYTHONPATH=tests .venv/bin/python -m stores.swift
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from stores.base import Access, StoreUnavailableError

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = ROOT / ".venv-swift"
SERVERS = Path(__file__).with_name("swift_servers.py")
BUCKET = "nclue-swift"
#: Keys of a listing's page: few, so that listings have several pages.
PAGE = 100


class SwiftStore:
    """Swift on loopback: ``with SwiftStore.start() as store``."""

    @staticmethod
    @contextmanager
    def start(bucket=BUCKET):
        """Start the servers, create a bucket, and yield the :class:`~stores.base.Access`.

        Raises
        ------
        StoreUnavailableError
            When Swift is not installed or cannot run here.
        """
        if not (ENVIRONMENT / "ready").exists():
            raise StoreUnavailableError(_reason())
        folder = Path(tempfile.mkdtemp(prefix="swift-"))
        try:
            _check_attributes(folder)
            with _serving(folder) as port:
                access = Access(
                    endpoint=f"http://127.0.0.1:{port}",
                    region="us-east-1",
                    access_key="test:tester",
                    secret_key="testing",
                    bucket=bucket,
                    page=PAGE,
                )
                access.create_bucket()
                yield access
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _check_attributes(folder):
    """Swift keeps an object's metadata in attributes of its file."""
    try:
        os.setxattr(folder, "user.swift", b"1")
    except OSError as error:
        raise StoreUnavailableError(f"no file attributes in {folder.parent}: {error}") from None


def _reason():
    """Return why the environment is not there."""
    log = ENVIRONMENT / "install.log"
    told = log.read_text().strip().splitlines()[-1:] if log.exists() else []
    return "OpenStack Swift is not installed (make .venv-swift/ready): " + "".join(told)


@contextmanager
def _serving(folder):
    """Run the servers in their own process; it ends by itself when this one does."""
    with (folder / "errors.txt").open("w+") as errors:
        servers = subprocess.Popen(
            [ENVIRONMENT / "bin" / "python", "-I", "-W", "ignore", SERVERS, folder, str(PAGE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            told = servers.stdout.readline()
            if not told:
                errors.seek(0)
                raise StoreUnavailableError(f"Swift did not start: {errors.read()[-500:]}")
            yield json.loads(told)["port"]
        finally:
            servers.stdin.close()
            servers.stdout.close()
            servers.wait(30)


def main():
    """Serve until standard input is closed."""
    try:
        with SwiftStore.start() as store:
            print(json.dumps(store.to_dict()), flush=True)
            sys.stdin.read()
    except StoreUnavailableError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
