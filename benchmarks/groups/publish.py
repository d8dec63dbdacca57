"""A frame of sequences to files on Object Storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import csv

from benchmarks.arrow_files import read_table, write_table
from benchmarks.methods import OURS, Group, Job, Method, Workload
from benchmarks.sequence_frames import sequence_table
from benchmarks.stores import Access, serve

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

PART = 8 << 20
PARTS_AT_ONCE = 4
#: Of a sequence, on average: about 400 bytes.
_EVENTS = 13
_TSV = {"sep": "\t", "header": False, "index": False}


def make_sequences(path: Path, rows: int) -> None:
    """Write sequences, and beside them the TSV of the same."""
    table = sequence_table(path, rows, _EVENTS)
    write_table(path, table)
    write_tsv(table, tsv_of(path))


def tsv_of(path: Path | str) -> str:
    """Return the path of the bytes that all methods store."""
    return f"{str(path).replace('unfinished-', '')}.tsv"


def write_tsv(table: pa.Table, sink: Any) -> None:
    options = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    csv.write_csv(table, sink, options)


@dataclass
class Upload:
    """What a method needs to store a frame or a file.

    Parameters
    ----------
    access : Access
        Where the store is.
    key : str
        Of the object.
    frame : pandas.DataFrame or None
        The sequences.
    file : str
        Path of the same as TSV.
    client : object
        What the method sends with.
    """

    access: Access
    key: str
    frame: pd.DataFrame | None
    file: str
    client: Any = None

    @property
    def path(self) -> str:
        """Bucket and key."""
        return f"{self.access.bucket}/{self.key}"

    @classmethod
    def of(cls, job: Job, *, frame: bool) -> Upload:
        """Load what a job names."""
        access = Access(**(job.store or {}))
        table = _frame(read_table(job.path)) if frame else None
        return cls(access, f"{job.name}-{job.method}.csv", table, tsv_of(job.path))


def _frame(table: pa.Table) -> pd.DataFrame:
    import pandas as pd

    return table.to_pandas(types_mapper=pd.ArrowDtype)


def s3fs_options(access: Access) -> dict[str, Any]:
    """Return the arguments that s3fs needs for an S3-compatible store."""
    return {
        "key": access.access_key,
        "secret": access.secret_key,
        "endpoint_url": access.endpoint,
        "client_kwargs": {"region_name": access.region},
        "config_kwargs": {
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
            "proxies": {},
        },
    }


def open_bucket(job: Job) -> Any:
    """Return the library's bucket, connected before the clock starts, as the others are."""
    from nclue_pandas.config import Credentials, StorageSettings
    from nclue_pandas.storage.bucket import Bucket

    access = Access(**(job.store or {}))
    keys = Credentials(access.access_key, access.secret_key)
    settings = StorageSettings(access.bucket, endpoint=access.endpoint, region=access.region)
    bucket = Bucket(settings, lambda: keys)
    bucket.check()
    return bucket


def load_ours(job: Job) -> Upload:
    upload = Upload.of(job, frame=True)
    upload.client = open_bucket(job)
    return upload


def ours(upload: Upload) -> None:
    from nclue_pandas.storage.content import FrameContent
    from nclue_pandas.storage.publish import prepare, publish

    assert upload.frame is not None
    content = FrameContent.of_sequences(upload.frame, "user_id", "sequence")
    publish(prepare(content, "sequences", "benchmark", upload.key[:-4]), upload.client)


def load_s3fs(job: Job) -> Upload:
    from s3fs import S3FileSystem

    upload = Upload.of(job, frame=False)
    upload.client = S3FileSystem(**s3fs_options(upload.access))
    return upload


def put_file(upload: Upload) -> None:
    upload.client.put_file(upload.file, upload.path)


def put_file_8(upload: Upload) -> None:
    upload.client.put_file(upload.file, upload.path, chunksize=PART, max_concurrency=PARTS_AT_ONCE)


def load_frame(job: Job) -> Upload:
    return Upload.of(job, frame=True)


def to_csv(upload: Upload) -> None:
    assert upload.frame is not None
    options = s3fs_options(upload.access)
    upload.frame.to_csv(f"s3://{upload.path}", storage_options=options, **_TSV)


def load_wrangler(job: Job) -> Upload:
    import awswrangler as wr
    import boto3

    upload = Upload.of(job, frame=True)
    wr.config.s3_endpoint_url = upload.access.endpoint
    wr.config.botocore_config = upload.access.client().meta.config
    upload.client = boto3.Session(
        upload.access.access_key, upload.access.secret_key, region_name=upload.access.region
    )
    return upload


def wrangler(upload: Upload) -> None:
    import awswrangler as wr

    wr.s3.to_csv(upload.frame, f"s3://{upload.path}", boto3_session=upload.client, **_TSV)


def load_pyarrow(job: Job) -> Upload:
    from pyarrow.fs import S3FileSystem

    upload = Upload.of(job, frame=True)
    scheme, _, host = upload.access.endpoint.partition("://")
    upload.client = S3FileSystem(
        access_key=upload.access.access_key,
        secret_key=upload.access.secret_key,
        region=upload.access.region,
        scheme=scheme,
        endpoint_override=host,
    )
    return upload


def pyarrow_stream(upload: Upload) -> None:
    table = pa.Table.from_pandas(upload.frame, preserve_index=False)
    with upload.client.open_output_stream(upload.path) as sink:
        write_tsv(table, sink)


def load_boto3(job: Job) -> Upload:
    upload = Upload.of(job, frame=False)
    upload.client = upload.access.client()
    return upload


def upload_file(upload: Upload) -> None:
    upload.client.upload_file(upload.file, upload.access.bucket, upload.key)


SIZES = (1_000_000, 2_000_000)

GROUP = Group(
    key="publish",
    title="Encode and publish sequences",
    unit="sequences",
    about=(
        "A frame of sequences, about 400 MB as a file for 10^6 of them, to a store on loopback "
        "(OpenStack Swift with its S3 interface; it shares the cores). Ours encodes, fingerprints, "
        "sends parts and verifies each; `put_file` and `upload_file` send the same bytes, which "
        "are on disk already; the others encode the frame. *Extra memory* is above the frame. "
        "awswrangler runs in an environment of its own, with an older pyarrow."
    ),
    methods=(
        Method(OURS, "`publish`", load_ours, ours),
        Method("put_file", "s3fs `put_file`, default parts", load_s3fs, put_file),
        Method("put_file_8", "s3fs `put_file`, 8 MiB parts, 4 at once", load_s3fs, put_file_8),
        Method("upload_file", "boto3 `upload_file`", load_boto3, upload_file, needs=("boto3",)),
        Method("pyarrow", "pyarrow `S3FileSystem`, CSV stream", load_pyarrow, pyarrow_stream),
        Method("to_csv", '`DataFrame.to_csv("s3://...")`', load_frame, to_csv),
        Method(
            "wrangler", "awswrangler `to_csv`", load_wrangler, wrangler, environment="awswrangler"
        ),
    ),
    workloads=(Workload("frame", "sequences of thirteen events", make_sequences, SIZES),),
    serve=serve,
)
