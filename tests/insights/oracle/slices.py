"""How a deal or a partnership falls into the slices of a dimension, and what is known of it as of a date.

All SQL here takes `$from_on`, `$to_on` and `$as_of`. A slice of deals has the columns deal_id, key, label, amount and
role; a slice of partnerships has partner, key and label. Key and label are '' and 'Not set' where nothing is known.
"""

BY_PARTNERSHIP = {
    "partner": ("p.partner", "p.name"),
    "type": ("p.type", "p.type"),
    "region": ("p.region", "p.region"),
    "manager": ("p.manager", "m.name"),
}
BY_CLOSE_DATE = {
    "month": "strftime(closed_on, '%Y-%m')",
    "quarter": "year(closed_on) || '-Q' || quarter(closed_on)",
    "year": "strftime(closed_on, '%Y')",
}

# Open from the opened date (unknown: since the beginning of time), won or lost from the close date on.
# The amount is known from the close date on, since both sources write it only then.
STATE = """
state AS (
    SELECT deal_id, manager, opened_on,
           CASE WHEN closed_on <= $as_of THEN status ELSE 'open' END AS status,
           CASE WHEN closed_on <= $as_of THEN closed_on END AS closed_on,
           CASE WHEN closed_on <= $as_of THEN amount END AS amount
    FROM deal
    WHERE opened_on IS NULL OR opened_on <= $as_of OR closed_on <= $as_of
),
period AS (
    SELECT *, status <> 'open' AND closed_on BETWEEN $from_on AND $to_on AS closed_in_period FROM state
),
ranked AS (
    SELECT deal_id, partner,
           list_position(['sourced', 'influenced', 'fulfilled', 'implemented', 'supported'], role) AS rank
    FROM deal_partner
),
top AS (
    SELECT p.*, coalesce(min(r.rank), 6) AS rank FROM period p LEFT JOIN ranked r USING (deal_id) GROUP BY ALL
)
"""

ROLE = "['sourced', 'influenced', 'fulfilled', 'implemented', 'supported', 'direct'][rank] AS role"
DEAL = "deal_id, status, closed_in_period, opened_on, closed_on"


def _filled(key: str, label: str) -> str:
    return f"coalesce({key}, '') AS key, coalesce({label}, 'Not set') AS label"


def _sliced_deals(by: str | None) -> str:
    """The body of the slice; each deal at most once a key."""
    if by is None:
        return f"SELECT {DEAL}, NULL AS key, 'Total' AS label, amount, {ROLE} FROM top"
    if by == "role":
        return f"SELECT {DEAL}, role AS key, role AS label, amount, role FROM (SELECT *, {ROLE} FROM top)"
    if by in BY_CLOSE_DATE:
        key = BY_CLOSE_DATE[by]
        return f"SELECT {DEAL}, {key} AS key, {key} AS label, amount, {ROLE} FROM top WHERE closed_on IS NOT NULL"
    if by == "manager":  # the name that the deal carried, not the partnership's manager of today
        names = _filled("t.manager", "m.name")
        return f"SELECT {DEAL}, {names}, amount, {ROLE} FROM top t LEFT JOIN manager m ON m.manager = t.manager"
    if by == "family":  # by line amount, known when its deal's is; a deal without lines falls whole under "not set"
        names = _filled("l.family", "l.family")
        return (
            f"SELECT {DEAL}, {names}, CASE WHEN count(l.deal_id) = 0 THEN any_value(t.amount) "
            "WHEN any_value(t.amount) IS NOT NULL THEN sum(l.amount) END AS amount, "
            f"{ROLE} FROM top t LEFT JOIN deal_line l USING (deal_id) GROUP BY ALL"
        )
    key, label = BY_PARTNERSHIP[by]
    # the role in a slice is the highest that the slice's own partnerships hold on the deal
    return (
        f"SELECT {DEAL}, key, label, amount, {ROLE} FROM (SELECT t.* EXCLUDE (rank), {_filled(key, label)}, "
        "min(r.rank) AS rank FROM top t JOIN ranked r USING (deal_id) "
        "JOIN partnership p USING (partner) GROUP BY ALL)"
    )


def deals(by: str | None) -> str:
    """A WITH clause that ends in `sliced`: one row a deal and key, as of `$as_of`."""
    return f"WITH {STATE}, sliced AS ({_sliced_deals(by)})"


def partnerships(by: str | None) -> str:
    """A WITH clause that ends in `member`: one row an active partnership (in both sets all are) and key."""
    names = _filled(*BY_PARTNERSHIP[by]) if by in BY_PARTNERSHIP else "NULL AS key, 'Total' AS label"
    return (
        f"WITH {STATE}, member AS (SELECT p.partner, {names} "
        "FROM partnership p LEFT JOIN manager m ON m.manager = p.manager), "
        "won AS (SELECT DISTINCT partner, deal_id, closed_on FROM period JOIN deal_partner USING (deal_id) "
        "WHERE status = 'won')"
    )
