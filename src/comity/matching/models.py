"""The tables: pairs that people judged, weights learned from them, and a vendor's known companies made findable."""

from __future__ import annotations

from enum import StrEnum

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from comity.identity.models import Person
from comity.matching.record import Kind
from comity.platform.models import TenantModel


class Answer(StrEnum):
    """What a person said of a pair."""

    SAME = "same"
    FAMILY = "family"
    DIFFERENT = "different"


class LabelledPair(TenantModel):
    """Two records as they were shown, and what a person said of them. The newest answer of a pair counts."""

    pair = models.CharField(max_length=64, help_text="fingerprint of both records, whichever came first")
    left = models.JSONField()
    right = models.JSONField()
    answer = models.CharField(max_length=10, choices=[(answer.value, answer.value) for answer in Answer])
    probability = models.FloatField(help_text="as it was judged when the person was asked")
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    append_only = True

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "pair", "-created_at", "-id"], name="labelled_pair_newest")]

    def __str__(self) -> str:
        return f"{self.left.get('name', '')} / {self.right.get('name', '')}: {self.answer}"


class VendorWeights(TenantModel):
    """Weights of evidence that were learned from a vendor's answers; the newest are in use."""

    start = models.FloatField()
    nats = models.JSONField()
    learned_from = models.PositiveIntegerField(help_text="answers")

    append_only = True

    class Meta:
        verbose_name_plural = "vendor weights"
        indexes = [models.Index(fields=["vendor_id", "-created_at", "-id"], name="vendor_weights_newest")]

    def __str__(self) -> str:
        return f"from {self.learned_from} answers"


class KnownCompany(TenantModel):
    """A company that the vendor knows, in its comparable form, with the keys by which it is found (see keys.py)."""

    subject_id = models.UUIDField(help_text="the vendor's record of that kind")
    kind = models.CharField(
        max_length=12, default=Kind.CUSTOMER.value, choices=[(one.value, one.value) for one in Kind]
    )
    fingerprint = models.CharField(max_length=32, blank=True, help_text="of what the record said when it was read")
    name = models.CharField(max_length=400)
    core = ArrayField(models.TextField())
    forms = ArrayField(models.TextField())
    country = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=60, blank=True)
    street = models.CharField(max_length=400, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    site = models.CharField(max_length=253, blank=True)
    mail = models.CharField(max_length=253, blank=True)
    mailbox = models.CharField(max_length=120, blank=True)
    keys = ArrayField(models.IntegerField())

    class Meta:
        verbose_name_plural = "known companies"
        constraints = [models.UniqueConstraint(fields=["vendor_id", "subject_id"], name="known_company_once")]
        indexes = [GinIndex(fields=["keys"], name="known_company_keys", fastupdate=False)]

    def __str__(self) -> str:
        return self.name


class CommonKey(TenantModel):
    """A key that so many of the vendor's companies have that it finds none of them."""

    key = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "key"], name="common_key_once")]

    def __str__(self) -> str:
        return str(self.key)
