"""The pages of attribution: who has which part of a deal and why, and the touches that wait."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from unittest import mock

import pytest
from django.utils import timezone

from comity.attribution.crediting import Occasion, credit_deal
from comity.attribution.models import AttributionSettings, CreditRun, CreditStep, PartnerCredit, Touch
from comity.attribution.states import Cause, TouchKind
from comity.attribution.tasks import credit_program
from comity.attribution.touches import TouchDraft, record_touch, report_touch
from comity.deals.services import PartnerDraft, close_won, set_partners
from comity.deals.states import PartnerRole
from comity.programs.models import Partnership
from deal_story import MARCH, deal


def at(day: date) -> datetime:
    """Nine o'clock, UTC."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


@pytest.fixture
def story(cast):
    """Fabrikam and Contoso both worked on Acme's deal; Bo's demo still waits."""
    ada = cast.actor("ada")
    with cast.scope("ada"):
        one = deal(cast, "Cloud for Acme", amount=Decimal("1000.01"))
        halves = [(cast.of_fabrikam, PartnerRole.SOURCED), (cast.of_contoso, PartnerRole.INFLUENCED)]
        one = set_partners(
            opportunity=one, actor=ada,
            partners=[PartnerDraft(partnership=who, role=role, share=Decimal("0.5")) for who, role in halves],
        )  # fmt: skip
        for who, day in ((cast.of_fabrikam, date(2025, 10, 5)), (cast.of_contoso, date(2026, 1, 20))):
            draft = TouchDraft(partnership=who, kind=TouchKind.MEETING, happened_at=at(day), opportunity=one)
            record_touch(program=cast.program, actor=ada, draft=draft, at=MARCH)
    with cast.scope("bo"):
        own = Partnership.objects.select_related("program").get(pk=cast.of_fabrikam.pk)
        draft = TouchDraft(
            partnership=own,
            kind=TouchKind.DEMO,
            happened_at=at(date(2026, 2, 20)),
            evidence="A <demo>",
        )
        report_touch(actor=cast.actor("bo"), draft=draft, opportunity_id=one.pk, at=MARCH)
    return one


def test_a_deal_says_who_has_which_part_and_why(cast, story):
    ada, base = cast.browser("ada"), f"/workspace/northwind/deals/{story.pk}"
    page = ada.get(f"{base}/attribution/")
    text = page.content.decode()
    assert page.status_code == 200
    assert [row["label"] for row in page.context["models"]][-1] == "Declared split"
    assert "as if it were won today" in text
    assert "A &lt;demo&gt;" in text
    assert "The models disagree most about" in text
    # The queue: one click confirms; a refusal needs a reason, which is kept where it was typed.
    with cast.scope("ada"):
        waiting = Touch.objects.get(state="waiting")
    assert "Demo" in ada.get("/workspace/northwind/deals/touches/").content.decode()
    refused = ada.post(f"/workspace/northwind/deals/touches/{waiting.pk}/refuse/", {"reason": " "})
    assert refused.status_code == 422
    assert ada.post(f"/workspace/northwind/deals/touches/{waiting.pk}/confirm/", {"from": "deal"}).url == (
        f"{base}/attribution/"
    )
    assert "Nothing waits for you" in ada.get("/workspace/northwind/deals/touches/").content.decode()
    # Recorded by hand; a day in the future is refused and what was typed is kept.
    new = f"{base}/touches/new/"
    typed = {"partnership": cast.of_fabrikam.pk, "kind": "event", "happened_at": "2090-01-01T10:00", "evidence": "Fair"}
    kept = ada.post(new, typed)
    assert (kept.status_code, "Fair" in kept.content.decode()) == (422, True)
    assert ada.post(new, {**typed, "happened_at": "2026-02-21T10:00"}).status_code == 302
    # Won and frozen: a reversal needs the right role and a reason.
    with cast.scope("ada"):
        won = close_won(opportunity=story, actor=cast.actor("ada"), on=date(2026, 3, 1), at=MARCH)
        credit_deal(cast.program, Occasion(Cause.WON, timezone.now()), won.pk)
        assert PartnerCredit.objects.get(partnership=cast.of_fabrikam).linear_amount == Decimal("750.01")
    assert "frozen on" in ada.get(f"{base}/attribution/").content.decode()
    assert ada.post(f"{base}/credit/reverse/", {"reason": "x"}).status_code == 403
    olga = cast.browser("olga")
    nothing = olga.post(f"{base}/credit/reverse/", {"reason": "Look again."})
    assert (nothing.status_code, "nothing to reverse" in nothing.content.decode()) == (422, True)
    assert ada.post(new, {**typed, "partnership": cast.of_contoso.pk, "happened_at": "2026-02-25T10:00"}).url
    assert "does not count unless" in ada.get(f"{base}/attribution/").content.decode()
    assert olga.post(f"{base}/credit/reverse/", {"reason": "The fair was forgotten."}).status_code == 302
    with cast.scope("ada"):
        kinds = CreditStep.objects.order_by("sequence").values_list("kind", flat=True)
        assert list(kinds) == ["credited", "reversed", "credited"]


