"""Start-up of the whole: the wiring table is taken last, when every domain is there."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "comity.project"
    label = "project"

    def ready(self) -> None:
        from comity.platform.outbox import subscribe
        from comity.project.wiring import SUBSCRIPTIONS

        subscribe(SUBSCRIPTIONS)
