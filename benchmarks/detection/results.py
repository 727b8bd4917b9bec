"""What the judgements are worth: recall, false positives, throughput; as JSON and as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from benchmarks.detection.manifest import Sample
from benchmarks.detection.tools import Judged, Outcome

FLAGGED = ("malicious", "suspicious")
MISSING = Outcome("error", detail="the tool gave no result for this archive")


def in_the_middle(rounds: list[Judged]) -> Judged:
    """The round whose seconds are the median (of an even number, the slower one in the middle). The times of all are in
    its notes, and so is a verdict that was not the same in each."""
    ordered = sorted(rounds, key=lambda one: one.cost.seconds)
    chosen = ordered[len(ordered) // 2]
    if len(rounds) == 1:
        return chosen
    verdicts = [{path: outcome.verdict for path, outcome in one.outcomes.items()} for one in rounds]
    notes = [*chosen.notes, f"seconds of the rounds: {', '.join(str(one.cost.seconds) for one in rounds)}"]
    notes += ["the verdicts differ between rounds"] * any(one != verdicts[0] for one in verdicts)
    return Judged(chosen.outcomes, chosen.cost, notes)


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def _counts(samples: list[Sample], judged: Judged) -> dict[str, Any]:
    verdicts = [judged.outcomes.get(sample.path, MISSING).verdict for sample in samples]
    flagged = sum(one in FLAGGED for one in verdicts)
    malicious = verdicts.count("malicious")
    return {
        "archives": len(samples),
        "malicious": malicious,
        "malicious_percent": _share(malicious, len(samples)),
        "flagged": flagged,
        "flagged_percent": _share(flagged, len(samples)),
        "noted": verdicts.count("noted"),
        "errors": verdicts.count("error"),
    }


def _named(samples: Iterable[Sample], judged: Judged) -> list[dict[str, Any]]:
    rows = []
    for sample in samples:
        outcome = judged.outcomes.get(sample.path, MISSING)
        rows.append(
            {
                "path": sample.path,
                "name": sample.name,
                "verdict": outcome.verdict,
                "rules": list(outcome.rules),
                "detail": outcome.detail,
                "inert": sample.inert,
            }
        )
    return rows


def evaluate(samples: list[Sample], judged: Judged) -> dict[str, Any]:
    """The figures of one tool. Percentages are of all archives of a group, inert ones and errors included."""
    bad = [one for one in samples if one.label == "malicious"]
    wheels = [one for one in samples if one.label == "benign" and one.kind == "wheel"]
    sdists = [one for one in samples if one.label == "benign" and one.kind == "sdist"]
    megabytes = sum(one.source_bytes for one in samples) / 1e6
    flagged = {path for path, outcome in judged.outcomes.items() if outcome.verdict in FLAGGED}
    slowest = sorted(judged.outcomes.items(), key=lambda one: (-one[1].seconds, one[0]))[:10]
    cost = judged.cost
    return {
        "recall": _counts(bad, judged),
        "false_positives": {"wheels": _counts(wheels, judged), "sdists": _counts(sdists, judged)},
        "cost": {
            **asdict(cost),
            "source_megabytes": round(megabytes, 2),
            "megabytes_per_second": round(megabytes / cost.seconds, 2) if cost.seconds else None,
            "megabytes_per_cpu_second": round(megabytes / cost.cpu_seconds, 2) if cost.cpu_seconds else None,
            "archives_per_second": round(len(samples) / cost.seconds, 2) if cost.seconds else None,
        },
        "inert": _named((one for one in bad if one.inert), judged),
        "misses": _named((one for one in bad if one.path not in flagged), judged),
        "false_positive_list": _named((one for one in [*wheels, *sdists] if one.path in flagged), judged),
        "errors": _named((one for one in samples if judged.outcomes.get(one.path, MISSING).verdict == "error"), judged),
        "slowest": [{"path": path, "seconds": outcome.seconds} for path, outcome in slowest if outcome.seconds],
        "notes": judged.notes,
    }


def _cell(counts: dict[str, Any], level: str) -> str:
    return f"{counts[level]}/{counts['archives']} ({counts[f'{level}_percent']} %)" if counts["archives"] else "-"


def table(results: dict[str, dict[str, Any]]) -> str:
    """A Markdown table with one column for each tool."""
    rows: list[tuple[str, list[str]]] = []

    def row(title: str, cells: Iterable[object]) -> None:
        rows.append((title, [str(cell) for cell in cells]))

    figures = list(results.values())
    row("version", (one.get("version", "?") for one in figures))
    row("recall: malicious or suspicious", (_cell(one["recall"], "flagged") for one in figures))
    row("recall: malicious", (_cell(one["recall"], "malicious") for one in figures))
    for kind in ("wheels", "sdists"):
        row(
            f"false positives, {kind}: malicious or suspicious",
            (_cell(one["false_positives"][kind], "flagged") for one in figures),
        )
        row(
            f"false positives, {kind}: malicious", (_cell(one["false_positives"][kind], "malicious") for one in figures)
        )
    row("errors", (len(one["errors"]) for one in figures))
    row("MB of Python source a second", (one["cost"]["megabytes_per_second"] for one in figures))
    row("MB of Python source a CPU second", (one["cost"]["megabytes_per_cpu_second"] for one in figures))
    row("seconds", (one["cost"]["seconds"] for one in figures))
    row("CPU seconds", (one["cost"]["cpu_seconds"] for one in figures))
    row("peak memory, MB", (round(one["cost"]["peak_bytes"] / 1e6) for one in figures))
    row("load average before, after", ("{}, {}".format(*one["cost"]["load"]) for one in figures))
    lines = ["| | " + " | ".join(results) + " |", "| --- |" + " --- |" * len(results)]
    lines += [f"| {title} | " + " | ".join(cells) + " |" for title, cells in rows]
    return "\n".join(lines)
