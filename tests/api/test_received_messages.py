"""Messages by e-mail over the API: for whoever decides registrations at the vendor, and for nobody else."""

from __future__ import annotations

from django.utils import timezone

from comity.deals.models import Mailbox, ReceivedMessage

from .conftest import give_token


def test_the_vendors_system_reads_what_became_of_messages(cast, ada, bo):
    with cast.scope("ada"):
        vendor, at = cast.northwind.pk, timezone.now()
        mailbox = Mailbox.objects.create(
            vendor_id=vendor, program=cast.program, address="deals@northwind.example", host="imap.example", port=993,
            security="tls", user="deals", password="sealed", since_on=at.date(), next_at=at,
        )  # fmt: skip
        for uid, (outcome, reason) in enumerate((("refused", "unsigned"), ("draft", "")), 1):
            ReceivedMessage.objects.create(
                vendor_id=vendor, mailbox=mailbox, program=cast.program, uid_validity=1, uid=uid, received_at=at,
                outcome=outcome, reason=reason, sender="bo@fabrikam.example", subject="A deal",
                partnership=cast.of_fabrikam if outcome == "draft" else None,
            )  # fmt: skip
    found = ada.get("/received-messages").body["items"]
    assert [(one["outcome"], one["reason"], one["partnership"] and one["partnership"]["name"]) for one in found] == [
        ("draft", None, "Fabrikam"), ("refused", "unsigned", None),
    ]  # fmt: skip
    assert len(ada.get("/received-messages?outcome=refused").body["items"]) == 1
    assert ada.get("/received-messages?outcome=lost").status == 422
    assert bo.get("/received-messages").status == give_token(cast, "di").get("/received-messages").status == 403
    assert give_token(cast, "eve").get("/received-messages").body["items"] == []
