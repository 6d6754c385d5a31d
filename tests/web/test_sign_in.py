"""Signing in: who gets in, how often one may try, and that nobody learns who is here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from cast import PASSWORD, make_cast
from comity.identity.models import Person
from comity.platform.home import REPOSITORY
from comity.platform.tenancy import tenant

LOGIN = "/accounts/login/"


def sign_in(email: str, password: str = PASSWORD, client: Client | None = None, **extra: str):
    return (client or Client()).post(LOGIN, {"login": email, "password": password}, **extra)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def plain(answer) -> str:
    text = re.sub(r"(?s)<(head|script).*?</\1>", "", answer.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).strip()


def test_the_right_password_lets_in_whatever_the_case_of_the_address(cast):
    client = Client()
    answer = sign_in("ADA@northwind.example", client=client)
    assert (answer.status_code, answer["Location"], is_in(client)) == (302, "/", True)


def test_where_one_wanted_to_go(cast):
    answer = Client().post(f"{LOGIN}?next=/profile/", {"login": "ada@northwind.example", "password": PASSWORD})
    assert answer["Location"] == "/profile/"
    stolen = Client().post(f"{LOGIN}?next=//evil.example/", {"login": "ada@northwind.example", "password": PASSWORD})
    assert stolen["Location"] == "/"


def test_who_is_switched_off_is_out_at_once(cast):
    client = cast.browser("ada")
    assert client.get("/profile/").status_code == 200
    Person.objects.filter(pk=cast.person("ada").pk).update(is_active=False)
    assert client.get("/profile/").status_code == 302
    assert not is_in(_signed_in_client("ada@northwind.example"))


def _signed_in_client(email: str) -> Client:
    client = Client()
    sign_in(email, client=client)
    return client


def test_nobody_learns_who_is_here(cast):
    """A wrong password and an unknown address get the same answer; so do both kinds of reset."""
    known, unknown = sign_in("ada@northwind.example", "wrong"), sign_in("nobody@northwind.example", "wrong")
    assert known.status_code == unknown.status_code == 200
    assert plain(known).replace("ada@", "nobody@") == plain(unknown)
    resets = [
        Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in ("ada@northwind.example", "nobody@northwind.example")
    ]
    assert plain(resets[0]) == plain(resets[1])
    assert Client().get("/accounts/signup/").status_code == 200
    assert "People join by invitation" in plain(Client().get("/accounts/signup/"))
    made = Client().post(
        "/accounts/signup/", {"email": "new@x.example", "password1": "a long password", "password2": "a long password"}
    )
    assert "People join by invitation" in plain(made)
    assert not Person.objects.filter(email="new@x.example").exists()


def asked_for_code(email: str) -> tuple[Client, str]:
    """A browser that asked, and what it reads."""
    client = Client()
    answer = client.post("/accounts/login/code/", {"email": email}, follow=True)
    return client, plain(answer)


def test_a_letter_lets_its_owner_in_once_and_tells_nobody_who_is_here(cast):
    client, read = asked_for_code("ada@northwind.example")
    stranger, unknown = asked_for_code("nobody@northwind.example")
    assert read.replace("ada@", "nobody@") == unknown
    letter, other = mail.outbox
    code = letter.subject.rpartition(" ")[2]
    assert (letter.to, other.to) == (["ada@northwind.example"], ["nobody@northwind.example"])
    assert "There is no account for it." in other.body
    assert "List-Unsubscribe" not in letter.extra_headers
    link = next(line for line in letter.body.splitlines() if line.startswith("http")).removeprefix(
        "http://127.0.0.1:8000"
    )
    assert f'value="{code}"' in client.get(link).content.decode()
    assert not is_in(client), "looking signs nobody in"
    elsewhere = Client()
    assert elsewhere.get(link).status_code == 302, "another browser starts at the beginning"
    for somebody, typed in ((stranger, code), (client, "WRONGX")):
        somebody.post("/accounts/login/code/confirm/", {"code": typed})
        assert not is_in(somebody)
    client.post("/accounts/login/code/confirm/", {"code": code})
    assert is_in(client)
    again = Client()
    again.post("/accounts/login/code/confirm/", {"code": code})
    assert not is_in(again)


def test_codes_are_asked_for_and_guessed_a_few_times_only(cast):
    for _ in range(5):
        asked_for_code("bo@fabrikam.example")
    assert len(mail.outbox) == 3
    client, _ = asked_for_code("cy@contoso.example")
    code = mail.outbox[-1].subject.rpartition(" ")[2]
    for _ in range(3):
        client.post("/accounts/login/code/confirm/", {"code": "WRONGX"})
    client.post("/accounts/login/code/confirm/", {"code": code})
    assert not is_in(client)


def test_a_claimed_address_is_not_signed_in_to(cast):
    """Eve put the victim's address on her account: the victim must not land there."""
    EmailAddress.objects.create(user=cast.person("eve"), email="ceo@victim.example", verified=False, primary=False)
    asked_for_code("ceo@victim.example")
    assert "There is no account for it." in mail.outbox[0].body


