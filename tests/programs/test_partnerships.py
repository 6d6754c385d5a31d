"""Taking partners in, editing them together, and seeing only one's own."""

from __future__ import annotations

import dataclasses

import pytest

from cast import NOW, make_partnership
from comity.identity.models import Organization
from comity.kernel.errors import Invalid, NotAllowed
from comity.programs.models import DistributorLink, Partnership, PartnershipSegment, Region, Tier
from comity.programs.queries import (
    Contact,
    PartnershipFilter,
    contact_of,
    distributors_of,
    filter_partnerships,
    history_of,
    partnerships_visible_to,
    programs_visible_to,
)
from comity.programs.queries.partnerships import PartnershipNotFound, partnership_visible_to
from comity.programs.services import (
    ChangedMeanwhile,
    DistributorCircle,
    PartnerExists,
    PartnershipDraft,
    add_distributor,
    assign_manager,
    create_partnership,
    edit_partnership,
    remove_distributor,
    set_potential,
    set_region,
    set_tier,
    version_of,
)

ADATUM = PartnershipDraft(name=" Adatum  GmbH ", types=("reseller", "agency"), country="Germany", website="adatum.de")


def draft_of(partnership: Partnership, **changes: object) -> PartnershipDraft:
    names = {field.name for field in dataclasses.fields(PartnershipDraft)} - {"extra", "external_id", "types"}
    values = {name: getattr(partnership, name) for name in names}
    values["types"] = tuple(partnership.types)
    return PartnershipDraft(**{**values, "external_id": partnership.external_id or "", **changes})


def test_a_new_partner_gets_an_organization_that_only_its_vendor_sees(cast):
    with cast.scope("ada"):
        made = create_partnership(program=cast.program, actor=cast.actor("ada"), draft=ADATUM)
        organization = Organization.objects.get(pk=made.partner_id)
        assert (made.name, made.sort_name, made.status) == ("Adatum GmbH", "adatum gmbh", "prospect")
        assert (organization.name, organization.private_to_id) == ("Adatum GmbH", cast.northwind.pk)
        assert made.edited_fields == ["country", "name", "types", "website"]
        with pytest.raises(PartnerExists):
            create_partnership(
                program=cast.program, actor=cast.actor("ada"), draft=dataclasses.replace(ADATUM, name="ADATUM GmbH")
            )
    for stranger in ("bo", "cy", "eve"):
        with cast.scope(stranger):
            assert not Organization.objects.filter(pk=organization.pk).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("types", ("friend",)), ("website", "javascript:alert(1)"), ("website", "no dots"), ("name", " \u200b ")],
)
def test_what_cannot_be_read_is_named(cast, field, value):
    with cast.scope("ada"), pytest.raises(Invalid) as refused:
        create_partnership(
            program=cast.program, actor=cast.actor("ada"), draft=dataclasses.replace(ADATUM, **{field: value})
        )
    assert list(refused.value.fields) == [field]


def test_two_people_editing_do_not_overwrite_each_other(cast):
    with cast.scope("ada"):
        loaded = partnership_visible_to(cast.actor("ada"), cast.of_fabrikam.pk)
        seen = version_of(loaded)
        silver = Tier.objects.get(program=cast.program, name="Silver")
        set_tier(partnership=loaded, actor=cast.actor("olga"), tier=silver)
        with pytest.raises(ChangedMeanwhile) as refused:
            edit_partnership(
                partnership=loaded, actor=cast.actor("ada"), draft=draft_of(loaded, city="Berlin"), loaded=seen
            )
        assert refused.value.fields == {"tier": "Now stored: Silver", "city": "Now stored: nothing"}
        now = partnership_visible_to(cast.actor("ada"), loaded.pk)
        edited = edit_partnership(
            partnership=now, actor=cast.actor("ada"), draft=draft_of(now, city="Berlin"), loaded=version_of(now)
        )
    assert (edited.city, edited.tier, edited.edited_fields) == ("Berlin", silver, ["city", "tier"])


