"""A server that sends a byte now and then: no read of the socket times out, and the whole ends by the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scanner.advisories.arriving import arriving
from scanner.index import http, transport
from scanner.index.config import IndexConfig
from scanner.index.http import Http
from scanner.model.errors import NetworkError

START = b"HTTP/1.1 200 OK\r\n"
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
GZIP = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
WAYS = {
    "headers": (START, b"X-More: 1\r\n"),
    "one header": (START + b"X-Long: ", b"x"),
    "body": (START + b"Content-Length: 100000\r\n\r\n", b"x"),
    "body without a length": (START + b"Connection: close\r\n\r\n", b"x"),
    "gzip that unpacks to nothing": (
        START + b"Content-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n" + GZIP,
        EMPTY_BLOCK,
    ),
    "length of a chunk": (START + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "extension of a chunk": (START + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "trailer": (START + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X-More: 1\r\n"),
}


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

        def do_GET(self) -> None:
            try:
                self.wfile.write(first)
                for _ in range(600):
                    self.wfile.write(drop)
                    time.sleep(0.02)
            except OSError:
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/demo/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_SECONDS", 0.3)
    monkeypatch.setattr(transport, "HEAD_SECONDS", 0.3)


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_drips_ends_by_the_clock(way: str) -> None:
    started = time.monotonic()
    with dripping(*WAYS[way]) as url, pytest.raises(NetworkError, match="in time"):
        Http(IndexConfig(retries=0)).get(url)
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("way", [one for one in WAYS if "header" not in one])
def test_an_advisory_source_that_drips_ends_by_the_clock(way: str) -> None:
    import requests

    started = time.monotonic()
    with (
        dripping(*WAYS[way]) as url,
        requests.get(url, stream=True, timeout=5) as answer,
        pytest.raises(TimeoutError),
    ):
        list(arriving(answer, 0.3))
    assert time.monotonic() - started < 6
