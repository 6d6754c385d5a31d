"""How the vendor's own team stands: load against capacity, results against quota."""

from __future__ import annotations

from typing import Any, Final

from comity.insights.metric import CALENDAR_DIMENSIONS, Better, Dimension, Metric, Over, Rows, Unit
from comity.kernel.words import words


def with_capacity(manager: Rows) -> Any:
    """Managers whose capacity is set."""
    return manager.capacity.notnull()


def everyone(manager: Rows) -> Any:
    """All managers."""
    return manager.manager_id.notnull()


def counted(quota: Rows) -> Any:
    """Quotas that lie within the period."""
    return quota.quota_id.notnull()


def credited(quota: Rows) -> Any:
    """Known amounts won in the quotas' days: 0 over no deals, unknown over deals that all lack the amount."""
    nothing = (quota.deals.sum().coalesce(0) == 0).ifelse(0, None).cast("decimal(38, 4)")
    return quota.amount.sum().coalesce(nothing)


def asked(quota: Rows) -> Any:
    """Quotas summed; unknown where one is in another currency."""
    in_another = quota.count(where=quota.quota.isnull())
    return (in_another == 0).ifelse(quota.quota.sum().coalesce(0), None)


CAPACITY_UTILIZATION: Final = Metric(
    name="capacity_utilization",
    title=words("Capacity utilization"),
    unit=Unit.RATIO,
    over=Over.BOOKS,
    meaning=(
        words(
            "Active partnerships in the managers' care, weighted by segment (1 where nothing else is "
            "set), over the managers' capacity; managers without a capacity are left out of both."
        )
    ),
    missing=words("no capacity is set"),
    dimensions=frozenset({Dimension.MANAGER}),
    behind=everyone,
    numerator=lambda manager: manager.load.sum(where=with_capacity(manager)).coalesce(manager.load.sum()).coalesce(0),
    denominator=lambda manager: manager.capacity.sum(),
    rows=lambda manager: (
        manager.partnerships.sum(where=with_capacity(manager)).coalesce(manager.partnerships.sum()).coalesce(0)
    ),
    listed=lambda manager: manager.partnerships.sum() + manager.capacity.count(),
    better=Better.NONE,
)

QUOTA_ATTAINMENT: Final = Metric(
    name="quota_attainment",
    title=words("Quota attainment"),
    unit=Unit.RATIO,
    over=Over.QUOTAS,
    meaning=(
        words(
            "Amount won over quota, for quotas that lie wholly within the period and have begun by "
            "the as-of date. Credited is what was won in the quota's days on deals that carry the "
            "manager's name."
        )
    ),
    missing=words("no quota lies within the period"),
    dimensions=CALENDAR_DIMENSIONS | {Dimension.MANAGER, Dimension.PARTNER},
    behind=counted,
    numerator=credited,
    denominator=asked,
    rows=lambda quota: quota.deals.sum().coalesce(0),
    lacking=lambda quota: quota.without_amount.sum().coalesce(0),
    listed=lambda quota: quota.count(),
)

METRICS: Final = (CAPACITY_UTILIZATION, QUOTA_ATTAINMENT)