def test_saving_without_a_change_writes_nothing(cast):
    with cast.scope("ada"):
        loaded = partnership_visible_to(cast.actor("ada"), cast.of_fabrikam.pk)
        edit_partnership(partnership=loaded, actor=cast.actor("ada"), draft=draft_of(loaded))
        assert partnership_visible_to(cast.actor("ada"), loaded.pk).edited_fields == []
        assert len(history_of(loaded)) == 1


def test_parts_of_another_program_are_refused(cast):
    with cast.scope("eve"):
        tier, region = Tier.objects.first(), Region.objects.first()
    with cast.scope("ada"):
        change = {"partnership": cast.of_fabrikam, "actor": cast.actor("ada")}
        with pytest.raises(Invalid):
            set_tier(**change, tier=tier)
        with pytest.raises(Invalid):
            set_region(**change, region=region)


def test_potential_is_the_vendors_secret(cast):
    with cast.scope("ada"):
        set_potential(partnership=cast.of_fabrikam, actor=cast.actor("ada"), potential=70)
        with pytest.raises(Invalid):
            set_potential(partnership=cast.of_fabrikam, actor=cast.actor("ada"), potential=101)
        assert partnership_visible_to(cast.actor("ada"), cast.of_fabrikam.pk).potential == 70
        assert [change.changes[0].after for change in history_of(cast.of_fabrikam) if change.changes] == ["70"]
    for reader in ("bo", "cy", "eve"):
        with cast.scope(reader):
            assert PartnershipSegment.objects.count() == 0
            rows = partnerships_visible_to(cast.actor(reader))
            assert reader == "eve" or not any(hasattr(row, "potential") for row in rows)


def test_the_history_says_who_changed_what_from_what_to_what(cast):
    with cast.scope("ada"):
        silver = Tier.objects.get(program=cast.program, name="Silver")
        set_tier(partnership=cast.of_fabrikam, actor=cast.actor("ada"), tier=silver)
        loaded = partnership_visible_to(cast.actor("ada"), cast.of_fabrikam.pk)
        edit_partnership(
            partnership=loaded, actor=cast.actor("ada"), draft=draft_of(loaded, types=("reseller", "oem"), city="Bonn")
        )
        told = history_of(loaded)
    # One transaction, one change: its writes are told together.
    assert [
        [(change.person, change.door), sorted((item.field, item.before, item.after) for item in change.changes)]
        for change in told
    ] == [
        [
            ("Ada", "system"),
            [("city", "", "Bonn"), ("tier", "Gold", "Silver"), ("types", "reseller", "reseller, oem")],
        ],
        [("", ""), []],
    ]
    with cast.scope("bo"):
        assert [change.changes for change in history_of(cast.of_fabrikam)] == [()]


def test_distributors_stand_above_without_circles(cast):
    actor = cast.actor("ada")
    with cast.scope("ada"):
        for name in ("of_fabrikam", "of_contoso"):
            Partnership.objects.filter(pk=getattr(cast, name).pk).update(types=["distributor"])
        fabrikam, contoso = (partnership_visible_to(actor, row.pk) for row in (cast.of_fabrikam, cast.of_contoso))
        adatum = create_partnership(program=cast.program, actor=actor, draft=ADATUM)
        add_distributor(partnership=adatum, distributor=fabrikam, actor=actor)
        add_distributor(partnership=adatum, distributor=fabrikam, actor=actor)
        add_distributor(partnership=fabrikam, distributor=contoso, actor=actor)
        assert [link.distributor.name for link in distributors_of(adatum)] == ["Fabrikam"]
        with pytest.raises(Invalid, match="no distributor"):
            add_distributor(partnership=fabrikam, distributor=adatum, actor=actor)
        Partnership.objects.filter(pk=adatum.pk).update(types=["distributor"])
        adatum.refresh_from_db()
        for above in (adatum, contoso):
            with pytest.raises(DistributorCircle):
                add_distributor(partnership=contoso, distributor=above, actor=actor)
    with cast.scope("bo"):
        assert DistributorLink.objects.count() == 1
    with cast.scope("ada"):
        remove_distributor(partnership=adatum, distributor=fabrikam, actor=actor)
        assert not distributors_of(adatum).exists()


