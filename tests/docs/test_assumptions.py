from __future__ import annotations

from importlib import import_module

import pytest

from nclue_pandas.assumptions import ASSUMPTIONS


@pytest.mark.parametrize("assumption", ASSUMPTIONS, ids=lambda assumption: assumption.key)
def test_each_is_one_named_place(assumption):
    module, _, path = assumption.where.partition(":")
    found = import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    assert found is not None
    assert all((assumption.question, assumption.assumed, assumption.settled_by))


def test_keys_are_unique():
    assert len({assumption.key for assumption in ASSUMPTIONS}) == len(ASSUMPTIONS)
