"""The CRM pipeline of `crm-sales/`, read from its raw files."""

from pathlib import Path

from .facts import Facts, open_database, read_raw

FILES = ("sales_pipeline", "products", "sales_teams")
TOLD = frozenset({"partner", "region", "manager", "family", "role", "month", "quarter", "year"})

LOAD = """
INSERT INTO partnership
SELECT sales_agent, sales_agent, NULL, regional_office, manager FROM raw_sales_teams;

INSERT INTO manager SELECT DISTINCT manager, manager FROM raw_sales_teams;

-- The value of a lost deal is a literal 0 that stands for "unknown", not for an amount.
INSERT INTO deal
SELECT o.opportunity_id,
       CASE o.deal_stage WHEN 'Won' THEN 'won' WHEN 'Lost' THEN 'lost' ELSE 'open' END,
       CAST(strptime(o.engage_date, '%m/%d/%Y') AS DATE),
       CAST(strptime(o.close_date, '%m/%d/%Y') AS DATE),
       CASE o.deal_stage WHEN 'Won' THEN CAST(o.close_value AS DECIMAL(20, 4)) END,
       t.manager
FROM raw_sales_pipeline o JOIN raw_sales_teams t USING (sales_agent);

-- The pipeline writes GTXPro for the product that the list calls GTX Pro; the series is the family.
INSERT INTO deal_line
SELECT d.deal_id, p.series, d.amount
FROM deal d
JOIN raw_sales_pipeline o ON o.opportunity_id = d.deal_id
JOIN raw_products p ON p.product = CASE o.product WHEN 'GTXPro' THEN 'GTX Pro' ELSE o.product END;

INSERT INTO deal_partner SELECT opportunity_id, sales_agent, 'sourced' FROM raw_sales_pipeline;
"""

NEWEST = "SELECT greatest(max(opened_on), max(closed_on)) FROM deal"


def load(folder: Path) -> Facts:
    """Read the set; its newest fact is the latest engage or close date."""
    database = open_database()
    read_raw(database, folder, FILES)
    database.execute(LOAD)
    ((newest,),) = database.execute(NEWEST).fetchall()
    return Facts(database=database, currency="USD", data_as_of=newest, told=TOLD)
