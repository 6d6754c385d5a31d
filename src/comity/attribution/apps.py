"""Attribution as a Django app."""

from django.apps import AppConfig


class AttributionConfig(AppConfig):
    name = "comity.attribution"
    label = "attribution"
