"""Letters on the wire: both parts, the signature, one click to stop; a real server, refusals, a killed worker."""

from __future__ import annotations

import base64
import email
import email.policy
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dkim
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

from cast import make_cast
from comity.notices.models import Letter
from comity.notices.services import Fact, readers, tell
from comity.platform import letters
from comity.platform.letters import Brand, Content, colour_of, compose
from comity.platform.models import Delivery
from comity.platform.outbox import LOST, deliver, replay
from comity.platform.smtp import signer_of
from comity.platform.tenancy import tenant
from letter_worker import LettersNoted

HOSTILE = "Bo & <b>Söhne</b>\r\nBcc: all@example.com"


class Server:
    """A mail server that keeps what it takes, and refuses when it is told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("hang up"):
            self.taken.append(envelope.original_content)
            server.transport.close()
            return "421 gone"
        if answer.startswith("250"):
            self.taken.append(envelope.original_content)
        return answer


@pytest.fixture
def server(settings, tmp_path: Path):
    """The server, and settings that send to it with a fresh key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (tmp_path / "dkim.pem").write_bytes(pem)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    found = Server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.DEFAULT_FROM_EMAIL = "Comity <comity@northwind.example>"
    settings.MAILERS = {
        "default": {
            "BACKEND": "comity.platform.smtp.SigningSmtp",
            "OPTIONS": {
                "host": "127.0.0.1", "port": port, "timeout": 5, "dkim_key_file": str(tmp_path / "dkim.pem"),
                "dkim_selector": "comity", "dkim_domain": "northwind.example",
            },
        }
    }  # fmt: skip
    yield SimpleNamespace(seen=found, public=public)
    controller.stop()


def written(cast) -> Delivery:
    """A letter to Bo that waits."""
    with tenant(organization_id=cast.northwind.pk):
        fact = Fact("registration_decided", "one", "/portal/x/", values={"reference": "DR-1"})
        tell(vendor_id=cast.northwind.pk, to=readers(cast.person("bo").pk), fact=fact)
        return Delivery.objects.select_related("event").get()


def test_a_letter_on_the_wire_is_signed_and_can_be_stopped(cast, server):
    waiting = written(cast)
    deliver(organization_id=cast.northwind.pk, delivery_id=waiting.pk)
    deliver(organization_id=cast.northwind.pk, delivery_id=waiting.pk)
    (raw,) = server.seen.taken
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(server.public)
    asked = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    assert dkim.verify(raw, dnsfunc=dns)
    assert asked == [b"comity._domainkey.northwind.example."]
    assert not dkim.verify(raw.replace(b"DR-1", b"DR-2"), dnsfunc=dns)
    unsigned = raw.replace(b"List-Unsubscribe-Post", b"List-Unsubscribe-Lost")
    assert not dkim.verify(unsigned, dnsfunc=dns), "the link to stop it is covered by the signature"
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, html = (message.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
    assert plain.startswith("DR-1 has a new state.\n\nhttp://127.0.0.1:8000/portal/x/\n")
    assert "DR-1 has a new state." in html
    assert "Northwind" in html
    assert "<script" not in html


def test_what_the_server_refuses_is_tried_again_and_what_nobody_knows_is_left_to_a_person(cast, server):
    waiting = written(cast)
    server.seen.answers = ["451 try later", "hang up"]
    with pytest.raises(smtplib.SMTPDataError):
        deliver(organization_id=cast.northwind.pk, delivery_id=waiting.pk)
    assert deliver(organization_id=cast.northwind.pk, delivery_id=waiting.pk) == "dead"
    with tenant(organization_id=cast.northwind.pk):
        waiting.refresh_from_db()
        assert waiting.problem == LOST
        replay(delivery=waiting)
    assert deliver(organization_id=cast.northwind.pk, delivery_id=waiting.pk) == "done"
    first, second = (email.message_from_bytes(raw)["Message-ID"] for raw in server.seen.taken)
    assert first == second, "whoever got both knows them for one"


def test_names_stay_text_in_both_parts():
    content = Content(subject=HOSTILE, body=f"{HOSTILE}\n\n{{{{ 1 }}}}", link="https://x/?a=1&b=2", link_label="Open",
                      lines=((HOSTILE, "https://x/y"),), reason=HOSTILE, brand=Brand(HOSTILE, hue=20))  # fmt: skip
    message = compose(content, to="bo@fabrikam.example")
    assert message.subject == "Bo & <b>Söhne</b> Bcc: all@example.com"
    html = message.alternatives[0].content
    assert "<b>" not in html
    assert "&lt;b&gt;Söhne&lt;/b&gt;" in html
    assert "{{ 1 }}" in html
    assert 'href="https://x/?a=1&amp;b=2"' in html
    assert colour_of(20) in html
    assert "fonts.googleapis" not in html


def test_white_can_be_read_on_every_hue():
    """4.5 : 1 by the formula of WCAG 2.2, on whatever colour a vendor chooses."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    contrasts = {hue: 1.05 / (luminance(colour_of(hue)) + 0.05) for hue in range(360)}
    assert min(contrasts.values()) > 4.5


def test_a_key_that_cannot_be_used_is_said_at_once(tmp_path: Path):
    assert signer_of(key_file="", selector="comity", domain="x") is None
    (tmp_path / "key.pem").write_text("-----BEGIN NONSENSE-----")
    for name in ("key.pem", "missing.pem"):
        with pytest.raises(ImproperlyConfigured, match="must be a private RSA key"):
            signer_of(key_file=str(tmp_path / name), selector="comity", domain="x")


def test_a_worker_that_is_killed_between_sending_and_noting_sends_once(
    committed_database: str, tmp_path: Path, monkeypatch
):
    """The letter is out, the row does not say so: nobody sends it again but a person, and then under the same name."""
    with transaction.atomic():
        cast = make_cast()
    waiting = written(cast)
    sent = tmp_path / "sent"
    monkeypatch.setenv("LETTERS", str(sent))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    worker = subprocess.Popen(
        [sys.executable, "-m", "letter_worker", str(cast.northwind.pk), str(waiting.pk)], env=environment
    )
    deadline = time.monotonic() + 90
    while not sent.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    monkeypatch.setattr(letters, "mailers", SimpleNamespace(default=LettersNoted(alias="default")))

    def again(_number: int) -> None:
        deliver(organization_id=cast.northwind.pk, delivery_id=waiting.pk)
        connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(again, range(2)))
    assert len(sent.read_text().splitlines()) == 1
    with tenant(organization_id=cast.northwind.pk):
        waiting.refresh_from_db()
        assert (waiting.state, waiting.problem) == ("dead", LOST)
        replay(delivery=waiting)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(again, range(2)))
    first, second = sent.read_text().splitlines()
    assert first == second, "a person had it sent again, under the same Message-ID"
    with tenant(organization_id=cast.northwind.pk):
        assert Letter.objects.get().sent_at is not None