def test_strangers_and_rivals_find_nothing(cast, story):
    for who in ("eve", "bo", "cy"):
        assert cast.browser(who).get(f"/workspace/northwind/deals/{story.pk}/attribution/").status_code == 404
    with cast.scope("cy"):
        assert set(Touch.objects.values_list("partnership_id", flat=True)) == {cast.of_contoso.pk}
    with cast.scope("eve"):
        assert not Touch.objects.exists()


def test_the_programme_says_who_brings_how_much_under_every_model(cast, story):
    with cast.scope("ada"):
        won = close_won(opportunity=story, actor=cast.actor("ada"), on=date(2026, 3, 1), at=MARCH)
        deal(cast, "Lost", lost_on=date(2026, 2, 3), partner=cast.of_contoso)
        alone = deal(cast, "Direct", won_on=date(2026, 2, 5))
        for one in (won, alone):
            credit_deal(cast.program, Occasion(Cause.WON, timezone.now()), one.pk)
    vera, base = cast.browser("vera"), "/workspace/northwind/metrics"
    page = vera.get(f"{base}/attribution/?period=all")
    found = page.context["found"]
    assert [(total.role, total.deals, total.amount) for total in found.totals] == [
        ("sourced", 1, Decimal("1000.01")), ("influenced", 0, 0), ("fulfilled", 0, 0), ("direct", 1, Decimal(1000)),
    ]  # fmt: skip
    assert {one.name: one.by_role["sourced"] + one.by_role["influenced"] for one in found.partners} == {
        "Fabrikam": Decimal("1000.01"), "Contoso": Decimal("1000.01"),
    }  # fmt: skip
    for model in found.models:
        assert sum(one.by_model[model] for one in found.partners) == Decimal("1000.01")
    assert {one.name for one in found.most_moved} == {"Fabrikam", "Contoso"}
    assert "Nothing was won" in vera.get(f"{base}/attribution/?period=2019").content.decode()
    table = vera.get(f"{base}/attribution/export.csv?period=all").content.decode()
    assert "Fabrikam,1,EUR,1000.01" in table.replace(".0100", ".01")
    assert vera.get(f"{base}/attribution/export.xlsx?period=all").content[:2] == b"PK"
    lost = vera.get(f"{base}/lost-deals/?period=all")
    assert [(line.label, line.deals) for line in lost.context["told"].competitors] == [("Wide World Importers", 1)]
    assert "Too dear for them" in lost.content.decode()
    none = vera.get(f"{base}/lost-deals/", {"period": "all", "competitor": "Nobody"})
    assert "No deal was lost" in none.content.decode()
    assert cast.browser("eve").get(f"{base}/attribution/").status_code == 404


