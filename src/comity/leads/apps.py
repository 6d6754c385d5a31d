"""Start-up of leads."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "comity.leads"
    label = "leads"
