"""``assay capabilities``: what the code of artifacts or trees can do, each with the line that proves it."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="wheels, sdists, source trees or files")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the form of the output")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one for each core)")


def run(arguments: argparse.Namespace) -> int:
    import json
    import sys

    from scanner.code.pool import analyse_artifacts
    from scanner.commands.scan import jobs_of
    from scanner.model.urls import redact_all
    from scanner.report.safe_text import log_line

    records = []
    failed = False
    for job, analysis in analyse_artifacts(list(jobs_of(arguments.paths)), arguments.workers):
        analysis = redact_all(analysis)
        failed = failed or analysis.verdict == "error" or bool(analysis.unread)
        if arguments.format == "json":
            records.append(
                {
                    "path": job.path,
                    "name": job.package.name,
                    "version": job.package.version,
                    "error": analysis.error,
                    "not_read": [f"{gap.path}: {gap.reason}" for gap in analysis.gaps],
                    "capabilities": [{"name": one.name, "proof": one.proof} for one in analysis.capabilities],
                }
            )
            continue
        sys.stdout.write(f"{log_line(job.path)}\n")
        if analysis.error:
            sys.stdout.write(f"  {log_line(analysis.error)}\n")
        for one in analysis.capabilities:
            sys.stdout.write(f"  {one.name:<18} {log_line(one.proof)}\n")
        for gap in analysis.gaps[:5]:
            sys.stdout.write(f"  read only in part  {log_line(gap.path)}: {log_line(gap.reason)}\n")
        if not analysis.capabilities and not analysis.error and not analysis.gaps:
            sys.stdout.write("  none found\n")
    if arguments.format == "json":
        sys.stdout.write(json.dumps(records) + "\n")
    return 3 if failed else 0
