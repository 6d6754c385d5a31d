"""Every refusal as a problem document (RFC 9457): the codes the door adds, and how any exception becomes one."""

from __future__ import annotations

import json
from typing import Any, Final

import structlog
from django.core import exceptions as django_errors
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDictKeyError
from ninja.errors import HttpError, ValidationError

from comity.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound

log = structlog.get_logger(__name__)
MEDIA_TYPE: Final = "application/problem+json"
PROBLEMS: Final = "/api/v1/docs#"
"""Each problem's `type` is its place on the reference page."""


class NotAuthenticated(DomainError):
    """The request carries no API token that is in force."""

    code, status, title = "not_authenticated", 401, "No valid API token"


class ScopeMissing(NotAllowed):
    """The token was issued without the scope this needs. Detail: `scope`."""

    code, title = "scope_missing", "The token lacks a scope"


class MalformedRequest(DomainError):
    """The request cannot be read: broken JSON, a broken upload, an impossible address."""

    code, status, title = "malformed_request", 400, "The request cannot be read"


class MethodNotAllowed(DomainError):
    """The address exists, but not for this method."""

    code, status, title = "method_not_allowed", 405, "No such method here"


class BodyTooLarge(DomainError):
    """The body is larger than this installation accepts."""

    code, status, title = "body_too_large", 413, "The body is too large"


class UnsupportedMediaType(DomainError):
    """The body is neither JSON nor, where a file is asked for, a form."""

    code, status, title = "unsupported_media_type", 415, "This kind of body is not read here"


class TooManyRequests(DomainError):
    """The token has used up its requests of this minute. Detail: `retry_after` (seconds)."""

    code, status, title = "too_many_requests", 429, "Too many requests"


class ServerError(DomainError):
    """A mistake of ours; the log has it under the request's id. Detail: `request_id`."""

    code, status, title = "server_error", 500, "Something went wrong on our side"


class Busy(DomainError):
    """The database did not answer in time; trying again may help."""

    code, status, title = "busy", 503, "Too busy at the moment"


def problem(error: DomainError, request: HttpRequest) -> HttpResponse:
    """The response that says this error."""
    document = error.as_problem(base=PROBLEMS, instance=request.path)
    response = HttpResponse(json.dumps(document, ensure_ascii=False), status=error.status, content_type=MEDIA_TYPE)
    match error:
        case NotAuthenticated():
            response["WWW-Authenticate"] = 'Bearer realm="Comity"'
        case TooManyRequests():
            response["Retry-After"] = str(error.detail.get("retry_after", 60))
        case Busy():
            response["Retry-After"] = "5"
    return response


def as_domain_error(error: BaseException, request: HttpRequest) -> DomainError:
    """What any exception means to the caller. Whatever is unknown is logged and told without particulars."""
    match error:
        case DomainError():
            return error
        case HttpError() if isinstance(error.__cause__, DomainError):
            return error.__cause__
        case ValidationError():
            return _invalid(error.errors)
        case django_errors.ValidationError():
            return Invalid("Please check the values.", fields=_fields_of(error))
        case Http404():
            return NotFound("There is nothing at this address that you may see.")
        case django_errors.PermissionDenied():
            return NotAllowed("You may not do this.")
    return _technical(error, request)


def _technical(error: BaseException, request: HttpRequest) -> DomainError:
    """Failures of reading and of the database."""
    match error:
        case RawPostDataException():  # a form was read where JSON is expected
            return UnsupportedMediaType("Send application/json here.")
        case django_errors.RequestDataTooBig() | django_errors.TooManyFilesSent():
            return BodyTooLarge("Send less at once; exports go to the imports, as a file.")
        case HttpError(status_code=400) | MultiPartParserError() | MultiValueDictKeyError():
            return MalformedRequest("The body could not be read; check that it is what its Content-Type says.")
        case django_errors.SuspiciousOperation() | django_errors.BadRequest() | UnicodeError():
            return MalformedRequest("Something in the request is not text we can read.")
        case IntegrityError():
            # Never the database's own words: they would name a row of somebody else.
            log.warning("integrity", error=type(error).__name__)
            return Conflict("This stands against something recorded already.")
        case DataError():
            log.warning("data", error=type(error).__name__)
            return Invalid("A value is longer or larger than can be kept.")
        case OperationalError():
            log.error("database", error=str(error).partition("\n")[0])
            return Busy("The database did not answer in time. Try again in a few seconds.")
    log.error("unhandled", exc_info=error)
    name = getattr(request, "request_id", "")
    return ServerError(f"Something went wrong on our side; it is in the log as {name}.", request_id=name)


def _invalid(errors: list[dict[str, Any]]) -> Invalid:
    """One line a field, named as the caller wrote it: `amount`, `partners.0.role`."""
    fields: dict[str, str] = {}
    for error in errors:
        place = [str(part) for part in error["loc"][1:]]
        if error["loc"][0] == "body" and len(place) > 1:
            place = place[1:]  # the name of the view's argument
        fields.setdefault(".".join(place) or error["loc"][0], str(error["msg"]))
    return Invalid(f"{len(fields)} value{'' if len(fields) == 1 else 's'} cannot be accepted.", fields=fields)


def _fields_of(error: django_errors.ValidationError) -> dict[str, str]:
    if hasattr(error, "error_dict"):
        return {name: " ".join(messages) for name, messages in error.message_dict.items()}
    return {"": " ".join(error.messages)}