def test_a_wrong_password_takes_as_long_for_nobody(cast, settings):
    """Argon2 is worked out for an unknown address too."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    ada = cast.person("ada")
    ada.set_password(PASSWORD)
    ada.save()
    assert ada.password.startswith("argon2$argon2id$")
    took = {}
    for email in ("ada@northwind.example", "nobody@northwind.example"):
        began = time.perf_counter()
        sign_in(email, "wrong")
        took[email] = time.perf_counter() - began
    assert min(took.values()) > max(took.values()) / 5, took


def test_a_password_is_reset_by_mail_once(cast):
    Client().post("/accounts/password/reset/", {"email": "ada@northwind.example"})
    (letter,) = mail.outbox
    assert letter.to == ["ada@northwind.example"]
    link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", letter.body).group(1)
    client = Client()
    form = client.get(link)["Location"]
    answer = client.post(form, {"password1": "a new long password", "password2": "a new long password"})
    assert answer.status_code == 302
    assert is_in(_with("a new long password"))
    assert not is_in(_with(PASSWORD))
    assert "no longer works" in plain(Client().get(link, follow=True))


def _with(password: str) -> Client:
    client = Client()
    sign_in("ada@northwind.example", password, client)
    return client


def test_a_new_password_must_not_be_easy(cast):
    client = cast.browser("ada")
    sign_in("ada@northwind.example", client=client)
    for poor in ("short", "12345678901234", "password12345"[:11], "ada@northwind.example"):
        answer = client.post(
            "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": poor, "password2": poor}
        )
        assert answer.status_code == 200, poor
    assert Person.objects.get(pk=cast.person("ada").pk).check_password(PASSWORD)


def test_an_unproved_address_cannot_be_signed_in_with(cast):
    """Nobody takes the address of a person who is yet to come."""
    client = Client()
    sign_in("eve@umbra.example", client=client)
    client.post("/accounts/email/", {"email": "ceo@victim.example", "action_add": ""})
    assert not EmailAddress.objects.filter(email="ceo@victim.example", verified=True).exists()
    assert Person.objects.get(pk=cast.person("eve").pk).email == "eve@umbra.example"
    assert not is_in(_signed_in_client("ceo@victim.example"))


# --- lock-out ---


def test_five_wrong_passwords_close_the_door(cast):
    for _ in range(5):
        sign_in("ada@northwind.example", "wrong")
    client = Client()
    answer = sign_in("ada@northwind.example", client=client)
    assert not is_in(client)
    assert "Too many failed login attempts" in plain(answer)
    assert is_in(_signed_in_client("olga@northwind.example")), "others still get in"


def test_another_host_or_case_does_not_begin_anew(cast):
    for number in range(5):
        sign_in(
            "Ada@northwind.example" if number % 2 else "ada@northwind.example", "x", HTTP_HOST=f"localhost:{number}"
        )
    client = Client()
    sign_in("ada@northwind.example", client=client)
    assert not is_in(client)


def test_the_answer_of_a_closed_door_is_the_same_for_nobody(cast):
    pages = []
    for email in ("ada@northwind.example", "nobody@northwind.example"):
        for _ in range(5):
            sign_in(email, "wrong")
        pages.append(plain(sign_in(email, "wrong")).replace(email, ""))
    assert pages[0] == pages[1]


def test_one_place_may_not_try_many_people(cast):
    for number in range(30):
        sign_in(f"person{number}@northwind.example", "wrong", REMOTE_ADDR="192.0.2.7")
    closed, elsewhere = Client(), Client()
    sign_in("ada@northwind.example", client=closed, REMOTE_ADDR="192.0.2.7")
    sign_in("ada@northwind.example", client=elsewhere, REMOTE_ADDR="192.0.2.8")
    assert (is_in(closed), is_in(elsewhere)) == (False, True)


@pytest.fixture
def shared_counters(committed_database, settings):
    """The cache of production: a table, on the second connection."""
    from comity.project.settings import CACHES

    settings.CACHES = CACHES
    with transaction.atomic():
        return make_cast()


def test_counters_survive_a_rollback(shared_counters):
    with tenant():
        cache.set("failures", 4, 60)
        transaction.set_rollback(True)
    assert cache.get("failures") == 4


ELSEWHERE = """
import django, sys
django.setup()
from django.test import Client
client = Client(SERVER_NAME="localhost")
for password in sys.argv[1:]:
    client.post("/accounts/login/", {"login": "ada@northwind.example", "password": password})
