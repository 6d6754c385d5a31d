"""Getting people in and out: administrators, invitations, roles, tokens."""

from comity.identity.services.invitations import (
    INVITATION_DAYS,
    AddressKnown,
    InvitationGone,
    accept_as_new_person,
    accept_invitation,
    invite,
    invite_again,
    read_invitation,
    revoke_invitation,
    roles_to_give,
    take_invitation,
    void_other_letters,
)
from comity.identity.services.people import (
    AlreadyMember,
    LastAdministrator,
    add_member,
    change_profile,
    change_role,
    create_administrator,
    create_organization,
    create_person,
    end_membership,
)
from comity.identity.services.secrets_shown_once import Issued, hash_secret
from comity.identity.services.tokens import SCOPES, UnknownScope, issue_token, revoke_token

__all__ = [
    "INVITATION_DAYS",
    "SCOPES",
    "AddressKnown",
    "AlreadyMember",
    "InvitationGone",
    "Issued",
    "LastAdministrator",
    "UnknownScope",
    "accept_as_new_person",
    "accept_invitation",
    "add_member",
    "change_profile",
    "change_role",
    "create_administrator",
    "create_organization",
    "create_person",
    "end_membership",
    "hash_secret",
    "invite",
    "invite_again",
    "issue_token",
    "read_invitation",
    "revoke_invitation",
    "revoke_token",
    "roles_to_give",
    "take_invitation",
    "void_other_letters",
]
