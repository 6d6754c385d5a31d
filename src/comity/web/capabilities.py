"""What a partner declared of itself, as either side reads it."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from comity.programs.models import DeclaredCapabilities


def declared_facts(kept: DeclaredCapabilities | None) -> list[tuple[str, str]]:
    """Label and text of each thing that was said."""
    if kept is None:
        return []
    people = "" if kept.capacity is None else number_format(kept.capacity, decimal_pos=0, force_grouping=True)
    return [
        (_("Skills"), ", ".join(kept.skills)),
        (_("Certifications, self-declared"), ", ".join(kept.certifications)),
        (_("Regions"), ", ".join(kept.regions)),
        (_("People who work with customers"), people),
    ]
