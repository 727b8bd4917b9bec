"""A report held against an earlier one of the same project: which findings are new, and which are gone."""

from __future__ import annotations

import hashlib

import msgspec

from scanner.model.report import Baseline, Report
from scanner.report.saved import load


class Earlier(msgspec.Struct, frozen=True):
    """An earlier report, the file it was read from, and that file's SHA-256 (hex)."""

    report: Report
    source: str
    sha256: str


def earlier(body: bytes, source: str) -> Earlier:
    """From the bytes of a ``report.json``. Raises :class:`InputError` where they are none."""
    return Earlier(load(body, source), source, hashlib.sha256(body).hexdigest())


def against(before: Earlier, report: Report) -> Report:
    """The report with its baseline: finding ids are made of content, so the same finding has the same id in both."""
    then, now = _ids(before.report), _ids(report)
    baseline = Baseline(
        source=before.source,
        sha256=before.sha256,
        time=before.report.run.time,
        new=tuple(sorted(now - then)),
        gone=tuple(sorted(then - now)),
    )
    return msgspec.structs.replace(report, baseline=baseline)


def _ids(report: Report) -> frozenset[str]:
    return frozenset(one.id for one in (*report.findings, *(waived.finding for waived in report.waived)))
