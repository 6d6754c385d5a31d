"""Strangers and rivals: every operation of the document, with ids that exist and are not theirs."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cast import NOW, make_partnership
from comity.api.reference import document
from comity.deals.models import Registration
from comity.deals.registration.attachments import attach_file
from comity.deals.services import create_default_stages
from comity.identity.models import Organization
from connectors.imports import MAPPING

from .conftest import give_token, upload

SECRETS = ("Northwind", "Fabrikam", "Tailspin", "Acme", "Rollout", "D-1", "Ada", "EMEA")


@pytest.fixture(scope="module")
def cast(lasting_cast):
    """The cast, once for all operations: they look, or are refused."""
    return lasting_cast


@pytest.fixture(scope="module")
def northwind(cast):
    """Something of everything at Northwind: where each id of an address comes from."""
    ada, olga, bo = (give_token(cast, name) for name in ("ada", "olga", "bo"))
    with cast.scope("ada"):
        private = Organization.objects.create(name="Tailspin", private_to_id=cast.northwind.pk)
        hidden = make_partnership(cast.program, private.pk, "Tailspin", manager=cast.ada_manager)
    with cast.scope("olga"):
        create_default_stages(program=cast.program, actor=cast.actor("olga"))
    customer = ada.post("/customer-accounts", {"name": "Acme"}).body
    deal = ada.post(
        "/opportunities",
        {"program_id": str(cast.program.pk), "name": "Rollout", "account_id": customer["id"], "external_id": "D-1"},
    ).body
    partner = {"partnership_id": str(cast.of_fabrikam.pk), "role": "sourced"}
    assert ada.call("PUT", f"/opportunities/{deal['id']}/partners", {"partners": [partner]}).status == 200
    of_tailspin = {"partnership_id": str(hidden.pk), "text": "Called Tailspin"}
    entry = ada.post("/log-entries", {**of_tailspin, "kind": "call", "happened_at": "2026-03-01T09:00:00Z"}).body
    task = ada.post("/tasks", {"partnership_id": str(hidden.pk), "title": "Call Tailspin"}).body
    wanted = {"customer_name": "Acme", "customer_country": "Germany", "contact_name": "Erika", "use_case": "Reports"}
    claim = bo.post(
        "/registrations",
        {"partnership_id": str(cast.of_fabrikam.pk), **wanted, "value": "5", "expected_close_on": "2030-01-01"},
    ).body
    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.7 Fabrikam")
    with cast.scope("bo"):
        kept = attach_file(
            registration=Registration.objects.get(pk=claim["id"]), partnership=cast.of_fabrikam,
            actor=cast.actor("bo"), upload=letter, at=NOW,
        )  # fmt: skip
    assert bo.post("/messages", {"partnership_id": str(cast.of_fabrikam.pk), "text": "Acme?"}).status == 201
    prospect = {"customer_name": "Tailspin Toys", "customer_country": "Germany", "contact_email": "t@tailspin.example"}
    lead = ada.post("/leads", {"program_id": str(cast.program.pk), **prospect}).body
    act = {"action": "offer", "partnership_id": str(cast.of_fabrikam.pk)}
    if lead["state"] != "offered":
        assert ada.post(f"/leads/{lead['id']}/act", act).status == 200
    offers = bo.get("/lead-offers").body["items"]
    room = ada.post("/rooms", {"opportunity_id": deal["id"]}).body
    asked = {"action": "invite", "partnership_id": str(cast.of_fabrikam.pk), "role": "co_sell"}
    room = ada.post(f"/rooms/{room['id']}/act", asked).body
    bo.post(f"/own-rooms/{room['members'][0]['id']}/act", {"action": "join"})
    [circle] = ada.get(f"/rooms/{room['id']}/plan").body["circles"]
    step = ada.post(f"/rooms/{room['id']}/plan", {"circle_id": circle["id"], "title": "Call Tailspin"}).body
    touch = {"opportunity_id": deal["id"], "kind": "demo", "happened_at": "2026-03-01T09:00:00Z"}
    made = ada.post("/touches", {**touch, "partnership_id": str(cast.of_fabrikam.pk), "evidence": "Rollout"}).body
    other = {"stand_in_id": str(cast.person("olga").pk), "from_on": "2030-01-01", "to_on": "2030-01-02"}
    recompute = give_token(cast, "root").post(f"/programs/{cast.program.pk}/attribution/runs", {})
    draft = {"from_on": "2030-01-01", "note": "Tailspin"}
    assert olga.call("PUT", f"/programs/{cast.program.pk}/engagement-draft", draft).status == 200
    trial = olga.post(f"/programs/{cast.program.pk}/engagement-draft/trials", {})
    handed = {"partnership_ids": [str(hidden.pk)], "manager_id": None}
    reassigned = ada.post(f"/programs/{cast.program.pk}/reassignments", handed).body
    return {
        "reassignment_id": reassigned["id"],
        "trial_id": trial.body["id"],
        "stand_in_id": ada.post("/stand-ins", other).body["id"],
        "run_id": recompute.body["id"],
        "touch_id": made["id"],
        "notice_id": ada.get("/notices").body["items"][0]["id"],
        "room_id": room["id"],
        "step_id": step["id"],
        "circle_id": circle["id"],
        "member_id": room["members"][0]["id"],
        "lead_id": lead["id"],
        "offer_id": offers[0]["id"] if offers else lead["id"],
        "file_id": str(kept.pk),
        "program_id": str(cast.program.pk),
        "partnership_id": str(hidden.pk),
        "opportunity_id": deal["id"],
        "customer_id": customer["id"],
        "import_id": upload(olga, cast.program, {"partners.csv": "id,name\r\nP1,Tailspin\r\n"}, MAPPING).body["id"],
        "entry_id": entry["id"],
        "registration_id": claim["id"],
        "task_id": task["id"],
        "program": str(cast.program.pk),
        "tier": str(cast.of_fabrikam.tier_id),
        "manager": str(cast.ada_manager.pk),
        "partnership": str(hidden.pk),
        "account": customer["id"],
    }


def operations():
    for address, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield pytest.param(method.upper(), address, operation, id=operation["operationId"])


def example(schema, ids, name=""):
    """A value with the required members and whatever takes an id, with Northwind's ids in it."""
    if "$ref" in schema:
        return example(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]], ids, name)
    if "anyOf" in schema or "allOf" in schema:
        return example((schema.get("anyOf") or schema["allOf"])[0], ids, name)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            wanted = schema.get("properties", {})
            keys = [key for key in wanted if key in schema.get("required", []) or key.endswith("_id")]
            return {key: example(wanted[key], ids, key) for key in keys}
        case "array":
            return [example(schema["items"], ids, name)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
    if schema.get("format") == "binary":
        return SimpleUploadedFile("letter.pdf", b"%PDF-1.7 a file of a stranger's")
    if schema.get("format") == "date":
        return "2030-01-01"
    return ids.get(name, ids["program_id"]) if schema.get("format") == "uuid" else "x"


def without_caller(answer, ids):
    """The answer's text without what the caller sent: an address may come back in it."""
    body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    for value in ids.values():
        body = body.replace(value, "")
    return body


@pytest.mark.parametrize("who", ["eve", "cy"])
@pytest.mark.parametrize(("method", "address", "operation"), list(operations()))
def test_nobody_of_another_organization_learns_anything(northwind, request, who, method, address, operation):
    caller = request.getfixturevalue(who)
    filled = address.removeprefix("/api/v1").format_map(northwind)
    query = "&".join(
        f"{each['name']}={example(each['schema'], northwind, each['name'])}"
        for each in operation["parameters"]
        if each["in"] == "query" and (each["required"] or each["schema"].get("format") == "uuid")
    )
    content = operation.get("requestBody", {}).get("content", {})
    body, form = content.get("application/json"), content.get("multipart/form-data")
    if form:
        answer = caller.post_form(filled, example(form["schema"], northwind))
    else:
        sent = example(body["schema"], northwind) if body else None
        answer = caller.call(method, f"{filled}?{query}" if query else filled, sent)
    if "{" in address:
        allowed = {403, 404, 415} if who == "cy" or method != "GET" else {404}
        own = who == "cy" and address == "/api/v1/programs/{program_id}"
        assert answer.status in ({200, 403} if own else allowed), answer.body
    elif query or body or form:
        nothing = answer.status == 200 and answer.body == {"items": [], "next": None}
        assert nothing or answer.status in (403, 404, 415, 422), answer.body
    told = without_caller(answer, northwind)
    secrets = SECRETS if who == "eve" else tuple(word for word in SECRETS if word not in ("Northwind", "Ada"))
    assert [word for word in secrets if word in told] == []


def test_a_hidden_record_and_one_that_does_not_exist_look_the_same(northwind, eve):
    for address, name in [("/partnerships/{}", "partnership_id"), ("/opportunities/{}", "opportunity_id")]:
        hidden = eve.get(address.format(northwind[name]))
        nowhere = eve.get(address.format("01939cf4-0000-7000-8000-000000000000"))
        assert (hidden.status, hidden.body | {"instance": ""}) == (nowhere.status, nowhere.body | {"instance": ""})
