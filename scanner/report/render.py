"""The door of this package: which formats there are, what their files are called, and one function that renders."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

import msgspec

from scanner.model.errors import UsageError
from scanner.model.report import Report
from scanner.report.context import DEFAULT_CONTEXT, RenderContext
from scanner.report.saved import load

__all__ = ["DEFAULT_CONTEXT", "FORMATS", "RenderContext", "file_name", "load", "render"]


class Renderer(Protocol):
    def render(self, report: Report, context: RenderContext) -> bytes: ...


class _Format(msgspec.Struct, frozen=True):
    file: str
    module: str


# Modules are imported when used: a run that writes JSON never loads the template engine.
_FORMATS: dict[str, _Format] = {
    "html": _Format("report.html", "scanner.report.html"),
    "json": _Format("report.json", "scanner.report.json_format"),
    "sarif": _Format("report.sarif", "scanner.report.sarif"),
    "cyclonedx": _Format("report.cdx.json", "scanner.report.cyclonedx_format"),
    "markdown": _Format("report.md", "scanner.report.markdown"),
    "text": _Format("report.txt", "scanner.report.plain_text"),
    "annotations": _Format("annotations.txt", "scanner.report.annotations"),
}
FORMATS: tuple[str, ...] = tuple(_FORMATS)


def file_name(format: str) -> str:  # noqa: A002 - the word that the command line uses
    """The name of the file that a format is written to. Raises :class:`UsageError`."""
    return _known(format).file


def render(report: Report, format: str, *, context: RenderContext = DEFAULT_CONTEXT) -> bytes:  # noqa: A002
    """The report in that format; the same report gives the same bytes. Raises :class:`UsageError`."""
    module = cast(Renderer, importlib.import_module(_known(format).module))
    return module.render(report, context)


def _known(name: str) -> _Format:
    if name not in _FORMATS:
        raise UsageError(f"no such report format: {name[:40]}", remedy=f"Choose from: {', '.join(FORMATS)}.")
    return _FORMATS[name]
