"""Declared shares: the vendor declares how the deal is shared out among its partners, or takes up what one proposes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from comity.cosell import letters, rules
from comity.cosell.models import Member, Room, ShareDeclaration
from comity.cosell.recording import checked_text, live_members, open_room_of, own_member, require_joined
from comity.cosell.states import ROLE_ON_DEAL, Role
from comity.deals.models import Opportunity, OpportunityPartner
from comity.deals.rules import SharesRefused
from comity.deals.services.parts import PartnerDraft, put_partners
from comity.deals.services.recording import locked as locked_deal
from comity.deals.states import DealStatus, PartnerRole
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.words import words as say
from comity.programs.models import Partnership


class SharesFrozen(Conflict):
    """The deal is won: what was declared stays."""

    code, title = "shares_frozen", say("The shares of a won deal stay")


class NothingProposed(Conflict):
    """The partner's proposal was answered or changed meanwhile."""

    code, title = "nothing_proposed", say("There is no such proposal any more")


@transaction.atomic
def declare_shares(
    *, room: Room, actor: Actor, shares: Mapping[UUID, Decimal], at: datetime, reason: str = ""
) -> ShareDeclaration:
    """Declare how the deal is shared out, by partnership (0 to 1, together exactly 1; none at all takes it back). The
    deal's declared split follows, and every open proposal is answered by it.

    Raises NotAllowed, Invalid, RoomClosed, SharesFrozen, SharesRefused, PartnersRefused.
    """
    actor.require(Permission.EDIT_DEALS)
    words = checked_text(reason, "reason", most=500)
    current = open_room_of(room)
    members = {member.partnership_id: member for member in live_members(current)}
    if set(shares) - set(members):
        raise Invalid(say("Nothing was declared."), fields={"shares": say("Choose partners of this room.")})
    split = rules.checked_split(shares)
    _refuse_won(current)
    return _write(current, members, split, at=at, reason=words, actor=actor)


@transaction.atomic
def propose_share(
    *, member: Member, partnership: Partnership, actor: Actor, share: Decimal, at: datetime, text: str = ""
) -> Member:
    """Propose one's own share; it waits for the vendor, a later proposal takes its place.

    Raises NotAllowed, Invalid, RoomNotFound, RoomClosed, SharesFrozen, SharesRefused.
    """
    words = checked_text(text, "text", most=500)
    if not 0 < share <= 1 or share != share.quantize(rules.SHARE_UNIT):
        wrong = say("A share is more than 0 % and at most 100 %, with at most four digits after the point.")
        raise SharesRefused(wrong, fields={"share": wrong})
    with own_member(member, partnership, actor) as (room, current):
        require_joined(current)
        _refuse_won(room)
        current.proposed_share, current.proposed_text, current.proposed_at = share, words, at
        current.save(update_fields=["proposed_share", "proposed_text", "proposed_at"])
        letters.tell_of_proposal(room, current, at)
        return Member.objects.get(pk=current.pk)


@transaction.atomic
def answer_proposal(*, member: Member, actor: Actor, accepts: bool, at: datetime) -> Member:
    """Take up what a partner proposes, the others keeping their proportions, or let it go.

    Raises NotAllowed, RoomClosed, SharesFrozen, SharesRefused, NothingProposed.
    """
    actor.require(Permission.EDIT_DEALS)
    room = open_room_of(Room(vendor_id=member.vendor_id, pk=member.room_id))
    members = {one.partnership_id: one for one in live_members(room)}
    current = members.get(member.partnership_id)
    if current is None or current.proposed_share is None or current.proposed_share != member.proposed_share:
        raise NothingProposed(say("This proposal was answered or changed meanwhile; look again."))
    if accepts:
        _refuse_won(room)
        known = {key: one.share or Decimal(0) for key, one in members.items()}
        split = rules.with_share(known, current.partnership_id, current.proposed_share)
        # Only this proposal is answered: the others still wait.
        _write(room, members, split, at=at, reason=current.proposed_text, actor=actor, answered=[current])
    else:
        _forget_proposals([current])
        letters.tell_of_share(room, current, at)
    return Member.objects.get(pk=current.pk)


