"""The OpenAPI document and the page made of it."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import get_args

import pytest
from django.test import Client
from django.urls import get_resolver
from pydantic import BaseModel

from comity.api.reference import type_of
from comity.kernel.errors import known_errors


@pytest.fixture
def document(client: Client):
    return client.get("/api/v1/openapi.json").json()


@pytest.mark.django_db(databases=["default", "outside"])
def test_the_document_says_what_the_door_does(document):
    assert (document["openapi"], document["info"]["title"], document["info"]["version"]) == ("3.1.0", "Comity", "1")
    for address, operations in document["paths"].items():
        assert address.startswith("/api/v1/"), address
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert {"400", "401", "403", "404", "422", "429", "500"} <= statuses, (address, method)
            assert operation["security"][0]["Token"][0] in ("read", "write", "import")
            assert operation["summary"], operation["description"]
            names = [parameter["name"] for parameter in operation["parameters"]]
            assert ("Idempotency-Key" in names) == (method in ("post", "patch", "put"))
    ids = [operation["operationId"] for operations in document["paths"].values() for operation in operations.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.django_db(databases=["default", "outside"])
def test_no_two_types_share_a_name():
    """The document names types by their class: of two `Move`, one would silently describe both."""
    types: dict[str, set[type]] = {}

    def look(annotation: object) -> None:
        if isinstance(annotation, type) and issubclass(annotation, Enum | BaseModel):
            types.setdefault(annotation.__name__, set()).add(annotation)
        for part in get_args(annotation):
            look(part)

    def classes(parent: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for child in parent.__subclasses__():
            yield child
            yield from classes(child)

    for model in {one for one in classes(BaseModel) if one.__module__.startswith("comity.api")}:
        look(model)
        for field in model.model_fields.values():
            look(field.annotation)
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


def test_every_address_behind_the_door_is_in_the_document(document):
    api = next(
        resolver for resolver in get_resolver().url_patterns if str(getattr(resolver, "pattern", "")) == "api/v1/"
    )
    routes = {str(pattern.pattern) for pattern in api.url_patterns}
    described = {address.removeprefix("/api/v1/") for address in document["paths"]}
    plain = {re.sub(r"<\w+:(\w+)>", r"{\1}", route) for route in routes}
    assert plain - described == {"openapi.json", "docs", r"^[\s\S]*$"}


@pytest.mark.django_db(databases=["default", "outside"])
def test_the_page_needs_no_script_and_names_everything(client, document):
    response = client.get("/api/v1/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"https?://(?!testserver)", page.replace("http://www.w3.org", ""))
    for operations in document["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page
    for error in known_errors():
        assert f'id="{error.code}"' in page
    for name in document["components"]["schemas"]:
        assert f'id="shape-{name}"' in page


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (None, ""),
        ({"type": "string", "format": "uuid"}, "string (uuid)"),
        ({"$ref": "#/components/schemas/Named"}, "Named"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Named"}}, "list of Named"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"enum": ["a", "b"]}, "a | b"),
    ],
)
def test_types_in_words(schema, words):
    assert type_of(schema) == words
