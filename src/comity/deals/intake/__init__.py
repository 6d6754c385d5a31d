"""Registrations that come in otherwise than by the form: lists, e-mail, an older system."""