print("in" if "_auth_user_id" in client.session else "out")
"""


def elsewhere(*passwords: str) -> str:
    environment = os.environ | {
        "PYTHONPATH": str(REPOSITORY / "src"),
        "DJANGO_SETTINGS_MODULE": "comity.project.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *passwords], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


def test_processes_count_together(shared_counters, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    person = Person.objects.get(email="ada@northwind.example")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    person.set_password(PASSWORD)
    person.save()
    assert elsewhere("wrong", PASSWORD) == "in", "a few mistakes are forgiven"
    assert elsewhere("wrong", "wrong") == "out"
    for _ in range(2):
        sign_in("ada@northwind.example", "wrong")
    assert not is_in(_signed_in_client("ada@northwind.example"))
    assert elsewhere(PASSWORD) == "out"


def test_tries_at_once_are_all_counted(shared_counters):
    def attempt(number: int) -> None:
        try:
            sign_in("ada@northwind.example", f"wrong {number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(8)))
    assert not is_in(_signed_in_client("ada@northwind.example"))


def test_a_flood_does_not_push_a_lock_out_of_the_table(shared_counters, settings):
    for _ in range(5):
        sign_in("ada@northwind.example", "wrong")
    for number in range(400):
        cache.set(f"flood-{number}", number, 600)
    assert settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 100_000
    assert not is_in(_signed_in_client("ada@northwind.example"))


# --- the second step ---


def code_of(secret: str, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture
def two_step(cast) -> str:
    """Ada signs in with codes; the secret."""
    secret = generate_totp_secret()
    TOTP.activate(cast.person("ada"), secret)
    return secret


def test_the_password_alone_is_not_enough(cast, two_step):
    client = Client()
    answer = sign_in("ada@northwind.example", client=client)
    assert (answer["Location"], is_in(client)) == ("/accounts/2fa/authenticate/", False)
    assert client.get("/profile/").status_code == 302
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert (wrong.status_code, is_in(client)) == (200, False)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(two_step)})
    assert is_in(client)


def test_a_letter_alone_is_not_enough_either(cast, two_step):
    client, _ = asked_for_code("ada@northwind.example")
    answer = client.post("/accounts/login/code/confirm/", {"code": mail.outbox[-1].subject.rpartition(" ")[2]})
    assert (answer["Location"], is_in(client)) == ("/accounts/2fa/authenticate/", False)


def test_a_code_works_once(cast, two_step):
    code = code_of(two_step)
    outcomes = []
    for _ in range(2):
        client = Client()
        sign_in("ada@northwind.example", client=client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        outcomes.append(is_in(client))
    assert outcomes == [True, False]


def test_codes_cannot_be_guessed_for_long(cast, two_step):
    client = Client()
    sign_in("ada@northwind.example", client=client)
    for number in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"})
    client.post("/accounts/2fa/authenticate/", {"code": code_of(two_step)})
    assert not is_in(client)


def test_the_second_step_is_set_up_by_who_proves_the_password(committed_database):
    with transaction.atomic():
        cast = make_cast()
    client, page = cast.browser("ada"), "/accounts/2fa/totp/activate/"
    ask = client.get(page)["Location"]
    assert ask.startswith("/accounts/reauthenticate/")
    client.post(ask, {"password": "wrong"})
    assert client.get(page).status_code == 302
    client.post(ask, {"password": PASSWORD})
    answer = client.get(page)
    assert answer.status_code == 200, answer.get("Location")
    secret = client.session["mfa.totp.secret"]
    assert secret in answer.content.decode()
    client.post(page, {"code": code_of(secret)})
    kinds = Authenticator.objects.filter(user=cast.person("ada")).values_list("type", flat=True)
    assert sorted(kinds) == ["recovery_codes", "totp"]
    assert any("ada@northwind.example" in letter.to for letter in mail.outbox), "she is told"


# --- sessions ---


def test_sessions_are_listed_and_ended_one_by_one(cast):
    here, there = Client(HTTP_USER_AGENT="Here"), Client(HTTP_USER_AGENT="There")
    for client in (here, there):
        sign_in("ada@northwind.example", client=client)
        client.get("/profile/")
    listed = here.get("/accounts/sessions/").context["sessions"]
    assert sorted(session.user_agent for session in listed) == ["Here", "There"]
    other = UserSession.objects.get(user_agent="There")
    assert cast.browser("eve").post(f"/profile/sessions/{other.pk}/end/").status_code == 404
    assert there.get("/profile/").status_code == 200
    here.post(f"/profile/sessions/{other.pk}/end/")
    assert there.get("/profile/").status_code == 302, "that browser is out"
    assert here.get("/profile/").status_code == 200


def test_the_use_of_a_session_is_noted_once_a_minute_and_at_once_from_a_new_place(cast, monkeypatch):
    client = Client(HTTP_USER_AGENT="Here")
    sign_in("ada@northwind.example", client=client)
    client.get("/profile/")

    def is_noted(path: str = "/profile/", **extra: str) -> bool:
        UserSession.objects.update(last_seen_at=datetime(2020, 1, 1, tzinfo=UTC))
        client.get(path, **extra)
        return UserSession.objects.get().last_seen_at.year > 2020

    assert not is_noted(), "a moment later"
    assert is_noted(HTTP_USER_AGENT="Elsewhere")
    assert UserSession.objects.get().user_agent == "Elsewhere"
    assert is_noted("/accounts/sessions/"), "where it is read"
    monkeypatch.setattr("comity.web.middleware.NOTED_EVERY", 0.0)
    assert is_noted(), "a minute later"


def test_a_new_password_ends_the_other_sessions(cast):
    here, there = _signed_in_client("ada@northwind.example"), _signed_in_client("ada@northwind.example")
    new = {"oldpassword": PASSWORD, "password1": "a new long password", "password2": "a new long password"}
    here.post("/accounts/password/change/", new)
    assert there.get("/profile/").status_code == 302


def test_a_session_gets_another_name_at_sign_in(cast):
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    before = session.session_key
    sign_in("ada@northwind.example", client=client)
    assert client.session.session_key != before


def test_the_profile_is_ones_own(cast):
    client = cast.browser("ada")
    said = {"name": "Ada L.", "time_zone": "Europe/Berlin", "language": "de"}
    answer = client.post("/profile/", said)
    assert answer.status_code == 302
    ada = Person.objects.get(pk=cast.person("ada").pk)
    assert {"name": ada.name, "time_zone": ada.time_zone, "language": ada.language} == said
    shown = client.get("/profile/", headers={"Accept-Language": "en"})
    assert (shown.headers["Content-Language"], '<html lang="de"' in shown.text) == ("de", True)
    assert client.post("/profile/", {**said, "name": "", "time_zone": "Mars/Olympus"}).status_code == 422
    assert client.post("/profile/", {**said, "language": "tlh"}).status_code == 422
    problem = client.get("/api/v1/partners", headers={"Accept-Language": "de"})
    assert (problem.status_code, problem.headers.get("Content-Language", "en")) == (401, "en")


def test_before_sign_in_the_browser_says_the_language(client):
    shown = {asked: client.get("/accounts/login/", headers={"Accept-Language": asked}) for asked in ("de-AT", "tlh")}
    said = {asked: answer.headers["Content-Language"] for asked, answer in shown.items()}
    assert said == {"de-AT": "de", "tlh": "en"}
