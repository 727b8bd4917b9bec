"""Waivers applied to findings: which are accepted by whom until when, and which waivers no longer hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from scanner.model.finding import Finding
from scanner.model.report import WaivedFinding
from scanner.policy.policy import Waiver


class Waived(msgspec.Struct, frozen=True):
    """``open`` findings stand, ``waived`` are accepted; ``expired`` waivers would have covered an open finding."""

    open: tuple[Finding, ...]
    waived: tuple[WaivedFinding, ...]
    expired: tuple[Waiver, ...]


def covers(waiver: Waiver, finding: Finding) -> bool:
    """True where the waiver is about that finding, whatever its date. See :class:`Waiver`."""
    if waiver.finding:
        return waiver.finding == finding.id
    if finding.rejects:
        return False
    by_rule = not waiver.rule or waiver.rule == finding.rule
    by_package = not waiver.package or waiver.package == finding.package.name
    return by_rule and by_package


def apply_waivers(findings: Iterable[Finding], waivers: tuple[Waiver, ...], today: date) -> Waived:
    stands: list[Finding] = []
    accepted: list[WaivedFinding] = []
    expired: set[int] = set()
    for finding in findings:
        matching = [number for number, waiver in enumerate(waivers) if covers(waiver, finding)]
        holding = [waivers[number] for number in matching if waivers[number].expires >= today]
        if holding:
            waiver = max(holding, key=lambda one: one.expires)
            accepted.append(WaivedFinding(finding, waiver.owner, waiver.expires.isoformat(), waiver.reason))
        else:
            stands.append(finding)
            expired.update(matching)
    return Waived(tuple(stands), tuple(accepted), tuple(waivers[number] for number in sorted(expired)))
