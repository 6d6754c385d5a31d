"""Who is at the browser in the end-to-end tests, and how they sign in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

from playwright.sync_api import Page

PASSWORD = "comity-demo"
ADA, VERA, OLGA = "ada@northwind.example", "vera@northwind.example", "olga@northwind.example"
JONAS, SOFIA = "jonas@northwind.example", "sofia@northwind.example"
ANN, BO = "ann@fabrikam.example", "bo@fabrikam.example"
LENA, RETO, NORA = "lena@lucerne.example", "reto@lucerne.example", "nora@firstday.example"
"""Lena works for another vendor, Nora for one that has nothing yet: both are strangers to Northwind."""
SELLERS = {
    "Adler Systemhaus": ("timo@adler.example", "Timo Adler"),
    "Anna Snelling": ("anna@snelling.example", "Anna Snelling"),
    "Cecily Lampkin": ("cecily@lampkin.example", "Cecily Lampkin"),
}
"""Who is let in at partners that have nobody, by the partner's name. See `let_sellers_in`."""
DIRECT = {"northwind-partners": "dirk@northwind.example", "maven": "dirk@maven.example"}
DEPUTY = {"maven": "della@maven.example"}
"""A vendor's direct seller, and a second manager where there is only one; by program."""


def sign_in(page: Page, who: str, password: str = PASSWORD) -> None:
    """Fill in the form and send it."""
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(who)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def code_of(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238, six digits, 30 seconds)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
