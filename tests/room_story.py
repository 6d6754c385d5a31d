"""A co-sell room of the cast: Northwind (Ada) with Fabrikam (Bo) and Contoso (Cy), who must not see each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cast import NOW, Cast
from comity.cosell.models import Circle, Member, Room
from comity.cosell.rooms import answer_invitation, invite_partner, open_room
from comity.cosell.states import Role
from comity.deals.models import Opportunity
from comity.programs.models import Partnership
from deal_story import customer, deal


@dataclass
class RoomStory:
    """Who is in the room, and who does what there."""

    cast: Cast
    room: Room
    deal: Opportunity

    def partnership(self, who: str) -> Partnership:
        """Whose partner this person works for."""
        return {"bo": self.cast.of_fabrikam, "ann": self.cast.of_fabrikam, "cy": self.cast.of_contoso}[who]

    def invites(self, who: str, role: Role, *, at: datetime = NOW, joins: bool = True, **said: Any) -> Member:
        """Ada asks this person's company in, and it comes."""
        with self.cast.scope("ada"):
            member = invite_partner(
                room=self.room, actor=self.cast.actor("ada"), partnership=self.partnership(who), role=role, at=at,
                **said,
            )  # fmt: skip
        if joins:
            self.does(who, answer_invitation, at=at, joins=True)
        return member

    def vendor(self, verb: Any, **said: Any) -> Any:
        """Ada does something with the room."""
        with self.cast.scope("ada"):
            return verb(actor=self.cast.actor("ada"), **said)

    def member(self, who: str) -> Member:
        """What this person reads of the room."""
        with self.cast.scope(who):
            return Member.objects.select_related("partnership__program").get(partnership=self.partnership(who))

    def circle(self, who: str) -> Circle:
        """The circle of Northwind with this person's company."""
        with self.cast.scope("ada"):
            return Circle.objects.get(room=self.room, partnership=self.partnership(who))

    def does(self, who: str, verb: Any, **said: Any) -> Any:
        """A partner's person does something."""
        member = self.member(who)
        with self.cast.scope(who):
            return verb(member=member, partnership=self.partnership(who), actor=self.cast.actor(who), **said)


def make_room(cast: Cast, name: str = "Isar reporting", *, at: datetime = NOW) -> RoomStory:
    """A room on a deal of 90,000 EUR with a competitor, a close date and a contact; nobody is in it yet."""
    with cast.scope("ada"):
        made = deal(
            cast, name, account=customer(cast, "Isar Werke"), amount=Decimal(90_000),
            competitors=("Wide World Importers",),
        )  # fmt: skip
        room = open_room(opportunity=made, actor=cast.actor("ada"), at=at, customer_contact="Erika Muster, CFO")
    return RoomStory(cast, room, made)