def test_a_partner_sees_its_own_credit_and_reports_what_it_did(cast, story):
    with cast.scope("ada"):
        won = close_won(opportunity=story, actor=cast.actor("ada"), on=date(2026, 3, 1), at=MARCH)
        credit_deal(cast.program, Occasion(Cause.WON, timezone.now()), won.pk)
    bo, address = cast.browser("bo"), f"/portal/{cast.of_fabrikam.pk}/credit/"
    text = bo.get(address).content.decode()
    assert "Cloud for Acme" in text
    assert "500.01" in text
    assert "Contoso" not in text
    typed = {"opportunity": story.pk, "kind": "event", "happened_at": "2090-01-01T10:00", "evidence": "Our fair"}
    refused = bo.post(address, typed)
    assert (refused.status_code, "Our fair" in refused.content.decode()) == (422, True)
    assert bo.post(address, {**typed, "happened_at": "2026-02-01T10:00"}).status_code == 302
    assert "waits for confirmation" in bo.get(address).content.decode()
    assert cast.browser("cy").get(address).status_code == 404


def test_settings_are_built_read_back_and_published_and_the_programme_is_worked_out(cast, story):
    olga, base = cast.browser("olga"), "/workspace/northwind/settings/attribution"
    told = olga.get(f"{base}/").content.decode()
    assert "Touches count from 180 days before a deal was opened until its close." in told
    assert "the first touch has 40 %, the last 40 %, those between share 20 %" in told
    new = {"window_days": "90", "half_life_days": "7", "first_percent": "60", "last_percent": "50", "idle_days": "30",
           "note": "Shorter cycles", "confirmed_kinds": ["meeting", "demo"],
           "from_on": timezone.now().date()}  # fmt: skip
    wrong = olga.post(f"{base}/new/", new)
    assert (wrong.status_code, "more than 100 % together" in wrong.content.decode()) == (422, True)
    assert 'value="Shorter cycles"' in wrong.content.decode()
    new["last_percent"] = "20"
    read = olga.post(f"{base}/new/", {**new, "read": "1"}).content.decode()
    assert "of these kinds count at once: “Meeting”, “Demo”" in read
    assert olga.post(f"{base}/new/", {**new, "from_on": "2020-01-01"}).status_code == 422
    assert olga.post(f"{base}/new/", new).url == f"{base}/"
    assert "half as much for every 7 days" in olga.get(f"{base}/").content.decode()
    with cast.scope("olga"):
        first, second = AttributionSettings.objects.order_by("number")
    assert "replaced" in olga.get(f"{base}/{first.pk}/").content.decode()
    assert (second.note, second.body["confirmed_kinds"]) == ("Shorter cycles", ["meeting", "demo"])
    # One deal, then all of them: who, when, what changed; nothing where nothing did.
    with cast.scope("ada"):
        won = close_won(opportunity=story, actor=cast.actor("ada"), on=date(2026, 3, 1), at=MARCH)
    one, runs = f"/workspace/northwind/deals/{won.pk}", "/workspace/northwind/metrics/attribution/runs/"
    assert cast.browser("ada").post(f"{one}/credit/recompute/").status_code == 403
    assert "is up to date" in olga.post(f"{one}/credit/recompute/", follow=True).content.decode()
    assert "up to date. To share it out anew" in olga.post(f"{one}/credit/recompute/", follow=True).content.decode()
    with cast.scope("ada"):
        deal(cast, "Brought in", partner=cast.of_contoso, won_on=date(2026, 2, 3))
    assert cast.browser("ada").post(runs).status_code == 403
    address = olga.post(runs).url
    assert (olga.post(runs).url, "every 1s" in olga.get(address).content.decode()) == (address, True)
    with cast.scope("olga"):
        run = CreditRun.objects.get()
    credit_program.func(organization=str(cast.program.vendor_id), run=str(run.pk))
    done = olga.get(address).content.decode()
    assert "The credit of 1 of 2 deals changed" in done
    assert ("Brought in" in done, "Olga" in done, "every 1s" in done) == (True, True, False)
    # One that breaks off says so, and does not keep the next from starting.
    olga.post(runs)
    with cast.scope("olga"):
        second_run = CreditRun.objects.order_by("-created_at").first()
    with (
        mock.patch("comity.attribution.runs.credit", side_effect=OSError("full")),
        pytest.raises(OSError, match="full"),
    ):
        credit_program.func(organization=str(cast.program.vendor_id), run=str(second_run.pk))
    assert "broke off before its end" in olga.get(f"{runs}{second_run.pk}/").content.decode()
    assert olga.post(runs).url != f"{runs}{second_run.pk}/"
