"""The chapters of the tutorial that play on pages: what it quotes is said there, by whom and when it says so."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from django.test import Client
from django.utils import timezone

from cast import Cast
from comity.cosell.models import Circle, Member, PlanStep, Room
from comity.deals.models import Opportunity, Registration
from comity.leads.models import Lead, LeadOffer
from comity.platform.models import Delivery
from comity.platform.outbox import deliver
from deal_story import stages

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"


class Window:
    """Somebody's browser, which keeps what it was shown."""

    def __init__(self, client: Client, seen: list[str]) -> None:
        self.client, self.seen = client, seen

    def get(self, path: str) -> str:
        return self._shown(self.client.get(path, follow=True))

    def post(self, path: str, **typed: object) -> str:
        return self._shown(self.client.post(path, typed, follow=True))

    def _shown(self, answer) -> str:
        assert answer.status_code == 200, (answer.status_code, answer.content.decode()[:2000])
        self.seen.append(" ".join(answer.content.decode().split()))
        return self.seen[-1]


def news(cast: Cast) -> None:
    """Let the worker credit what was won."""
    with cast.scope("ada"):
        waiting = Delivery.objects.filter(state="pending", handler__contains="credit_after_change")
        keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    assert keys
    for key in keys:
        deliver(organization_id=cast.northwind.pk, delivery_id=key)


def test_a_registration_a_lead_a_room_and_the_credit_of_a_won_deal(cast):
    seen: list[str] = []
    bo, ada, olga = (Window(cast.browser(name), seen) for name in ("bo", "ada", "olga"))
    ours, theirs = "/workspace/northwind/", f"/portal/{cast.of_fabrikam.pk}/"
    day = (timezone.now() + timedelta(days=60)).date().isoformat()
    with cast.scope("ada"):
        stages(cast)
    # 5. A registration, from both sides.
    bo.get(f"{theirs}deals/registrations/")
    bo.get(f"{theirs}deals/registrations/new/")
    bo.post(
        f"{theirs}deals/registrations/new/", customer_name="Morgenrot Optik GmbH", customer_country="Germany",
        customer_domain="morgenrot.example", contact_name="Erika", kind="new", use_case="Lenses", value="41,500",
        currency="EUR", expected_close_on=day, rfp="none",
    )  # fmt: skip
    with cast.scope("ada"):
        claim = Registration.objects.get()
    ada.get(f"{ours}deals/registrations/{claim.pk}/")
    ada.post(f"{ours}deals/registrations/{claim.pk}/decide/approve/", reason="first_and_complete", deal="new")
    bo.get(f"{theirs}deals/registrations/{claim.pk}/")
    # 6. A lead finds its partner.
    for path in ("", "new/"):
        ada.get(f"{ours}deals/leads/{path}")
    ada.post(
        f"{ours}deals/leads/new/", customer_name="Isar Werke GmbH", customer_country="Germany", contact_name="Max",
        contact_email="max@isar.example", need="Reports", source="website",
    )  # fmt: skip
    with cast.scope("ada"):
        lead = Lead.objects.get()
    if lead.state == "held":
        ada.post(f"{ours}deals/leads/{lead.pk}/offer/", partnership=cast.of_fabrikam.pk)
    with cast.scope("ada"):
        offer = LeadOffer.objects.get(state="offered")
    seller = bo if offer.partnership_id == cast.of_fabrikam.pk else Window(cast.browser("cy"), seen)
    desk = f"/portal/{offer.partnership_id}/deals/leads/{offer.pk}/"
    assert "max@isar.example" not in seller.get(desk)
    assert "max@isar.example" in seller.post(f"{desk}accept/")
    seller.post(f"{desk}qualify/")
    ada.get(f"{ours}deals/leads/{lead.pk}/")
    ada.post(f"{ours}deals/leads/{lead.pk}/convert/")
    # 7. A room for the deal.
    with cast.scope("ada"):
        deal = Opportunity.objects.get(name__startswith="Morgenrot")
    ada.get(f"{ours}deals/{deal.pk}/")
    ada.post(f"{ours}deals/{deal.pk}/room/")
    with cast.scope("ada"):
        room = Room.objects.get(opportunity=deal)
    room_page = f"{ours}deals/rooms/{room.pk}/"
    ada.post(f"{room_page}invite/", partnership="Fabrikam", role="co_sell")
    with cast.scope("ada"):
        member = Member.objects.get(room=room)
    desk = f"{theirs}deals/rooms/{member.pk}/"
    assert desk in bo.get(theirs)
    bo.get(desk)
    bo.post(f"{desk}join/")
    with cast.scope("ada"):
        circle = Circle.objects.get(room=room)
    owner = f"{cast.of_fabrikam.pk}:{cast.person('bo').pk}"
    bo.post(f"{desk}plan/", circle=circle.pk, title="Show the lenses", kind="demo", due_on=day, owner=owner)
    with cast.scope("ada"):
        step = PlanStep.objects.get(room_id=room.pk)
    bo.post(f"{desk}finish/", step=step.pk)
    ada.post(f"{room_page}shares/", **{str(cast.of_fabrikam.pk): "100", "reason": "Theirs alone"})
    with cast.scope("ada"):
        assert Member.objects.get(room=room).share == 1
    # 8. Who gets the credit of a won deal.
    with cast.scope("ada"):
        won = stages(cast)["Won"]
    ada.get(f"{ours}deals/{deal.pk}/attribution/")
    ada.post(
        f"{ours}deals/{deal.pk}/touches/new/", partnership=cast.of_fabrikam.pk, kind="meeting",
        happened_at=timezone.now().strftime("%Y-%m-%dT00:00"), evidence="First talk",
    )  # fmt: skip
    ada.post(f"{ours}deals/{deal.pk}/move/", stage=won.pk, on=timezone.now().date().isoformat())
    news(cast)
    ada.get(f"{ours}deals/{deal.pk}/attribution/")
    assert "Morgenrot" in bo.get(f"{theirs}credit/")
    olga.get(f"{ours}settings/attribution/")
    olga.get(f"{ours}metrics/attribution/?period=all")
    chapters = " ".join(PAGE.read_text().split("## 5. ")[1].split())
    missing = [said for said in re.findall(r"“([^”]+)”", chapters) if not any(said in page for page in seen)]
    assert not missing, missing
