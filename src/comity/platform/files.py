"""Uploaded and produced files: bytes under the home, by vendor and id; a row says whose they are and what they are.

The bytes are written before the row is committed. They go when the transaction is rolled back, and a periodic job
sweeps up what a killed process left behind, so that the home holds no byte without a row.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app

from comity.kernel.errors import Invalid, NotFound
from comity.kernel.ids import uuid7
from comity.kernel.words import Figure, words
from comity.platform.file_types import NAMES, SAMPLE_BYTES, sniff
from comity.platform.models import StoredFile
from comity.platform.tenancy import tenant

log = structlog.get_logger(__name__)

ORPHAN_AFTER_SECONDS: Final = 24 * 3600
"""Longer than any transaction, so that nothing is swept up whose row is about to be committed."""


class FileTooLarge(Invalid):
    """The file has more bytes than may be uploaded here."""

    code, status, title = "file_too_large", 413, words("The file is too large")


class FileTypeRefused(Invalid):
    """The file is not of a kind that is taken here, whatever its name says."""

    code, status, title = "file_type_refused", 415, words("This kind of file is not taken here")


class FileGone(NotFound):
    """The row is there, the bytes are not: an incomplete restore, or a hand in the home."""

    code, title = "file_gone", words("The file is no longer here")


class Upload(Protocol):
    """What Django hands a view: a name, and the bytes piece by piece."""

    name: str | None

    def chunks(self) -> Iterator[bytes]: ...


class _Bytes:
    """Bytes that stay only if the transaction is committed: on a rollback, of a savepoint too, Django forgets the
    callback, and with it this object."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept = False

    def keep(self) -> None:
        """The row is committed."""
        self.kept = True

    def __del__(self) -> None:
        if not self.kept:
            self.path.unlink(missing_ok=True)


def store_file(
    *,
    vendor_id: UUID,
    upload: Upload,
    purpose: str,
    allowed: Collection[str],
    max_bytes: int | None = None,
    uploaded_by_id: UUID | None = None,
) -> StoredFile:
    """Keep an upload for a vendor. Raises FileTooLarge, FileTypeRefused; then nothing stays.

    Args:
        allowed: media types of `file_types`, told by the content.
        max_bytes: the most to take; by default the installation's limit.
    """
    file_id = uuid7()
    path = path_of(vendor_id, file_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    guard = _Bytes(path)
    size, digest, media_type = _write(path, upload.chunks(), allowed, max_bytes or settings.MAX_UPLOAD_BYTES)
    stored = StoredFile.objects.create(
        id=file_id,
        vendor_id=vendor_id,
        name=plain_name(upload.name or "file"),
        media_type=media_type,
        size=size,
        sha256=digest,
        purpose=purpose,
        uploaded_by_id=uploaded_by_id,
    )
    transaction.on_commit(guard.keep)
    return stored


def open_file(stored: StoredFile) -> BinaryIO:
    """The bytes of a file that the caller may see: load the row through a query first. Raises FileGone."""
    try:
        return path_of(stored.vendor_id, stored.pk).open("rb")
    except FileNotFoundError:
        raise FileGone(
            words("%(stored)s is listed, but its content is missing; restore it from a backup.", stored=stored.name)
        ) from None


def remove_file(stored: StoredFile) -> None:
    """Delete the row now, and the bytes once that is committed."""
    path = path_of(stored.vendor_id, stored.pk)
    stored.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def path_of(vendor_id: UUID, file_id: UUID) -> Path:
    """Where the bytes lie: only ids, nothing that a user typed."""
    return Path(settings.MEDIA_ROOT) / str(UUID(str(vendor_id))) / str(UUID(str(file_id)))


def plain_name(name: str) -> str:
    """A name for showing and for downloads: no folder, no control characters, at most 255 letters, the ending kept."""
    last = "".join(letter for letter in name.replace("\\", "/").rpartition("/")[2] if letter.isprintable()).strip(". ")
    stem, dot, ending = last.rpartition(".")
    if len(last) > 255:
        last = f"{stem[: 254 - len(ending)]}{dot}{ending}" if dot and len(ending) < 20 else last[:255]
    return last or "file"


def _write(path: Path, chunks: Iterator[bytes], allowed: Collection[str], most: int) -> tuple[int, str, str]:
    digest, size, sample, media_type = hashlib.sha256(), 0, b"", ""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise FileTooLarge(
                    words(
                        "The file has more than %(megabytes)s, the most that may be uploaded here.",
                        megabytes=_megabytes(most),
                    )
                )
            if not media_type:
                sample += chunk[: SAMPLE_BYTES - len(sample)]
                if len(sample) >= SAMPLE_BYTES:
                    media_type = _require_type(sample, allowed)
            digest.update(chunk)
            out.write(chunk)
        media_type = media_type or _require_type(sample, allowed)
        out.flush()
        os.fsync(out.fileno())
    return size, digest.hexdigest(), media_type


def _require_type(sample: bytes, allowed: Collection[str]) -> str:
    found = sniff(sample)
    if found not in allowed:
        wanted = " or ".join(NAMES.get(media_type, media_type) for media_type in sorted(allowed))
        raise FileTypeRefused(words("This is %(kind)s; choose %(wanted)s.", kind=NAMES[found], wanted=wanted))
    return found


def _megabytes(size: int) -> str:
    if size >= 1024 * 1024:
        return words("%(size)s MB", size=Figure(round(size / 1024 / 1024)))
    return words("%(size)s bytes", size=Figure(size))


@app.periodic(cron="41 3 * * *")
@app.task(name="sweep_files", queueing_lock="sweep_files")
def sweep_files(timestamp: int) -> None:
    """Remove bytes whose row was never committed."""
    sweep(older_than=time.time() - ORPHAN_AFTER_SECONDS)


def sweep(*, older_than: float) -> list[Path]:
    """Remove, and name, the files under the home that no row knows and that were written before this moment."""
    removed: list[Path] = []
    for folder in sorted(path for path in Path(settings.MEDIA_ROOT).glob("*") if path.is_dir()):
        vendor_id = _as_id(folder.name)
        if vendor_id is None:
            continue
        old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < older_than]
        ids = {path: _as_id(path.name) for path in old}
        with tenant(organization_id=vendor_id, door="job"):
            named = [file_id for file_id in ids.values() if file_id]
            known = set(StoredFile.objects.filter(pk__in=named).values_list("pk", flat=True))
        for path, file_id in ids.items():
            if file_id is not None and file_id not in known:
                path.unlink(missing_ok=True)
                removed.append(path)
    if removed:
        log.warning("orphaned_files_removed", count=len(removed))
    return removed


def _as_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
