"""Several hundred audits: the bundled database is unpacked once for all of them."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _seed_is_unpacked(seed_is_unpacked: None) -> None: ...
