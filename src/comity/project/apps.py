"""Start-up of the whole: the wiring tables are taken last, when every domain is there."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "comity.project"
    label = "project"

    def ready(self) -> None:
        from comity.platform.outbox import subscribe
        from comity.project.wiring import GATHERERS, SUBSCRIPTIONS
        from comity.worklist.gathering import gather_from

        subscribe(SUBSCRIPTIONS)
        gather_from(GATHERERS)
