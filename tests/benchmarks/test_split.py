"""The halves: by canonical name, stable, and the test half is not looked at by accident."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import detection
from benchmarks.detection import manifest
from benchmarks.detection.manifest import Sample
from benchmarks.detection.split import SplitError, canonical, half_of, require_allowed

NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?", fullmatch=True)


@given(NAMES)
def test_half_is_the_first_hex_digit_of_the_canonical_name(name: str) -> None:
    first = hashlib.sha256(canonical(name).encode()).hexdigest()[0]
    assert half_of(name) == ("development" if first in "01234567" else "test")


@given(NAMES)
def test_spellings_of_one_project_lie_on_one_side(name: str) -> None:
    assert half_of(name) == half_of(name.upper()) == half_of(name.replace("-", "_")) == half_of(name.replace(".", "-"))


def test_test_half_needs_publish() -> None:
    with pytest.raises(SplitError, match="--publish"):
        require_allowed("test", publish=False)
    require_allowed("test", publish=True)
    require_allowed("development", publish=False)


def test_manifest_gives_only_the_half_asked_for(tmp_path: Path) -> None:
    names = [f"project-{number}" for number in range(40)]
    manifest.write(tmp_path, [Sample(f"{name}.whl", name, "1", "benign", "wheel", "", 1) for name in names])
    development, test = manifest.load(tmp_path, "development"), manifest.load(tmp_path, "test")
    assert {half_of(one.name) for one in development} == {"development"}
    assert {half_of(one.name) for one in test} == {"test"}
    assert {one.name for one in [*development, *test]} == set(names)


def test_manifest_bytes_do_not_depend_on_the_order(tmp_path: Path) -> None:
    samples = [Sample(f"{name}.whl", name, "1", "benign", "wheel", "", 1) for name in ("b", "a", "c")]
    manifest.write(tmp_path, samples)
    first = (tmp_path / manifest.FILENAME).read_bytes()
    manifest.write(tmp_path, reversed(samples))
    assert (tmp_path / manifest.FILENAME).read_bytes() == first
    assert [json.loads(line)["name"] for line in first.splitlines()] == ["a", "b", "c"]


def test_package_and_script_share_a_name_and_the_package_is_imported() -> None:
    assert Path(str(detection.__file__)).name == "__init__.py"
