"""Start-up of the floor: policies after each migrate, and words in the reader's language."""

from typing import Any

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.models.signals import post_migrate


class PlatformConfig(AppConfig):
    name = "comity.platform"
    label = "platform"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from comity.platform.languages import install

        install()
        post_migrate.connect(write_policies, dispatch_uid="comity.platform.isolation")


def write_policies(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Rewrite the policies once a migrate, after the last app has its tables. Raises ImproperlyConfigured."""
    from comity.platform import catalogue, isolation

    # Django sends this for each app that has models, in order.
    if sender is [config for config in apps.get_app_configs() if config.models_module is not None][-1]:
        isolation.apply(connections[using])
        if found := catalogue.problems(connections[using]):
            raise ImproperlyConfigured("The isolation of the tables is incomplete:\n" + "\n".join(found))
