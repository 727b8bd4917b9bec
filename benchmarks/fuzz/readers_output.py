"""The policy, saved reports with every renderer, and the code engine."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from benchmarks.fuzz import seeds_index as seeds
from benchmarks.fuzz import seeds_manifests as manifests
from benchmarks.fuzz.reader import Reader, Seed
from benchmarks.fuzz.readers_index import _tars, _zips
from benchmarks.fuzz.readers_inputs import project, put
from scanner.advisories.question import in_report, parse_question
from scanner.audit import AuditRequest, audit
from scanner.code.analysis import analyse
from scanner.code.artifacts import analyse_archive
from scanner.code.limits import Limits
from scanner.code.source import SourceFile
from scanner.commands.frames import artifact_text
from scanner.exposure import read_module
from scanner.model.finding import PackageRef
from scanner.model.progress import Silent
from scanner.policy.decide import decide
from scanner.policy.policy import Policy, built_in_policy, read_policy
from scanner.policy.waive import Waived, apply_waivers
from scanner.report.merge import render_merged
from scanner.report.render import FORMATS, render
from scanner.report.saved import load
from tests.report.hostile import hostile_report
from tests.report.sample import build_report

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PACKAGE = PackageRef("demo", "1.0")


def policy(seed: Seed, folder: Path) -> bool:
    path = folder / "policy.toml"
    path.write_bytes(seed.body)
    found = read_policy(path)
    apply_waivers((), found.rules.waivers, date(2026, 1, 1))
    decide(found, Waived((), (), ()), ())
    return True


def report(seed: Seed, folder: Path) -> bool:
    """A saved report, then one of the renderers (which, the report's own bytes decide), and a question about it."""
    found = load(seed.body)
    which = len(seed.body) % (len(FORMATS) + 2)
    if which < len(FORMATS):
        render(found, FORMATS[which])
    elif which == len(FORMATS):
        render_merged([found, found])
    else:
        in_report(parse_question("idna<4"), "x", found)
    return True


def rendered(seed: Seed, folder: Path) -> bool:
    """A saved report in every format."""
    found = load(seed.body)
    for one in FORMATS:
        render(found, one)
    return True


@functools.cache
def _reports() -> list[Seed]:
    made = (build_report(3, findings=3), build_report(1, findings=12), hostile_report())
    return [Seed(f"report{number}.json", "json", render(one, "json")) for number, one in enumerate(made)]


def code(seed: Seed, folder: Path) -> bool:
    """One source file at the place where it would run first: at install, at interpreter start, or at import."""
    files = [SourceFile(seed.name, seed.body)]
    if seed.name == "setup.py":
        files.append(SourceFile("demo/__init__.py", b"from demo import x\n"))
    kind = "sdist" if seed.name == "setup.py" else "wheel"
    found = analyse(files, kind=kind, package=PACKAGE, limits=Limits())
    artifact_text(seed.name, found)
    return not found.coverage


def module(seed: Seed, folder: Path) -> bool:
    return bool(read_module(seed.body))


def archive(seed: Seed, folder: Path) -> bool:
    found = analyse_archive(seed.body, seed.name, PACKAGE, Limits())
    return found.verdict != "error"


def _sources() -> list[Seed]:
    names = ("demo/__init__.py", "setup.py", "demo/cli.py")
    return [Seed(names[number % 3], "python", one) for number, one in enumerate(seeds.sources())]


def _starters() -> list[Seed]:
    return [
        *(Seed("demo.pth", "text", one.encode()) for one in seeds.PTH),
        Seed("demo-1.0.dist-info/entry_points.txt", "text", seeds.ENTRY_POINTS.encode()),
        Seed("pyproject.toml", "toml", manifests.PYPROJECT[0].encode()),
    ]


def audited(seed: Seed, folder: Path) -> bool:
    """A whole audit without network, of a project of several files one of which is changed; then its report again."""
    for one in _projects():
        put(folder / "vendor", one.name, seed.body if one.name == seed.name else one.body)
    request = AuditRequest(folder / "vendor", _in_one_process(), NOW, ("assay",), offline=True, update=False)
    return bool(load(render(audit(request, Silent()), "json")).packages)


@functools.cache
def _in_one_process() -> Policy:
    """The built-in policy without a pool: the driver's own workers may start no processes."""
    policy = built_in_policy()
    code = msgspec.structs.replace(policy.rules.code, workers=1)
    return msgspec.structs.replace(policy, rules=msgspec.structs.replace(policy.rules, code=code))


def _projects() -> list[Seed]:
    code = Seed("app/__init__.py", "python", seeds.sources()[0])
    return [*project(), code, Seed("app.pth", "text", seeds.PTH[0].encode())]


def readers() -> list[Reader]:
    return [
        Reader("audit, offline", 4, _projects, audited),
        Reader("policy", 60, lambda: [Seed("policy.toml", "toml", seeds.POLICY.encode())], policy),
        Reader("report, one renderer", 12, _reports, report),
        Reader("report, all renderers", 2, _reports, rendered),
        Reader("code: Python", 75, _sources, code),
        Reader("code: started files", 60, _starters, code),
        Reader("code: archives", 12, lambda: [*_zips(), *_tars()], archive),
        Reader("code: exposure", 40, _sources, module),
    ]
