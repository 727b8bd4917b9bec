"""Inert look-alikes of known techniques: what the scanner says of each, against what its manifest asks.

    python benchmarks/lookalikes.py [--manifest FILE] [--only NAME]

They are judged by ``assay scan``, and by ``assay audit --offline`` where the manifest asks for that. They lie beside
this repository (``../shared/lookalikes``); without them the script says so and ends with code 0.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MANIFESTS = (ROOT.parent / "shared/lookalikes/manifest.json", ROOT.parents[1] / "shared/lookalikes/manifest.json")
SECONDS = 120


@dataclass(frozen=True)
class Said:
    """The verdict on one look-alike, and ``path:line rule`` of each finding that decided it."""

    verdict: str
    places: tuple[str, ...] = ()


def _assay(*arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "scanner", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    return ran.stdout


def _places(findings: list[dict[str, Any]]) -> tuple[str, ...]:
    places = []
    for finding in findings:
        location = next((one["location"] for one in finding["evidence"]), {"path": "", "line": 0})
        places.append(f"{location['path']}:{location['line']} {finding['rule']}")
    return tuple(sorted(set(places)))


def _scanned(path: Path) -> Said:
    record = json.loads(_assay("scan", "--format", "jsonl", "--workers", "1", str(path)))
    deciding = [one for one in record["findings"] if one["rule"] in record["deciding_rules"]]
    verdict = record["verdict"] if record["verdict"] in ("malicious", "suspicious", "error") else "clean"
    return Said(verdict, _places(deciding))


def _audited(path: Path) -> Said:
    """A tree is malicious or suspicious where a finding says so, or where one rejects it; old advisories do not."""
    with tempfile.TemporaryDirectory(prefix="assay-lookalike-") as folder:
        _assay("audit", "--offline", "--quiet", "--format", "json", "--output", folder, str(path))
        report = json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))
    rejecting = [
        one for one in report["findings"]
        if one["rejects"] or (one["check"] == "code" and one["severity"] in ("high", "critical"))
    ]  # fmt: skip
    grave = any(one["severity"] == "critical" for one in rejecting)
    return Said(("malicious" if grave else "suspicious") if rejecting else "clean", _places(rejecting))


def judge(path: Path, context: str = "") -> Said:
    """What is said of one archive or tree, by an audit where ``context`` asks for it; ``error``: nothing."""
    try:
        return _audited(path) if context == "audit" else _scanned(path)
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        return Said("error", (f"{type(error).__name__}: {error}",))


def as_asked(expected: str, verdict: str) -> bool:
    """``suspicious`` and ``malicious`` both count as found; ``clean`` must be clean."""
    return verdict == "clean" if expected == "clean" else verdict in ("malicious", "suspicious")


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when all is as asked or there are no look-alikes, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, default=next((one for one in MANIFESTS if one.exists()), MANIFESTS[0]))
    parser.add_argument("--only", action="append", help="only the look-alike of this name (repeatable)")
    parsed = parser.parse_args(arguments)
    if not parsed.manifest.exists():
        print(f"skipped: there are no look-alikes at {parsed.manifest}")
        return 0
    entries = json.loads(parsed.manifest.read_text(encoding="utf-8"))
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for entry in entries:
        if parsed.only and entry["name"] not in parsed.only:
            continue
        said = judge(parsed.manifest.parent / entry["path"], entry.get("context", ""))
        group = "benign twins clean" if entry["expected"] == "clean" else "hostile found"
        good = as_asked(entry["expected"], said.verdict)
        total[group] += 1
        right[group] += good
        print(f"{'ok  ' if good else 'MISS'} {entry['name']}: asked {entry['expected']}, got {said.verdict}")
        for place in said.places[:6]:
            print(f"       {place}")
    print("; ".join(f"{group}: {right[group]} of {total[group]}" for group in sorted(total)))
    return 0 if right == total else 1


if __name__ == "__main__":
    raise SystemExit(main())
