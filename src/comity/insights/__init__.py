"""Metrics: definitions, marts, engine."""
