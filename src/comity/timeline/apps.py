"""The timeline as a Django app."""

from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "comity.timeline"
    label = "timeline"
