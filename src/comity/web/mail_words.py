"""How mailboxes and what came into them are told: what is wrong and what to do, what became of a message and why."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from comity.deals.states.messages import MessageOutcome, MessageReason
from comity.platform.imap import Trouble

TROUBLES: Final = {
    Trouble.HOST_UNKNOWN: (
        _("The server is not known."), _("Look whether its name is written as your provider says."),
    ),
    Trouble.HOST_NOT_ALLOWED: (
        _("The server stands in a private network."),
        _("The operator of this installation may allow it by name (COMITY_MAILBOX_HOSTS)."),
    ),
    Trouble.PORT_NOT_ALLOWED: (_("This port is not asked."), _("IMAP has the ports 993 and 143.")),
    Trouble.NEEDS_TLS: (_("The connection has no protection."), _("Choose TLS or STARTTLS.")),
    Trouble.NO_ANSWER: (
        _("The server does not answer."), _("Look at name and port; a firewall may stand between."),
    ),
    Trouble.CERTIFICATE: (
        _("The server's certificate is not valid."),
        _("It has run out, is for another name, or was issued by nobody who is known. No password was sent."),
    ),
    Trouble.NO_TLS: (
        _("The server speaks no TLS here."), _("Try the other protection, or the other port. No password was sent."),
    ),
    Trouble.NOT_IMAP: (_("This is no IMAP server."), _("Look at name and port.")),
    Trouble.LOGIN_REFUSED: (
        _("The server refuses user or password."),
        _("Many providers want a password for programs, which you make in your account there."),
    ),
    Trouble.NO_FOLDER: (
        _("There is no such folder."), _("INBOX is there everywhere; write others as they are called."),
    ),
    Trouble.PASSWORD_LOST: (
        _("The password cannot be opened."),
        _("It was sealed under another secret key of the installation. Enter it again."),
    ),
    Trouble.LOST: (_("The connection was lost."), _("It is tried again by itself; nothing is lost.")),
}  # fmt: skip
OUTCOMES: Final = {
    MessageOutcome.WAITING: ("info", _("Waiting")),
    MessageOutcome.DRAFT: ("good", _("Draft")),
    MessageOutcome.ADDED: ("good", _("Added to its draft")),
    MessageOutcome.KNOWN: ("neutral", _("Known")),
    MessageOutcome.REFUSED: ("bad", _("Refused")),
    MessageOutcome.IGNORED: ("neutral", _("Ignored")),
    MessageOutcome.UNREADABLE: ("warn", _("Not read")),
}
"""The tone and the word of each outcome."""
WHY: Final = {
    MessageReason.NOT_TRIED: _("It is looked at soon."),
    MessageReason.NO_KEY_YET: _("The key of its signature could not be asked for; tried again for a day and a half."),
    MessageReason.NO_SENDER: _("It names no sender, or several."),
    MessageReason.UNKNOWN_SENDER: _("Nobody who registers deals for an active partner signs in with this address."),
    MessageReason.UNSIGNED: _("It has no DKIM signature: the sender is not proved."),
    MessageReason.SIGNATURE_FAILED: _("No DKIM signature of the sender's domain is valid: the sender is not proved."),
    MessageReason.NOT_ADDRESSED: _("It is not addressed to the mailbox; somebody may have passed it on."),
    MessageReason.TOO_LARGE: _("It has more than 35 MB."),
    MessageReason.SEVERAL_PARTNERS: _("The sender works for several partners and was asked for which."),
    MessageReason.NOTHING_UNDERSTOOD: _("No field was understood; the sender got the form to fill in."),
    MessageReason.TOO_MANY: _("The partner sent more within an hour than the rules of engagement allow."),
    MessageReason.AUTOMATIC: _("A program wrote it, such as a note of absence; such are never answered."),
    MessageReason.OWN: _("It came from this installation itself."),
    MessageReason.SAME_AGAIN: _("It is a copy of a message that was taken."),
    MessageReason.SUBMITTED: _("Its draft is registered already; nothing was changed, and the sender was told."),
    MessageReason.CANNOT_BE_READ: _("It could not be read; look at it in the mailbox itself."),
    MessageReason.GONE: _("It was taken out of the mailbox before it was read."),
}
