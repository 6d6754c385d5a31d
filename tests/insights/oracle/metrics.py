"""The expected rows of each first metric. Sums and counts are SQL; quotients and rankings are exact arithmetic here."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from .concentration import concentration_rows
from .facts import Facts
from .rows import Row, quotient
from .slices import BY_CLOSE_DATE, deals, partnerships

WON = "status = 'won' AND closed_in_period"
AMOUNTS = "count(*), count(*) - count(amount), sum(amount)"
BEGINNING, END = date(1, 1, 1), date(9999, 12, 31)
DEAL_DIMENSIONS = frozenset(
    {"partner", "tier", "type", "segment", "region", "manager", "family", "role", *BY_CLOSE_DATE}
)
PARTNERSHIP_DIMENSIONS = frozenset({"partner", "tier", "type", "segment", "region", "manager"})


class NotTold(LookupError):
    """The files of this set say nothing about the dimension."""


@dataclass(frozen=True)
class Question:
    """One call of the command: period (both ends included), as-of date, dimension."""

    facts: Facts
    metric: str
    from_on: date
    to_on: date
    as_of: date
    by: str | None
    capacities: dict[str, Decimal]

    def ask(self, sql: str, **more: object) -> list[tuple]:
        """Run SQL with those of the parameters that it names."""
        known = {"from_on": self.from_on, "to_on": self.to_on, "as_of": self.as_of, **more}
        return self.facts.ask(sql, {name: value for name, value in known.items() if f"${name}" in sql})


def row(
    question: Question,
    unit: str,
    key: str | None,
    label: str,
    value: Decimal | None,
    numerator: Decimal | None,
    denominator: Decimal | None,
    rows: int,
    without: int = 0,
    reason: str = "empty denominator",
) -> Row:
    """A row of the question's dimension (none for the total)."""
    return Row(
        metric=question.metric,
        unit=unit,
        currency=question.facts.currency if unit == "money" else None,
        dimension=None if key is None else question.by,
        key=key,
        label=label,
        value=value,
        numerator=numerator,
        denominator=denominator,
        rows=rows,
        rows_without_amount=without,
        reason=reason if value is None else None,
    )


def measured(question: Question, measures: str, where: str) -> list[tuple]:
    """Key, label and measures of the deals that fulfil a condition: exactly one row for the total, else one a key."""
    found = question.ask(
        f"{deals(question.by)} SELECT any_value(key), any_value(label), {measures} FROM sliced WHERE {where} "
        + ("GROUP BY key" if question.by else "")
    )
    return found if question.by else [(None, "Total", *found[0][2:])]


def known_sum(total: Decimal | None, rows: int, without: int) -> Decimal | None:
    """Nothing sums to 0; rows that all lack the amount sum to nothing known; else the sum of the known ones."""
    if rows and rows == without:
        return None
    return total or Decimal(0)


def money(where: str) -> Callable[[Question], list[Row]]:
    """The amount of the deals that fulfil a condition."""

    def rows(question: Question) -> list[Row]:
        found = []
        for key, label, count, without, total in measured(question, AMOUNTS, where):
            value = known_sum(total, count, without)
            found.append(row(question, "money", key, label, value, value, None, count, without, "no amount is known"))
        return found

    return rows


def partner_share(question: Question) -> list[Row]:
    """Partners' won amount over all won amount: of the programme, or of the slice where the deal itself is sliced."""
    whole_programme = measured(replace(question, by=None), AMOUNTS, WON)[0]
    whole_slice = {found[0]: found for found in measured(question, AMOUNTS, WON)}
    partnered = """count(*) FILTER (role <> 'direct'), count(*) FILTER (role <> 'direct' AND amount IS NULL),
        sum(amount) FILTER (role <> 'direct')"""
    found = []
    for key, label, count, without, total in measured(question, partnered, WON):
        of_slice = question.by in ("manager", "family", *BY_CLOSE_DATE)
        _, _, all_count, all_without, all_total = whole_slice[key] if of_slice else whole_programme
        part, whole = known_sum(total, count, without), known_sum(all_total, all_count, all_without)
        found.append(row(question, "ratio", key, label, quotient(part, whole), part, whole, all_count, all_without))
    return found


def average_deal_size(question: Question) -> list[Row]:
    """Known won amount over the number of won deals whose amount is known: a missing amount never counts as zero."""
    found = []
    for key, label, count, without, total in measured(question, AMOUNTS, WON):
        amount, known = known_sum(total, count, without), Decimal(count - without)
        found.append(row(question, "money", key, label, quotient(amount, known), amount, known, count, without))
    return found


