"""Partnerships, from both sides."""

from datetime import date

import pytest

from comity.insights.models import PartnerFigures
from comity.programs.models import Region, Tier

from .conftest import give_token


@pytest.fixture
def fabrikam(cast):
    """The whole of Fabrikam's partnership as Northwind reads it."""
    with cast.scope("ada"):
        gold = Tier.objects.get(rank=1)
        created = cast.of_fabrikam.__class__.objects.get(pk=cast.of_fabrikam.pk).created_at
    return {
        "id": str(cast.of_fabrikam.pk),
        "program": {"id": str(cast.program.pk), "name": "Northwind Partners"},
        "organization_id": str(cast.fabrikam.pk),
        "name": "Fabrikam",
        "external_id": None,
        "types": ["reseller"],
        "sub_type": "",
        "status": "active",
        "tier": {"id": str(gold.pk), "name": "Gold"},
        "region": None,
        "segment": None,
        "potential": None,
        "manager": {"id": str(cast.ada_manager.pk), "name": "Ada"},
        "website": "",
        "country": "",
        "state": "",
        "city": "",
        "started_on": "2025-01-01",
        "launched_on": None,
        "ended_on": None,
        "created_at": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def test_the_vendor_reads_all_of_it(cast, ada, fabrikam):
    assert ada.get(f"/partnerships/{cast.of_fabrikam.pk}").body == fabrikam
    listed = ada.get("/partnerships").body
    assert ([item["name"] for item in listed["items"]], listed["next"]) == (["Fabrikam", "Contoso"], None)
    assert listed["items"][0] == fabrikam


def test_the_partner_reads_its_own_and_never_the_lens_of_the_vendor(cast, bo, ada, fabrikam):
    assert ada.patch(f"/partnerships/{cast.of_fabrikam.pk}", {"potential": 77}).status == 200
    unseen = ("organization_id", "external_id", "sub_type", "segment", "potential", "manager", "created_at")
    seen = {name: value for name, value in fabrikam.items() if name not in unseen}
    seen["contact"] = {"name": "Ada", "email": "ada@northwind.example"}
    assert bo.get("/partnerships").body == {"items": [seen], "next": None}
    assert bo.get(f"/partnerships/{cast.of_fabrikam.pk}").body == seen
    assert bo.get("/partnerships?segment=core").status == 403
    assert bo.get(f"/partnerships/{cast.of_contoso.pk}").status == 404
    assert bo.patch(f"/partnerships/{cast.of_fabrikam.pk}", {"name": "F"}).status == 403


def test_change(cast, ada, fabrikam):
    with cast.scope("ada"):
        silver, emea = Tier.objects.get(rank=2), Region.objects.get()
    address = f"/partnerships/{cast.of_fabrikam.pk}"
    changed = ada.patch(
        address,
        {
            "name": "Fabrikam AG",
            "types": ["reseller", "implementation"],
            "tier_id": str(silver.pk),
            "region_id": str(emea.pk),
            "website": "fabrikam.example",
            "country": "Germany",
            "potential": 60,
            "external_id": "F-1",
        },
    )
    assert changed.body == fabrikam | {
        "name": "Fabrikam AG",
        "types": ["reseller", "implementation"],
        "tier": {"id": str(silver.pk), "name": "Silver"},
        "region": {"id": str(emea.pk), "name": "EMEA"},
        "website": "fabrikam.example",
        "country": "Germany",
        "potential": 60,
        "external_id": "F-1",
    }
    emptied = ada.patch(address, {"tier_id": None, "region_id": None, "external_id": None, "potential": None})
    assert [emptied.body[name] for name in ("tier", "region", "external_id", "potential")] == [None] * 4


def test_what_cannot_be(cast, ada):
    with cast.scope("eve"):
        theirs = Tier.objects.get(rank=1)
    refused = ada.patch(
        f"/partnerships/{cast.of_fabrikam.pk}",
        {"tier_id": str(theirs.pk)},
    )
    assert (refused.status, refused.body["errors"]) == (
        422,
        [{"field": "tier_id", "detail": "There is none with this id here."}],
    )
    wrong = ada.patch(
        f"/partnerships/{cast.of_fabrikam.pk}",
        {"potential": 101, "started_on": 1700000000, "types": ["friend"], "name": None, "colour": "red"},
    )
    assert (wrong.status, sorted(error["field"] for error in wrong.body["errors"])) == (
        422,
        ["colour", "name", "potential", "started_on", "types.0"],
    )


def test_a_partner_from_its_first_day_to_its_last(cast, ada):
    made = ada.post(
        "/partnerships",
        {"program_id": str(cast.program.pk), "name": "Tailspin", "types": ["referral"], "country": "Italy"},
    )
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/partnerships/{made.body['id']}")
    assert (made.body["status"], made.body["manager"], made.body["types"]) == ("prospect", None, ["referral"])
    address = f"/partnerships/{made.body['id']}"
    for move, status in [("accept", "onboarding"), ("activate", "active"), ("end", "ended")]:
        on = f"2026-01-0{['accept', 'activate', 'end'].index(move) + 1}"
        assert ada.post(f"{address}/move", {"move": move, "on": on}).body["status"] == status
    ended = ada.get(address).body
    assert [ended[name] for name in ("started_on", "launched_on", "ended_on")] == [
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
    ]
    refused = ada.post(f"{address}/move", {"move": "pause"})
    assert (refused.status, refused.body["code"], refused.body["possible"]) == (409, "illegal_move", ["reapply"])
    twice = ada.post("/partnerships", {"program_id": str(cast.program.pk), "name": "Tailspin", "country": "Italy"})
    assert (twice.status, twice.body["code"]) == (409, "partner_exists")
    elsewhere = ada.post("/partnerships", {"program_id": str(cast.umbra_program.pk), "name": "Tailspin"})
    assert (elsewhere.status, elsewhere.body["errors"][0]["field"]) == (422, "program_id")


def test_hand_over(cast, ada):
    address = f"/partnerships/{cast.of_fabrikam.pk}/manager"
    assert ada.post(address, {"manager_id": None}).body["manager"] is None
    assert ada.post(address, {"manager_id": str(cast.ada_manager.pk)}).body["manager"]["name"] == "Ada"
    assert ada.post(address, {}).status == 422


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=active", ["Fabrikam", "Contoso"]),
        ("status=ended", []),
        ("type=reseller&search=fab", ["Fabrikam"]),
        ("segment=core", []),
        ("program={program}", ["Fabrikam", "Contoso"]),
        ("manager={manager}&tier={tier}", ["Fabrikam"]),
    ],
)
def test_filters(cast, ada, fabrikam, query, names):
    asked = query.format(program=cast.program.pk, manager=cast.ada_manager.pk, tier=fabrikam["tier"]["id"])
    assert [item["name"] for item in ada.get(f"/partnerships?{asked}").body["items"]] == names


