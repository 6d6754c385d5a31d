"""Signing in by a letter: a code for the window in which it was asked for, and a link that types it there."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from allauth.account.models import EmailAddress
from allauth.core import context
from django.conf import settings
from django.urls import reverse

from comity.identity.models import Person

LONGEST: Final = 20


class RequestCodeForm(RequestLoginCodeForm):
    """Asks for a code. Only an address that was proved lets its owner in; who asks is told the same either way."""

    _user: Person | None

    def clean_email(self) -> str:
        """Forget whoever has merely claimed the address: its real owner would be signed in to their account."""
        email: str = super().clean_email()
        proved = EmailAddress.objects.filter(user=self._user, email__iexact=email, verified=True)
        if self._user is not None and not proved.exists():
            self._user = None
        return email


class ConfirmCodeForm(ConfirmLoginCodeForm):
    """Takes the code; the link of the letter has typed it. Looking signs nobody in, since programs follow links."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        typed = context.request.GET.get("code", "") if context.request else ""
        if not self.is_bound and len(typed) <= LONGEST:
            self.initial["code"] = typed


def code_link(code: str) -> str:
    """The link of the letter. In another window than the one that asked it leads to the beginning."""
    return f"{settings.BASE_URL.rstrip('/')}{reverse('account_confirm_login_code')}?{urlencode({'code': code})}"
