"""The demo's page of letters: there in a demo on one machine, and nowhere else; a letter's HTML runs nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.mail import mailers
from django.test import Client

from comity.platform.letters import Content, compose


@pytest.fixture
def demo(settings, tmp_path, db):
    settings.HOME = SimpleNamespace(path=tmp_path)
    settings.MAILERS = {"default": {"BACKEND": "comity.platform.mail.HomeMailbox"}}
    (tmp_path / "demo.json").write_text("{}")
    content = Content(subject="DR-1 is approved", body="Good news.\n\n<script>alert(1)</script>", link="http://x/")
    mailers.default.send_messages([compose(content, to="bo@fabrikam.example")])
    return tmp_path


def test_what_was_sent_is_shown_in_a_frame_that_runs_nothing(demo):
    page = Client().get("/mail/").content.decode()
    assert "DR-1 is approved" in page
    (name,) = [path.stem for path in (demo / "mail").iterdir()]
    one = Client().get(f"/mail/{name}/")
    assert "frame-src 'self'" in one["Content-Security-Policy"]
    assert "Good news." in one.content.decode()
    framed = Client().get(f"/mail/{name}/html")
    assert "default-src 'none'" in framed["Content-Security-Policy"]
    assert "sandbox" in framed["Content-Security-Policy"]
    assert "script-src" not in framed["Content-Security-Policy"]
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in framed.content.decode()
    for invented in ("/mail/../secret_key/", "/mail/0/", "/mail/0/html"):
        assert Client().get(invented).status_code == 404


def test_elsewhere_there_is_no_such_page(demo, settings):
    assert Client().get("/mail/", REMOTE_ADDR="10.0.0.7").status_code == 404
    settings.BASE_URL = "https://partners.example.com"
    assert Client().get("/mail/").status_code == 404
    settings.BASE_URL = "http://127.0.0.1:8000"
    settings.MAILERS = {"default": {"BACKEND": "comity.platform.smtp.SigningSmtp", "OPTIONS": {"host": "x"}}}
    assert Client().get("/mail/").status_code == 404
    settings.MAILERS = {"default": {"BACKEND": "comity.platform.mail.HomeMailbox"}}
    (demo / "demo.json").unlink()
    assert Client().get("/mail/").status_code == 404
