"""s3rver, an independent S3 server for Node: ``make s3rver`` installs it where npm is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from stores.base import Access, StoreUnavailableError

ROOT = Path(__file__).parent.parent.parent
PROGRAM = ROOT / ".venv-s3rver" / "node_modules" / ".bin" / "s3rver"
BUCKET = "nclue-s3rver"
#: The program knows one account, and prints where it listens.
KEY = "S3RVER"
LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")


class S3rverStore:
    """s3rver on loopback: ``with S3rverStore.start() as store``."""

    @staticmethod
    @contextmanager
    def start(bucket=BUCKET):
        """Start it, create a bucket, and yield the :class:`~stores.base.Access`.

        Raises
        ------
        StoreUnavailableError
            When it is not installed.
        """
        if not PROGRAM.exists():
            raise StoreUnavailableError("s3rver is not installed: make s3rver, which needs npm")
        folder = Path(tempfile.mkdtemp(prefix="s3rver-"))
        server = subprocess.Popen(
            [PROGRAM, "-d", folder, "-a", "127.0.0.1", "-p", "0", "--no-vhost-buckets", "-s"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield _entered(server, bucket)
        finally:
            server.kill()
            server.wait(30)
            server.stdout.close()
            shutil.rmtree(folder, ignore_errors=True)


def _entered(server, bucket):
    told = ""
    for line in server.stdout:
        told += line
        if found := LISTENING.search(line):
            access = Access(f"http://127.0.0.1:{found.group(1)}", "us-east-1", KEY, KEY, bucket)
            access.create_bucket()
            return access
    raise StoreUnavailableError(f"s3rver did not start: {told[-300:]}")
