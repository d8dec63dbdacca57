"""The embedded store, over http and over https with a certificate made for the occasion."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from contextlib import contextmanager
from dataclasses import dataclass

from nclue_pandas.sandbox.object_storage import ObjectStorage
from stores.base import Access

BUCKET = "nclue-moto"


@dataclass(frozen=True)
class MotoAccess(Access):
    """Where the embedded store is, and the store itself."""

    storage: ObjectStorage | None = None

    def to_dict(self):
        """Return the fields by name, without the store."""
        return {name: value for name, value in vars(self).items() if name != "storage"}


class MotoStore:
    """The embedded store: ``with MotoStore.start(folder) as store``; https when `folder` is given."""

    @staticmethod
    @contextmanager
    def start(folder=None, bucket=BUCKET):
        """Start it; certificate and key are written into `folder`."""
        context, bundle = None, None
        if folder is not None:
            bundle, key = certificate(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(bundle, key)
        keys = "MOTO-ACCESS", "moto/Secret+key"
        with ObjectStorage(*keys, ssl=context) as storage:
            storage.create_bucket(bucket)
            bundle = str(bundle) if bundle else None
            yield MotoAccess(
                storage.endpoint, "kr-standard", *keys, bucket, bundle, storage=storage
            )


def certificate(folder):
    """Make a certificate for 127.0.0.1 that nobody else trusts; return the paths of it and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