def test_a_partner_reads_where_it_stands_only_while_the_program_shows_it(cast, bo, ada, olga):
    address = f"/partnerships/{cast.of_fabrikam.pk}/peer-bands"
    with cast.scope("ada"):
        PartnerFigures.objects.create(
            vendor_id=cast.northwind.pk, program_id=cast.program.pk, partnership_id=cast.of_fabrikam.pk,
            as_of=date(2026, 3, 1), revenue=900, won=1, lost=2, without_amount=0, open_deals=0,
        )  # fmt: skip
    assert (bo.get(address).body, ada.get(address).status) == ({"items": []}, 403)
    assert olga.patch(f"/programs/{cast.program.pk}", {"shows_peer_band": True}).body["shows_peer_band"] is True
    alone = {"as_of": "2026-03-01", "peers": None, "low": None, "middle": None, "high": None}
    assert bo.get(address).body["items"] == [
        {"measure": "revenue", "currency": "EUR", "own": "900", **alone},
        {"measure": "deal_size", "currency": "EUR", "own": "900", **alone},
        {"measure": "win_rate", "currency": None, "own": "0.3333", **alone},
    ]
    assert bo.get(f"/partnerships/{cast.of_contoso.pk}/peer-bands").status == 404


def test_several_partners_change_hands_in_one_step_that_is_taken_back(cast, ada, bo, eve):
    address = f"/programs/{cast.program.pk}/reassignments"
    both = [str(cast.of_fabrikam.pk), str(cast.of_contoso.pk)]
    strangers = {"partnership_ids": [both[0], str(cast.of_umbra.pk)], "manager_id": None}
    assert (ada.post(address, strangers).status, bo.post(address, strangers).status) == (422, 403)
    assert eve.post(address, strangers).status == 404
    made = ada.post(address, {"partnership_ids": both, "manager_id": None})
    assert (made.status, made.body["manager"], made.body["partners"]) == (201, None, 2)
    assert {ada.get(f"/partnerships/{key}").body["manager"] for key in both} == {None}
    assert ada.get(address).body["items"] == [made.body]
    undo = f"{address}/{made.body['id']}/undo"
    assert (eve.post(undo, {}).status, give_token(cast, "olga").post(undo, {}).status) == (404, 404)
    assert ada.post(undo, {}).body == {"returned": 2}
    assert [ada.get(f"/partnerships/{key}").body["manager"]["name"] for key in both] == ["Ada", "Ada"]
    assert (ada.get(address).body["items"], ada.post(undo, {}).status) == ([], 404)


def test_a_partner_says_what_it_can_do(cast, ada, bo, cy):
    address = f"/partnerships/{cast.of_fabrikam.pk}/capabilities"
    nothing = {"skills": [], "certifications": [], "regions": [], "capacity": None, "declared_at": None}
    ann = give_token(cast, "ann")
    assert ada.get(address).body == ann.get(address).body == nothing
    said = {"skills": ["Data platforms"], "certifications": ["ISO 27001"], "regions": ["Bavaria"], "capacity": 12}
    assert [caller.call("PUT", address, said).status for caller in (ada, bo, cy)] == [403, 403, 404]
    refused = ann.call("PUT", address, said | {"capacity": -1})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "capacity")
    told = ann.call("PUT", address, said).body
    assert ada.get(address).body == told == said | {"declared_at": told["declared_at"]}
    assert cy.get(address).status == 404
