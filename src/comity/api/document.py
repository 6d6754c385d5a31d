"""The OpenAPI 3.1 document: what the operations declare, and what the door adds to each of them."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from comity.api.idempotency import HEADER, METHODS
from comity.api.problems import MEDIA_TYPE, as_domain_error, problem
from comity.api.reading import StrictParser
from comity.api.tokens import Token

PREFIX: Final = "api/v1/"
READ_PROBLEMS: Final = {
    400: "The request cannot be read.",
    401: "No valid API token.",
    403: "The token's scope, or the role of its maker, does not include this.",
    404: "There is no such thing, or it is not yours to see.",
    405: "The address exists, but not for this method.",
    422: "A value cannot be accepted; `errors` says which, and why.",
    429: "The token has used up its requests of this minute.",
    500: "A mistake of ours, in the log under `request_id`.",
    503: "The database did not answer in time.",
}
WRITE_PROBLEMS: Final = {
    409: "The present state of things stands against it.",
    413: "The body is too large.",
    415: "This kind of body is not read here.",
}
PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "A problem document of RFC 9457. Some problems have further members.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "Address that explains this kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, to what, and what to do."},
        "code": {"type": "string", "description": "Stable name of this kind of problem."},
        "instance": {"type": "string", "description": "Address of the request."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
IDEMPOTENCY_PARAMETER: Final[dict[str, Any]] = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "A name of your choice for this request. Sent again with the same body within 24 hours, the "
    "request is not done again: the first answer is repeated.",
}


class ComityApi(NinjaAPI):
    """Django Ninja with our parser, our problems and our additions to the document."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parser=StrictParser(), docs_url=None, openapi_url=None, urls_namespace="api-v1", **options)

    def set_default_exception_handlers(self) -> None:
        """Every exception becomes a problem document."""
        self.add_exception_handler(Exception, _refuse)

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """The whole document."""
        document = super().get_openapi_schema(path_prefix=path_prefix or PREFIX, path_params=path_params)
        components = document["components"]
        components["schemas"]["Problem"] = PROBLEM_SCHEMA
        components["responses"] = {
            f"Problem{status}": {
                "description": meaning,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            for status, meaning in {**READ_PROBLEMS, **WRITE_PROBLEMS}.items()
        }
        document.pop("servers", None)
        scopes = self._scopes()
        for operations in document["paths"].values():
            for method, operation in operations.items():
                _complete(operation, method, scopes.get(operation["operationId"]))
        return document

    def get_openapi_operation_id(self, operation: Any) -> str:
        """The view's own name: `list_partnerships`."""
        return str(operation.view_func.__name__)

    def _scopes(self) -> dict[str, str]:
        """Operation id to the scope its token needs."""
        return {
            self.get_openapi_operation_id(operation): guard.scope
            for router in self._get_bound_routers()
            for view in router.path_operations.values()
            for operation in view.operations
            for guard in operation.auth_callbacks
            if isinstance(guard, Token)
        }


def _refuse(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(as_domain_error(error, request), request)


def _complete(operation: dict[str, Any], method: str, scope: str | None) -> None:
    """Add scope, problems and the idempotency header to one operation, in place."""
    if scope:
        operation["security"] = [{"Token": [scope]}]
    writes = method.upper() in METHODS
    for status in {**READ_PROBLEMS, **(WRITE_PROBLEMS if writes else {})}:
        operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    for parameter in operation["parameters"]:
        parameter["schema"] = _without_null(parameter["schema"])
    if writes:
        operation["parameters"] = [*operation["parameters"], IDEMPOTENCY_PARAMETER]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not; in an address there is no null."""
    if "anyOf" not in schema:
        return schema
    kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}
