"""Comity: partner relationship management, two-sided by design."""
