"""Start-up of insights."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "comity.insights"
    label = "insights"
