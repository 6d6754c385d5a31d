"""The partner's pages."""
