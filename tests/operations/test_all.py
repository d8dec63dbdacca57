"""What holds for all operations, or for all lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from nclue_pandas.sandbox.openapi import description
from operations.shop import assert_refused

LISTS = {
    "list_features": lambda service, **page: service.list_features(**page),
    "list_tasks": lambda service, **page: service.list_tasks(**page),
    "list_runs": lambda service, **page: service.list_runs(**page),
    "list_shopping_intents": lambda service, **page: service.list_shopping_intents(**page),
    "list_custom_attributes": lambda service, **page: service.list_custom_attributes(**page),
}


@pytest.mark.parametrize("limit", [0, 101])
@pytest.mark.parametrize("operation", LISTS)
def test_list_refuses_10133(operation, limit, shop):
    assert_refused(10133, lambda: LISTS[operation](shop.service, index=0, limit=limit))


OPERATIONS = [
    operation["operationId"]
    for methods in description("https://nclue.example")["paths"].values()
    for operation in methods.values()
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_has_a_test_of_its_name(operation):
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert f"\ndef test_{operation}(" in tests


def test_there_are_21():
    assert len(set(OPERATIONS)) == 21
