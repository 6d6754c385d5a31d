"""Where a partner stands among its peers: the same for all of a group, and no way to anybody's own figure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from cast import Cast, make_partnership
from comity.deals.models import HiddenAmount
from comity.identity.models import Organization
from comity.insights.models import DealState, PartnerFigures
from comity.insights.peers import PeerBand, peer_bands_for
from comity.kernel.errors import NotAllowed
from comity.programs.models import Partnership, Program
from deal_story import deal

AS_OF = date(2026, 3, 1)


def figures(partnership: Partnership, revenue: int, won: int = 4, lost: int = 4) -> None:
    PartnerFigures.objects.update_or_create(
        vendor_id=partnership.vendor_id,
        partnership_id=partnership.pk,
        defaults={
            "program_id": partnership.program_id, "as_of": AS_OF, "revenue": revenue, "won": won, "lost": lost,
            "without_amount": 0, "open_deals": 0,
        },
    )  # fmt: skip


@pytest.fixture
def peers(cast: Cast) -> list[Partnership]:
    """Fabrikam (10 100), Contoso (20 200) and seven more resellers, up to 90 900."""
    with cast.scope("ada"):
        others = [
            make_partnership(
                cast.program, Organization.objects.create(name=name, private_to_id=cast.northwind.pk).pk, name
            )
            for name in (f"Peer {number}" for number in range(3, 10))
        ]
        everybody = [cast.of_fabrikam, cast.of_contoso, *others]
        for number, one in enumerate(everybody, start=1):
            figures(one, 10_100 * number, won=number, lost=10 - number)
    return everybody


def switch(cast: Cast, *, on: bool) -> None:
    with cast.scope("ada"):
        Program.objects.filter(pk=cast.program.pk).update(shows_peer_band=on)


def bands(cast: Cast, who: str, partnership: Partnership) -> dict[str, PeerBand]:
    with cast.scope(who):
        found = Partnership.objects.select_related("program").get(pk=partnership.pk)
        return {band.measure.value: band for band in peer_bands_for(cast.actor(who), found)}


def told(cast: Cast, who: str, partnership: Partnership) -> list[Any]:
    band = bands(cast, who, partnership)["revenue"]
    return [band.own, band.peers, band.low, band.middle, band.high]


def page(cast: Cast, who: str, partnership: Partnership) -> str:
    return cast.browser(who).get(f"/portal/{partnership.pk}/performance/").content.decode()


def test_a_band_over_nine_is_the_same_for_all_and_moves_with_no_single_one(cast, peers):
    bo, cy = cast.of_fabrikam, cast.of_contoso
    with cast.scope("ada"):
        deal(cast, "Bo won", partner=bo, won_on=AS_OF)
    assert bands(cast, "bo", bo) == {}
    assert "Among our peers" not in page(cast, "bo", bo)
    switch(cast, on=True)
    band = ["type", 30_000, 51_000, 71_000]
    assert told(cast, "bo", bo) == [10_100, *band]
    assert told(cast, "cy", cy) == [20_200, *band]
    rate = bands(cast, "bo", bo)["win_rate"]
    assert (rate.own, rate.low, rate.middle, rate.high) == tuple(map(Decimal, ("0.1", "0.3", "0.5", "0.7")))
    shown = page(cast, "bo", bo)
    assert all(
        words in shown for words in ("Among our peers", "30,000 – 71,000, median 51,000", "below the middle half:")
    )
    assert "90,900" not in shown
    with cast.scope("ada"):
        figures(peers[-1], 90_000_000, won=9, lost=1)
    assert told(cast, "bo", bo) == [10_100, *band]  # the largest may be as large as it likes
    with cast.scope("ada"):
        figures(peers[-2], 80_000_000, won=8, lost=2)  # two giants among nine: one of the three at the upper edge
    assert told(cast, "bo", bo) == [10_100, None, None, None, None]
    with cast.scope("ada"):
        figures(peers[-2], 80_800, won=8, lost=2)
        hidden = deal(cast, "Hidden", partner=bo)
        HiddenAmount.objects.create(vendor_id=cast.northwind.pk, partnership=bo, opportunity=hidden)
    assert told(cast, "bo", bo) == [10_100, *band]  # it is open yet, so in no sum
    with cast.scope("ada"):
        DealState.objects.create(
            vendor_id=cast.northwind.pk, program_id=cast.program.pk, opportunity_id=hidden.pk, from_on=AS_OF,
            to_on=date.max, status="won", amount=500, closed_on=AS_OF, role="sourced",
        )  # fmt: skip
    assert told(cast, "bo", bo) == [None, *band]  # our own sum would give a hidden amount away
    with cast.scope("ada"):
        Partnership.objects.filter(pk=peers[-1].pk).update(status="paused")
    assert told(cast, "bo", bo)[1] is None
    assert "too few peers to compare with" in page(cast, "bo", bo) or "Not enough peers yet" in page(cast, "bo", bo)


def test_nobody_else_gets_an_answer_and_no_row_is_read(cast, peers):
    switch(cast, on=True)

    def count(who: str, statement: str, *given: object) -> int:
        with cast.scope(who), connection.cursor() as cursor:
            cursor.execute(statement, given)
            return cursor.rowcount

    call = "SELECT * FROM comity_peer_band(%s)"
    assert count("bo", call, cast.of_fabrikam.pk) == 3
    others = {(who, one.name): count(who, call, one.pk) for who in ("ada", "bo", "eve") for one in peers[1:3]}
    assert set(others.values()) == {0}
    assert count("ada", call, cast.of_fabrikam.pk) == count("cy", call, cast.of_fabrikam.pk) == 0
    assert count("bo", "SELECT * FROM insights_partnerfigures") == 0
    assert count("bo", "UPDATE insights_partnerfigures SET revenue = 1") == 0
    assert count("bo", "UPDATE programs_program SET shows_peer_band = true") == 0
    switch(cast, on=False)
    assert count("bo", call, cast.of_fabrikam.pk) == 0
    with cast.scope("ada"), pytest.raises(NotAllowed):
        peer_bands_for(cast.actor("ada"), cast.of_fabrikam)