def win_rate(question: Question) -> list[Row]:
    """Won over closed."""
    found = []
    for key, label, won, closed in measured(question, "count(*) FILTER (status = 'won'), count(*)", "closed_in_period"):
        value = quotient(Decimal(won), Decimal(closed))
        found.append(row(question, "ratio", key, label, value, Decimal(won), Decimal(closed), closed))
    return found


def sales_cycle_days(question: Question) -> list[Row]:
    """The median over won deals with both dates; beside the total the mean."""
    days = "closed_on - opened_on"
    found = []
    reason = "no opened date is known"
    for key, label, count, dated, median, total in measured(
        question, f"count(*), count(opened_on), median({days}), sum({days})", WON
    ):
        middle, dates = None if median is None else Decimal(str(median)), Decimal(dated)
        found.append(row(question, "days", key, label, middle, None, dates, count, reason=reason))
        if key is None:
            sum_of_days = Decimal(int(total or 0))
            mean = quotient(sum_of_days, dates)
            one = row(question, "days", None, "Mean", mean, sum_of_days, dates, count, reason=reason)
            found.append(replace(one, key="mean"))
    return found


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def with_win_since(question: Question, since: date) -> list[tuple[str | None, str, int, int]]:
    """For each slice: how many active partnerships, and how many of them won a deal from `since` to the as-of date."""
    sql = f"""{partnerships(question.by)}
        SELECT key, any_value(label), count(*), count(*) FILTER (
            partner IN (SELECT partner FROM won WHERE closed_on BETWEEN $since AND $as_of))
        FROM member GROUP BY key"""
    return question.ask(sql, since=since) or [(None, "Total", 0, 0)] * (question.by is None)


def active_partners(question: Question) -> list[Row]:
    """The 90 days end with the as-of date, so the first is 89 days before it."""
    since = question.as_of - timedelta(days=89)
    return [
        row(question, "count", key, label, Decimal(n), Decimal(n), None, n)
        for key, label, _, n in with_win_since(question, since)
    ]


def producing_partners(question: Question) -> list[Row]:
    """The 12 months begin the day after the same day of last year."""
    since = months_before(question.as_of, 12) + timedelta(days=1)
    return [
        row(question, "count", key, label, Decimal(n), Decimal(n), None, n)
        for key, label, _, n in with_win_since(question, since)
    ]


def dormancy_rate(question: Question) -> list[Row]:
    """Active partnerships without activity in the 180 days to the as-of date."""
    found = []
    for key, label, all_of_them, awake in with_win_since(question, question.as_of - timedelta(days=179)):
        dormant, whole = Decimal(all_of_them - awake), Decimal(all_of_them)
        found.append(row(question, "ratio", key, label, quotient(dormant, whole), dormant, whole, all_of_them))
    return found


def revenue_concentration(question: Question) -> list[Row]:
    """Never sliced: shares of the top, Gini and Herfindahl over all active partnerships."""
    sql = f"""{partnerships(None)}, amount AS (
            SELECT w.partner, count(*) AS n, count(*) - count(p.amount) AS without, sum(p.amount) AS total
            FROM won w JOIN period p USING (deal_id) WHERE p.closed_in_period GROUP BY w.partner
        )
        SELECT coalesce(total, 0), coalesce(without, 0) FROM member LEFT JOIN amount USING (partner)"""
    found = question.ask(sql)
    return concentration_rows(
        question.metric, [amount for amount, _ in found], rows_without_amount=sum(without for _, without in found)
    )


def capacity_utilization(question: Question) -> list[Row]:
    """Partnerships of a manager (weight 1 each: neither set has segments) over capacity, where one is set."""
    books = question.ask(
        "SELECT m.manager, m.name, count(p.partner) FROM manager m LEFT JOIN partnership p USING (manager) GROUP BY ALL"
    )
    reason = "no capacity is set"
    if question.by == "manager":
        return [
            row(question, "ratio", key, name, quotient(Decimal(load), cap), Decimal(load), cap, load, reason=reason)
            for key, name, load in books
            for cap in [question.capacities.get(key)]
            if load or cap
        ]
    limited = [(load, question.capacities[key]) for key, _, load in books if key in question.capacities]
    load = sum(load for load, _ in limited) if limited else sum(load for _, _, load in books)
    capacity = sum((cap for _, cap in limited), Decimal(0)) if limited else None
    value = quotient(Decimal(load), capacity)
    return [row(question, "ratio", None, "Total", value, Decimal(load), capacity, load, reason=reason)]


