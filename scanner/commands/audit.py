"""``assay audit PATH``: the whole pipeline, a report in a folder, a summary on stdout."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.utils import NormalizedName

    from scanner.policy.policy import Policy

SEVERITIES = ("critical", "high", "medium", "low", "info")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from scanner.commands import DEFAULT_OUTPUT
    from scanner.commands.resolve import add_graph_arguments, add_path_argument

    add_path_argument(parser)
    parser.add_argument("--output", metavar="DIR", help=f"where the report goes (default: {DEFAULT_OUTPUT}/)")
    parser.add_argument(
        "--format",
        default="html,json",
        metavar="LIST",
        help="comma-separated: html, json, sarif, cyclonedx, markdown, text, annotations (default: html,json)",
    )
    parser.add_argument(
        "--policy", metavar="FILE", help="a policy file; one inside the audited project is never obeyed"
    )
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, help="the severity that violates the policy (default: the policy's, high)"
    )
    parser.add_argument(
        "--baseline", metavar="FILE.json", help="an earlier report: say what is new, and trust its publishers"
    )
    parser.add_argument(
        "--advisories",
        metavar="SOURCE",
        help="local (default), osv-api for the minute's truth, or the URL of an OSV-compatible API",
    )
    parser.add_argument(
        "--no-db-update", action="store_true", help="use the advisory database as it is, however old it is"
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="the source tree of a dependency at hand: hold its release against it (repeatable)",
    )
    parser.add_argument(
        "--second-opinion", action="store_true", help="let pip-audit judge the same packages, and report disagreement"
    )
    add_graph_arguments(parser)
    parser.add_argument(
        "--quiet", action="store_true", help="no progress and no summary; the exit code and the files only"
    )


def run(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from scanner.audit import AuditRequest, audit
    from scanner.baseline import earlier
    from scanner.clock import run_time
    from scanner.commands.place import output_folder
    from scanner.commands.progress import progress_for_terminal
    from scanner.commands.report import read_body
    from scanner.commands.resolve import resolve_options
    from scanner.commands.write import chosen_formats, write_reports
    from scanner.model.verdict import EXIT_CODES
    from scanner.report.terminal import print_summary

    formats = chosen_formats(arguments.format)
    baseline = arguments.baseline
    request = AuditRequest(
        path=Path(arguments.path) if arguments.path else None,
        policy=policy_of(arguments),
        now=run_time(),
        command=arguments.command_line,
        environment=Path(arguments.environment) if arguments.environment else None,
        python_version=arguments.python_version,
        platform=arguments.platform,
        options=resolve_options(arguments, declared=True),
        offline=arguments.offline,
        update=not arguments.no_db_update,
        second_opinion=arguments.second_opinion,
        source_trees=source_trees(arguments.source),
        baseline=earlier(read_body(Path(baseline)), baseline) if baseline else None,
    )
    audited = [request.path or Path(), *([request.environment] if request.environment else [])]
    folder = output_folder(arguments.output, [*audited, *map(Path, request.source_trees.values())])
    report = audit(request, progress_for_terminal(quiet=arguments.quiet))
    written = write_reports(report, formats, folder)
    if not arguments.quiet:
        print_summary(report, written, sys.stdout)
    return EXIT_CODES[report.verdict]


def source_trees(given: Sequence[str]) -> dict[NormalizedName, str]:
    """Canonical project name → folder. Raises :class:`UsageError` for what names no folder."""
    from pathlib import Path

    from packaging.utils import canonicalize_name

    from scanner.model.errors import UsageError

    found: dict[NormalizedName, str] = {}
    for text in given:
        name, separator, folder = text.partition("=")
        if not (separator and name.strip() and Path(folder).is_dir()):
            remedy = "Write --source NAME=DIR, with the folder of a checked-out repository."
            raise UsageError("no such source tree", where=f"--source {text}", remedy=remedy)
        found[canonicalize_name(name.strip())] = str(Path(folder).resolve())
    return found


def policy_of(arguments: argparse.Namespace) -> Policy:
    """The policy file that was named, or the built-in policy, with what the command line says above it."""
    from pathlib import Path

    import msgspec

    from scanner.model.errors import UsageError
    from scanner.policy.policy import built_in_policy, read_policy

    policy = read_policy(Path(arguments.policy)) if arguments.policy else built_in_policy()
    rules = policy.rules
    if arguments.fail_on:
        rules = msgspec.structs.replace(rules, fail_on=arguments.fail_on)
    if arguments.advisories:
        if arguments.advisories not in ("local", "osv-api") and "://" not in arguments.advisories:
            raise UsageError(
                f"no such source of advisories: {arguments.advisories}",
                where="--advisories",
                remedy="Name local, osv-api, or the URL of an OSV-compatible API.",
            )
        advisories = msgspec.structs.replace(rules.advisories, source=arguments.advisories)
        rules = msgspec.structs.replace(rules, advisories=advisories)
    return msgspec.structs.replace(policy, rules=rules)
