"""One dependency that carries the stealer, brought in in every way that we know of: no audit ends in exit code 0.

Each way is also run with a clean package in its place: that is green, or the way is one whose rightful answer is a gap
for whatever it brings (``GAPS``), so that a test cannot pass because nothing works.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adversary.dependency_ways import LOCKS, MANIFESTS, METADATA, REQUIREMENTS, Way, digest
from tests.adversary.open_ways import GAPS, OPEN
from tests.adversary.project import GREEN, STEALER, TOLD, Body, package, put, run, why
from tests.adversary.test_hidden_code import ways
from tests.support.builders import wheel
from tests.support.index_server import Index

GROUPS: dict[str, dict[str, Way]] = {"requirements": REQUIREMENTS, "manifests": MANIFESTS, "locks": LOCKS}
ALL = [one for group, found in GROUPS.items() for one in ways(group, found)]
NAMED = [(group, way) for group, found in GROUPS.items() for way in found]
HIDDEN = {"hidden/__init__.py": STEALER}


@pytest.fixture
def vendor(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An audited folder, and an index with a clean package, the tools that projects are built with, and no more."""
    root = tmp_path / "vendor"
    root.mkdir()
    package(index, "first")
    # Each with the release before it: a first release of that number would be a leap, and be rejected for it.
    releases = {"setuptools": ("80.8.0", "80.9.0"), "flit-core": ("3.11.0", "3.12.0"), "wheel": ("0.46.9", "0.47.0")}
    for tool, version in ((tool, version) for tool, found in releases.items() for version in found):
        package(index, tool, {f"{tool.replace('-', '_')}/__init__.py": "VALUE = 1\n"}, version=version)
    put(root, {"app.py": "print(1)\n"})
    return root


def files_of(group: str, way: str, name: str, line: str, index: Index) -> dict[str, Body]:
    made = GROUPS[group][way](name, line)
    filled: dict[str, Body] = {}
    for path, body in made.items():
        filled[path] = body if isinstance(body, bytes) else body.replace("{index}", index.url).replace("{name}", name)
    base = (
        {}
        if any(path.endswith((".lock", "lock.toml", "requirements.txt")) for path in filled)
        else {"requirements.txt": "first==1.0\n"}
    )
    return {**base, **filled}


@pytest.mark.parametrize(
    ("group", "way"),
    [
        pytest.param(*one, marks=pytest.mark.xfail(reason=OPEN[one], strict=True) if one in OPEN else ())
        for one in NAMED
    ],
)
def test_with_the_stealer(group: str, way: str, vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    line = package(index, "hidden", HIDDEN)
    put(vendor, files_of(group, way, "hidden", line, index))
    code, report = run(vendor, capfd)
    assert code != GREEN, why(report)


@pytest.mark.parametrize(("group", "way"), [one for one in NAMED if one not in GAPS])
def test_with_a_clean_package(
    group: str, way: str, vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    line = package(index, "second", {"second/__init__.py": "VALUE = 2\n"})
    put(vendor, files_of(group, way, "second", line, index))
    code, report = run(vendor, capfd)
    assert code == GREEN, why(report)


@pytest.mark.parametrize("way", ways("metadata", METADATA))
@pytest.mark.parametrize("shown", ["in the wheel", "in the index's copy"])
def test_in_the_metadata_of_a_dependency(
    way: str, shown: str, vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    from tests.support.builders import metadata
    from tests.support.index_server import File

    package(index, "hidden", HIDDEN)
    needs = [one.replace("{index}", index.url).replace("{name}", "hidden") for one in METADATA[way]]
    name, body = wheel("carrier", files={"carrier/__init__.py": "VALUE = 1\n"}, requires=needs, **TOLD)
    told = (
        metadata("carrier", "1.0", needs, **TOLD) if shown == "in the wheel" else metadata("carrier", "1.0", [], **TOLD)
    )
    index.add("carrier", File(name, body, metadata=told))
    put(vendor, {"requirements.txt": "carrier==1.0\n"})
    code, report = run(vendor, capfd)
    assert code != GREEN, why(report)


def test_a_release_whose_digest_is_anothers(vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    line = package(index, "hidden", HIDDEN)
    put(vendor, {"requirements.txt": f"hidden==1.0 --hash=sha256:{digest(package(index, 'second'))}\n"})
    code, report = run(vendor, capfd)
    assert code == 1, (line, why(report))
