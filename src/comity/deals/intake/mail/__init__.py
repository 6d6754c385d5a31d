"""Registrations by e-mail: a programme's mailbox, who wrote, what a message says, and what becomes of it."""
