"""Five folds by campaign: what the rules find in packages that nobody looked at while writing them.

A campaign lies in one fold, and so does a popular project. The last fold is left unread while rules are written; the
gain of a rule is what it gains there. Results are kept for each (archive digest, engine digest).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.detection.manifest import Sample

FOLDS = 5
BATCH = 100
ROOT = Path(__file__).resolve().parents[2]
HARM = Path(__file__).with_name("harm.tsv")
HARMS = ("artifact", "dependency", "broken", "none")
FLAGGED = ("malicious", "suspicious")
UNREAD = ("incomplete", "error")
"""Verdicts that an audit takes as a gap of its required check."""


def fold_of(sample: Sample) -> int:
    """The fold, 0 to 4: by the campaign, of popular projects by the name."""
    key = f"fold:{sample.cluster or sample.name}"
    return int(hashlib.sha256(key.encode("utf-8")).hexdigest(), 16) % FOLDS


def engine_digest() -> str:
    """One digest over the scanner's source and the rules: another engine, other results."""
    total = hashlib.sha256()
    for path in sorted([*ROOT.glob("scanner/**/*.py"), *ROOT.glob("rules/**/*.toml")]):
        total.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def harms() -> dict[str, str]:
    """Canonical name → one of :data:`HARMS`, as a reader labelled it. Raises ``ValueError`` that names the line."""
    found: dict[str, str] = {}
    lines = HARM.read_text(encoding="utf-8").splitlines() if HARM.exists() else []
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#"):
            name, _, harm = line.partition("\t")
            if harm not in HARMS:
                raise ValueError(f"{HARM.name}:{number}: the harm is one of {', '.join(HARMS)}")
            found[name] = harm
    return found


def judged(corpus: Path, samples: Sequence[Sample], cache: Path, workers: int) -> dict[str, dict[str, Any]]:
    """Path → ``verdict``, ``rules``, ``places`` and ``seconds``. Only what the cache lacks is scanned."""
    cache.mkdir(parents=True, exist_ok=True)
    store = cache / f"{engine_digest()}.jsonl"
    known: dict[str, dict[str, Any]] = {}
    for line in store.read_text(encoding="utf-8").splitlines() if store.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue  # a run that was cut off while writing
        known[row["sha256"]] = row
    missing = [one for one in samples if one.sha256 not in known]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        rows = _scan(corpus, batch, workers)
        with store.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row, sort_keys=True) + "\n" for row in rows)
        known.update((row["sha256"], row) for row in rows)
        print(f"{start + len(batch)} of {len(missing)}", file=sys.stderr)
    return {one.path: known.get(one.sha256, {"verdict": "error", "rules": [], "seconds": 0.0}) for one in samples}


def _scan(corpus: Path, batch: Sequence[Sample], workers: int) -> list[dict[str, Any]]:
    digests = {str((corpus / one.path).resolve()): one.sha256 for one in batch}
    command = [sys.executable, "-m", "scanner", "scan", "--format", "jsonl", "--workers", str(workers), *digests]
    rows = []
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8") as out:
        subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL, check=False)
        out.seek(0)
        for line in out:
            record = json.loads(line)
            places = [
                f"{one['evidence'][0]['location']['path']}:{one['evidence'][0]['location']['line']} {one['rule']}"
                for one in record["findings"]
                if one["evidence"] and one["rule"] in record["deciding_rules"]
            ]
            rows.append(
                {
                    "sha256": digests[record["path"]],
                    "verdict": record["verdict"],
                    "rules": record["deciding_rules"],
                    "places": places[:10],
                    "seconds": record["seconds"],
                }
            )
    return rows


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.1f} %)" if whole else "-"


def _row(samples: Sequence[Sample], results: dict[str, dict[str, Any]], labels: dict[str, str]) -> list[str]:
    """The cells of one fold. A package counts as harmful unless a reader labelled it otherwise; a campaign is found
    where every one of its packages is."""
    verdicts = {one.path: results[one.path]["verdict"] for one in samples}
    bad = [one for one in samples if one.label == "malicious"]
    hits = [one for one in bad if verdicts[one.path] in FLAGGED]
    missed = {one.cluster for one in bad} & {one.cluster for one in bad if verdicts[one.path] not in FLAGGED}
    campaigns = {one.cluster for one in bad}
    harmful = [one for one in bad if labels.get(one.name, "artifact") == "artifact"]
    cells = [
        _share(len(hits), len(bad)),
        _share(sum(verdicts[one.path] == "malicious" for one in bad), len(bad)),
        _share(len(campaigns - missed), len(campaigns)),
        _share(sum(verdicts[one.path] in FLAGGED for one in harmful), len(harmful)),
    ]
    for kind in ("wheel", "sdist"):
        good = [one for one in samples if one.label == "benign" and one.kind == kind]
        flagged = sum(verdicts[one.path] in FLAGGED for one in good)
        worst = sum(verdicts[one.path] == "malicious" for one in good)
        cells.append(f"{flagged}, {worst} of {len(good)}")
    good = [one for one in samples if one.label == "benign"]
    cells.append(_share(sum(verdicts[one.path] in UNREAD for one in good), len(good)))
    return [*cells, f"{sum(results[one.path]['seconds'] for one in samples):.0f}"]


def table(samples: Sequence[Sample], results: dict[str, dict[str, Any]], wanted: Iterable[int]) -> str:
    """A Markdown table with one row a fold, and one of all of them."""
    labels = harms()
    head = ["fold", "packages found", "as malicious", "campaigns found whole", "with harm, found"]
    head += ["wheels flagged, malicious", "sdists flagged, malicious"]
    head += ["popular, read only in part", "engine CPU seconds"]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " --- |" * (len(head) - 1)]
    chosen = sorted(set(wanted))
    for number in chosen:
        part = [one for one in samples if fold_of(one) == number]
        lines.append(f"| {number} | " + " | ".join(_row(part, results, labels)) + " |")
    part = [one for one in samples if fold_of(one) in chosen]
    lines.append("| these | " + " | ".join(_row(part, results, labels)) + " |")
    return "\n".join(lines)


def listing(samples: Sequence[Sample], results: dict[str, dict[str, Any]], wanted: Iterable[int]) -> str:
    """Misses and false alarms of the folds that were asked for, one a line: to be read while rules are written."""
    labels, lines = harms(), []
    for one in samples:
        result = results[one.path]
        flagged = result["verdict"] in FLAGGED
        if fold_of(one) in set(wanted) and flagged != (one.label == "malicious"):
            harm = labels.get(one.name, "?") if one.label == "malicious" else ""
            lines.append("\t".join([one.label, one.path, one.cluster, result["verdict"], harm, *result["rules"]]))
    return "\n".join(sorted(lines))
