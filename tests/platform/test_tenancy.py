"""The rows of one organization are there for its people and for nobody else."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, transaction

from comity.identity.models import Organization
from comity.kernel.ids import uuid7
from comity.platform.tenancy import current_scope, tenant
from comity.programs.models import Partnership, Program


def test_each_side_sees_what_is_its_own(cast):
    seen = {}
    for name in ("ada", "bo", "cy", "eve"):
        with cast.scope(name):
            seen[name] = sorted(Partnership.objects.values_list("name", flat=True))
    assert seen == {"ada": ["Contoso", "Fabrikam"], "bo": ["Fabrikam"], "cy": ["Contoso"], "eve": ["Initech"]}


def test_without_a_scope_nothing_is_seen(cast):
    assert (Partnership.objects.count(), Program.objects.count(), Organization.objects.count()) == (0, 0, 0)


def test_a_partner_cannot_write_the_vendors_row(cast):
    with cast.scope("bo"):
        assert Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(name="Ours") == 0


def test_a_hidden_row_cannot_be_referred_to(cast):
    with cast.scope("eve"), pytest.raises(IntegrityError), transaction.atomic():
        Partnership.objects.filter(pk=cast.of_umbra.pk).update(program_id=cast.program.pk)


def test_nobody_writes_rows_of_another_vendor(cast):
    with cast.scope("eve"), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Program.objects.create(vendor_id=cast.northwind.id, slug="x", name="X", vendor_name="X")


def test_the_past_is_the_vendors_and_only_grows(cast):
    past = apps.get_model("programs", "PartnershipEvent")
    with cast.scope("ada"):
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(city="Berlin")
        kept = past.objects.filter(id=cast.of_fabrikam.pk).values("pgh_label", "city", "pgh_context")
        assert list(kept) == [
            {
                "pgh_label": "replaced",
                "city": "",
                "pgh_context": {
                    "person": str(cast.person("ada").pk),
                    "organization": str(cast.northwind.pk),
                    "door": "system",
                },
            }
        ]
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            past.objects.all().delete()
    with cast.scope("bo"):
        assert past.objects.count() == 0


def test_a_nested_scope_gives_the_outer_one_back(cast):
    with cast.scope("ada") as outer:
        with tenant(organization_id=uuid7()):
            assert Program.objects.count() == 0
        assert current_scope() == outer
        assert Program.objects.count() == 1


def test_illegal_status_moves_are_refused_by_the_database(cast):
    with cast.scope("ada"), pytest.raises(ProgrammingError, match="Invalid transition"), transaction.atomic():
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(status="prospect")
