"""Reports onto disk: which formats were asked for, and files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scanner.model.errors import AssayError, InputError, UsageError
from scanner.model.faults import during
from scanner.model.report import Report
from scanner.report.render import FORMATS, file_name, render


def chosen_formats(text: str) -> tuple[str, ...]:
    """The formats of a comma-separated list, each once, in the order given. Raises :class:`UsageError`."""
    chosen = tuple(dict.fromkeys(one.strip().lower() for one in text.split(",") if one.strip()))
    unknown = [one for one in chosen if one not in FORMATS]
    if unknown or not chosen:
        what = f"no such report format: {', '.join(unknown)}" if unknown else "no report format was named"
        raise UsageError(what, where="--format", remedy=f"Choose from: {', '.join(FORMATS)}.")
    return chosen


def write_reports(report: Report, formats: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Render every format, then write each through a temporary file of the same folder, so that none is ever half.

    A renderer at which a fault arises costs its own file: the others are written, and then the fault is raised.
    """
    rendered: list[tuple[Path, bytes]] = []
    faults: list[Exception] = []
    for one in formats:
        try:
            with during(f"writing the report as {one}", report.run.project):
                rendered.append((folder / file_name(one), render(report, one)))
        except AssayError:
            raise
        except Exception as error:  # noqa: BLE001 (raised below, once the other formats are on disk)
            faults.append(error)
    write_files(folder, [(path.name, body) for path, body in rendered])
    if faults:
        raise faults[0]
    return tuple(path for path, _ in rendered)


def write_files(folder: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """Files into a folder, which is made where it is not there. Raises :class:`InputError` where they cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in files:
            replace_file(folder / name, body)
    except OSError as error:
        what = f"the report cannot be written: {error.strerror or error}"
        raise InputError(what, where=str(folder), remedy="Name a folder that can be written with --output.") from error


def replace_file(path: Path, body: bytes) -> None:
    """The file whole under its name, or as it was. What stands there, be it a link, is replaced and not followed."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(body)
        # mkstemp makes private files; a report is as readable as other files of its user.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
