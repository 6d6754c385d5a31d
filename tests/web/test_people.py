"""The pages of Settings that look after people, tokens, news and the past."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import TestCase
from django.utils import timezone

from cast import make_partnership
from comity.identity.models import ApiToken, Invitation, Membership, Organization
from comity.identity.roles import Role
from comity.identity.services import hash_secret, issue_token
from comity.platform.models import Delivery, OutboxEvent
from comity.programs.models import Partnership

BASE = "/workspace/northwind/settings"


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize("page", ["people/", "people/invite/", "people/roles/", "tokens/", "deliveries/"])
def test_only_those_who_look_after_it_open_it(cast, page):
    everybody = ("root", "olga", "ada", "di", "bo", "eve")
    seen = {who: cast.browser(who).get(f"{BASE}/{page}").status_code for who in everybody}
    assert seen == {"root": 200, "olga": 200, "ada": 403, "di": 403, "bo": 404, "eve": 404}


def test_who_reads_the_audit(cast):
    seen = {who: cast.browser(who).get(f"{BASE}/audit/").status_code for who in ("root", "vera", "di", "ada", "bo")}
    assert seen == {"root": 200, "vera": 200, "di": 200, "ada": 403, "bo": 404}


def test_members_and_letters_are_listed(cast):
    page = text_of(cast.browser("root").get(f"{BASE}/people/"))
    for name in ("Ada", "Olga", "Vera", "Di", "Root"):
        assert f"{name.lower()}@northwind.example" in page
    assert "fabrikam.example" not in page
    assert "No letter is out" in page


def invite_lee(cast, browser, **values):
    with cast.scope("ada"):
        place = Organization.objects.create(name="Litware", private_to_id=cast.northwind.pk)
        make_partnership(cast.program, place.pk, "Litware")
    given = {"email": "lee@litware.example", "place": str(place.pk), "role": "partner_admin", **values}
    with TestCase.captureOnCommitCallbacks(execute=True):
        return browser.post(f"{BASE}/people/invite/", given)


def test_inviting_a_partner(cast):
    browser = cast.browser("root")
    answer = invite_lee(cast, browser)
    assert (answer.status_code, answer["Location"]) == (302, f"{BASE}/people/")
    assert [letter.to for letter in mail.outbox] == [["lee@litware.example"]]
    page = text_of(browser.get(f"{BASE}/people/"))
    assert "lee@litware.example Litware Partner administrator Waiting" in page
    assert "The letter to lee@litware.example is on its way." in page


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"role": "sales"}, "choose a partner"),
        ({"email": "nobody"}, "Enter a valid email address"),
        ({"place": "0"}, "Select a valid choice"),
    ],
)
def test_an_invitation_that_cannot_be(cast, values, problem):
    answer = invite_lee(cast, cast.browser("root"), **values)
    assert answer.status_code == 422
    assert problem in text_of(answer)
    with cast.scope("root"):
        assert not Invitation.objects.exists()


def test_a_claimed_partner_is_not_on_the_list(cast):
    page = cast.browser("root").get(f"{BASE}/people/invite/").content.decode()
    assert "Fabrikam" not in page


def test_sending_again_and_taking_back(cast):
    browser = cast.browser("root")
    invite_lee(cast, browser)
    with cast.scope("root"):
        first = Invitation.objects.get()
    with TestCase.captureOnCommitCallbacks(execute=True):
        browser.post(f"{BASE}/invitations/{first.pk}/", {"do": "again"})
    assert len(mail.outbox) == 2
    with cast.scope("root"):
        second = Invitation.objects.get(revoked_at__isnull=True)
        assert second.pk != first.pk
    browser.post(f"{BASE}/invitations/{second.pk}/", {"do": "revoke"})
    with cast.scope("root"):
        assert not Invitation.objects.filter(revoked_at__isnull=True).exists()


def role_of(cast, who: str) -> str:
    with cast.scope("root"):
        found = Membership.objects.filter(person=cast.person(who), ended_at__isnull=True).first()
        return found.role if found else "gone"


def member(cast, who: str) -> str:
    return f"{BASE}/people/{cast.memberships[who].pk}/"


def test_changing_a_role_and_letting_go(cast):
    browser = cast.browser("root")
    browser.post(member(cast, "ada"), {"role": "operations"})
    assert role_of(cast, "ada") == "operations"
    with cast.scope("ada"):
        issue_token(actor=cast.actor("olga"), name="Olga's", scopes=["read"])
    browser.post(member(cast, "olga"), {"do": "end"})
    assert role_of(cast, "olga") == "gone"
    with cast.scope("root"):
        assert ApiToken.objects.get().revoked_at is not None, "a token ends with its maker"
    assert cast.browser("olga").get("/workspace/northwind/settings/people/").status_code == 404


@pytest.mark.parametrize(
    ("who", "whom", "given", "after"),
    [
        ("olga", "olga", {"role": "administrator"}, "operations"),
        ("olga", "root", {"role": "sales"}, "administrator"),
        ("olga", "root", {"do": "end"}, "administrator"),
        ("root", "root", {"role": "sales"}, "administrator"),
        ("root", "root", {"do": "end"}, "administrator"),
        ("root", "ada", {"role": "emperor"}, "partner_manager"),
        ("ada", "ada", {"role": "administrator"}, "partner_manager"),
        ("eve", "ada", {"do": "end"}, "partner_manager"),
    ],
)
def test_nobody_rises_by_themselves_and_one_administrator_stays(cast, who, whom, given, after):
    answer = cast.browser(who).post(member(cast, whom), given)
    assert answer.status_code in (302, 403, 404)
    assert role_of(cast, whom) == after


def test_a_stranger_reaches_nobody_through_her_own_program(cast):
    address = f"/workspace/umbra/settings/people/{cast.memberships['ada'].pk}/"
    assert cast.browser("eve").post(address, {"do": "end"}).status_code == 404
    assert role_of(cast, "ada") == "partner_manager"


# --- API tokens ---


def test_a_token_is_shown_once(cast):
    browser = cast.browser("olga")
    answer = browser.post(f"{BASE}/tokens/", {"name": "Nightly", "scopes": ["read", "import"], "days": "30"})
    assert answer.status_code == 201
    secret = re.search(r"<code>(cmty_[\w-]+)</code>", answer.content.decode()).group(1)
    assert "no-store" in answer["Cache-Control"]
    page = browser.get(f"{BASE}/tokens/").content.decode()
    assert secret not in page
    assert secret[:12] in page
    with cast.scope("olga"):
        token = ApiToken.objects.get()
        assert (token.token_hash, token.scopes) == (hash_secret(secret), ["import", "read"])
        assert timedelta(days=29) < token.expires_at - timezone.now() < timedelta(days=31)
        assert secret not in str(ApiToken.objects.values().get())


def test_a_token_needs_a_name_and_a_scope(cast):
    answer = cast.browser("olga").post(f"{BASE}/tokens/", {"name": "", "scopes": ["everything"]})
    assert answer.status_code == 422
    with cast.scope("olga"):
        assert not ApiToken.objects.exists()


def test_ending_a_token(cast):
    with cast.scope("olga"):
        token = issue_token(actor=cast.actor("olga"), name="Nightly", scopes=["read"]).thing
    theirs = cast.browser("eve").post(f"/workspace/umbra/settings/tokens/{token.pk}/revoke/")
    assert theirs.status_code == 404
    cast.browser("olga").post(f"{BASE}/tokens/{token.pk}/revoke/")
    with cast.scope("olga"):
        assert ApiToken.objects.get().revoked_at is not None


# --- the dead-letter list ---


def dead_letter(cast, who: str = "olga", state: str = "dead") -> Delivery:
    with cast.scope(who):
        vendor_id = cast.actor(who).organization_id
        event = OutboxEvent.objects.create(vendor_id=vendor_id, name="deals.Imported", payload={"run": "1"})
        return Delivery.objects.create(
            vendor_id=vendor_id,
            event=event,
            handler="comity.insights.tasks.refresh",
            state=state,
            attempts=6,
            last_error="Traceback (most recent call last):\n  File x\nValueError: <no> rate for XXX",
        )


def test_dead_letters_are_seen_and_tried_again(cast):
    delivery, browser = dead_letter(cast), cast.browser("olga")
    page = browser.get(f"{BASE}/deliveries/")
    assert "deals.Imported" in text_of(page)
    assert "ValueError: &lt;no&gt; rate for XXX" in page.content.decode()
    answer = browser.post(f"{BASE}/deliveries/{delivery.pk}/replay/", follow=True)
    assert "It is tried again now" in text_of(answer)
    with cast.scope("olga"):
        assert Delivery.objects.values_list("state", "attempts").get() == ("pending", 0)
    again = browser.post(f"{BASE}/deliveries/{delivery.pk}/replay/", follow=True)
    assert "there is nothing to do" in text_of(again)


def test_a_stranger_neither_sees_nor_replays_them(cast):
    delivery = dead_letter(cast)
    browser = cast.browser("eve")
    assert "deals.Imported" not in text_of(browser.get("/workspace/umbra/settings/deliveries/"))
    assert browser.post(f"/workspace/umbra/settings/deliveries/{delivery.pk}/replay/").status_code == 404
    with cast.scope("olga"):
        assert Delivery.objects.get().state == "dead"


# --- audit ---


def test_who_changed_what(cast):
    with cast.scope("ada"):
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(city="Berlin")
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(city="Paris", tier=None)
        Partnership.objects.filter(pk=cast.of_contoso.pk).delete()
    cast.browser("root").post(member(cast, "ada"), {"role": "sales"})
    page = text_of(cast.browser("vera").get(f"{BASE}/audit/"))
    for line in (
        "Ada System Fabrikam Partnership City: — → Berlin",
        "Ada System Fabrikam Partnership Tier: Gold → — City: Berlin → Paris",
        "Ada System Contoso Partnership Deleted",
        "Root Workspace Ada Membership Role: Partner manager → Direct sales",
    ):
        assert line in page, line


def audit(cast, **wanted) -> str:
    return text_of(cast.browser("vera").get(f"{BASE}/audit/", wanted))


def test_the_audit_is_searched(cast):
    with cast.scope("ada"):
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(city="Berlin")
    with cast.scope("olga"):
        Partnership.objects.filter(pk=cast.of_contoso.pk).update(city="Rome")
    today, tomorrow = timezone.now().date(), timezone.now().date() + timedelta(days=1)
    assert "Berlin" in audit(cast, person=cast.person("ada").pk)
    assert "Rome" not in audit(cast, person=cast.person("ada").pk)
    assert "Rome" in audit(cast, record=cast.of_contoso.pk)
    assert "Berlin" not in audit(cast, record=cast.of_contoso.pk)
    assert "Berlin" in audit(cast, table="Partnership", since=today, until=today)
    assert "No change matches" in audit(cast, since=tomorrow)
    assert "No change matches" in audit(cast, table="Tier")
    assert "No change matches" in audit(cast, before="rubbish")


def test_the_audit_is_paged_without_gap_or_repeat(cast):
    with cast.scope("ada"):
        for number in range(60):
            Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(city=f"City-{number:02}")
    browser, address, seen = cast.browser("vera"), f"{BASE}/audit/", []
    while address:
        page = browser.get(address).content.decode()
        seen += re.findall(r"→ (City-\d\d)", page)
        following = re.search(r'href="(\?[^"]*before=[^"]*)" [^>]*rel="next"', page)
        address = f"{BASE}/audit/{following.group(1).replace('&amp;', '&')}" if following else ""
    assert seen == [f"City-{number:02}" for number in reversed(range(60))]


def test_a_stranger_sees_nothing_of_the_past(cast):
    with cast.scope("ada"):
        Partnership.objects.filter(pk=cast.of_fabrikam.pk).update(city="Berlin")
    page = cast.browser("eve").get("/workspace/umbra/settings/audit/", {"record": str(cast.of_fabrikam.pk)})
    assert "Berlin" not in page.content.decode()
    assert cast.memberships["eve"].role == Role.ADMINISTRATOR
