"""Who gets in, with which token, and how each refusal reads."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from cast import NOW, make_cast
from comity.api import limits
from comity.api.tokens import caller_of
from comity.identity.models import ApiToken, Membership
from comity.identity.services import issue_token, revoke_token
from comity.platform.tenancy import tenant

from .conftest import Caller, give_token


def codes(answer):
    return answer.status, answer.body["code"], answer.headers["Content-Type"]


PROBLEM = "application/problem+json"


def test_the_token_says_who_calls(cast, ada):
    assert ada.get("/me").body == {
        "token": {"id": ada.get("/me").body["token"]["id"], "name": "Ada's", "scopes": ["import", "read", "write"]},
        "organization": {"id": str(cast.northwind.pk), "name": "Northwind"},
        "person": {"id": str(cast.person("ada").pk), "name": "Ada"},
        "role": "partner_manager",
        "permissions": [
            *("confirm_touches", "decide_registrations", "edit_deals", "edit_partners", "log_contacts", "manage_leads"),
            *("view_deals", "view_metrics", "view_partners", "view_team"),
        ],
    }


def test_a_token_issued_on_the_settings_page_works_until_it_is_revoked(cast):
    with cast.scope("olga"):
        issued = issue_token(actor=cast.actor("olga"), name="Sync", scopes=["read"])
    caller = Caller(issued.secret)
    assert caller.get("/programs").status == 200
    with cast.scope("olga"):
        revoke_token(actor=cast.actor("olga"), token_id=issued.thing.pk, at=datetime.now(UTC))
    assert codes(caller.get("/programs")) == (401, "not_authenticated", PROBLEM)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer cmty_wrong", "cmty_ada", "Bearer ü"]
)
def test_without_a_valid_token_there_is_nothing(cast, header):
    headers = {} if header is None else {"Authorization": header}
    response = Client().get("/api/v1/programs", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="Comity"'


def test_a_session_is_not_accepted(cast):
    assert cast.browser("ada").get("/api/v1/programs").status_code == 401
    assert cast.browser("ada").post("/api/v1/partnerships", {}, content_type="application/json").status_code == 401


def test_a_token_that_has_expired_is_refused(cast):
    late = give_token(cast, "ada", ("read",), expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert late.get("/me").status == 401


def test_a_token_dies_with_the_membership_of_its_maker(cast, ada):
    assert ada.get("/me").status == 200
    with cast.scope("root"):
        Membership.objects.filter(pk=cast.memberships["ada"].pk).update(ended_at=datetime.now(UTC))
    assert codes(ada.get("/me")) == (401, "not_authenticated", PROBLEM)


def test_a_token_has_the_role_its_maker_has_now(cast, ada):
    with cast.scope("root"):
        Membership.objects.filter(pk=cast.memberships["ada"].pk).update(role="finance")
    assert ada.get("/me").body["role"] == "finance"
    assert ada.patch(f"/partnerships/{cast.of_fabrikam.pk}", {"city": "Berlin"}).status == 403


def test_scopes(cast):
    reader, writer = give_token(cast, "ada", ("read",)), give_token(cast, "ada", ("write",))
    address = f"/partnerships/{cast.of_fabrikam.pk}"
    refused = reader.patch(address, {"city": "Berlin"})
    assert refused.body == {
        "type": "/api/v1/docs#scope_missing",
        "title": "The token lacks a scope",
        "status": 403,
        "detail": "This needs a token with the scope “write”.",
        "code": "scope_missing",
        "instance": f"/api/v1/partnerships/{cast.of_fabrikam.pk}",
        "scope": "write",
    }
    assert reader.get(address).status == 200
    assert writer.get(address).status == 403
    assert writer.patch(address, {"city": "Berlin"}).status == 200


@pytest.mark.parametrize("address", ["/nothing", "/partnerships/", "/partnerships/not-a-uuid", "/a%0Ab", "/a%00b", "/"])
def test_an_address_where_nothing_is(ada, address):
    assert codes(ada.get(address)) == (404, "not_found", PROBLEM)


def test_a_method_that_is_not_there(ada):
    answer = ada.call("DELETE", "/partnerships")
    assert codes(answer) == (405, "method_not_allowed", PROBLEM)
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{", (400, "malformed_request")),
        (b"\xff\xfe", (400, "malformed_request")),
        ('{"name": NaN}', (400, "malformed_request")),
        ("[" * 100_000, (400, "malformed_request")),
        ('{"name": ' + "1" * 5000 + "}", (400, "malformed_request")),
        ("[]", (422, "invalid")),
        ("null", (422, "invalid")),
        ("", (422, "invalid")),
        ('{"name": "a\\u0000b"}', (422, "invalid")),
        ('{"name": "\\ud800"}', (422, "invalid")),
        ('{"na\\u0000me": "b"}', (422, "invalid")),
        ('{"name": "' + "x" * 5_300_000 + '"}', (413, "body_too_large")),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bodies_nobody_can_keep(ada, body, expected):
    assert codes(ada.post("/customer-accounts", body)) == (*expected, PROBLEM)


def test_a_body_of_another_kind(ada, cast):
    response = Client().post(
        "/api/v1/customer-accounts",
        "name=Acme",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Bearer {ada.secret}"},
    )
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_a_form_where_json_is_expected(ada):
    response = Client().post(
        "/api/v1/customer-accounts", {"name": "Acme"}, headers={"Authorization": f"Bearer {ada.secret}"}
    )
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_an_upload_that_is_too_large_is_refused_by_its_length(ada, settings):
    settings.MAX_UPLOAD_BYTES = -1024 * 1024
    response = Client().post(
        "/api/v1/customer-accounts", {"name": "Acme"}, headers={"Authorization": f"Bearer {ada.secret}"}
    )
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


def test_head_is_get_without_the_body(ada):
    assert ada.call("HEAD", "/partnerships").status == 200


@pytest.mark.parametrize(
    "query", ["search=%00", "search=a%00", "status=%00", "limit=0", "limit=201", "limit=x", "cursor=%00"]
)
def test_parameters_nobody_can_use(ada, query):
    assert codes(ada.get(f"/partnerships?{query}")) == (422, "invalid", PROBLEM)


def test_a_parameter_that_does_not_exist_is_not_ignored(ada):
    refused = ada.get("/partnerships?statuss=active")
    assert (refused.status, refused.body["errors"]) == (
        422,
        [{"field": "statuss", "detail": "There is no such parameter."}],
    )


def test_a_mistake_of_ours_tells_nothing(ada, monkeypatch):
    def broken(*_):
        raise RuntimeError("open sesame")

    monkeypatch.setattr("comity.api.v1.me.organization_of", broken)
    answer = ada.get("/me")
    assert codes(answer) == (500, "server_error", PROBLEM)
    assert "sesame" not in str(answer.body)
    assert answer.body["request_id"] == answer.headers["X-Request-Id"]


def test_a_view_that_writes_and_then_fails_leaves_nothing(cast, ada, monkeypatch):
    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr("comity.api.v1.partnerships.show", broken)
    address = f"/partnerships/{cast.of_fabrikam.pk}"
    assert ada.patch(address, {"city": "Berlin"}).status == 500
    monkeypatch.undo()
    assert ada.get(address).body["city"] == ""


def test_the_rate_limit_counts_every_request_of_a_token(cast, ada, bo, monkeypatch):
    monkeypatch.setattr(limits, "REQUESTS_A_MINUTE", 3)
    # All in one minute, whatever the clock says.
    monkeypatch.setattr("comity.api.entry.count_request", lambda **call: limits.count_request(**call | {"at": NOW}))
    seen = [ada.get("/me") for _ in range(4)]
    assert [answer.status for answer in seen] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in seen] == ["2", "1", "0", "0"]
    assert seen[3].headers["Retry-After"] == seen[3].headers["RateLimit-Reset"]
    assert (seen[3].body["code"], seen[0].headers["RateLimit-Limit"]) == ("too_many_requests", "3")
    assert bo.get("/me").status == 200


def test_last_use_is_noted_outside_and_once_a_minute(committed_database, rf):
    everybody = make_cast()
    caller = give_token(everybody, "olga", ("read",))
    first = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    request = rf.get("/", headers={"Authorization": f"Bearer {caller.secret}"})
    noted = []
    for seconds in (0, 30, 60):
        caller_of(request, first + timedelta(seconds=seconds))
        with tenant(organization_id=everybody.northwind.pk):
            noted.append(ApiToken.objects.get().last_used_at)
    assert noted == [first, first, first + timedelta(seconds=60)]
