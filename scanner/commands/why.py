"""``assay why PACKAGE [PATH]``: all shortest paths from each root, with the requirement and place of every edge."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from scanner.commands.resolve import add_graph_arguments, add_path_argument

    parser.add_argument("package", help="the package's name, or name==version")
    add_path_argument(parser)
    add_graph_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    import sys

    from packaging.utils import canonicalize_name

    from scanner.commands.resolve import report_gaps, resolved
    from scanner.model.urls import redact
    from scanner.model.versions import same_version
    from scanner.report.safe_text import log_text

    name, _, version = arguments.package.partition("==")
    shown = resolved(arguments, declared=True)
    found = [
        one
        for one in shown.graph.versions_of(canonicalize_name(name.strip()))
        if not version or same_version(one.version, version.strip())
    ]
    if not found:
        sys.stdout.write(log_text(redact(f"{arguments.package} is not in the graph for this target\n")))
        return report_gaps(shown) or 1
    for package in found:
        sys.stdout.write(log_text(redact(f"{package}\n")))
        for path in shown.graph.paths_to(package):
            for depth, step in enumerate(path):
                label = f"{step.name}=={step.version}" if step.version else step.name
                asked = f"  requires {step.requirement}" if step.requirement else ""
                # An edge from a package's own metadata has no place in the project.
                place = f"  at {step.location}" if step.location.path else ""
                sys.stdout.write(log_text(redact(f"{'  ' * (depth + 1)}{label}{asked}{place}\n")))
    return report_gaps(shown)
