"""The marts: narrow tables derived from the domains, kept up by events (`marts.py`); dropped and refilled at will.

They carry no history, no surrogate keys and no foreign keys: every row can be computed again from the tables it comes
from. Each has its key and at most one index, so that refilling a million deals stays a matter of seconds.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from django.db import models

from comity.platform.isolation import Isolation, vendor_only

BEGINNING: Final = "0001-01-01"
"""`from_on` of a deal whose opening day is unknown: it counts as open from the beginning of time."""
END: Final = "9999-12-31"
"""`to_on` of a state that still lasts, `undone_on` of an activity that stands."""
NOT_SET: Final = UUID(int=0)
"""The product family of lines that have none (a key cannot be null)."""


class Mart(models.Model):
    """Base of the marts."""

    vendor_id = models.UUIDField()
    program_id = models.UUIDField()

    isolation: ClassVar[Isolation] = vendor_only()

    class Meta:
        abstract = True


class DealState(Mart):
    """One deal during one stretch of time (`from_on` included, `to_on` excluded) with constant status and amount."""

    pk = models.CompositePrimaryKey("vendor_id", "opportunity_id", "from_on")
    opportunity_id = models.UUIDField()
    from_on = models.DateField()
    to_on = models.DateField()
    status = models.CharField(max_length=10)
    amount = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, help_text="in the program's currency; null: not known"
    )
    rate = models.DecimalField(
        max_digits=32,
        decimal_places=18,
        null=True,
        help_text="program units for one unit of the deal's currency on from_on; null: no rate of that day",
    )
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True, help_text="since when won or lost; null while open")
    role = models.CharField(max_length=12, help_text="the highest that any partner has on it, else direct")
    manager_id = models.UUIDField(null=True, help_text="the name on the deal")
    circle_id = models.UUIDField(null=True, help_text="its partnerships and their ranks; null: none")

    class Meta:
        indexes = [
            models.Index(
                fields=["vendor_id", "program_id", "closed_on"],
                include=["from_on", "to_on", "status", "amount", "opened_on", "role", "circle_id"],
                condition=models.Q(closed_on__isnull=False),
                name="deal_state_by_day",
            ),
            models.Index(
                "vendor_id",
                "program_id",
                models.F("amount").desc(nulls_last=True),
                "opportunity_id",
                condition=models.Q(closed_on__isnull=False),
                name="deal_state_by_amount",
            ),
            models.Index(
                fields=["vendor_id", "program_id", "from_on"],
                include=["amount", "circle_id"],
                condition=models.Q(status="open"),
                name="deal_state_opening",
            ),
            models.Index(
                fields=["vendor_id", "program_id", "to_on"],
                include=["amount", "circle_id"],
                condition=models.Q(status="open", to_on__lt=date.max),
                name="deal_state_leaving",
            ),
        ]


class DealPartner(Mart):
    """One partnership on one deal, under the highest of its roles there."""

    pk = models.CompositePrimaryKey("vendor_id", "opportunity_id", "partnership_id")
    opportunity_id = models.UUIDField()
    partnership_id = models.UUIDField()
    rank = models.PositiveSmallIntegerField(
        help_text="1 sourced, 2 influenced, 3 fulfilled, 4 implemented, 5 supported"
    )

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "partnership_id"], name="deal_partner_by_partner")]


class DealCircle(Mart):
    """The partnerships of deals that have the same ones under the same ranks: what lies in a slice is decided once for
    all of them."""

    pk = models.CompositePrimaryKey("vendor_id", "program_id", "circle_id", "partnership_id")
    circle_id = models.UUIDField(help_text="made from the ids and ranks, so that the same ones give the same id")
    partnership_id = models.UUIDField()
    rank = models.PositiveSmallIntegerField(help_text="as in DealPartner")


class DealPart(Mart):
    """The part of a deal that lies in one product family; deals without lines have none."""

    pk = models.CompositePrimaryKey("vendor_id", "opportunity_id", "family_id")
    opportunity_id = models.UUIDField()
    family_id = models.UUIDField(help_text="the nil id for lines without a family")
    amount = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, help_text="in the deal's own currency; null if any line lacks it"
    )
    is_whole = models.BooleanField(help_text="the only family, and no line has an amount: the deal's amount is its own")


class Summed(Mart):
    """Base of the sums: deals that no metric tells apart, added up over a stretch of days.

    A deal that changed counts once for each state of it, the states before taken away again (`deals` of -1): what is
    left on a day is what that day knew. `kind` says by what a table is split: by the manager on the deal, by product
    family, or by circle; `key` is the manager, family or circle (the nil id: none).
    """

    kind = models.CharField(max_length=8, help_text="manager, family or circle")
    level = models.CharField(max_length=6, help_text="how long the stretch is: day, month, year, or always")
    starts_on = models.DateField(help_text="the first day of the stretch")
    key = models.UUIDField()
    role = models.CharField(max_length=12, help_text="as in DealState; empty for circles, which hold their own")
    lacks_amount = models.BooleanField()
    deals = models.IntegerField()
    amount = models.DecimalField(max_digits=38, decimal_places=4, null=True, help_text="null where they lack it")

    class Meta:
        abstract = True


class ClosedSum(Summed):
    """Won and lost deals by the day on which they closed."""

    pk = models.CompositePrimaryKey(
        "vendor_id", "program_id", "kind", "level", "starts_on", "known_on", "key", "role", "status", "lacks_amount",
        "lacks_opening",
    )  # fmt: skip
    known_on = models.DateField(help_text="when it was known, where that was after the close; else the first day")
    status = models.CharField(max_length=10)
    lacks_opening = models.BooleanField()
    cycle_days = models.BigIntegerField(null=True, help_text="from opened to closed; null where they were never opened")


class OpenSum(Summed):
    """Deals by the day on which they came to be open, those that ceased to be taken away on that day."""

    pk = models.CompositePrimaryKey(
        "vendor_id", "program_id", "kind", "level", "starts_on", "key", "role", "lacks_amount"
    )


class CycleSum(Mart):
    """Won deals by month of close and by days from opened to closed, for medians."""

    pk = models.CompositePrimaryKey("vendor_id", "program_id", "starts_on", "known_on", "role", "cycle_days")
    starts_on = models.DateField(help_text="the first day of the month")
    known_on = models.DateField(help_text="as in ClosedSum")
    role = models.CharField(max_length=12)
    cycle_days = models.IntegerField()
    deals = models.IntegerField()


class SumsFilled(Mart):
    """That the sums of a program are complete; without this row figures are added up deal by deal."""

    pk = models.CompositePrimaryKey("vendor_id", "program_id")
    newest_on = models.DateField(help_text="no state of a deal begins or ends after it")


class PartnerActivity(Mart):
    """One qualifying activity of a partnership: what it did, when, and from when on it no longer counts."""

    pk = models.CompositePrimaryKey("vendor_id", "partnership_id", "kind", "source_id", "on")
    partnership_id = models.UUIDField()
    kind = models.CharField(max_length=30)
    source_id = models.UUIDField()
    on = models.DateField()
    undone_on = models.DateField(help_text="a won deal that was reopened: the day it was")

    class Meta:
        indexes = [
            models.Index(
                fields=["vendor_id", "program_id", "on"],
                include=["partnership_id", "kind", "undone_on"],
                name="activity_of_day",
            )
        ]


class SubmittedRegistration(Mart):
    """One registration that was submitted: what was decided of it, and since when; days in the program's time zone."""

    pk = models.CompositePrimaryKey("vendor_id", "registration_id")
    registration_id = models.UUIDField()
    partnership_id = models.UUIDField()
    submitted_on = models.DateField()
    decided_on = models.DateField(null=True, help_text="the first decision, a return or a place in the queue included")
    seconds = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, help_text="until then, by the clock on the wall; null: brought over"
    )
    approved_on = models.DateField(null=True, help_text="the first approval, one with conditions included")
    rejected_on = models.DateField(null=True, help_text="the first rejection")
    appealed_on = models.DateField(null=True, help_text="the first appeal")
    granted_on = models.DateField(null=True, help_text="the first appeal that was granted")
    dismissed_on = models.DateField(null=True, help_text="the first appeal that was dismissed")
    rival_on = models.DateField(null=True, help_text="since when another partner's registration stood against it")
    deal_on = models.DateField(null=True, help_text="since when a deal of the vendor's own did")
    customer_on = models.DateField(null=True, help_text="since when the customer's being one already did")

    class Meta:
        indexes = [
            models.Index(fields=["vendor_id", "program_id", "submitted_on"], name="registrations_of_day"),
        ]


