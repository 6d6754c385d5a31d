"""What if: a year's registrations run through a draft of the rules, each on what was known when it was submitted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from cast import NOW
from comity.deals.models import EngagementDraft, EngagementRules, RulesTrial, RulesTrialChange
from comity.deals.registration import trials
from comity.deals.registration.clauses import Clauses
from comity.deals.registration.rules_drafts import keep_rules_draft, publish_rules_draft
from comity.deals.registration.submission import withdraw_registration
from comity.deals.registration.trials import start_trial, work_batch
from comity.deals.states.registrations import Move
from comity.deals.tasks import try_rules
from comity.kernel.errors import NotAllowed
from comity.programs.calendars import today_in
from registration_story import RegistrationStory

SOON = {"expected_close_on": timezone.now().date() + timedelta(days=90)}
NEW = "/workspace/northwind/deals/rules/new/"
TRIALS = "/workspace/northwind/deals/rules/trials/"


@pytest.fixture
def story(cast) -> RegistrationStory:
    """Bo was first at Acme, withdrew after Cy had come second; Cy then had Initech; one is older than a year."""
    story, now = RegistrationStory(cast), timezone.now()
    story.rules(at=now - timedelta(days=600), second_registrant="queue")
    old = story.registers("bo", "Hooli Inc", **SOON, at=now - timedelta(days=400), value=Decimal(100))
    first = story.registers("bo", "Acme GmbH", customer_domain="acme.de", **SOON, at=now - timedelta(days=90))
    story.registers("cy", "ACME Gesellschaft mbH", customer_domain="acme.de", **SOON, at=now - timedelta(days=80))
    with cast.scope("bo"):
        withdraw_registration(
            registration=first, partnership=cast.of_fabrikam, actor=cast.actor("bo"), at=now - timedelta(days=70)
        )
    story.registers("cy", "Initech Ltd", **SOON, at=now - timedelta(days=60), value=Decimal(500))
    story.decides(old, Move.APPROVE, at=now - timedelta(days=399))
    return story


def draft(cast, **clauses):
    """Olga's draft, as the page and the API keep it."""
    with cast.scope("olga"):
        return keep_rules_draft(
            program=cast.program, actor=cast.actor("olga"), clauses=Clauses(**clauses), at=NOW,
            from_on=timezone.now().date() + timedelta(days=1),
        )  # fmt: skip


def start(cast, who="olga"):
    with cast.scope(who):
        return start_trial(program=cast.program, actor=cast.actor(who), at=timezone.now())


def read(answer) -> str:
    """A streamed answer, whole."""

    async def whole() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(whole)().decode()


def run(cast, trial):
    try_rules(organization=str(cast.northwind.pk), trial=str(trial.pk))
    with cast.scope("olga"):
        return RulesTrial.objects.get(pk=trial.pk)


def test_a_draft_is_tried_on_the_year_and_tells_which_verdicts_change(cast, story, monkeypatch):
    draft(cast, second_registrant="refuse", minimum_value=Decimal(1_000))
    with pytest.raises(NotAllowed):
        start(cast, "ada")
    trial = start(cast)
    assert start(cast) == trial  # a second press joins it
    # A worker is killed after one registration; its successor goes on, and nothing is judged twice.
    assert work_batch(vendor_id=cast.northwind.pk, trial_id=trial.pk, size=1)
    done = run(cast, trial)
    assert (done.state, done.total, done.done, done.changed) == ("done", 3, 3, 2)
    # Cy was second when it came, though Bo has withdrawn since; below the least value is the other.
    assert sorted(done.moves) == [["approve", "reject", 1], ["queue", "reject", 1]]
    with cast.scope("olga"):
        found = {one.registration.customer_name: (one.before, one.after) for one in RulesTrialChange.objects.all()}
    assert found == {"ACME Gesellschaft mbH": ("queue", "reject"), "Initech Ltd": ("approve", "reject")}
    assert run(cast, trial).finished_at == done.finished_at  # the job again changes nothing
    # Another draft takes the place of one that is still under way; a failure is told, and does not block the next.
    draft(cast, second_registrant="queue")
    given_up = start(cast)
    draft(cast, second_registrant="co_sell")
    other = start(cast)
    with cast.scope("olga"):
        assert RulesTrial.objects.get(pk=given_up.pk).state == "replaced"
    with monkeypatch.context() as broken:
        broken.setattr(trials, "judge", None)
        with pytest.raises(TypeError):
            run(cast, other)
    with cast.scope("olga"):
        assert RulesTrial.objects.get(pk=other.pk).state == "failed"
    assert run(cast, start(cast)).moves == [["queue", "approve_with_conditions", 1]]


