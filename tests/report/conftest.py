"""What the report's tests share: sample reports, files of npm packages at pinned versions, and one browser."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scanner.model.report import Report
from tests.report.sample import build_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def report() -> Report:
    return build_report()


@pytest.fixture(scope="session")
def npm_file(request: pytest.FixtureRequest) -> Callable[[str, str, str], bytes]:
    """``(package@version, member, sha256)`` → the member's bytes, fetched once through npm; a skip where npm cannot."""
    cache = request.config.cache
    assert cache is not None
    folder = cache.mkdir("npm")

    def fetch(package: str, member: str, sha256: str) -> bytes:
        kept = folder / sha256
        if kept.is_file():
            body = kept.read_bytes()
        else:
            body = pack(package, member, folder)
        assert hashlib.sha256(body).hexdigest() == sha256, f"{package} holds another {member} than expected"
        kept.write_bytes(body)
        return body

    return fetch


def pack(package: str, member: str, folder: Path) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    try:
        done = subprocess.run(
            [npm, "pack", "--silent", "--pack-destination", str(folder), package],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not deliver {package} in two minutes")
    if done.returncode:
        pytest.skip(f"npm cannot deliver {package}: {done.stderr.strip()[:200]}")
    archive = folder / done.stdout.strip().splitlines()[-1]
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as opened:
        extracted = opened.extractfile(f"package/{member}")
        assert extracted is not None
        return extracted.read()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by playwright; a skip with the reason where one of them is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()
