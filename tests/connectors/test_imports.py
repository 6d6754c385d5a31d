"""An export becomes partners, customers and deals; again, changed, or edited meanwhile, it does what people expect."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from comity.identity.models import Organization

from .imports import FILES, Shop


def test_a_whole_export(shop: Shop) -> None:
    assert shop.load() == 0
    assert shop.said[-1] == "3 deals changed"
    assert shop.deals() == {
        "D1": ["First", "Won", "100.5000", "2024-01-05", "2024-02-01"],
        "D2": ["Second", "Open", "200.0000", "2024-03-01", None],
        "D3": ["Third", "Lost", None, None, "2024-04-02"],
    }
    assert shop.rows("SELECT expected_close_on::text FROM deals_opportunity WHERE external_id = 'D2'") == [
        ("2024-09-30",)
    ]
    assert shop.rows("SELECT currency, data_as_of::text FROM programs_program") == [("EUR", "2024-04-02")]
    assert shop.rows(
        "SELECT p.external_id, p.name, p.status, r.name, m.name FROM programs_partnership p"
        " JOIN programs_region r ON r.id = p.region_id JOIN programs_manager m ON m.id = p.manager_id ORDER BY 1"
    ) == [
        ("P1", "Fabrikam", "active", "EMEA", "Ada"),
        ("P2", "Contoso", "active", "APAC", "Olga"),
        ("P3", "Tailspin", "prospect", "EMEA", "Olga"),
    ]
    assert shop.rows("SELECT b.name FROM programs_manager m JOIN programs_manager b ON b.id = m.reports_to_id") == [
        ("Ada",)
    ]
    assert shop.rows(
        "SELECT a.name, b.name FROM programs_distributorlink l JOIN programs_partnership a ON a.id = l.partnership_id"
        " JOIN programs_partnership b ON b.id = l.distributor_id"
    ) == [("Contoso", "Tailspin")]
    assert shop.rows(
        "SELECT a.name, p.name FROM deals_customeraccount a LEFT JOIN deals_customeraccount p ON p.id = a.parent_id"
        " ORDER BY 1"
    ) == [("Acme", None), ("Acme Labs", "Acme")]


def test_lines_roles_history_and_the_partners_view(shop: Shop) -> None:
    shop.load()
    assert shop.rows(
        "SELECT o.external_id, l.position, p.name, f.name, l.quantity::int, l.amount FROM deals_opportunityline l"
        " JOIN deals_opportunity o ON o.id = l.opportunity_id JOIN deals_product p ON p.id = l.product_id"
        " JOIN deals_productfamily f ON f.id = l.family_id ORDER BY 1, 2"
    ) == [
        ("D1", 1, "Engine", "Machines", 1, Decimal("60.5")),
        ("D1", 2, "Wheel", "Parts", 8, Decimal(40)),
        ("D2", 1, "Engine", "Machines", 20, Decimal(200)),
    ]
    assert shop.rows(
        "SELECT o.external_id, c.sequence, c.on::text, s.name, c.amount FROM deals_stagechange c"
        " JOIN deals_opportunity o ON o.id = c.opportunity_id JOIN deals_stage s ON s.id = c.stage_id ORDER BY 1, 2"
    ) == [
        ("D1", 1, "2024-01-05", "Open", None),
        ("D1", 2, "2024-02-01", "Won", Decimal("100.5")),
        ("D2", 1, "2024-03-01", "Open", Decimal(200)),
        ("D3", 1, None, "Open", None),
        ("D3", 2, "2024-04-02", "Lost", None),
    ]
    assert shop.rows(
        "SELECT d.name, p.name, d.customer_name, d.roles, d.stage_name FROM deals_shareddeal d"
        " JOIN programs_partnership p ON p.id = d.partnership_id ORDER BY 1, 2"
    ) == [
        ("First", "Contoso", "Acme", ["fulfilled"], "Won"),
        ("First", "Fabrikam", "Acme", ["sourced"], "Won"),
        ("Second", "Contoso", "Acme Labs", ["sourced"], "Open"),
    ]
    assert shop.rows("SELECT count(*) FROM insights_dealstate") == [(5,)]


def test_the_same_again_writes_no_row_of_any_table(shop: Shop) -> None:
    shop.load()
    before = shop.versions()
    assert shop.load() == 0
    assert shop.said[-1] == "0 deals changed"
    assert shop.versions() == before


def test_a_changed_file_changes_exactly_those_deals(shop: Shop) -> None:
    shop.load()
    first_run = shop.run().pk
    shop.change("deals", "D2,Second,A2,Open,2024-03-01,2024-09-30,200", "D2,Second,A2,Won,2024-03-01,2024-05-06,250")
    shop.change("lines", "D1,S2,8,40\n", "")
    shop.change("lines", "D1,S1,1,60.50", "D1,S1,1,100.50")
    shop.change("roles", "D2,P2,sourced", "D2,P1,sourced")
    assert shop.load() == 0
    assert shop.said[-1] == "2 deals changed"
    assert shop.deals()["D2"] == ["Second", "Won", "250.0000", "2024-03-01", "2024-05-06"]
    written_by = dict(shop.rows("SELECT external_id, import_run_id FROM deals_opportunity"))
    assert written_by == {"D1": shop.run().pk, "D2": shop.run().pk, "D3": first_run}
    assert shop.rows(
        "SELECT o.external_id, l.amount FROM deals_opportunityline l"
        " JOIN deals_opportunity o ON o.id = l.opportunity_id ORDER BY 1"
    ) == [("D1", Decimal("100.5")), ("D2", Decimal(200))]
    assert shop.rows(
        "SELECT c.sequence, c.on::text, c.status, c.amount FROM deals_stagechange c JOIN deals_opportunity o"
        " ON o.id = c.opportunity_id WHERE o.external_id = 'D2' ORDER BY 1"
    ) == [(1, "2024-03-01", "open", None), (2, "2024-05-06", "won", Decimal(250))]
    assert shop.rows(
        "SELECT p.name, d.status, d.amount FROM deals_shareddeal d"
        " JOIN programs_partnership p ON p.id = d.partnership_id WHERE d.name = 'Second'"
    ) == [("Fabrikam", "won", Decimal(250))]
    assert shop.events() == 2
    assert shop.rows("SELECT s.status, s.closed_on::text FROM insights_dealstate s JOIN deals_opportunity o"
                     " ON o.id = s.opportunity_id WHERE o.external_id = 'D2' ORDER BY from_on") == [
        ("open", None), ("won", "2024-05-06"),
    ]  # fmt: skip


def test_rows_missing_from_a_later_export_stay(shop: Shop) -> None:
    shop.load()
    before = shop.versions()
    shop.write(
        deals=FILES["deals.csv"].splitlines()[0] + "\n" + FILES["deals.csv"].splitlines()[2] + "\n",
        partners=FILES["partners.csv"].splitlines()[0] + "\n",
        lines="deal,product,quantity,amount\n",
        roles="deal,partner,role\n",
    )
    assert shop.load() == 0
    assert shop.versions() == before


def test_what_a_person_set_stays_and_is_told(shop: Shop) -> None:
    shop.load()
    shop.change_by_hand(
        "UPDATE deals_opportunity SET name = 'Ours', amount = 1, edited_fields = '{name,amount,partners,lines}'"
        " WHERE external_id = 'D1'"
    )
    shop.change_by_hand(
        "UPDATE programs_partnership SET name = 'Fabrikam Ltd', edited_fields = '{name}' WHERE external_id = 'P1'"
    )
    shop.change_by_hand(
        "UPDATE deals_customeraccount SET name = 'ACME', edited_fields = '{name}' WHERE external_id = 'A1'"
    )
    shop.change("roles", "D1,P1,sourced\n", "")
    shop.change("lines", "D1,S2,8,40\n", "")
    shop.change("deals", "100.50,M1", "99,M2")
    shop.load()
    assert shop.deals()["D1"][:3] == ["Ours", "Won", "1.0000"]
    assert shop.rows("SELECT m.name FROM deals_opportunity o JOIN programs_manager m ON m.id = o.manager_id"
                     " WHERE o.external_id = 'D1'") == [("Olga",)]  # fmt: skip
    assert shop.rows("SELECT name FROM identity_organization WHERE name LIKE 'Fabrikam%'") == [("Fabrikam",)]
    assert shop.run().kept_edits == [
        {"record": "P1", "field": "name", "kept": "Fabrikam Ltd", "offered": "Fabrikam"},
        {"record": "A1", "field": "name", "kept": "ACME", "offered": "Acme"},
        {"record": "D1", "field": "name", "kept": "Ours", "offered": "First"},
        {"record": "D1", "field": "amount", "kept": "1.0000", "offered": "99.0000"},
        {"record": "D1", "field": "lines", "kept": "2 lines", "offered": "1 lines"},
        {
            "record": "D1",
            "field": "partners",
            "kept": "Contoso (fulfilled), Fabrikam Ltd (sourced)",
            "offered": "Contoso (fulfilled)",
        },
    ]
    assert "kept as a person set it: D1, amount (the file says 99.0000)" in shop.said


def test_a_day_of_closing_set_by_hand_does_not_stop_a_deal_from_opening_again(shop: Shop) -> None:
    shop.load()
    shop.change_by_hand(
        "UPDATE deals_opportunity SET closed_on = '2024-02-03', edited_fields = '{closed_on}' WHERE external_id = 'D1'"
    )
    shop.change("deals", "A1,Won,2024-01-05,2024-02-01", "A1,Won,2024-01-05,2024-02-02")
    assert shop.load() == 0
    assert shop.deals()["D1"][4] == "2024-02-03"
    shop.change("deals", "A1,Won,2024-01-05,2024-02-02", "A1,Open,2024-01-05,2024-12-24")
    assert shop.load() == 0
    assert shop.deals()["D1"][1] == "Open"
    assert shop.deals()["D1"][4] is None


def test_edits_of_managers_and_products_are_known_from_their_history(shop: Shop) -> None:
    shop.load()
    context = "SELECT set_config('pghistory.context_metadata', '{\"door\": \"workspace\"}', true)"
    shop.change_by_hand(f"{context}; UPDATE programs_manager SET title = 'Director' WHERE external_id = 'M1'")
    shop.change_by_hand(f"{context}; UPDATE deals_product SET list_price = 12 WHERE external_id = 'S1'")
    shop.change("managers", "M1,Ada,", "M1,Ada Lovelace,")
    shop.change("products", "Engine,Machines", "Motor,Machines")
    shop.load()
    assert shop.rows("SELECT name, title FROM programs_manager WHERE external_id = 'M1'") == [
        ("Ada Lovelace", "Director")
    ]
    assert shop.rows("SELECT name, list_price::int FROM deals_product WHERE external_id = 'S1'") == [("Motor", 12)]
    assert [(one["record"], one["field"]) for one in shop.run().kept_edits] == [("M1", "title"), ("S1", "list_price")]


def test_a_partner_is_renamed_with_its_private_organization_but_not_a_claimed_one(shop: Shop) -> None:
    shop.load()
    [(claimed,)] = shop.rows("SELECT partner_id FROM programs_partnership WHERE external_id = 'P2'")
    Organization.objects.using("owner").filter(pk=claimed).update(private_to_id=None)
    shop.change("partners", "Fabrikam", "Fabrikam Europe")
    shop.change("partners", "Contoso", "Contoso Holding")
    shop.load()
    assert shop.rows("SELECT name FROM programs_partnership WHERE external_id IN ('P1', 'P2') ORDER BY 1") == [
        ("Contoso Holding",), ("Fabrikam Europe",),
    ]  # fmt: skip
    names = Organization.objects.using("owner").values_list("name", flat=True)
    assert {"Fabrikam Europe", "Contoso"} <= set(names)
    assert "Contoso Holding" not in names


def test_a_renamed_customer_is_renamed_for_the_partners_too(shop: Shop) -> None:
    shop.load()
    shop.change("accounts", "A1,Acme,", "A1,Zenith,")
    shop.load()
    assert shop.rows("SELECT DISTINCT customer_name FROM deals_shareddeal WHERE name = 'First'") == [("Zenith",)]


def test_a_move_that_the_states_forbid_is_kept_back_and_told(shop: Shop) -> None:
    shop.load()
    shop.change("partners", "Tailspin,prospect", "Tailspin,active")
    shop.change("partners", "Fabrikam,active", "Fabrikam,paused")
    shop.change("partners", "Contoso,active", "Contoso,")
    assert shop.load() == 0
    assert shop.rows("SELECT name, status FROM programs_partnership ORDER BY 1") == [
        ("Contoso", "active"), ("Fabrikam", "paused"), ("Tailspin", "prospect"),
    ]  # fmt: skip
    assert shop.run().kept_edits == [{"record": "P3", "field": "status", "kept": "prospect", "offered": "active"}]


def test_what_an_export_does_not_say_stays_and_what_it_empties_is_emptied(shop: Shop) -> None:
    shop.load()
    (shop.folder.parent / "shop.toml").write_text(
        (shop.folder.parent / "shop.toml").read_text().replace('loss_reason = "why"\n', "")
    )
    shop.change("deals", "D3,Third,,Lost,,2024-04-02,,M2,Price", "D3,Third,,Lost,,2024-04-02,,,")
    shop.load()
    assert shop.rows("SELECT loss_reason, manager_id FROM deals_opportunity WHERE external_id = 'D3'") == [
        ("Price", None)
    ]


def test_lines_and_roles_alone_reach_the_deals_known_from_before(shop: Shop) -> None:
    shop.load()
    for name in ("deals.csv", "managers.csv", "partners.csv", "accounts.csv", "products.csv"):
        (shop.folder / name).unlink()
    shop.write(lines="deal,product,quantity,amount\nD3,S2,1,5\n", roles="deal,partner,role\nD3,P1,influenced\n")
    assert shop.load() == 0
    assert shop.said[-1] == "1 deals changed"
    assert shop.rows("SELECT d.name, p.name FROM deals_shareddeal d JOIN programs_partnership p"
                     " ON p.id = d.partnership_id WHERE d.name = 'Third'") == [("Third", "Fabrikam")]  # fmt: skip


def test_what_the_export_says_twice_and_differently_is_noted(shop: Shop) -> None:
    shop.write(
        partners=FILES["partners.csv"] + "P1,Fabrikam Inc,active,EMEA,M9,\nP4,Litware,active,,M9,P9\n",
        accounts=FILES["accounts.csv"] + "A3,Lonely,A9\nA4,Self,A4\n",
    )
    assert shop.load() == 0
    notes = {(one["record"], one["field"], one["value"]) for one in shop.run().notes}
    assert notes == {
        ("P1", "partner name", "Fabrikam Inc"),
        ("P1", "partner manager", "M9"),
        ("P4", "partner manager", "M9"),
        ("P4", "partner distributor", "P9"),
        ("A3", "account parent", "A9"),
        ("A4", "account parent", "A4"),
    }


def test_a_circle_of_customers_is_not_closed(shop: Shop) -> None:
    shop.load()
    shop.write(accounts="id,name,parent\nA1,Acme,A3\nA2,Acme Labs,A1\nA3,Acme Sub,A2\n")
    assert shop.load() == 0
    parents = dict(shop.rows("SELECT a.name, p.name FROM deals_customeraccount a LEFT JOIN deals_customeraccount p"
                             " ON p.id = a.parent_id"))  # fmt: skip
    assert parents["Acme Labs"] == "Acme"
    assert {one["field"] for one in shop.run().notes} == {"account parent"}


def test_a_dry_run_changes_nothing_and_makes_nothing(shop: Shop) -> None:
    from comity.programs.operator import all_programs

    assert shop.load(dry_run=True) == 0
    assert all_programs() == []
    assert "deals.csv: 3 rows, 3 good, 0 bad" in shop.said
    shop.load()
    before = shop.versions()
    shop.change("deals", "100.50", "300")
    assert shop.load(dry_run=True) == 0
    assert "opportunity: 0 would be created, 1 would be updated" in shop.said
    assert shop.versions() == before
    assert shop.run().state == "done"
    assert shop.run().dry_run is True


def test_a_program_is_made_as_the_mapping_says_and_left_as_it_is(shop: Shop) -> None:
    path = shop.folder.parent / "shop.toml"
    said = 'currency = "EUR"\ntime_zone = "Europe/Berlin"\nfiscal_year_starts_month = 4\n'
    path.write_text(path.read_text().replace('currency = "EUR"\n', said))
    shop.load()
    made = [("EUR", "Europe/Berlin", 4)]
    assert shop.rows("SELECT currency, time_zone, fiscal_year_starts FROM programs_program") == made
    path.write_text(path.read_text().replace(said, ""))
    assert shop.load() == 0
    assert shop.said[-1] == "0 deals changed"  # amounts without a currency are in the program's
    assert shop.rows("SELECT currency, time_zone, fiscal_year_starts FROM programs_program") == made


def test_the_command_names_what_it_made_and_takes_slugs(shop: Shop, tmp_path: Path) -> None:
    shop.load()
    shop.vendor, shop.program = "wide-world", "Wide World"
    assert shop.load() == 0
    assert shop.rows("SELECT slug, name FROM programs_program") == [("wide-world", "Wide World")]
