"""Start-up of identity."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "comity.identity"
    label = "identity"
