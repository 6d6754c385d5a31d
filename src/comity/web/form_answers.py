"""How a page answers a form: what a service refuses stands beside the fields, and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from comity.kernel.errors import Conflict, DomainError, Invalid


def refuse(form: forms.Form, error: DomainError) -> None:
    """Put the messages of an expected failure beside their fields; what belongs to none stands above the form."""
    placed = {name: message for name, message in error.fields.items() if name in form.fields}
    if isinstance(error, Conflict) or not placed:
        form.add_error(None, forms.ValidationError(error.message, code=error.code))
    for name, message in placed.items():
        form.add_error(name, message)


def accepts(form: forms.Form, save: Callable[[], object]) -> bool:
    """Whether the form is valid and the service took it; if not, the form says why."""
    if not form.is_valid():
        return False
    try:
        save()
    except (Invalid, Conflict) as error:
        refuse(form, error)
        return False
    return True


def attempt(request: HttpRequest, action: Callable[[], object], done: str) -> bool:
    """Do what a single button asks for and say how it went, unless the page itself says so (no `done`).

    The page it came from is shown again either way.
    """
    try:
        action()
    except (Invalid, Conflict) as error:
        details = [message for message in error.fields.values() if message not in error.message]
        messages.error(request, " ".join(str(text) for text in (error.message, *details)))
        return False
    if done:
        tell(request, done)
    return True


def tell(request: HttpRequest, done: str, *, draft: str = "") -> None:
    """Say on the next page that something was done; `draft` names the form whose kept draft is no longer needed."""
    messages.success(request, done, extra_tags=draft)
