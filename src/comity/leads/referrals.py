"""Referrals: a partner names a prospect in its form, or shares a link under which prospects leave their details."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction

from comity.deals.cards import card, registrable
from comity.deals.registration.evidence import Band
from comity.deals.registration.identity import compare
from comity.deals.registration.sides import on_vendor_side
from comity.identity.actors import Actor
from comity.identity.models import Membership, Organization
from comity.kernel.errors import DomainError, Invalid, NotFound
from comity.kernel.words import words
from comity.leads.events import LeadReferred
from comity.leads.intake import LeadDraft, Origin, keep_lead, settle
from comity.leads.matching import lead_card
from comity.leads.models import Lead, Referral, ReferralLink
from comity.leads.recording import THE_RULES, By, locked, make_move
from comity.leads.states import Channel, Move, Source
from comity.leads.versions import clauses_of, routing_on
from comity.platform.outbox import announce
from comity.platform.tenancy import current_scope, tenant
from comity.programs.calendars import today_in
from comity.programs.models import Partnership, Program
from comity.programs.states import Status

log = structlog.get_logger(__name__)
AN_HOUR: Final = 30
"""Referrals that one partner, or one link, may make within an hour."""


class SelfReferral(Invalid):
    """A partner does not refer itself."""

    code, title = "self_referral", words("This is your own company")


class LinkGone(NotFound):
    """There is no such link, or it was ended."""

    code, title = "link_gone", words("This link does not work any more")


class TooManyReferrals(DomainError):
    """More referrals within an hour than one partner or link makes."""

    code, status, title = "too_many_referrals", 429, words("Too many at once")


@transaction.atomic
def refer_lead(*, partnership: Partnership, actor: Actor, draft: LeadDraft, agreed: bool, at: datetime) -> Referral:
    """Name a prospect to the vendor, who agreed to be called. Its source is this partner from now on.

    Raises NotAllowed, RegistrationNotFound (not one's own partnership), Invalid, SelfReferral, TooManyReferrals.
    """
    with on_vendor_side(partnership, actor):
        if not agreed:
            raise Invalid(
                words("The referral was not sent."),
                fields={"agreed": words("Ask them first; without their word nobody calls them.")},
            )
        program = Program.objects.get(pk=partnership.program_id)
        _refuse_many(partnership, at)
        origin = Origin(
            Channel.PORTAL, By.partner(actor), partnership, consent=f"As told by {actor.name or 'the partner'}"
        )
        lead = keep_lead(program=program, draft=_as_referral(draft), origin=origin, at=at)
        if why := _is_itself(lead, partnership):
            raise SelfReferral(
                words("You cannot refer your own company (%(why)s).", why=why),
                fields={"customer_name": words("This is you.")},
            )
        return _keep(lead, partnership, None, actor.name, at)


@transaction.atomic
def share_link(*, partnership: Partnership, actor: Actor, at: datetime) -> ReferralLink:
    """The partner's link; a new one ends the old one. Raises NotAllowed, RegistrationNotFound."""
    with on_vendor_side(partnership, actor) as vendor_id:
        own = Partnership.objects.select_related("program").get(vendor_id=vendor_id, pk=partnership.pk)
        ReferralLink.objects.filter(vendor_id=vendor_id, partnership=own, ended_at__isnull=True).update(ended_at=at)
        return ReferralLink.objects.create(
            vendor_id=vendor_id, program=own.program, partnership=own, partner_id=own.partner_id, made_at=at,
            vendor_name=own.program.vendor_name, partner_name=own.name, made_by_id=actor.person_id,
        )  # fmt: skip


@transaction.atomic
def end_link(*, partnership: Partnership, actor: Actor, at: datetime) -> None:
    """The link stops working; what came in by it stays. Raises NotAllowed, RegistrationNotFound."""
    with on_vendor_side(partnership, actor) as vendor_id:
        links = ReferralLink.objects.filter(vendor_id=vendor_id, partnership=partnership, ended_at__isnull=True)
        links.update(ended_at=at)


def link_of(token: str) -> ReferralLink:
    """The link of a token, for whoever has it. Raises LinkGone."""
    with tenant(token=token):
        found = ReferralLink.objects.filter(token=token, ended_at__isnull=True).first() if token else None
    if found is None:
        raise LinkGone(words("This link does not exist or was ended. Ask whoever gave it to you for a new one."))
    return found


def consent_of(link: ReferralLink, at: datetime) -> str:
    """What a prospect is asked to agree to today."""
    with tenant(organization_id=link.vendor_id, door="public"):
        program = Program.objects.get(pk=link.program_id)
        return clauses_of(routing_on(program, today_in(program, at))).consent


def program_of_link(link: ReferralLink) -> Program:
    """The program behind a link, for its name and look."""
    with tenant(organization_id=link.vendor_id, door="public"):
        return Program.objects.get(pk=link.program_id)


@transaction.atomic
def leave_details(*, link: ReferralLink, draft: LeadDraft, agreed: bool, at: datetime) -> None:
    """A prospect leaves its details under a partner's link. It is told nothing but whether they can be read.

    Raises LinkGone, Invalid, TooManyReferrals.
    """
    consent = consent_of(link, at)
    with tenant(organization_id=link.vendor_id, door="public"):
        partnership = Partnership.objects.get(pk=link.partnership_id)
        if partnership.status != Status.ACTIVE:
            raise LinkGone(words("This link was ended. Ask whoever gave it to you for a new one."))
        if not agreed:
            raise Invalid(
                words("Nothing was sent yet."),
                fields={"agreed": words("Please agree first; we may not call you otherwise.")},
            )
        program = Program.objects.get(pk=link.program_id)
        _refuse_many(partnership, at)
        origin = Origin(Channel.LINK, THE_RULES, partnership, consent=consent)
        lead = keep_lead(program=program, draft=_as_referral(draft), origin=origin, at=at)
        if _is_itself(lead, partnership):
            log.info("self_referral", partnership=str(partnership.pk), lead=str(lead.pk))
            current = locked(lead)
            make_move(
                current, Move.HOLD, at=at, by=THE_RULES, reason="self_referral", held_for="self_referral",
                referred_by_id=None, partnership=partnership,
            )  # fmt: skip
            return
        _keep(lead, partnership, link, "", at)


def _keep(lead: Lead, partnership: Partnership, link: ReferralLink | None, name: str, at: datetime) -> Referral:
    made = Referral.objects.create(
        vendor_id=lead.vendor_id, lead=lead, partnership=partnership, partner_id=partnership.partner_id, link=link,
        customer_name=lead.customer_name, referred_at=at, referred_by_name=name[:200],
    )  # fmt: skip
    announce(LeadReferred(lead_id=lead.pk, program_id=lead.program_id, partnership_id=partnership.pk, at=at))
    settle(lead, at=at)
    return Referral.objects.get(pk=made.pk)


def _as_referral(draft: LeadDraft) -> LeadDraft:
    """A referral's source is the referral; ids and campaigns of the vendor's own are nobody else's to set."""
    values = {name: getattr(draft, name) for name in LeadDraft.__dataclass_fields__}
    return LeadDraft(**{**values, "source": Source.REFERRAL.value, "external_id": "", "campaign": ""})


def _is_itself(lead: Lead, partnership: Partnership) -> str:
    """Why the prospect seems to be the referring partner; "" where it does not."""
    own = _own_domains(partnership)
    mailed = registrable(lead.contact_email.rpartition("@")[2]) if lead.contact_email else ""
    if mailed and mailed in own:
        return f"the same domain {mailed}"
    match = compare(lead_card(lead), card(partnership.name, sorted(own), partnership.country))
    return "; ".join(match.reasons) if match.band is Band.SAME else ""


def _own_domains(partnership: Partnership) -> set[str]:
    """The partner's web domains and those of its people's addresses.

    The second are the partner's alone; its scope is opened for this comparison and nothing of them is told or kept.
    """
    hosts = [partnership.website]
    with tenant(organization_id=partnership.partner_id, door=current_scope().door):
        hosts += Organization.objects.filter(pk=partnership.partner_id).values_list("website", flat=True)
        people = Membership.objects.filter(organization_id=partnership.partner_id, ended_at__isnull=True)
        hosts += [address.rpartition("@")[2] for address in people.values_list("person__email", flat=True)]
    return {key for host in hosts if host and (key := registrable(_host(host)))}


def _host(address: str) -> str:
    return address.lower().partition("://")[2].split("/")[0] or address.lower().split("/")[0]


def _refuse_many(partnership: Partnership, at: datetime) -> None:
    lately = Referral.objects.filter(
        vendor_id=partnership.vendor_id, partnership=partnership, referred_at__gt=at - timedelta(hours=1)
    ).count()
    if lately >= AN_HOUR:
        log.warning("referrals_refused", partnership=str(partnership.pk), within_an_hour=lately)
        raise TooManyReferrals(
            words("%(an_hour)s referrals came within an hour, which is the most. Try again later.", an_hour=AN_HOUR)
        )
