"""The second look: what somebody else confirmed is carried out, with the deal that was chosen when it was asked for."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from comity.deals.models import Registration
from comity.deals.registration.decisions import confirm_override
from comity.deals.registration.protection import deals_offered, link_opportunity
from comity.deals.registration.recording import handling_of
from comity.deals.states.registrations import PROTECTED, State
from comity.identity.actors import Actor
from comity.identity.roles import Permission

NEW = "new"
"""Open a deal for it."""


@transaction.atomic
def confirm_with_deal(*, registration: Registration, actor: Actor, at: datetime) -> bool:
    """Confirm a decision against the rules, and link the deal that was chosen with it, or open the new one.

    Returns whether the wish for a deal, if there was one, came true: a deal that was closed or taken meanwhile, or a
    confirmer who may not edit deals, leaves the registration without. Raises what `confirm_override` raises.
    """
    wanted = handling_of(registration).override_deal
    decided = confirm_override(registration=registration, actor=actor, at=at)
    if not wanted or State(decided.state) not in PROTECTED or handling_of(decided).opportunity_id is not None:
        return True
    known = next((deal for deal in deals_offered(decided) if str(deal.pk) == wanted), None)
    if not actor.can(Permission.EDIT_DEALS) or (wanted != NEW and known is None):
        return False
    link_opportunity(registration=decided, actor=actor, at=at, opportunity=known)
    return True
