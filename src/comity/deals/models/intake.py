"""How registrations come in: the files that a partner puts beside one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from comity.deals.models.registration import Registration
from comity.platform.history import keeps_history
from comity.platform.isolation import Isolation, vendor_and_partner
from comity.platform.models import StoredFile, TenantForeignKey, TenantModel
from comity.programs.models import Partnership


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
