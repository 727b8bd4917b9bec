"""``--exclude-newer``: until which instant files exist for a resolution, as uv means it.

Source: https://docs.astral.sh/uv/reference/cli/ (``--exclude-newer``). A plain date includes that day; uv takes the day
of the machine's time zone and this takes UTC, so that the same input gives the same graph everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from scanner.clock import rfc3339
from scanner.model.artifact import Artifact
from scanner.model.coverage import Coverage
from scanner.model.errors import UsageError
from scanner.model.package import Package
from scanner.model.release import Release
from scanner.model.times import instant

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})")
_ISO = re.compile(
    r"P(?:(?P<w>\d{1,9})W)?(?:(?P<d>\d{1,9})D)?(?:T(?=\d)(?:(?P<h>\d{1,9})H)?(?:(?P<m>\d{1,9})M)?(?:(?P<s>\d{1,9})S)?)?",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\s*(?P<number>\d{1,9})\s*(?:(?P<w>w|wks?|weeks?)|(?P<d>d|days?)|(?P<h>h|hrs?|hours?)|(?P<m>m|mins?|minutes?)"
    r"|(?P<s>s|secs?|seconds?))(?![a-z])\s*,?(?:\s*and\b)?",
    re.IGNORECASE,
)
_SECONDS = {"w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
_REMEDY = (
    "Write a date (2026-08-01: that day, in UTC, is included), an RFC 3339 timestamp with its offset "
    "(2026-08-01T10:00:00Z), or a duration before now ('7 days', 'P7D'; months and years have no fixed length)."
)


def cutoff(text: str, now: datetime) -> str:
    """The instant from which on files do not exist, in RFC 3339 and UTC. Raises :class:`UsageError`."""
    text = text.strip()
    when: datetime | None = None
    try:
        if _DATE.fullmatch(text):
            when = datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1)
        elif _TIMESTAMP.fullmatch(text):
            when = instant(text)
        elif (seconds := _seconds(text)) is not None:
            when = now - timedelta(seconds=seconds)
        if when is not None:
            return rfc3339(when) if not when.microsecond else when.isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        pass
    raise UsageError("no such date, timestamp or duration", where=f"--exclude-newer {text[:80]}", remedy=_REMEDY)


def _seconds(text: str) -> int | None:
    """The length of an ISO 8601 or friendly duration; a day has 24 hours."""
    text = re.sub(r"\s*\bago$", "", text, flags=re.IGNORECASE)
    found = _ISO.fullmatch(text)
    if found is not None and any(found.groups()):
        return sum(int(value) * _SECONDS[unit] for unit, value in found.groupdict().items() if value)
    total = at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            return None
        unit = next(one for one in _SECONDS if part[one])
        total += int(part["number"]) * _SECONDS[unit]
        at = part.end()
    return total if at else None


def existed(artifact: Artifact, before: str) -> bool | None:
    """Whether the file was uploaded before that instant; ``None`` where the index does not say when it was."""
    uploaded, end = instant(artifact.upload_time), instant(before)
    return None if uploaded is None or end is None else uploaded < end


def later_files(releases: Mapping[Package, Release], before: str, check: str) -> Iterable[Coverage]:
    """A gap for each package of the graph whose file did not exist at that instant, or may not have."""
    for package, release in sorted(releases.items()):
        if not isinstance(release.chosen, Artifact) or package.source.kind != "index":
            continue
        answer = existed(release.chosen, before)
        if answer is None:
            reason = (
                f"the index does not say when its file was uploaded: whether it existed before {before} is not known"
            )
            yield Coverage(check, str(package), "not-checked", reason, "Ask an index that states upload times.")
        elif not answer:
            reason = f"it is fixed, and its file was uploaded on {release.chosen.upload_time}: not before {before}"
            yield Coverage(check, str(package), "not-checked", reason, "Fix an older version, or name a later date.")
