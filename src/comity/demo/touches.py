"""What partners did for the deals of the last two quarters: some of it reported by them, and the credit that follows.

Seeded: the same touches each time. Whoever brought a deal was there first, whoever delivers it came last, and on some
deals a third partner opened the door: so the models disagree, as they do in life. Two reports wait to be confirmed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from comity.attribution.crediting import Occasion, credit
from comity.attribution.models import Touch
from comity.attribution.runs import start_run, work_batch
from comity.attribution.states import Cause, TouchKind
from comity.attribution.touch_files import upload_touches
from comity.attribution.touches import TouchDraft, confirm_touches, record_touch, refuse_touch, report_touch
from comity.deals.models import Opportunity, OpportunityPartner
from comity.demo.loading import DOOR, instant
from comity.demo.story import LAST_DAY
from comity.identity.actors import Actor
from comity.platform.tenancy import tenant
from comity.programs.models import Partnership, Program

SEED: Final = 45
SINCE: Final = date(2026, 4, 1)
"""Deals that were won from this day on have touches."""
OPEN_DEALS: Final = 24
DOOR_OPENERS: Final = ("agency", "technology", "referral", "strategic_alliance")
REASON: Final = "What partners did in the last two quarters was brought in from calendars and campaign lists."

_EVIDENCE: Final[Mapping[TouchKind, str]] = {
    TouchKind.REFERRAL: "They named the customer and its head of IT to us.",
    TouchKind.INTRO: "Introduced us to the head of operations.",
    TouchKind.MEETING: "First meeting at the customer; minutes are in the CRM.",
    TouchKind.JOINT_CALL: "Call with the buyer, together with our sales.",
    TouchKind.DEMO: "Showed it on the customer's own data.",
    TouchKind.PROOF_OF_CONCEPT: "Three weeks with two of the customer's teams.",
    TouchKind.EVENT: "The customer came to their user day.",
    TouchKind.CONTENT_SHARE: "Sent the case study that the buyer quoted later.",
    TouchKind.IMPLEMENTATION: "Planned the roll-out with the customer's people.",
}
# What a part usually consists of, and at which share of the deal's course; below zero: before it opened.
_COURSES: Final[Mapping[str, Sequence[tuple[TouchKind, float]]]] = {
    "sourced": ((TouchKind.REFERRAL, -0.10), (TouchKind.MEETING, 0.15), (TouchKind.DEMO, 0.45)),
    "influenced": ((TouchKind.CONTENT_SHARE, 0.10), (TouchKind.JOINT_CALL, 0.50)),
    "fulfilled": ((TouchKind.JOINT_CALL, 0.60), (TouchKind.DEMO, 0.85)),
    "implemented": ((TouchKind.PROOF_OF_CONCEPT, 0.65), (TouchKind.IMPLEMENTATION, 0.95)),
    "supported": ((TouchKind.JOINT_CALL, 0.70),),
}
_OPENING: Final = ((TouchKind.EVENT, -0.25), (TouchKind.INTRO, -0.15))


def touch_deals(program: Program, ada: Actor, olga: Actor, *, seller: Actor) -> None:
    """Record what partners did, let Fabrikam's seller report some himself, and work the credit out with all of it."""
    at = max(timezone.now(), instant(LAST_DAY + timedelta(days=1)))
    dice = random.Random(SEED)  # noqa: S311 - dice, no secrets
    with tenant(organization_id=program.vendor_id, person_id=ada.person_id, door=DOOR):
        partners = Partnership.objects.filter(vendor_id=program.vendor_id, program=program, status="active")
        openers = [one for one in partners.order_by("external_id") if set(one.types) & set(DOOR_OPENERS)]
        won = _deals(program, "won").filter(closed_on__gte=SINCE)
        still_open = _deals(program, "open").order_by("-opened_on", "external_id")[:OPEN_DEALS]
        for deal in [*won.order_by("external_id"), *still_open]:
            for draft in _touches(dice, deal, openers):
                record_touch(program=program, actor=ada, draft=draft, at=at)
    _report(program, ada, seller, at)
    with tenant(organization_id=program.vendor_id, person_id=olga.person_id, door=DOOR):
        occasion = Occasion(
            Cause.REVERSAL, at, thaw=True, reason=REASON, person_id=olga.person_id, person_name=olga.name
        )
        credit(program, occasion, deals="o.closed_on >= %(since)s", values={"since": SINCE})
        upload_touches(program=program, actor=olga, name="webinar-september.csv", content=_listed(program), at=at)
        recompute = start_run(program=program, actor=olga)
    while work_batch(vendor_id=program.vendor_id, run_id=recompute.pk):
        pass


