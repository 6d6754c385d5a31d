"""Runs of an import and the rows they could not take."""

from __future__ import annotations

from django.db import models

from comity.platform.models import StoredFile, TenantForeignKey, TenantModel
from comity.programs.models import Program


class RunState(models.TextChoices):
    """Where an import stands."""

    DRAFT = "draft"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class ImportRun(TenantModel):
    """One import of one export: from what, by whom, how far, with what result."""

    program = TenantForeignKey(Program)
    mapping = models.CharField(max_length=120)
    mapping_text = models.TextField(blank=True, help_text="the mapping as used, for those not shipped")
    source_name = models.CharField(max_length=255)
    started_by_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING)
    strict = models.BooleanField(default=False, help_text="import nothing if any row is bad")
    dry_run = models.BooleanField(default=False, help_text="say what would change, and change nothing")
    corrects_id = models.UUIDField(null=True, help_text="the run whose rejects come back corrected")
    step = models.CharField(
        max_length=20, blank=True, help_text="what it is doing: reading, checking, writing, counting"
    )
    bytes_total = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="per target: read, created, updated, unchanged, rejected")
    headers = models.JSONField(default=dict, help_text="file to its columns and delimiter, for giving rejects back")
    ignored_files = models.JSONField(default=list)
    kept_edits = models.JSONField(default=list, help_text="fields edited by a person since, left as they are")
    notes = models.JSONField(default=list, help_text="what the export says twice and differently, or names in vain")
    problem = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "program", "-created_at"])]


class KeptMapping(TenantModel):
    """A mapping of the programme's own, as somebody corrected it, to be used for the next export.

    Each run keeps the text that it was read by, so this table needs no history of its own.
    """

    program = TenantForeignKey(Program)
    name = models.CharField(max_length=120, help_text="lower case, as in the mapping and on runs")
    title = models.CharField(max_length=120)
    text = models.TextField(help_text="the mapping as TOML")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "program", "name"], name="kept_mapping_once")]


class ImportFile(TenantModel):
    """One uploaded file of an import, by the name it has where it comes from."""

    run = TenantForeignKey(ImportRun)
    stored = TenantForeignKey(StoredFile)
    name = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor_id", "run", "name"], name="import_file_once")]


class Reject(TenantModel):
    """One row an import could not take, with the place and the reason; kept with the run."""

    run = TenantForeignKey(ImportRun)
    file = models.CharField(max_length=255)
    line = models.BigIntegerField()
    column = models.CharField(max_length=200, blank=True)
    value = models.TextField(blank=True)
    reason = models.TextField()
    raw = models.JSONField(default=list, help_text="the row's cells as they stood")
    is_held = models.BooleanField(default=False, help_text="good itself: it waits for a bad row of the same deal")
    is_cut = models.BooleanField(default=False, help_text="the row was too long to be kept whole")
    corrected = models.JSONField(null=True, help_text="the cells as a person set them right, to be imported again")

    class Meta:
        indexes = [models.Index(fields=["vendor_id", "run", "file", "line"])]
