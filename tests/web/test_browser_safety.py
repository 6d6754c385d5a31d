"""What a browser is told, what monitors are told, and as whom the server runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from comity.platform import checks
from comity.platform.home import REPOSITORY
from comity.platform.postgres import connection_urls
from real_server import free_port

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.mark.parametrize("path", ["/accounts/login/", "/workspace/northwind/partners/", "/nowhere", "/healthz"])
def test_every_answer_tells_the_browser_what_it_may_do(cast, path):
    answer = cast.browser("ada").get(path)
    told = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
    assert told == POLICY
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert {
        name: answer[name]
        for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy")
    } == {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    assert re.fullmatch(r"[0-9a-f]{16}", answer["X-Request-Id"])


def test_forms_need_their_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.person("root"), backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in ("/accounts/login/", "/workspace/northwind/settings/tokens/", "/profile/", "/invitation/x"):
        assert client.post(path, {"name": "x"}).status_code == 403, path


def test_a_host_that_is_not_ours_is_refused(db):
    assert Client().get("/accounts/login/", HTTP_HOST="evil.example").status_code == 400
    assert Client().get("/accounts/login/", HTTP_HOST="127.0.0.1:8123").status_code == 200


def test_cookies_are_closed_to_scripts_and_other_sites(cast):
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "ada@northwind.example", "password": "correct horse battery"})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", ""), name


BEHIND_TLS = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
secure = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": "partners.example"}
client = Client()
answer = client.get("/accounts/login/", **secure)
plain = client.get("/accounts/login/", HTTP_HOST="partners.example")
health = client.get("/healthz", HTTP_HOST="127.0.0.1")
print(json.dumps({
    "hsts": answer["Strict-Transport-Security"],
    "plain": [plain.status_code, plain["Location"]],
    "health": health.status_code,
    "cookie": [settings.CSRF_COOKIE_NAME, client.cookies[settings.CSRF_COOKIE_NAME].OutputString().split("; ")[1:]],
    "session": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE],
    "proxies": settings.ALLAUTH_TRUSTED_PROXY_COUNT,
    "passkeys need tls": not settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN,
}))
"""


def run(program: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(REPOSITORY / "src"),
        "DJANGO_SETTINGS_MODULE": "comity.project.settings",
        **surroundings,
    }
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_behind_tls(committed_database):
    done = run(BEHIND_TLS, COMITY_BASE_URL="https://partners.example")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    name, flags = told.pop("cookie")
    assert name == "__Host-csrf"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(flags)
    assert not any(flag.startswith("Domain") for flag in flags)
    assert told == {
        "hsts": "max-age=31536000",
        "plain": [301, "https://partners.example/accounts/login/"],
        "health": 200,
        "session": ["__Host-session", True],
        "proxies": 1,
        "passkeys need tls": True,
    }


def test_the_address_of_a_client_is_not_what_it_says(cast):
    """Without a proxy of ours, a header cannot give the lock-out another address to count."""
    for number in range(30):
        given = {"login": f"person{number}@x.example", "password": "wrong"}
        Client().post("/accounts/login/", given, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
    client = Client()
    client.post("/accounts/login/", {"login": "ada@northwind.example", "password": "correct horse battery"})
    assert "_auth_user_id" not in client.session


# --- monitors ---


def test_healthz(db):
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz(db):
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})


def test_readyz_tells_the_reason_to_this_machine_only(db, monkeypatch):
    monkeypatch.setattr(checks, "_migrated", set())
    monkeypatch.setattr(checks, "role_problems", lambda connection: ["The server connects as postgres."])
    near, far = Client().get("/readyz"), Client().get("/readyz", HTTP_X_FORWARDED_FOR="198.51.100.7")
    assert (near.status_code, near.json()["problems"]) == (503, ["The server connects as postgres."])
    assert (far.status_code, far.json()) == (503, {"ready": False})
    assert Client().get("/readyz", REMOTE_ADDR="198.51.100.7").json() == {"ready": False}


def test_a_database_that_is_gone_is_not_ready(db, monkeypatch):
    from django.db import OperationalError

    def gone(connection):
        raise OperationalError("connection refused\nby the server")

    monkeypatch.setattr(checks, "role_problems", gone)
    assert Client().get("/readyz").json() == {
        "ready": False,
        "problems": ["The database does not answer: connection refused"],
    }


def test_metrics_are_for_this_machine_or_a_secret(cast, settings):
    cast.browser("ada").get("/workspace/northwind/partners/")
    text = Client().get("/metrics").content.decode()
    assert 'route="workspace/<slug:program>/partners/"' in text
    assert "northwind/partners" not in text, "routes, not addresses: no secret of a link is kept"
    assert Client().get("/metrics", REMOTE_ADDR="198.51.100.7").status_code == 404
    assert Client().get("/metrics", HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 404
    settings.METRICS_TOKEN = "a-secret"
    shown = [
        Client().get("/metrics", REMOTE_ADDR="198.51.100.7", HTTP_AUTHORIZATION=f"Bearer {given}").status_code
        for given in ("a-secret", "another", "")
    ]
    assert shown == [200, 404, 404]


# --- as whom the server runs ---


def test_the_role_of_the_application_is_the_right_one(committed_database):
    assert checks.role_problems(connections["default"]) == []
    (problem,) = checks.role_problems(connections["owner"])
    assert problem.startswith("The server connects as comity_owner, which could see every company's rows")


def test_the_server_does_not_start_as_any_other(committed_database):
    owner = os.environ["DATABASE_OWNER_URL"]
    done = run("import comity.project.asgi", DATABASE_URL=owner)
    assert done.returncode != 0
    assert "The server connects as comity_owner" in done.stderr
    assert run("import comity.project.asgi").returncode == 0


def test_nor_under_the_real_server(committed_database):
    environment = os.environ | {
        "PYTHONPATH": str(REPOSITORY / "src"),
        "DJANGO_SETTINGS_MODULE": "comity.project.settings",
        "DATABASE_URL": os.environ["DATABASE_OWNER_URL"],
    }
    flags = ["--interface=asgi", "--no-ws", "--host=127.0.0.1", f"--port={free_port()}"]
    command = [sys.executable, "-P", "-m", "granian", *flags, "comity.project.asgi:application"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "The server connects as comity_owner" in done.stdout + done.stderr


def test_nor_as_the_superuser(db):
    from comity.platform.postgres import superuser_url

    url = superuser_url(settings.HOME)
    assert url != connection_urls(settings.HOME).app
    name = connections["default"].settings_dict["NAME"]
    done = run("import comity.project.asgi", DATABASE_URL=url.replace("@/postgres?", f"@/{name}?"))
    assert "The server connects as postgres" in done.stderr
