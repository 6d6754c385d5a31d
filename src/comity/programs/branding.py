"""How a vendor's programme looks to its own people and to its partners: a logo, and the hue of one accent.

Lightness and chroma of the accent are ours, so that every hue stays readable on every page, in light and dark.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.words import words
from comity.platform.file_types import JPEG, PNG
from comity.platform.files import FileTooLarge, FileTypeRefused, remove_file, store_file
from comity.platform.models import StoredFile
from comity.platform.tenancy import current_scope, tenant
from comity.programs.models import Partnership, Program

LOGO_PURPOSE: Final = "logo"
LOGO_BYTES: Final = 200_000
LOGO_TYPES: Final = (PNG, JPEG)
"""No SVG: it may carry scripts."""
HUES: Final = tuple(range(0, 360, 10))


@transaction.atomic
def set_branding(
    *, program: Program, actor: Actor, hue: int | None, logo: UploadedFile | None = None, without_logo: bool = False
) -> Program:
    """Set the hue (None: ours), and put a logo in the place of the one before, or take it away.

    Raises NotAllowed, Invalid (also for a logo that is too large or no PNG or JPEG).
    """
    actor.require(Permission.MANAGE_PROGRAM)
    if hue is not None and hue not in HUES:
        raise Invalid(words("The look was not saved."), fields={"hue": words("Choose one of the colours.")})
    current = Program.objects.select_for_update().get(vendor_id=actor.organization_id, pk=program.pk)
    former = current.logo
    if logo is not None:
        current.logo = _stored(current, actor, logo)
    elif without_logo:
        current.logo = None
    current.brand_hue = hue
    current.save(update_fields=["brand_hue", "logo"])
    if former is not None and former.pk != current.logo_id:
        remove_file(former)
    return current


def logo_for_vendor(program: Program, actor: Actor) -> StoredFile:
    """The logo, for the vendor's own people. Raises NotFound."""
    return _logo(actor.organization_id, program)


def logo_for_partner(partnership: Partnership, actor: Actor) -> StoredFile:
    """The logo of the programme, for a partner in it: read on the vendor's side. Raises NotFound."""
    own = Partnership.objects.filter(pk=partnership.pk, partner_id=actor.organization_id).select_related("program")
    found = own.first()
    if found is None:
        raise NotFound(words("There is no logo."))
    with tenant(organization_id=found.vendor_id, person_id=actor.person_id, door=current_scope().door):
        return _logo(found.vendor_id, found.program)


def logo_for_public(program: Program) -> StoredFile:
    """The logo of a programme, for a visitor of a public page of its own. Raises NotFound."""
    with tenant(organization_id=program.vendor_id, door="public"):
        return _logo(program.vendor_id, program)


def _logo(vendor_id: UUID, program: Program) -> StoredFile:
    logos = StoredFile.objects.filter(vendor_id=vendor_id, purpose=LOGO_PURPOSE)
    stored = logos.filter(pk=program.logo_id).first() if program.logo_id else None
    if stored is None:
        raise NotFound(words("There is no logo."))
    return stored


def _stored(program: Program, actor: Actor, logo: UploadedFile) -> StoredFile:
    try:
        return store_file(
            vendor_id=program.vendor_id,
            upload=logo,
            purpose=LOGO_PURPOSE,
            allowed=LOGO_TYPES,
            max_bytes=LOGO_BYTES,
            uploaded_by_id=actor.person_id,
        )
    except FileTooLarge as error:
        said = f"The logo has more than {LOGO_BYTES // 1000} kB. Make it smaller; it is shown 24 pixels high."
        raise Invalid(words("The look was not saved."), fields={"logo": said}) from error
    except FileTypeRefused as error:
        raise Invalid(
            words("The look was not saved."), fields={"logo": words("Choose a PNG or JPEG image.")}
        ) from error
