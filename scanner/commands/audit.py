"""``assay audit PATH``: the whole pipeline, a report in a folder, a summary on stdout."""

from __future__ import annotations

import argparse

SEVERITIES = ("critical", "high", "medium", "low", "info")
DEFAULT_OUTPUT = "assay-report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", help="the project's folder, or one dependency file")
    parser.add_argument(
        "--output", default=DEFAULT_OUTPUT, metavar="DIR", help=f"where the report goes (default: {DEFAULT_OUTPUT}/)"
    )
    parser.add_argument(
        "--format", default="html,json", metavar="LIST", help="comma-separated report formats (default: html,json)"
    )
    parser.add_argument(
        "--policy", metavar="FILE", help="a policy file; one inside the audited project is never obeyed"
    )
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, help="the severity that violates the policy (default: the policy's, high)"
    )
    parser.add_argument(
        "--offline", action="store_true", help="use no network: what needs it is reported as not checked"
    )
    add_target_arguments(parser)
    parser.add_argument(
        "--quiet", action="store_true", help="no progress and no summary; the exit code and the files only"
    )


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say for which interpreter, and which parts of the project, dependencies are resolved."""
    parser.add_argument("--python-version", metavar="X.Y", help="the target's Python (default: the running one's)")
    parser.add_argument(
        "--platform", default="linux-x86_64", metavar="NAME", help="the target's platform (default: linux-x86_64)"
    )
    parser.add_argument("--extra", action="append", default=[], metavar="NAME", help="include this extra (repeatable)")
    parser.add_argument("--group", action="append", default=[], metavar="NAME", help="include this dependency group")
    parser.add_argument(
        "--exclude-newer", metavar="DATE", help="resolve as of this date (RFC 3339): ignore files uploaded later"
    )


def run(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    import msgspec

    from scanner.audit import AuditRequest, audit
    from scanner.clock import run_time
    from scanner.commands.progress import progress_for_terminal
    from scanner.commands.write import chosen_formats, write_reports
    from scanner.model.verdict import EXIT_CODES
    from scanner.policy.policy import built_in_policy, read_policy
    from scanner.report.terminal import print_summary

    formats = chosen_formats(arguments.format)
    policy = read_policy(Path(arguments.policy)) if arguments.policy else built_in_policy()
    if arguments.fail_on:
        policy = msgspec.structs.replace(policy, rules=msgspec.structs.replace(policy.rules, fail_on=arguments.fail_on))
    request = AuditRequest(
        path=Path(arguments.path),
        policy=policy,
        now=run_time(),
        command=("assay", "audit", *sys.argv[2:]) if len(sys.argv) > 1 else ("assay", "audit", arguments.path),
        python_version=arguments.python_version,
        platform=arguments.platform,
        offline=arguments.offline,
        extras=tuple(arguments.extra),
        groups=tuple(arguments.group),
        exclude_newer=arguments.exclude_newer or "",
    )
    report = audit(request, progress_for_terminal(quiet=arguments.quiet))
    written = write_reports(report, formats, Path(arguments.output))
    if not arguments.quiet:
        print_summary(report, written, sys.stdout)
    return EXIT_CODES[report.verdict]
