"""``assay report FILE.json``: any format from a saved report, without network; ``--merge`` compares several vendors."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from scanner.model.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from scanner.commands import DEFAULT_OUTPUT

    parser.add_argument("file", nargs="+", metavar="FILE.json", help="a report.json of `assay audit`")
    parser.add_argument(
        "--format",
        default="html",
        metavar="LIST",
        help="comma-separated: html, json, sarif, cyclonedx, markdown, text, annotations (default: html)",
    )
    parser.add_argument(
        "--output", metavar="PATH", help=f"a folder (default: {DEFAULT_OUTPUT}/), or - for standard output"
    )
    parser.add_argument(
        "--merge", action="store_true", help="one HTML page of several reports, with a table that compares them"
    )
    parser.add_argument("--summary", action="store_true", help="print the one-screen summary and write nothing")


def run(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from scanner.commands.write import chosen_formats
    from scanner.model.errors import UsageError
    from scanner.report.render import file_name, render

    reports = [read_report(Path(one)) for one in arguments.file]
    formats = chosen_formats(arguments.format)
    if arguments.merge:
        from scanner.report.merge import render_merged

        if formats != ("html",):
            raise UsageError("--merge writes HTML only", where="--format", remedy="Leave --format out.")
        return deliver([(file_name("html"), render_merged(reports))], arguments.output)
    if len(reports) > 1:
        raise UsageError("several reports were named", where="FILE.json", remedy="Name one, or add --merge.")
    if arguments.summary:
        from scanner.report.terminal import print_summary

        print_summary(reports[0], (), sys.stdout)
        return 0
    return deliver([(file_name(one), render(reports[0], one)) for one in formats], arguments.output)


def read_report(path: Path) -> Report:
    """The saved report. Raises :class:`InputError` where the file is absent, unreadable or no report."""
    from scanner.report.saved import load

    return load(read_body(path), where=str(path))


def read_body(path: Path) -> bytes:
    """The bytes of a saved report, bounded. Raises :class:`InputError` where it cannot be read."""
    from scanner.files import read_bounded
    from scanner.model.errors import InputError
    from scanner.report.saved import MAX_BYTES

    try:
        return read_bounded(path, MAX_BYTES + 1)
    except OSError as error:
        what = f"the report cannot be read: {error.strerror or error}"
        raise InputError(what, where=str(path), remedy="Name the report.json that `assay audit` wrote.") from error


def deliver(rendered: Sequence[tuple[str, bytes]], output: str | None) -> int:
    """To standard output for ``-``, else into the folder; says where each file lies."""
    import sys
    from pathlib import Path

    from scanner.commands.place import output_folder
    from scanner.commands.write import write_files
    from scanner.model.errors import UsageError

    if output == "-":
        if len(rendered) > 1:
            raise UsageError("only one format fits on standard output", where="--output", remedy="Name one format.")
        sys.stdout.buffer.write(rendered[0][1])
        sys.stdout.buffer.flush()
        return 0
    # What was audited is not known here; whoever stands in a checkout has its report there, or is told.
    folder = output_folder(output, [Path.cwd()])
    write_files(folder, rendered)
    for name, _ in rendered:
        sys.stdout.write(f"{folder / name}\n")
    return 0
