"""The rows metrics look at, as Ibis expressions over the marts: one table for each kind of `Over`, sliced or whole.

Only this module, those beside it, `behind.py` and the engine's compiler import Ibis, which takes seconds: they are
loaded with the first figure asked for. The tables and the holes in them stand in `tables.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import ibis

from comity.insights.marts import DEAL_WON, ROLES
from comity.insights.metric import CALENDAR_DIMENSIONS, PARTNERSHIP_DIMENSIONS, Dimension, Over
from comity.insights.models import NOT_SET
from comity.insights.tables import (
    ACTIVITIES,
    LEAD_OFFERS,
    MANAGERS,
    PARTNERS,
    PARTNERSHIPS,
    PARTS,
    QUOTAS,
    REGISTRATIONS,
    SEGMENTS,
    STATES,
    TURNS_OF_REGISTRATIONS,
    days_between,
    hole,
    mine,
)
from comity.programs.states import Segment, Status


def frame(over: Over, by: Dimension | None) -> Any:
    """The rows of one kind; sliced, they have a column `key`."""
    return _FRAMES[over](by)


# --- Deals ---


def deal_states(over: Over) -> Any:
    """Each deal once: closed in the period, or open, as the as-of date knew it."""
    state = mine(STATES)
    state = state.filter(state.from_on <= hole("as_of"), state.to_on > hole("as_of"))
    if over is Over.OPEN_DEALS:
        state = state.filter(state.status == "open")
    else:
        state = state.filter(state.closed_on >= hole("from_on"), state.closed_on <= hole("until"))
    return state.mutate(is_won=state.status == "won", cycle_days=days_between(state.closed_on, state.opened_on)).drop(
        "from_on", "to_on"
    )


def _deals(over: Over) -> Callable[[Dimension | None], Any]:
    def build(by: Dimension | None) -> Any:
        state = deal_states(over)
        if by is None:
            return state
        if by is Dimension.MANAGER:
            return state.mutate(key=state.manager_id)
        if by is Dimension.ROLE:
            return state.mutate(key=state.role)
        if by in CALENDAR_DIMENSIONS:
            return state.mutate(key=period_key(by, state.closed_on))
        return _by_family(state) if by is Dimension.FAMILY else _by_partnership(state, by)

    return build


def period_key(by: Dimension, day: Any) -> Any:
    """The name of the month, fiscal quarter or fiscal year of a day; see `kernel.periods`."""
    if by is Dimension.MONTH:
        return day.strftime("%Y-%m")
    first = hole("first_month")
    month = day.month().cast("int64")
    ends_next_year = ((first > 1) & (month >= first)).cast("int32")
    name = (first > 1).ifelse("FY", "") + (day.year().cast("int64") + ends_next_year).cast("string")
    if by is Dimension.YEAR:
        return name
    month_of_year = (month - first + 12) % 12
    quarter = ibis.cases(
        (month_of_year < 3, "-Q1"), (month_of_year < 6, "-Q2"), (month_of_year < 9, "-Q3"), else_="-Q4"
    )
    return name + quarter


def _by_family(state: Any) -> Any:
    """Line amounts: unknown as long as the deal's is, and the deal's own where no line tells."""
    part = mine(PARTS).rename(part_amount="amount", part_of="opportunity_id")
    joined = state.left_join(part, state.opportunity_id == part.part_of)
    # A null test beside a comparison keeps the part without lines apart from the part whose lines lack amounts.
    amount = ibis.cases(
        (joined.amount.isnull() | joined.part_of.isnull() | joined.is_whole, joined.amount),
        else_=(joined.part_amount * joined.rate).round(4).cast("decimal(20, 4)"),
    )
    key = joined.family_id.nullif(ibis.literal(str(NOT_SET)).cast("uuid"))
    return joined.mutate(amount=amount, key=key).drop("part_amount", "part_of", "family_id", "is_whole")


def _by_partnership(state: Any, by: Dimension) -> Any:
    """A deal stands in each slice in which one of its partnerships lies, under the highest role held within it."""
    return state.drop("role").join(roles_within(mine(PARTNERS), "opportunity_id", by), "opportunity_id")


def roles_within(held: Any, whose: str, by: Dimension) -> Any:
    """The slices in which deals (or circles) lie, with the highest role held within each."""
    named = held.join(members(by), "partnership_id").select(whose, "key", "rank")
    if by is not Dimension.PARTNER:  # the marts have one row a partnership already
        named = named.group_by(whose, "key").aggregate(rank=named["rank"].min())
    role = ibis.cases(*((named["rank"] == rank, role) for rank, role in enumerate(ROLES[:-1], start=1)))
    return named.mutate(role=role).drop("rank")


# --- Partnerships ---


def members(by: Dimension | None) -> Any:
    """Partnerships of the program with the slice each lies in (several types: several rows), by what they are now."""
    partner = mine(PARTNERSHIPS).rename(partnership_id="id")
    if by is None or by not in PARTNERSHIP_DIMENSIONS:
        return partner.select("partnership_id", "status")
    if by is Dimension.TYPE:
        told = partner.select(partner.partnership_id, key=partner["types"].unnest())
        return partner.left_join(told, "partnership_id").select("partnership_id", "status", "key")
    if by is Dimension.SEGMENT:
        told = segments()
        return partner.left_join(told, "partnership_id").select("partnership_id", "status", key=told.segment)
    column = "partnership_id" if by is Dimension.PARTNER else f"{by}_id"
    return partner.select(partner.partnership_id, partner.status, key=partner[column])


def segments() -> Any:
    """The segment of each partnership that has one."""
    told = SEGMENTS.filter(SEGMENTS.vendor_id == hole("vendor"), SEGMENTS.segment != "")
    return told.select("partnership_id", "segment")


def active_members(by: Dimension | None) -> Any:
    """Those of them that are active."""
    member = members(by)
    return member.filter(member.status == Status.ACTIVE.value).drop("status")


def partnerships(by: Dimension | None) -> Any:
    """Active partnerships with their last activity and win within the 12 months to the as-of date."""
    done = mine(ACTIVITIES)
    done = done.filter(done.on >= hole("year_starts_on"), done.on <= hole("as_of"), done.undone_on > hole("as_of"))
    last = done.group_by("partnership_id").aggregate(
        last_activity_on=done.on.max(), last_won_on=done.on.max(where=done.kind == DEAL_WON)
    )
    member = active_members(by).left_join(last, "partnership_id").drop("partnership_id_right")
    return member.mutate(quiet_days=days_between(hole("as_of"), member.last_activity_on))


def revenues(by: Dimension | None) -> Any:
    """Active partnerships with what was won in the period on deals they have a role on."""
    won = deal_states(Over.CLOSED_DEALS)
    won = won.filter(won.is_won).select("opportunity_id", "amount").join(mine(PARTNERS), "opportunity_id")
    revenue = won.group_by("partnership_id").aggregate(
        revenue=won.amount.sum(), deals=won.count(), without_amount=won.count(where=won.amount.isnull())
    )
    return ranked(revenue, by)


def ranked(revenue: Any, by: Dimension | None) -> Any:
    """Active partnerships with their revenue, the largest first: `place` counts from 0."""
    member = active_members(by).left_join(revenue, "partnership_id").drop("partnership_id_right")
    member = member.mutate(amount=member.revenue.coalesce(0).cast("decimal(38, 4)"))
    everybody = ibis.window()
    return member.mutate(
        place=ibis.row_number().over(ibis.window(order_by=[ibis.desc(member.amount), member.partnership_id])),
        members=member.count().over(everybody),
        sellers=(member.amount > 0).cast("int32").sum().over(everybody),
    )


# --- What partners claim and are offered ---


def registrations(by: Dimension | None) -> Any:
    """Registrations submitted in the period, with what had become of them by the as-of date."""
    claim = _of_period(mine(REGISTRATIONS), "submitted_on", by)
    told = {name: (claim[name] <= hole("as_of")).ifelse(claim[name], None) for name in TURNS_OF_REGISTRATIONS}
    return claim.mutate(**told, seconds=(claim.decided_on <= hole("as_of")).ifelse(claim.seconds, None))


def lead_offers(by: Dimension | None) -> Any:
    """Offers of leads made in the period, with what had become of them by the as-of date."""
    offer = _of_period(mine(LEAD_OFFERS), "offered_on", by)
    is_answered, is_converted = offer.answered_on <= hole("as_of"), offer.converted_on <= hole("as_of")
    return offer.mutate(
        answer=is_answered.ifelse(offer.answer, ""),
        seconds=is_answered.ifelse(offer.seconds, None),
        returned_on=(offer.returned_on <= hole("as_of")).ifelse(offer.returned_on, None),
        converted_on=is_converted.ifelse(offer.converted_on, None),
        conversion_days=is_converted.ifelse(offer.conversion_days, None),
    )


def _of_period(rows: Any, day: str, by: Dimension | None) -> Any:
    """Those of the period's days, under what their partnerships are now."""
    rows = rows.filter(rows[day] >= hole("from_on"), rows[day] <= hole("until"))
    if by is None:
        return rows
    if by in CALENDAR_DIMENSIONS:
        return rows.mutate(key=period_key(by, rows[day]))
    return rows.join(members(by).drop("status"), "partnership_id")


