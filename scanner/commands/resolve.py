"""``assay resolve PATH``: the full dependency graph, learned without running any of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.resolver.build import ResolveOptions
    from scanner.resolver.formats import Resolved

FORMAT_NAMES = ("tree", "json", "requirements", "pylock", "mermaid", "dot")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_path_argument(parser)
    parser.add_argument("--format", choices=FORMAT_NAMES, default="tree", help="how the graph is shown (default: tree)")
    add_graph_arguments(parser)


def add_path_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", help="the project's folder, or one dependency file (default: .)")


def add_graph_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that decide how the graph is built."""
    parser.add_argument("--python-version", metavar="X.Y", help="the target's Python (default: the running one's)")
    parser.add_argument(
        "--platform", default="linux-x86_64", metavar="NAME", help="the target's platform (default: linux-x86_64)"
    )
    parser.add_argument(
        "--extra", action="append", default=[], metavar="NAME", help="an extra that is part of the graph (repeatable)"
    )
    parser.add_argument(
        "--group", action="append", default=[], metavar="NAME", help="a dependency group that is part of it"
    )
    parser.add_argument(
        "--exclude-newer",
        metavar="DATE",
        help="as if no file had been uploaded after this date (that day is included, in UTC), RFC 3339 timestamp, or "
        "duration before now ('7 days', P7D)",
    )
    parser.add_argument(
        "--constraint", action="append", default=[], metavar="FILE", help="limit versions by this file (repeatable)"
    )
    parser.add_argument("--pre", action="store_true", help="let pre-releases be chosen")
    parser.add_argument(
        "--environment", metavar="DIR", help="read what is installed in this environment too; alone where no PATH is"
    )
    parser.add_argument("--offline", action="store_true", help="use no network: what needs it is reported as not known")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from scanner.model.urls import redact
    from scanner.report.safe_text import log_text, plain
    from scanner.resolver.formats import FORMATS

    shown = resolved(arguments)
    text = FORMATS[arguments.format](shown)
    # What other programs read is left as it is, as far as a terminal allows; no line of it begins with a command.
    if arguments.format == "pylock":
        text = plain(text)  # Its values are redacted one by one: nothing may cut into the quotes around them.
    elif arguments.format != "json":
        text = log_text(redact(text)) if arguments.format == "tree" else plain(redact(text))
    sys.stdout.write(text)
    return report_gaps(shown)


def resolved(arguments: argparse.Namespace, *, declared: bool = False) -> Resolved:
    """The graph that the arguments ask for, with ``declared`` also the extras and groups that they do not ask for.

    Raises :class:`AssayError` where nothing can be read.
    """
    import sys
    from pathlib import Path

    from scanner.commands.progress import progress_for_terminal
    from scanner.index.cache import Cache
    from scanner.index.client import IndexClient
    from scanner.index.config import from_environment
    from scanner.inputs.discover import discover_all
    from scanner.resolver.asked import require_known
    from scanner.resolver.build import build_graph
    from scanner.resolver.formats import Resolved
    from scanner.resolver.target import target_environment

    target = target_environment(arguments.python_version, arguments.platform)
    environment = Path(arguments.environment) if arguments.environment else None
    found = discover_all(Path(arguments.path) if arguments.path else None, environment)
    options = resolve_options(arguments, declared=declared)
    require_known(found.files, options.extras, options.groups)
    with progress_for_terminal().stage("building the graph") as advance:
        if arguments.offline:
            resolution = build_graph(found.files, None, target, options, advance, gaps=found.gaps)
        else:
            with IndexClient(from_environment(), Cache.default()) as client:
                resolution = build_graph(found.files, client, target, options, advance, gaps=found.gaps)
    if options.exclude_newer:
        sys.stderr.write(f"assay: files uploaded at {options.exclude_newer} or later do not exist for this graph\n")
    return Resolved(resolution, found.files, target)


def resolve_options(arguments: argparse.Namespace, *, declared: bool) -> ResolveOptions:
    """What :func:`add_graph_arguments` was given. Raises :class:`AssayError` where a constraint file cannot be read."""
    from pathlib import Path

    from scanner.clock import run_time
    from scanner.inputs import requirements
    from scanner.resolver.build import ResolveOptions
    from scanner.resolver.cutoff import cutoff

    limits = [
        one
        for name in arguments.constraint
        for group in requirements.read(Path(name).resolve().parent, Path(name).name).groups
        for one in group.requirements
    ]
    before = cutoff(arguments.exclude_newer, run_time()) if arguments.exclude_newer is not None else ""
    return ResolveOptions(
        extras=tuple(arguments.extra),
        groups=tuple(arguments.group),
        exclude_newer=before,
        prereleases=arguments.pre,
        constraints=tuple(limits),
        declared=declared,
    )


def report_gaps(shown: Resolved) -> int:
    """Say on stderr what is not known. 0 where the graph is whole, else 3: it is inconclusive."""
    import sys

    from scanner.model.urls import redact
    from scanner.report.safe_text import log_text

    gaps = [one for one in shown.resolution.coverage if one.status == "not-checked"]
    for one in gaps:
        said = redact(f"assay: not known: {one.subject}: {one.reason}. {one.remedy}".rstrip())
        sys.stderr.write(log_text(said) + "\n")
    return 3 if gaps else 0
