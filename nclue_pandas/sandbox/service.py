"""One account of the embedded service: settings, faults, jobs, operations together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nclue_pandas.sandbox.auth import Gatekeeper
from nclue_pandas.sandbox.faults import Faults
from nclue_pandas.sandbox.jobs import Registry
from nclue_pandas.sandbox.operations import Operations
from nclue_pandas.sandbox.work import Worker

if TYPE_CHECKING:
    from nclue_pandas.sandbox.object_storage import ObjectStorage
    from nclue_pandas.sandbox.settings import SandboxSettings


class Account:
    """The service as one account sees it.

    Parameters
    ----------
    settings : SandboxSettings
        How it behaves.
    storage : ObjectStorage
        The account's Object Storage.
    access_key, secret_key : str
        The account's keys.
    """

    def __init__(
        self,
        settings: SandboxSettings,
        storage: ObjectStorage,
        access_key: str,
        secret_key: str,
    ) -> None:
        self.settings = settings
        self.faults = Faults()
        self.gatekeeper = Gatekeeper({access_key: secret_key})
        worker = Worker(storage, lambda: self.settings, self._disk_usage)
        self.registry = Registry(lambda: self.settings, worker)
        self.operations = Operations(self.registry, storage, lambda: self.settings)

    def configure(self, **changes: Any) -> None:
        """Change settings while the service runs."""
        self.settings = self.settings.changed(**changes)

    def _disk_usage(self) -> int:
        return self.registry.disk_usage()
