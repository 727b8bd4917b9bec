"""An index behind a company's own certificate authority, and what is said where the connection cannot be had."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

pytest.importorskip("cryptography", reason="the extra attestations is not installed")

from scanner.advisories.update import update_database
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.model.errors import AssayError, NetworkError
from tests.support.authority import make_authority
from tests.support.builders import sha256, wheel
from tests.support.index_server import Index, serve


def no_progress(done: int, total: int) -> None:
    """Nobody looks."""


DEMO = canonicalize_name("demo")
NAME, BODY = wheel("demo")


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    return tmp_path / "authority.pem"


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The index of a company; nothing of the machine's own configuration has a say."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) or name.upper().endswith(("_PROXY", "_CA_BUNDLE")) or "SSL_CERT" in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    _, context = make_authority(tmp_path)
    with serve(context) as running:
        running.add("demo", (NAME, BODY))
        monkeypatch.setenv("PIP_INDEX_URL", running.simple)
        yield running


def fetched(folder: Path) -> str:
    import msgspec

    config = msgspec.structs.replace(from_environment(), retries=0)
    with IndexClient(config, Cache(folder / "cache")) as asked:
        return asked.fetch(asked.project(DEMO).artifacts[0]).sha256


def test_without_the_authority_the_message_says_tls_and_how_to_name_it(secure: Index, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"the TLS connection could not be verified: .*certificate") as caught:
        fetched(tmp_path)
    assert "SSL_CERT_FILE" in caught.value.remedy
    assert not secure.requests


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_authority_is_named_by_a_variable(
    secure: Index, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(authority))
    assert fetched(tmp_path) == sha256(BODY)


def test_the_authority_lies_in_a_folder(
    secure: Index, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``c_rehash`` names a certificate by the hash of its subject."""
    import ssl
    import subprocess

    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    asked = [openssl, "x509", "-noout", "-hash", "-in", str(authority)]
    name = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    folder = tmp_path / "certificates"
    folder.mkdir()
    shutil.copy(authority, folder / f"{name}.0")
    assert ssl.OPENSSL_VERSION
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    assert fetched(tmp_path) == sha256(BODY)


@pytest.mark.parametrize("section", ["global", "install"])
def test_the_authority_is_named_by_pip_s_file(
    secure: Index, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str
) -> None:
    home = tmp_path / "home"
    (home / ".config" / "pip").mkdir(parents=True)
    shutil.copy(authority, home / "company.pem")
    (home / ".config" / "pip" / "pip.conf").write_text(f"[{section}]\ncert = ~/company.pem\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", "")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert fetched(tmp_path) == sha256(BODY)


@pytest.mark.parametrize("bundle", ["missing.pem", "no-certificate.pem"])
def test_a_bundle_that_cannot_be_read_is_an_error_of_ours(
    secure: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: str
) -> None:
    (tmp_path / "no-certificate.pem").write_text("nothing\n")
    monkeypatch.setenv("PIP_CERT", str(tmp_path / bundle))
    with pytest.raises(AssayError, match="the configured certificates cannot be read"):
        fetched(tmp_path)


def test_another_authority_does_not_do(secure: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    other, _ = make_authority(tmp_path / "other")
    monkeypatch.setenv("PIP_CERT", str(other))
    with pytest.raises(NetworkError, match="the TLS connection could not be verified"):
        fetched(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "trusted"),
    [
        ("PIP_TRUSTED_HOST", "localhost", True),
        ("PIP_TRUSTED_HOST", "files.invalid LOCALHOST:{port}", True),
        ("UV_INSECURE_HOST", "https://localhost:{port}/", True),
        ("PIP_TRUSTED_HOST", "localhost:1", False),
        ("PIP_TRUSTED_HOST", "host", False),
    ],
)
def test_a_trusted_host_is_not_verified_and_no_other(
    secure: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, trusted: bool
) -> None:
    monkeypatch.setenv(variable, value.format(port=secure.url.rpartition(":")[2]))
    if trusted:
        assert fetched(tmp_path) == sha256(BODY)
    else:
        with pytest.raises(NetworkError, match="the TLS connection could not be verified"):
            fetched(tmp_path)


