"""The files beside a registration: listed and read by both sides, added and taken away by the partner."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from ninja import File, Form, Router, UploadedFile
from ninja.responses import Status as Reply

from comity.api.fields import Input, Output
from comity.api.tokens import READ, WRITE
from comity.deals.models import Registration, RegistrationFile
from comity.deals.registration.attachments import (
    attach_file,
    content_for_partner,
    content_for_vendor,
    file_of,
    files_of,
    remove_attachment,
)
from comity.deals.registration.queries import registration_visible_to
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.platform.downloads import download

router = Router(tags=["Registrations"])


class RegistrationFileOut(Output):
    """A file beside a registration."""

    id: UUID
    name: str
    media_type: str
    size: int
    is_letter: bool
    added_at: datetime
    added_by_name: str


class RegistrationFiles(Output):
    """The files beside a registration, the customer's letter first."""

    items: list[RegistrationFileOut]


class NewFile(Input):
    """What the file is."""

    is_letter: bool = False


@router.get(
    "/registrations/{uuid:registration_id}/files", response=RegistrationFiles, auth=READ, summary="List its files"
)
def list_files(request: Any, registration_id: UUID) -> Any:
    """The files beside a registration, for both sides."""
    found = registration_visible_to(request.actor, registration_id)
    return RegistrationFiles(items=[_show(one) for one in files_of(found)])


@router.post(
    "/registrations/{uuid:registration_id}/files", response={201: RegistrationFileOut}, auth=WRITE, summary="Add a file"
)
def add_file(
    request: Any,
    registration_id: UUID,
    response: HttpResponse,
    new: Form[NewFile],
    file: Annotated[UploadedFile, File(description="PDF, picture, spreadsheet, document or text; 10 MB at most.")],
) -> Any:
    """Put a file beside a registration of one's own. `is_letter` marks the customer's signed letter (PDF or picture),
    with which it is judged again. Needs “portal deals”."""
    actor: Actor = request.actor
    found = _own(actor, registration_id)
    kept = attach_file(
        registration=found, partnership=found.partnership, actor=actor, upload=file, is_letter=new.is_letter,
        at=request.received_at,
    )  # fmt: skip
    response["Location"] = f"/api/v1/registrations/{registration_id}/files/{kept.pk}"
    return Reply(201, _show(kept))


@router.get("/registrations/{uuid:registration_id}/files/{uuid:file_id}", auth=READ, summary="Read a file")
def read_file(request: Any, registration_id: UUID, file_id: UUID) -> StreamingHttpResponse:
    """The bytes of a file, for both sides."""
    actor: Actor = request.actor
    found = registration_visible_to(actor, registration_id)
    one = file_of(found, file_id)
    if found.vendor_id == actor.organization_id:
        return download(content_for_vendor(one, actor))
    return download(content_for_partner(one, found.partnership, actor))


@router.delete(
    "/registrations/{uuid:registration_id}/files/{uuid:file_id}", response={204: None}, auth=WRITE,
    summary="Take a file away",
)  # fmt: skip
def remove_file(request: Any, registration_id: UUID, file_id: UUID) -> Any:
    """Take a file away from a draft. Needs “portal deals”."""
    actor: Actor = request.actor
    found = _own(actor, registration_id)
    remove_attachment(attached=file_of(found, file_id), registration=found, partnership=found.partnership, actor=actor)
    return Reply(204, None)


def _own(actor: Actor, registration_id: UUID) -> Registration:
    found = registration_visible_to(actor, registration_id)
    actor.require(Permission.PORTAL_DEALS)
    return found


def _show(one: RegistrationFile) -> RegistrationFileOut:
    return RegistrationFileOut(**{name: getattr(one, name) for name in RegistrationFileOut.model_fields})
