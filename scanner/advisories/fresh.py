"""Keeps the installed database fresh: an update when it is older than a day, and a plain word when none can be had."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import msgspec

from scanner.advisories.select import data_folder, select_database
from scanner.advisories.update import DEFAULT_SOURCE, update_database
from scanner.files import read_bounded
from scanner.model.errors import AssayError
from scanner.model.progress import Advance

MAX_AGE_DAYS = 1
ATTEMPT_EVERY_SECONDS = 3600.0
ATTEMPT = "last-attempt"
MAX_NOTE = 1000
OPT_OUT = "ASSAY_NO_DB_UPDATE"


class Freshness(msgspec.Struct, frozen=True):
    """Whether an update was made, and one sentence for the user (empty where there is nothing to say)."""

    updated: bool
    note: str = ""


def ensure_fresh(
    now: datetime, progress: Advance, *, offline: bool, source: str = DEFAULT_SOURCE, folder: Path | None = None
) -> Freshness:
    """Update the installed database where it is older than a day. Never raises: the old one is kept and it is said.

    Nothing is asked for when ``offline``, when the environment sets ``ASSAY_NO_DB_UPDATE``, and for an hour after an
    attempt, so that a site without the source does not wait at every audit.
    """
    if offline or os.environ.get(OPT_OUT):
        return Freshness(updated=False)
    with select_database() as database:
        as_of = "" if database.damaged else database.info.as_of
    try:
        if (now.date() - date.fromisoformat(as_of[:10])).days <= MAX_AGE_DAYS:
            return Freshness(updated=False)
    except ValueError:
        pass  # A database without a date, or a damaged one, is one that should be replaced.
    marker = (folder or data_folder()) / ATTEMPT
    told = _recent(marker)
    if told is not None:
        return Freshness(updated=False, note=told)
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        result = update_database(source, progress, folder)
        return Freshness(updated=result.export is not None)
    except AssayError as error:
        note = f"no update could be had: {error.what}"
    except OSError as error:
        note = f"no update could be had: {error.strerror or error}"
    with suppress(OSError):
        marker.write_text(note, encoding="utf-8")
    return Freshness(updated=False, note=note)


def _recent(marker: Path) -> str | None:
    """What the last attempt met, where that was within the hour: the same words, so that reports stay the same."""
    try:
        if 0 <= time.time() - marker.stat().st_mtime < ATTEMPT_EVERY_SECONDS:
            return read_bounded(marker, MAX_NOTE).decode("utf-8", "replace")
    except OSError:
        pass
    return None
