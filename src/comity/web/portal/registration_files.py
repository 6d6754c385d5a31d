"""The files beside a partner's registration: added, read, taken away from a draft."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from comity.deals.models import Registration
from comity.deals.registration.attachments import attach_all, content_for_partner, file_of, remove_attachment
from comity.deals.registration.queries import registrations_of_partnership
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotFound
from comity.kernel.words import words
from comity.platform.downloads import download
from comity.platform.files import Upload
from comity.web.doors import PortalRequest, portal
from comity.web.form_answers import attempt


def uploads_of(request: HttpRequest) -> list[tuple[Upload, bool]]:
    """The files of a form: the customer's letter, then the others."""
    letters: list[Any] = [(one, True) for one in request.FILES.getlist("letter")]
    return [*letters, *((one, False) for one in request.FILES.getlist("files"))]


@require_POST
@portal(Permission.PORTAL_DEALS)
def registration_files(request: PortalRequest, registration: UUID) -> HttpResponse:
    """Put files beside it."""
    found = load(request, registration)
    uploads = uploads_of(request)

    def keep() -> None:
        if not uploads:
            raise Invalid(_("Choose a file first."))
        attach_all(
            uploads, registration=found, partnership=request.partnership, actor=request.actor, at=request.received_at
        )

    attempt(request, keep, _("The files are kept with the registration."))
    return redirect(f"{reverse('portal:registration', args=[request.partnership.pk, found.pk])}#files_title")


@require_http_methods(["GET", "POST"])
@portal(Permission.PORTAL_DEALS)
def registration_file(
    request: PortalRequest, registration: UUID, attachment: UUID
) -> HttpResponse | StreamingHttpResponse:
    """Send one file; a POST takes it away from a draft."""
    found = load(request, registration)
    one = file_of(found, attachment)
    if request.method != "POST":
        return download(content_for_partner(one, request.partnership, request.actor))
    order: dict[str, Any] = {"registration": found, "partnership": request.partnership, "actor": request.actor}
    attempt(request, lambda: remove_attachment(attached=one, **order), _("%(name)s is gone.") % {"name": one.name})
    return redirect("portal:registration", partnership=request.partnership.pk, registration=found.pk)


def load(request: PortalRequest, registration_id: UUID) -> Registration:
    """A registration of the partnership. Raises NotFound."""
    found = registrations_of_partnership(request.actor, request.partnership).filter(pk=registration_id).first()
    if found is None:
        raise NotFound(words("There is no such registration of yours."))
    return found


urlpatterns: list[URLPattern] = [
    path("deals/registrations/<uuid:registration>/files/", registration_files, name="registration_files"),
    path(
        "deals/registrations/<uuid:registration>/files/<uuid:attachment>/", registration_file, name="registration_file"
    ),
]
