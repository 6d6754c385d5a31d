"""Expected failures: a named class with a code, raised below, translated once by each door.

A page turns one into a banner (its message, and a line beside each field); the API and the agents turn it
into a problem document of RFC 9457. Mistakes of the programmer (a float as an amount) stay `TypeError` and
`ValueError`: nobody is expected to catch those.
"""

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from comity.kernel.words import words

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

_CODE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PROBLEM_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "instance", "code", "errors"})


class DomainError(Exception):
    """A failure the business knows. Subclasses set `code`, and `status` and `title` where the base does not fit.

    Attributes:
        code: stable name for machines, snake_case; it has a heading in `docs/reference/`.
        status: HTTP status, 400-599.
        title: what kind of failure this is; the same for every occurrence.
        message: what happened, to what, and what to do, for a person.
        fields: input name -> message to show beside that input.
        detail: further facts of this occurrence; in a problem document they stand beside the standard members.
    """

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 400
    title: ClassVar[str] = words("This could not be done")

    def __init_subclass__(cls, **options: object) -> None:
        """Refuse a class whose code or status no door could show. Raises TypeError."""
        super().__init_subclass__(**options)
        if not _CODE.fullmatch(cls.code):
            raise TypeError(f"{cls.__qualname__}.code must be snake_case, not {cls.code!r}.")
        if not 400 <= cls.status <= 599:
            raise TypeError(f"{cls.__qualname__}.status must be 400-599, not {cls.status!r}.")

    def __init__(self, message: str = "", *, fields: Mapping[str, str] | None = None, **detail: object) -> None:
        """Keep the message (the title where none is given). Raises TypeError for a detail named like a standard one."""
        if taken := _PROBLEM_MEMBERS & detail.keys():
            raise TypeError(f"A problem document has these members already: {', '.join(sorted(taken))}.")
        self.message = message or self.title
        self.fields: dict[str, str] = dict(fields or {})
        self.detail: dict[str, object] = detail
        super().__init__(self.message)

    def __str__(self) -> str:
        """The message, for a person."""
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by state: jobs and test workers carry errors between processes."""
        return _restored, (type(self), self.message, self.fields, self.detail)

    def as_problem(self, *, base: str = "/problems/", instance: str | None = None) -> dict[str, Json]:
        """The problem document of RFC 9457, section 3, in plain JSON values.

        Args:
            base: address the code is appended to, which gives `type`.
            instance: address of this occurrence (the request), if there is one.
        """
        problem: dict[str, Json] = {
            "type": f"{base}{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            "code": self.code,
        }
        if instance is not None:
            problem["instance"] = instance
        if self.fields:
            problem["errors"] = [{"field": name, "detail": message} for name, message in self.fields.items()]
        problem.update({name: _plain(value) for name, value in self.detail.items()})
        return problem


class NotFound(DomainError):
    """There is no such thing, or this reader may not know of it: the two look the same from outside."""

    code, status = "not_found", 404
    title: ClassVar[str] = words("Not found")


class NotAllowed(DomainError):
    """The reader sees the thing, but the role does not permit this."""

    code, status = "not_allowed", 403
    title: ClassVar[str] = words("Not allowed")


class Invalid(DomainError):
    """The input cannot be accepted as it stands."""

    code, status = "invalid", 422
    title: ClassVar[str] = words("Please check what you entered")


class Conflict(DomainError):
    """The input is fine, but the present state of things stands against it."""

    code, status = "conflict", 409
    title: ClassVar[str] = words("Not possible at present")


def known_errors(root: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every error class imported so far, the root first, each once; for the reference and its test."""
    seen: set[type[DomainError]] = set()
    waiting = [root]
    while waiting:
        error = waiting.pop(0)
        if error not in seen:
            seen.add(error)
            yield error
            waiting.extend(error.__subclasses__())


def _restored(error: type[DomainError], message: str, fields: dict[str, str], detail: dict[str, object]) -> DomainError:
    """Rebuild a pickled error without its constructor: a subclass may have one with other arguments."""
    restored = error.__new__(error, message)
    restored.args = (message,)
    restored.message, restored.fields, restored.detail = message, fields, detail
    return restored


def _plain(value: object) -> Json:
    """JSON as it is; anything else (money, a date, an id) as its text."""
    match value:
        case None | bool():
            return value
        case str():
            return str(value)  # a StrEnum becomes its value
        case int() | float():
            return value
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return str(value)