def clear_shares(room: Room, *, at: datetime, reason: str, actor: Actor | None = None) -> None:
    """Take the split back because one of those in it is not in the room any more; of a won deal it stays."""
    deal = locked_deal(room.opportunity)
    held = Member.objects.filter(vendor_id=room.vendor_id, room=room, share__isnull=False)
    gone = held.exclude(pk__in=[member.pk for member in live_members(room)])
    if deal.status == DealStatus.WON or not gone.exists():
        return
    held.update(share=None)
    members = {one.partnership_id: one for one in Member.objects.filter(vendor_id=room.vendor_id, room=room)}
    _note(room, {}, at=at, reason=reason, actor=actor)
    _give_to_deal(deal, members, {})


def _write(
    room: Room, members: Mapping[UUID, Member], split: Mapping[UUID, Decimal], *, at: datetime, reason: str,
    actor: Actor, answered: list[Member] | None = None,
) -> ShareDeclaration:  # fmt: skip
    changed = [member for key, member in members.items() if member.share != split.get(key)]
    for member in changed:
        member.share = split.get(member.partnership_id)
    # One statement: the database looks at the sum after it.
    Member.objects.bulk_update(changed, ["share"])
    waiting = [one for one in (answered or members.values()) if one.proposed_share is not None]
    _forget_proposals(waiting)
    _give_to_deal(locked_deal(room.opportunity), members, split)
    for member in {one.pk: one for one in [*changed, *waiting]}.values():
        letters.tell_of_share(room, member, at)
    return _note(room, split, at=at, reason=reason, actor=actor)


def _note(
    room: Room, split: Mapping[UUID, Decimal], *, at: datetime, reason: str, actor: Actor | None
) -> ShareDeclaration:
    return ShareDeclaration.objects.create(
        vendor_id=room.vendor_id, room=room, at=at, reason=reason[:500],
        shares={str(key): f"{share:f}" for key, share in split.items()},
        person_id=actor.person_id if actor else None, person_name=actor.name[:200] if actor else "",
    )  # fmt: skip


def _forget_proposals(members: list[Member]) -> None:
    for member in members:
        member.proposed_share, member.proposed_text, member.proposed_at = None, "", None
        member.save(update_fields=["proposed_share", "proposed_text", "proposed_at"])


def _refuse_won(room: Room) -> None:
    if locked_deal(room.opportunity).status == DealStatus.WON:
        raise SharesFrozen(say("%(deal)s is won; the shares stay as they were declared.", deal=room.opportunity.name))


def _give_to_deal(deal: Opportunity, members: Mapping[UUID, Member], split: Mapping[UUID, Decimal]) -> None:
    """The deal's declared split, which attribution reads: each partner with a share has its role there, and other
    roles on the deal stay, without a share."""
    rows = OpportunityPartner.objects.filter(vendor_id=deal.vendor_id, opportunity=deal).select_related("partnership")
    drafts: dict[tuple[UUID, PartnerRole], tuple[Partnership, Decimal | None]] = {
        (row.partnership_id, PartnerRole(row.role)): (row.partnership, None) for row in rows
    }
    for key, share in split.items():
        partnership = members[key].partnership
        role = _role_there(drafts, key, Role(members[key].role))
        drafts[key, role] = (partnership, share)
    put_partners(
        opportunity=deal, partners=[PartnerDraft(one, role, share) for (_, role), (one, share) in drafts.items()]
    )


def _role_there(drafts: Mapping[tuple[UUID, PartnerRole], object], key: UUID, role: Role) -> PartnerRole:
    """The role on the deal; a partner either sourced or influenced it, and what the deal says already stays."""
    wanted = ROLE_ON_DEAL[role]
    pair = (PartnerRole.SOURCED, PartnerRole.INFLUENCED)
    if wanted in pair:
        return next((one for one in pair if (key, one) in drafts), wanted)
    return wanted
