"""What the vendor sorts its partners by, by hand: tags, and views of the list that are kept. Partners see neither."""

from __future__ import annotations

from django.db import models

from comity.identity.models import Person
from comity.platform.history import keeps_history
from comity.platform.models import TenantForeignKey, TenantModel
from comity.programs.models.partnership import Partnership
from comity.programs.models.program import Program


@keeps_history()
class PartnershipTag(TenantModel):
    """One word on one partnership, for the vendor only."""

    partnership = TenantForeignKey(Partnership)
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "partnership", "name"], name="tag_once")]
        indexes = [models.Index(fields=["vendor_id", "name"], name="tag_by_name")]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class SavedView(TenantModel):
    """A list as somebody filtered and sorted it, kept under a name: their own, or everybody's."""

    program = TenantForeignKey(Program)
    page = models.CharField(max_length=40, help_text="which list: partners")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, help_text="the query of its address")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_shared = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "program", "page", "owner", "name"], name="saved_view_once")
        ]

    def __str__(self) -> str:
        return self.name
