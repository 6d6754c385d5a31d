"""The door: one request from its header to its answer.

Who calls is found out in a transaction of its own, the request is counted on the outside connection, the body is read;
only then the request's transaction opens, and everything the view does happens in it, under the caller's organization.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from comity.api.idempotency import METHODS, once
from comity.api.limits import Allowance, count_request
from comity.api.problems import MethodNotAllowed, TooManyRequests, as_domain_error, problem
from comity.api.reading import refuse_other_bodies
from comity.api.tokens import Caller, caller_of
from comity.identity.actors import Actor
from comity.kernel.errors import NotFound
from comity.platform.answering import answer_as

View = Callable[..., HttpResponseBase]
SAFE_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class ApiRequest(HttpRequest):
    """A request whose caller is known."""

    caller: Caller
    actor: Actor
    received_at: Any


def through_the_door(view: View) -> View:
    """Let only callers with a token in, and answer every failure with a problem document."""

    @csrf_exempt  # no session is accepted here, so there is nothing to forge
    @wraps(view)
    def enter(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.door = "api"
        if request.method == "HEAD":
            request.method = "GET"  # the server leaves the body out
        allowance: list[Allowance] = []
        try:
            response = _answer(request, lambda: view(request, *args, **kwargs), allowance)
        except Exception as error:
            response = problem(as_domain_error(error, request), request)
        for name, value in {**SAFE_HEADERS, **(allowance[0].headers() if allowance else {})}.items():
            response.headers.setdefault(name, value)
        return response

    return enter


def _answer(request: Any, view: Callable[[], HttpResponseBase], allowance: list[Allowance]) -> HttpResponse:
    caller = request.caller = caller_of(request, request.received_at)
    actor = request.actor = caller.actor
    counted = count_request(organization_id=actor.organization_id, token_id=caller.token_id, at=request.received_at)
    allowance.append(counted)
    if counted.exceeded:
        raise TooManyRequests(
            f"{counted.limit} requests a minute; go on in {counted.resets_in} seconds.", retry_after=counted.resets_in
        )
    if "\x00" in request.path:
        raise NotFound("There is nothing at this address.")
    refuse_other_bodies(request)
    if request.method in METHODS:
        _read_body(request)
    return answer_as(
        lambda: once(request, caller, lambda: _viewed(request, view)),
        door="api",
        person_id=actor.person_id,
        organization_id=actor.organization_id,
    )


def _read_body(request: HttpRequest) -> None:
    """Take the body in before the transaction opens: a slow sender must not hold one."""
    if request.content_type == "multipart/form-data":
        len(request.FILES)
    else:
        len(request.body)


def _viewed(request: HttpRequest, view: Callable[[], HttpResponseBase]) -> Any:
    response = view()
    if isinstance(response, HttpResponseNotAllowed):
        allowed = ", ".join(sorted(response["Allow"].split(", ")))
        refused = problem(MethodNotAllowed(f"Here one can {allowed}."), request)
        refused["Allow"] = allowed
        return refused
    return response


def nothing_here(request: HttpRequest) -> HttpResponse:
    """The answer below /api/v1/ where no operation is. Raises NotFound."""
    raise NotFound("There is nothing at this address; the reference is at /api/v1/docs.")
