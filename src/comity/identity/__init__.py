"""Who: organizations, people, memberships, roles."""
