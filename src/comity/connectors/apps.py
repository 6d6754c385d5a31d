"""Start-up of connectors."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "comity.connectors"
    label = "connectors"
