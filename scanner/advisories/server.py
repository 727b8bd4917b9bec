"""``assay db serve``: the local database as an OSV-compatible API on loopback, for air-gapped sites and other tools.

Source: the OSV API, ``POST /v1/query``, ``POST /v1/querybatch``, ``GET /v1/vulns/{id}``.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from scanner.advisories.match import affects
from scanner.advisories.records import ECOSYSTEM
from scanner.advisories.select import AdvisorySource
from scanner.model.advisory import Advisory
from scanner.model.errors import AssayError
from scanner.model.names import canonicalize_name
from scanner.model.numbers import plain_number

MAX_BODY = 16 * 1024 * 1024
MAX_QUERIES = 1000


def to_osv(advisory: Advisory) -> dict[str, Any]:
    """An advisory as an OSV record (schema 1.6), with what the database keeps of it."""
    record: dict[str, Any] = {
        "schema_version": "1.6.0",
        "id": advisory.id,
        "modified": advisory.modified or "1970-01-01T00:00:00Z",
        "aliases": list(advisory.aliases),
        "summary": advisory.summary,
        "affected": [
            {
                "package": {"ecosystem": ECOSYSTEM, "name": one.name, "purl": f"pkg:pypi/{one.name}"},
                "ranges": [
                    {
                        "type": found.kind,
                        **({"repo": found.repo} if found.repo else {}),
                        "events": [{event.kind: event.version} for event in found.events],
                    }
                    for found in one.ranges
                ],
                "versions": list(one.versions),
            }
            for one in advisory.affected
        ],
        "references": [{"type": "WEB", "url": url} for url in advisory.references],
    }
    if advisory.published:
        record["published"] = advisory.published
    if advisory.withdrawn:
        record["withdrawn"] = advisory.withdrawn
    if advisory.severity:
        record["severity"] = [{"type": _kind(vector), "score": vector} for vector in advisory.severity]
    if advisory.label:
        record["database_specific"] = {"severity": advisory.label.upper()}
    return record


def _kind(vector: str) -> str:
    return "CVSS_V4" if vector.startswith("CVSS:4") else "CVSS_V3" if vector.startswith("CVSS:3") else "CVSS_V2"


class _BadRequestError(Exception):
    """What is wrong with a request, for its answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # Seconds; a client that says nothing for so long is let go.
    open_database: Callable[[], AdvisorySource]

    def log_message(self, *_: object) -> None:
        """Silent: queries name what somebody audits."""

    def do_GET(self) -> None:
        if not self.path.startswith("/v1/vulns/"):
            self._answer(404, {"code": 5, "message": "Not found."})
            return
        try:
            with type(self).open_database() as database:
                advisory = database.by_id(unquote(self.path.removeprefix("/v1/vulns/")))
        except AssayError as error:
            self._answer(503, {"code": 14, "message": error.message})
            return
        if advisory is None:
            self._answer(404, {"code": 5, "message": "Bug not found."})
        else:
            self._answer(200, to_osv(advisory))

    def do_POST(self) -> None:
        try:
            asked = self._body()
            with type(self).open_database() as database:
                if self.path == "/v1/query":
                    self._answer(200, {"vulns": [to_osv(one) for one in query(database, asked)]})
                elif self.path == "/v1/querybatch":
                    queries = asked.get("queries")
                    if not isinstance(queries, list) or len(queries) > MAX_QUERIES:
                        raise _BadRequestError(f"queries must be a list of at most {MAX_QUERIES}")
                    self._answer(200, {"results": [_short(query(database, one)) for one in queries]})
                else:
                    self._answer(404, {"code": 5, "message": "Not found."})
        except _BadRequestError as error:
            self._answer(400, {"code": 3, "message": str(error)})
        except AssayError as error:
            # The database may be replaced or go away while it is served.
            self._answer(503, {"code": 14, "message": error.message})

    def _body(self) -> dict[str, Any]:
        length = plain_number(self.headers.get("Content-Length", ""))
        if length is None or length > MAX_BODY:
            self.close_connection = True
            raise _BadRequestError("a body of known, bounded length is needed")
        try:
            body = json.loads(self.rfile.read(length))
        except (ValueError, RecursionError) as error:
            raise _BadRequestError("the body is not JSON") from error
        if not isinstance(body, dict):
            raise _BadRequestError("the body is not an object")
        return body

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _short(found: list[Advisory]) -> dict[str, Any]:
    """A batch answer gives ids and dates only, and nothing at all where there is nothing."""
    if not found:
        return {}
    return {"vulns": [{"id": one.id, "modified": one.modified or "1970-01-01T00:00:00Z"} for one in found]}


def query(database: AdvisorySource, asked: Any) -> list[Advisory]:
    """The advisories that a query means: by package name (or purl) of this ecosystem, and version where given."""
    if not isinstance(asked, dict):
        raise _BadRequestError("a query is not an object")
    package = asked.get("package")
    if not isinstance(package, dict):
        raise _BadRequestError("a query needs a package")
    name, version, purl = package.get("name", ""), asked.get("version", ""), package.get("purl", "")
    if isinstance(purl, str) and purl.startswith("pkg:pypi/"):
        name, _, in_purl = unquote(purl.removeprefix("pkg:pypi/").partition("?")[0]).partition("@")
        version = version or in_purl
    elif package.get("ecosystem", "") != ECOSYSTEM:
        return []
    if not isinstance(name, str) or not isinstance(version, str) or not name:
        raise _BadRequestError("package name and version are texts")
    canonical = canonicalize_name(name)
    found = [one for one in database.for_name(canonical) if not one.withdrawn]
    return [one for one in found if not version or affects(one, canonical, version) == "affected"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is its own affair; any other fault still shows its trace."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def make_server(open_database: Callable[[], AdvisorySource], port: int = 0) -> ThreadingHTTPServer:
    """A server on loopback that is not running yet. Port 0 takes a free one (``server.server_port``).

    ``open_database`` is called for each request: SQLite connections are not shared between threads.
    """
    handler = type("Handler", (_Handler,), {"open_database": staticmethod(open_database)})
    return _Server(("127.0.0.1", port), handler)


@contextmanager
def serving(open_database: Callable[[], AdvisorySource]) -> Iterator[str]:
    """The API's URL while the block runs."""
    server = make_server(open_database)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