@pytest.mark.parametrize(
    ("days", "host", "said"), [(-1, "localhost", "expired"), (2, "other.invalid", "(?i)hostname mismatch")]
)
def test_what_is_wrong_with_the_certificate_is_said(
    secure: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, host: str, said: str
) -> None:
    authority, context = make_authority(tmp_path, host, days=days)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with serve(context) as running:
        monkeypatch.setenv("PIP_INDEX_URL", running.simple)
        with pytest.raises(NetworkError, match=said):
            fetched(tmp_path)


@pytest.mark.parametrize("way", ["authority", "trusted"])
def test_the_advisory_source_is_asked_by_the_same_rules(
    secure: Index, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    source = f"{secure.url}/all.zip"
    with pytest.raises(NetworkError, match="the TLS connection could not be verified"):
        update_database(source, no_progress, tmp_path / "data")
    if way == "authority":
        monkeypatch.setenv("PIP_CERT", str(authority))
    else:
        monkeypatch.setenv("PIP_TRUSTED_HOST", "localhost")
    with pytest.raises(NetworkError, match="answered 404"):
        update_database(source, no_progress, tmp_path / "data")
    assert secure.requests["/all.zip"] == 1


class Proxy:
    """A proxy on loopback that says what it was asked and refuses with one status."""

    def __init__(self, status: str) -> None:
        self.asked: list[str] = []
        self._status = status
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and (piece := connection.recv(4096)):
                    head += piece
                self.asked.append(head.split(b"\r\n")[0].decode())
                answer = f"HTTP/1.1 {self._status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                connection.sendall(answer.encode())

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("407 Proxy Authentication Required", "the proxy http://127.0.0.1:[0-9]+/? wants a user and a password"),
        ("403 Forbidden", "the proxy http://127.0.0.1:[0-9]+/? refuses the connection \\(403\\)"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "PIP_PROXY"])
def test_a_proxy_that_refuses_is_named_without_its_password(
    secure: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, status: str, said: str
) -> None:
    proxy = Proxy(status)
    monkeypatch.setenv(variable, proxy.url.replace("//", "//user:s3cret-word@"))
    with pytest.raises(NetworkError, match=said) as caught:
        fetched(tmp_path)
    proxy.close()
    assert "s3cret-word" not in caught.value.message
    assert proxy.asked
    assert proxy.asked[0].startswith(f"CONNECT {secure.url.removeprefix('https://')}")


def test_no_proxy_leaves_the_index_alone(
    secure: Index, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("PIP_CERT", str(authority))
    with pytest.raises(NetworkError, match=r"the proxy http://127.0.0.1:1/? could not be reached"):
        fetched(tmp_path)
    monkeypatch.setenv("NO_PROXY", "example.invalid,localhost")
    assert fetched(tmp_path) == sha256(BODY)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/simple", "the server could not be reached: Connection refused"),
        ("http://no-such-host.invalid/simple", "the name of the server is not known \\(DNS\\)"),
        ("{secure}/simple", "the connection broke off|the server answered 400"),
        ("{plain}/simple", "the server does not speak TLS on that port"),
    ],
)
def test_the_true_cause_is_named(
    secure: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    known = socket.getaddrinfo

    def without_dns(host: str, *rest: Any, **named: Any) -> Any:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", without_dns)
    with serve() as plain:
        stated = url.format(secure=secure.url.replace("https", "http"), plain=plain.url.replace("http", "https"))
        monkeypatch.setenv("PIP_INDEX_URL", stated)
        with pytest.raises(NetworkError, match=said):
            fetched(tmp_path)


def test_a_host_that_is_given_up_keeps_its_cause(secure: Index, tmp_path: Path) -> None:
    """The third failure ends the asking; what is said afterwards still names the first reason."""
    import msgspec

    with IndexClient(msgspec.structs.replace(from_environment(), retries=0), Cache(tmp_path / "cache")) as asked:
        for number in range(5):
            with pytest.raises(NetworkError, match="the TLS connection could not be verified"):
                asked.project(canonicalize_name(f"demo-{number}"))
