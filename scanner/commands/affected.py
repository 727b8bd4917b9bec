"""``assay affected NAME[SPECIFIER] PATH…``: over many projects and reports, who has that release, since when, why.

For the first hour of an incident: reads files only, asks no network, and names what it could not read.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scanner.advisories.question import Question, Sighting

EPILOG = """\
exit codes:
  0  none of the paths has it
  1  at least one has it
  2  wrong usage
  3  none was found to have it, but something could not be read
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("what", metavar="NAME[SPECIFIER]", help="litellm, litellm==1.82.8, or 'litellm>=1.82.7,<1.83'")
    parser.add_argument("path", nargs="+", metavar="PATH", help="a project, a folder of projects, or a report.json")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    import msgspec

    from scanner.advisories.question import parse_question
    from scanner.model.errors import AssayError
    from scanner.model.urls import redact, redact_all
    from scanner.report.safe_text import log_text

    question = parse_question(arguments.what)
    found: list[Sighting] = []
    unread: list[tuple[str, str]] = []
    looked = 0
    for given in arguments.path:
        for place in _places(Path(given)):
            looked += 1
            try:
                sightings, gaps = _look(place, question)
                found += sightings
                unread += gaps
            except AssayError as error:
                unread.append((str(place), error.what))
    found.sort(key=lambda one: (one.place, one.package, one.files))
    if arguments.format == "json":
        body = {
            "question": str(question),
            "looked_at": looked,
            "affected": found,
            "not_read": [{"place": where, "reason": why} for where, why in unread],
        }
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(redact_all(body))).decode() + "\n")
    else:
        sys.stdout.write("".join(f"{log_text(redact(line))}\n" for line in _lines(question, looked, found, unread)))
    return 1 if any(one.certain for one in found) else 3 if unread or found else 0


def _places(path: Path) -> Iterator[Path]:
    """The projects and reports that a path means: itself, or where it is no project, what lies one level below."""
    from scanner.inputs.discover import format_of

    if not path.is_dir():
        yield path
        return
    # One level down too, for ``requirements/base.txt``: what it is shows by the folder's name.
    try:
        inside = sorted(path.iterdir())
        named = [one.name for one in inside if one.is_file()]
        named += [f"{one.name}/{file.name}" for one in inside if _is_requirements(one) for file in one.iterdir()]
    except OSError:
        yield path  # A folder that may not be listed is said by whoever looks into it.
        return
    if (path / ".git").exists() or any(format_of(one) for one in named):
        yield path
        return
    below = [one for one in inside if (one.is_dir() and one.name[:1] != ".") or one.suffix == ".json"]
    yield from below or [path]


def _is_requirements(folder: Path) -> bool:
    return folder.name.lower() in ("requirements", "reqs") and folder.is_dir() and not folder.is_symlink()


def _look(place: Path, question: Question) -> tuple[list[Sighting], list[tuple[str, str]]]:
    from scanner.advisories.question import in_graph, in_report

    if place.suffix == ".json" and place.is_file() and place.name not in ("Pipfile.lock",):
        from scanner.commands.report import read_report

        return in_report(question, str(place), read_report(place)), []
    from scanner.advisories.history import locked_since
    from scanner.inputs.discover import discover
    from scanner.model.progress import Silent
    from scanner.resolver.build import ResolveOptions, build_graph
    from scanner.resolver.target import target_environment

    discovered = discover(place)
    with Silent().stage("") as advance:
        resolution = build_graph(discovered.files, None, target_environment(), ResolveOptions(), advance)
    found = in_graph(
        question,
        str(place),
        discovered.files,
        resolution.graph,
        lambda file, spelling: locked_since(discovered.root, file, spelling),
    )
    gaps = [(f"{place}/{gap.location}", gap.reason) for file in discovered.files for gap in file.gaps]
    return found, gaps


def _lines(question: Question, looked: int, found: list[Sighting], unread: list[tuple[str, str]]) -> Iterator[str]:
    certain = [one for one in found if one.certain]
    places = len({one.place for one in certain})
    yield f"{question}: {places} of {looked} have it" + (f", {len(unread)} gap(s)" if unread else "")
    for one in found:
        yield ""
        mark = "HAS" if one.certain else "MAY INSTALL"
        yield f"{mark} {one.package}  {one.place}"
        for file in one.files:
            yield f"    fixed in {file}" if one.certain else f"    asked for in {file}"
        if one.since:
            yield f"    since    {one.since}"
        for path in one.paths:
            yield f"    path     {path}"
    for where, why in unread:
        yield ""
        yield f"NOT READ {where}: {why}"
