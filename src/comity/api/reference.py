"""The reference people read: the OpenAPI document as a page without a line of script."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from comity.api.v1 import api
from comity.kernel.errors import known_errors


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, in plain JSON values; the same for everybody, so it is made once."""
    made: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    return made


@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """The document itself; open to all, since it holds no data."""
    return JsonResponse(document())


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The document as a page."""
    return render(
        request,
        "api/reference.html",
        {
            "info": document()["info"],
            "groups": _groups(document()),
            "names": set(document()["components"]["schemas"]),
            "schemas": [_schema(name, schema) for name, schema in sorted(document()["components"]["schemas"].items())],
            "problems": sorted({(error.code, error.status, error.title) for error in known_errors()}),
        },
    )


def _groups(made: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations by tag, in the order of the document."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for address, operations in made["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["Other"])[0]
            groups.setdefault(tag, []).append(_operation(address, method, operation))
    return [{"name": name, "operations": operations} for name, operations in groups.items()]


def _operation(address: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    answers = [
        (status, answer["description"], type_of(next(iter(answer.get("content", {"": {}}).values())).get("schema")))
        for status, answer in operation["responses"].items()
        if "$ref" not in answer
    ]
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "address": address,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "scope": operation["security"][0]["Token"][0] if operation.get("security") else "",
        "parameters": [
            (each["name"], each["in"], type_of(each["schema"]), each["required"], each.get("description", ""))
            for each in operation["parameters"]
        ],
        "body": [(media, type_of(content["schema"])) for media, content in body.items()],
        "answers": answers,
    }


def _schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    return {
        "name": name,
        "description": schema.get("description", ""),
        "fields": [
            (field, type_of(details), field in required, details.get("description", ""))
            for field, details in schema.get("properties", {}).items()
        ],
        "values": schema.get("enum", []),
    }


def type_of(schema: dict[str, Any] | None) -> str:
    """A schema in a few words: `string (uuid)`, `list of Partnership`, `Tier or null`."""
    if not schema:
        return ""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for members in ("anyOf", "allOf", "oneOf"):
        if members in schema:
            return " or ".join(dict.fromkeys(type_of(member) for member in schema[members]))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items')) or 'anything'}"
    form = schema.get("format") or ""
    return f"{schema.get('type', 'anything')}{f' ({form})' if form else ''}"
