"""The service's contract as an OpenAPI 3.1 description, written from its documentation."""

from __future__ import annotations

from typing import Any

from nclue_pandas.contract import (
    ACCESS_KEY_HEADER,
    ERROR_CODES,
    KEYWORDS_LENGTH,
    LIST_LIMIT,
    LIST_LIMIT_DEFAULT,
    NAME_LENGTH,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)
from nclue_pandas.sandbox import jobs
from nclue_pandas.sandbox.jobs import TEST_FIELDS
from nclue_pandas.sandbox.operations import (
    ARRAYS,
    DOWNLOAD_PATH,
    PATHS,
    PLURALS,
    REQUIRED,
)

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_ID: Json = {"type": "string", "format": "uuid"}
_TIME: Json = {"type": "string", "description": "ISO 8601; the exact layout is not documented"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_STATE: Json = {
    "type": "string",
    "examples": ["registered", "pending", "in_progress", "completed", "failed"],
}
_TITLES = {
    jobs.FEATURE: "Feature",
    jobs.TASK: "Task",
    jobs.RUN: "Run",
    jobs.SHOPPING_INTENT: "ShoppingIntent",
    jobs.CUSTOM_ATTRIBUTES: "CustomAttributes",
}
#: Kind -> properties of the answer of a create operation, beside the time.
_CREATED: dict[str, Json] = {
    jobs.FEATURE: {
        "feature_id": _ID,
        "feature_name": _TEXT,
        "source_bucket": _TEXT,
        "source_file_path": _TEXT,
    },
    jobs.TASK: {
        "task_id": _ID,
        "task_name": _TEXT,
        **{
            f"{role}_{name}": schema
            for role in ("train", "test")
            for name, schema in (
                ("feature_id", _ID),
                ("feature_name", {"type": ["string", "null"]}),
                ("bucket", _TEXT),
                ("file_path", _TEXT),
            )
        },
    },
    jobs.RUN: {
        "run_id": _ID,
        "run_name": _TEXT,
        "task_id": _ID,
        "task_name": {"type": ["string", "null"]},
        "feature_id": _ID,
        "feature_name": {"type": ["string", "null"]},
        "result_bucket": _TEXT,
        "result_file_path": _TEXT,
    },
    jobs.SHOPPING_INTENT: {
        "profile_id": _ID,
        "profile_name": _TEXT,
        "task_id": _ID,
        "task_name": {"type": ["string", "null"]},
    },
    jobs.CUSTOM_ATTRIBUTES: {
        "profile_id": _ID,
        "profile_name": _TEXT,
        "feature_id": _ID,
        "feature_name": {"type": ["string", "null"]},
        "keyword_set": _TEXT,
        "result_bucket": _TEXT,
        "result_file_path": _TEXT,
    },
}
#: Kind -> further properties of the answer of a get operation, beside state and time.
_FIGURES: dict[str, Json] = {
    jobs.FEATURE: {"user_count": _COUNT, "token_count": _COUNT, "disk_usage": _COUNT},
    jobs.TASK: {
        "AUROC": {"type": ["number", "string", "null"], "minimum": 0, "maximum": 1},
        "line_count": _COUNT,
        "disk_usage": _COUNT,
    },
    jobs.RUN: {"line_count": _COUNT},
    jobs.SHOPPING_INTENT: {"line_count": _COUNT, "disk_usage": _COUNT},
    jobs.CUSTOM_ATTRIBUTES: {"line_count": _COUNT},
}
#: Codes of a create operation, by kind, beside those of every one.
_CREATE_CODES = {
    jobs.FEATURE: (10103, 10106, 10109, 10119, 10121, 10131, 10132, 10136),
    jobs.TASK: (
        *(10104, 10105, 10107, 10108, 10110, 10111, 10114, 10119),
        *(10122, 10123, 10131, 10132, 10136),
    ),
    jobs.RUN: (10113, 10114, 10115, 10130, 10131, 10132, 10136),
    jobs.SHOPPING_INTENT: (10115, 10119),
    jobs.CUSTOM_ATTRIBUTES: (10112, 10114, 10118, 10130, 10131, 10132, 10136),
}
_DELETE_CODES = {
    jobs.FEATURE: (10114, 10134),
    jobs.TASK: (10115, 10135),
    jobs.RUN: (10116,),
    jobs.SHOPPING_INTENT: (10117, 10124),
    jobs.CUSTOM_ATTRIBUTES: (10117, 10124),
}


def description(server: str) -> Json:
    """Return the description of the 21 operations.

    Parameters
    ----------
    server : str
        Base URL.

    Returns
    -------
    dict
        An OpenAPI 3.1 document.

    Examples
    --------
    >>> paths = description("http://127.0.0.1:8000/api/v1")["paths"]
    >>> sum(len(operations) for operations in paths.values())
    21
    """
    paths: dict[str, Json] = {}
    for kind, path in PATHS.items():
        paths[path] = {"get": _list(kind), "post": _create(kind)}
        paths[f"{path}/{{job_id}}"] = {"get": _get(kind), "delete": _delete(kind)}
    paths[f"{DOWNLOAD_PATH}/{{job_id}}"] = {"get": _download()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "NCLUE",
            "version": "1",
            "description": "User representations from behavior logs, models on them, profiles.",
        },
        "servers": [{"url": server}],
        "security": [{"timestamp": [], "access_key": [], "signature": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": header}
                for name, header in (
                    ("timestamp", TIMESTAMP_HEADER),
                    ("access_key", ACCESS_KEY_HEADER),
                    ("signature", SIGNATURE_HEADER),
                )
            },
        },
    }


