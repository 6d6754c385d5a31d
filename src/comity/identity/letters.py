"""Letters to people who are not here yet: one purpose, one link. Whoever holds such a letter proves its address, so it
is sent to that address whatever its reader chose, and stands in no inbox."""

from __future__ import annotations

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from comity.identity.models import Invitation
from comity.identity.roles import Role
from comity.platform.letters import Brand, Content, compose
from comity.platform.mail import one_line


def invitation_address(secret: str) -> str:
    """Where the link of a letter leads."""
    return f"{settings.BASE_URL.rstrip('/')}/invitation/{secret}"


def send_invitation(invitation: Invitation, secret: str, *, invited_by: str) -> None:
    """Send the letter with the link, which works once and until it expires."""
    values = {
        "who": one_line(invited_by) or one_line(invitation.inviting_name),
        "inviting": one_line(invitation.inviting_name),
        "organization": one_line(invitation.organization_name),
        "role": Role(invitation.role).label,
        "day": date_format(invitation.expires_at, "SHORT_DATE_FORMAT"),
    }
    if invitation.organization_id == invitation.inviting_id:
        subject = _("Join %(organization)s on Comity") % values
        what = _("%(who)s invites you to join %(organization)s on Comity, as %(role)s.") % values
    else:
        subject = _("%(inviting)s invites you to its partner programme") % values
        what = _("%(who)s invites you to the partner programme of %(inviting)s, for %(organization)s, as %(role)s.")
        what %= values
    how = _("Follow this link to accept; it works once, until %(day)s:") % values
    content = Content(
        subject=subject,
        body="\n\n".join([_("Hello,"), what, how]),
        link=invitation_address(secret),
        link_label=_("Accept the invitation"),
        after=_(
            "If you have an account already, sign in with it. If you did not expect this letter, leave it: nothing"
            " happens."
        ),
        brand=Brand(name=values["inviting"]),
    )
    compose(content, to=invitation.email).send()