def quota_attainment(question: Question) -> list[Row]:
    """Won on deals carrying the manager's name, in the quota's own days, over the quota."""
    key, label, quota_key = "NULL", "'Total'", "NULL"
    if question.by == "manager":
        quota_key, label = "q.manager", "coalesce(m.name, q.manager)"
    elif question.by in BY_CLOSE_DATE:
        quota_key = BY_CLOSE_DATE[question.by].replace("closed_on", "q.starts_on")
        last = BY_CLOSE_DATE[question.by].replace("closed_on", "q.ends_on")
        key, label = f"{quota_key} <> {last}", quota_key
    sql = f"""WITH counted AS (
            SELECT q.*, {quota_key} AS key, {label} AS label FROM quota q LEFT JOIN manager m USING (manager)
            WHERE q.starts_on >= $from_on AND q.ends_on <= $to_on AND q.starts_on <= $as_of AND ({key}) IS NOT TRUE
        ), credited AS (
            SELECT c.key, count(*) AS n, count(*) - count(d.amount) AS without, sum(d.amount) AS total
            FROM counted c JOIN deal d ON d.manager = c.manager AND d.status = 'won'
                AND d.closed_on BETWEEN c.starts_on AND least(c.ends_on, $as_of)
            GROUP BY c.key
        ), planned AS (SELECT key, any_value(label) AS label, sum(amount) AS quota FROM counted GROUP BY key)
        SELECT p.key, p.label, p.quota, coalesce(c.n, 0), coalesce(c.without, 0), c.total
        FROM planned p LEFT JOIN credited c ON c.key IS NOT DISTINCT FROM p.key"""
    found = []
    for slice_key, name, quota, n, without, total in question.ask(sql):
        credit = known_sum(total, n, without)
        found.append(row(question, "ratio", slice_key, name, quotient(credit, quota), credit, quota, n, without))
    return found or [row(question, "ratio", None, "Total", None, Decimal(0), Decimal(0), 0)] * (not question.by)


TIMELESS = DEAL_DIMENSIONS - set(BY_CLOSE_DATE)
CATALOGUE: dict[str, tuple[Callable[[Question], list[Row]], frozenset[str]]] = {
    "partner_sourced_pipeline": (money("status = 'open' AND role = 'sourced'"), TIMELESS),
    "partner_influenced_pipeline": (money("status = 'open' AND role = 'influenced'"), TIMELESS),
    "partner_sourced_revenue": (money(f"{WON} AND role = 'sourced'"), DEAL_DIMENSIONS),
    "partner_influenced_revenue": (money(f"{WON} AND role = 'influenced'"), DEAL_DIMENSIONS),
    "partner_fulfilled_revenue": (money(f"{WON} AND role = 'fulfilled'"), DEAL_DIMENSIONS),
    "partner_revenue": (money(f"{WON} AND role <> 'direct'"), DEAL_DIMENSIONS),
    "partner_share_of_revenue": (partner_share, DEAL_DIMENSIONS),
    "average_deal_size": (average_deal_size, DEAL_DIMENSIONS),
    "win_rate": (win_rate, DEAL_DIMENSIONS),
    "sales_cycle_days": (sales_cycle_days, DEAL_DIMENSIONS),
    "active_partners": (active_partners, PARTNERSHIP_DIMENSIONS),
    "producing_partners": (producing_partners, PARTNERSHIP_DIMENSIONS),
    "dormancy_rate": (dormancy_rate, PARTNERSHIP_DIMENSIONS),
    "revenue_concentration": (revenue_concentration, frozenset()),
    "capacity_utilization": (capacity_utilization, frozenset({"manager"})),
    "quota_attainment": (quota_attainment, frozenset({"manager", *BY_CLOSE_DATE})),
}
METRICS = tuple(CATALOGUE)
"""All names, in the catalogue's order."""


def expected(
    facts: Facts,
    metric: str,
    *,
    from_on: date | None = None,
    to_on: date | None = None,
    as_of: date | None = None,
    by: str | None = None,
    capacities: dict[str, Decimal] | None = None,
) -> list[Row]:
    """The rows of `./comity metrics METRIC`: the total, its variants, then the slices. Raises NotTold."""
    compute, sliceable = CATALOGUE[metric]
    if by is not None and by in sliceable and by not in facts.told:
        raise NotTold(by)
    if as_of is None:
        as_of = min(facts.data_as_of, to_on or END)
    question = Question(facts, metric, from_on or BEGINNING, to_on or END, as_of, None, capacities or {})
    found = compute(question)
    if by in sliceable:
        found += sorted(compute(replace(question, by=by)), key=lambda one: str(one.key))
    return found
