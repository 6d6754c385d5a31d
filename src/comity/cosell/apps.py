"""Start-up of co-sell."""

from django.apps import AppConfig


class CosellConfig(AppConfig):
    name = "comity.cosell"
    label = "cosell"