def _listed(program: Program) -> bytes:
    """A list of who came to a webinar, as a person would bring it: two good rows, two bad ones."""
    part = OpportunityPartner.objects.filter(vendor_id=program.vendor_id, opportunity__in=_deals(program, "open"))
    rows = ["partner,kind,date,deal,notes,id"]
    for number, one in enumerate(part.select_related("partnership", "opportunity").order_by("pk")[:2], start=1):
        name, deal = one.partnership.external_id or one.partnership.name, one.opportunity.external_id
        rows.append(f'"{name}",event,2026-09-17,{deal},Brought the buyer to the webinar,web-{number}')
    rows += ["Nobody of ours,event,2026-09-17,,Came alone,web-3", '"Fabrikam",party,17.9.2026,,,web-4']
    return "\n".join(rows).encode()


def _deals(program: Program, status: str) -> QuerySet[Opportunity]:
    mine = Opportunity.objects.filter(vendor_id=program.vendor_id, program=program, status=status)
    return mine.filter(partners__isnull=False, external_id__isnull=False, opened_on__isnull=False).distinct()


def _touches(dice: random.Random, deal: Opportunity, openers: Sequence[Partnership]) -> list[TouchDraft]:
    """What the partners of a deal did for it, and perhaps one more that opened the door."""
    roles: defaultdict[Partnership, list[str]] = defaultdict(list)
    parts = OpportunityPartner.objects.filter(vendor_id=deal.vendor_id, opportunity=deal)
    for part in parts.select_related("partnership").order_by("partnership__external_id", "role"):
        roles[part.partnership].append(part.role)
    courses = [(partner, step) for partner, own in roles.items() for role in own for step in _COURSES.get(role, ())]
    region = next(iter(roles)).region_id
    near = [one for one in openers if one.region_id == region and one not in roles]
    if near and dice.random() < 0.3:
        courses += [(near[dice.randrange(len(near))], step) for step in _OPENING[: dice.choice((1, 2))]]
    drafts = []
    for partner, (kind, share) in courses:
        day = _day(deal, share + dice.uniform(-0.05, 0.05))
        if dice.random() < 0.8 and (partner.started_on is None or partner.started_on <= day):
            drafts.append(TouchDraft(partner, kind, _moment(dice, day), opportunity=deal, evidence=_EVIDENCE[kind]))
    return drafts


def _day(deal: Opportunity, share: float) -> date:
    """A working day at this share of the deal's course."""
    opened, until = deal.opened_on or SINCE, deal.closed_on or LAST_DAY
    day = min(opened + timedelta(days=round(max((until - opened).days, 20) * share)), until)
    return day - timedelta(days=max(0, day.weekday() - 4))


def _moment(dice: random.Random, day: date) -> datetime:
    return datetime.combine(day, time(dice.randint(7, 13), dice.choice((0, 15, 30, 45))), UTC)


def _report(program: Program, ada: Actor, seller: Actor, at: datetime) -> None:
    """Bo reports four: one is confirmed, one is not, and two wait."""
    with tenant(organization_id=seller.organization_id, person_id=seller.person_id, door="portal"):
        own = Partnership.objects.select_related("program").get(program=program, partner_id=seller.organization_id)
    with tenant(organization_id=program.vendor_id, person_id=ada.person_id, door=DOOR):
        mine = {"partners__partnership": own}
        won = list(_deals(program, "won").filter(**mine).order_by("-closed_on", "external_id")[:2])
        running = list(_deals(program, "open").filter(**mine).order_by("-opened_on", "external_id")[:2])

    def report(deal: Opportunity, kind: TouchKind, share: float, evidence: str) -> Touch:
        happened_at = datetime.combine(_day(deal, share), time(9, 15), UTC)
        draft = TouchDraft(own, kind, happened_at, evidence=evidence)
        with tenant(organization_id=seller.organization_id, person_id=seller.person_id, door="portal"):
            return report_touch(actor=seller, draft=draft, opportunity_id=deal.pk, at=at)

    counted = report(won[0], TouchKind.PROOF_OF_CONCEPT, 0.55, "Two weeks in their plant; your sales has the report.")
    refused = report(won[1], TouchKind.EVENT, 0.40, "They visited our stand.")
    report(running[0], TouchKind.DEMO, 0.50, "Showed it to their controllers, on their own figures.")
    report(running[1], TouchKind.JOINT_CALL, 0.75, "Call with their head of purchasing and your sales engineer.")
    with tenant(organization_id=program.vendor_id, person_id=ada.person_id, door=DOOR):
        confirm_touches(program=program, actor=ada, touch_ids=[counted.pk], at=at)
        reason = "The list of visitors of that day does not name them. Send us the scan, and it counts."
        refuse_touch(touch=Touch.objects.select_related("program").get(pk=refused.pk), actor=ada, reason=reason, at=at)
