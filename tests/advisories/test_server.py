"""``assay db serve``: what it answers to requests that are wrong, and when its database goes away."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.advisories.select import select_database
from scanner.advisories.server import serving
from scanner.advisories.store import compile_database
from scanner.model.advisory import Advisory, Affected

RECORDS = [
    Advisory(
        "PYSEC-1", aliases=("CVE-1",), affected=(Affected("demo-name", versions=("1.0",)),), modified="2026-01-01"
    ),
    Advisory("PYSEC-2", affected=(Affected("demo-name", versions=("1.0",)),), withdrawn="2026-01-01T00:00:00Z"),
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    compile_database(RECORDS, tmp_path / "db.sqlite", kind="test", source="", as_of="2026-01-01", lacks="")
    return tmp_path / "db.sqlite"


@pytest.fixture
def port(database: Path) -> Iterator[int]:
    with serving(lambda: select_database(str(database))) as url:
        yield int(url.rpartition(":")[2])


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def query(port: int, **asked: Any) -> list[str]:
    status, told = ask(port, "POST", "/v1/query", json.dumps(asked).encode())
    assert status == 200
    return [one["id"] for one in told["vulns"]]


def test_a_name_may_be_spelled_in_any_way_and_withdrawn_records_are_not_told(port: int) -> None:
    for asked in (
        {"package": {"ecosystem": "PyPI", "name": "Demo_Name"}, "version": "1.0.0"},
        {"package": {"purl": "pkg:pypi/demo.name@1.0"}},
        {"package": {"purl": "pkg:pypi/demo-name"}, "version": "v1.0"},
        {"package": {"ecosystem": "PyPI", "name": "demo-name"}},
    ):
        assert query(port, **asked) == ["PYSEC-1"], asked
    assert query(port, package={"ecosystem": "npm", "name": "demo-name"}) == []
    assert query(port, package={"ecosystem": "PyPI", "name": "demo-name"}, version="1.1") == []


def test_a_batch_answers_each_query_at_its_place(port: int) -> None:
    queries = [{"package": {"ecosystem": "PyPI", "name": name}} for name in ("none", "demo-name")]
    status, told = ask(port, "POST", "/v1/querybatch", json.dumps({"queries": queries}).encode())
    assert (status, told) == (200, {"results": [{}, {"vulns": [{"id": "PYSEC-1", "modified": "2026-01-01"}]}]})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b'{"package": 3}', b'{"package": {"ecosystem": "PyPI", "name": 3}}', b"[" * 100_000],
)
def test_a_wrong_query_is_told_so(port: int, body: bytes) -> None:
    status, told = ask(port, "POST", "/v1/query", body)
    assert (status, told["code"]) == (400, 3)


@pytest.mark.parametrize("length", ["9" * 5_000, "\u00b2", "-1", "x", "9" * 12])
def test_a_length_that_is_none_is_told_so(port: int, length: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as asking:
        asking.sendall(f"POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode("latin-1"))
        assert asking.recv(65_536).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in capsys.readouterr().err


def test_what_is_not_there_is_404(port: int) -> None:
    assert ask(port, "GET", "/v1/vulns/CVE-0")[0] == 404
    assert ask(port, "GET", "/")[0] == 404
    assert ask(port, "POST", "/v2/query", b"{}")[0] == 404
    assert ask(port, "GET", "/v1/vulns/PYSEC-1")[1]["aliases"] == ["CVE-1"]


def test_a_database_that_went_away_is_an_answer(port: int, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database.write_bytes(b"no database")
    asked = json.dumps({"package": {"ecosystem": "PyPI", "name": "demo-name"}}).encode()
    for answer in (ask(port, "POST", "/v1/query", asked), ask(port, "GET", "/v1/vulns/PYSEC-1")):
        assert answer[0] == 503
        assert "cannot be read" in answer[1]["message"]
    assert "Traceback" not in capsys.readouterr().err


def test_a_client_that_goes_away_leaves_no_trace(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as gone:
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        gone.sendall(b"POST /v1/query HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{")
    assert ask(port, "GET", "/v1/vulns/PYSEC-1")[0] == 200
    assert "Traceback" not in capsys.readouterr().err
