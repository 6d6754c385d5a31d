"""How registrations come in: the files that a partner puts beside one, and lists of many."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models

from comity.deals.models.registration import Registration
from comity.platform.history import keeps_history
from comity.platform.isolation import Isolation, vendor_and_partner
from comity.platform.models import StoredFile, TenantForeignKey, TenantModel
from comity.programs.models import Partnership, Program


@keeps_history()
class RegistrationFile(TenantModel):
    """A file that speaks for a registration. Both sides read this row; the stored file is the vendor's to hand out."""

    registration = TenantForeignKey(Registration, related_name="files")
    partnership = TenantForeignKey(Partnership)
    partner_id = models.UUIDField()
    file = TenantForeignKey(StoredFile)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=127)
    size = models.BigIntegerField(help_text="bytes")
    is_letter = models.BooleanField(default=False, help_text="the customer's signed letter that names the partner")
    added_at = models.DateTimeField()
    added_by_id = models.UUIDField(null=True)
    added_by_name = models.CharField(max_length=200, blank=True)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "file"], name="registration_file_once")]
        indexes = [
            models.Index(fields=["vendor_id", "registration"], name="files_of_registration"),
            models.Index(fields=["partner_id"], name="registration_file_partner_side"),
        ]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class RegistrationList(TenantModel):
    """An uploaded list of registrations: its columns, what they mean, and what became of its rows.

    A partner reads its own; one that the vendor's operations upload for several partners has no `partner_id`.
    """

    program = TenantForeignKey(Program)
    partnership = TenantForeignKey(Partnership, null=True)
    partner_id = models.UUIDField(null=True)
    file = TenantForeignKey(StoredFile)
    name = models.CharField(max_length=255)
    is_done = models.BooleanField(default=False, help_text="its drafts are made")
    columns = models.JSONField(default=list, help_text="the headings, in order")
    fields = models.JSONField(default=list, help_text="the field of each column, empty where it is left out")
    counts = models.JSONField(default=dict, help_text="rows, created, changed, known, rejected")
    made = models.JSONField(default=list, help_text="keys of the registrations that its rows are")
    rejects = models.JSONField(default=list, help_text="line, reasons, cells")
    uploaded_at = models.DateTimeField()
    uploaded_by_id = models.UUIDField(null=True)

    isolation: ClassVar[Isolation] = vendor_and_partner()

    class Meta:
        indexes = [
            models.Index(fields=["vendor_id", "program", "-uploaded_at"], name="registration_lists"),
            models.Index(fields=["partner_id"], name="registration_list_partner_side"),
        ]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class LegacyBatch(TenantModel):
    """Registrations of an older system, to be brought over with their dates: checked, signed off by a second person,
    and from then on closed by the database. A program has one cut-over, so one batch that was signed off."""

    program = TenantForeignKey(Program)
    file = TenantForeignKey(StoredFile)
    name = models.CharField(max_length=255)
    uploaded_at = models.DateTimeField()
    uploaded_by_id = models.UUIDField()
    uploaded_by_name = models.CharField(max_length=200)
    sealing = models.BooleanField(default=False, help_text="its registrations are being written")
    signed_off_at = models.DateTimeField(null=True)
    signed_off_by_id = models.UUIDField(null=True)
    signed_off_by_name = models.CharField(max_length=200, blank=True)
    made = models.PositiveIntegerField(default=0, help_text="registrations brought over")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor_id", "program"],
                condition=models.Q(signed_off_at__isnull=False),
                name="one_cut_over_of_a_program",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_off_at__isnull=True, signed_off_by_id__isnull=True)
                | (
                    models.Q(signed_off_at__isnull=False, signed_off_by_id__isnull=False, sealing=False)
                    & ~models.Q(signed_off_by_id=models.F("uploaded_by_id"))
                ),
                name="legacy_signed_off_by_another",
            ),
        ]
        indexes = [models.Index(fields=["vendor_id", "program", "-uploaded_at"], name="legacy_batches")]
        triggers = [
            pgtrigger.Protect(
                name="signed_off_batch_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__signed_off_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name
