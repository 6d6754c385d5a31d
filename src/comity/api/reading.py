"""Bodies, forms and queries into values; text that no database can keep is refused before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from django.http import HttpRequest, QueryDict
from ninja.parser import Parser

from comity.api.problems import MalformedRequest, UnsupportedMediaType
from comity.kernel.errors import Invalid

MAX_DEPTH: Final = 20
UPLOADS: Final = ("multipart/form-data",)


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
    """Raise UnsupportedMediaType unless the body is JSON or a form with files."""
    if request.method not in ("POST", "PATCH", "PUT") or not int(request.META.get("CONTENT_LENGTH") or 0):
        return
    if request.content_type != "application/json" and request.content_type not in UPLOADS:
        raise UnsupportedMediaType(
            "Send application/json (imports: multipart/form-data), and name it in the Content-Type header."
        )


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