def test_everybody_sees_their_own(cast):
    names = {}
    for reader in ("ada", "di", "bo", "cy", "eve"):
        with cast.scope(reader):
            actor = cast.actor(reader)
            names[reader] = [row.name for row in partnerships_visible_to(actor)]
            names[reader] += [program.name for program in programs_visible_to(actor)]
    assert names == {
        "ada": ["Contoso", "Fabrikam", "Northwind Partners"],
        "di": ["Contoso", "Fabrikam", "Northwind Partners"],
        "bo": ["Fabrikam", "Northwind Partners"],
        "cy": ["Contoso", "Northwind Partners"],
        "eve": ["Initech", "Umbra Partners"],
    }
    with cast.scope("cy"), pytest.raises(PartnershipNotFound):
        partnership_visible_to(cast.actor("cy"), cast.of_fabrikam.pk)


def test_a_partner_learns_whom_to_ask_and_no_more(cast):
    with cast.scope("bo"):
        assert contact_of(cast.of_fabrikam) == Contact("Ada", "ada@northwind.example")
        assert contact_of(cast.of_contoso) is None
        assert cast.ada_manager.__class__.objects.count() == 0
    with cast.scope("cy"):
        assert contact_of(cast.of_fabrikam) is None
    with cast.scope("ada"):
        assign_manager(partnership=cast.of_fabrikam, manager=None, actor=cast.actor("ada"), at=NOW)
    with cast.scope("bo"):
        assert contact_of(cast.of_fabrikam) is None


def test_a_list_is_searched_filtered_and_sorted(cast):
    actor = cast.actor("ada")
    with cast.scope("ada"):
        region = Region.objects.get(program=cast.program)
        for name, fields in {
            "Émile & Cie": {"region": region, "status": "paused"},
            "100% Cloud_": {"types": ["agency"], "started_on": None},
        }.items():
            partner = Organization.objects.create(name=name, private_to_id=cast.northwind.pk)
            made = make_partnership(cast.program, partner.pk, name, **fields)
            if fields.get("region"):
                PartnershipSegment.objects.create(vendor_id=made.vendor_id, partnership=made, segment="core")

        def names(**wanted: str) -> list[str]:
            rows = filter_partnerships(partnerships_visible_to(actor, cast.program), PartnershipFilter(**wanted))
            return [row.name for row in rows]

        assert names(search="EMILE") == ["Émile & Cie"]
        assert names(search="%") == names(search="d_") == ["100% Cloud_"]
        assert names(status="paused") == names(segment="core") == names(region=str(region.pk)) == ["Émile & Cie"]
        assert names(partner_type="agency") == names(manager="none", region="none") == ["100% Cloud_"]
        assert names(manager=str(cast.ada_manager.pk)) == ["Contoso", "Fabrikam"]
        assert names(manager="no id") == []
        assert names(sort="-name") == ["Fabrikam", "Émile & Cie", "Contoso", "100% Cloud_"]
        assert names(sort="tier")[0] == "Fabrikam"
        assert names(sort="segment")[0] == "Émile & Cie"
        assert names(sort="started")[-1] == "100% Cloud_"
        assert names(segment="none", sort="nonsense") == ["100% Cloud_", "Contoso", "Fabrikam"]


def test_finance_cannot_edit(cast):
    with cast.scope("di"), pytest.raises(NotAllowed):
        create_partnership(program=cast.program, actor=cast.actor("di"), draft=ADATUM)
