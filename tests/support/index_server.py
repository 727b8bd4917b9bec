"""A package index over real HTTP on loopback: Simple API 1.3 (JSON and HTML), files with ranges, Integrity API, faults.

Every fault that a client meets in the wild can be asked for by path: statuses, slow and truncated bodies, lying sizes
and hashes, servers without ranges.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from packaging.utils import canonicalize_name

JSON = "application/vnd.pypi.simple.v1+json"
DAY_ONE = "2026-01-05T10:00:00.000000Z"


@dataclass
class File:
    """A file of a project. What the page claims of it can be made to differ from what it is."""

    filename: str
    body: bytes
    upload_time: str | None = DAY_ONE
    yanked: bool | str = False
    requires_python: str | None = None
    claimed_sha256: str | None = None
    claimed_size: int | None = None
    provenance: bytes | None = None
    provenance_known: bool = True
    metadata: bytes | None = None


@dataclass
class Fault:
    """What goes wrong with a path: a status for the first ``times`` requests, then the real answer."""

    status: int = 0
    times: int = 1_000_000
    retry_after: str = ""
    delay: float = 0.0
    truncate: int = 0


@dataclass
class Index:
    """The index's content and switches; changed freely while the server runs."""

    projects: dict[str, list[File]] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    ranges: bool = True
    html_only: bool = False
    login: str = ""
    """``user:password`` that every request must carry (basic authentication); empty where none must."""
    authorizations: list[tuple[str, str]] = field(default_factory=list)
    """(path, ``user:password`` that came with the request or an empty text) of every request."""
    redirects: dict[str, str] = field(default_factory=dict)
    """Path → where an answer of status 302 sends the request on to."""
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Path → (content type, body) that is sent as it is."""
    query: str = ""
    """Of every file's URL; a file is served only with it, as a link that was signed."""
    url: str = ""

    def add(self, name: str, *files: tuple[str, bytes] | File) -> None:
        """Add files to a project, creating it."""
        made = [one if isinstance(one, File) else File(*one) for one in files]
        self.projects.setdefault(canonicalize_name(name), []).extend(made)

    @property
    def simple(self) -> str:
        """The Simple API root to configure a client with."""
        return f"{self.url}/simple"


def page_json(index: Index, name: str) -> bytes:
    files = []
    for one in index.projects[name]:
        digest = one.claimed_sha256 or hashlib.sha256(one.body).hexdigest()
        entry: dict[str, Any] = {
            "filename": one.filename,
            "url": f"{index.url}/files/{name}/{one.filename}{index.query}",
            "hashes": {"sha256": digest},
            "size": len(one.body) if one.claimed_size is None else one.claimed_size,
            "yanked": one.yanked,
            "requires-python": one.requires_python,
        }
        if one.upload_time:
            entry["upload-time"] = one.upload_time
        if one.metadata is not None:
            entry["core-metadata"] = {"sha256": hashlib.sha256(one.metadata).hexdigest()}
        if one.provenance_known:
            attested = f"{index.url}/integrity/{name}/{one.filename}/provenance"
            entry["provenance"] = attested if one.provenance is not None else None
        files.append(entry)
    page: dict[str, Any] = {"meta": {"api-version": "1.3"}, "name": name, "files": files, "versions": _versions(files)}
    if name in index.status:
        page["project-status"] = {"status": index.status[name]}
    return json.dumps(page).encode()


def _versions(files: list[dict[str, Any]]) -> list[str]:
    found = {re.sub(r"(\.tar\.gz|\.zip)$", "", one["filename"]).split("-")[1] for one in files}
    return sorted(found)


def page_html(index: Index, name: str) -> bytes:
    rows = [
        f'<a href="{index.url}/files/{name}/{one.filename}{index.query}#sha256={hashlib.sha256(one.body).hexdigest()}"'
        f' data-requires-python="{one.requires_python or ""}">{one.filename}</a>'
        for one in index.projects[name]
    ]
    return f"<!DOCTYPE html><html><body>{''.join(rows)}</body></html>".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    index: Index

    def log_message(self, *_: object) -> None:
        """Silent: tests read the counter instead."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.index.requests[path] += 1
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        login = base64.b64decode(given).decode() if kind == "Basic" else given
        self.index.authorizations.append((path, login))
        if path in self.index.redirects:
            self._send(302, b"", {"Location": self.index.redirects[path]})
            return
        if self.index.login and login != self.index.login:
            self._send(401, b"", {"WWW-Authenticate": 'Basic realm="index"'})
            return
        if path in self.index.pages:
            content_type, body = self.index.pages[path]
            self._send(200, body, {"Content-Type": content_type})
            return
        fault = self.index.faults.get(path, Fault())
        if fault.delay:
            time.sleep(fault.delay)
        if fault.status and self.index.requests[path] <= fault.times:
            self._send(fault.status, b"", {"Retry-After": fault.retry_after} if fault.retry_after else {})
            return
        parts = path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2 and parts[1] in self.index.projects:
            self._page(parts[1])
        elif parts[0] == "files" and len(parts) == 3 and self.path.endswith(self.index.query):
            self._file(parts[1], parts[2], fault)
        elif parts[0] == "integrity" and len(parts) == 4:
            found = self._find(parts[1], parts[2])
            self._send(200 if found and found.provenance else 404, (found and found.provenance) or b"", {})
        else:
            self._send(404, b"", {})

    def _page(self, name: str) -> None:
        wants_json = JSON in self.headers.get("Accept", "") and not self.index.html_only
        body = page_json(self.index, name) if wants_json else page_html(self.index, name)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._send(304, b"", {"ETag": etag})
            return
        self._send(200, body, {"Content-Type": JSON if wants_json else "text/html", "ETag": etag})

    def _find(self, name: str, filename: str) -> File | None:
        return next((one for one in self.index.projects.get(name, ()) if one.filename == filename), None)

    def _file(self, name: str, filename: str, fault: Fault) -> None:
        found = self._find(name, filename.removesuffix(".metadata"))
        if found is None or (filename.endswith(".metadata") and found.metadata is None):
            self._send(404, b"", {})
            return
        body = found.metadata if filename.endswith(".metadata") else found.body
        assert body is not None
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if asked and self.index.ranges:
            start, end = int(asked[1]), min(int(asked[2]), len(body) - 1)
            self._send(206, body[start : end + 1], {"Content-Range": f"bytes {start}-{end}/{len(body)}"})
            return
        if fault.truncate:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: -fault.truncate])
            self.close_connection = True
            return
        self._send(200, body, {"Content-Type": "application/octet-stream"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Silent: a client that goes away in the middle is one of the things tested."""


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[Index]:
    """A running index, empty at first; with a server's context one over TLS, as ``localhost``."""
    index = Index()
    handler = type("Handler", (_Handler,), {"index": index})
    server = _Server(("127.0.0.1", 0), handler)
    index.url = f"http://127.0.0.1:{server.server_port}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        index.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
