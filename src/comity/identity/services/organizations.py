"""What an organization says of itself."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.models import Organization
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid
from comity.kernel.names import clean_name
from comity.kernel.words import Figure, words

ABOUT_LENGTH: Final = 4_000


@transaction.atomic
def edit_organization(*, actor: Actor, name: str, website: str, country: str, about: str) -> Organization:
    """Change the profile of the actor's own organization. Vendors keep the name they know it by.

    Raises NotAllowed, Invalid with every field that is wrong, InvalidName.
    """
    actor.require(Permission.MANAGE_PROGRAM if actor.is_vendor else Permission.PORTAL_EDIT_COMPANY)
    website, country, about = website.strip(), " ".join(country.split()), about.strip().replace("\x00", "")
    wrong: dict[str, str] = {}
    if not _is_web_address(website) or len(website) > 300:
        wrong["website"] = words("Enter an address such as fabrikam.com or https://fabrikam.com.")
    if len(country) > 100:
        wrong["country"] = words("Please shorten this to 100 characters; it has %(count)s.", count=len(country))
    if len(about) > ABOUT_LENGTH:
        wrong["about"] = words(
            "Please shorten this to %(about_length)s characters; it has %(count)s.",
            about_length=Figure(ABOUT_LENGTH),
            count=Figure(len(about)),
        )
    if wrong:
        raise Invalid(words("The profile was not saved."), fields=wrong)
    organization = Organization.objects.select_for_update().get(pk=actor.organization_id)
    organization.name, organization.website = clean_name(name), website
    organization.country, organization.about = country, about
    organization.save(update_fields=["name", "website", "country", "about"])
    return organization


def _is_web_address(text: str) -> bool:
    """Empty, or a host with a dot; only http and https, since it becomes a link."""
    if not text:
        return True
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not any(c.isspace() for c in text)
