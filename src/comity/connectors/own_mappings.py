"""Mappings of the programme's own: corrected on the page from the one that was guessed, kept, and used again."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from comity.connectors import files
from comity.connectors.files.toml_text import write_toml
from comity.connectors.models import ImportRun, KeptMapping
from comity.connectors.uploads import draft_of
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.words import words
from comity.programs.models import Program

LONGEST_TITLE: Final = 120


def kept_mappings_visible_to(actor: Actor, program: Program) -> QuerySet[KeptMapping]:
    """The programme's own mappings, by title. Raises NotAllowed."""
    actor.require(Permission.IMPORT_DATA)
    return KeptMapping.objects.filter(vendor_id=actor.organization_id, program=program).order_by("title", "id")


def content_of(record: ImportRun) -> dict[str, Any]:
    """What the mapping of a run says, as tables; also where it is not complete yet. Raises MappingInvalid."""
    text = record.mapping_text or files.shipped_mappings()[record.mapping].read_text("utf-8")
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        said = words("%(name)s is not valid TOML: %(problem)s.", name=record.mapping, problem=str(problem))
        raise files.MappingInvalid(said, mapping=record.mapping) from problem


@transaction.atomic
def correct_mapping(
    *, record: ImportRun, actor: Actor, content: Mapping[str, Any], title: str, keep: bool, at: datetime
) -> ImportRun:
    """Read the files of a draft by this mapping from now on; `keep` it for the programme's next exports too, in place
    of its own one of that title. Raises NotAllowed, ImportStarted, MappingInvalid, Invalid."""
    actor.require(Permission.IMPORT_DATA)
    draft = draft_of(record)
    name = _name_of(title)
    head = {**content["mapping"], "name": name, "title": title.strip()}
    text = write_toml({**content, "mapping": head})
    files.parse_mapping(text, name=name)
    draft.mapping, draft.mapping_text = name, text
    draft.save(update_fields=["mapping", "mapping_text"])
    if keep:
        KeptMapping.objects.update_or_create(
            vendor_id=draft.vendor_id, program_id=draft.program_id, name=name,
            defaults={"title": title.strip(), "text": text, "changed_at": at},
        )  # fmt: skip
    return draft


@transaction.atomic
def forget_mapping(*, kept: KeptMapping, actor: Actor) -> None:
    """Offer a mapping no longer; runs that used it keep theirs. Raises NotAllowed."""
    actor.require(Permission.IMPORT_DATA)
    kept.delete()


def _name_of(title: str) -> str:
    """The short name of a mapping called so. Raises Invalid."""
    plain = unicodedata.normalize("NFKD", title.strip()).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name or len(title.strip()) > LONGEST_TITLE:
        said = words(
            "Give the mapping a name with letters or digits, of at most %(most)s characters.", most=LONGEST_TITLE
        )
        raise Invalid(said, fields={"title": said})
    if name in files.shipped_mappings():
        said = words("“%(name)s” comes with Comity; call yours otherwise.", name=name)
        raise Invalid(said, fields={"title": said})
    return name
