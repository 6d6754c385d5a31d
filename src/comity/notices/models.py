"""The tables: notices by person, letters by vendor, and how each person wants to hear of what."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from comity.identity.models import Person
from comity.kernel.ids import uuid7
from comity.notices.states import Way
from comity.platform.isolation import ORGANIZATION, PERSON, Arm, Isolation, vendor_only, with_arms
from comity.platform.models import TenantForeignKey, TenantModel

WAY_CHOICES = [(way.value, way.value) for way in Way]


class Letter(TenantModel):
    """An e-mail of a vendor's to one address, about one fact or one digest: what it says, and when it went out."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    address = models.EmailField(max_length=254)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, help_text="the fact, or the day of the digest: once to each address")
    subject = models.CharField(max_length=300)
    body = models.TextField()
    path = models.CharField(max_length=300, blank=True)
    lines = models.JSONField(default=list, help_text="of a digest: [sentence, path] each")
    language = models.CharField(max_length=10, default="en")
    reply_to = models.EmailField(max_length=254, blank=True, help_text="where an answer is read; else nowhere")
    answers = models.CharField(max_length=910, blank=True, help_text="Message-ID of what it answers")
    message_id = models.CharField(max_length=200, help_text="the same at each attempt: by it receivers know a copy")
    sent_at = models.DateTimeField(null=True, blank=True)

    isolation: ClassVar[Isolation] = vendor_only()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "kind", "key", "address"], name="letter_once")]
        indexes = [
            models.Index(fields=["vendor_id", "-created_at"], name="letter_by_day"),
            models.Index(fields=["vendor_id", "message_id"], name="letter_by_message_id"),
        ]


class Notice(TenantModel):
    """One fact that one person is told by one vendor. Read by that person, in whichever company they are at work."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    from_name = models.CharField(max_length=300, help_text="the vendor as it was called then")
    kind = models.CharField(max_length=40)
    fact = models.CharField(max_length=120, help_text="what is told: once to each person")
    sentence = models.CharField(max_length=500)
    path = models.CharField(max_length=300, blank=True)
    way = models.CharField(max_length=10, choices=WAY_CHOICES)
    letter = TenantForeignKey(Letter, null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    # Who writes stands in the vendor's scope *and* names the reader; a vendor cannot look through its readers' inboxes.
    isolation: ClassVar[Isolation] = with_arms(
        Arm("person", f"person_id = {PERSON}", command="SELECT", index="person_id"),
        Arm(
            "addressed",
            f"vendor_id = {ORGANIZATION} AND person_id = {PERSON}",
            check=f"vendor_id = {ORGANIZATION} AND person_id = {PERSON}",
            index="vendor_id",
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "person", "kind", "fact"], name="notice_once")]
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="notice_of_person"),
            models.Index(fields=["person"], condition=models.Q(read_at__isnull=True), name="notice_unread"),
            models.Index(
                fields=["way", "created_at"],
                condition=models.Q(read_at__isnull=True, letter__isnull=True, way__in=["daily", "weekly"]),
                name="notice_for_digest",
            ),
        ]


class Preference(models.Model):
    """The way in which one person wants to hear of one kind; without a row the kind's own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    way = models.CharField(max_length=10, choices=WAY_CHOICES)
    updated_at = models.DateTimeField(db_default=Now())

    isolation: ClassVar[Isolation] = with_arms(
        Arm("person", f"person_id = {PERSON}", check=f"person_id = {PERSON}", index="person_id")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="preference_once")]
