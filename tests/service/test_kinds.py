"""The five kinds of job: each is served by the operations that bear its name."""

from __future__ import annotations

import pickle

import pytest

from nclue_pandas.service.operations import KINDS, Service


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_operations_of_a_kind_are_its_own(kind):
    names = {
        "create": f"create_{kind.name}",
        "get": f"get_{kind.name}",
        "delete": f"delete_{kind.name}",
        "page": f"list_{kind.plural}",
    }
    for verb, name in names.items():
        assert getattr(kind, verb) is getattr(Service, name)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_pickles_as_itself(kind):
    assert pickle.loads(pickle.dumps(kind)) is kind
