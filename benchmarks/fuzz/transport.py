"""An index in this process: what ``requests`` would send is answered from a table, and nothing reaches a network."""

from __future__ import annotations

import io
import ssl
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

ANSWERS: dict[str, tuple[bytes, dict[str, str]]] = {}
"""What the next requests are answered with: a part of the URL → body and headers; the first that fits."""


REAL: set[str] = set()
"""``host:port`` of servers on loopback that are asked for real."""
_REALLY = HTTPAdapter.send


def _send(adapter: HTTPAdapter, request: requests.PreparedRequest, **given: Any) -> requests.Response:
    url = request.url or ""
    if any(url.startswith(f"http://{one}/") for one in REAL):
        return _REALLY(adapter, request, **given)
    body, headers = next((answer for part, answer in ANSWERS.items() if part in url), (b"", {"x-status": "404"}))
    status = int(headers.get("x-status", "200"))
    asked = str(request.headers.get("Range", ""))
    told: Mapping[str, str] = {key: value for key, value in headers.items() if key != "x-status"}
    if asked.startswith("bytes=") and status == 200 and "x-no-range" not in headers:
        start, _, end = asked.removeprefix("bytes=").partition("-")
        total = len(body)
        body = body[int(start) : int(end) + 1] if end else body[int(start) :]
        status, told = 206, {**told, "Content-Range": f"bytes {asked[6:]}/{total}"}
    raw = HTTPResponse(
        io.BytesIO(body), headers=told, status=status, preload_content=False, decode_content=False, reason="x"
    )
    return adapter.build_response(request, raw)


def install() -> None:
    """For the rest of this process."""
    HTTPAdapter.send = _send  # type: ignore[method-assign,assignment]
    # Nothing here is encrypted, and reading the machine's certificates takes 40 ms for each client.
    ssl.SSLContext.load_default_certs = _no_certificates  # type: ignore[method-assign]


def _no_certificates(context: ssl.SSLContext, purpose: ssl.Purpose = ssl.Purpose.SERVER_AUTH) -> None:
    return None
