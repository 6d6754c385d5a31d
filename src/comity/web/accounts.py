"""How people sign in: by invitation only, with e-mail and password, a code or a passkey."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Closes the open sign-up, and counts failed sign-ins by address wherever they come from."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up uninvited."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What the lock-out counts by. Without the host name, which the caller chooses: each port would count anew."""
        return str(credentials.get("email") or credentials.get("username") or "").strip().lower()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Give the letter with a code its link."""
        if template_prefix == "account/email/login_code":
            from comity.web.sign_in_code import code_link  # its forms load this adapter

            context = {**context, "link": code_link(context["code"])}
        super().send_mail(template_prefix, email, context)
