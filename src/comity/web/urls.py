"""The addresses of the pages. Below a program or a partnership, each page module brings its own list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from comity.web.accounts_pages import urlpatterns as accounts_pages
from comity.web.demo_mail import urlpatterns as demo_mail
from comity.web.landing import urlpatterns as landing
from comity.web.new_program import urlpatterns as new_program
from comity.web.notice_settings import urlpatterns as notice_settings
from comity.web.refer import urlpatterns as refer
from comity.web.stop_mail import urlpatterns as stop_mail
from comity.web.styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    *landing,
    *accounts_pages,
    *notice_settings,
    *stop_mail,
    *demo_mail,
    *new_program,
    *refer,
    path("styleguide", styleguide, name="styleguide"),
    path("workspace/<slug:program>/", include("comity.web.workspace.urls")),
    path("portal/<uuid:partnership>/", include("comity.web.portal.urls")),
]
