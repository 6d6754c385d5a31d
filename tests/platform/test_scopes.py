"""Scopes within scopes: what Python believes and what the database knows stay the same, whatever fails."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from comity.kernel.ids import uuid7
from comity.platform.tenancy import NOBODY, current_scope, switch_organization, tenant
from comity.programs.models import Program


def database_scope() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('comity.org', true), current_setting('comity.person', true)")
        return cursor.fetchone()


def agree() -> bool:
    """Whether the database knows the scope that Python believes in."""
    scope = current_scope()
    return database_scope() == (str(scope.organization_id or ""), str(scope.person_id or ""))


def test_an_exception_gives_the_outer_scope_back(cast):
    with cast.scope("ada") as outer:
        with pytest.raises(ZeroDivisionError), cast.scope("eve"):
            raise ZeroDivisionError
        assert current_scope() == outer
        assert agree()
        assert Program.objects.get() == cast.program


def test_a_database_error_gives_the_outer_scope_back(cast):
    with cast.scope("ada"):
        with pytest.raises(DatabaseError), cast.scope("eve"), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert agree()
        assert Program.objects.get() == cast.program


def test_a_rollback_that_was_asked_for_gives_the_outer_scope_back(cast):
    with cast.scope("ada"):
        with cast.scope("eve"):
            Program.objects.filter(pk=cast.umbra_program.pk).update(name="Never")
            transaction.set_rollback(True)
        assert agree()
        assert Program.objects.get() == cast.program
    with cast.scope("eve"):
        assert Program.objects.get().name != "Never"


def test_three_deep_each_gives_back_its_own(cast):
    with cast.scope("ada"):
        with cast.scope("bo"):
            with tenant():
                assert current_scope().organization_id is None
                assert agree()
            assert current_scope().organization_id == cast.fabrikam.pk
            assert agree()
        assert current_scope().organization_id == cast.northwind.pk
        assert agree()
    assert current_scope() == NOBODY


def test_a_switch_lasts_until_the_end_of_its_scope(cast):
    with cast.scope("ada") as outer:
        with tenant(person_id=cast.person("eve").pk, token="secret"):
            scope = switch_organization(cast.umbra.pk, door="workspace")
            assert (scope.token, scope.door) == ("", "workspace")
            assert agree()
            assert Program.objects.get() == cast.umbra_program
        assert current_scope() == outer
        assert agree()


def test_a_switch_whose_scope_fails_is_undone(cast):
    with cast.scope("ada") as outer:
        with pytest.raises(ZeroDivisionError), tenant():
            switch_organization(cast.umbra.pk) and 1 / 0
        assert current_scope() == outer
        assert agree()


def test_a_switch_within_a_savepoint_is_refused(cast):
    """The savepoint's rollback would take it back in the database, and Python would not know."""
    with cast.scope("ada") as outer:
        with pytest.raises(RuntimeError, match="directly into the block"), transaction.atomic():
            switch_organization(cast.umbra.pk)
        assert current_scope() == outer
        assert agree()


def test_a_switch_that_the_database_refuses_changes_nothing(committed_database):
    with pytest.raises(DatabaseError):
        switch_after_an_error()
    assert current_scope() == NOBODY
    assert database_scope() in [("", ""), (None, None)]


def switch_after_an_error() -> None:
    with tenant(person_id=uuid7()) as scope, connection.cursor() as cursor:
        with pytest.raises(DatabaseError):
            cursor.execute("SELECT 1 / 0")
        try:
            switch_organization(uuid7())
        finally:
            assert current_scope() == scope


def test_history_knows_the_scope_of_the_moment(cast):
    past = apps.get_model("programs", "ProgramEvent")
    token_scope = tenant(person_id=cast.person("ada").pk, door="page")
    with token_scope:
        switch_organization(cast.northwind.pk, door="workspace")
        Program.objects.update(name="New")
        assert past.objects.get().pgh_context == {
            "person": str(cast.person("ada").pk),
            "organization": str(cast.northwind.pk),
            "door": "workspace",
        }


def test_settings_do_not_outlive_their_transaction(committed_database):
    with tenant(organization_id=uuid7(), person_id=uuid7()):
        assert agree()
    assert database_scope() in [("", ""), (None, None)]
