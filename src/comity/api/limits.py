"""How often a token may call: so many requests each minute, counted in the database for all processes together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from comity.kernel.ids import uuid7
from comity.platform.tenancy import tenant

REQUESTS_A_MINUTE: Final = int(os.environ.get("COMITY_API_REQUESTS_A_MINUTE", "600"))

# One statement, so that two processes never read the same count. The row is used again each minute.
_COUNT: Final = """
INSERT INTO api_tokenminute (id, vendor_id, token_id, starts_at, requests) VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (vendor_id, token_id) DO UPDATE SET
    requests = CASE WHEN api_tokenminute.starts_at < excluded.starts_at THEN 1 ELSE api_tokenminute.requests + 1 END,
    starts_at = greatest(api_tokenminute.starts_at, excluded.starts_at)
RETURNING requests
"""


@dataclass(frozen=True)
class Allowance:
    """What is left to a token in this minute."""

    limit: int
    remaining: int
    resets_in: int
    """Seconds."""
    exceeded: bool

    def headers(self) -> dict[str, str]:
        """As clients read them."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.resets_in),
        }


def count_request(*, organization_id: UUID, token_id: UUID, at: datetime, limit: int | None = None) -> Allowance:
    """Count one request of the token; on the outside connection, so that a refused request counts too."""
    allowed = REQUESTS_A_MINUTE if limit is None else limit
    starts_at = at.replace(second=0, microsecond=0)
    with (
        tenant(organization_id=organization_id, using="outside"),
        connections["outside"].cursor() as cursor,
    ):
        cursor.execute(_COUNT, [uuid7(), organization_id, token_id, starts_at])
        (made,) = cursor.fetchone()
    left = starts_at + timedelta(minutes=1) - at
    return Allowance(
        limit=allowed,
        remaining=max(allowed - made, 0),
        resets_in=max(1, -(-left // timedelta(seconds=1))),
        exceeded=made > allowed,
    )
