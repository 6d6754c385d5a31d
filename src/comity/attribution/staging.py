"""The temporary tables of a recompute: which deals, their touches, who is what on them, weights and amounts.

Every statement names the vendor, as the policies ask for; `%(…)s` are bound by `crediting.py`.
"""

from __future__ import annotations

from typing import Final

from comity.attribution.rules import SHARE_UNITS
from comity.attribution.states import CLAIMS, TOUCH_MODELS, Model

MAX_RATE_AGE_DAYS: Final = 7
"""As the ledger has it: no rates on weekends and holidays."""
WEIGHTS: Final = ", ".join(f"{model}" for model in Model)
_CLAIMS: Final = ", ".join(f"'{kind}'" for kind in CLAIMS)

# Rates are units for one euro, so an amount goes over the euro.
_PER_EURO: Final = (
    "CASE WHEN {currency} = 'EUR' THEN 1 ELSE (SELECT x.rate FROM ledger_exchangerate x WHERE x.currency = {currency}"
    f' AND x."on" <= o.closed_on AND x."on" >= o.closed_on - {MAX_RATE_AGE_DAYS} ORDER BY x."on" DESC LIMIT 1) END'
)
_RATE: Final = (
    "CASE WHEN o.currency = %(currency)s THEN 1 ELSE"
    f" ({_PER_EURO.format(currency='%(currency)s')}) / ({_PER_EURO.format(currency='o.currency')}) END"
)

DEALS: Final = f"""
SELECT o.id AS deal, o.account_id AS account, o.opened_on, o.closed_on,
       CASE WHEN %(thaw)s THEN s.id ELSE coalesce(c.settings_id, s.id) END AS settings, c.id AS credit,
       c.amount AS old_amount, c.closed_on AS old_closed_on,
       c.role AS old_role, c.touches AS old_touches, c.id IS NULL OR %(thaw)s AS is_open,
       round(o.amount * ({_RATE}), %(digits)s) AS amount,
       round(o.amount * ({_RATE}), %(digits)s) * power(10::numeric, %(digits)s) AS units
FROM deals_opportunity o
LEFT JOIN attribution_dealcredit c ON c.vendor_id = %(vendor)s AND c.opportunity_id = o.id
JOIN attribution_attributionsettings s ON s.vendor_id = %(vendor)s AND s.program_id = %(program)s
     AND s.from_on <= o.closed_on AND (s.to_on IS NULL OR s.to_on > o.closed_on)
WHERE o.vendor_id = %(vendor)s AND o.program_id = %(program)s AND o.status = 'won' AND {{deals}}
"""

# A touch belongs to the deal it names, to the deal of its registration, or to every deal of its customer whose window
# it lies in. What names a deal may source it from any day; the models ask for the window.
TOUCHES: Final = """
SELECT found.*, found.day <= d.closed_on
       AND (d.opened_on IS NULL OR found.day >= d.opened_on - (s.body ->> 'window_days')::int) AS in_window,
       d.settings
FROM (
    SELECT d.deal, t.partnership_id AS partner, t.id, t.happened_at, t.kind, t.side, true AS is_named,
           (t.happened_at AT TIME ZONE %(zone)s)::date AS day
    FROM credit_deals d JOIN attribution_touch t ON t.vendor_id = %(vendor)s AND t.opportunity_id = d.deal
    WHERE d.is_open AND t.state = 'confirmed'
    UNION ALL
    SELECT d.deal, t.partnership_id, t.id, t.happened_at, t.kind, t.side, true,
           (t.happened_at AT TIME ZONE %(zone)s)::date
    FROM credit_deals d
    JOIN deals_handling h ON h.vendor_id = %(vendor)s AND h.opportunity_id = d.deal
    JOIN attribution_touch t ON t.vendor_id = %(vendor)s AND t.registration_id = h.registration_id
    WHERE d.is_open AND t.state = 'confirmed' AND t.opportunity_id IS NULL
    UNION ALL
    SELECT d.deal, t.partnership_id, t.id, t.happened_at, t.kind, t.side, false,
           (t.happened_at AT TIME ZONE %(zone)s)::date
    FROM credit_deals d
    JOIN attribution_touch t ON t.vendor_id = %(vendor)s AND t.account_id = d.account
    WHERE d.is_open AND t.state = 'confirmed' AND t.opportunity_id IS NULL AND t.program_id = %(program)s
      AND NOT EXISTS (SELECT FROM deals_handling h WHERE h.vendor_id = %(vendor)s
                      AND h.registration_id = t.registration_id AND h.opportunity_id IS NOT NULL)
) found
JOIN credit_deals d ON d.deal = found.deal
JOIN attribution_attributionsettings s ON s.vendor_id = %(vendor)s AND s.id = d.settings
"""
COUNTED: Final = (
    "(SELECT deal, partner, id, happened_at, day FROM credit_touches WHERE in_window AND settings = %(settings)s)"
)

