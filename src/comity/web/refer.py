"""The page behind a partner's link: a prospect leaves its details. It tells the companies' names and the look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from allauth.core import ratelimit
from django import forms
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from comity.leads.models import ReferralLink
from comity.leads.referrals import TooManyReferrals, consent_of, leave_details, link_of, program_of_link
from comity.platform.middleware import ReceivedRequest
from comity.programs.branding import logo_for_public
from comity.web.brand import image_answer
from comity.web.form_answers import accepts
from comity.web.lead_forms import ProspectForm

FASTEST: Final = timedelta(seconds=2)
"""Nobody fills the form in less; a program does."""
LONGEST: Final = timedelta(days=2)
_SALT: Final = "comity.refer"


class ReferForm(ProspectForm):
    """A prospect's details; two fields that no person fills or changes."""

    agreed = forms.BooleanField(required=False)
    fax = forms.CharField(required=False, widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}))
    begun = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, consent: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["agreed"].label = consent
        self.fields["customer_name"].label = gettext_lazy("Your company")
        self.fields["contact_name"].label = gettext_lazy("Your name")
        self.fields["contact_email"].label = gettext_lazy("Your e-mail address")
        self.fields["contact_phone"].label = gettext_lazy("Your telephone number")
        self.fields["need"].label = gettext_lazy("What do you need?")


@never_cache
@require_http_methods(["GET", "POST"])
def refer(request: ReceivedRequest, secret: str) -> HttpResponse:
    """The form, and a word of thanks. What a program sends is thanked for, too, and kept nowhere."""
    at = request.received_at
    link = link_of(secret)
    begun = signing.dumps("", salt=_SALT)
    form = ReferForm(request.POST or None, consent=consent_of(link, at), initial={"begun": begun})
    context: dict[str, Any] = {"link": link, "form": form, "page_title": link.vendor_name, **_look(link, secret)}
    if request.method == "GET":
        return render(request, "public/refer.html", context)
    if not ratelimit.consume(request, action="refer"):
        form.add_error(None, _("Too many came from where you are. Try again in an hour."))
        return render(request, "public/refer.html", context, status=429)
    if _is_program(request.POST.get("fax", ""), request.POST.get("begun", "")):
        return render(request, "public/refer.html", {**context, "sent": True})

    def save() -> None:
        leave_details(link=link, draft=form.draft(), agreed=form.cleaned_data["agreed"], at=at)

    try:
        sent = accepts(form, save)
    except TooManyReferrals as error:
        form.add_error(None, error.message)
        return render(request, "public/refer.html", context, status=429)
    return render(request, "public/refer.html", {**context, "sent": sent}, status=200 if sent else 422)


@require_GET
def refer_logo(request: ReceivedRequest, secret: str, file_id: UUID) -> HttpResponse:
    """The vendor's logo on the page behind a link that works."""
    return image_answer(logo_for_public(program_of_link(link_of(secret))), file_id)


def _look(link: ReferralLink, secret: str) -> dict[str, Any]:
    """The vendor's hue and logo: the prospect knows it, not us."""
    program = program_of_link(link)
    logo = reverse("refer_logo", args=[secret, program.logo_id]) if program.logo_id else ""
    return {"brand_hue": program.brand_hue, "brand_logo": logo}


def _is_program(fax: str, begun: str) -> bool:
    """Whether the hidden field was filled, or the form came back faster than a person types or was never given out."""
    if fax:
        return True
    try:
        signing.loads(begun, salt=_SALT, max_age=LONGEST)
    except signing.BadSignature:
        return True
    try:
        signing.loads(begun, salt=_SALT, max_age=FASTEST)
    except signing.SignatureExpired:
        return False
    return True


urlpatterns: list[URLPattern] = [
    path("refer/<str:secret>/", refer, name="refer"),
    path("refer/<str:secret>/logo/<uuid:file_id>", refer_logo, name="refer_logo"),
]
