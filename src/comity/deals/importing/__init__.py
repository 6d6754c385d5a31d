"""Customers, products and deals of an export, written set-based from staged rows.

The staged tables are `import_account`, `import_product`, `import_opportunity`, `import_opportunity_line` and
`import_opportunity_partner`, with the fields of the import's vocabulary as columns. The order: `catalogue` (what deals
refer to), `checks` (which rows name somebody unknown, and so hold their deals back), `opportunities` (the deals),
`parts` (their lines and partners), `consequences` (stage history, what partners see). A deal that ends up with the
run's id in `import_run_id` was created or changed by it.

Everything joins temporary tables that were analysed, and new deals take a short way of their own: their ids are chosen
beforehand, so that nothing about them has to be read back from tables of which the planner knows nothing yet.
"""

from comity.deals.importing.catalogue import import_accounts, import_products, import_stages
from comity.deals.importing.checks import OF_DEALS, Stranger, hold_back, repeated_deals, strangers
from comity.deals.importing.consequences import conclude, newest_fact
from comity.deals.importing.opportunities import add_known_assignments, import_opportunities
from comity.deals.importing.parts import import_deal_partners, import_lines, know_owners

__all__ = [
    "OF_DEALS",
    "Stranger",
    "add_known_assignments",
    "conclude",
    "hold_back",
    "import_accounts",
    "import_deal_partners",
    "import_lines",
    "import_opportunities",
    "import_products",
    "import_stages",
    "know_owners",
    "newest_fact",
    "repeated_deals",
    "strangers",
]
