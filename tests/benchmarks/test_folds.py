"""Folds: a campaign lies in one fold, results are kept by digests, and a package that gave no result is a miss."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks import lookalikes
from benchmarks.detection import folds
from benchmarks.detection.manifest import Sample
from tests.support.builders import wheel


def _sample(name: str, label: str, cluster: str = "", path: str = "", sha256: str = "") -> Sample:
    return Sample(path or name, name, "1.0", label, "wheel", cluster, 0, sha256 or name)


def test_one_campaign_lies_in_one_fold() -> None:
    assert len({folds.fold_of(_sample(f"copy-{number}", "malicious", "leader")) for number in range(50)}) == 1
    assert {folds.fold_of(_sample(f"alone-{number}", "benign")) for number in range(200)} == set(range(folds.FOLDS))


def test_a_campaign_counts_only_where_all_of_it_is_found() -> None:
    samples = [_sample("a", "malicious", "one"), _sample("b", "malicious", "one"), _sample("c", "malicious", "two")]
    results = {
        "a": {"verdict": "malicious", "seconds": 0.0},
        "b": {"verdict": "error", "seconds": 0.0},
        "c": {"verdict": "suspicious", "seconds": 0.0},
    }
    last = folds.table(samples, results, range(folds.FOLDS)).splitlines()[-1]
    assert "2/3 (66.7 %)" in last and "1/3 (33.3 %)" in last and "1/2 (50.0 %)" in last


def test_popular_archives_that_were_read_only_in_part_are_counted() -> None:
    samples = [_sample("a", "benign"), _sample("b", "benign"), _sample("c", "malicious", "one")]
    results = {
        "a": {"verdict": "incomplete", "seconds": 0.0},
        "b": {"verdict": "clean", "seconds": 0.0},
        "c": {"verdict": "incomplete", "seconds": 0.0},
    }
    assert "1/2 (50.0 %)" in folds.table(samples, results, range(folds.FOLDS)).splitlines()[-1]


def test_results_are_kept_by_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = b"import os, base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n"
    filename, data = wheel("example", files={"example/__init__.py": source.decode()})
    archive = tmp_path / filename
    archive.write_bytes(data)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    sample = _sample("example", "malicious", "example", archive.name, digest)
    first = folds.judged(tmp_path, [sample], tmp_path / "cache", 1)
    assert first[archive.name]["verdict"] == "malicious"
    monkeypatch.setattr(folds, "_scan", lambda *_: pytest.fail("scanned again"))
    assert folds.judged(tmp_path, [sample], tmp_path / "cache", 1) == first


def test_a_label_that_nobody_knows_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "harm.tsv"
    table.write_text("# names\nexample\tmaybe\n", encoding="utf-8")
    monkeypatch.setattr(folds, "HARM", table)
    with pytest.raises(ValueError, match=r"harm\.tsv:2"):
        folds.harms()


def test_an_error_is_never_what_the_manifest_asked() -> None:
    assert lookalikes.as_asked("malicious", "suspicious")
    assert not lookalikes.as_asked("clean", "error")
    assert not lookalikes.as_asked("malicious", "error")
