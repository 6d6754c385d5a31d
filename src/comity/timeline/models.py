"""The tables: log entries, tasks, the one next step of a partnership, attached files, and the conversation."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models

from comity.identity.models import Person
from comity.platform.history import keeps_history
from comity.platform.isolation import ORGANIZATION, VENDOR_ARM, Arm, Isolation, vendor_and_partner, with_arms
from comity.platform.models import StoredFile, TenantForeignKey, TenantModel
from comity.programs.models import Partnership
from comity.timeline.states import CONTACTS, About, Kind, Side

SHARED_ARM: Final = Arm(
    "partner", f"partner_id = {ORGANIZATION} AND shared_with_partner", command="SELECT", index="partner_id"
)
"""The partner organization reads what was shared with it, and nothing else."""


@keeps_history(also_by=("partnership",))
class LogEntry(TenantModel):
    """A call, meeting, e-mail or note about one partnership; the vendor's own unless it is shared."""

    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(editable=False, help_text="the partner organization, for its side of the policy")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    happened_at = models.DateTimeField()
    text = models.TextField(blank=True)
    shared_with_partner = models.BooleanField(default=False)
    written_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    isolation: ClassVar[Isolation] = with_arms(VENDOR_ARM, SHARED_ARM)

    class Meta:
        verbose_name = "log entry"
        verbose_name_plural = "log entries"
        indexes = [
            models.Index(fields=["vendor_id", "partnership", "-happened_at"], name="log_entry_by_day"),
            # One step of this index is the last contact of a partnership, however much is noted about it.
            models.Index(
                fields=["vendor_id", "partnership", "-happened_at"],
                condition=models.Q(kind__in=[kind.value for kind in CONTACTS]),
                name="log_entry_last_contact",
            ),
            models.Index(
                fields=["partner_id", "-happened_at"],
                condition=models.Q(shared_with_partner=True),
                name="log_entry_partner_side",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60] or self.kind


@keeps_history(also_by=("partnership",))
class Task(TenantModel):
    """Something to do for a partnership, perhaps by a day and by somebody; done once `done_at` is set."""

    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(editable=False, help_text="the partner organization, for its side of the policy")
    title = models.CharField(max_length=300)
    due_on = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    written_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    shared_with_partner = models.BooleanField(default=False)

    isolation: ClassVar[Isolation] = with_arms(VENDOR_ARM, SHARED_ARM)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_by__isnull=True) | models.Q(done_at__isnull=False), name="task_done_by_somebody"
            )
        ]
        indexes = [
            models.Index(fields=["vendor_id", "partnership", "due_on"], name="task_by_partnership"),
            models.Index(
                fields=["vendor_id", "owner", "due_on"], condition=models.Q(done_at__isnull=True), name="task_open"
            ),
            models.Index(
                fields=["partner_id", "due_on"],
                condition=models.Q(shared_with_partner=True),
                name="task_partner_side",
            ),
        ]

    def __str__(self) -> str:
        return self.title


@keeps_history(also_by=("partnership",))
class NextStep(TenantModel):
    """The one thing that comes next with a partner, as its line in a list says it. No row: nobody has said."""

    partnership = TenantForeignKey(Partnership)
    text = models.CharField(max_length=200)
    due_on = models.DateField(null=True, blank=True)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "partnership"], name="next_step_once")]
        indexes = [models.Index(fields=["vendor_id", "due_on"], name="next_step_due")]

    def __str__(self) -> str:
        return self.text


@keeps_history(also_by=("partnership",))
class AttachedFile(TenantModel):
    """A stored file that belongs to a partnership; for the vendor only."""

    partnership = TenantForeignKey(Partnership)
    file = TenantForeignKey(StoredFile)
    attached_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "file"], name="attached_once")]
        indexes = [models.Index(fields=["vendor_id", "partnership", "-created_at"], name="attached_by_partnership")]


class Message(TenantModel):
    """What one side wrote to the other about their partnership; both read it, nobody changes it."""

    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(editable=False, help_text="the partner organization, for its side of the policy")
    side = models.CharField(max_length=10, choices=[(side.value, side.value) for side in Side])
    text = models.TextField()
    written_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    author_name = models.CharField(max_length=200, help_text="as the author was called then")
    about = models.CharField(max_length=20, blank=True, choices=[(about.value, about.value) for about in About])
    about_id = models.UUIDField(null=True, blank=True)
    about_label = models.CharField(max_length=300, blank=True)

    append_only = True
    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        indexes = [
            models.Index(fields=["vendor_id", "partnership", "-created_at", "-id"], name="message_by_time"),
            models.Index(fields=["partner_id", "-created_at"], name="message_partner_side"),
        ]


class MessageFile(TenantModel):
    """A file that came with a message. Name and size stand here, since a partner reads no row of stored files."""

    message = TenantForeignKey(Message)
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(editable=False, help_text="the partner organization, for its side of the policy")
    file = TenantForeignKey(StoredFile)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField(help_text="bytes")

    append_only = True
    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        indexes = [
            models.Index(fields=["vendor_id", "message"], name="message_file_by_message"),
            models.Index(fields=["partner_id"], name="message_file_partner_side"),
        ]


class ReadMark(TenantModel):
    """Up to when one person has read the conversation of a partnership."""

    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField(editable=False, help_text="the partner organization, for its side of the policy")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    read_until = models.DateTimeField()

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "partnership", "person"], name="read_mark_once")]
        indexes = [models.Index(fields=["partner_id", "person"], name="read_mark_partner_side")]
