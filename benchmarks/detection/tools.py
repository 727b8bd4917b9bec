"""The tools under measurement, each brought to one vocabulary: malicious, suspicious, noted, clean, error.

==========  ==========================================  =====================================  ==============
tool        malicious                                   suspicious                             time includes
==========  ==========================================  =====================================  ==============
assay       its verdict                                 its verdict                            reading the archives
hexora      a file with model score >= 0.7              a file with model score >= 0.5         unpacked folders only
guarddog    its label ``high_risk``                     its label ``suspicious``               unpacked folders only
floor       \\-                                          \\-                                     reading the archives
==========  ==========================================  =====================================  ==============
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.detection import measure
from benchmarks.detection.manifest import Sample
from benchmarks.detection.unpack import unpack

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a tool says of one archive. ``rules`` are those that decided; ``seconds`` is 0 where the tool gives none."""

    verdict: str
    rules: tuple[str, ...] = ()
    detail: str = ""
    seconds: float = 0.0


@dataclass
class Judged:
    """All outcomes of one tool by sample path, with what the run cost."""

    outcomes: dict[str, Outcome]
    cost: measure.Cost
    notes: list[str] = field(default_factory=list)


@contextmanager
def _unpacked(corpus: Path, samples: list[Sample]) -> Iterator[tuple[Path, list[Path]]]:
    """Every sample in a numbered folder of a temporary place, removed afterwards, whatever happens."""
    root = Path(tempfile.mkdtemp(prefix="assay-peers-"))
    try:
        folders = []
        for number, sample in enumerate(samples):
            folder = root / f"p{number:05d}"
            unpack(corpus / sample.path, folder)
            folders.append(folder)
        yield root, folders
    finally:
        shutil.rmtree(root, ignore_errors=True)


def run_assay(corpus: Path, samples: list[Sample], workspace: Path, options: dict[str, str]) -> Judged:
    """``assay scan --format jsonl`` over all archives in one call."""
    command = options["assay"].split() if options.get("assay") else [sys.executable, "-m", "scanner"]
    # An installer compiles what it installs; a checkout may hold byte code of older sources, or none.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "scanner")], check=False)
    out, err = workspace / "assay.jsonl", workspace / "assay.err"
    paths = [str((corpus / sample.path).resolve()) for sample in samples]
    environment = {"PYTHONPATH": str(ROOT)}
    cost = measure.run(
        [*command, "scan", "--format", "jsonl", *paths], stdout=out, stderr=err, cwd=workspace, environment=environment
    )
    by_path = dict(zip(paths, samples, strict=True))
    outcomes: dict[str, Outcome] = {}
    notes: list[str] = []
    for line in out.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            result = json.loads(line)
        except ValueError:
            notes.append(f"a line that is no JSON: {line[:80]!r}")
            continue
        sample = by_path.get(str(Path(workspace, result.get("path", "")).resolve()))
        if sample is not None:
            rules = tuple(sorted({str(rule) for rule in result.get("deciding_rules", [])}))
            outcomes[sample.path] = Outcome(result["verdict"], rules, seconds=float(result.get("seconds", 0.0)))
    return Judged(outcomes, cost, notes + _tail(err, cost))


def run_hexora(corpus: Path, samples: list[Sample], workspace: Path, options: dict[str, str]) -> Judged:
    """``hexora audit`` over all folders, one call for each threshold of its model; the cost is that of the first."""
    outcomes = {sample.path: Outcome("clean") for sample in samples}
    first: measure.Cost | None = None
    err = workspace / "hexora.err"
    with _unpacked(corpus, samples) as (root, folders):
        by_folder = {folder.name: sample.path for folder, sample in zip(folders, samples, strict=True)}
        for threshold, verdict in ((0.5, "suspicious"), (0.7, "malicious")):
            out = workspace / f"hexora-{threshold}.jsonl"
            command = [
                options["hexora"],
                "audit",
                "--output-format",
                "json",
                "--min-confidence",
                "very_low",
                "--min-score",
                str(threshold),
                str(root),
            ]
            cost = measure.run(command, stdout=out, stderr=err, cwd=workspace)
            first = first or cost
            rules: dict[str, set[str]] = defaultdict(set)
            for line in out.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith("{"):
                    result = json.loads(line)
                    rules[by_folder[Path(result["path"]).relative_to(root).parts[0]]].add(result["rule"])
            for path, found in rules.items():
                outcomes[path] = Outcome(verdict, tuple(sorted(found)))
    assert first is not None
    return Judged(outcomes, first, _tail(err, first))


