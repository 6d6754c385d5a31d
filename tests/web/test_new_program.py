"""An administrator makes the first program on a page, and nobody else does."""

from __future__ import annotations

import pytest

from comity.deals.models import Stage
from comity.platform.tenancy import tenant
from comity.programs.models import Program

TYPED = {
    "name": "Alliances",
    "vendor_name": "",
    "currency": "CHF",
    "time_zone": "Europe/Zurich",
    "fiscal_year_starts": "7",
    "organization_model": "hybrid",
}


def test_a_program_is_made_with_its_stages(cast):
    answer = cast.browser("root").post("/programs/new", TYPED)
    assert (answer.status_code, answer["Location"]) == (302, "/workspace/alliances/")
    with cast.scope("root"):
        program = Program.objects.get(slug="alliances")
        assert (program.currency, program.time_zone, program.fiscal_year_starts) == ("CHF", "Europe/Zurich", 7)
        assert program.vendor_name == cast.northwind.name
        assert {"open", "won", "lost"} == set(Stage.objects.filter(program=program).values_list("status", flat=True))


def test_what_was_typed_stays_when_the_name_is_taken(cast):
    answer = cast.browser("root").post("/programs/new", {**TYPED, "name": cast.program.name})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert cast.program.name in page
    assert "Europe/Zurich" in page
    with cast.scope("root"):
        assert Program.objects.count() == 1


@pytest.mark.parametrize("name", ["ada", "bo", "vera"])
def test_who_may_not_finds_no_such_page(cast, name):
    assert cast.browser(name).get("/programs/new").status_code == 404


def test_eve_makes_hers_and_northwind_does_not_see_it(cast):
    assert cast.browser("eve").post("/programs/new", TYPED).status_code == 302
    with tenant(organization_id=cast.northwind.id):
        assert not Program.objects.filter(slug="alliances").exists()
