"""Matching as a Django app: answers of people, a vendor's own weights, and the index of its known companies."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "comity.matching"
    label = "matching"
