"""Jobs are tried on the store of the sandbox, which is asked again at once."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _asked_again_at_once(no_pauses):
    pass
