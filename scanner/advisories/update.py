"""``assay db update``: fetch an export, compile it beside the old database, replace that only when all went well."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from scanner.advisories.arriving import arriving
from scanner.advisories.export import Export, compile_export
from scanner.advisories.select import FILE, data_folder
from scanner.advisories.store import AdvisoryDatabase
from scanner.files import read_bounded
from scanner.model.errors import AssayError, InputError, NetworkError
from scanner.model.numbers import plain_number
from scanner.model.progress import Advance
from scanner.model.urls import redact

DEFAULT_SOURCE = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
MAX_EXPORT_BYTES = 1024**3
MAX_SECONDS = 300.0
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
STALE_LOCK_SECONDS = 900.0
SCRATCH = "update-"
KEPT = "The database in use before is kept and still works."


class Validators(msgspec.Struct, frozen=True):
    """What the server said of the export that is installed, for a conditional request."""

    source: str = ""
    etag: str = ""
    last_modified: str = ""


class UpdateResult(msgspec.Struct, frozen=True):
    """``export`` is ``None`` where the installed database is still the newest."""

    export: Export | None
    path: Path


def update_database(source: str, progress: Advance, folder: Path | None = None) -> UpdateResult:
    """Install the database of an export (URL or file). On any failure the old one stays, and the error says so."""
    target = (folder or data_folder()) / FILE
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(target.with_suffix(".lock")):
            _clear_after_crashes(target.parent)
            with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=target.parent) as scratch:
                return _update(source, target, Path(scratch), progress)
    except OSError as error:
        what = f"the database cannot be written: {error.strerror or error}"
        raise InputError(what, where=str(target.parent), remedy=f"Free some space. {KEPT}") from error
    except sqlite3.Error as error:
        # SQLite speaks of a full disk in errors of its own.
        what = f"the database cannot be written: {error}"
        raise InputError(what, where=str(target.parent), remedy=f"Free some space. {KEPT}") from error
    except AssayError as error:
        remedy = f"{error.remedy} {KEPT}".strip()
        raise type(error)(error.what, where=error.where, remedy=remedy) from error


def _update(source: str, target: Path, scratch: Path, progress: Advance) -> UpdateResult:
    validators_path = target.with_suffix(".source.json")
    validators = Validators(source=redact(source))
    if "://" in source:
        held = _read_validators(validators_path) if _works(target) else Validators()
        known = held if held.source == redact(source) else Validators()
        archive = scratch / "export.zip"
        downloaded = _download(source, archive, known)
        if downloaded is None:
            return UpdateResult(None, target)
        validators = downloaded
    else:
        archive = Path(source)
        if not archive.is_file():
            raise InputError("there is no such file", where=source, remedy="Name an OSV all.zip, or its URL.")
    compiled = scratch / FILE
    export = compile_export(archive, compiled, shown_source=redact(source), progress=progress)
    # Opened once before it counts: a database that cannot be read must not replace one that can.
    AdvisoryDatabase(compiled).close()
    compiled.replace(target)
    validators_path.write_bytes(msgspec.json.encode(validators))
    return UpdateResult(export, target)


def _works(database: Path) -> bool:
    """Whether it can be opened. One that cannot must be fetched again, also where the source has nothing newer."""
    try:
        AdvisoryDatabase(database).close()
    except AssayError:
        return False
    return True


def _clear_after_crashes(folder: Path) -> None:
    """Remove what an update that was killed has left, once it is too old to be another's work."""
    for left in folder.glob(f"{SCRATCH}*"):
        if time.time() - left.stat().st_mtime > STALE_LOCK_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _read_validators(path: Path) -> Validators:
    try:
        return msgspec.json.decode(read_bounded(path, 1024 * 1024), type=Validators)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Validators()


def _download(url: str, target: Path, known: Validators) -> Validators | None:
    """The export into a file, within bounds; ``None`` where the server says that it has not changed."""
    import requests
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    from scanner.index.causes import of_error
    from scanner.index.config import from_environment
    from scanner.index.transport import session

    headers = {"Accept-Encoding": "identity"}
    if known.etag:
        headers["If-None-Match"] = known.etag
    elif known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    size = 0
    where = redact(url)
    try:
        with (
            session(from_environment()) as asked,
            asked.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as answer,
        ):
            if answer.status_code == 304:
                return None
            if answer.status_code != 200:
                raise NetworkError(f"the advisory source answered {answer.status_code}", where=where)
            with target.open("wb") as opened:
                for chunk in arriving(answer, MAX_SECONDS):
                    size += len(chunk)
                    if size > MAX_EXPORT_BYTES:
                        raise NetworkError("the download went past its bound in bytes", where=where)
                    opened.write(chunk)
            promised = plain_number(answer.headers.get("Content-Length", ""))
            if promised is not None and promised != size:
                raise NetworkError(f"the download broke off after {size} of {promised} bytes", where=where)
            return Validators(where, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
    except TimeoutError as error:
        raise NetworkError(f"the download did not end within {MAX_SECONDS:.0f} seconds", where=where) from error
    except (requests.Timeout, ReadTimeoutError) as error:
        raise NetworkError("the advisory source did not answer in time", where=where) from error
    except (requests.RequestException, HTTPError) as error:
        cause = of_error(error)
        what = f"the advisory source could not be reached, or broke off ({cause.what})"
        raise NetworkError(what, where=where, remedy=cause.remedy) from error


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """A lock file, so that two updates at once do not waste each other's work. One left by a crash is taken over."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        if time.time() - path.stat().st_mtime < STALE_LOCK_SECONDS:
            raise InputError(
                "another update is under way", where=str(path), remedy="Wait for it, or delete the lock file."
            ) from None
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.close(handle)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
