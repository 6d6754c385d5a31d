"""The recompute of a whole program, as a job in batches with its progress. A killed worker's successor goes on."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from comity.attribution.crediting import Occasion, credit
from comity.attribution.events import CreditChanged
from comity.attribution.models import CreditRun, DealCredit
from comity.attribution.states import Cause, CreditRunState
from comity.deals.models import Opportunity
from comity.deals.states import DealStatus
from comity.identity.actors import Actor
from comity.identity.roles import Permission
from comity.platform.outbox import announce
from comity.platform.tenancy import tenant
from comity.programs.models import Program

CREDIT_PROGRAM: Final = "credit_program"
BATCH: Final = 20_000
UNFINISHED: Final = (CreditRunState.WAITING.value, CreditRunState.RUNNING.value)


@transaction.atomic
def start_run(*, program: Program, actor: Actor | None = None) -> CreditRun:
    """Work out the credit of every deal of a program; one that is under way already is joined. Raises NotAllowed.

    Frozen deals keep their weights; deals that are not credited yet are, and amounts follow the deals.
    """
    if actor is not None:
        actor.require(Permission.REVERSE_CREDIT)
    mine = {"vendor_id": program.vendor_id, "program": program}
    run, is_new = CreditRun.objects.get_or_create(
        **mine, state__in=UNFINISHED,
        defaults={**mine, "state": CreditRunState.WAITING.value, "started_by_id": actor.person_id if actor else None},
    )  # fmt: skip
    if is_new:
        app.configure_task(CREDIT_PROGRAM).defer(organization=str(program.vendor_id), run=str(run.pk))
    return run


def work_batch(*, vendor_id: UUID, run_id: UUID, size: int = BATCH) -> bool:
    """Credit the next deals by id; whether there may be more."""
    with tenant(organization_id=vendor_id, door="job"):
        run = CreditRun.objects.select_for_update(of=("self",)).select_related("program").get(
            vendor_id=vendor_id, pk=run_id
        )  # fmt: skip
        if run.state not in UNFINISHED:
            return False
        concerned = _concerned(run.program)
        if run.state == CreditRunState.WAITING:
            run.state, run.deals = CreditRunState.RUNNING.value, concerned.count()
        if run.after is not None:
            concerned = concerned.filter(pk__gt=run.after)
        ids = list(concerned.order_by("pk").values_list("pk", flat=True)[:size])
        if ids:
            occasion = Occasion(Cause.WON, timezone.now(), change_id=run.pk)
            run.changed += credit(run.program, occasion, deals="o.id = ANY(%(ids)s)", values={"ids": ids}, tell=False)
            run.done, run.after = run.done + len(ids), ids[-1]
        else:
            run.state, run.finished_at = CreditRunState.DONE.value, timezone.now()
            if run.changed:
                announce(CreditChanged(change_id=run.pk, program_id=run.program_id, deals=run.changed))
        run.save()
        return bool(ids)


def break_off(*, vendor_id: UUID, run_id: UUID) -> None:
    """Say that a run failed, so that the next one may start; what it worked out is kept."""
    with tenant(organization_id=vendor_id, door="job"):
        mine = CreditRun.objects.filter(vendor_id=vendor_id, pk=run_id, state__in=UNFINISHED)
        mine.update(state=CreditRunState.FAILED.value, finished_at=timezone.now())


def _concerned(program: Program) -> QuerySet[Opportunity]:
    deals = Opportunity.objects.filter(vendor_id=program.vendor_id, program=program)
    credited = DealCredit.objects.filter(vendor_id=program.vendor_id, program=program)
    return deals.filter(status=DealStatus.WON) | deals.filter(pk__in=credited.values("opportunity_id"))
