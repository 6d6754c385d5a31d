"""A process that reads a mailbox and is lost with a message in hand: `python -m mail_reader VENDOR MAILBOX MARK`."""

import sys
import time
from pathlib import Path
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()
    from comity.deals.intake.mail import receiving
    from comity.deals.intake.mail.polling import poll_mailbox

    def never_back(answer: object) -> None:
        """The draft is written, and nothing is committed."""
        Path(sys.argv[3]).touch()
        time.sleep(120)

    receiving.answer_sender = never_back
    poll_mailbox(vendor_id=UUID(sys.argv[1]), mailbox_id=UUID(sys.argv[2]))
