"""From a story to a program: export, import, stage histories. Each step may be repeated; nothing is then changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from django.utils import timezone

from comity.connectors import files
from comity.connectors.services import begin_run, close_orphans, execute_run
from comity.deals.models import Stage
from comity.deals.rules import History, Step
from comity.deals.services import create_default_stages, record_histories
from comity.deals.states import DealStatus
from comity.demo.deals import DealLine, make_deals
from comity.demo.export import write_export
from comity.demo.story import LAST_DAY, Story
from comity.identity.actors import Actor
from comity.identity.models import Organization, Person
from comity.identity.queries import actor_of, memberships_of
from comity.identity.roles import Role
from comity.identity.services import add_member, create_person
from comity.platform.outbox import deliver_pending
from comity.platform.tenancy import tenant
from comity.programs.models import Program
from comity.programs.services import ProgramDraft, create_program, create_tier
from comity.programs.services.structure import add_region
from comity.worklist import standings

MAPPING: Final = Path(__file__).with_name("mapping.toml")
PASSWORD: Final = "comity-demo"  # noqa: S105 - printed at every start
DOOR: Final = "workspace"

Report = Callable[[str], None]


@dataclass(frozen=True)
class SignIn:
    """Somebody who can sign in to the demo."""

    who: str
    email: str
    password: str = PASSWORD


@dataclass(frozen=True)
class NewPerson:
    """Somebody of the vendor's own people."""

    email: str
    name: str
    role: Role


def instant(day: date) -> datetime:
    """A moment of a working day, for services that ask at what time something happened."""
    return datetime.combine(day, time(9, 30), UTC)


def has_signed_up(email: str) -> bool:
    """Whether this person is there: the last step of each vendor's story makes its people, all or none."""
    return Person.objects.filter(email__iexact=email).exists()


def hire(organization: Organization, people: Sequence[NewPerson]) -> dict[str, Actor]:
    """Make the vendor's people with their roles; the actors by e-mail address."""
    actors = {}
    for one in people:
        person = create_person(email=one.email, name=one.name, password=PASSWORD)
        with tenant(organization_id=organization.pk, person_id=person.pk):
            if not any(known.organization_id == organization.pk for known in memberships_of(person.pk)):
                add_member(person=person, organization=organization, role=one.role)
            membership = next(one for one in memberships_of(person.pk) if one.organization_id == organization.pk)
            actors[one.email] = actor_of(membership, person.name)
    return actors


def open_program(*, actor: Actor, draft: ProgramDraft, tiers: Sequence[str], regions: Sequence[str]) -> Program:
    """The vendor's program with its tiers, regions and stages; found if an interrupted start has made it."""
    with tenant(organization_id=actor.organization_id, door="command"):
        known = Program.objects.filter(vendor_id=actor.organization_id, name=draft.name).first()
        if known is not None:
            return known
        program = create_program(actor=actor, draft=draft)
        for name in tiers:
            create_tier(program=program, actor=actor, name=name)
        for name in regions:
            add_region(program=program, actor=actor, name=name)
        create_default_stages(program=program, actor=actor)
        return program


def import_story(*, program: Program, actor: Actor, story: Story, report: Report) -> None:
    """Export the story, import it, and write the stage histories that only the story knows."""
    deals = make_deals(story)
    mapping = files.load_mapping(MAPPING)
    with TemporaryDirectory(prefix="comity-demo-") as folder:
        write_export(Path(folder), story, deals)
        with tenant(organization_id=program.vendor_id, door="command"):
            close_orphans(program=program, at=timezone.now())
            record = begin_run(
                program=program,
                mapping=mapping,
                mapping_text=MAPPING.read_text("utf-8"),
                source_name="crm-export",
                strict=True,
            )
        outcome = execute_run(record=record, mapping=mapping, path=Path(folder), today=LAST_DAY)
    report(f"Imported {outcome.changed:,} deals of {program.vendor_name}")
    _record_steps(program, actor, deals)


def _record_steps(program: Program, actor: Actor, deals: Sequence[DealLine]) -> None:
    with tenant(organization_id=program.vendor_id, door="command"):
        stages = {stage.name: stage for stage in Stage.objects.filter(vendor_id=program.vendor_id, program=program)}
        histories = {deal.key: _history(deal, stages) for deal in deals}
        events = record_histories(program=program, actor=actor, histories=histories)
    for event in events:
        deliver_pending(organization_id=program.vendor_id, event_id=event)
    with tenant(organization_id=program.vendor_id, door="command"):
        standings.refill(Program.objects.get(vendor_id=program.vendor_id, pk=program.pk))


def _history(deal: DealLine, stages: dict[str, Stage]) -> History:
    return tuple(
        Step(step.on, stages[step.stage].pk, DealStatus(stages[step.stage].status), step.amount, step.recurring)
        for step in deal.steps
    )
