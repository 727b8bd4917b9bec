"""A saved ``report.json`` read back: typed, bounded, and refused with a reason where it is not one."""

from __future__ import annotations

import msgspec

from scanner.model.errors import InputError
from scanner.model.report import SCHEMA_VERSION, Report
from scanner.model.urls import redact_all

MAX_BYTES = 512 * 1024 * 1024


class _Head(msgspec.Struct):
    schema_version: str = ""


def load(body: bytes, where: str = "report.json") -> Report:
    """The report in the bytes. Raises :class:`InputError` naming the field that does not fit."""
    if len(body) > MAX_BYTES:
        raise InputError(f"the file has {len(body):,} bytes; a report may have {MAX_BYTES:,}", where=where)
    remedy = "Name a report.json that `assay audit --format json` wrote."
    try:
        head = msgspec.json.decode(body, type=_Head)
        major = head.schema_version.partition(".")[0]
        if major != SCHEMA_VERSION.partition(".")[0]:
            said = head.schema_version[:20] or "none"
            what = f"the report has schema version {said}; this assay reads {SCHEMA_VERSION.partition('.')[0]}.x"
            raise InputError(what, where=where, remedy=remedy)
        report = msgspec.json.decode(body, type=Report)
    except msgspec.ValidationError as error:
        raise InputError(f"not a report: {error}", where=where, remedy=remedy) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", where=where, remedy=remedy) from error
    check_graph(report, where)
    return redact_all(report)


def check_graph(report: Report, where: str) -> None:
    """Edges point at nodes by number; a number out of range would be a fault in every renderer."""
    size = len(report.graph.nodes)
    for number, edge in enumerate(report.graph.edges):
        if not (0 <= edge.parent < size and 0 <= edge.child < size):
            raise InputError(
                f"graph.edges[{number}] points outside the graph's {size} nodes",
                where=where,
                remedy="The file was changed after it was written. Audit again.",
            )
