"""Pages by cursor: `limit` rows after the last one told, in the order of the key, which never changes.

Keys are ordered by time, so a row that is added meanwhile comes at the end (or, newest first, before the beginning):
nobody is told twice and nobody is left out. A cursor is signed and belongs to one list, with its filters, of one
organization.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Self
from uuid import UUID

from django.core import signing
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from comity.kernel.errors import Invalid

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
_PAGE_ONLY: Final = ("cursor", "limit")


class BadCursor(Invalid):
    """The cursor was not given by this list with these filters."""

    code, title = "bad_cursor", "This cursor does not belong here"


class StrictQuery(BaseModel):
    """Base of parameters: a name that the operation does not have is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _refuse_unknown(self, info: ValidationInfo) -> Self:
        request = (info.context or {}).get("request")
        asked = set(request.GET) if request is not None else set()
        names = {field.alias or name for name, field in type(self).model_fields.items()}
        if unknown := sorted(asked - names):
            raise Invalid(
                f"There is no parameter {', '.join(unknown)} here.",
                fields=dict.fromkeys(unknown, "There is no such parameter."),
            )
        return self


class ListQuery(StrictQuery):
    """What every list takes; each list adds its filters."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows a page.")] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=1000, description="From the “next” of the last page; opaque.")] = (
        None
    )


class Page[Item](BaseModel):
    """One page of a list."""

    items: list[Item]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last one.")]


def page_of[Row: Model](
    request: HttpRequest,
    rows: QuerySet[Row],
    query: ListQuery,
    show: Callable[[Row], Any],
    *,
    newest_first: bool = False,
) -> dict[str, Any]:
    """The page the query asks for. Raises BadCursor."""
    sign = "-" if newest_first else ""
    if query.cursor is not None:
        rows = rows.filter(**{"pk__lt" if newest_first else "pk__gt": _read(request, query.cursor)})
    found = list(rows.order_by(f"{sign}pk")[: query.limit + 1])
    shown = found[: query.limit]
    more = len(found) > query.limit
    return {"items": [show(row) for row in shown], "next": _next(request, shown[-1].pk) if more else None}


def _signer(request: HttpRequest) -> signing.Signer:
    """Its salt is the list: organization, address and filters."""
    organization = request.caller.actor.organization_id  # type: ignore[attr-defined]
    filters = sorted((name, values) for name, values in request.GET.lists() if name not in _PAGE_ONLY)
    return signing.Signer(salt=f"comity.api.cursor:{organization}:{request.path}:{filters!r}")


def _read(request: HttpRequest, cursor: str) -> UUID:
    try:
        return UUID(_signer(request).unsign_object(cursor))
    except (signing.BadSignature, ValueError, TypeError, AttributeError) as error:
        raise BadCursor(
            "Follow the `next` address as it was given, with the same filters, or begin without a cursor.",
            fields={"cursor": "Not from this list."},
        ) from error


def _next(request: HttpRequest, last: UUID) -> str:
    parameters = request.GET.copy()
    parameters["cursor"] = _signer(request).sign_object(str(last))
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")
