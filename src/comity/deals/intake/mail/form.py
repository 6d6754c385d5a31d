"""The form that partners fill in by e-mail: labels of the fields in the reader's language, as the parser knows them."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

FORM: Final = (
    ("customer_name", _("Customer")),
    ("customer_domain", _("Web domain")),
    ("customer_country", _("Country")),
    ("contact_name", _("Your contact there")),
    ("kind", _("Kind")),
    ("families", _("Products")),
    ("use_case", _("What they need")),
    ("value", _("Expected value")),
    ("expected_close_on", _("Expected to close on")),
    ("rfp", _("Tender")),
)
LABELS: Final = {
    **dict(FORM),
    "contact_email": _("E-mail of your contact"),
    "customer_industry": _("Industry"),
    "currency": _("Currency"),
    "source": _("How you came to it"),
    "incumbent": _("Who supplies them now"),
    "competitors": _("Who else is asked"),
    "evidence": _("What shows that you work on it"),
    "notes": _("Notes"),
}


def form_to_fill(*names: str) -> str:
    """The empty form in the active language, a line for each field; of these fields only, where some are named."""
    return "\n".join(f"{label}: " for name, label in FORM if not names or name in names)
