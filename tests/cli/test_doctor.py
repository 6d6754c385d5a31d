"""What the doctor says of mailboxes: one line each, as the worker found it last."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from comity.cli.doctor import _mailboxes
from comity.deals.models import Mailbox
from comity.programs.models import Program


def test_each_mailbox_that_is_on_has_a_line(cast):
    found = (
        ("deals@northwind.example", "", datetime(2026, 3, 2, 9, tzinfo=UTC), True),
        ("new@northwind.example", "", None, True),
        ("lost@northwind.example", "no_answer", datetime(2026, 3, 2, 8, tzinfo=UTC), True),
        ("off@northwind.example", "no_answer", None, False),
    )
    with cast.scope("olga"):
        for number, (address, problem, checked_at, is_on) in enumerate(found):
            program = Program.objects.create(
                vendor_id=cast.northwind.pk, slug=f"p{number}", name=f"P{number}", currency="EUR"
            )
            Mailbox.objects.create(
                vendor_id=cast.northwind.pk, program=program, address=address, host="imap.example", port=993,
                security="tls", user="deals", password="sealed", since_on="2026-01-01", is_on=is_on, problem=problem,
                next_at=datetime(2026, 3, 2, tzinfo=UTC), checked_at=checked_at,
            )  # fmt: skip
        connection.ensure_connection()
        lines = [(one.good, one.words, one.needed) for one in _mailboxes(connection.connection)]
    assert lines == [
        (True, "deals@northwind.example: is read, 2026-03-02 09:00 UTC", False),
        (False, "lost@northwind.example: no answer, 2026-03-02 08:00 UTC", False),
        (False, "new@northwind.example: not looked into yet", False),
    ]
