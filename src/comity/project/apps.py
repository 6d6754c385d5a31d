"""Start-up of the whole: the wiring tables are taken last, when every domain is there."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "comity.project"
    label = "project"

    def ready(self) -> None:
        from comity.notices.mailing import dress_by
        from comity.platform.outbox import subscribe
        from comity.programs.queries.programs import brand_of_letters
        from comity.project.wiring import GATHERERS, SUBSCRIPTIONS
        from comity.worklist.gathering import gather_from

        dress_by(brand_of_letters)
        subscribe(SUBSCRIPTIONS)
        gather_from(GATHERERS)
