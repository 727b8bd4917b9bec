"""Keeps the installed database fresh: an update when it is older than a day, and a plain word when none can be had."""

from __future__ import annotations

import os
import time
from datetime import date, datetime
from pathlib import Path

import msgspec

from scanner.advisories.select import data_folder, select_database
from scanner.advisories.update import DEFAULT_SOURCE, update_database
from scanner.model.errors import AssayError
from scanner.model.progress import Advance

MAX_AGE_DAYS = 1
ATTEMPT_EVERY_SECONDS = 3600.0
ATTEMPT = "last-attempt"
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
        as_of = database.info.as_of
    try:
        if (now.date() - date.fromisoformat(as_of[:10])).days <= MAX_AGE_DAYS:
            return Freshness(updated=False)
    except ValueError:
        pass  # A database without a date is one that should be replaced.
    marker = (folder or data_folder()) / ATTEMPT
    if _recent(marker):
        return Freshness(updated=False, note=f"the advisories are of {as_of}; an update was tried within the last hour")
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        result = update_database(source, progress, folder)
    except AssayError as error:
        return Freshness(updated=False, note=f"the advisories of {as_of} are used: {error.what} ({error.where})")
    except OSError as error:
        return Freshness(updated=False, note=f"the advisories of {as_of} are used: {error.strerror or error}")
    return Freshness(updated=result.export is not None)


def _recent(marker: Path) -> bool:
    try:
        return 0 <= time.time() - marker.stat().st_mtime < ATTEMPT_EVERY_SECONDS
    except OSError:
        return False
