"""Letters to people: plain text, one purpose, one link."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from comity.identity.models import Invitation
from comity.identity.roles import Role
from comity.platform.mail import one_line


def invitation_address(secret: str) -> str:
    """Where the link of a letter leads."""
    return f"{settings.BASE_URL.rstrip('/')}/invitation/{secret}"


def send_invitation(invitation: Invitation, secret: str, *, invited_by: str) -> None:
    """Send the letter with the link, which works once and until it expires."""
    values = {
        "invitation": invitation,
        "invited_by": one_line(invited_by) or one_line(invitation.inviting_name),
        "inviting": one_line(invitation.inviting_name),
        "organization": one_line(invitation.organization_name),
        "role": Role(invitation.role).label,
        "address": invitation_address(secret),
    }
    EmailMessage(
        subject=f"{values['inviting']} invites you to its partner programme"
        if invitation.organization_id != invitation.inviting_id
        else f"Join {values['organization']} on Comity",
        body=render_to_string("identity/invitation_letter.txt", values),
        to=[invitation.email],
    ).send()
