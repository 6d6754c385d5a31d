"""The tables of a partner programme."""

from comity.programs.models.partnership import DistributorLink, ManagerAssignment, Partnership
from comity.programs.models.program import Program, Region, Tier
from comity.programs.models.segments import PartnershipSegment, SegmentMove, SegmentPolicy, SegmentRun
from comity.programs.models.team import Manager, Quota, Team

__all__ = [
    "DistributorLink",
    "Manager",
    "ManagerAssignment",
    "Partnership",
    "PartnershipSegment",
    "Program",
    "Quota",
    "Region",
    "SegmentMove",
    "SegmentPolicy",
    "SegmentRun",
    "Team",
    "Tier",
]
