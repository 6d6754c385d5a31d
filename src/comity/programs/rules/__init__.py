"""Decisions of the programme as arithmetic: values in, a verdict out."""

from comity.programs.rules.segments import Placement, SegmentRow, place_in_segments
from comity.programs.rules.team import (
    Candidate,
    CoverageCell,
    Reach,
    Suggestion,
    coverage,
    covers,
    load_of,
    suggest,
    utilization,
)

__all__ = [
    "Candidate",
    "CoverageCell",
    "Placement",
    "Reach",
    "SegmentRow",
    "Suggestion",
    "coverage",
    "covers",
    "load_of",
    "place_in_segments",
    "suggest",
    "utilization",
]
