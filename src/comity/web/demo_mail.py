"""What the demo has sent: a page for one machine that has no mail server. Elsewhere there is no such page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from comity.platform.mail import KeptLetter, kept_letter, kept_letters

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
MARK: Final = "demo.json"
"""What a finished demo leaves in the home."""
SHOWN_HEADERS: Final = (
    "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
)  # fmt: skip
_FRAMED: Final[dict[str, list[str]]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:"],
    "frame-ancestors": [CSP.SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
_WITH_FRAME: Final[dict[str, list[str]]] = {**cast(dict[str, list[str]], settings.SECURE_CSP), "frame-src": [CSP.SELF]}


def is_here() -> bool:
    """Only in a demo, served to this machine, whose letters are kept in the home."""
    backend = settings.MAILERS["default"]["BACKEND"]
    local = urlsplit(settings.BASE_URL).hostname in LOOPBACK and not settings.BEHIND_TLS
    return local and backend == "comity.platform.mail.HomeMailbox" and (settings.HOME.path / MARK).exists()


def _in_demo(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def enter(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if not is_here() or request.META.get("REMOTE_ADDR") not in LOOPBACK:
            raise Http404("No such page.")
        return view(request, *arguments, **named)

    return enter


@require_GET
@_in_demo
def letters(request: HttpRequest) -> HttpResponse:
    """The newest letters."""
    found = [_line(one) for one in kept_letters()]
    return render(request, "demo_mail.html", {"page_title": _("Letters"), "letters": found})


@csp_override(_WITH_FRAME)
@require_GET
@_in_demo
def letter(request: HttpRequest, letter: str) -> HttpResponse:
    """One letter: as a mail program shows it, its plain part, its headers."""
    found = _found(letter)
    context = {
        "page_title": str(found.message["Subject"]),
        "line": _line(found),
        "plain": found.part("plain"),
        "has_html": bool(found.part("html")),
        "headers": [(name, str(found.message[name])) for name in SHOWN_HEADERS if found.message[name]],
    }
    return render(request, "demo_letter.html", context)


@csp_override(_FRAMED)
@xframe_options_sameorigin
@require_GET
@_in_demo
def letter_html(request: HttpRequest, letter: str) -> HttpResponse:
    """The HTML part alone, for the frame: nothing in it can run or reach us."""
    return HttpResponse(_found(letter).part("html"))


def _found(name: str) -> KeptLetter:
    found = kept_letter(name)
    if found is None:
        raise Http404("No such letter.")
    return found


def _line(one: KeptLetter) -> dict[str, Any]:
    return {
        "name": one.name,
        "to": str(one.message["To"] or ""),
        "subject": str(one.message["Subject"] or ""),
        "sent": str(one.message["Date"] or ""),
    }


urlpatterns: list[URLPattern] = [
    path("mail/", letters, name="demo_mail"),
    path("mail/<slug:letter>/", letter, name="demo_letter"),
    path("mail/<slug:letter>/html", letter_html, name="demo_letter_html"),
]
