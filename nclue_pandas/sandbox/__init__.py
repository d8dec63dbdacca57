"""The embedded NCLUE: the service's contract on loopback, with Object Storage and a model.

It needs the extra ``sandbox``. It shares with the client only the constants of
:mod:`nclue_pandas.contract`, so that the two cannot agree by sharing a mistake.
"""

from __future__ import annotations

from nclue_pandas.sandbox.server import Sandbox
from nclue_pandas.sandbox.settings import SandboxSettings

__all__ = ["Sandbox", "SandboxSettings"]
