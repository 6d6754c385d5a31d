"""What a partner says that it can do, for both sides to read and for the partner to tell."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Router
from pydantic import Field, StrictInt

from comity.api.fields import Input, Output
from comity.api.tokens import READ, WRITE
from comity.api.v1.lookups import partnership_of
from comity.programs.queries import capabilities_of
from comity.programs.services.capabilities import CapabilitiesDraft, declare_capabilities

router = Router(tags=["Partnerships"])
Said = Annotated[list[Annotated[str, Field(min_length=1, max_length=1_000)]], Field(max_length=1_000)]


class CapabilitiesIn(Input):
    """Everything that is to stand there; it takes the place of what was said before."""

    skills: Said = []
    certifications: Annotated[Said, Field(description="Of any issuer; nobody checks them.")] = []
    regions: Said = []
    capacity: Annotated[StrictInt | None, Field(description="People who work with customers.")] = None


class CapabilitiesOut(Output):
    """What the partner says of itself; nobody has checked it. Empty, with no day, where it has said nothing."""

    skills: list[str]
    certifications: list[str]
    regions: list[str]
    capacity: int | None
    declared_at: datetime | None


@router.get(
    "/partnerships/{uuid:partnership_id}/capabilities",
    response=CapabilitiesOut,
    auth=READ,
    summary="Read what a partner can do",
)
def read_capabilities(request: Any, partnership_id: UUID) -> Any:
    """What the partner has declared to this vendor."""
    found = capabilities_of(partnership_of(request.actor, partnership_id))
    if found is None:
        return CapabilitiesOut(skills=[], certifications=[], regions=[], capacity=None, declared_at=None)
    return CapabilitiesOut(**{name: getattr(found, name) for name in CapabilitiesOut.model_fields})


@router.put(
    "/partnerships/{uuid:partnership_id}/capabilities",
    response=CapabilitiesOut,
    auth=WRITE,
    summary="Say what you can do",
)
def write_capabilities(request: Any, partnership_id: UUID, given: CapabilitiesIn) -> Any:
    """A partner tells its vendor what it can do. Needs “portal edit company”."""
    draft = CapabilitiesDraft(
        skills=tuple(given.skills),
        certifications=tuple(given.certifications),
        regions=tuple(given.regions),
        capacity=given.capacity,
    )
    partnership = partnership_of(request.actor, partnership_id)
    declare_capabilities(partnership=partnership, actor=request.actor, draft=draft, at=request.received_at)
    return read_capabilities(request, partnership_id)
