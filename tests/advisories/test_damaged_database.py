"""An advisory database whose bytes changed on the disk: rebuilt, or a gap that is said; never a smaller answer."""

from __future__ import annotations

import json
import os
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner import cli
from scanner.advisories import seed
from scanner.advisories.fresh import ensure_fresh
from scanner.advisories.seal import SEAL_BYTES
from scanner.advisories.select import cache_folder, data_folder, select_database
from scanner.advisories.store import AdvisoryDatabase, DamagedError, compile_database
from scanner.checks import advisories
from scanner.model.advisory import Advisory, Affected
from scanner.model.errors import InputError
from tests.advisories.test_update import make_export
from tests.checks.subjects import make_subject, package

RECORDS = [Advisory(f"X-{number}", affected=(Affected(f"demo{number}", versions=("1.0",)),)) for number in range(40)]


def compiled(target: Path) -> bytes:
    compile_database(RECORDS, target, kind="osv-export", source="a mirror", as_of="2026-11-24", lacks="")
    return target.read_bytes()


def damaged(body: bytes, rng: random.Random) -> list[bytes]:
    """One byte of every page and of the seal changed; cut off; lengthened; emptied."""
    found = []
    for start in [*range(0, len(body) - SEAL_BYTES, 512), *range(len(body) - SEAL_BYTES, len(body), 7)]:
        where = min(len(body) - 1, start + rng.randrange(512 if start < len(body) - SEAL_BYTES else 7))
        changed = bytearray(body)
        changed[where] ^= 1 << rng.randrange(8)
        found.append(bytes(changed))
    return [*found, body[:-1], body[:-SEAL_BYTES], body[: len(body) // 2], body + b"\0", body + body, b"", b"\0" * 4096]


def test_every_change_of_a_named_database_is_an_error_of_ours(tmp_path: Path) -> None:
    target = tmp_path / "db.sqlite"
    body = compiled(target)
    for one in damaged(body, random.Random(16)):
        target.write_bytes(one)
        with pytest.raises(DamagedError, match="cannot be read"):
            AdvisoryDatabase(target)
    target.write_bytes(body)
    with select_database(str(target)) as database:
        assert [one.id for one in database.for_name("demo7")] == ["X-7"]


def test_a_damaged_installed_database_is_a_gap_and_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data_folder().mkdir(parents=True)
    installed = data_folder() / "advisories.sqlite"
    body = bytearray(compiled(installed))
    body[len(body) // 2] ^= 1
    installed.write_bytes(bytes(body))
    with select_database() as database:
        assert "another than when it was made" in database.damaged
        assert database.for_name("litellm")
    rows = [
        one
        for one in advisories.run(make_subject(packages=(package("litellm", "1.0"),)))
        if getattr(one, "status", "") == "not-checked"
    ]
    assert any("checksum" in one.reason and str(one.subject) == "project" for one in rows)
    (tmp_path / "requirements.txt").write_text("attrs==25.1.0\n")
    assert cli.main(["db", "match", str(tmp_path)]) == 3
    assert "checksum" in capsys.readouterr().out
    assert cli.main(["db", "status", "--format", "json"]) == 0
    assert "checksum" in json.loads(capsys.readouterr().out)["damaged"]
    assert cli.main(["db", "serve", "--port", "0"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_it_is_replaced_by_the_next_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_NO_DB_UPDATE")
    data_folder().mkdir(parents=True)
    installed = data_folder() / "advisories.sqlite"
    # As new as can be: its date would say that nothing is to be done.
    installed.write_bytes(compiled(tmp_path / "db.sqlite")[:-1])
    source = make_export(tmp_path / "all.zip")
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert ensure_fresh(now, lambda done, total: None, offline=False, source=str(source)).updated
    with select_database() as database:
        assert not database.damaged


def test_a_damaged_unpacked_seed_is_unpacked_again() -> None:
    path = seed.bundled_database(cache_folder())
    body = path.read_bytes()
    for change in (body[:-1], body[:5000] + b"\x00" + body[5001:], b""):
        path.write_bytes(change)
        os.utime(path, ns=(1, 1))
        with select_database() as database:
            assert database.for_name("litellm")
        assert path.read_bytes() == body
    shutil.rmtree(cache_folder())
    cache_folder().mkdir(parents=True)
    path.mkdir()
    with select_database() as database:
        assert database.for_name("litellm")


def test_a_damaged_bundle_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "seed.sqlite.xz"
    body = bytearray(seed.BUNDLED.read_bytes())
    body[len(body) // 2] ^= 1
    for broken in (bytes(body), bytes(body[:1000]), b""):
        bundle.write_bytes(broken)
        monkeypatch.setattr(seed, "BUNDLED", bundle)
        seed._digest.cache_clear()
        with pytest.raises(InputError, match="damaged"):
            seed.bundled_database(tmp_path / "cache")
    seed._digest.cache_clear()
