"""Whoever is not signed in (any more) is led to sign in and back to the page that they were on; nothing typed is lost.

The page keeps what was sent in the browser's tab (`assets/js/unsent.js`). The server keeps nothing of it: another
person who signs in in the same browser never sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from comity.platform.answering import keep_writes

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Let only people in who are signed in."""

    @wraps(view)
    def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return ask_to_sign_in(request)

    return enter


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in and back: to the page asked for, or the one from which something was to be sent."""
    is_part = bool(getattr(request, "htmx", False))
    if request.method in ("GET", "HEAD") and not is_part:
        return redirect_to_login(request.get_full_path())
    if request.method not in ("GET", "HEAD"):
        text = _("Your session has ended, so nothing was sent yet. Sign in: what you typed is kept in this tab.")
        messages.warning(request, text)
    answer = redirect_to_login(page_before(request))
    if is_part:  # a part of a page: the whole page must go
        return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
    return answer


def page_before(request: HttpRequest) -> str:
    """The page of ours from which a request came; the start page where that is not known."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(came_from)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token no longer holds: the person signed in anew meanwhile, or cookies were cleared."""
    if not request.user.is_authenticated and not request.path.startswith("/accounts/"):
        return cast(HttpResponse, keep_writes(ask_to_sign_in(request)))
    return render(request, "errors/form_too_old.html", {"back": page_before(request)}, status=403)
