"""``doctor``: what stands between this machine and the service, each with a remedy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nclue_pandas.cli.account import account_of
from nclue_pandas.cli.findings import Finding, failed
from nclue_pandas.cli.gateway import Gateway
from nclue_pandas.cli.rights import right_findings
from nclue_pandas.cli.versions import version_findings
from nclue_pandas.errors import ConfigurationError, CredentialsError
from nclue_pandas.key_sources import source_of_credentials

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from nclue_pandas.cli.account import Account
    from nclue_pandas.cli.record import Record
    from nclue_pandas.storage.bucket import Bucket


def run(options: argparse.Namespace) -> int:
    """Print the findings as they come, and write the record where one is asked for.

    Parameters
    ----------
    options : argparse.Namespace
        The account, and ``record``.

    Returns
    -------
    int
        0, or 1 when something must be mended.
    """
    record = None
    if options.record:
        from nclue_pandas.cli.record import Record

        record = Record.at(options.record)
    findings = []
    for finding in examine(options, record):
        findings.append(finding)
        sys.stdout.write(finding.line(color=sys.stdout.isatty()) + "\n")
        sys.stdout.flush()
    if failed(findings):
        sys.stdout.write("\nSomething must be mended: see the lines that say FAIL.\n")
        return 1
    sys.stdout.write("\nAll that is needed works.\n")
    return 0


def examine(options: argparse.Namespace, record: Record | None = None) -> Iterator[Finding]:
    """Yield what is found, one after another: versions, settings, keys, gateway, bucket, record.

    Parameters
    ----------
    options : argparse.Namespace
        Names the account.
    record : Record, optional
        Listens, and is written at the end.
    """
    yield from version_findings()
    try:
        account = account_of(options, retries=1)
        digest = account.credentials().account
    except ConfigurationError as error:
        what = "keys" if isinstance(error, CredentialsError) else "settings"
        yield Finding("FAIL", what, str(error), error.remedy)
        return
    source = source_of_credentials(profile=options.profile, role=options.role)
    yield Finding("OK", "keys", f"From {source}; account {digest}.")
    gateway = Gateway(account)
    bucket = _bucket(account, record)
    if record is not None:
        record.listen(gateway.transport)
    yield from gateway.findings()
    if bucket is None:
        yield Finding(
            "WARN",
            "bucket",
            "No bucket is named, so jobs can be listed but nothing uploaded or read.",
            "Give --bucket, or set NCLUE_BUCKET.",
        )
    else:
        yield from right_findings(bucket)
    if record is not None:
        yield record.write(account, gateway.service, bucket)


def _bucket(account: Account, record: Record | None) -> Bucket | None:
    if account.storage is None:
        return None
    from nclue_pandas.storage.bucket import Bucket

    settings = account.storage if record is None else record.overheard(account.storage)
    return Bucket(settings, account.credentials)
