"""The door of the process: an ASGI application. It does not open for any database role but comity_app."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comity.project.settings")
application = get_asgi_application()

from comity.platform.checks import refuse_other_roles  # noqa: E402 - needs the settings

refuse_other_roles()
