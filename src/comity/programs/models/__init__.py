"""The tables of a partner programme."""

from comity.programs.models.partnership import (
    DeclaredCapabilities,
    DistributorLink,
    ManagerAssignment,
    Partnership,
    Reassignment,
)
from comity.programs.models.program import Program, Region, Tier
from comity.programs.models.segments import PartnershipSegment, SegmentMove, SegmentPolicy, SegmentRun
from comity.programs.models.tags import PartnershipTag, SavedView
from comity.programs.models.team import Manager, Quota, Team

__all__ = [
    "DeclaredCapabilities",
    "DistributorLink",
    "Manager",
    "ManagerAssignment",
    "Partnership",
    "PartnershipSegment",
    "PartnershipTag",
    "Program",
    "Quota",
    "Reassignment",
    "Region",
    "SavedView",
    "SegmentMove",
    "SegmentPolicy",
    "SegmentRun",
    "Team",
    "Tier",
]
