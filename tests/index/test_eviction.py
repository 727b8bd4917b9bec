"""The cache has a size: the least recently used goes first, and what is in use stays."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.index.cache import Cache
from scanner.index.eviction import PROTECTED_SECONDS, held, parse_size, prune
from scanner.model.errors import InputError


def fill(folder: Path, count: int, size: int = 1000, kind: str = "artifacts") -> list[Path]:
    """Files that were used one after the other, the first the longest ago, all of them yesterday."""
    made = []
    for number in range(count):
        path = folder / kind / f"{number % 7:02x}" / f"{number:064x}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
        when = time.time() - 86_400 + number
        os.utime(path, (when, when))
        made.append(path)
    return made


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    files = fill(tmp_path, 100)
    removed = prune(tmp_path, 50_000)
    assert (removed.files, removed.size, removed.left) == (55, 55_000, 45_000)
    assert [path.exists() for path in files] == [False] * 55 + [True] * 45


def test_nothing_goes_where_there_is_room(tmp_path: Path) -> None:
    fill(tmp_path, 10)
    assert prune(tmp_path, 10_000).files == 0


def test_what_was_used_in_the_last_hours_stays(tmp_path: Path) -> None:
    files = fill(tmp_path, 10)
    os.utime(files[0])
    prune(tmp_path, 1, everything=True)
    assert [path for path in files if path.exists()] == [files[0]]
    assert prune(tmp_path, 1, everything=True, now=time.time() + PROTECTED_SECONDS + 1).files == 1


def test_an_abandoned_download_goes_and_one_under_way_stays(tmp_path: Path) -> None:
    incoming = tmp_path / "artifacts" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "old").write_bytes(b"x")
    (incoming / "new").write_bytes(b"x")
    os.utime(incoming / "old", (time.time() - 90_000,) * 2)
    assert prune(tmp_path, 10**9).files == 1
    assert (incoming / "new").exists()


def test_nothing_outside_is_removed(tmp_path: Path) -> None:
    outside = fill(tmp_path / "outside", 5)
    cache = tmp_path / "cache"
    (cache / "artifacts").mkdir(parents=True)
    (cache / "artifacts" / "aa").symlink_to(outside[0].parent.parent)
    (cache / "artifacts" / "link").symlink_to(outside[0])
    (cache / "mine.txt").write_text("not of the cache")
    prune(cache, 0, everything=True, now=time.time() + 10**6)
    assert all(path.exists() for path in outside)
    assert (cache / "mine.txt").exists()


def test_two_at_once_remove_no_more_than_one(tmp_path: Path) -> None:
    fill(tmp_path, 400)
    threads = [threading.Thread(target=prune, args=(tmp_path, 200_000)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(one.size for one in held(tmp_path)) >= 170_000


@pytest.mark.parametrize(
    ("text", "size"),
    [("500", 500), ("1k", 1024), ("10G", 10 * 1024**3), ("1.5 GiB", 3 * 512 * 1024**2), ("2mb", 2 << 20)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "ten", "-1", "1e9", "5 X", "9" * 100])
def test_no_sizes(text: str) -> None:
    with pytest.raises(InputError, match="no size"):
        parse_size(text)


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    files = fill(Cache.default().folder, 20)
    assert main(["cache", "info"]) == 0
    assert "20 files, 19.5 KiB" in capsys.readouterr().out
    monkeypatch.setenv("ASSAY_CACHE_SIZE", "10k")
    assert main(["cache", "prune"]) == 0
    assert "removed 11 files" in capsys.readouterr().out
    assert sum(path.exists() for path in files) == 9
    assert main(["cache", "prune", "--all"]) == 0
    assert not any(path.exists() for path in files)
    monkeypatch.setenv("ASSAY_CACHE_SIZE", "plenty")
    assert main(["cache", "info"]) == 2
    assert "500M" in capsys.readouterr().err
