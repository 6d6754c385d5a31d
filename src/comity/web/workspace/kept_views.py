"""Lists kept under a name: the same for every list that has filters in its address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from comity.kernel.errors import NotFound
from comity.kernel.words import words
from comity.programs.queries import views_visible_to
from comity.programs.services import remove_view, save_view
from comity.web.doors import WorkspaceRequest
from comity.web.form_answers import attempt

Normal = Callable[[QueryDict], str]
"""Writes the query of an address in the one order in which two alike are equal."""


def keep_or_forget(request: WorkspaceRequest, page: str, normal: Normal) -> str:
    """Keep the list as it is shown, or forget a kept one, as the form says; the query of the list to show again."""
    query = normal(QueryDict(request.POST.get("query", "")))
    if "remove" in request.POST:
        view = views_visible_to(request.actor, request.program, page).filter(pk=_key(request.POST["remove"])).first()
        if view is None:
            raise NotFound(words("There is no such view."))
        attempt(request, lambda: remove_view(view=view, actor=request.actor), _("The view is gone."))
        return query
    name, is_shared = request.POST.get("name", ""), "is_shared" in request.POST
    attempt(
        request,
        lambda: save_view(
            program=request.program, actor=request.actor, page=page, name=name, query=query, is_shared=is_shared
        ),
        _("The view “%(name)s” is kept.") % {"name": name},
    )
    return query


def offered_views(
    request: WorkspaceRequest, page: str, presets: Sequence[tuple[str, dict[str, str]]], now: str, normal: Normal
) -> list[dict[str, Any]]:
    """The presets that everybody has, then the kept views; the current one is marked."""
    found: list[dict[str, Any]] = [
        {"name": name, "query": normal(QueryDict(urlencode(query))), "own": False} for name, query in presets
    ]
    for view in views_visible_to(request.actor, request.program, page):
        own = view.owner_id == request.actor.person_id
        label = view.name if own else _("%(name)s (%(owner)s)") % {"name": view.name, "owner": view.owner}
        found.append({"name": label, "query": view.query, "own": own, "key": view.pk})
    return [{**view, "current": view["query"] == now} for view in found]


def _key(text: str) -> UUID:
    """The key; of what is none, one that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
