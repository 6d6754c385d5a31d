"""Letters: who may write them, what they open, and that they open it once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection, transaction
from django.test import TestCase

from cast import NOW, make_cast, make_partnership
from comity.deals.models import SharedDeal
from comity.identity.models import Invitation, Membership, Organization
from comity.identity.queries import memberships_of
from comity.identity.roles import Role
from comity.identity.services import (
    AddressKnown,
    AlreadyMember,
    InvitationGone,
    accept_as_new_person,
    accept_invitation,
    create_person,
    invite,
    invite_again,
    revoke_invitation,
)
from comity.kernel.errors import Invalid, NotAllowed
from comity.platform.tenancy import tenant
from comity.programs.models import Partnership
from comity.programs.services.joining import (
    AlreadyPartners,
    OthersWorkThere,
    join_with_own_organization,
    organizations_to_join_with,
)

LATER = NOW + timedelta(days=1)


@pytest.fixture
def litware(cast):
    """An organization that Northwind imported, with its partnership."""
    with cast.scope("ada"):
        organization = Organization.objects.create(name="Litware", private_to_id=cast.northwind.pk)
        make_partnership(cast.program, organization.pk, "Litware")
    return organization


def letter(cast, organization, email="lee@litware.example", role=Role.PARTNER_ADMIN, who="root", at=NOW) -> str:
    """Write a letter; its secret."""
    with cast.scope(who):
        issued = invite(
            actor=cast.actor(who),
            email=email,
            role=role,
            organization=organization,
            inviting_name="Northwind",
            at=at,
        )
    return issued.secret


def roles_in(organization) -> list[tuple[str, str]]:
    with tenant(organization_id=organization.pk):
        found = Membership.objects.filter(organization=organization, ended_at__isnull=True)
        return sorted(found.values_list("person__email", "role"))


def test_the_letter_is_plain_and_goes_out_once_committed(cast, litware):
    with TestCase.captureOnCommitCallbacks(execute=True):
        secret = letter(cast, litware)
        assert mail.outbox == []
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["lee@litware.example"], "Northwind invites you to its partner programme")
    assert sent.body == (
        "Hello,\n\n"
        "Root invites you to the partner programme of Northwind, for Litware, as Partner administrator.\n\n"
        "Follow this link to accept; it works once, until 16 March 2026:\n\n"
        f"http://127.0.0.1:8000/invitation/{secret}\n\n"
        "If you have an account already, sign in with it. If you did not expect this letter, leave it: nothing happens."
        "\n\nComity, the partner programme seen the same from both sides\n"
    )


def test_a_name_cannot_begin_another_header(cast, litware):
    with TestCase.captureOnCommitCallbacks(execute=True), cast.scope("root"):
        invite(
            actor=cast.actor("root"),
            email="lee@litware.example",
            role=Role.PARTNER_ADMIN,
            organization=litware,
            inviting_name="Northwind\r\nBcc: everybody@contoso.example",
            at=NOW,
        )
    assert mail.outbox[0].subject == "Northwind Bcc: everybody@contoso.example invites you to its partner programme"
    assert mail.outbox[0].recipients() == ["lee@litware.example"]


def test_the_secret_is_not_kept(cast, litware):
    secret = letter(cast, litware)
    with cast.scope("root"):
        kept = Invitation.objects.values().get()
    assert secret not in str(kept)


def test_the_first_administrator_claims_the_organization(cast, litware):
    person = accept_as_new_person(secret=letter(cast, litware), name="Lee", password="a long password", at=LATER)
    assert roles_in(litware) == [("lee@litware.example", "partner_admin")]
    with tenant(organization_id=litware.pk):
        assert Organization.objects.get().private_to_id is None
        assert Partnership.objects.get().name == "Litware"
    with cast.scope("root"):
        assert not Organization.objects.filter(pk=litware.pk).exists(), "it is no longer the vendor's"
        assert Partnership.objects.filter(name="Litware").exists()
    assert person.check_password("a long password")


def test_a_seller_joins_without_claiming(cast, litware):
    accept_as_new_person(
        secret=letter(cast, litware, role=Role.PARTNER_SELLER), name="Sam", password="a long password", at=LATER
    )
    with cast.scope("root"):
        assert Organization.objects.get(pk=litware.pk).private_to_id == cast.northwind.pk


def test_a_claim_ends_the_vendors_other_letters(cast, litware):
    """Else the vendor could put somebody of its own among people who answer to other vendors as well."""
    mole = letter(cast, litware, email="mole@northwind.example")
    accept_as_new_person(secret=letter(cast, litware), name="Lee", password="a long password", at=LATER)
    with pytest.raises(InvitationGone):
        accept_as_new_person(secret=mole, name="Mole", password="a long password", at=LATER)
    with pytest.raises(NotAllowed), cast.scope("root"):
        invite(
            actor=cast.actor("root"),
            email="mole@northwind.example",
            role=Role.PARTNER_ADMIN,
            organization=Organization(id=litware.pk, name="Litware", private_to_id=None),
            inviting_name="Northwind",
            at=LATER,
        )
    assert roles_in(litware) == [("lee@litware.example", "partner_admin")]


def test_a_forged_letter_into_a_claimed_organization_opens_nothing(cast):
    """Even a row that got past the service: the door looks again."""
    from comity.identity.services import hash_secret

    with tenant(organization_id=cast.northwind.pk, person_id=cast.person("ann").pk):
        Invitation.objects.create(
            inviting_id=cast.northwind.pk,
            organization=cast.fabrikam,
            organization_name="Fabrikam",
            inviting_name="Northwind",
            email="mole@northwind.example",
            role=Role.PARTNER_ADMIN,
            token_hash=hash_secret("forged"),
            invited_by=cast.person("root"),
            expires_at=LATER,
        )
    with pytest.raises(InvitationGone, match="looks after its own people"):
        accept_invitation(secret="forged", person=cast.person("root"), at=NOW)


@pytest.mark.parametrize("case", ["used", "revoked", "expired", "unknown", "renewed"])
def test_a_link_that_opens_nothing(cast, litware, case):
    secret, at = letter(cast, litware), LATER
    person = create_person(email="lee@litware.example", name="Lee", password=None)
    with cast.scope("root"):
        invitation = Invitation.objects.get()
        if case == "revoked":
            revoke_invitation(actor=cast.actor("root"), invitation=invitation, at=NOW)
        if case == "renewed":
            invite_again(actor=cast.actor("root"), invitation=invitation, at=NOW)
    if case == "used":
        accept_invitation(secret=secret, person=cast.person("eve"), at=at)
    if case == "expired":
        at = NOW + timedelta(days=14)
    with pytest.raises(InvitationGone):
        accept_invitation(secret="nothing" if case == "unknown" else secret, person=person, at=at)


def test_a_letter_does_not_open_an_existing_account(cast, litware):
    secret = letter(cast, litware, email="Cy@contoso.example")
    with pytest.raises(AddressKnown):
        accept_as_new_person(secret=secret, name="Not Cy", password="a long password", at=LATER)
    assert cast.person("cy").check_password("correct horse battery")


def test_a_member_is_not_made_a_member_twice(cast):
    secret = letter(cast, cast.northwind, email="ada@northwind.example", role=Role.SALES)
    with pytest.raises(AlreadyMember):
        accept_invitation(secret=secret, person=cast.person("ada"), at=LATER)
    with cast.scope("root"):
        assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize(
    ("who", "place", "role", "refusal"),
    [
        ("ada", "northwind", Role.SALES, NotAllowed),
        ("olga", "northwind", Role.ADMINISTRATOR, NotAllowed),
        ("olga", "northwind", Role.PARTNER_SELLER, Invalid),
        ("root", "fabrikam", Role.PARTNER_SELLER, NotAllowed),
        ("ann", "northwind", Role.PARTNER_SELLER, NotAllowed),
        ("ann", "fabrikam", Role.ADMINISTRATOR, Invalid),
        ("bo", "fabrikam", Role.PARTNER_SELLER, NotAllowed),
        ("eve", "contoso", Role.PARTNER_ADMIN, NotAllowed),
    ],
)
def test_who_may_not_write_which_letter(cast, who, place, role, refusal):
    with pytest.raises(refusal):
        letter(cast, getattr(cast, place), role=role, who=who)


def test_two_who_follow_the_same_link_at_once(committed_database):
    with transaction.atomic():
        cast = make_cast()
        with cast.scope("ada"):
            place = Organization.objects.create(name="Litware", private_to_id=cast.northwind.pk)
        secret = letter(cast, place)
    outcomes, start = [], threading.Barrier(2)

    def follow(who: str) -> None:
        start.wait()
        try:
            accept_invitation(secret=secret, person=cast.person(who), at=LATER)
            outcomes.append("in")
        except InvitationGone:
            outcomes.append("gone")
        finally:
            connection.close()

    people = [threading.Thread(target=follow, args=[who]) for who in ("cy", "eve")]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert sorted(outcomes) == ["gone", "in"]
    assert len(roles_in(place)) == 1


# --- a partner that is here already ---


def umbra_imports_fabrikam(cast) -> tuple[Organization, str]:
    """Umbra's own record of Fabrikam, with a deal on it, and a letter to Ann."""
    with cast.scope("eve"):
        copy = Organization.objects.create(name="Fabrikam Inc.", private_to_id=cast.umbra.pk)
        make_partnership(cast.umbra_program, copy.pk, "Fabrikam Inc.")
    return copy, letter(cast, copy, email="ann@fabrikam.example", who="eve")


