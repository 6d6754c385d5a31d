"""What hangs on a deal: its lines and its partners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from comity.deals import rules
from comity.deals.models import Opportunity, OpportunityLine, OpportunityPartner, Product, ProductFamily
from comity.deals.services.recording import history_of, locked, tell, write_history
from comity.deals.states import PartnerRole
from comity.deals.versions import note_edits
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.programs.calendars import today_in
from comity.programs.models import Partnership
from comity.programs.states import Status


class PartnersRefused(Invalid):
    """A partner cannot take part in the deal like this: not active, of another program, or twice in one role."""

    code, title = "partners_refused", words("These partners cannot be set")


@dataclass(frozen=True)
class LineDraft:
    """One product on a deal. Without an amount it is quantity × price; without a family it is the product's."""

    product: Product | None = None
    family: ProductFamily | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class PartnerDraft:
    """One partner's role on a deal, with the declared share (0 to 1) or none."""

    partnership: Partnership
    role: PartnerRole
    share: Decimal | None = None


@transaction.atomic
def set_lines(
    *, opportunity: Opportunity, actor: Actor, lines: Sequence[LineDraft], at: datetime, amount: Decimal | None = None
) -> Opportunity:
    """Put these lines in the place of the deal's; where all have amounts, the deal's amount becomes their sum.

    `amount` is what the caller believes the sum to be. Raises NotAllowed, Invalid, LinesMismatch.
    """
    actor.require(Permission.EDIT_DEALS)
    current = locked(opportunity)
    amounts = [
        rules.amount_of_line(
            amount=line.amount, quantity=line.quantity, unit_price=line.unit_price, currency=current.currency
        )
        for line in lines
    ]
    total = rules.agreed_amount(amount=amount, lines=amounts)
    _replace_lines(current, lines, amounts)
    if rules.sum_of_lines(amounts) is not None and total != current.amount:
        history = rules.revalued(
            history_of(current),
            today=today_in(current.program, at),
            amount=total,
            recurring_amount=current.recurring_amount,
        )
        current.amount = total
        note_edits(current, ["amount"])
        write_history(current, history)
    note_edits(current, ["lines"])
    current.save(update_fields=["amount", "edited_fields"])
    tell(current)
    return current


def _replace_lines(current: Opportunity, lines: Sequence[LineDraft], amounts: Sequence[Decimal | None]) -> None:
    OpportunityLine.objects.filter(vendor_id=current.vendor_id, opportunity_id=current.pk).delete()
    OpportunityLine.objects.bulk_create(
        OpportunityLine(
            vendor_id=current.vendor_id,
            opportunity=current,
            position=position,
            product=line.product,
            family=line.family or (line.product.family if line.product else None),
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line_amount,
            cost=line.cost,
        )
        for position, (line, line_amount) in enumerate(zip(lines, amounts, strict=True), start=1)
    )


@transaction.atomic
def set_partners(*, opportunity: Opportunity, actor: Actor, partners: Sequence[PartnerDraft]) -> Opportunity:
    """Put these partners, roles and shares in the place of the deal's; what stays the same keeps its origin.

    A partner that is new to the deal must be active in the same program. Shares are all left out, or those given sum to
    exactly 1. Raises NotAllowed, PartnersRefused, SharesRefused.
    """
    actor.require(Permission.EDIT_DEALS)
    return put_partners(opportunity=opportunity, partners=partners)


@transaction.atomic
def put_partners(*, opportunity: Opportunity, partners: Sequence[PartnerDraft]) -> Opportunity:
    """The same for a room above that has asked who may. Raises PartnersRefused, SharesRefused."""
    current = locked(opportunity)
    rules.check_shares(partner.share for partner in partners)
    kept = {
        (row.partnership_id, row.role): row
        for row in OpportunityPartner.objects.filter(vendor_id=current.vendor_id, opportunity_id=current.pk)
    }
    _refuse_unfit(current, partners, known={partnership_id for partnership_id, _ in kept})
    wanted = {(partner.partnership.pk, partner.role.value): partner for partner in partners}
    gone = [row.pk for key, row in kept.items() if key not in wanted]
    if gone:
        OpportunityPartner.objects.filter(vendor_id=current.vendor_id, pk__in=gone).delete()
    for key, partner in wanted.items():
        row = kept.get(key) or OpportunityPartner(
            vendor_id=current.vendor_id,
            opportunity=current,
            partnership=partner.partnership,
            partner_id=partner.partnership.partner_id,
            role=partner.role.value,
        )
        if key in kept and row.share == partner.share:
            continue
        row.share = partner.share
        row.save()
    note_edits(current, ["partners"])
    current.save(update_fields=["edited_fields"])
    tell(current)
    return current


def _refuse_unfit(opportunity: Opportunity, partners: Sequence[PartnerDraft], *, known: set[object]) -> None:
    for partner in partners:
        partnership = partner.partnership
        if partnership.program_id != opportunity.program_id:
            raise PartnersRefused(
                words("%(partnership)s is a partner of another program.", partnership=partnership.name)
            )
        if partnership.pk not in known and partnership.status != Status.ACTIVE:
            raise PartnersRefused(
                words(
                    "%(partnership)s is %(status)s; only active partners join a deal.",
                    partnership=partnership.name,
                    status=partnership.status,
                )
            )
    held = Counter((partner.partnership.pk, partner.role) for partner in partners)
    for partner in partners:
        if held[partner.partnership.pk, partner.role] > 1:
            raise PartnersRefused(
                words(
                    "%(partnership)s is named twice as %(role)s; once is enough.",
                    partnership=partner.partnership.name,
                    role=partner.role,
                )
            )
        if held[partner.partnership.pk, PartnerRole.SOURCED] and held[partner.partnership.pk, PartnerRole.INFLUENCED]:
            raise PartnersRefused(
                words(
                    "%(partnership)s either sourced or influenced the deal, not both.",
                    partnership=partner.partnership.name,
                )
            )
