"""The partner programme: programs, partnerships, tiers, segments, teams, quotas."""
