"""A process that runs ``predict settings.toml`` as cron would, without the pace of an account."""

from __future__ import annotations

import os
import resource
import sys
from importlib import import_module
from pathlib import Path

from nclue_pandas.cli import account, main
from nclue_pandas.config import options

for module in (
    *("requests", "s3fs", "aiohttp", "aiobotocore.session", "botocore.signers"),
    *("filelock", "pyarrow.parquet", "nclue_pandas.cli.predict", "nclue_pandas.cli.question"),
    *("nclue_pandas.cli.settings", "nclue_pandas.cli.destination", "nclue_pandas.cli.lock"),
):
    import_module(module)


def run(arguments, folder, environment, log, limit=None):
    """Run the command in a directory; its exit status is the process's.

    Parameters
    ----------
    limit : int, optional
        Bytes of a file after which the disk takes no more.
    """
    os.environ.update(environment)
    os.chdir(folder)
    sys.stderr = Path(log).open("w", encoding="utf-8")  # noqa: SIM115 - as the shell would
    from_environment = account.ServiceSettings.from_environment
    account.ServiceSettings.from_environment = staticmethod(
        lambda **changes: from_environment(**changes | {"requests_per_second": None})
    )
    options.poll_first, options.poll_longest = 0.05, 0.2
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    status = main(["predict", "settings.toml", "--log", "json", *arguments])
    sys.stderr.close()
    os._exit(status)
