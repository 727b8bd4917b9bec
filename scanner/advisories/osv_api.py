"""Advisories from the OSV API of the moment: one batch of queries with paging, then each advisory by its id.

Source: https://google.github.io/osv.dev/api/ (``POST /v1/querybatch``, ``GET /v1/vulns/{id}``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from scanner.advisories.arriving import arriving
from scanner.advisories.records import ECOSYSTEM, OsvRecord, from_osv
from scanner.model.advisory import Advisory, DatabaseInfo, Unreadable
from scanner.model.errors import NetworkError
from scanner.model.numbers import plain_number
from scanner.model.progress import Advance
from scanner.model.urls import redact

DEFAULT_API = "https://api.osv.dev"
BATCH = 500
MAX_PAGES = 50
MAX_BODY = 64 * 1024 * 1024
MAX_ADVISORIES = 50_000
TIMEOUTS = (5.0, 30.0)
MAX_SECONDS = 60.0
ATTEMPTS = 3
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
WORKERS = 8


class _Short(msgspec.Struct):
    id: str


class _Result(msgspec.Struct):
    vulns: list[_Short] = []
    next_page_token: str = ""


class _Batch(msgspec.Struct):
    results: list[_Result]


class LiveAdvisories(msgspec.Struct, frozen=True):
    """What the API told: advisories by package name, and per name why something could not be learned.

    It offers what a database offers, so that the check does not know the difference.
    """

    info: DatabaseInfo
    records: dict[str, tuple[Advisory, ...]]
    failed: dict[str, str]
    path: Path = Path()
    damaged: str = ""

    def for_name(self, name: str) -> tuple[Advisory, ...]:
        return self.records.get(name, ())

    def by_id(self, identifier: str) -> Advisory | None:
        return next((one for found in self.records.values() for one in found if one.id == identifier), None)

    def unreadable(self, name: str) -> tuple[Unreadable, ...]:
        """None: what the API could not tell of a package is in ``failed``."""
        return ()

    def __enter__(self) -> LiveAdvisories:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""


def ask_osv(
    names: Iterable[str],
    now: datetime,
    progress: Advance,
    base: str = DEFAULT_API,
    wait: Callable[[float], None] = time.sleep,
) -> LiveAdvisories:
    """Every advisory of the named packages (canonical names). ``wait`` is called between attempts, in seconds.

    Versions are not sent: matching is ours, and the answer does not depend on how a server orders versions. Raises
    :class:`NetworkError` only where no batch at all is answered; one advisory that fails costs the packages it is of.
    """
    wanted = sorted(set(names))
    session = _Session(base, wait)
    failed: dict[str, str] = {}
    ids: dict[str, set[str]] = {name: set() for name in wanted}
    batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
    answered = 0
    for batch in batches:
        try:
            _query(session, batch, ids, failed)
            answered += 1
        except NetworkError as error:
            if not answered and batch is batches[-1]:
                raise
            failed.update(dict.fromkeys(batch, error.what))
    distinct = sorted({one for found in ids.values() for one in found})
    if len(distinct) > MAX_ADVISORIES:
        raise NetworkError(f"the advisory source names {len(distinct)} advisories", where=redact(base))
    loaded: dict[str, Advisory] = {}
    lost: dict[str, str] = {}
    with ThreadPoolExecutor(WORKERS) as pool:
        for number, (identifier, found) in enumerate(
            zip(distinct, pool.map(session.advisory, distinct), strict=True), 1
        ):
            if isinstance(found, Advisory):
                loaded[identifier] = found
            else:
                lost[identifier] = found
            progress(number, len(distinct))
    for name, named in ids.items():
        missing = sorted(named & lost.keys())
        if missing:
            failed[name] = f"{missing[0]} could not be read: {lost[missing[0]]}"
    records = {name: tuple(loaded[one] for one in sorted(named) if one in loaded) for name, named in ids.items()}
    info = DatabaseInfo(
        kind="osv-api",
        source=redact(base),
        as_of=now.date().isoformat(),
        advisories=len(loaded),
        packages=len(wanted),
        malicious=sum(one.malicious for one in loaded.values()),
        sha256=_digest(loaded.values()),
        lacks="" if not failed else f"advisories of {len(failed)} package(s) that could not be fetched",
    )
    return LiveAdvisories(info, records, dict(sorted(failed.items())))


def _digest(advisories: Iterable[Advisory]) -> str:
    import hashlib

    digest = hashlib.sha256()
    for one in sorted(advisories, key=lambda one: one.id):
        digest.update(msgspec.msgpack.encode(one))
    return digest.hexdigest()


def _query(session: _Session, names: Sequence[str], ids: dict[str, set[str]], failed: dict[str, str]) -> None:
    """One batch and all its pages. A package whose pages do not end is said to have failed."""
    waiting: list[tuple[str, str]] = [(name, "") for name in names]
    for _ in range(MAX_PAGES):
        if not waiting:
            return
        queries = [
            {"package": {"ecosystem": ECOSYSTEM, "name": name}, **({"page_token": token} if token else {})}
            for name, token in waiting
        ]
        answer = session.batch(queries)
        if len(answer.results) != len(waiting):
            raise NetworkError("the advisory source answered another number of queries", where=session.where)
        following: list[tuple[str, str]] = []
        for (name, _), result in zip(waiting, answer.results, strict=True):
            ids[name].update(one.id for one in result.vulns)
            if result.next_page_token:
                following.append((name, result.next_page_token))
        waiting = following
    failed.update(dict.fromkeys((name for name, _ in waiting), f"its advisories have more than {MAX_PAGES} pages"))


class _Session:
    """Requests with retries, and bounds on what is read. Shared by threads: it holds no state but the URL."""

    def __init__(self, base: str, wait: Callable[[float], None]) -> None:
        from scanner.index.config import from_environment
        from scanner.index.transport import session

        self._base = base.rstrip("/")
        self._wait = wait
        self._session = session(from_environment())
        self.where = redact(self._base)

    def batch(self, queries: list[dict[str, Any]]) -> _Batch:
        body = self._ask("POST", "/v1/querybatch", msgspec.json.encode({"queries": queries}))
        try:
            return msgspec.json.decode(body, type=_Batch)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NetworkError(f"the advisory source's answer cannot be read: {error}", where=self.where) from error

    def advisory(self, identifier: str) -> Advisory | str:
        """The advisory, or why there is none."""
        try:
            body = self._ask("GET", f"/v1/vulns/{quote(identifier, safe='')}", None)
            return from_osv(msgspec.json.decode(body, type=OsvRecord))
        except NetworkError as error:
            return error.what
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return f"it is no OSV record ({error})"[:200]

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        import requests
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        from scanner.index.causes import of_error

        headers = {"Accept-Encoding": "identity", **({"Content-Type": "application/json"} if body else {})}
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._wait(0.5 * 2**attempt)
            try:
                with self._session.request(
                    method,
                    self._base + path,
                    data=body,
                    headers=headers,
                    timeout=TIMEOUTS,
                    stream=True,
                ) as answer:
                    if answer.status_code in RETRIED:
                        reason = f"the advisory source answered {answer.status_code}"
                        continue
                    if answer.status_code != 200:
                        raise NetworkError(f"the advisory source answered {answer.status_code}", where=self.where)
                    content = bytearray()
                    for piece in arriving(answer, MAX_SECONDS):
                        content += piece
                        if len(content) > MAX_BODY:
                            raise NetworkError("the advisory source's answer is too large", where=self.where)
                    promised = plain_number(answer.headers.get("Content-Length", ""))
                    if promised is not None and "Content-Encoding" not in answer.headers and promised > len(content):
                        reason = "the advisory source's answer broke off"
                        continue
                    return bytes(content)
            except TimeoutError as error:
                what = f"the advisory source's answer did not end within {MAX_SECONDS:.0f} seconds"
                raise NetworkError(what, where=self.where) from error
            except (requests.Timeout, ReadTimeoutError):
                reason = "the advisory source did not answer in time"
            except (requests.RequestException, HTTPError) as error:
                reason = f"the advisory source could not be reached, or broke off ({of_error(error).what})"
        raise NetworkError(reason, where=self.where, remedy="Try again, or use the local database.")
