"""Money facts below the domains: exchange rates."""