def _schemas() -> Json:
    error = _object({"errorCode": _TEXT, "message": _TEXT, "details": _TEXT})
    schemas: Json = {"Error": _object({"error": error})}
    for kind, title in _TITLES.items():
        made = _CREATED[kind] | {"created_at": _TIME}
        for name in made:
            if name.startswith("test_"):
                made[name] = {"type": ["string", "null"]}
        told = made | {
            "status": _STATE,
            "completed_at": {"type": ["string", "null"]},
            "fail_message": {"type": ["string", "null"]},
            **_FIGURES[kind],
        }
        schemas[f"{title}Created"] = _object(made)
        schemas[title] = _object(told)
        page = {"type": "array", "items": _ref(title)}
        schemas[f"{title}List"] = _object(
            {"index": _COUNT, "limit": _COUNT, "total": _COUNT, ARRAYS[kind]: page}
        )
        schemas[f"{title}Request"] = _request(kind)
    return schemas


def _request(kind: str) -> Json:
    properties: Json = {"name": {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH}}
    properties |= {name: _ID if name.endswith("_id") else _TEXT for name in REQUIRED[kind]}
    if kind == jobs.CUSTOM_ATTRIBUTES:
        properties["keyword_set"] = {"type": "string", "maxLength": KEYWORDS_LENGTH}
    required = list(properties)
    if kind == jobs.TASK:
        properties |= {name: _ID if name.endswith("_id") else _TEXT for name in TEST_FIELDS}
    schema: Json = {"type": "object", "properties": properties, "required": required}
    if kind == jobs.TASK:
        schema["dependentRequired"] = {name: list(TEST_FIELDS) for name in TEST_FIELDS}
    return schema


def _list(kind: str) -> Json:
    limit = {"type": "integer", "minimum": 1, "maximum": LIST_LIMIT, "default": LIST_LIMIT_DEFAULT}
    index = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "default": 0}
    return {
        "operationId": f"list_{PLURALS[kind]}",
        "parameters": [
            {"name": "index", "in": "query", "schema": index},
            {"name": "limit", "in": "query", "schema": limit},
        ],
        "responses": _responses(f"{_TITLES[kind]}List", (10133,)),
    }


def _create(kind: str) -> Json:
    content = {"application/json": {"schema": _ref(f"{_TITLES[kind]}Request")}}
    return {
        "operationId": f"create_{kind}",
        "requestBody": {"required": True, "content": content},
        "responses": _responses(
            f"{_TITLES[kind]}Created", (10100, 10101, 10102, *_CREATE_CODES[kind]), (404, 413)
        ),
    }


def _get(kind: str) -> Json:
    return {
        "operationId": f"get_{kind}",
        "parameters": [_job_id()],
        "responses": _responses(_TITLES[kind], (), (404,)),
    }


def _delete(kind: str) -> Json:
    responses = _responses(_TITLES[kind], _DELETE_CODES[kind], (404,))
    name = next(name for name in _CREATED[kind] if name.endswith("_id"))
    responses["200"]["content"] = {"application/json": {"schema": _object({name: _ID})}}
    return {"operationId": f"delete_{kind}", "parameters": [_job_id()], "responses": responses}


def _download() -> Json:
    responses = _responses(None, (10117, 10124))
    responses["200"]["content"] = {"text/tab-separated-values": {"schema": _TEXT}}
    return {
        "operationId": "download_shopping_intent",
        "parameters": [_job_id()],
        "responses": responses,
    }


def _responses(
    schema: str | None, codes: tuple[int, ...], statuses: tuple[int, ...] = ()
) -> dict[str, Json]:
    """Return the answers of an operation: success, its own codes, the gateway's."""
    success: Json = {"description": "Done."}
    if schema is not None:
        success["content"] = {"application/json": {"schema": _ref(schema)}}
    meanings: dict[int, list[str]] = {400: ["100"], 401: ["200", "210"], 429: ["410"]}
    for status in statuses:
        meanings.setdefault(status, [])
    for code in codes:
        status, name = ERROR_CODES[code]
        meanings.setdefault(status, []).append(f"{code} {name}")
    error = {"application/json": {"schema": _ref("Error")}}
    return {"200": success} | {
        str(status): {"description": ", ".join(told) or "Refused.", "content": error}
        for status, told in sorted(meanings.items())
    }


def _job_id() -> Json:
    return {"name": "job_id", "in": "path", "required": True, "schema": _ID}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(schema: str) -> Json:
    return {"$ref": f"#/components/schemas/{schema}"}