# --- The team ---


def books(by: Dimension | None) -> Any:
    """Managers with the number and the weight of the active partnerships in their care."""
    kept = active_members(Dimension.MANAGER).left_join(segments(), "partnership_id")
    weight = ibis.cases(
        *((kept.segment == segment.value, hole(f"weight_{segment}")) for segment in Segment),
        else_=ibis.literal(Decimal(1)),
    ).cast("decimal(38, 4)")
    kept = kept.mutate(weight=weight)
    load = kept.group_by("key").aggregate(load=kept.weight.sum(), partnerships=kept.count())
    manager = mine(MANAGERS).rename(manager_id="id").join(load, [("manager_id", "key")], how="left").drop("key")
    manager = manager.mutate(
        load=manager["load"].coalesce(0),
        partnerships=manager.partnerships.coalesce(0),
        capacity=manager.is_active.ifelse(manager.capacity.nullif(0), None),
    )
    return manager if by is None else manager.mutate(key=manager.manager_id)


def counted_quotas(by: Dimension | None) -> Any:
    """Quotas wholly within the period and begun by the as-of date: of managers, or by partner those of partnerships."""
    holder = "partnership_id" if by is Dimension.PARTNER else "manager_id"
    quota = mine(QUOTAS)
    quota = quota.filter(
        quota[holder].notnull(),
        quota.starts_on >= hole("from_on"),
        quota.ends_on <= hole("to_on"),
        quota.starts_on <= hole("as_of"),
    )
    quota = quota.mutate(holder=quota[holder], quota=(quota.currency == hole("currency")).ifelse(quota.amount, None))
    if by in CALENDAR_DIMENSIONS:
        key = period_key(by, quota.starts_on)
        quota = quota.filter(key == period_key(by, quota.ends_on)).mutate(key=key)
    elif by is not None:
        quota = quota.mutate(key=quota.holder)
    keep = ["holder", "starts_on", "ends_on", "quota"] + (["key"] if by is not None else [])
    return quota.select(*keep, quota_id=quota.id)


