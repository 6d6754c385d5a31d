"""Notices: what happened that somebody should know, in their inbox and by e-mail as they wish."""
