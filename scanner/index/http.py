"""HTTP over ``requests``: pooled, retried with backoff, bounded in time and bytes, and silent about credentials."""

from __future__ import annotations

import functools
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scanner.index.config import IndexConfig
from scanner.index.errors import NotFoundError
from scanner.model.errors import LimitError, NetworkError
from scanner.model.urls import redact

if TYPE_CHECKING:
    import requests

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
MAX_BACKOFF = 20.0
MAX_PAGE_BYTES = 256 * 1024 * 1024
CHUNK = 256 * 1024
MAX_SECONDS = 600.0
UNREACHABLE_AFTER = 3


class Http:
    """One pool of connections for all threads. A host that cannot be reached a few times is not tried again."""

    def __init__(self, config: IndexConfig) -> None:
        self._config = config
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()
        self.bytes_received = 0

    @functools.cached_property
    def _session(self) -> requests.Session:
        """Made when first asked for: a run whose answers all lie in the cache does not import ``requests``."""
        import requests
        from requests.adapters import HTTPAdapter

        from scanner import __version__

        session = requests.Session()
        adapter = HTTPAdapter(pool_connections=8, pool_maxsize=self._config.connections)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.headers["User-Agent"] = f"assay/{__version__}"
        if self._config.ca_bundle:
            session.verify = self._config.ca_bundle
        return session

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers of a whole, bounded answer; 304 has no body. Raises :class:`NetworkError`."""
        with self.stream(url, headers) as answer:
            body = b"".join(self.chunks(answer, url, MAX_PAGE_BYTES))
            return answer.status_code, body, answer.headers

    @contextmanager
    def stream(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[requests.Response]:
        """An answer whose body is not read yet. 2xx and 304 come through; everything else is an error of ours."""
        answer = self._attempt(url, dict(headers or {}))
        try:
            yield answer
        finally:
            answer.close()

    def chunks(self, answer: requests.Response, url: str, bound: int) -> Iterator[bytes]:
        """The body, decoded, within bounds of bytes and time. A body that ends early is an error."""
        import requests
        from urllib3.exceptions import HTTPError

        started, total = time.monotonic(), 0
        try:
            for chunk in answer.iter_content(CHUNK):
                total += len(chunk)
                self.bytes_received += len(chunk)
                if total > bound:
                    raise LimitError(f"the answer is larger than {bound} bytes", where=redact(url))
                if time.monotonic() - started > MAX_SECONDS:
                    raise LimitError(f"the answer took longer than {MAX_SECONDS:.0f} s", where=redact(url))
                yield chunk
        except (requests.RequestException, HTTPError, OSError) as error:
            raise NetworkError(f"the answer broke off: {_reason(error)}", where=redact(url)) from error

    def _attempt(self, url: str, headers: dict[str, str]) -> requests.Response:
        import requests

        host = redact(url).split("/")[2] if "://" in url else url
        problem, wait = "no answer", 0.0
        for attempt in range(self._config.retries + 1):
            if self._failures.get(host, 0) >= UNREACHABLE_AFTER:
                raise NetworkError(f"{host} could not be reached before in this run", where=redact(url))
            if attempt:
                time.sleep(min(MAX_BACKOFF, wait))
            try:
                answer = self._session.get(url, headers=headers, stream=True, timeout=self._config.timeout)
            except requests.RequestException as error:
                problem = _reason(error)
                wait = _backoff(attempt)
                with self._lock:
                    self._failures[host] = self._failures.get(host, 0) + 1
                continue
            with self._lock:
                self._failures[host] = 0
            if answer.status_code in (200, 206, 304):
                return answer
            answer.close()
            if answer.status_code in (404, 410):
                raise NotFoundError("the index does not have it", where=redact(url))
            problem = f"the server answered {answer.status_code} {answer.reason or ''}".strip()
            if answer.status_code not in RETRIED:
                break
            wait = _retry_after(answer.headers.get("Retry-After", ""), attempt)
        remedy = "Check the network, the proxy and the index configuration (PIP_INDEX_URL), then run again."
        raise NetworkError(problem, where=redact(url), remedy=remedy)

    def close(self) -> None:
        if "_session" in self.__dict__:
            self._session.close()


def _retry_after(text: str, attempt: int) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return _backoff(attempt)


def _backoff(attempt: int) -> float:
    """Seconds before the next attempt: a quarter, a half, one …, with jitter."""
    return float(0.25 * 2**attempt) * (1 + random.random() / 4)  # noqa: S311 (jitter, not a secret)


def _reason(error: BaseException) -> str:
    """A reason without object addresses and URLs: the innermost cause that says something."""
    import requests

    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ReadTimeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS connection could not be verified"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "the server could not be reached"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return "the URL is not valid"
    return type(error).__name__
