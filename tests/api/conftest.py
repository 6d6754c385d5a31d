"""Callers of the API: everybody of the cast with a token of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, override_settings

from cast import Cast, make_cast
from comity.identity.models import ApiToken
from comity.identity.services import hash_secret
from comity.platform.tenancy import tenant
from conftest import QUICK_HASHERS, own_database

HERE = Path(__file__).parent
SCOPES = ("import", "read", "write")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The API counts requests on the outside connection, which plain database tests may not touch."""
    for item in items:
        if item.path.is_relative_to(HERE) and "committed_database" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db(databases=["default", "outside"]))


@dataclass
class Answer:
    """Status and body of one response."""

    status: int
    body: Any
    headers: Any


class Caller:
    """Calls /api/v1 with one token."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request with a JSON body."""
        address = path if path.startswith(("http", "/api")) else f"/api/v1{path}"
        response = self.client.generic(
            method,
            address.removeprefix("http://testserver"),
            "" if body is None else body if isinstance(body, str | bytes) else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}},
        )
        return read(response)

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """POST."""
        return self.call("POST", path, body, **headers)

    def post_form(self, path: str, form: dict[str, Any]) -> Answer:
        """POST of a form, with files."""
        return read(self.client.post(f"/api/v1{path}", form, headers={"Authorization": f"Bearer {self.secret}"}))

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        """PATCH."""
        return self.call("PATCH", path, body, **headers)


def read(response: Any) -> Answer:
    """The response with its JSON read."""
    content = _streamed(response) if response.streaming else response.content
    is_json = "json" in response.headers.get("Content-Type", "")
    return Answer(response.status_code, json.loads(content) if is_json else content.decode(), response.headers)


def _streamed(response: Any) -> bytes:
    async def whole() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(whole)()


def upload(
    caller: Caller, program: Any, files: Any, own_mapping: str = "", headers: Any = None, **fields: Any
) -> Answer:
    """One POST of a form with the files of an export."""
    form = {
        "program_id": str(program.pk),
        "files": [SimpleUploadedFile(name, text.encode(), "text/csv") for name, text in files.items()],
        **fields,
    }
    if own_mapping:
        form["own_mapping"] = SimpleUploadedFile("shop.toml", own_mapping.encode())
    sent = {"Authorization": f"Bearer {caller.secret}", **(headers or {})}
    return read(Client(raise_request_exception=False).post("/api/v1/imports", form, headers=sent))


def give_token(cast: Cast, name: str, scopes: tuple[str, ...] = SCOPES, **fields: Any) -> Caller:
    """A token of this person."""
    actor = cast.actor(name)
    secret = f"cmty_{name}_{'_'.join(scopes)}"
    with tenant(organization_id=actor.organization_id, person_id=actor.person_id):
        ApiToken.objects.create(
            organization_id=actor.organization_id,
            name=f"{name.title()}'s",
            prefix=secret[:12],
            token_hash=hash_secret(secret),
            scopes=list(scopes),
            created_by_id=actor.person_id,
            **fields,
        )
    return Caller(secret)


@pytest.fixture(scope="module")
def lasting_cast(_template: str, django_db_setup: str, django_db_blocker, tmp_path_factory) -> Iterator[Cast]:
    """The cast in a database of this module's own. What is made with it stays; what a test does is undone after it."""
    with (
        django_db_blocker.unblock(),
        own_database(_template, django_db_setup, "lasting"),
        override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files"), PASSWORD_HASHERS=QUICK_HASHERS),
    ):
        with transaction.atomic():
            cast = make_cast()
        yield cast


@pytest.fixture
def ada(cast: Cast) -> Caller:
    """Partner manager at Northwind."""
    return give_token(cast, "ada")


@pytest.fixture
def olga(cast: Cast) -> Caller:
    """Operations at Northwind."""
    return give_token(cast, "olga")


@pytest.fixture
def bo(cast: Cast) -> Caller:
    """Seller at Fabrikam, a partner."""
    return give_token(cast, "bo")


@pytest.fixture
def cy(cast: Cast) -> Caller:
    """Seller at Contoso, a rival."""
    return give_token(cast, "cy")


@pytest.fixture
def eve(cast: Cast) -> Caller:
    """A stranger: another vendor's administrator."""
    return give_token(cast, "eve")
