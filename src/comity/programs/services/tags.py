"""Tags of partners, and views of a list that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import transaction

from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.kernel.errors import Invalid, NotAllowed
from comity.kernel.words import words
from comity.programs.models import Partnership, PartnershipTag, Program, SavedView

MAX_TAG: Final = 40
MAX_VIEW: Final = 60
MAX_QUERY: Final = 2000


@transaction.atomic
def tag_partnerships(
    *, partnerships: Sequence[Partnership], actor: Actor, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> int:
    """Put tags on partners and take others off; the number of partners. Raises NotAllowed, Invalid."""
    actor.require(Permission.EDIT_PARTNERS)
    added, removed = _plain(add), _plain(remove)
    if not added and not removed:
        raise Invalid(words("Write the tag."), fields={"tag": words("Write a word or two.")})
    keys = [partnership.pk for partnership in partnerships]
    rows = PartnershipTag.objects.filter(vendor_id=actor.organization_id, partnership_id__in=keys)
    rows.filter(name__in=removed).delete()
    PartnershipTag.objects.bulk_create(
        [
            PartnershipTag(vendor_id=partnership.vendor_id, partnership_id=partnership.pk, name=name)
            for partnership in partnerships
            for name in added
        ],
        ignore_conflicts=True,
    )
    return len(keys)


@transaction.atomic
def save_view(
    *, program: Program, actor: Actor, page: str, name: str, query: str, is_shared: bool = False
) -> SavedView:
    """Keep a list as it is shown, under a name; one's own of that name is replaced. Raises NotAllowed, Invalid."""
    actor.require(Permission.VIEW_PARTNERS)
    if is_shared:
        actor.require(Permission.EDIT_PARTNERS)
    said = " ".join(name.split())
    if not said or len(said) > MAX_VIEW or not said.isprintable():
        raise Invalid(
            words("The view was not saved."),
            fields={"name": words("Give it a name of at most %(max_view)s characters.", max_view=MAX_VIEW)},
        )
    if len(query) > MAX_QUERY:
        raise Invalid(words("The view was not saved: it has too many filters."))
    view, _ = SavedView.objects.update_or_create(
        vendor_id=program.vendor_id,
        program=program,
        page=page,
        owner_id=actor.person_id,
        name=said,
        defaults={"query": query, "is_shared": is_shared},
    )
    return view


@transaction.atomic
def remove_view(*, view: SavedView, actor: Actor) -> None:
    """Forget a view: one's own. Raises NotAllowed."""
    if view.owner_id != actor.person_id:
        raise NotAllowed(words("This view is somebody else's; only they can remove it."))
    view.delete()


def _plain(names: Iterable[str]) -> list[str]:
    plain = list(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))
    if any(len(name) > MAX_TAG or not name.isprintable() for name in plain):
        raise Invalid(
            words("The tag was not saved."), fields={"tag": words("At most %(max_tag)s characters.", max_tag=MAX_TAG)}
        )
    return plain
