"""What every page of an import begins with: the import that the address names, and the way back."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from comity.connectors.models import ImportRun
from comity.connectors.uploads import imports_visible_to
from comity.web.doors import WorkspaceRequest


def load_import(request: WorkspaceRequest, run: UUID) -> ImportRun:
    """The import of this program, or 404."""
    return get_object_or_404(imports_visible_to(request.actor, request.program).select_related("program"), pk=run)


def import_crumbs(request: WorkspaceRequest) -> list[tuple[str, str]]:
    """The way back to the list."""
    return [(_("Import"), reverse("workspace:imports", args=[request.program.slug]))]