# The days on which the vendor did something about the deal: a claim that comes long after the last of them is early.
# Only deals with touches have claims.
ACTIVITY: Final = """
SELECT d.deal, x."on" AS day FROM credit_deals d
JOIN deals_stagechange x ON x.vendor_id = %(vendor)s AND x.opportunity_id = d.deal
WHERE d.deal IN (SELECT t.deal FROM credit_touches t) AND x."on" IS NOT NULL
UNION SELECT d.deal, d.opened_on FROM credit_deals d
WHERE d.deal IN (SELECT t.deal FROM credit_touches t) AND d.opened_on IS NOT NULL
UNION SELECT t.deal, t.day FROM credit_touches t WHERE t.side = 'vendor' AND (t.is_named OR t.in_window)
"""

CLAIMED: Final = f"""
SELECT t.deal, t.partner,
       bool_or(t.kind IN ({_CLAIMS}) AND d.opened_on IS NOT NULL AND (
           t.day <= d.opened_on OR t.day - (SELECT max(a.day) FROM credit_activity a
                                           WHERE a.deal = t.deal AND a.day < t.day) >= (s.body ->> 'idle_days')::int
       )) AS sourced,
       bool_or(d.opened_on IS NULL OR t.day >= d.opened_on) AS influenced
FROM credit_touches t JOIN credit_deals d ON d.deal = t.deal
JOIN attribution_attributionsettings s ON s.vendor_id = %(vendor)s AND s.id = d.settings
WHERE t.day <= d.closed_on AND (t.is_named OR t.in_window)
GROUP BY t.deal, t.partner
"""

DECLARED: Final = f"""
SELECT p.opportunity_id AS deal, p.partnership_id AS partner,
       CASE WHEN bool_or(p.role = 'sourced') THEN 'sourced' WHEN bool_or(p.role = 'influenced') THEN 'influenced'
            ELSE '' END AS role,
       bool_or(p.declared_by_import) FILTER (WHERE p.role = 'sourced') AS sourced_by_import,
       bool_or(p.declared_by_import) FILTER (WHERE p.role = 'influenced') AS influenced_by_import,
       bool_or(p.role = 'fulfilled') AS fulfilled,
       coalesce(sum(trunc(p.share * {SHARE_UNITS})), 0)::bigint AS share,
       count(*) OVER (PARTITION BY p.opportunity_id) AS partners,
       sum(coalesce(sum(p.share), 0)) OVER (PARTITION BY p.opportunity_id) AS shared
FROM credit_deals d JOIN deals_opportunitypartner p ON p.vendor_id = %(vendor)s AND p.opportunity_id = d.deal
WHERE d.is_open
GROUP BY p.opportunity_id, p.partnership_id
"""

