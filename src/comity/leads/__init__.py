"""Leads: taken in, offered to the partner that fits best, accepted or passed on, and tracked until they are deals."""
