"""``assay db update`` against what goes wrong: every fault leaves the old database working, and says so."""

from __future__ import annotations

import errno
import json
import os
import struct
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scanner.advisories import export, fresh, update
from scanner.advisories.export import compile_export
from scanner.advisories.store import AdvisoryDatabase
from scanner.advisories.update import update_database
from scanner.model.errors import AssayError, InputError, NetworkError

KEPT = "is kept and still works"


def record(number: int, **more: Any) -> bytes:
    affected = [{"package": {"ecosystem": "PyPI", "name": "Demo"}, "versions": [f"{number}.0"]}]
    return json.dumps({"id": f"PYSEC-{number}", "affected": affected, **more}).encode()


def make_export(path: Path, count: int = 200, **others: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"PYSEC-{number}.json", record(number))
        for name, body in others.items():
            archive.writestr(f"{name}.json", body)
    return path


def nothing(done: int, total: int) -> None:
    del done, total


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with a working database of three advisories."""
    folder = tmp_path / "data"
    update_database(str(make_export(tmp_path / "old.zip", 3)), nothing, folder)
    return folder


def assert_old_one_works(folder: Path) -> None:
    with AdvisoryDatabase(folder / "advisories.sqlite") as database:
        assert database.info.advisories == 3
        assert len(database.for_name("demo")) == 3
    left = {one.name for one in folder.iterdir()} - {"advisories.sqlite", "advisories.source.json", "last-attempt"}
    assert not left, "nothing half-made may stay behind"


@contextmanager
def server(answer: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), answer)
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://user:secret@127.0.0.1:{running.server_port}/all.zip"
    finally:
        running.shutdown()
        running.server_close()


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def test_a_truncated_zip(installed: Path, tmp_path: Path) -> None:
    body = make_export(tmp_path / "new.zip").read_bytes()
    (tmp_path / "new.zip").write_bytes(body[: len(body) // 2])
    with pytest.raises(InputError, match=KEPT):
        update_database(str(tmp_path / "new.zip"), nothing, installed)
    assert_old_one_works(installed)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"[]", b'{"id": 3}', b'{"id": "X", "affected": {}}', b'{"affected": ' + b"[" * 100_000]
)
def test_one_bad_member_costs_itself_and_is_named(tmp_path: Path, body: bytes) -> None:
    source = make_export(tmp_path / "new.zip", bad=body)
    result = update_database(str(source), nothing, tmp_path / "data")
    assert result.export
    assert result.export.info.advisories == 200
    assert [one.member for one in result.export.unreadable] == ["bad.json"]


@pytest.mark.parametrize(
    ("body", "about"),
    [
        (b'{"id": 3, "affected": [{"package": {"ecosystem": "PyPI", "name": "Left_Out"}}]}', {"left-out"}),
        (
            b'{"id": "X", "affected": [{"package": {"name": "a.b"}, "versions": 3}, {"package": {"name": "c"',
            {"a-b", "c"},
        ),
        (b"{", {""}),
        (b'{"names": [' + b'{"name": "x"},' * 10 + b"".join(b'{"name": "n%d"},' % n for n in range(400)), {""}),
    ],
    ids=["of another type", "cut off", "nothing is told", "too many to believe"],
)
def test_a_record_that_was_left_out_stays_a_gap_of_its_packages(tmp_path: Path, body: bytes, about: set[str]) -> None:
    update_database(str(make_export(tmp_path / "new.zip", bad=body)), nothing, tmp_path / "data")
    with AdvisoryDatabase(tmp_path / "data" / "advisories.sqlite") as database:
        for name in ("", "left-out", "a-b", "c", "demo"):
            assert [one.member for one in database.unreadable(name)] == ["bad.json"] * (name in about), name


def test_an_export_that_is_largely_unreadable_is_refused(installed: Path, tmp_path: Path) -> None:
    source = make_export(tmp_path / "new.zip", 10, **{f"bad{number}": b"{" for number in range(10)})
    with pytest.raises(InputError, match=KEPT):
        update_database(str(source), nothing, installed)
    assert_old_one_works(installed)


def test_a_member_of_two_gigabytes_that_says_it_is_small(tmp_path: Path) -> None:
    """A stream of zeros that unpacks far past the bound, under a directory entry that claims 10 bytes, and 2 GB."""
    for claimed in (10, 2 * 1024**3):
        source = tmp_path / f"lying-{claimed}.zip"
        make_export(source, bomb=b"0" * (40 * 1024 * 1024))
        body = bytearray(source.read_bytes())
        entry = body.rindex(b"PK\x01\x02")
        body[entry + 24 : entry + 28] = struct.pack("<I", claimed)
        source.write_bytes(body)
        started = time.monotonic()
        made = compile_export(source, tmp_path / "out.sqlite", shown_source="x", progress=nothing)
        assert [one.member for one in made.unreadable] == ["bomb.json"]
        assert made.info.advisories == 200
        assert time.monotonic() - started < 20


def test_too_many_members(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_MEMBERS", 100)
    with pytest.raises(InputError, match=KEPT):
        update_database(str(make_export(tmp_path / "new.zip")), nothing, installed)
    assert_old_one_works(installed)


def test_a_connection_that_drops(installed: Path, tmp_path: Path) -> None:
    body = make_export(tmp_path / "new.zip").read_bytes()

    class Dropping(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:1000])

    with server(Dropping) as url, pytest.raises(NetworkError, match=KEPT) as caught:
        update_database(url, nothing, installed)
    assert "secret" not in str(caught.value)
    assert_old_one_works(installed)


def test_a_download_without_an_end(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "MAX_EXPORT_BYTES", 3_000_000)

    class Endless(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"0" * 65536)
            except OSError:
                return

    with server(Endless) as url, pytest.raises(NetworkError, match="bound"):
        update_database(url, nothing, installed)
    assert_old_one_works(installed)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses(installed: Path, status: int) -> None:
    class Refusing(Quiet):
        def do_GET(self) -> None:
            self.send_error(status)

    with server(Refusing) as url, pytest.raises(NetworkError, match=str(status)):
        update_database(url, nothing, installed)
    assert_old_one_works(installed)


def test_a_full_disk(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real thing: a file-size limit makes every write past it fail, inside SQLite too."""
    resource = pytest.importorskip("resource")
    import signal

    source = make_export(tmp_path / "new.zip", 3000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(InputError, match=KEPT):
            update_database(str(source), nothing, installed)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert_old_one_works(installed)


def test_no_space_for_the_download(installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(update, "compile_export", full)
    with pytest.raises(InputError, match="No space left") as caught:
        update_database(str(make_export(tmp_path / "new.zip")), nothing, installed)
    assert KEPT in str(caught.value)
    assert_old_one_works(installed)


def test_two_updates_at_once(installed: Path, tmp_path: Path) -> None:
    source = str(make_export(tmp_path / "new.zip", 3000))
    outcomes: list[str] = []
    inside = threading.Barrier(2)

    def one() -> None:
        inside.wait()
        try:
            update_database(source, nothing, installed)
            outcomes.append("installed")
        except AssayError as error:
            outcomes.append("refused" if "another update" in error.what else str(error))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "installed" in outcomes
    assert set(outcomes) <= {"installed", "refused"}
    with AdvisoryDatabase(installed / "advisories.sqlite") as database:
        assert database.info.advisories == 3000


def test_an_update_under_way_is_not_disturbed(installed: Path, tmp_path: Path) -> None:
    lock = installed / "advisories.lock"
    lock.touch()
    with pytest.raises(InputError, match="another update"):
        update_database(str(make_export(tmp_path / "new.zip")), nothing, installed)
    assert lock.exists()
    os.utime(lock, (time.time() - 3600,) * 2)
    assert update_database(str(tmp_path / "new.zip"), nothing, installed).export, "a lock left by a crash is taken over"


def test_an_export_that_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    body = make_export(tmp_path / "new.zip").read_bytes()
    answers: list[int] = []

    class Conditional(Quiet):
        def do_GET(self) -> None:
            known = self.headers.get("If-None-Match") == '"one"'
            answers.append(304 if known else 200)
            self.send_response(answers[-1])
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", "0" if known else str(len(body)))
            self.end_headers()
            if not known:
                self.wfile.write(body)

    with server(Conditional) as url:
        assert update_database(url, nothing, tmp_path / "data").export
        assert update_database(url, nothing, tmp_path / "data").export is None
    assert answers == [200, 304]
    assert "secret" not in (tmp_path / "data" / "advisories.source.json").read_text()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv(fresh.OPT_OUT, raising=False)
    return tmp_path / "assay"


NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_source_that_cannot_be_reached_is_said_once_an_hour_and_stops_nothing(home: Path) -> None:
    with server(Quiet) as url:
        pass  # Closed: nothing listens there any more.
    first = fresh.ensure_fresh(NOW, nothing, offline=False, source=url)
    second = fresh.ensure_fresh(NOW, nothing, offline=False, source=url)
    assert not first.updated
    assert "no update could be had" in first.note
    assert second == first, "the same words, so that two reports of one hour are the same"
    assert "secret" not in first.note


def test_a_fresh_or_an_offline_run_asks_for_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("an update was tried")

    monkeypatch.setattr(fresh, "update_database", never)
    assert fresh.ensure_fresh(NOW, nothing, offline=True) == fresh.Freshness(updated=False)
    assert not fresh.ensure_fresh(datetime(2026, 10, 8, tzinfo=UTC), nothing, offline=False).note
    monkeypatch.setenv(fresh.OPT_OUT, "1")
    assert not fresh.ensure_fresh(NOW, nothing, offline=False).note


def test_it_updates_itself(home: Path, tmp_path: Path) -> None:
    made = fresh.ensure_fresh(NOW, nothing, offline=False, source=str(make_export(tmp_path / "new.zip")))
    assert made.updated
    assert (home / "advisories.sqlite").is_file()


def test_a_source_that_sends_a_byte_now_and_then(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays below every timeout of a single read, and fills no chunk: only the bound in time ends it."""
    monkeypatch.setattr(update, "MAX_SECONDS", 0.5)

    class Dripping(Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            try:
                for _ in range(200):
                    self.wfile.write(b"P")
                    time.sleep(0.05)
            except OSError:
                return

    started = time.monotonic()
    with server(Dripping) as url, pytest.raises(NetworkError, match="did not end"):
        update_database(url, nothing, installed)
    assert time.monotonic() - started < 5
    assert_old_one_works(installed)


def test_a_database_that_no_longer_opens_is_fetched_again_though_the_source_has_nothing_newer(tmp_path: Path) -> None:
    body = make_export(tmp_path / "new.zip").read_bytes()
    asked: list[str | None] = []

    class Conditional(Quiet):
        def do_GET(self) -> None:
            asked.append(self.headers.get("If-None-Match"))
            self.send_response(304 if asked[-1] else 200)
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", "0" if asked[-1] else str(len(body)))
            self.end_headers()
            if not asked[-1]:
                self.wfile.write(body)

    with server(Conditional) as url:
        update_database(url, nothing, tmp_path / "data")
        (tmp_path / "data" / "advisories.sqlite").write_bytes(b"SQLite format 3\0 and then nothing")
        assert update_database(url, nothing, tmp_path / "data").export
    assert asked == [None, None]
    with AdvisoryDatabase(tmp_path / "data" / "advisories.sqlite") as database:
        assert database.info.advisories == 200


def test_an_update_that_was_killed_leaves_the_old_database_and_nothing_for_ever(
    installed: Path, tmp_path: Path
) -> None:
    """A real process, killed between the download and the replacement."""
    import signal
    import subprocess
    import sys

    source = make_export(tmp_path / "new.zip", 3000)
    code = (
        "import sys, pathlib, os\n"
        "from scanner.advisories import update\n"
        "update.AdvisoryDatabase = lambda path: os.kill(os.getpid(), 9)\n"
        "update.update_database(sys.argv[1], lambda *_: None, pathlib.Path(sys.argv[2]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(source), str(installed)], check=False)
    assert done.returncode == -signal.SIGKILL
    with AdvisoryDatabase(installed / "advisories.sqlite") as database:
        assert database.info.advisories == 3
    left = [one for one in installed.iterdir() if one.name.startswith("update-")]
    assert left
    assert (installed / "advisories.lock").exists()
    long_ago = (time.time() - 3600,) * 2
    for one in (*left, installed / "advisories.lock"):
        os.utime(one, long_ago)
    assert update_database(str(make_export(tmp_path / "newer.zip", 5)), nothing, installed).export
    assert {one.name for one in installed.iterdir()} == {"advisories.sqlite", "advisories.source.json"}