def test_the_page_shows_progress_then_the_result_and_says_when_it_is_stale(cast, story):
    olga = cast.browser("olga")
    form = olga.get(NEW).context["form"]
    typed = {name: value for name, value in form.initial.items() if value is not None and value is not False}
    typed |= {"second_registrant": "refuse", "note": "One a customer", "max_open": "", "try": "1"}
    refused = olga.post(NEW, {**typed, "protection_days": "0"})
    assert (refused.status_code, "One a customer" in refused.content.decode()) == (422, True)
    address = olga.post(NEW, typed).url
    assert "Waiting for a worker" in olga.get(address).content.decode()
    with cast.scope("olga"):
        trial = RulesTrial.objects.get()
    run(cast, trial)
    page = olga.get(f"{address}?move=queue-reject").content.decode()
    assert "1 of 3 verdicts would change" in page
    assert "ACME Gesellschaft mbH" in page
    assert "Publish from" in page
    text = read(olga.get(f"{address}export.csv"))
    assert [line.split(",")[1:3] for line in text.splitlines()[1:]] == [["ACME Gesellschaft mbH", "Contoso"]]
    # The draft changes: the result says so, and is not published from here.
    assert olga.post(NEW, {**typed, "protection_days": "30"}).status_code == 302
    stale = olga.get(address).content.decode()
    assert "The draft was changed since" in stale
    assert "Publish from" not in stale
    with cast.scope("olga"):
        assert EngagementDraft.objects.get().clauses["protection_days"] == 30
    # Who still has the page open cannot publish what nobody tried; the draft is tried again.
    assert olga.post(address, {"publish": "1"}).url == address
    with cast.scope("olga"):
        assert EngagementDraft.objects.exists()
    assert "try it again first" in olga.get(address).content.decode()
    address = olga.post(address, {"again": "1"}).url
    with cast.scope("olga"):
        trial = RulesTrial.objects.exclude(pk=trial.pk).get()
    run(cast, trial)
    # Publishing the draft; the trial stays, and says that the draft is gone.
    assert olga.post(address, {"publish": "1"}).url.endswith("/deals/rules/")
    with cast.scope("olga"):
        newest = EngagementRules.objects.order_by("-number").first()
        assert (newest.clauses["protection_days"], newest.note) == (30, "One a customer")
        assert not EngagementDraft.objects.exists()
    assert "published or thrown away" in olga.get(address).content.decode()
    assert cast.browser("ada").get(address).status_code == 403
    assert cast.browser("eve").get(address).status_code == 404


def test_the_page_keeps_what_only_the_api_can_say(cast):
    draft(cast, max_open={"reseller": 5, "referral": 9})
    olga = cast.browser("olga")
    form = olga.get(NEW).context["form"]
    typed = {name: value for name, value in form.initial.items() if value is not None and value is not False}
    assert olga.post(NEW, {**typed, "referral_cap": "7", "try": "1"}).status_code == 302
    with cast.scope("olga"):
        assert EngagementDraft.objects.get().clauses["max_open"] == {"reseller": 5, "referral": 7}


def test_a_draft_may_take_the_place_of_rules_of_the_same_day_beside_which_it_was_tried(cast, story):
    story.rules(at=timezone.now(), protection_days=30)  # of today, and nobody registered yet
    with cast.scope("olga"):
        keep_rules_draft(
            program=cast.program, actor=cast.actor("olga"), clauses=Clauses(protection_days=60), at=NOW,
            from_on=today_in(cast.program, timezone.now()),
        )  # fmt: skip
    trial = start(cast)
    with cast.scope("olga"):
        made = publish_rules_draft(program=cast.program, actor=cast.actor("olga"), at=timezone.now())
    assert made.clauses["protection_days"] == 60
    assert (run(cast, trial).state, trial.rules_id is None) == ("replaced", False)
    assert "beside version" not in cast.browser("olga").get(f"{TRIALS}{trial.pk}/").content.decode()
