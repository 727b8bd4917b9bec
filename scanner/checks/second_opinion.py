"""A second opinion on the advisories: ``pip-audit`` over the same data and the same pins, as a subprocess.

It is told to use no pip and to resolve nothing, and is given hash-pinned lines only: it builds and installs nothing.
What it says differently from us is a finding of its own.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from scanner.advisories.match import match_all
from scanner.advisories.select import AdvisorySource
from scanner.advisories.server import serving
from scanner.checks.build import make
from scanner.checks.subject import CheckMeta, Outcome
from scanner.files import read_bounded
from scanner.model.coverage import Coverage
from scanner.model.finding import PackageRef
from scanner.model.package import Package
from scanner.model.versions import parse_version

CHECK = "second-opinion"
META = CheckMeta(
    id=CHECK,
    title="pip-audit's opinion of the same packages",
    needs_network=False,
    category="vulnerability",
    scope=("package",),
)
MAX_SECONDS = 600
MAX_OUTPUT = 64 * 1024 * 1024
INSTALL = "Install it beside assay: pip install 'assay[second-opinion]'."


class _Vulnerability(msgspec.Struct):
    id: str
    aliases: list[str] = []


class _Dependency(msgspec.Struct):
    name: str
    version: str = ""
    vulns: list[_Vulnerability] = []
    skip_reason: str = ""


class _Answer(msgspec.Struct):
    dependencies: list[_Dependency]


def second_opinion(packages: Iterable[Package], open_database: Callable[[], AdvisorySource]) -> Iterator[Outcome]:
    """Findings where the two disagree, and a coverage for each package that was, or could not be, compared."""
    asked: dict[tuple[str, str], None] = {}
    for package in sorted(set(packages)):
        if package.source.kind != "index" or parse_version(package.version) is None:
            reason = "it has no version of an index that pip-audit could look up"
            yield Coverage(CHECK, str(package), "not-applicable", reason)
        else:
            asked[(package.name, package.version)] = None
    answer = ask_pip_audit(list(asked), open_database) if asked else {}
    if isinstance(answer, Coverage):
        yield answer
        return
    with open_database() as database:
        found = [one for one in match_all(database, asked) if one.answer == "affected"]
    ours: dict[tuple[str, str], list[frozenset[str]]] = {}
    for one in found:
        ours.setdefault((one.name, one.version), []).append(frozenset((one.advisory.id, *one.advisory.aliases)))
    for name, version in asked:
        theirs = answer.get((name, version))
        if theirs is None:
            reason = "pip-audit skipped it or did not mention it"
            yield Coverage(CHECK, f"{name}=={version}", "not-checked", reason)
            continue
        yield Coverage(CHECK, f"{name}=={version}", "checked")
        mine = merged(ours.get((name, version), []))
        other = merged(theirs)
        for who, only in (("pip-audit alone", unmatched(other, mine)), ("assay alone", unmatched(mine, other))):
            for names in only:
                yield make(
                    "second-opinion/disagreement",
                    PackageRef(name, version),
                    f"{who} says that {name} {version} is affected by {', '.join(sorted(names))}.",
                    (),
                    key=(who, *sorted(names)),
                    details=(("said by", who), ("names", ", ".join(sorted(names)))),
                )


def merged(groups: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Names that stand for one vulnerability, joined over shared names, sorted."""
    joined: list[set[str]] = []
    for group in groups:
        now = set(group)
        for other in [one for one in joined if one & now]:
            now |= other
            joined.remove(other)
        joined.append(now)
    return tuple(sorted((frozenset(one) for one in joined), key=sorted))


def unmatched(left: Sequence[frozenset[str]], right: Sequence[frozenset[str]]) -> tuple[frozenset[str], ...]:
    return tuple(one for one in left if not any(one & other for other in right))


def ask_pip_audit(
    packages: Sequence[tuple[str, str]], open_database: Callable[[], AdvisorySource]
) -> dict[tuple[str, str], list[frozenset[str]]] | Coverage:
    """What pip-audit says of the packages, by (name, version), or why it said nothing."""
    files = _requirement_files(packages)
    answers: dict[tuple[str, str], list[frozenset[str]]] = {}
    with serving(open_database) as url, tempfile.TemporaryDirectory(prefix="assay-") as folder:
        for number, content in enumerate(files):
            path = Path(folder) / f"requirements-{number}.txt"
            path.write_text(content, encoding="utf-8")
            found = _run(path, url, Path(folder))
            if isinstance(found, str):
                return Coverage(CHECK, "project", "not-checked", found, INSTALL)
            for one in found.dependencies:
                if not one.skip_reason:
                    names = [frozenset((each.id, *each.aliases)) for each in one.vulns]
                    answers[(one.name, one.version)] = names
    spelled = {(name, str(parse_version(version))): (name, version) for name, version in packages}
    return {spelled.get(key, key): names for key, names in answers.items()}


def _requirement_files(packages: Sequence[tuple[str, str]]) -> list[str]:
    """Requirement files with each name once. The hashes only keep pip-audit from resolving; nothing is downloaded."""
    files: list[list[str]] = []
    seen: dict[str, int] = {}
    for name, version in packages:
        turn = seen[name] = seen.get(name, -1) + 1
        while len(files) <= turn:
            files.append([])
        digest = hashlib.sha256(f"{name}=={version}".encode()).hexdigest()
        files[turn].append(f"{name}=={version} --hash=sha256:{digest}\n")
    return ["".join(one) for one in files]


def _run(path: Path, url: str, folder: Path) -> _Answer | str:
    output = folder / f"{path.stem}.json"
    # fmt: off
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(path), "--require-hashes", "--no-deps", "--disable-pip",
        "--vulnerability-service", "osv", "--osv-url", f"{url}/v1/query", "--format", "json", "--aliases", "on",
        "--desc", "off", "--progress-spinner", "off", "--cache-dir", str(folder / "cache"), "--output", str(output),
    ]
    # fmt: on
    environment = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "SYSTEMROOT")}
    environment["NO_PROXY"] = environment["no_proxy"] = "127.0.0.1"
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, env=environment, capture_output=True, timeout=MAX_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"pip-audit did not end within {MAX_SECONDS} seconds"
    except OSError as error:
        return f"pip-audit could not be started: {error.strerror or error}"
    if b"No module named pip_audit" in done.stderr:
        return "pip-audit is not installed"
    # It ends with 1 where it found something, and where it failed: only its answer tells which.
    if done.returncode not in (0, 1) or not output.is_file() or output.stat().st_size > MAX_OUTPUT:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return f"pip-audit failed with exit code {done.returncode}: {(last or [''])[0][:300]}"
    try:
        return msgspec.json.decode(read_bounded(output, MAX_OUTPUT), type=_Answer)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"pip-audit's answer cannot be read: {error}"
