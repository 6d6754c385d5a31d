"""Passkeys, in a real browser with a virtual key: made after proving the password, and enough to sign in with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import transaction
from playwright.sync_api import Page, sync_playwright

from cast import PASSWORD, make_cast
from comity.cli.browser import find_browser
from real_server import serving

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture
def address(committed_database, settings) -> Iterator[str]:
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    with transaction.atomic():
        cast = make_cast()
        ada = cast.person("ada")
        ada.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
        ada.save(update_fields=["password"])
    with serving() as found:
        yield found


def with_browser(address: str, story) -> list[str]:
    """Tell a story in a page with a virtual key; what the console complained about."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        wire = context.new_cdp_session(page)
        wire.send("WebAuthn.enable")
        wire.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        story(page)
        browser.close()
    return complaints


def sign_in_with_password(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill("ada@northwind.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "login" not in url)


def make_passkey(page: Page) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
        page.wait_for_url("**/webauthn/add/")
    page.locator("input[name=name]").fill("Ada's laptop")
    box = page.locator("input[name=passwordless]")
    if box.count():
        box.check()
    page.locator("#mfa_webauthn_add, form button[type=submit], form button").last.click()
    page.wait_for_url(lambda url: "add" not in url)


def test_a_passkey_is_made_and_signs_in(address):
    def story(page: Page) -> None:
        sign_in_with_password(page)
        make_passkey(page)
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(lambda url: "login" not in url)
        page.goto("/profile/")
        assert page.get_by_label("Name").input_value() == "Ada"

    complaints = with_browser(address, story)
    assert [text for text in complaints if "Content Security Policy" in text] == []
    kinds = sorted(Authenticator.objects.values_list("type", flat=True))
    assert "webauthn" in kinds
