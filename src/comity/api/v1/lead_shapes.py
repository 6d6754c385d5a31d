"""The shapes of leads, offers and referrals."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from comity.api.fields import Amount, AmountIn, Currency, Input, Named, Output, ShortText, Text
from comity.api.paging import ListQuery, Page
from comity.leads.states import Channel, OfferState, Source

LongWords = Annotated[str, Field(max_length=4_000)]
Words = Annotated[str, Field(max_length=1_000)]
Short = Annotated[str, Field(max_length=40)]
# Not the enum itself: the document names schemas by class, and registrations have states, too.
LeadState = Literal[
    "received", "held", "offered", "accepted", "working", "qualified", "converted", "returned", "disqualified",
    "duplicate",
]  # fmt: skip


class Prospect(Input):
    """Who they are, whom to call, what they want."""

    customer_name: Text
    customer_domain: Text = ""
    customer_country: ShortText = ""
    customer_city: ShortText = ""
    customer_industry: ShortText = ""
    contact_name: ShortText = ""
    contact_email: Text = ""
    contact_phone: Short = ""
    contact_role: ShortText = ""
    need: LongWords = ""
    language: Annotated[str, Field(max_length=12, description="ISO 639, such as de.")] = ""


class NewLead(Prospect):
    """A lead. One whose `external_id` the program has already is answered with the lead that it made."""

    program_id: UUID
    families: Annotated[list[Text], Field(max_length=50)] = []
    value: AmountIn | None = None
    currency: Currency | None = None
    source: Source = Source.OTHER
    campaign: ShortText = ""
    external_id: ShortText = ""


class NewReferral(Prospect):
    """A prospect that a partner names; `agreed` says that they know of it and agree to be called."""

    partnership_id: UUID
    agreed: StrictBool


class FoundOut(Output):
    """A record that may mean the same company."""

    kind: Literal["lead", "customer", "registration"]
    id: UUID
    name: str
    band: Literal["same", "family", "ask"]
    reasons: list[str]


class FitOut(Output):
    """How one partner did under one rule; `place` 1 comes first, 0 does not fit."""

    partnership: Named
    fits: bool
    place: int
    reasons: list[str]


class AskedOut(Output):
    """One rule that was asked."""

    rule: str
    is_about: bool
    fits: list[FitOut]


class RouteOut(Output):
    """What the rules said last."""

    version: int
    rule: str
    chosen_id: UUID | None
    held: str
    asked: list[AskedOut]


class LeadOut(Output):
    """A lead, as the vendor reads it."""

    id: UUID
    reference: str
    program_id: UUID
    state: LeadState
    source: Source
    channel: Channel
    campaign: str
    external_id: str | None
    customer_name: str
    customer_domain: str
    customer_country: str
    contact_name: str
    contact_email: str
    contact_phone: str
    need: str
    families: list[str]
    language: str
    value: Amount | None
    currency: str
    received_at: datetime
    moved_at: datetime
    partnership: Named | None
    referred_by: Named | None
    opportunity_id: UUID | None
    registration_id: UUID | None
    duplicate_of_id: UUID | None
    held_for: str
    reason: str


class LeadInFull(LeadOut):
    """One lead with what was found and why it went where it went."""

    findings: list[FoundOut]
    route: RouteOut | None


class LeadPage(Page[LeadOut]):
    """Leads."""


class LeadQuery(ListQuery):
    """The list of leads."""

    program: UUID | None = None
    state: LeadState | None = None
    source: Source | None = None


class LeadAction(Input):
    """What is done with a lead: `offer` with a partnership asks that one, without it the rules choose."""

    action: Literal["offer", "take_back", "disqualify", "merge", "reopen", "convert"]
    partnership_id: UUID | None = None
    into_id: UUID | None = None
    reason: Short = ""
    text: Words = ""


class OfferOut(Output):
    """A lead as its partner reads it: the contact once it is accepted, nothing but the answer once it is over."""

    id: UUID
    reference: str
    partnership: Named
    state: OfferState
    progress: LeadState | None
    offered_at: datetime
    due_at: datetime
    customer_name: str
    customer_domain: str
    customer_country: str
    contact_name: str
    contact_email: str
    contact_phone: str
    need: str
    families: list[str]
    language: str
    value: Amount | None
    currency: str
    reason: str
    registration_id: UUID | None


class OfferPage(Page[OfferOut]):
    """Offers."""


class OfferQuery(ListQuery):
    """The list of offers."""

    state: OfferState | None = None


class OfferAction(Input):
    """What a partner does: `register` begins a registration of it."""

    action: Literal["accept", "decline", "start", "qualify", "return", "register"]
    reason: Short = ""
    text: Words = ""


class ReferralOut(Output):
    """What became of a referral."""

    id: UUID
    customer_name: str
    referred_at: datetime
    by_link: bool
    state: Literal["open", "accepted", "converted", "won", "closed"]


class ReferralPage(Page[ReferralOut]):
    """Referrals."""
