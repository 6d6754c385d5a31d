"""Bodies, forms and queries into values; text that no database can keep is refused before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from django.conf import settings
from django.http import HttpRequest, QueryDict
from ninja.parser import Parser

from comity.api.problems import BodyTooLarge, MalformedRequest, UnsupportedMediaType
from comity.kernel.errors import Invalid

MAX_DEPTH: Final = 20
UPLOAD: Final = "multipart/form-data"
ROOM_FOR_FIELDS: Final = 1024 * 1024
"""Bytes of an upload beside its file."""


class StrictParser(Parser):
    """JSON as RFC 8259 has it (no NaN, no deep nests), and only text that can be kept."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body as values. Raises MalformedRequest, Invalid."""
        try:
            values = json.loads(request.body.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise MalformedRequest("The body is not JSON in UTF-8.") from error
        _refuse_unkeepable("body", values)
        return values

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        """The parameters as values. Raises Invalid."""
        if isinstance(data, QueryDict):
            for name, texts in data.lists():
                _refuse_unkeepable(name, [name, *texts])
        return super().parse_querydict(data, list_fields, request)


def refuse_other_bodies(request: HttpRequest) -> None:
    """Look at the headers before the body. Raises UnsupportedMediaType unless it is JSON or an upload, BodyTooLarge."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method not in ("POST", "PATCH", "PUT") or length == "0":
        return
    is_upload = request.method == "POST" and request.content_type == UPLOAD
    if request.content_type != "application/json" and not is_upload:
        raise UnsupportedMediaType(
            "Send application/json (imports: multipart/form-data), and name it in the Content-Type header."
        )
    if not length.isdecimal():
        raise MalformedRequest("The Content-Length is no number.")
    if int(length) > settings.MAX_UPLOAD_BYTES + ROOM_FOR_FIELDS:
        raise BodyTooLarge("The upload is larger than this installation accepts; split the export.")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_unkeepable(name: str, value: Any) -> None:
    for text in _texts(value):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Invalid("A text holds half a character.", fields={name: "Holds half a character."}) from None
        if "\x00" in text:
            raise Invalid("A text holds a null character.", fields={name: "Holds a null character."})


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text in a JSON value, names of members too. Raises MalformedRequest."""
    if depth > MAX_DEPTH:
        raise MalformedRequest(f"The body nests more than {MAX_DEPTH} levels deep.")
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item, depth + 1)
