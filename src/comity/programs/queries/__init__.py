"""Reads of the programme, and who may see what."""

from comity.programs.queries.history import Change, FieldChange, history_of
from comity.programs.queries.partnerships import (
    Contact,
    PartnershipFilter,
    assignments_of,
    capabilities_of,
    contact_of,
    distributors_of,
    filter_partnerships,
    partnership_visible_to,
    partnerships_visible_to,
    resellers_of,
    segment_record_of,
)
from comity.programs.queries.programs import (
    counted_regions_of,
    counted_tiers_of,
    programs_visible_to,
    quotas_visible_to,
    regions_of,
    tiers_of,
)
from comity.programs.queries.segments import moves_of, policy_of, segment_runs_visible_to, segments_of, weights_of
from comity.programs.queries.tags import tag_names, tags_of, views_visible_to
from comity.programs.queries.team import (
    TeamMember,
    coverage_of,
    managers_of,
    standing_of,
    suggest_manager,
    team_visible_to,
    teams_of,
)

__all__ = [
    "Change",
    "Contact",
    "FieldChange",
    "PartnershipFilter",
    "TeamMember",
    "assignments_of",
    "capabilities_of",
    "contact_of",
    "counted_regions_of",
    "counted_tiers_of",
    "coverage_of",
    "distributors_of",
    "filter_partnerships",
    "history_of",
    "managers_of",
    "moves_of",
    "partnership_visible_to",
    "partnerships_visible_to",
    "policy_of",
    "programs_visible_to",
    "quotas_visible_to",
    "regions_of",
    "resellers_of",
    "segment_record_of",
    "segment_runs_visible_to",
    "segments_of",
    "standing_of",
    "suggest_manager",
    "tag_names",
    "tags_of",
    "team_visible_to",
    "teams_of",
    "tiers_of",
    "views_visible_to",
    "weights_of",
]
