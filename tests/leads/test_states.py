"""The grids of leads and offers: what the tables refuse, service and database refuse too; the reference shows both."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from cast import NOW
from comity.kernel.ids import uuid7
from comity.kernel.states import IllegalMove
from comity.leads.models import Lead, LeadOffer
from comity.leads.recording import THE_RULES, make_move, move_offer
from comity.leads.states import MACHINE, OFFER_MACHINE, OfferState, State

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "states.md"


@pytest.fixture
def fresh(cast):
    """Makes a lead of Northwind's in any state, perhaps with an offer in any state."""

    def make(state: State = State.RECEIVED, offer: OfferState | None = None) -> Lead | LeadOffer:
        lead = Lead.objects.create(
            vendor_id=cast.northwind.pk, program=cast.program, state=state, reference=uuid7().hex[-20:],
            received_at=NOW, moved_at=NOW, customer_name="Acme", source="other", channel="page",
        )  # fmt: skip
        if offer is None:
            return lead
        return LeadOffer.objects.create(
            vendor_id=cast.northwind.pk, lead=lead, partnership=cast.of_fabrikam, partner_id=cast.fabrikam.pk,
            state=offer, offered_at=NOW, due_at=NOW, moved_at=NOW, customer_name="Acme", contact_name="Erika",
        )  # fmt: skip

    with cast.scope("ada"):
        yield make


def test_the_services_follow_the_tables(fresh):
    for cell in MACHINE.grid():
        lead = fresh(cell.state)
        if cell.next_state is None:
            with pytest.raises(IllegalMove):
                make_move(lead, cell.move, at=NOW, by=THE_RULES)
        else:
            make_move(lead, cell.move, at=NOW, by=THE_RULES)
        lead.refresh_from_db()
        assert lead.state == (cell.next_state or cell.state), cell
    for cell in OFFER_MACHINE.grid():
        offer = fresh(offer=cell.state)
        with suppress(IllegalMove):
            move_offer(offer, cell.move, at=NOW)
            assert (offer.contact_name != "") == (cell.next_state in ("offered", "accepted"))
        offer.refresh_from_db()
        assert offer.state == (cell.next_state or cell.state), cell


def test_the_database_follows_the_tables(fresh):
    for machine, model in ((MACHINE, Lead), (OFFER_MACHINE, LeadOffer)):
        for source in machine.states:
            reached = set()
            row = fresh(source) if model is Lead else fresh(offer=source)
            for target in machine.states:
                with suppress(DatabaseError), transaction.atomic():
                    model.objects.filter(pk=row.pk).update(state=target)
                    reached.add(target)
                    raise DatabaseError
            allowed = {target for start, target in machine.allowed_pairs() if start is source}
            assert reached == allowed | {source}, source


def test_the_reference_shows_the_grids():
    text = REFERENCE.read_text("utf-8").partition("## Lead\n")[2]
    leads, _heading, offers = text.partition("## Lead offer\n")
    for shown, machine in ((leads, MACHINE), (offers, OFFER_MACHINE)):
        for cell in machine.grid():
            line = f"| {cell.state} | {cell.move} | {cell.next_state} |"
            assert (line in shown) == (cell.next_state is not None), cell


def test_every_state_is_reached():
    assert MACHINE.reachable(State.RECEIVED) == set(State)
    assert OFFER_MACHINE.final_states() == (OfferState.DECLINED, OfferState.RETURNED)
