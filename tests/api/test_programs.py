"""Programs, as the vendor and as a partner read them."""

from comity.programs.models import Region, Tier


def test_the_vendor_reads_its_program_with_its_parts(cast, ada):
    tiers = {tier.name: str(tier.pk) for tier in Tier.objects.none()}
    with cast.scope("ada"):
        tiers = {tier.name: str(tier.pk) for tier in Tier.objects.all()}
        region = Region.objects.get()
    program = {
        "id": str(cast.program.pk),
        "slug": "northwind",
        "name": "Northwind Partners",
        "vendor_name": "Northwind",
        "currency": "EUR",
        "time_zone": "UTC",
        "fiscal_year_starts": 1,
        "data_as_of": None,
        "organization_model": "centralized",
        "shows_peer_band": False,
    }
    assert ada.get("/programs").body == {"items": [program], "next": None}
    assert ada.get(f"/programs/{cast.program.pk}").body == program | {
        "tiers": [
            {"id": tiers["Gold"], "name": "Gold", "rank": 1},
            {"id": tiers["Silver"], "name": "Silver", "rank": 2},
        ],
        "regions": [{"id": str(region.pk), "name": "EMEA"}],
        "stages": [],
    }


def test_a_partner_reads_less(cast, bo):
    program = {
        "id": str(cast.program.pk),
        "slug": "northwind",
        "name": "Northwind Partners",
        "vendor_name": "Northwind",
        "currency": "EUR",
        "time_zone": "UTC",
        "fiscal_year_starts": 1,
        "data_as_of": None,
    }
    assert bo.get("/programs").body == {"items": [program], "next": None}
    assert bo.get(f"/programs/{cast.program.pk}").body == program
    assert bo.get(f"/programs/{cast.program.pk}/managers").status == 403


def test_operations_change_the_settings(cast, olga, ada):
    address = f"/programs/{cast.program.pk}"
    changed = olga.patch(address, {"fiscal_year_starts": 4, "time_zone": "Europe/Berlin", "data_as_of": "2026-02-28"})
    assert changed.status == 200
    assert {name: changed.body[name] for name in ("name", "fiscal_year_starts", "time_zone", "data_as_of")} == {
        "name": "Northwind Partners",
        "fiscal_year_starts": 4,
        "time_zone": "Europe/Berlin",
        "data_as_of": "2026-02-28",
    }
    assert olga.patch(address, {"data_as_of": None}).body["data_as_of"] is None
    assert ada.patch(address, {"name": "Mine"}).status == 403
    wrong = olga.patch(address, {"currency": "EURO", "fiscal_year_starts": 13, "slug": "x"})
    assert (wrong.status, [error["field"] for error in wrong.body["errors"]]) == (
        422,
        ["currency", "fiscal_year_starts", "slug"],
    )


def test_managers(cast, ada):
    assert ada.get(f"/programs/{cast.program.pk}/managers").body == {
        "items": [
            {
                "id": str(cast.ada_manager.pk),
                "name": "Ada",
                "email": "",
                "title": "",
                "external_id": None,
                "team": None,
                "reports_to": None,
                "capacity": "15",
                "is_active": True,
            }
        ],
        "next": None,
    }
