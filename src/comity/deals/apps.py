"""Start-up of deals."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "comity.deals"
    label = "deals"