def run_guarddog(corpus: Path, samples: list[Sample], workspace: Path, options: dict[str, str]) -> Judged:
    """GuardDog's local scan through its own API, one process per core."""
    labels = {"high_risk": "malicious", "suspicious": "suspicious", "low": "noted", "low_risk": "noted"}
    driver = Path(__file__).with_name("guarddog_driver.py")
    workers = int(options.get("workers") or 2)
    out, err = workspace / "guarddog.jsonl", workspace / "guarddog.err"
    outcomes: dict[str, Outcome] = {}
    with _unpacked(corpus, samples) as (_root, folders):
        parts = []
        for worker in range(workers):
            part = workspace / f"guarddog-{worker}.txt"
            chosen = list(zip(samples, folders, strict=True))[worker::workers]
            part.write_text("".join(f"{sample.path}\t{folder}\n" for sample, folder in chosen), encoding="utf-8")
            parts.append(f'"$0" "$1" < "{part}" &')
        script = "\n".join([*parts, "wait"])
        cost = measure.run(
            ["bash", "-c", script, options["guarddog"], str(driver)], stdout=out, stderr=err, cwd=workspace
        )
    for line in out.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.startswith("{"):
            continue
        result = json.loads(line)
        if "error" in result:
            outcomes[result["key"]] = Outcome("error", detail=result["error"][:300], seconds=result["seconds"])
        else:
            verdict = labels.get(result["label"], "clean")
            outcomes[result["key"]] = Outcome(
                verdict, tuple(result["rules"]), f"score {result['score']}", result["seconds"]
            )
    return Judged(outcomes, cost, _tail(err, cost))


def run_floor(corpus: Path, samples: list[Sample], workspace: Path, options: dict[str, str]) -> Judged:
    """sha256 and inflate of the same bytes in two processes: the cost that every reader of archives has."""
    listing = workspace / "floor.txt"
    listing.write_text("".join(f"{(corpus / sample.path).resolve()}\n" for sample in samples), encoding="utf-8")
    out, err = workspace / "floor.jsonl", workspace / "floor.err"
    command = ["bash", "-c", '"$0" -m benchmarks.detection.floor_driver < "$1"', sys.executable, str(listing)]
    cost = measure.run(command, stdout=out, stderr=err, cwd=ROOT)
    return Judged({sample.path: Outcome("clean") for sample in samples}, cost, _tail(err, cost))


def _tail(err: Path, cost: measure.Cost) -> list[str]:
    text = err.read_text(encoding="utf-8", errors="replace").strip()
    # 0, 1 and 3 are answers: nothing found, something found, and something that could not be read.
    notes = [f"exit code {cost.exit_code}"] if cost.exit_code not in (0, 1, 3) else []
    return [*notes, *([f"standard error ends: {text[-300:]}"] if text and notes else [])]


def version_of(tool: str, options: dict[str, str]) -> str:
    """The version in words, for the table; "?" when the tool does not say."""
    if tool == "assay":
        revision = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        )
        return revision.stdout.strip() or "?"
    if tool == "floor" or not options.get(tool):
        return "-"
    python = Path(options[tool]).parent / "python"
    code = f"import importlib.metadata as m; print(m.version({tool!r}))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False).stdout.strip() or "?"


TOOLS: dict[str, Callable[[Path, list[Sample], Path, dict[str, str]], Judged]] = {
    "assay": run_assay,
    "hexora": run_hexora,
    "guarddog": run_guarddog,
    "floor": run_floor,
}


def peers_from_environment() -> dict[str, str]:
    """``ASSAY_BENCH_HEXORA``: the hexora command; ``ASSAY_BENCH_GUARDDOG``: the interpreter that has guarddog."""
    return {
        "assay": os.environ.get("ASSAY_BENCH_ASSAY", ""),
        "hexora": os.environ.get("ASSAY_BENCH_HEXORA", shutil.which("hexora") or ""),
        "guarddog": os.environ.get("ASSAY_BENCH_GUARDDOG", ""),
    }
