"""The door of the process: an ASGI application. It does not open for any database role but comity_app."""

import gc
import os
from typing import Final

from django.core.asgi import get_asgi_application

NEW_BEFORE_A_LOOK: Final = 50_000
"""Objects made before Python looks for cycles among them; a page makes that many, and hardly one is in a cycle."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.project.settings")
application = get_asgi_application()

from comity.platform.checks import refuse_other_roles  # noqa: E402 - needs the settings

refuse_other_roles()

# What was loaded stays for good: the collector need not walk through it for every few pages.
gc.collect()
gc.freeze()
gc.set_threshold(NEW_BEFORE_A_LOOK, 20, 20)
