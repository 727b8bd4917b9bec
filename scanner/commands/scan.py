"""``assay scan``: what the code of artifacts, trees and files would do, without running any of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scanner.code.analysis import Analysis
    from scanner.code.artifacts import Job
    from scanner.model.finding import Finding

FORMATS = ("text", "json", "jsonl", "sarif")
_FAILING = {
    "never": frozenset[str](),
    "malicious": frozenset({"malicious"}),
    "suspicious": frozenset({"malicious", "suspicious"}),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="wheels, sdists, eggs, zips, source trees, single files, or folders of artifacts",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="the form of the output (default: text)")
    parser.add_argument(
        "--fail-on",
        choices=tuple(_FAILING),
        default="suspicious",
        help="exit 1 at this verdict or worse (default: suspicious)",
    )
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one for each core)")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from scanner.code.pool import analyse_artifacts
    from scanner.model.urls import redact_all

    jobs = list(jobs_of(arguments.paths))
    write = sys.stdout.write
    results: list[tuple[Job, Analysis]] = []
    for job, analysis in analyse_artifacts(jobs, arguments.workers):
        # Excerpts, decoded layers and reasons hold what others wrote.
        analysis = redact_all(analysis)
        results.append((job, analysis))
        if arguments.format == "jsonl":
            write(_json(_record(job, analysis)) + "\n")
        elif arguments.format == "text":
            from scanner.commands.frames import artifact_text

            write(artifact_text(job.path, analysis))
    if arguments.format == "json":
        write(_json([_record(job, analysis) for job, analysis in results]) + "\n")
    elif arguments.format == "sarif":
        write(_json(_sarif(results)) + "\n")
    elif arguments.format == "text":
        write(_totals([analysis for _, analysis in results]))
    verdicts = {analysis.verdict for _, analysis in results}
    if verdicts & _FAILING[arguments.fail_on]:
        return 1
    # What could not be read, or not whole, leaves the question open.
    return 3 if verdicts & {"error", "incomplete"} else 0


def jobs_of(paths: Iterable[str]) -> Iterable[Job]:
    """One job for each artifact: a folder of archives gives one for each, any other folder is a source tree."""
    from pathlib import Path

    from scanner.code.artifacts import Job, is_archive
    from scanner.model.errors import InputError
    from scanner.model.finding import PackageRef

    for given in paths:
        path = Path(given)
        if not path.exists():
            raise InputError("there is no such file or folder", where=given)
        if path.is_dir():
            archives = sorted(one for one in path.rglob("*") if one.is_file() and is_archive(one.name))
            if archives and not _is_source_tree(path):
                yield from (Job(str(one), one.name, package_of(one.name)) for one in archives)
                continue
            yield Job(str(path), "", PackageRef(path.resolve().name))
        else:
            yield Job(str(path), path.name, package_of(path.name) if is_archive(path.name) else PackageRef(path.stem))


def _is_source_tree(path: Path) -> bool:
    return any((path / name).exists() for name in ("setup.py", "pyproject.toml", "setup.cfg", ".git")) or any(
        one.suffix == ".py" for one in path.iterdir()
    )


def package_of(filename: str) -> Any:
    """Name and version by the file's name (PEP 427, PEP 625), as far as it says."""
    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

    from scanner.model.finding import PackageRef

    try:
        if filename.endswith(".whl"):
            name, version, *_ = parse_wheel_filename(filename)
            return PackageRef(name, str(version))
        name, version = parse_sdist_filename(filename)
        return PackageRef(name, str(version))
    except (InvalidSdistFilename, InvalidWheelFilename):
        stem = filename
        for suffix in (".whl", ".egg", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar"):
            stem = stem.removesuffix(suffix)
        head, _, rest = stem.partition("-")
        return PackageRef(head, rest.partition("-")[0])


def _record(job: Job, analysis: Analysis) -> dict[str, Any]:
    import msgspec

    return {
        "path": job.path,
        "name": job.package.name,
        "version": job.package.version,
        "verdict": analysis.verdict,
        "deciding_rules": list(analysis.deciding_rules),
        "findings": msgspec.to_builtins(analysis.findings),
        "capabilities": msgspec.to_builtins(analysis.capabilities),
        "coverage": msgspec.to_builtins(analysis.coverage),
        "files": analysis.files,
        "bytes": analysis.bytes,
        "seconds": analysis.seconds,
        "error": analysis.error,
    }


def _json(value: Any) -> str:
    import json

    # ASCII only: bidirectional and control characters of hostile sources cannot act on a terminal.
    return json.dumps(value, ensure_ascii=True)


def _totals(analyses: list[Analysis]) -> str:
    counts: dict[str, int] = {}
    for one in analyses:
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    listed = ", ".join(
        f"{counts[name]} {name}"
        for name in ("malicious", "suspicious", "incomplete", "noted", "clean", "error")
        if name in counts
    )
    return f"{len(analyses)} artifact{'s' if len(analyses) != 1 else ''}: {listed}\n"


_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}


def _sarif(results: list[tuple[Job, Analysis]]) -> dict[str, Any]:
    """SARIF 2.1.0: one run, one result for each finding; members of archives are logical locations."""
    from scanner import __version__
    from scanner.code.rules import load_rules

    used = {finding.rule for _, analysis in results for finding in analysis.findings}
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.what},
            "help": {"text": f"{rule.why} {rule.honest}"},
            "properties": {"tags": ["security", *rule.attack]},
        }
        for rule in load_rules()
        if rule.id in used
    ]
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "assay", "version": __version__, "rules": rules}},
                "results": [_result(job, finding) for job, analysis in results for finding in analysis.findings],
                "invocations": [
                    {
                        "executionSuccessful": all(analysis.verdict != "error" for _, analysis in results),
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": {"text": analysis.error}}
                            for _, analysis in results
                            if analysis.verdict == "error"
                        ],
                    }
                ],
            }
        ],
    }


def _result(job: Job, finding: Finding) -> dict[str, Any]:
    from pathlib import Path
    from urllib.parse import quote

    where = finding.evidence[0].location
    inside = bool(where.artifact)
    plain_path = job.path if inside or Path(job.path).is_file() else f"{job.path.rstrip('/')}/{where.path}"
    place: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": quote(plain_path)}}}
    if inside:
        place["logicalLocations"] = [{"fullyQualifiedName": str(where), "kind": "member"}]
    elif where.line:
        place["physicalLocation"]["region"] = {"startLine": where.line}
    return {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.summary},
        "locations": [place],
        "partialFingerprints": {"assayFinding/v1": finding.id},
    }