class OfferedLead(Mart):
    """One offer of a lead to a partner: its answer, and what the partner made of it; days in the program's zone."""

    pk = models.CompositePrimaryKey("vendor_id", "lead_id", "sequence")
    lead_id = models.UUIDField()
    sequence = models.IntegerField(help_text="of the step by which it was offered")
    partnership_id = models.UUIDField()
    offered_on = models.DateField()
    answer = models.CharField(max_length=12, help_text="accepted, declined, ran_out, taken_back; empty while it waits")
    answered_on = models.DateField(null=True)
    seconds = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, help_text="until the partner's own answer, by the clock on the wall"
    )
    returned_on = models.DateField(null=True, help_text="given back after it was accepted")
    converted_on = models.DateField(null=True, help_text="became a deal or a registration, and is one still")
    conversion_days = models.IntegerField(null=True, help_text="from the acceptance until then")

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program_id", "offered_on"], name="lead_offers_of_day")]


class PartnerFigures(Mart):
    """One partnership on one day, the program's data-as-of date: what a list of partners shows and sorts by."""

    pk = models.CompositePrimaryKey("vendor_id", "partnership_id")
    partnership_id = models.UUIDField()
    as_of = models.DateField(help_text="the day on which the windows end")
    revenue = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, help_text="won in the 12 months to the day; null: no amount known"
    )
    revenue_before = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, help_text="the same of the 12 months before"
    )
    won = models.IntegerField(help_text="deals won in the 12 months")
    lost = models.IntegerField()
    without_amount = models.IntegerField(help_text="won deals without an amount")
    pipeline = models.DecimalField(max_digits=20, decimal_places=4, null=True, help_text="open on the day")
    open_deals = models.IntegerField()
    pipeline_moved_on = models.DateField(null=True, help_text="the last step of any deal open on the day")
    last_activity_on = models.DateField(null=True, help_text="the last qualifying activity")

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program_id", "-revenue"], name="figures_by_revenue")]


class PartnerTrend(Mart):
    """One partnership on the data-as-of date and on the same day of the twelve months before it."""

    pk = models.CompositePrimaryKey("vendor_id", "partnership_id", "on")
    partnership_id = models.UUIDField()
    on = models.DateField()
    revenue = models.DecimalField(max_digits=20, decimal_places=4, null=True, help_text="won in the 12 months to it")
    won = models.IntegerField()
    lost = models.IntegerField()
    without_amount = models.IntegerField()
    pipeline = models.DecimalField(max_digits=20, decimal_places=4, null=True)


class PeerTrend(Mart):
    """The median of each figure over the active partnerships of a program, on the same days; null: nobody has it."""

    pk = models.CompositePrimaryKey("vendor_id", "program_id", "on")
    on = models.DateField()
    peers = models.IntegerField(help_text="active partnerships")
    revenue = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    pipeline = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    win_rate = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    deal_size = models.DecimalField(max_digits=20, decimal_places=4, null=True)
