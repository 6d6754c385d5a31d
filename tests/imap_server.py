"""A real IMAP server for tests (pymap), its mailbox in memory; and messages as partners' mail servers sign them."""

from __future__ import annotations

import base64
import imaplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any, Final

import dkim
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

USER: Final = "deals"
PASSWORD: Final = "correct horse"
ADDRESS: Final = "deals@northwind.example"


class ImapServer:
    """Where it listens, and how a message comes into its mailbox."""

    def __init__(self, port: int) -> None:
        self.port = port

    def delivers(self, *messages: bytes) -> None:
        """Put messages into the mailbox, as a mail server would."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as client:
            client.login(USER, PASSWORD)
            for one in messages:
                status, answer = client.append("INBOX", "", None, one)
                assert status == "OK", answer


@contextmanager
def imap_server() -> Iterator[ImapServer]:
    """The server in a process of its own, with an empty mailbox."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port", str(port),
        "--no-tls", "dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD,
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait_for(port, process)
        _emptied(port)
        yield ImapServer(port)
    finally:
        process.kill()
        process.communicate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _attempt in range(200):
        if process.poll() is not None:
            raise RuntimeError((process.stderr.read() if process.stderr else b"").decode())
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("The IMAP server did not begin to listen.")


def _emptied(port: int) -> None:
    """Without the letters that the server brings along."""
    with imaplib.IMAP4("127.0.0.1", port, timeout=10) as client:
        client.login(USER, PASSWORD)
        client.select("INBOX")
        client.store("1:*", "+FLAGS", "\\Deleted")
        client.expunge()


@cache
def key_of(domain: str) -> tuple[bytes, bytes]:
    """The private key of a domain (PEM), and the TXT record of its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


class Dns:
    """Answers with the keys of the domains that sign in tests; on request not at all."""

    def __init__(self) -> None:
        self.silent = False
        self.asked: list[str] = []

    def __call__(self, name: bytes, timeout: float = 5) -> bytes | None:
        self.asked.append(name.decode())
        if self.silent:
            raise dkim.DnsTimeoutError("no answer")
        selector, _mark, domain = name.decode().rstrip(".").partition("._domainkey.")
        return key_of(domain)[1] if selector == "mail" else None


def written(
    sender: str, text: str = "", *, subject: str = "A deal", to: str = ADDRESS, html: str = "", number: str = "1",
    files: tuple[tuple[str, bytes, str], ...] = (), **headers: str,
) -> EmailMessage:  # fmt: skip
    """A message as a mail program makes it; `headers` with underscores for hyphens."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = "Mon, 02 Mar 2026 09:00:00 +0000"
    message["Message-ID"] = f"<{number}@mail.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    if text or not html:
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
    else:
        message.set_content(html, subtype="html")
    for name, content, kind in files:
        main, _slash, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def signed(message: EmailMessage, domain: str = "fabrikam.example", **options: Any) -> bytes:
    """Its bytes with the domain's signature in front."""
    raw = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    headers = options.pop("headers", [b"from", b"to", b"subject", b"date", b"message-id"])
    signature: bytes = dkim.sign(
        raw, b"mail", domain.encode(), key_of(domain)[0], include_headers=headers,
        canonicalize=(b"relaxed", b"relaxed"), **options,
    )  # fmt: skip
    return signature + raw


@contextmanager
def within_tls(server: ImapServer, folder: Path) -> Iterator[tuple[int, Path]]:
    """The same server behind TLS, as `localhost`: the port, and the certificate that whoever trusts it needs."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = folder / "certificate.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, folder / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_pass_on, args=(listening, context, server.port), daemon=True).start()
        yield listening.getsockname()[1], pem


def _pass_on(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            plain, _address = listening.accept()
        except OSError:
            return
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as outside:
            _carry(outside, socket.create_connection(("127.0.0.1", port)))


def _carry(outside: socket.socket, inside: socket.socket) -> None:
    """Both ways, until one side hangs up (OSError)."""
    with inside:
        outside.settimeout(0.02)
        inside.settimeout(0.02)
        while True:
            for source, target in ((inside, outside), (outside, inside)):
                with suppress(TimeoutError):
                    piece = source.recv(65_536)
                    if not piece:
                        raise OSError("closed")
                    target.sendall(piece)
