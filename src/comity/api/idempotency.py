"""The same request twice does its work once: the answer is kept with the work, in one transaction, for a day.

The first request of a key inserts its row and holds it; a second one waits at the unique index until the first has
committed (then it is told the same answer) or rolled back (then it does the work). A refusal wrote nothing, so it is
not kept either.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse

from comity.api.models import KEPT_HOURS, IdempotentAnswer
from comity.api.tokens import Caller
from comity.kernel.errors import Conflict, Invalid
from comity.kernel.ids import uuid7

HEADER: Final = "Idempotency-Key"
METHODS: Final = ("POST", "PATCH", "PUT")
WAIT: Final = "10s"
LOCK_NOT_AVAILABLE: Final = "55P03"
KEPT_HEADERS: Final = ("Content-Type", "Location")
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_RESERVE: Final = """
INSERT INTO api_idempotentanswer (id, vendor_id, key, fingerprint, headers, body)
VALUES (%s, %s, %s, %s, '{}', '') ON CONFLICT (vendor_id, key) DO NOTHING RETURNING id
"""


class IdempotencyKeyReused(Invalid):
    """The key belongs to another request already."""

    code, title = "idempotency_key_reused", "This Idempotency-Key was used for another request"


class RequestInProgress(Conflict):
    """A request with this key is still at work."""

    code, title = "request_in_progress", "The first request with this key is still at work"


def once(request: HttpRequest, caller: Caller, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer by doing the work, or with what was answered before. Within the request's transaction.

    Raises IdempotencyKeyReused, RequestInProgress, Invalid (a key that is not 1 to 255 visible ASCII characters).
    """
    key = request.headers.get(HEADER)
    if key is None or request.method not in METHODS:
        return work()
    if not _KEY.fullmatch(key):
        raise Invalid(
            f"{HEADER} is 1 to 255 visible ASCII characters.", fields={HEADER: "1 to 255 visible ASCII characters."}
        )
    vendor_id, fingerprint = caller.actor.organization_id, fingerprint_of(request, caller)
    _forget_expired(vendor_id, key, request)
    reserved = _reserve(vendor_id, key, fingerprint)
    if reserved is None:
        return _told_before(vendor_id, key, fingerprint)
    response = work()
    if response.status_code < 400:
        headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        IdempotentAnswer.objects.filter(vendor_id=vendor_id, pk=reserved).update(
            status=response.status_code, headers=headers, body=response.content.decode()
        )
    return response


def fingerprint_of(request: HttpRequest, caller: Caller) -> str:
    """What makes two requests the same: token, method, address, and the body (fields and files of a form)."""
    digest = hashlib.sha256()
    for part in (str(caller.token_id), request.method or "", request.get_full_path()):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    for piece in _body_pieces(request):
        digest.update(piece)
    return digest.hexdigest()


def _body_pieces(request: HttpRequest) -> Iterator[bytes]:
    if request.content_type != "multipart/form-data":  # whose boundary changes with each attempt
        yield request.body
        return
    for name, values in sorted(request.POST.lists()):
        yield repr((name, values)).encode("utf-8", "surrogatepass")
    for name, files in sorted(request.FILES.lists(), key=lambda entry: entry[0]):
        for file in files:
            if isinstance(file, UploadedFile):
                yield repr((name, file.name, file.size)).encode("utf-8", "surrogatepass")
                yield from file.chunks()
                file.seek(0)


def _forget_expired(vendor_id: UUID, key: str, request: HttpRequest) -> None:
    oldest = request.received_at - timedelta(hours=KEPT_HOURS)  # type: ignore[attr-defined]
    IdempotentAnswer.objects.filter(vendor_id=vendor_id, key=key, created_at__lt=oldest).delete()


def _reserve(vendor_id: UUID, key: str, fingerprint: str) -> UUID | None:
    """Take the key, waiting for whoever is at it: its row's id, or None once it is taken. Raises RequestInProgress."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
        try:
            cursor.execute(_RESERVE, [uuid7(), vendor_id, key, fingerprint])
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            raise RequestInProgress("Wait for the first request to end, then ask again.") from error
        row = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    return row[0] if row else None


def _told_before(vendor_id: UUID, key: str, fingerprint: str) -> HttpResponse:
    known = IdempotentAnswer.objects.get(vendor_id=vendor_id, key=key)
    if known.fingerprint != fingerprint or known.status is None:
        raise IdempotencyKeyReused(
            "Use a new key for each new request; repeat a key only to repeat the very same request.",
            fields={HEADER: "Used for another request already."},
        )
    response = HttpResponse(known.body, status=known.status, headers=known.headers)
    response["Idempotency-Replayed"] = "true"
    return response
