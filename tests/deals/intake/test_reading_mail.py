"""Messages taken apart: charsets, HTML, quotations, forwards, files, programs; who signed them. No database."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from comity.deals.intake.mail.reading import Unreadable, read_message
from comity.deals.intake.plain_words import understand
from comity.platform.imap import MailboxTrouble, Place, Security, allowed_addresses
from comity.platform.signatures import Proof, prove_sender, proved_by_server
from imap_server import ADDRESS, Dns, signed, written

BO = "Bo <bo@fabrikam.example>"
OUTLOOK = (
    "Wert: 7 EUR\n\n________________________________\nVon: Comity <x@y.example>\nGesendet: Montag\nAn: Bo\n"
    "Betreff: A\n\nKunde: Foo\n"
)
GMAIL = "Value: 7 EUR\n\nOn Mon, 2 Mar 2026 at 10:00, Comity <deals@northwind.example>\nwrote:\n\n> Customer: Foo\n"
FORWARD = (
    "---------- Forwarded message ---------\nFrom: Erika <e@acme.de>\nDate: Mon\nSubject: Hello\nTo: Bo\n\n"
    "Customer: Acme\nValue: 7 EUR\n"
)
TABLE = (
    "<html><head><style>td{}</style></head><body><p>Hello</p><table><tr><td>Customer</td><td>Acme &amp; Co</td></tr>"
    "<tr><td><b>Value</b></td><td>7&nbsp;EUR</td></tr></table><div>Country: Germany</div>"
    '<div class="gmail_quote">Customer: Foo</div><blockquote>Domain: foo.de</blockquote></body></html>'
)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (written(BO, html=TABLE), {"customer_name": "Acme & Co", "value": "7 EUR", "customer_country": "Germany"}),
        (written(BO, OUTLOOK, subject="Re: x"), {"value": "7 EUR"}),
        (written(BO, GMAIL, subject="Re: x"), {"value": "7 EUR"}),
        (written(BO, FORWARD, subject="Fwd: x"), {"customer_name": "Acme", "value": "7 EUR"}),
        (written(BO, "please\n" + FORWARD, subject="WG: x"), {"customer_name": "Acme", "value": "7 EUR"}),
        (written(BO, "Customer: Acme", html="<p>Customer: Other</p>"), {"customer_name": "Acme"}),
    ],
    ids=("table", "outlook", "gmail", "forward", "forward with a word", "both parts"),
)
def test_what_was_written_is_read_and_what_is_answered_is_not(message: EmailMessage, fields: dict[str, str]):
    assert understand(read_message(message.as_bytes()).text).fields == fields


def test_bytes_of_any_charset_and_files_of_any_kind():
    odd = written(BO, "x", files=(("../../pl\u00e4n.pdf", b"%PDF-", "application/pdf"),))
    body = odd.get_body()
    assert body is not None
    body.set_payload("Kunde: Müller".encode("cp1252"))
    body.replace_header("Content-Transfer-Encoding", "8bit")
    body.set_param("charset", "x-unknown")
    read = read_message(odd.as_bytes())
    assert (read.text.strip(), [file.name for file in read.files]) == ("Kunde: Müller", ["../../plän.pdf"])
    whole = written(BO, "")
    whole.add_attachment(written("e@acme.de", "Customer: Acme", subject="Inner"))
    read = read_message(whole.as_bytes())
    assert (understand(read.text).fields, [file.name for file in read.files]) == (
        {"customer_name": "Acme"}, ["Inner.eml"],
    )  # fmt: skip
    flowed = written(BO, "x")
    flowed.set_payload("What they need: new \nreports\n")
    flowed.set_param("format", "flowed")
    assert read_message(flowed.as_bytes()).text == "What they need: new reports"


def test_programs_and_senders_that_pretend():
    for headers in (
        {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<x.example>"}, {"Return_Path": "<>"},
    ):  # fmt: skip
        assert read_message(written(BO, "x", **headers).as_bytes()).is_automatic, headers
    assert read_message(written("MAILER-DAEMON@x.example", "x").as_bytes()).is_automatic
    assert not read_message(written(BO, "x", Auto_Submitted="no").as_bytes()).is_automatic
    for line in (
        b"From: a@x.example, b@x.example", b"From: a@x.example\r\nFrom: bo@fabrikam.example", b"From: nobody", b"X: y",
    ):  # fmt: skip
        assert read_message(line + b"\r\n\r\nCustomer: Acme").sender == ""
    posing = (
        b"From: =?utf-8?q?=22bo=40fabrikam=2Eexample=22_=3Cbo=40fabrikam=2Eexample=3E=2C?= <m@evil.example>\r\n\r\nx"
    )
    assert read_message(posing).sender in ("", "m@evil.example")
    bomb = EmailMessage()
    bomb["From"] = BO
    for _part in range(300):
        bomb.add_attachment(b"x", maintype="text", subtype="plain", filename="x")
    with pytest.raises(Unreadable):
        read_message(bomb.as_bytes())


@settings(max_examples=60, deadline=None)
@given(some.binary(max_size=300), some.text(max_size=120))
def test_no_bytes_raise_anything_else(noise: bytes, text: str):
    for raw in (
        noise,
        b"From: a@b.example\r\nContent-Type: text/html; charset=utf-7\r\n\r\n"
        + noise
        + text.encode("utf-8", "replace"),
    ):
        try:
            read_message(raw)
        except Unreadable:
            continue


def test_a_signature_proves_its_own_domain_and_only_whole_messages():
    message, dns = written(BO, "Customer: Acme"), Dns()
    good = signed(message)

    def proof(raw: bytes, of: str = "fabrikam.example") -> Proof:
        return prove_sender(raw, is_of_sender=lambda domain: domain == of, resolver=dns)

    assert proof(good) is Proof.PROVED
    assert proof(good, "contoso.example") is Proof.FAILED
    assert proof(good.replace(b"Acme", b"Acne")) is Proof.FAILED
    assert proof(message.as_bytes()) is Proof.UNSIGNED
    assert proof(signed(message, length=True)) is Proof.FAILED, "more could have been added behind"
    assert proof(signed(message, headers=[b"from", b"subject"])) is Proof.FAILED, "not signed for whom"
    copied = written(BO, "Customer: Acme", to="cy@contoso.example", Cc=ADDRESS)
    assert proof(signed(copied, headers=[b"from", b"to", b"cc"])) is Proof.PROVED
    assert proof(signed(copied)) is Proof.FAILED, "the copy could have been added"
    passed_on = f"To: {ADDRESS}\r\n".encode() + signed(written(BO, "Customer: Acme", to="cy@contoso.example"))
    assert proof(passed_on) is Proof.PROVED, "a signature does not see a header above its own"
    assert read_message(passed_on).addressed == frozenset()
    assert read_message(copied.as_bytes()).addressed == {ADDRESS, "cy@contoso.example"}
    assert proof(signed(message, "evil.example") + good[:0]) is Proof.FAILED
    assert proof(b"DKIM-Signature: a=b; c\r\n" + good) is Proof.PROVED, "another's broken signature spoils nothing"
    dns.silent = True
    assert proof(good) is Proof.UNKNOWN


def test_a_server_of_ones_own_may_vouch():
    def vouches(*results: str) -> bool:
        return proved_by_server(
            results, server="mx.northwind.example", is_of_sender=lambda of: of == "fabrikam.example"
        )

    assert vouches(
        "mx.northwind.example 1; spf=fail; dkim=pass (2048-bit key; ok) header.d=fabrikam.example header.s=x"
    )
    assert vouches("other.example; dkim=fail", "MX.northwind.example; dmarc=pass (p=none) header.from=fabrikam.example")
    for results in (
        "mx.northwind.example; dkim=pass header.d=evil.example",
        "mx.northwind.example; dkim=fail header.d=fabrikam.example",
        "mx.northwind.example; spf=pass smtp.mailfrom=fabrikam.example",
        "evil.example; dkim=pass header.d=fabrikam.example",
        "mx.northwind.example; dkim=fail (dkim=pass header.d=fabrikam.example;) header.d=evil.example",
        'mx.northwind.example; spf=pass smtp.mailfrom="x; dkim=pass header.d=fabrikam.example; "@evil.example',
        'mx.northwind.example; dkim=pass header.i="header.d=fabrikam.example "@evil.example header.d=evil.example',
        'mx.northwind.example; spf=pass (of "x); dkim=pass header.d=fabrikam.example; ("@evil.example) smtp.helo=x',
        "",
    ):
        assert not vouches(results), results
    assert vouches('mx.northwind.example; dkim=pass header.b="a;b" header.d="fabrikam.example"')
    hidden = (
        b"mx.northwind.example; spf=pass smtp.mailfrom==?utf-8?q?x=3B_dkim=3Dpass_header=2Ed=3Dfabrikam=2Eexample_?="
    )
    raw = b"Authentication-Results: " + hidden + b"\r\n" + written(BO, "x").as_bytes()
    assert not vouches(*read_message(raw).results)
    assert not vouches("mx.northwind.example; none", "mx.northwind.example; dkim=pass header.d=fabrikam.example")


def test_private_places_are_not_asked(settings):
    def trouble(host: str, port: int = 993, security: Security = Security.TLS) -> str:
        try:
            return allowed_addresses(Place(host, port, security, "u", "p"))[0]
        except MailboxTrouble as found:
            return found.trouble.value

    settings.MAILBOX_HOSTS = frozenset({"127.0.0.2"})
    assert (
        trouble("127.0.0.1")
        == trouble("10.0.0.8")
        == trouble("::1")
        == trouble("169.254.169.254")
        == "host_not_allowed"
    )
    assert trouble("8.8.8.8", 22) == "port_not_allowed"
    assert trouble("8.8.8.8", 143, Security.NONE) == "needs_tls"
    assert trouble("8.8.8.8") == "8.8.8.8"
    assert trouble("127.0.0.2", 4143, Security.NONE) == "127.0.0.2"
    assert trouble("nowhere.invalid") == "host_unknown"
