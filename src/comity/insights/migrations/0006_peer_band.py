"""Where a partner stands among its peers, told by the database itself: the partner reads no row of another.

It answers the partner organization of the partnership alone, and nothing while the program does not show bands.
"""

from django.db import migrations

# Groups from the narrowest on: same types and tier, same types, same tier, the whole program; active partners alone.
# A group speaks for a measure where nine or more have a figure. Each edge of its band is the mean of the three that
# stand around the quartile, so it is never one partner's figure (nor is the largest or the smallest ever part of it);
# where one of the three makes more than three fifths of that mean, the group keeps silent and the next one is asked.
# Money is rounded to two figures, ratios to five hundredths. Neither the group's size nor anybody's name is told.
# One's own amounts are left out while the vendor hides one that is among them: a sum would give them away.
BAND = """
CREATE FUNCTION comity_peer_band(asked uuid)
RETURNS TABLE (measure text, as_of date, own numeric, peers text, low numeric, middle numeric, high numeric)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 3 SET search_path = pg_catalog, public AS $$
WITH me AS (
    SELECT p.id, p.vendor_id, p.program_id, p.types, p.tier_id
    FROM programs_partnership p
    JOIN programs_program g ON g.vendor_id = p.vendor_id AND g.id = p.program_id AND g.shows_peer_band
    WHERE p.id = asked AND p.status = 'active'
      AND p.partner_id = nullif(current_setting('comity.org', true), '')::uuid
), hidden AS (
    SELECT EXISTS (
        SELECT FROM me JOIN insights_partnerfigures f ON f.vendor_id = me.vendor_id AND f.partnership_id = me.id
        JOIN deals_hiddenamount h ON h.vendor_id = me.vendor_id AND h.partnership_id = me.id
        JOIN insights_dealstate s ON s.vendor_id = h.vendor_id AND s.opportunity_id = h.opportunity_id
        WHERE s.status = 'won' AND s.closed_on > f.as_of - 370
    ) AS is_won
), told AS (
    SELECT p.id = me.id AS is_own, f.as_of, m.measure, m.value,
           cardinality(me.types) > 0 AND p.types @> me.types AND p.types <@ me.types AS same_type,
           p.tier_id = me.tier_id AS same_tier
    FROM me
    JOIN insights_partnerfigures f ON f.vendor_id = me.vendor_id AND f.program_id = me.program_id
    JOIN programs_partnership p ON p.vendor_id = f.vendor_id AND p.id = f.partnership_id AND p.status = 'active'
    CROSS JOIN LATERAL (VALUES
        ('revenue', f.revenue),
        ('deal_size', f.revenue / nullif(f.won - f.without_amount, 0)),
        ('win_rate', f.won::numeric / nullif(f.won + f.lost, 0))
    ) m(measure, value)
), placed AS (
    SELECT g.rank, g.name, t.measure, t.value,
           row_number() OVER (PARTITION BY g.rank, t.measure ORDER BY t.value) - 1 AS place,
           count(*) OVER (PARTITION BY g.rank, t.measure) AS members
    FROM told t CROSS JOIN LATERAL (VALUES
        (1, 'type_and_tier', t.same_type AND t.same_tier), (2, 'type', t.same_type), (3, 'tier', t.same_tier),
        (4, 'program', true)
    ) g(rank, name, belongs)
    WHERE g.belongs AND t.value IS NOT NULL
), edge AS (
    SELECT x.rank, x.name, x.measure, q.share, avg(x.value) AS value, max(x.value) AS most, sum(x.value) AS total
    FROM placed x JOIN (VALUES (0.25), (0.5), (0.75)) q(share)
      ON abs(x.place - round((x.members - 1) * q.share)) <= 1
    WHERE x.members >= 9 GROUP BY x.rank, x.name, x.measure, q.share
), rounded AS (
    SELECT e.rank, e.name, e.measure, e.share, e.total <= 0 OR e.most <= 0.6 * e.total AS is_even,
           CASE WHEN e.measure = 'win_rate' THEN round(e.value * 20) / 20
                WHEN e.value > 0 THEN round(e.value, 1 - floor(log(e.value))::int) ELSE 0 END AS value
    FROM edge e
), band AS (
    SELECT DISTINCT ON (r.measure) r.measure, r.name, max(r.value) FILTER (WHERE r.share = 0.25) AS low,
           max(r.value) FILTER (WHERE r.share = 0.5) AS middle, max(r.value) FILTER (WHERE r.share = 0.75) AS high
    FROM rounded r GROUP BY r.measure, r.rank, r.name
    HAVING bool_and(r.is_even) AND max(r.value) > 0
    ORDER BY r.measure, r.rank
)
SELECT t.measure, t.as_of, CASE WHEN t.measure = 'win_rate' OR NOT x.is_won THEN round(t.value, 4) END,
       b.name, b.low, b.middle, b.high
FROM told t CROSS JOIN hidden x LEFT JOIN band b ON b.measure = t.measure
WHERE t.is_own
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0005_what_partners_claim"),
        ("programs", "0006_peer_band"),
        ("deals", "0013_hiddenamount"),
    ]

    operations = [
        migrations.RunSQL(BAND, "DROP FUNCTION comity_peer_band(uuid);"),
    ]
