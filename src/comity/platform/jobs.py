"""Background work on the same PostgreSQL: deferred inside the transaction, retried, recovered after a killed worker.

`task.defer(...)` goes through Django's own connection, so that a request which is rolled back leaves no job; that holds
inside a job as well. Only what fetches jobs and keeps their state (`worker_connector`) sees the jobs of everybody.
Arguments hold ids only, and `organization`, by which the policy of the jobs table knows whose they are.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

import psycopg
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import UniqueViolation
from procrastinate.psycopg_connector import PsycopgConnector

from comity.platform.checks import refuse_other_roles

HEARTBEAT_SECONDS: Final = 5.0
STALLED_AFTER_SECONDS: Final = 30
FAILED_JOBS_KEPT_HOURS: Final = 24 * 30


@app.periodic(cron="* * * * *")
@app.task(name="retry_stalled_jobs", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: Any, timestamp: int) -> None:
    """Take up again the jobs of workers that stopped sending a heartbeat (killed, machine lost)."""
    await take_up_stalled_jobs(context.app)


async def take_up_stalled_jobs(working: Any, *, stalled_after: float = STALLED_AFTER_SECONDS) -> int:
    """Give the jobs of workers that are gone back to the queue; returns how many."""
    manager = working.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after))
    for job in stalled:
        await manager.retry_job(job)
    return len(stalled)


@app.periodic(cron="17 3 * * *")
@app.task(name="forget_old_jobs", queueing_lock="forget_old_jobs", pass_context=True)
async def forget_old_jobs(context: Any, timestamp: int) -> None:
    """Drop the records of jobs that failed long ago; what they were to deliver is in the dead-letter list."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=FAILED_JOBS_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


class WorkerConnector(PsycopgConnector):
    """A pool that sees the jobs of every organization, and nothing else more than the app does.

    What a handler defers (`task.defer`, not awaited) still goes through Django's connection and so belongs to the
    handler's own transaction: rolled back with it, and not begun before it is committed.
    """

    def get_sync_connector(self) -> BaseConnector:
        """The connection of whoever defers."""
        return DjangoConnector(alias="default")

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """As the library's, but for a queueing lock that is taken: a periodic job that still waits a minute later.

        Of a table under policies PostgreSQL does not tell which value was there already. The library insists on it, and
        the worker would end.
        """
        try:
            return await super().execute_query_one_async(query, **arguments)
        except AssertionError as failure:
            taken = failure.__context__
            if not isinstance(taken, psycopg.errors.UniqueViolation):
                raise
            raise UniqueViolation(constraint_name=taken.diag.constraint_name, queueing_lock=None) from taken


def worker_connector() -> WorkerConnector:
    """The connections of a worker."""
    params = connector_params("default")
    params.pop("pool", None)
    params["options"] = f"{params.get('options', '')} -c comity.worker=on".strip()
    return WorkerConnector(kwargs=params)


def run_worker(*, wait: bool = True, concurrency: int = 2, stalled_after: float = STALLED_AFTER_SECONDS) -> None:
    """Work jobs until stopped; with `wait=False` until none is due. Raises SetupError as any other role."""
    refuse_other_roles()
    with app.replace_connector(worker_connector()) as working:
        asyncio.run(_work(working, wait=wait, concurrency=concurrency, stalled_after=stalled_after))


async def _work(working: Any, *, wait: bool, concurrency: int, stalled_after: float) -> None:
    async with working.open_async():
        await take_up_stalled_jobs(working, stalled_after=stalled_after)
        before: set[int] = set()
        while True:
            await working.run_worker_async(
                wait=wait,
                concurrency=concurrency,
                delete_jobs="successful",
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=float(STALLED_AFTER_SECONDS),
            )
            # A job that was still running when no other was due may have deferred one more. What another worker holds
            # back by its lock stays due: the same jobs twice are the end.
            due = set() if wait else await _due(working)
            if not due or due == before:
                return
            before = due


async def _due(working: Any) -> set[int]:
    """The jobs that could be fetched now."""
    now = datetime.now(UTC)
    jobs = await working.job_manager.list_jobs_async(status="todo")
    return {job.id for job in jobs if job.scheduled_at is None or job.scheduled_at <= now}
