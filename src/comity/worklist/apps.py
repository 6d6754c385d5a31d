"""Start-up of the worklist."""

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "comity.worklist"
    label = "worklist"
