"""The page behind "no more e-mail of this kind": works without a sign-in, and by one click of a mail program."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comity.notices.stopping import read_stop, stop_mail


@csrf_exempt  # a mail program posts without our cookie (RFC 8058); the signed link is the permission
@never_cache
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what would stop, since programs that check links follow them; POST stops it."""
    found = read_stop(token)
    everything = "everything" in request.POST
    if request.method == "POST":
        stop_mail(found, everything=everything)
    context = {
        "page_title": _("No more e-mail"),
        "label": found.label,
        "done": request.method == "POST",
        "everything": everything,
    }
    return render(request, "account/stop_mail.html", context)


urlpatterns: list[URLPattern] = [path("notices/stop/<str:token>", stop, name="stop_mail")]
