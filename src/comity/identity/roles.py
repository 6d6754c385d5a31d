"""Roles and what each may do: the whole table on one screen. Pages, API and commands ask `permissions_of`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from comity.kernel.words import words


class Role(StrEnum):
    """A person's role in one organization. The first eight are the vendor's, the last four a partner's."""

    ADMINISTRATOR = "administrator"
    EXECUTIVE = "executive"
    PARTNER_MANAGER = "partner_manager"
    OPERATIONS = "operations"
    MARKETING = "marketing"
    SALES = "sales"
    FINANCE = "finance"
    PRODUCT = "product"
    PARTNER_ADMIN = "partner_admin"
    PARTNER_SELLER = "partner_seller"
    PARTNER_MARKETER = "partner_marketer"
    PARTNER_TECHNICIAN = "partner_technician"

    @property
    def label(self) -> str:
        """The role as people read it."""
        return LABELS[self]


class Permission(StrEnum):
    """One thing a person may do."""

    VIEW_PARTNERS = "view_partners"
    EDIT_PARTNERS = "edit_partners"
    LOG_CONTACTS = "log_contacts"
    VIEW_DEALS = "view_deals"
    EDIT_DEALS = "edit_deals"
    DECIDE_REGISTRATIONS = "decide_registrations"
    CONFIRM_TOUCHES = "confirm_touches"
    REVERSE_CREDIT = "reverse_credit"
    MANAGE_LEADS = "manage_leads"
    VIEW_METRICS = "view_metrics"
    VIEW_TEAM = "view_team"
    MANAGE_TEAM = "manage_team"
    EVALUATE_SEGMENTS = "evaluate_segments"
    IMPORT_DATA = "import_data"
    MANAGE_PROGRAM = "manage_program"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_TOKENS = "manage_tokens"
    REPLAY_DELIVERIES = "replay_deliveries"
    VIEW_AUDIT = "view_audit"
    PORTAL_DEALS = "portal_deals"
    PORTAL_PERFORMANCE = "portal_performance"
    PORTAL_COMPANY = "portal_company"
    PORTAL_EDIT_COMPANY = "portal_edit_company"
    PORTAL_PEOPLE = "portal_people"
    PORTAL_TOKENS = "portal_tokens"


LABELS: Final = {
    Role.ADMINISTRATOR: words("Administrator"),
    Role.EXECUTIVE: words("VP of Partnerships"),
    Role.PARTNER_MANAGER: words("Partner manager"),
    Role.OPERATIONS: words("Partner operations"),
    Role.MARKETING: words("Partner marketing manager"),
    Role.SALES: words("Direct sales"),
    Role.FINANCE: words("Finance"),
    Role.PRODUCT: words("Product and customer success"),
    Role.PARTNER_ADMIN: words("Partner administrator"),
    Role.PARTNER_SELLER: words("Partner seller"),
    Role.PARTNER_MARKETER: words("Partner marketer"),
    Role.PARTNER_TECHNICIAN: words("Partner technician"),
}

# Each line: a permission and the initials of the vendor's roles (A E M O K S F P) or partner's (a s m t) that have it.
# An organization may be a vendor here and a partner there; its administrator (A) looks after both sides.
_COLUMNS: Final = {
    "A": Role.ADMINISTRATOR, "E": Role.EXECUTIVE, "M": Role.PARTNER_MANAGER, "O": Role.OPERATIONS,
    "K": Role.MARKETING, "S": Role.SALES, "F": Role.FINANCE, "P": Role.PRODUCT,
    "a": Role.PARTNER_ADMIN, "s": Role.PARTNER_SELLER, "m": Role.PARTNER_MARKETER, "t": Role.PARTNER_TECHNICIAN,
}  # fmt: skip
_TABLE: Final = {
    Permission.VIEW_PARTNERS:       "A E M O K S F P",
    Permission.EDIT_PARTNERS:       "A . M O . . . .",
    Permission.LOG_CONTACTS:        "A E M O K S . P",
    Permission.VIEW_DEALS:          "A E M O K S F P",
    Permission.EDIT_DEALS:          "A . M O . S . .",
    Permission.DECIDE_REGISTRATIONS: "A . M O . . . .",
    Permission.CONFIRM_TOUCHES:     "A . M O . S . .",
    Permission.REVERSE_CREDIT:      "A . . O . . . .",
    Permission.MANAGE_LEADS:        "A . M O K S . .",
    Permission.VIEW_METRICS:        "A E M O K . F P",
    Permission.VIEW_TEAM:           "A E M O . . . .",
    Permission.MANAGE_TEAM:         "A E . O . . . .",
    Permission.EVALUATE_SEGMENTS:   "A E . O . . . .",
    Permission.IMPORT_DATA:         "A . . O . . . .",
    Permission.MANAGE_PROGRAM:      "A . . O . . . .",
    Permission.MANAGE_PEOPLE:       "A . . O . . . .",
    Permission.MANAGE_TOKENS:       "A . . O . . . .",
    Permission.REPLAY_DELIVERIES:   "A . . O . . . .",
    Permission.VIEW_AUDIT:          "A E . O . . F .",
    Permission.PORTAL_DEALS:        "A a s . .",
    Permission.PORTAL_PERFORMANCE:  "A a s m .",
    Permission.PORTAL_COMPANY:      "A a s m t",
    Permission.PORTAL_EDIT_COMPANY: "A a . . .",
    Permission.PORTAL_PEOPLE:       "A a . . .",
    Permission.PORTAL_TOKENS:       "A a . . .",
}  # fmt: skip

VENDOR_ROLES: Final = tuple(role for initial, role in _COLUMNS.items() if initial.isupper())
PARTNER_ROLES: Final = tuple(role for initial, role in _COLUMNS.items() if initial.islower())

HEADS: Final = (Role.ADMINISTRATOR, Role.PARTNER_ADMIN)
"""Who lets others in."""


def permissions_of(role: Role) -> frozenset[Permission]:
    """Everything this role may do."""
    initial = next(letter for letter, candidate in _COLUMNS.items() if candidate is role)
    return frozenset(permission for permission, initials in _TABLE.items() if initial in initials.split())


def is_vendor_role(role: Role) -> bool:
    """Whether the role belongs to a vendor's own people."""
    return role in VENDOR_ROLES


def may_enter_portal(role: Role) -> bool:
    """Whether the role lets its holder look at the partnerships of the organization from the partner's side."""
    return Permission.PORTAL_COMPANY in permissions_of(role)
