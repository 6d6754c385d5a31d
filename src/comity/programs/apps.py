"""Start-up of programs."""

from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    name = "comity.programs"
    label = "programs"
