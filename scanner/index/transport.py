"""One request over ``requests``' adapter and nothing besides: no redirect is followed, no cookie or ``.netrc`` used.

What ``requests`` would take from the environment by itself (certificates, proxies, credentials) is decided here and in
:mod:`scanner.index.credentials`, so that each of them goes where it was configured for.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Request, Response, Session
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.utils import default_headers, get_environ_proxies
from urllib3 import disable_warnings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import InsecureRequestWarning

from scanner import __version__
from scanner.index.config import IndexConfig
from scanner.index.credentials import Login
from scanner.index.deadline import ended_after
from scanner.model.errors import InputError

if TYPE_CHECKING:
    from urllib3 import PoolManager

HEAD_SECONDS = 120.0
"""From the request to the end of the answer's headers: a server that sends a byte now and then ends by the clock."""


class Transport:
    """Sends requests over pooled connections. Safe to use from several threads."""

    def __init__(self, config: IndexConfig) -> None:
        self._config = config
        self._verified = _Adapter(config.connections, _context(config.ca_bundle))
        self._unverified = _Adapter(config.connections, _unverified())
        # Once for each request, and on stderr: that it is not verified was the auditor's decision.
        disable_warnings(InsecureRequestWarning)

    def send(
        self,
        url: str,
        headers: Mapping[str, str],
        login: Login | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
        identified: bool = False,
    ) -> Response:
        """The answer, whose body is not read yet. Raises :class:`requests.RequestException`.

        ``identified`` shows the configured client certificate to the server.
        """
        sent = default_headers()
        sent["User-Agent"] = f"assay/{__version__}"
        sent.update(headers)
        auth = HTTPBasicAuth(login.user.encode(), login.password.encode()) if login else None
        request = Request(method, url, headers=dict(sent), data=body, auth=auth).prepare()
        trusted = self.is_trusted(url)
        return (self._unverified if trusted else self._verified).send(
            request,
            stream=True,
            timeout=self._config.timeout,
            verify=False if trusted else self._config.ca_bundle or True,
            cert=(self._config.client_certificate or None) if identified else None,
            proxies=self.proxies(url),
        )

    def proxies(self, url: str) -> dict[str, str]:
        """The proxy of that URL by scheme: the configured one, else those of the environment (``NO_PROXY`` counts)."""
        if self._config.proxy:
            return {"http": self._config.proxy, "https": self._config.proxy}
        return dict(get_environ_proxies(url, no_proxy=None))

    def is_trusted(self, url: str) -> bool:
        """True where the auditor's configuration says not to verify the server's certificate (``trusted-host``)."""
        return _is_trusted(self._config, url)

    def close(self) -> None:
        self._verified.close()
        self._unverified.close()


def session(config: IndexConfig) -> Session:
    """For the auditor's other sources (advisories): redirects are followed, and certificates and proxies are those of
    :class:`Transport`. Raises :class:`InputError` where the configured certificates cannot be read."""
    return _Session(config)


class _Session(Session):
    def __init__(self, config: IndexConfig) -> None:
        super().__init__()
        self._config = config
        self._unverified = _Adapter(config.connections, _unverified())
        disable_warnings(InsecureRequestWarning)
        self.mount("https://", _Adapter(config.connections, _context(config.ca_bundle)))
        self.headers["User-Agent"] = f"assay/{__version__}"

    def get_adapter(self, url: str) -> Any:
        is_open = url.lower().startswith("https://") and _is_trusted(self._config, url)
        return self._unverified if is_open else super().get_adapter(url)

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        if _is_trusted(self._config, request.url or ""):
            options["verify"] = False
        elif self._config.ca_bundle:
            options["verify"] = self._config.ca_bundle
        if self._config.proxy:
            options["proxies"] = {"http": self._config.proxy, "https": self._config.proxy}
        return super().send(request, **options)


def _is_trusted(config: IndexConfig, url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return not {host, shown, f"{shown}:{port}"}.isdisjoint(config.trusted_hosts)


def _context(bundle: str) -> ssl.SSLContext:
    """The authorities of the bundle alone, where one is configured; else the system's, with ``SSL_CERT_FILE`` and
    ``SSL_CERT_DIR``, and those of certifi, which the adapter adds: as pip does since 24.2."""
    if not bundle:
        return ssl.create_default_context()
    path = Path(bundle)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except (OSError, ssl.SSLError) as error:
        remedy = "Give a PEM file, by PIP_CERT, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or `cert` of pip.conf."
        what = "the configured certificates cannot be read"
        raise InputError(f"{what}: {getattr(error, 'strerror', None) or error}", where=bundle, remedy=remedy) from error


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # Without authorities: reading those costs 20 ms.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _Adapter(HTTPAdapter):
    """An adapter with a context of its own, also through proxies, and with an end to each connection by the clock."""

    def __init__(self, connections: int, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=8, pool_maxsize=connections)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **kwargs)
        _end_by_the_clock(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        if not proxy.lower().startswith("socks"):
            _end_by_the_clock(manager)
        return manager


def _end_by_the_clock(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _bounded(connection: HTTPConnection) -> AbstractContextManager[None]:
    """Ends what is under way on the connection after ``HEAD_SECONDS``."""
    return ended_after(HEAD_SECONDS, lambda: connection.sock)


class _Connection(HTTPConnection):
    def connect(self) -> None:
        with _bounded(self):
            super().connect()

    def getresponse(self) -> Any:
        with _bounded(self):
            return super().getresponse()


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        with _bounded(self):
            super().connect()

    def getresponse(self) -> Any:
        with _bounded(self):
            return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