# Who holds the approved registration of the deal; of several the one that came first.
HOLDERS: Final = """
SELECT DISTINCT ON (h.opportunity_id) h.opportunity_id AS deal, r.partnership_id AS partner
FROM credit_deals d JOIN deals_handling h ON h.vendor_id = %(vendor)s AND h.opportunity_id = d.deal
JOIN deals_registration r ON r.vendor_id = %(vendor)s AND r.id = h.registration_id
WHERE d.is_open AND r.state IN ('approved', 'conditionally_approved', 'won')
ORDER BY h.opportunity_id, h.order_number
"""

_TOUCHED: Final = ", ".join(f"coalesce(w.{model}, 0) AS {model}" for model in TOUCH_MODELS)
WANTED: Final = f"""
SELECT k.deal, k.partner,
       CASE WHEN p.role <> '' THEN p.role WHEN c.sourced THEN 'sourced' WHEN c.influenced THEN 'influenced' ELSE '' END
           AS role,
       CASE WHEN p.role = 'sourced' THEN CASE WHEN p.sourced_by_import THEN 'import' ELSE 'declared' END
            WHEN p.role = 'influenced' THEN CASE WHEN p.influenced_by_import THEN 'import' ELSE 'declared' END
            WHEN c.sourced THEN 'claim' WHEN c.influenced THEN 'touch' ELSE '' END AS basis,
       coalesce(p.fulfilled, false) AS fulfilled, coalesce(w.{Model.LINEAR}, 0)::int AS touches, {_TOUCHED},
       (h.partner IS NOT NULL)::int::bigint AS {Model.REGISTRATION_HOLDER},
       CASE WHEN p.shared > 0 THEN p.share WHEN p.partners = 1 THEN 1 ELSE 0 END::bigint AS {Model.DECLARED_SPLIT}
FROM (
    SELECT deal, partner FROM credit_weights UNION SELECT deal, partner FROM credit_claimed
    UNION SELECT deal, partner FROM credit_declared UNION SELECT deal, partner FROM credit_holders
) k
LEFT JOIN credit_weights w ON w.deal = k.deal AND w.partner = k.partner
LEFT JOIN credit_claimed c ON c.deal = k.deal AND c.partner = k.partner
LEFT JOIN credit_declared p ON p.deal = k.deal AND p.partner = k.partner
LEFT JOIN credit_holders h ON h.deal = k.deal AND h.partner = k.partner
WHERE w.partner IS NOT NULL OR c.sourced OR c.influenced OR p.role <> '' OR p.fulfilled OR h.partner IS NOT NULL
   OR CASE WHEN p.shared > 0 THEN p.share > 0 ELSE p.partners = 1 END
"""

_STORED: Final = ", ".join(f"r.{model}_weight AS {model}" for model in Model)
STORED: Final = f"""
SELECT r.opportunity_id AS deal, r.partnership_id AS partner, r.role, r.basis, r.fulfilled, r.touches, {_STORED}
FROM credit_deals d JOIN attribution_partnercredit r ON r.vendor_id = %(vendor)s AND r.opportunity_id = d.deal
"""

COLUMNS: Final = f"deal, partner, role, basis, fulfilled, touches, {WEIGHTS}"
CHANGED: Final = f"""
SELECT d.deal, CASE WHEN d.credit IS NULL THEN 'new' WHEN x.deal IS NOT NULL THEN 'other' ELSE 'amount' END AS change
FROM credit_deals d
LEFT JOIN (
    SELECT DISTINCT deal FROM (
        (SELECT {COLUMNS} FROM credit_wanted EXCEPT SELECT {COLUMNS} FROM credit_stored)
        UNION ALL
        (SELECT {COLUMNS} FROM credit_stored s
         WHERE EXISTS (SELECT FROM credit_deals d WHERE d.deal = s.deal AND d.is_open)
         EXCEPT SELECT {COLUMNS} FROM credit_wanted)
    ) differing
) x ON x.deal = d.deal AND d.is_open
WHERE d.credit IS NULL OR x.deal IS NOT NULL OR d.old_amount IS DISTINCT FROM d.amount
   OR d.old_closed_on IS DISTINCT FROM d.closed_on
"""
