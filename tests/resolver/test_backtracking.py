"""How long the resolution looks for what is not there: measured in rounds of resolvelib."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.resolver import build, solve
from tests.resolver.test_build import gaps, packages, resolved
from tests.support.builders import wheel
from tests.support.index_server import Index

HOLES = 6


def test_a_contradiction_behind_a_project_of_many_versions_is_found(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of numpy, opencv-python and sentinelhub in an example of label-studio-sdk: 20,000 rounds found nothing."""
    monkeypatch.setattr(solve, "MAX_ROUNDS", 400)
    index.add("numbers", *(wheel("numbers", one) for one in ("1.0", "2.0", "2.1", "2.2")))
    index.add("labels", *(wheel("labels", f"1.{one}", requires=["vision>=3", "numbers>=1.5"]) for one in range(4)))
    for name in ("vision", "more", "other"):
        index.add(name, *(wheel(name, f"4.{one}", requires=["numbers>=1.2"]) for one in range(30)))
    index.add("zones", *(wheel("zones", f"3.{one}", requires=["numbers<2"]) for one in range(3)))
    found = resolved(tmp_path, {"requirements.txt": "labels~=1.0\nmore~=4.0\nother~=4.0\nnumbers~=2.0\nzones~=3.0\n"})
    [said] = gaps(found).values()
    assert "these requirements contradict each other" in said
    assert "zones==3.0 requires numbers<2" in said
    assert "requires numbers~=2.0" in said


def test_puzzles_cost_a_project_so_many_rounds_and_each_file_says_so(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More projects than numbers, and no two may have the same: proving that there is no way takes them all."""
    for name in range(HOLES + 1):
        versions = (wheel(f"p{name}", f"{hole}", requires=[f"hole{hole}=={name}"]) for hole in range(1, HOLES + 1))
        index.add(f"p{name}", *versions)
    for hole in range(1, HOLES + 1):
        index.add(f"hole{hole}", *(wheel(f"hole{hole}", str(name)) for name in range(HOLES + 1)))
    index.add("plain", wheel("plain"))
    monkeypatch.setattr(solve, "MAX_ROUNDS", 200)
    monkeypatch.setattr(solve, "ROUNDS_OF_ALL", 500)
    monkeypatch.setattr(solve, "LEAST_ROUNDS", 50)
    monkeypatch.setattr(solve, "FIRST_ROUNDS", 10)
    text = "".join(f"p{name}>0\n" for name in range(HOLES + 1))
    files = {f"requirements-{number}.txt": text for number in range(5)}
    found = resolved(tmp_path, {**files, "requirements-z.txt": "plain>0\n"})
    said = [one.rpartition(" within ")[2] for _, one in sorted(gaps(found).items())]
    assert said == ["200 rounds", "200 rounds", "80 rounds", "50 rounds", "50 rounds"]
    assert packages(found) == ["plain==1.0"]


def test_extras_that_nobody_asked_for_share_fewer_rounds(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of the extras ``all``, ``dev`` and ``testing`` of datatrove, which hold each other."""
    for name in range(HOLES + 1):
        versions = (wheel(f"p{name}", f"{hole}", requires=[f"hole{hole}=={name}"]) for hole in range(1, HOLES + 1))
        index.add(f"p{name}", *versions)
    for hole in range(1, HOLES + 1):
        index.add(f"hole{hole}", *(wheel(f"hole{hole}", str(name)) for name in range(HOLES + 1)))
    monkeypatch.setattr(build, "ROUNDS_OF_DECLARED", 60)
    monkeypatch.setattr(build, "LEAST_OF_DECLARED", 20)
    monkeypatch.setattr(solve, "FIRST_ROUNDS", 10)
    listed = ", ".join(f'"p{name}>0"' for name in range(HOLES + 1))
    extras = "\n".join(f"e{number} = [{listed}]" for number in range(3))
    text = f'[project]\nname = "app"\nversion = "1"\n[project.optional-dependencies]\n{extras}\n'
    found = resolved(tmp_path, {"pyproject.toml": text}, declared=True)
    said = [one.rpartition(" within ")[2] for _, one in sorted(gaps(found).items())]
    assert said == ["60 rounds", "20 rounds", "20 rounds"]
