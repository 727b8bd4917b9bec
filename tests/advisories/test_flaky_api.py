"""The OSV API when it is not well: answers that fail once, break off, or arrive a byte at a time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scanner.advisories import osv_api
from scanner.advisories.osv_api import LiveAdvisories, ask_osv

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BODY = json.dumps(
    {"id": "A_1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1.0"]}]}
).encode()
BATCH = json.dumps({"results": [{"vulns": [{"id": "A_1"}]}]}).encode()
Answer = Callable[[BaseHTTPRequestHandler, bytes, int], None]


def well(handler: BaseHTTPRequestHandler, body: bytes, turn: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def fails_once(handler: BaseHTTPRequestHandler, body: bytes, turn: int) -> None:
    if turn == 1:
        handler.send_error(503)
    else:
        well(handler, body, turn)


def breaks_off_once(handler: BaseHTTPRequestHandler, body: bytes, turn: int) -> None:
    if turn == 1:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:20])
    else:
        well(handler, body, turn)


def breaks_off(handler: BaseHTTPRequestHandler, body: bytes, turn: int) -> None:
    breaks_off_once(handler, body, 1)


def drips(handler: BaseHTTPRequestHandler, body: bytes, turn: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        return


@contextmanager
def api(batch: Answer, advisory: Answer) -> Iterator[tuple[str, dict[str, int]]]:
    asked = {"POST": 0, "GET": 0}

    class Api(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked["POST"] += 1
            batch(self, BATCH, asked["POST"])

        def do_GET(self) -> None:
            asked["GET"] += 1
            advisory(self, BODY, asked["GET"])

    running = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}", asked
    finally:
        running.shutdown()
        running.socket.close()


def ask(url: str) -> tuple[LiveAdvisories, list[float]]:
    waits: list[float] = []
    return ask_osv(["a"], NOW, lambda *_: None, url, waits.append), waits


@pytest.mark.parametrize("flaky", [fails_once, breaks_off_once])
def test_what_passes_is_tried_again_after_a_while(flaky: Answer) -> None:
    with api(flaky, flaky) as (url, asked):
        live, waits = ask(url)
    assert [one.id for one in live.for_name("a")] == ["A_1"]
    assert (live.failed, asked) == ({}, {"POST": 2, "GET": 2})
    assert all(wait >= 1 for wait in waits)


def test_an_advisory_that_always_breaks_off_is_said() -> None:
    with api(well, breaks_off) as (url, asked):
        live, _ = ask(url)
    assert "broke off" in live.failed["a"]
    assert asked["GET"] == osv_api.ATTEMPTS


def test_an_advisory_that_arrives_a_byte_at_a_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv_api, "MAX_SECONDS", 0.3)
    started = time.monotonic()
    with api(well, drips) as (url, _):
        live, _ = ask(url)
    assert "did not end" in live.failed["a"]
    assert time.monotonic() - started < 5
