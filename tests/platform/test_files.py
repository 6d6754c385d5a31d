"""Files: told by their content, kept with their row or not at all, handed out to those who may have them."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from comity.kernel.ids import uuid7
from comity.platform.file_types import CSV, GZIP, JPEG, PDF, PNG, SPREADSHEET, UNKNOWN, ZIP, sniff
from comity.platform.files import (
    FileGone,
    FileTooLarge,
    FileTypeRefused,
    open_file,
    path_of,
    plain_name,
    remove_file,
    store_file,
    sweep,
)
from comity.platform.models import StoredFile
from comity.platform.tenancy import tenant

TEXT = b"Account,Amount\nContoso,1\n"


def keep(vendor_id: UUID, content: bytes = TEXT, name: str = "deals.csv", **limits) -> StoredFile:
    upload = SimpleUploadedFile(name, content, content_type="text/plain")
    return store_file(vendor_id=vendor_id, upload=upload, purpose="import", **{"allowed": [CSV, ZIP], **limits})


def bytes_kept(settings) -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TEXT, CSV),
        (b"", CSV),
        ("größer;é".encode("latin-1"), CSV),
        ("a,b".encode("utf-16"), CSV),
        (b"PK\x03\x04\x14\x00\x00\x00deals.csv", ZIP),
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", SPREADSHEET),
        (b"\x1f\x8b\x08", GZIP),
        (b"%PDF-1.7", PDF),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"\xff\xd8\xff\xe0", JPEG),
        (b"MZ\x90\x00\x03", UNKNOWN),
        (b"\x7fELF\x02\x01", UNKNOWN),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content, expected):
    assert sniff(content) == expected


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("deals.csv", "deals.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\exports\\deals.csv", "deals.csv"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("...", "file"),
        ("x" * 300 + ".csv", "x" * 251 + ".csv"),
    ],
)
def test_a_name_is_for_showing_only(given_name, shown):
    assert plain_name(given_name) == shown


@given(st.text())
def test_any_name_can_be_kept(name):
    kept = plain_name(name)
    assert 0 < len(kept) <= 255
    assert kept.isprintable()
    assert not re.search(r"[/\\]", kept)


def test_what_is_kept(committed_database, settings):
    vendor = uuid7()
    with tenant(organization_id=vendor):
        stored = keep(vendor, name="../Q1 deals.csv")
    assert (stored.name, stored.media_type, stored.size) == ("Q1 deals.csv", CSV, len(TEXT))
    assert stored.sha256 == hashlib.sha256(TEXT).hexdigest()
    (kept,) = bytes_kept(settings)
    assert kept == path_of(vendor, stored.pk) == Path(settings.MEDIA_ROOT) / str(vendor) / str(stored.pk)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    with open_file(stored) as opened:
        assert opened.read() == TEXT


@pytest.mark.parametrize(
    ("content", "limits", "refusal"),
    [
        (TEXT, {"max_bytes": 10}, FileTooLarge),
        (b"MZ\x90\x00" + b"\x00" * 100_000, {}, FileTypeRefused),
        (b"%PDF-1.7 named .csv", {}, FileTypeRefused),
        (b"a" * 70_000 + b"\x00", {"max_bytes": 70_000}, FileTooLarge),
    ],
)
def test_what_is_refused_leaves_nothing(committed_database, settings, content, limits, refusal):
    vendor = uuid7()
    with tenant(organization_id=vendor):
        with pytest.raises(refusal), transaction.atomic():
            keep(vendor, content, **limits)
        assert StoredFile.objects.count() == 0
    assert bytes_kept(settings) == []


def test_bytes_go_with_a_rolled_back_transaction(committed_database, settings):
    vendor = uuid7()
    with tenant(organization_id=vendor):
        keep(vendor)
        assert len(bytes_kept(settings)) == 1
        transaction.set_rollback(True)
    assert bytes_kept(settings) == []


def test_bytes_go_with_a_rolled_back_savepoint_and_others_stay(committed_database, settings):
    vendor = uuid7()
    with tenant(organization_id=vendor):
        stays = keep(vendor)
        with transaction.atomic():
            keep(vendor)
            transaction.set_rollback(True)
    assert bytes_kept(settings) == [path_of(vendor, stays.pk)]


def test_removal_waits_for_the_commit(committed_database, settings):
    vendor = uuid7()
    with tenant(organization_id=vendor):
        stored = keep(vendor)
    with tenant(organization_id=vendor):
        remove_file(StoredFile.objects.get())
        transaction.set_rollback(True)
    assert len(bytes_kept(settings)) == 1
    with tenant(organization_id=vendor):
        remove_file(StoredFile.objects.get())
    assert bytes_kept(settings) == []
    with pytest.raises(FileGone):
        open_file(stored)


def test_the_sweeper_takes_what_no_row_knows(committed_database, settings):
    """A killed process leaves bytes without a row; what is young may still get one; what is not ours is left alone."""
    vendor, other = uuid7(), uuid7()
    with tenant(organization_id=vendor):
        known = path_of(vendor, keep(vendor).pk)
    with tenant(organization_id=other):
        theirs = path_of(other, keep(other).pk)
    orphan, young, foreign = path_of(vendor, uuid7()), path_of(vendor, uuid7()), known.parent / "notes.txt"
    for path in (orphan, young, foreign):
        path.write_bytes(b"x")
    for path in (known, theirs, orphan, foreign):
        os.utime(path, (time.time() - 90_000,) * 2)
    assert sweep(older_than=time.time() - 86_400) == [orphan]
    assert bytes_kept(settings) == sorted([known, theirs, young, foreign])


def download(cast, who: str, file_id: UUID, program: str = "northwind"):
    return cast.browser(who).get(f"/workspace/{program}/files/{file_id}")


def test_a_download_is_a_download(cast):
    with cast.scope("olga"):
        stored = keep(cast.northwind.pk, b"<script>alert(1)</script>", name='de"als\u00e9.html')
    answer = download(cast, "olga", stored.pk)
    assert answer.status_code == 200
    assert {name: answer[name] for name in ("Content-Type", "X-Content-Type-Options", "Content-Disposition")} == {
        "Content-Type": "text/csv",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "attachment; filename*=utf-8''de%22als%C3%A9.html",
    }
    assert "sandbox" in answer["Content-Security-Policy"]


def test_who_may_not_have_a_file(cast):
    with cast.scope("olga"):
        stored = keep(cast.northwind.pk)
        secret = StoredFile.objects.create(
            vendor_id=cast.northwind.pk, name="x", media_type=CSV, size=0, sha256="", purpose="something else"
        )
    seen = {
        "eve": download(cast, "eve", stored.pk).status_code,
        "eve by her own program": download(cast, "eve", stored.pk, "umbra").status_code,
        "bo": download(cast, "bo", stored.pk).status_code,
        "ada, who may not import": download(cast, "ada", stored.pk).status_code,
        "no purpose we know": download(cast, "olga", secret.pk).status_code,
    }
    assert seen == {
        "eve": 404,
        "eve by her own program": 404,
        "bo": 404,
        "ada, who may not import": 403,
        "no purpose we know": 404,
    }
