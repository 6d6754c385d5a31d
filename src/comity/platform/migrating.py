"""Bring the tables up to this version. A database that is empty takes a third of the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.core.management import call_command
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState


def migrate_tables(*, verbosity: int = 0) -> None:
    """Run the migrations that are missing, as comity_owner on the connection `owner`."""
    is_empty = not MigrationRecorder(connections["owner"]).has_table()
    with one_model_at_a_time() if is_empty else nullcontext():
        call_command("migrate", database="owner", interactive=False, verbosity=verbosity)


@contextmanager
def one_model_at_a_time() -> Iterator[None]:
    """Let an operation make anew the one model that it changes, not all that are related to it.

    Django makes the classes of all models that point to the same model again, so that the state before an operation
    stays as it was. Every table of ours points to its organization, so that each of some five hundred operations would
    make dozens of classes. In an empty database nobody asks for the state before: there are no rows to carry over,
    and nothing is undone. tests/isolation/test_on_postgresql_15.py compares what comes of it with Django's own way,
    which every existing database goes.
    """
    own_way = ProjectState.reload_model

    def reload_model(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
        if "apps" not in vars(state):  # not made yet: all will be, at once
            return
        is_new = model_name not in state.apps.all_models[app_label]
        if not (delay or is_new):  # a key changes, or a name: those who point there must know
            own_way(state, app_label, model_name, delay)
            return
        with state.apps.bulk_update():
            state.apps.unregister_model(app_label, model_name)
        state.apps.render_multiple([state.models[app_label, model_name]])

    ProjectState.reload_model = reload_model  # type: ignore[method-assign,assignment]  # Django has no place for it
    try:
        yield
    finally:
        ProjectState.reload_model = own_way  # type: ignore[method-assign]  # as above
