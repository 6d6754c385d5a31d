"""What Fabrikam's seller and the partner manager wrote each other: about a claim, and one question that waits."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from comity.deals.models import Registration
from comity.demo.loading import DOOR
from comity.identity.actors import Actor
from comity.platform.tenancy import tenant
from comity.programs.models import Partnership, Program
from comity.timeline.conversation.services import Subject, mark_conversation_read, send_message
from comity.timeline.states import About


def write_messages(program: Program, ada: Actor, *, seller: Actor) -> None:
    """Bo asks about the Sonnhalde claim, Ada answers, and Bo asks for something else."""
    at = timezone.now()
    with tenant(organization_id=seller.organization_id, person_id=seller.person_id, door="portal"):
        own = Partnership.objects.select_related("program").get(program=program, partner_id=seller.organization_id)
        claim = Registration.objects.get(partnership=own, customer_name="Sonnhalde Maschinenbau")
    about = Subject(About.REGISTRATION, claim.pk, f"{claim.reference} {claim.customer_name}")

    def write(actor: Actor, text: str, subject: Subject | None = None) -> None:
        order: dict[str, Any] = {"partnership": own, "actor": actor, "at": at, "subject": subject}
        door = DOOR if actor is ada else "portal"
        with tenant(organization_id=actor.organization_id, person_id=actor.person_id, door=door):
            mark_conversation_read(partnership=own, actor=actor, at=at)
            send_message(**order, text=text)

    write(
        seller,
        "We attached the letter of their head of IT. Does it count, although Adler was two hours earlier?",
        about,
    )
    write(ada, "Thank you, Bo. I read it and talk to Adler today; you have my answer tomorrow by noon.", about)
    write(seller, "And could you join our call with Wetterstein next week? They ask about the roadmap of Forecast.")