def share_a_deal(cast) -> None:
    """A deal of Umbra's on which that partner is."""
    from comity.deals.models import Opportunity, Stage

    with cast.scope("eve"):
        partnership = Partnership.objects.get(name="Fabrikam Inc.")
        of_umbra = {"vendor_id": cast.umbra.pk, "program": cast.umbra_program}
        stage = Stage.objects.create(**of_umbra, name="Won", status="won", probability="1", position=1)
        deal = Opportunity.objects.create(
            **of_umbra, name="Deal", stage=stage, status="won", closed_on=NOW.date(), currency="EUR"
        )
        SharedDeal.objects.create(
            vendor_id=cast.umbra.pk,
            opportunity=deal,
            partnership=partnership,
            partner_id=partnership.partner_id,
            name="Deal",
            roles=["sourced"],
            stage_name="Won",
            status="won",
            currency="EUR",
        )


def test_an_administrator_brings_their_own_organization(cast):
    copy, secret = umbra_imports_fabrikam(cast)
    share_a_deal(cast)
    with cast.scope("bo"):
        assert [deal.name for deal in SharedDeal.objects.all()] == []
    ann = cast.person("ann")
    with cast.scope("eve"):
        invitation = Invitation.objects.get()
    assert [found.name for found in organizations_to_join_with(ann, invitation)] == ["Fabrikam"]
    (moved,) = join_with_own_organization(secret=secret, person=ann, organization=cast.fabrikam, at=LATER)
    assert (moved.name, moved.partner_id) == ("Fabrikam Inc.", cast.fabrikam.pk)
    with cast.scope("bo"):
        assert sorted(Partnership.objects.values_list("name", flat=True)) == ["Fabrikam", "Fabrikam Inc."]
        assert [deal.name for deal in SharedDeal.objects.all()] == ["Deal"], "what hangs on the partnership follows"
    with cast.scope("eve"):
        past = apps.get_model("programs", "PartnershipEvent").objects.get(id=moved.pk)
        assert past.partner_id == copy.pk
        assert past.pgh_context["person"] == str(ann.pk)
    assert len(memberships_of(ann.pk)) == 0, "no scope, no rows"
    with pytest.raises(InvitationGone):
        accept_invitation(secret=secret, person=ann, at=LATER)


def test_only_an_administrator_of_it_brings_an_organization(cast):
    _, secret = umbra_imports_fabrikam(cast)
    for who, organization in (("bo", cast.fabrikam), ("ann", cast.contoso), ("cy", cast.fabrikam)):
        with pytest.raises(NotAllowed):
            join_with_own_organization(secret=secret, person=cast.person(who), organization=organization, at=LATER)


def test_a_vendor_has_one_partnership_with_an_organization(cast, litware):
    secret = letter(cast, litware, email="ann@fabrikam.example")
    with pytest.raises(AlreadyPartners):
        join_with_own_organization(secret=secret, person=cast.person("ann"), organization=cast.fabrikam, at=LATER)
    with cast.scope("root"):
        assert Invitation.objects.get().accepted_at is None


def test_nobody_is_left_behind_in_the_imported_organization(cast):
    copy, secret = umbra_imports_fabrikam(cast)
    seller = letter(cast, copy, email="sam@fabrikam.example", role=Role.PARTNER_SELLER, who="eve")
    accept_as_new_person(secret=seller, name="Sam", password="a long password", at=LATER)
    with pytest.raises(OthersWorkThere):
        join_with_own_organization(secret=secret, person=cast.person("ann"), organization=cast.fabrikam, at=LATER)
