"""A worker process that knows the news of `outbox_world`: `python -m outbox_worker`."""

import os

import django

if __name__ == "__main__":
    django.setup()
    from comity.platform.jobs import run_worker
    from comity.platform.outbox import subscribe
    from outbox_world import SUBSCRIPTIONS

    subscribe(SUBSCRIPTIONS)
    run_worker(wait=os.environ.get("OUTBOX_WAIT") == "1", stalled_after=float(os.environ.get("OUTBOX_STALLED", "30")))
