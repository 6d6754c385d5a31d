"""Background work on the same PostgreSQL: deferred inside the transaction, retried, recovered after a killed worker."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

STALLED_AFTER_SECONDS: Final = 60


@app.periodic(cron="* * * * *")
@app.task(name="retry_stalled_jobs", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: Any, timestamp: int) -> None:
    """Take up again the jobs of workers that stopped sending a heartbeat (killed, machine lost)."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        await manager.retry_job(job)


def worker_connector() -> PsycopgConnector:
    """A connection pool that sees the jobs of every organization, and nothing else more than the app does."""
    params = connector_params("default")
    params.pop("pool", None)
    params["options"] = f"{params.get('options', '')} -c comity.worker=on".strip()
    return PsycopgConnector(kwargs=params)


def run_worker(*, wait: bool = True, concurrency: int = 2) -> None:
    """Work jobs until stopped; with `wait=False` until none is due."""
    with app.replace_connector(worker_connector()) as working:
        asyncio.run(_work(working, wait=wait, concurrency=concurrency))


async def _work(working: Any, *, wait: bool, concurrency: int) -> None:
    async with working.open_async():
        await working.run_worker_async(wait=wait, concurrency=concurrency, delete_jobs="successful")
