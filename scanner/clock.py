"""The run's clock: ``SOURCE_DATE_EPOCH`` where it is set, so that the same input gives the same bytes."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from scanner.model.errors import UsageError


def run_time() -> datetime:
    """Now in UTC to the second, or what ``SOURCE_DATE_EPOCH`` (reproducible-builds.org) says it is."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH is not a number of seconds since 1970: {text[:40]!r}",
            remedy="Unset it, or set it to a whole number such as 1790000000.",
        ) from error


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
