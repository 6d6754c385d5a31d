"""Keys and labels of slices: the names by which people and other systems know what the marts keep as ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from comity.deals.models import ProductFamily
from comity.insights.metric import Dimension
from comity.insights.question import Question
from comity.programs.models import Manager, Partnership, Region, Tier

NOT_SET: Final = ("", "Not set")
type Labels = dict[Any, tuple[str, str]]
"""What the slice is in the marts -> (key, label)."""

_NAMED: Final[dict[Dimension, Any]] = {
    Dimension.TIER: Tier,
    Dimension.REGION: Region,
    Dimension.FAMILY: ProductFamily,
}
_WITH_SOURCE_KEY: Final[dict[Dimension, Any]] = {Dimension.PARTNER: Partnership, Dimension.MANAGER: Manager}


def label_keys(question: Question, found: Collection[Any]) -> Labels:
    """Key and label of each slice found. Names are no keys of partners and managers, since they may occur twice."""
    labels: Labels = {None: NOT_SET}
    vendor_id, by = question.program.vendor_id, question.by
    ids = [key for key in found if key is not None]
    if by in _WITH_SOURCE_KEY:
        records = _WITH_SOURCE_KEY[by].objects.filter(vendor_id=vendor_id, pk__in=ids)
        for key, external_id, name in records.values_list("pk", "external_id", "name"):
            labels[key] = (external_id or str(key), name)
    elif by in _NAMED:
        for key, name in _NAMED[by].objects.filter(vendor_id=vendor_id, pk__in=ids).values_list("pk", "name"):
            labels[key] = (name, name)
    elif by in (Dimension.TYPE, Dimension.SEGMENT, Dimension.ROLE):
        labels |= {key: (key, key.replace("_", " ").capitalize()) for key in ids}
    else:
        labels |= {key: (key, key) for key in ids}
    return labels


def slice_of_key(question: Question, key: str) -> UUID | str | None:
    """What the marts keep for a slice's key; null for the slice "not set". Raises LookupError for an unknown one."""
    vendor_id, by = question.program.vendor_id, question.by
    if not key:
        return None
    if by in _WITH_SOURCE_KEY:
        records = _WITH_SOURCE_KEY[by].objects.filter(vendor_id=vendor_id, program=question.program)
        known = records.filter(external_id=key).values_list("pk", flat=True).first()
        return known or _existing(records, key)
    if by in _NAMED:
        records = _NAMED[by].objects.filter(vendor_id=vendor_id, name=key)
        if by is not Dimension.FAMILY:
            records = records.filter(program=question.program)
        found: UUID | None = records.values_list("pk", flat=True).first()
        if found is None:
            raise LookupError(key)
        return found
    return key


def _existing(records: Any, key: str) -> UUID:
    try:
        wanted = UUID(key)
    except ValueError:
        raise LookupError(key) from None
    if not records.filter(pk=wanted).exists():
        raise LookupError(key)
    return wanted
