"""Version 1: one module a resource, each with its own router."""

from comity.api.document import ComityApi
from comity.api.v1 import (
    attribution,
    attribution_settings,
    capabilities,
    customers,
    engagement_rules,
    import_corrections,
    imports,
    leads,
    me,
    metrics,
    notices,
    opportunities,
    partnerships,
    peer_bands,
    programs,
    reassignments,
    received_messages,
    registration_care,
    registration_files,
    registrations,
    rooms,
    shared_deals,
    timeline,
    worklist,
)

api = ComityApi(
    title="Comity",
    version="1",
    description=(
        "Partner programs, partnerships, deals, metrics and imports. Send an API token as "
        "“Authorization: Bearer cmty_…”. Amounts are decimals in strings with a currency beside them, days are "
        "ISO 8601, ids are UUIDs. Every refusal is a problem document (RFC 9457)."
    ),
)
for module in (
    me,
    programs,
    partnerships,
    peer_bands,
    capabilities,
    reassignments,
    shared_deals,
    registration_care,
    received_messages,
    registration_files,
    registrations,
    engagement_rules,
    leads,
    rooms,
    timeline,
    notices,
    opportunities,
    attribution,
    attribution_settings,
    customers,
    metrics,
    imports,
    import_corrections,
    worklist,
):
    api.add_router("", module.router)
