"""A periodic job that still waits when its time comes again is left out; the worker goes on."""

from __future__ import annotations

import asyncio

import pytest
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from comity.platform.jobs import worker_connector


def test_a_job_that_still_waits_is_not_deferred_twice(committed_database):
    async def twice() -> None:
        with app.replace_connector(worker_connector()) as working:
            async with working.open_async():
                for minute in (60, 120):
                    job = working.tasks["retry_stalled_jobs"].configure(task_kwargs={"timestamp": minute}).job
                    await working.job_manager.defer_periodic_job(job=job, periodic_id="", defer_timestamp=minute)

    with pytest.raises(AlreadyEnqueued):
        asyncio.run(twice())
