"""A programme's mailbox, and the messages that came into it."""

from __future__ import annotations

import pgtrigger
from django.db import models

from comity.deals.states.messages import TAKEN, MessageOutcome
from comity.platform.history import keeps_history
from comity.platform.imap import Security
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models import Partnership, Program

KEPT_FROM_HISTORY = ("password", "uid_validity", "last_uid", "next_at", "asked_at", "checked_at", "failures", "problem")


@keeps_history(exclude=KEPT_FROM_HISTORY)
class Mailbox(TenantModel):
    """Where partners write to register, how it is read, and how that goes; the password sealed (platform/sealing)."""

    program = TenantForeignKey(Program)
    is_on = models.BooleanField(default=True)
    address = models.EmailField(max_length=254, help_text="what partners write to")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Security])
    user = models.CharField(max_length=254)
    password = models.TextField(help_text="sealed")
    folder = models.CharField(max_length=200, default="INBOX")
    trusted_server = models.CharField(
        max_length=253, blank=True, help_text="the name in Authentication-Results of a mail server that may vouch"
    )
    since_on = models.DateField(help_text="messages that came before are left alone")
    uid_validity = models.BigIntegerField(default=0, help_text="under which the numbers below hold; 0: never read")
    last_uid = models.BigIntegerField(default=0, help_text="messages up to this number have a row")
    next_at = models.DateTimeField(help_text="when it is looked into next")
    asked_at = models.DateTimeField(null=True, help_text="when a person asked to have it looked into")
    checked_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="in a row")
    problem = models.CharField(max_length=40, blank=True, help_text="a Trouble")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program"], name="one_mailbox_of_a_program"),
            models.UniqueConstraint(fields=["vendor_id", "address"], name="mailbox_address_once"),
        ]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(is_on=True), name="mailbox_to_read")]

    def __str__(self) -> str:
        return self.address


class ReceivedMessage(TenantModel):
    """One message of a mailbox: who wrote, and what became of it. Its text is not kept here, but in the draft."""

    mailbox = TenantForeignKey(Mailbox)
    program = TenantForeignKey(Program)
    uid_validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    received_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=[(one.value, one.value) for one in MessageOutcome])
    reason = models.CharField(max_length=30, blank=True)
    sender = models.CharField(max_length=254, blank=True)
    sender_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    message_id = models.CharField(max_length=910, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    person_id = models.UUIDField(null=True)
    partnership = TenantForeignKey(Partnership, null=True)
    registration_id = models.UUIDField(null=True, help_text="the draft; it may be discarded since")
    missing = models.JSONField(default=list, help_text="fields that the draft lacked then")
    files = models.JSONField(default=list, help_text="[name, why it was not kept or empty] each")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "mailbox", "uid_validity", "uid"], name="message_once"),
            models.UniqueConstraint(
                fields=["vendor_id", "mailbox", "digest"],
                condition=models.Q(outcome__in=[one.value for one in TAKEN]),
                name="message_taken_once",
            ),
        ]
        indexes = [
            models.Index(fields=["vendor_id", "program", "-received_at", "-id"], name="messages_of_program"),
            models.Index(fields=["vendor_id", "mailbox", "message_id"], name="messages_by_message_id"),
            models.Index(fields=["vendor_id", "partnership", "-received_at"], name="messages_of_partnership"),
            models.Index(
                fields=["vendor_id", "mailbox", "uid"], condition=models.Q(outcome="waiting"), name="messages_waiting"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="concluded_message_stays",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__outcome="waiting"),
            )
        ]

    def __str__(self) -> str:
        return self.subject
