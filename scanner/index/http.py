"""HTTP over ``requests``: pooled, retried with backoff, bounded in time and bytes, and silent about credentials."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from scanner.index.config import IndexConfig
from scanner.index.credentials import Credentials, Login, keyring_command
from scanner.index.deadline import ended_after, socket_of
from scanner.index.errors import NotFoundError
from scanner.model.errors import LimitError, NetworkError
from scanner.model.urls import NO_ORIGIN, origin, redact, without_user

if TYPE_CHECKING:
    import requests

    from scanner.index.causes import Cause
    from scanner.index.transport import Transport

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 10
MAX_BACKOFF = 20.0
MAX_PAGE_BYTES = 256 * 1024 * 1024
CHUNK = 256 * 1024
MAX_SECONDS = 600.0
UNREACHABLE_AFTER = 3


class Answer(NamedTuple):
    """A whole answer. ``url`` is the one that answered in the end: what the body links to is relative to it."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    url: str


class Http:
    """One pool of connections for all threads. A host that cannot be reached a few times is not tried again.

    ``listed`` is false for a URL that only an audited file names: it is asked without credentials, and an answer that
    sends the request on to another server is not followed.
    """

    def __init__(self, config: IndexConfig) -> None:
        self._config = config
        self._credentials = Credentials(config.urls, keyring=keyring_command() if config.keyring else None)
        self._failures: dict[str, tuple[int, Cause]] = {}
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self.bytes_received = 0

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """A whole, bounded answer; 304 has no body. Raises :class:`NetworkError`."""
        with self.stream(url, headers) as answer:
            body = b"".join(self.chunks(answer, url, MAX_PAGE_BYTES))
            return Answer(answer.status_code, body, answer.headers, answer.url)

    @contextmanager
    def stream(
        self, url: str, headers: Mapping[str, str] | None = None, *, listed: bool = True
    ) -> Iterator[requests.Response]:
        """An answer whose body is not read yet. 2xx and 304 come through; everything else is an error of ours."""
        answer = self._attempt(without_user(url), dict(headers or {}), listed)
        try:
            yield answer
        finally:
            answer.close()

    def chunks(self, answer: requests.Response, url: str, bound: int, *, decode: bool = True) -> Iterator[bytes]:
        """The body as it arrives, within bounds of bytes and time. A body that ends early is an error.

        With ``decode`` it is unpacked where the server packed it for the way.
        """
        import requests
        from urllib3.exceptions import HTTPError

        total = 0
        try:
            with ended_after(MAX_SECONDS, lambda: socket_of(answer)):
                # Not whole chunks of a fixed size, which take the longer the slower the server is.
                while chunk := answer.raw.read1(CHUNK, decode_content=decode):
                    total += len(chunk)
                    self.bytes_received += len(chunk)
                    if total > bound:
                        raise LimitError(f"the answer is larger than {bound} bytes", where=redact(url))
                    yield chunk
        except (requests.RequestException, HTTPError, OSError) as error:
            from scanner.index.causes import of_error

            cause = of_error(error)
            raise NetworkError(f"the answer broke off: {cause.what}", where=redact(url), remedy=cause.remedy) from error

    def _attempt(self, url: str, headers: dict[str, str], listed: bool) -> requests.Response:
        from scanner.index.causes import NETWORK, Cause, of_status

        if origin(url) == NO_ORIGIN:
            raise NetworkError("it is no http or https URL", where=redact(url))
        cause, wait = Cause("no answer"), 0.0
        for attempt in range(self._config.retries + 1):
            if attempt:
                time.sleep(min(MAX_BACKOFF, wait))
            try:
                answer, sent = self._follow(url, headers, listed)
            except UnreachableError as error:
                cause, wait = error.cause, _backoff(attempt)
                continue
            if answer.status_code in (200, 206, 304):
                return answer
            answer.close()
            if answer.status_code in (404, 410) or _means_missing(answer):
                raise NotFoundError("the index does not have it", where=redact(url))
            moved = origin(answer.url) != origin(url)
            cause = of_status(answer, sent=sent, may_send=listed, moved=moved)
            if answer.status_code not in RETRIED:
                break
            wait = _retry_after(answer.headers.get("Retry-After", ""), attempt)
        raise NetworkError(cause.what, where=redact(url), remedy=cause.remedy or NETWORK)

    def _follow(self, url: str, headers: Mapping[str, str], listed: bool) -> tuple[requests.Response, bool]:
        """The answer at the end of the redirects, and whether credentials went with its request.

        Once the request has left the origin that was asked, no credentials go with it, not even on the way back.
        """
        first, here, stayed = origin(url), url, listed
        for _ in range(MAX_REDIRECTS + 1):
            stayed = stayed and origin(here) == first
            login = self._credentials.of(here) if stayed else None
            answer = self._send(here, headers, login, identified=stayed)
            if answer.status_code == 401 and stayed and (found := self._credentials.asked(here)) not in (None, login):
                answer.close()
                login = found
                answer = self._send(here, headers, login, identified=stayed)
            location = answer.headers.get("Location", "")
            if answer.status_code not in REDIRECTS or not location:
                return answer, login is not None
            answer.close()
            here = self._next(here, location, first, listed)
        raise NetworkError(f"it is sent on more than {MAX_REDIRECTS} times", where=redact(url))

    @staticmethod
    def _next(url: str, location: str, first: tuple[str, str, int], listed: bool) -> str:
        """Where an answer sends the request on to."""
        try:
            # Servers write UTF-8 there, and the library reads Latin-1.
            text = location.encode("latin-1").decode("utf-8")
        except UnicodeError:
            text = location
        try:
            target = without_user(urljoin(url, text)).partition("#")[0]
        except ValueError:
            target = ""
        if origin(target) == NO_ORIGIN:
            raise NetworkError("it is sent on to what is no http or https URL", where=redact(url))
        if not listed and origin(target) != first:
            what = f"only the audited project names the URL, and it is sent on to {origin(target)[1]}: not followed"
            raise NetworkError(what, where=redact(url), remedy="Download it in a safe place and use `assay scan`.")
        return target

    def _send(
        self, url: str, headers: Mapping[str, str], login: Login | None, *, identified: bool
    ) -> requests.Response:
        """One request. Raises :class:`UnreachableError`, which counts against the host."""
        import requests
        from urllib3.exceptions import HTTPError

        from scanner.index.causes import Cause, of_error

        host = urlsplit(url).netloc
        count, cause = self._failures.get(host, (0, Cause("")))
        if count >= UNREACHABLE_AFTER:
            what = f"{host} could not be reached before in this run: {cause.what}"
            raise NetworkError(what, where=redact(url), remedy=cause.remedy)
        transport = self._sender()
        try:
            answer = transport.send(url, headers, login, identified=identified and self._credentials.is_configured(url))
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            cause = of_error(error, next(iter(transport.proxies(url).values()), ""))
            with self._lock:
                self._failures[host] = (self._failures.get(host, (0, cause))[0] + 1, cause)
            raise UnreachableError(cause) from error
        with self._lock:
            self._failures.pop(host, None)
        return answer

    def _sender(self) -> Transport:
        """Made when first asked for: a run whose answers all lie in the cache does not import ``requests``."""
        with self._lock:
            if self._transport is None:
                from scanner.index.transport import Transport

                self._transport = Transport(self._config)
            return self._transport

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class UnreachableError(Exception):
    """A request that got no answer."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        super().__init__(cause.what)


def _means_missing(answer: requests.Response) -> bool:
    """The index of PyTorch says 403 where others say 404; uv knows that too."""
    host = urlsplit(answer.url).hostname or ""
    return answer.status_code == 403 and (host == "pytorch.org" or host.endswith(".pytorch.org"))


def _retry_after(text: str, attempt: int) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return _backoff(attempt)


def _backoff(attempt: int) -> float:
    """Seconds before the next attempt: a quarter, a half, one …, with jitter."""
    return float(0.25 * 2**attempt) * (1 + random.random() / 4)  # noqa: S311 (jitter, not a secret)
