"""The history of a project's releases on its page: when each came, what came before it, and how it is numbered."""

from __future__ import annotations

from datetime import datetime

import msgspec

from scanner.integrity.history import by_version
from scanner.integrity.times import instant
from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import ProjectPage
from scanner.model.versions import parse_version


class ReleaseHistory(msgspec.Struct, frozen=True):
    """One release among the others of its project. Times are those of a release's first file.

    ``before`` is the release that was published last before this one, whatever its number; ``lower`` the next lower
    number. ``count`` is the number of releases on the page.
    """

    published: datetime
    first: datetime
    count: int
    before: tuple[str, datetime] | None
    lower: str


def _first_upload(artifacts: tuple[Artifact, ...]) -> datetime | None:
    times = [when for one in artifacts if (when := instant(one.upload_time)) is not None]
    return min(times) if times else None


def history_of(package: Package, page: ProjectPage) -> ReleaseHistory | NotKnown:
    """Where the release stands among the releases of its page, or why that is not known."""
    current = parse_version(package.version)
    if current is None:
        return NotKnown("its version is not one that PEP 440 orders")
    times: dict[str, datetime] = {}
    for text, artifacts in by_version(page).items():
        when = _first_upload(artifacts)
        if when is not None:
            times[text] = when
    published = next((when for text, when in times.items() if parse_version(text) == current), None)
    if published is None:
        return NotKnown("the index does not say when it was published")
    others = {text: when for text, when in times.items() if parse_version(text) != current}
    earlier = sorted((when, text) for text, when in others.items() if when < published)
    lower = [text for text in others if (version := parse_version(text)) is not None and version < current]
    return ReleaseHistory(
        published=published,
        first=min(times.values()),
        count=len(times),
        before=(earlier[-1][1], earlier[-1][0]) if earlier else None,
        lower=lower[-1] if lower else "",
    )


def jumps(version: str, lower: str, published: datetime) -> bool:
    """True where the major number leaps as it does in dependency confusion (``1.4`` → ``99.0``).

    Calendar versions leap when they are introduced: a major number that is the year of the release is none.
    """
    now, then = parse_version(version), parse_version(lower) if lower else None
    if now is None:
        return False
    calendar = now.major in range(published.year - 1, published.year + 2)
    short = now.major in range(published.year % 100 - 1, published.year % 100 + 2)
    if calendar or short or now.major >= 1900:
        return False
    if then is None:
        return now.major >= 50
    return now.major >= 3 * max(then.major, 1) + 20
