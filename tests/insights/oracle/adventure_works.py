"""The reseller channel of `adventureworks/`, read from its raw files."""

from pathlib import Path

from .facts import Facts, open_database, read_raw

FILES = ("FactResellerSales", "Resellers", "Product", "DimSalesTerritory", "Employees", "SalesQuota")
TOLD = frozenset({"partner", "type", "region", "manager", "family", "role", "month", "quarter", "year"})

LOAD = """
CREATE TABLE sold AS
SELECT SalesOrderNumber AS order_number, CAST(OrderDate AS DATE) AS ordered_on, ResellerKey AS reseller,
       EmployeeKey AS employee, ProductKey AS product, t.SalesTerritoryRegion AS region,
       CAST(nullif(SalesAmount, 'NULL') AS DECIMAL(20, 4)) AS amount
FROM raw_FactResellerSales s LEFT JOIN raw_DimSalesTerritory t USING (SalesTerritoryKey);

INSERT INTO manager SELECT EmployeeKey, FirstName || ' ' || LastName FROM raw_Employees;

INSERT INTO quota
SELECT EmployeeKey, CAST(QuarterStart AS DATE),
       CAST(CAST(QuarterStart AS DATE) + INTERVAL 3 MONTH - INTERVAL 1 DAY AS DATE),
       CAST(SalesAmountQuota AS DECIMAL(20, 4))
FROM raw_SalesQuota;

-- An order is a won deal. When it was opened is unknown; it is not the order date.
-- One line without an amount leaves the amount of its order unknown: part of a sum is not the sum.
INSERT INTO deal
SELECT order_number, 'won', NULL, min(ordered_on),
       CASE WHEN count(amount) = count(*) THEN sum(amount) END, min(employee)
FROM sold GROUP BY order_number;

INSERT INTO deal_line
SELECT s.order_number, p.EnglishProductCategoryName, s.amount
FROM sold s LEFT JOIN raw_Product p ON p.ProductKey = s.product;

INSERT INTO deal_partner SELECT DISTINCT order_number, reseller, 'fulfilled' FROM sold;

CREATE TABLE last_order AS
SELECT reseller, employee, region
FROM (
    SELECT *, row_number() OVER (PARTITION BY reseller ORDER BY ordered_on DESC, order_number DESC) AS place FROM sold
) WHERE place = 1;

-- Where a reseller never sold: the one region of its state's sellers, else the one territory of its country.
CREATE TABLE state_region AS
SELECT Country_Region AS country, StateProvinceName AS state, min(region) AS region
FROM last_order JOIN raw_Resellers ON ResellerKey = reseller
GROUP BY ALL HAVING count(DISTINCT region) = 1;

CREATE TABLE country_region AS
SELECT SalesTerritoryCountry AS country, min(SalesTerritoryRegion) AS region
FROM raw_DimSalesTerritory GROUP BY ALL HAVING count(*) = 1;

INSERT INTO partnership
SELECT r.ResellerKey, r.ResellerName, 'reseller', coalesce(l.region, s.region, c.region), l.employee
FROM raw_Resellers r
LEFT JOIN last_order l ON l.reseller = r.ResellerKey
LEFT JOIN state_region s ON s.country = r.Country_Region AND s.state = r.StateProvinceName
LEFT JOIN country_region c ON c.country = r.Country_Region;
"""


def load(folder: Path) -> Facts:
    """Read the set; its newest fact is the latest order date (a quota is a plan, not a fact)."""
    database = open_database()
    read_raw(database, folder, FILES)
    database.execute(LOAD)
    ((newest,),) = database.execute("SELECT max(ordered_on) FROM sold").fetchall()
    return Facts(database=database, currency="USD", data_as_of=newest, told=TOLD)
