"""Three years of a plausible partner programme, built through services."""
