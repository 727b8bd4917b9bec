"""``assay resolve PATH``: the full dependency graph, learned without running any of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from scanner.commands.audit import add_target_arguments

if TYPE_CHECKING:
    from scanner.resolver.formats import Resolved

FORMAT_NAMES = ("tree", "json", "requirements", "pylock", "mermaid", "dot")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", help="the project's folder, or one dependency file")
    parser.add_argument("--format", choices=FORMAT_NAMES, default="tree", help="how the graph is shown (default: tree)")
    add_graph_arguments(parser)


def add_graph_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that decide how the graph is built."""
    add_target_arguments(parser)
    parser.add_argument(
        "--constraint", action="append", default=[], metavar="FILE", help="limit versions by this file (repeatable)"
    )
    parser.add_argument("--pre", action="store_true", help="let pre-releases be chosen")
    parser.add_argument("--environment", action="store_true", help="PATH is an installed environment, not a project")
    parser.add_argument("--offline", action="store_true", help="use no network: what needs it is reported as not known")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from scanner.report.safe_text import plain
    from scanner.resolver.formats import FORMATS

    shown = resolved(arguments)
    text = FORMATS[arguments.format](shown)
    sys.stdout.write(text if arguments.format == "json" else plain(text))
    return report_gaps(shown)


def resolved(arguments: argparse.Namespace) -> Resolved:
    """The graph that the arguments ask for. Raises :class:`AssayError` where nothing can be read."""
    from pathlib import Path

    from scanner.index.cache import Cache
    from scanner.index.client import IndexClient
    from scanner.index.config import from_environment
    from scanner.inputs import requirements
    from scanner.inputs.discover import discover, discover_environment
    from scanner.resolver.build import ResolveOptions, build_graph
    from scanner.resolver.formats import Resolved
    from scanner.resolver.target import target_environment

    target = target_environment(arguments.python_version, arguments.platform)
    path = Path(arguments.path)
    found = discover_environment(path) if arguments.environment else discover(path)
    limits = [
        one
        for name in arguments.constraint
        for group in requirements.read(Path(name).resolve().parent, Path(name).name).groups
        for one in group.requirements
    ]
    options = ResolveOptions(
        tuple(arguments.extra), tuple(arguments.group), arguments.exclude_newer or "", arguments.pre, tuple(limits)
    )

    def silent(done: int, total: int | None) -> None:
        """The output is the graph alone."""

    if arguments.offline:
        resolution = build_graph(found.files, None, target, options, silent, gaps=found.gaps)
    else:
        with IndexClient(from_environment(), Cache.default()) as client:
            resolution = build_graph(found.files, client, target, options, silent, gaps=found.gaps)
    return Resolved(resolution, found.files, target)


def report_gaps(shown: Resolved) -> int:
    """Say on stderr what is not known. 0 where the graph is whole, else 3: it is inconclusive."""
    import sys

    from scanner.report.safe_text import plain

    gaps = [one for one in shown.resolution.coverage if one.status == "not-checked"]
    for one in gaps:
        sys.stderr.write(plain(f"assay: not known: {one.subject}: {one.reason}. {one.remedy}".rstrip()) + "\n")
    return 3 if gaps else 0
