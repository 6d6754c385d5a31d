"""The door of the process: an ASGI application. It does not open for any database role but comity_app."""

import gc
import os
from importlib import import_module
from threading import Timer
from typing import Final

from django.core.asgi import get_asgi_application

from comity.platform.checks import refuse_other_roles

NEW_BEFORE_A_LOOK: Final = 50_000
"""Objects made before Python looks for cycles among them; a page makes that many, and hardly one is in a cycle."""
REST_AFTER: Final = 5.0  # seconds


def _pass_over_what_is_loaded() -> None:
    """It stays for good: the collector need not walk through it for every few pages."""
    gc.collect()
    gc.freeze()


def _load_the_rest() -> None:
    """Pages are answered earlier without the API and the metrics, but their first callers should not wait either."""
    from comity.insights.engine import prepare
    from comity.project.urls import API

    import_module(API)
    prepare()
    _pass_over_what_is_loaded()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.project.settings")
application = get_asgi_application()
refuse_other_roles()

_pass_over_what_is_loaded()
gc.set_threshold(NEW_BEFORE_A_LOOK, 20, 20)
_later = Timer(REST_AFTER, _load_the_rest)
_later.daemon = True
_later.start()
