"""A mailbox that notes what it takes, and a process that is lost with it: `python -m letter_worker VENDOR DELIVERY`."""

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import django
from django.core.mail.backends.base import BaseEmailBackend


class LettersNoted(BaseEmailBackend):
    """Writes down the Message-ID of each letter."""

    def send_messages(self, messages):
        with Path(os.environ["LETTERS"]).open("a") as sent:
            sent.writelines(f"{message.extra_headers['Message-ID']}\n" for message in messages)
        return len(messages)


class NeverBack(LettersNoted):
    """Takes the letter, and does not come back."""

    def send_messages(self, messages):
        super().send_messages(messages)
        time.sleep(120)


if __name__ == "__main__":
    django.setup()
    from comity.platform import letters
    from comity.platform.outbox import deliver

    letters.mailers = SimpleNamespace(default=NeverBack(alias="default"))
    deliver(organization_id=UUID(sys.argv[1]), delivery_id=UUID(sys.argv[2]))