def credited_deals(by: Dimension | None) -> Any:
    """Deals won by the as-of date, under whom they count for a quota."""
    state = mine(STATES)
    state = state.filter(
        state.status == "won",
        state.closed_on >= hole("from_on"),
        state.closed_on <= hole("until"),
        state.from_on <= hole("as_of"),
        state.to_on > hole("as_of"),
    )
    if by is Dimension.PARTNER:
        return state.join(mine(PARTNERS).select("opportunity_id", holder="partnership_id"), "opportunity_id")
    return state.mutate(holder=state.manager_id)


def quotas(by: Dimension | None) -> Any:
    """Counted quotas with what was won in their days."""
    won = credited_deals(by)
    daily = (
        won.group_by(owner=won.holder, day=won.closed_on)
        .aggregate(amount=won.amount.sum(), deals=won.count(), without_amount=won.count(where=won.amount.isnull()))
        .select("owner", "day", "amount", "deals", "without_amount")
    )
    return met_by(daily, by)


def met_by(daily: Any, by: Dimension | None) -> Any:
    """Counted quotas with what their owners won a day, as long as they ran."""
    quota = counted_quotas(by)
    met = quota.join(daily, [quota.holder == daily.owner, daily.day >= quota.starts_on, daily.day <= quota.ends_on])
    credit = met.group_by(met.quota_id).aggregate(
        amount=met.amount.sum(), deals=met.deals.sum(), without_amount=met.without_amount.sum()
    )
    return quota.left_join(credit, "quota_id").drop("quota_id_right")


_FRAMES: Final[dict[Over, Callable[[Dimension | None], Any]]] = {
    Over.CLOSED_DEALS: _deals(Over.CLOSED_DEALS),
    Over.OPEN_DEALS: _deals(Over.OPEN_DEALS),
    Over.PARTNERSHIPS: partnerships,
    Over.REVENUES: revenues,
    Over.BOOKS: books,
    Over.QUOTAS: quotas,
    Over.REGISTRATIONS: registrations,
    Over.LEAD_OFFERS: lead_offers,
}
