"""Registration by e-mail, from a real IMAP server to the draft: who is taken, what is mailed back, what survives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connections, transaction
from django.utils import timezone

from cast import make_cast
from comity.deals.intake.mail import polling, receiving
from comity.deals.intake.mail.answering import Answer, answer_sender
from comity.deals.intake.mail.mailboxes import MailboxEntry, set_mailbox
from comity.deals.models import Mailbox, ReceivedMessage, Registration, RegistrationFile
from comity.deals.registration.submission import submit_registration
from comity.identity.roles import Role
from comity.identity.services import add_member
from comity.notices.models import Letter
from comity.platform.imap import MailboxTrouble, Place, Security, opened
from comity.platform.tenancy import tenant
from imap_server import ADDRESS, PASSWORD, USER, Dns, ImapServer, imap_server, signed, within_tls, written
from registration_story import RegistrationStory

SOON = (timezone.now() + timedelta(days=60)).date()
BO = "Bo <Bo@fabrikam.example>"
PDF = b"%PDF-1.7 a plan"
WHOLE = f"""Hello Ada,
please take this one in.

Customer: Acme GmbH
Web domain: acme.de
Contact: Erika Mustermann
What they need: New reports
for all of their plants
Value: 40.000 EUR
Close: {SOON}
--
Bo, Fabrikam
"""
PART = "Kunde: Globex\nLand: Germany\nWert: sehr viel\nArt: Neukunde"


@pytest.fixture(scope="module")
def server():
    with imap_server() as found:
        yield found


@pytest.fixture
def mailbox(cast, settings, server: ImapServer) -> Mailbox:
    settings.MAILBOX_HOSTS = frozenset({"127.0.0.1"})
    return set_up(cast, server)


def set_up(cast, server: ImapServer, **changed: object) -> Mailbox:
    entry = {
        "address": ADDRESS, "host": "127.0.0.1", "port": server.port, "security": "none", "user": USER,
        "password": PASSWORD, **changed,
    }  # fmt: skip
    with cast.scope("olga"):
        return set_mailbox(
            program=cast.program, actor=cast.actor("olga"), entry=MailboxEntry(**entry), at=timezone.now()
        )


def poll(cast, dns: Dns) -> Mailbox:
    key = Mailbox.objects
    with cast.scope("olga"):
        key = Mailbox.objects.get().pk
    polling.poll_mailbox(vendor_id=cast.northwind.pk, mailbox_id=key, resolver=dns)
    with cast.scope("olga"):
        return Mailbox.objects.get()


def die_after(answers: int):
    """Answer so many, then be killed."""
    left = [answers]

    def answer(given: Answer) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        answer_sender(given)

    return answer


def outcomes(cast) -> list[tuple[str, str, str]]:
    with cast.scope("ada"):
        return list(ReceivedMessage.objects.order_by("pk").values_list("subject", "outcome", "reason"))


def test_what_comes_by_mail_becomes_a_draft_once(cast, mailbox, server, monkeypatch):
    RegistrationStory(cast).rules(at=timezone.now() - timedelta(days=1), submissions_an_hour=3, flagged_from=1)
    dns = Dns()
    files = (("plan.pdf", PDF, "application/pdf"), ("run.exe", b"MZ\x00\x01", "application/octet-stream"))
    tampered = signed(written(BO, PART, subject="tampered", number="6")).replace(b"Globex", b"Gl0bex")
    first = (
        signed(written(BO, WHOLE, subject="whole", files=files)),
        b"From: broken\r\n\x00\xff\r\nSubject: =?utf-8?q?=ZZ?=\r\nContent-Type: multipart/mixed\r\n\r\n",
        signed(written(BO, PART, subject="part", number="2")),
        signed(written("mallory@evil.example", WHOLE, subject="stranger", number="3"), "evil.example"),
        signed(written(BO, PART, subject="other signs", number="4"), "evil.example"),
        written(BO, PART, subject="unsigned", number="5").as_bytes(),
        tampered,
        signed(written(BO, "I am away.", subject="away", number="7", Auto_Submitted="auto-replied")),
        signed(written(BO, PART, subject="passed on", number="8", to="cy@contoso.example")),
        signed(written("Ada <ada@northwind.example>", PART, subject="ours", number="9"), "northwind.example"),
    )
    server.delivers(*first)
    after = poll(cast, dns)
    assert (after.problem, after.failures, after.asked_at) == ("", 0, None)
    assert outcomes(cast) == [
        ("whole", "draft", ""),
        ("", "refused", "no_sender"),
        ("part", "draft", ""),
        ("stranger", "refused", "unknown_sender"),
        ("other signs", "refused", "signature_failed"),
        ("unsigned", "refused", "unsigned"),
        ("tampered", "refused", "signature_failed"),
        ("away", "ignored", "automatic"),
        ("passed on", "refused", "not_addressed"),
        ("ours", "refused", "unknown_sender"),
    ]
    with cast.scope("bo"):
        acme, globex = Registration.objects.order_by("pk")
        assert (acme.state, acme.customer_name, acme.customer_domain, acme.value, acme.currency) == (
            "draft", "Acme GmbH", "acme.de", 40_000, "EUR",
        )  # fmt: skip
        assert (acme.use_case, acme.expected_close_on) == ("New reports\nfor all of their plants", SOON)
        assert acme.notes == "Hello Ada,\nplease take this one in."
        assert (globex.customer_name, globex.value, globex.notes) == ("Globex", None, "Value: sehr viel")
        assert list(RegistrationFile.objects.values_list("registration", "name", "size")) == [
            (acme.pk, "plan.pdf", len(PDF))
        ]
    with cast.scope("ada"):
        letters = {one.key: one for one in Letter.objects.all()}
        assert {one.address for one in letters.values()} == {"bo@fabrikam.example"}, "a stranger is told nothing"
        whole, part = (letters[str(one.pk)] for one in ReceivedMessage.objects.filter(outcome="draft").order_by("pk"))
        assert whole.subject == "Your e-mail is a draft for Acme GmbH. Nothing is missing; register it"
        assert "plan.pdf" in whole.body
        assert "run.exe. This is a file of an unknown kind" in whole.body
        assert part.reply_to == ADDRESS
        assert part.answers == "<2@mail.example>"
        assert part.path == f"/portal/{cast.of_fabrikam.pk}/deals/registrations/{globex.pk}/edit/"
        for words in (
            "- Your contact there. Enter whom you talk to at the customer.",
            "- Expected value. This is not an amount that could be read; write it like 20,000 EUR.",
            "\nWhat they need: \nExpected value: \nExpected to close on:",
        ):
            assert words in part.body

    # The answer supplies the rest; the server counts anew, and a worker is lost in the middle: once all the same.
    answer = (
        f"Ansprechpartner: Hans\nBedarf: Berichte\nWert: 20k EUR\nAbschluss: {SOON:%d.%m.%Y}\n\n"
        "On Monday Comity wrote:\n> Customer: Foo"
    )
    told = f"<{part.message_id}@localhost>"
    more = (
        signed(written(BO, answer, subject="Re: part", number="10", In_Reply_To=told)),
        signed(
            written("cy@contoso.example", answer, subject="not his", number="11", References=told), "contoso.example"
        ),
    )
    with imap_server() as another:
        another.delivers(*first, *more)
        with cast.scope("olga"):
            Mailbox.objects.update(port=another.port)
        with monkeypatch.context() as lost:
            lost.setattr(receiving, "answer_sender", die_after(answers=2))
            with pytest.raises(KeyboardInterrupt):
                poll(cast, dns)
        for _again in range(2):
            with cast.scope("ada"):
                ReceivedMessage.objects.filter(outcome="waiting").update(next_at=timezone.now())
            poll(cast, dns)
    assert [one for one in outcomes(cast)[10:] if one[1] not in ("refused", "ignored")] == [
        ("whole", "known", "same_again"), ("part", "known", "same_again"), ("Re: part", "added", ""),
        ("not his", "draft", ""),
    ]  # fmt: skip
    with cast.scope("bo"):
        globex.refresh_from_db()
        assert (globex.customer_name, globex.contact_name, globex.value) == ("Globex", "Hans", 20_000)
        assert Registration.objects.count() == 2
    with cast.scope("ada"):
        assert Letter.objects.filter(address="bo@fabrikam.example").count() == 3
        past = apps.get_model("deals", "MailboxEvent").objects.values_list("pgh_label", "port")
        assert list(past) == [("replaced", server.port)], "that it was read is no history"
        assert Letter.objects.get(address="cy@contoso.example").subject.startswith(
            "Your e-mail is a draft for a customer"
        )


def test_whatever_stands_in_the_way_has_a_name(settings, server: ImapServer, tmp_path: Path, monkeypatch):
    settings.MAILBOX_HOSTS = frozenset({"localhost"})

    def tried(port: int = server.port, security: Security = Security.NONE, **changed: str) -> str:
        place = {"host": "localhost", "user": USER, "password": PASSWORD, "folder": "INBOX", **changed}
        try:
            with opened(Place(port=port, security=security, **place)) as folder:
                return f"read {folder.numbers(after=10**6, since=SOON)}"
        except MailboxTrouble as found:
            return found.trouble.value

    assert tried() == "read []"
    assert tried(password="wrong") == tried(user="nobody") == "login_refused"
    assert tried(folder="Überall & nirgends") == "no_folder"
    assert tried(security=Security.STARTTLS) == tried(security=Security.TLS) == "no_tls"
    with socket.create_server(("127.0.0.1", 0)) as busy:
        threading.Thread(target=lambda: busy.accept()[0].sendall(b"220 smtp\r\n"), daemon=True).start()
        assert tried(busy.getsockname()[1]) == "not_imap"
    assert tried(1) == "no_answer"
    with within_tls(server, tmp_path) as (port, certificate):
        assert tried(port, Security.TLS) == "certificate"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert tried(port, Security.TLS) == "read []"


def receive(cast, mailbox: Mailbox, dns: Dns, message, domain: str = "fabrikam.example") -> tuple[str, str]:
    """What becomes of a message, as if the server had just given it."""
    with cast.scope("ada"):
        record = ReceivedMessage.objects.create(
            vendor_id=mailbox.vendor_id, mailbox=mailbox, program_id=mailbox.program_id, uid_validity=7,
            uid=ReceivedMessage.objects.count() + 1, received_at=timezone.now(), outcome="waiting",
        )  # fmt: skip
    receiving.receive(mailbox=mailbox, record=record, raw=signed(message, domain), at=timezone.now(), resolver=dns)
    with cast.scope("ada"):
        record.refresh_from_db()
    return record.outcome, record.reason


def test_known_senders_are_told_why_nothing_became_of_it(cast, settings):
    settings.MAILBOX_HOSTS = frozenset({"127.0.0.1"})
    RegistrationStory(cast).rules(at=timezone.now() - timedelta(days=1), submissions_an_hour=1, flagged_from=1)
    mailbox, dns, bo = set_up(cast, ImapServer(1)), Dns(), cast.person("bo")
    bo.language = "de"
    bo.save(update_fields=["language"])
    assert receive(cast, mailbox, dns, written(BO, "Are you there?", number="1")) == ("refused", "nothing_understood")
    dns.silent = True
    assert receive(cast, mailbox, dns, written(BO, WHOLE, number="2")) == ("waiting", "no_key_yet")
    dns.silent = False
    assert receive(cast, mailbox, dns, written(BO, WHOLE, number="3")) == ("draft", "")
    assert receive(cast, mailbox, dns, written(BO, PART, number="4")) == ("refused", "too_many")
    assert receive(cast, mailbox, dns, written(BO, PART, number="5")) == ("refused", "too_many")
    with cast.scope("bo"):
        draft = Registration.objects.get()
        submit_registration(registration=draft, partnership=cast.of_fabrikam, actor=cast.actor("bo"), at=timezone.now())
    RegistrationStory(cast).rules(at=timezone.now(), submissions_an_hour=30)
    late = written(BO, "Value: 1 EUR", number="6", In_Reply_To="<3@mail.example>")
    assert receive(cast, mailbox, dns, late) == ("known", "submitted")
    with tenant(organization_id=cast.contoso.pk):
        add_member(person=bo, organization=cast.contoso, role=Role.PARTNER_SELLER)
    assert receive(cast, mailbox, dns, written(BO, PART, number="7")) == ("refused", "several_partners")
    named = written(BO, f"Partner: contoso\n{PART}", number="8")
    assert receive(cast, mailbox, dns, named) == ("draft", "")
    with cast.scope("cy"):
        assert Registration.objects.get().notes == "Value: sehr viel"
    bo.is_active = False
    bo.save(update_fields=["is_active"])
    assert receive(cast, mailbox, dns, written(BO, PART, number="9")) == ("refused", "unknown_sender")
    with cast.scope("ada"):
        told = list(Letter.objects.filter(kind="draft_by_email").order_by("pk").values_list("subject", "body"))
    assert [subject for subject, _body in told] == [
        "Aus Ihrer E-Mail wurde kein Entwurf: Kein Feld wurde verstanden",
        "Ihre E-Mail ist ein Entwurf für Acme GmbH. Es fehlt nichts; registrieren Sie ihn",
        "Aus Ihrer E-Mail wurde kein Entwurf: Es waren zu viele in einer Stunde",
        "Ihre E-Mail zu Acme GmbH änderte nichts: Der Deal ist schon registriert",
        "Aus Ihrer E-Mail wurde kein Entwurf: Für welchen Partner schreiben Sie?",
        "Ihre E-Mail ist ein Entwurf für Globex. Es fehlt noch etwas",
    ]
    assert "Kunde: \nWeb-Domain: " in told[0][1]
    assert "- Erwarteter Wert. " in told[-1][1]


def test_a_killed_worker_and_two_at_once_make_one_draft(committed_database: str, tmp_path: Path, monkeypatch, settings):
    """Here a mail server of the vendor's own vouches for the sender."""
    settings.MAILBOX_HOSTS = frozenset({"127.0.0.1"})
    with transaction.atomic():
        cast = make_cast()
    vouched = written(BO, WHOLE, Authentication_Results="mx.northwind.example; dkim=pass header.d=fabrikam.example")
    with imap_server() as server:
        mailbox = set_up(cast, server, trusted_server="mx.northwind.example")
        server.delivers(vouched.as_bytes())
        mark = tmp_path / "mark"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COMITY_MAILBOX_HOSTS": "127.0.0.1"}
        command = [sys.executable, "-m", "mail_reader", str(cast.northwind.pk), str(mailbox.pk), str(mark)]
        reader = subprocess.Popen(command, env=environment)
        deadline = time.monotonic() + 90
        while not mark.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        reader.send_signal(signal.SIGKILL)
        reader.wait()
        with cast.scope("ada"):
            assert list(ReceivedMessage.objects.values_list("outcome", "attempts")) == [("waiting", 1)]
            ReceivedMessage.objects.update(next_at=timezone.now())

        def again(_number: int) -> None:
            polling.poll_mailbox(vendor_id=cast.northwind.pk, mailbox_id=mailbox.pk)
            connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(again, range(2)))
    with cast.scope("ada"):
        assert list(ReceivedMessage.objects.values_list("outcome", flat=True)) == ["draft"]
        assert (Registration.objects.count(), Letter.objects.count()) == (1, 1)
    assert poll(cast, Dns()).problem == "no_answer", "the server is gone"
