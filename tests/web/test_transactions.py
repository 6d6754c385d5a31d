"""One transaction a request: what a page wrote before it failed is not there afterwards."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from django.db import transaction

from cast import PASSWORD, make_cast
from comity.programs.models import Program
from real_server import serving


@pytest.fixture
def pages(settings, cast):
    settings.ROOT_URLCONF = "failing_views"
    client = cast.browser("ada")
    client.raise_request_exception = False
    return client


def name_of(cast) -> str:
    with cast.scope("ada"):
        return Program.objects.get().name


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("400", 400),
        ("404", 404),
        ("409", 409),
        ("422", 422),
        ("500", 500),
        ("missing", 404),
        ("refused", 403),
        ("conflict", 409),
        ("broken", 500),
        ("broken query", 500),
        ("broken template", 500),
    ],
)
def test_a_page_that_fails_leaves_nothing(pages, cast, how, status):
    answer = pages.get(f"/workspace/northwind/ends/{how}")
    assert (answer.status_code, name_of(cast)) == (status, "Northwind Partners")


@pytest.mark.parametrize(("how", "status"), [("ok", 200), ("redirect", 302), ("kept", 422)])
def test_a_page_that_succeeds_or_says_so_keeps_what_it_wrote(pages, cast, how, status):
    answer = pages.get(f"/workspace/northwind/ends/{how}")
    assert (answer.status_code, name_of(cast)) == (status, "Written")


def test_an_expected_failure_is_told_in_a_sentence(pages):
    answer = pages.get("/workspace/northwind/ends/conflict")
    assert "Somebody was faster." in answer.content.decode()


def test_without_a_door_nothing_is_seen(pages):
    assert pages.get("/where").json()["programs"] == 0


# --- on the real server ---


@pytest.fixture
def served(committed_database):
    with transaction.atomic():
        cast = make_cast()
        for person in cast.people.values():  # the server knows the hashers of production only
            person.password = _hash()
            person.save(update_fields=["password"])
    with serving(application="failing_application:application") as address:
        yield cast, address


_hashes: list[str] = []


def _hash() -> str:
    from django.contrib.auth.hashers import make_password

    if not _hashes:
        _hashes.append(make_password(PASSWORD, hasher="pbkdf2_sha256"))
    return _hashes[0]


@pytest.fixture(autouse=True)
def _hashers(settings):
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]


class Session(requests.Session):
    """A signed-in HTTP client of the real server."""

    def __init__(self, address: str, email: str) -> None:
        super().__init__()
        self.address = address
        self.get("/accounts/login/")
        given = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": self.cookies["csrftoken"]}
        answer = self.post(f"{address}/accounts/login/", data=given, allow_redirects=False)
        assert answer.status_code == 302, answer.text

    def get(self, path: str, **options: Any) -> requests.Response:
        """Ask for a page."""
        return super().get(self.address + path, allow_redirects=False, timeout=30, **options)


def lines(answer: requests.Response) -> list[str]:
    return answer.content.decode("utf-8-sig").splitlines()


def test_streams_run_under_their_own_tenant_and_requests_undo_what_failed(served):
    cast, address = served
    ada, eve = Session(address, "ada@northwind.example"), Session(address, "eve@umbra.example")
    assert lines(ada.get("/workspace/northwind/export.csv")) == [
        "part,name",
        "0,Northwind Partners",
        "1,Northwind Partners",
        "2,Northwind Partners",
    ]
    assert [line.split(",")[1] for line in lines(eve.get("/workspace/umbra/export.csv"))[1:]] == ["Umbra Partners"] * 3
    assert eve.get("/workspace/northwind/export.csv").status_code == 404
    assert ada.get("/where").json()["programs"] == 0, "nothing is left on the connection"
    assert ada.get("/workspace/northwind/ends/500").status_code == 500
    assert ada.get("/workspace/northwind/ends/broken").status_code == 500
    assert name_of(cast) == "Northwind Partners"
    assert ada.get("/workspace/northwind/ends/ok").status_code == 200
    assert name_of(cast) == "Written"


def test_a_stream_that_breaks_off_leaves_the_server_in_order(served):
    """The status was sent long before; the client is told by a body that does not end well."""
    _, address = served
    ada = Session(address, "ada@northwind.example")
    try:
        broken = lines(ada.get("/workspace/northwind/export.csv?fails=1"))
    except requests.RequestException:
        broken = []
    assert "2,Northwind Partners" not in broken
    assert ada.get("/where").json()["programs"] == 0
    assert "2,Northwind Partners" in lines(ada.get("/workspace/northwind/export.csv"))


def test_a_stored_file_is_streamed(served, tmp_path_factory, settings):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from comity.platform.file_types import CSV
    from comity.platform.files import store_file

    cast, address = served
    settings.MEDIA_ROOT = settings.HOME.files
    content = b"a,b\n" * 500_000
    with cast.scope("olga"):
        stored = store_file(
            vendor_id=cast.northwind.pk,
            upload=SimpleUploadedFile("deals.csv", content),
            purpose="import",
            allowed=[CSV],
        )
    olga, eve = Session(address, "olga@northwind.example"), Session(address, "eve@umbra.example")
    answer = olga.get(f"/workspace/northwind/files/{stored.pk}")
    assert answer.content == content
    assert answer.headers["Content-Disposition"] == 'attachment; filename="deals.csv"'
    assert eve.get(f"/workspace/northwind/files/{stored.pk}").status_code == 404
