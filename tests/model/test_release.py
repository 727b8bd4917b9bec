"""Pages of projects: no order that is kept beside the files loses one of them."""

from __future__ import annotations

import pytest

from scanner.model.artifact import Artifact
from scanner.model.release import ProjectPage


def artifact(name: str, version: str) -> Artifact:
    return Artifact(filename=name, url=f"https://x.invalid/{name}", version=version)


@pytest.mark.parametrize("order", [(0, 1, 0), (), (9,), (-1, 0, 1), (0, 0, 1, 1), (1, 1, 1)])
def test_no_order_loses_a_file(order: tuple[int, ...]) -> None:
    files = [artifact("a-1.tar.gz", "1"), artifact("a-2.tar.gz", "2"), artifact("a-1.zip", "1")]
    page = ProjectPage("a", "https://x.invalid", artifacts=files)
    assert page.artifacts == tuple(files)
    odd = ProjectPage("a", "https://x.invalid", releases=page.releases, order=order)
    assert sorted(one.filename for one in odd.artifacts) == sorted(one.filename for one in files)
