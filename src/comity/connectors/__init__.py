"""Connectors: how data of other systems become partnerships, deals and quotas. A folder a kind of system."""
