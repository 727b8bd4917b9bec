"""Credentials go to the scheme, host and port that they were configured for, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig, from_environment
from scanner.index.credentials import Credentials, Login
from scanner.model.artifact import Artifact
from scanner.model.errors import NetworkError
from tests.support.builders import metadata, sha256, wheel
from tests.support.index_server import JSON, File, Index, serve

DEMO = canonicalize_name("demo")
LOGIN = "reader:p@ss/w:rd?"
WRITTEN = "reader:p%40ss%2Fw%3Ard%3F@"


@pytest.fixture
def private() -> Iterator[Index]:
    with serve() as running:
        running.login = LOGIN
        yield running


@pytest.fixture
def other() -> Iterator[Index]:
    """A server on the same host and another port."""
    with serve() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("NETRC", raising=False)
    return folder


def configured(index: Index) -> str:
    return index.simple.replace("http://", f"http://{WRITTEN}")


def client(folder: Path, *urls: str, keyring: bool = False) -> IndexClient:
    return IndexClient(IndexConfig(urls=urls, retries=0, keyring=keyring), Cache(folder / "cache"))


def sent(index: Index) -> set[str]:
    return {login for _, login in index.authorizations}


def test_the_files_and_the_metadata_of_a_private_index_are_asked_with_its_credentials(
    private: Index, tmp_path: Path
) -> None:
    name, body = wheel("demo")
    private.add("demo", File(name, body, metadata=metadata("demo", "1.0"), provenance=b"{}"), wheel("demo", "2.0"))
    with client(tmp_path, configured(private)) as asked:
        one, ranged = asked.project(DEMO).artifacts
        assert asked.fetch(one).sha256 == sha256(body)
        assert asked.metadata(one)
        assert asked.metadata(ranged)
        assert asked.provenance(one) == b"{}"
    assert sent(private) == {LOGIN}
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"p@ss" in path.read_bytes()]


def test_netrc_serves_the_configured_index_and_no_other_port_of_its_host(
    private: Index, other: Index, tmp_path: Path, home: Path
) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login reader password p@ss/w:rd?\n")
    name, body = wheel("demo")
    private.add("demo", (name, body))
    other.add("demo", (name, body))
    elsewhere = f"{other.url}/files/demo/{name}"
    with client(tmp_path, private.simple) as asked:
        assert asked.fetch(asked.project(DEMO).artifacts[0]).sha256 == sha256(body)
        # A file that the index keeps on another port, and one that only an audited file names.
        asked.fetch(Artifact(name, elsewhere))
        asked.fetch(Artifact(name, elsewhere, direct=True))
    assert sent(private) == {LOGIN}
    assert sent(other) == {""}


def test_what_only_an_audited_file_names_is_asked_without_credentials(
    private: Index, tmp_path: Path, home: Path
) -> None:
    (home / ".netrc").write_text("default login reader password p@ss/w:rd?\n")
    name, body = wheel("demo")
    private.add("demo", (name, body))
    direct = Artifact(name, f"{private.url}/files/demo/{name}", direct=True)
    with client(tmp_path, configured(private)) as asked:
        with pytest.raises(NetworkError, match="no index that is configured names this URL"):
            asked.fetch(direct)
        with pytest.raises(NetworkError):
            asked.metadata(direct)
    assert sent(private) == {""}


def test_user_and_password_in_a_link_of_a_page_are_not_sent(other: Index, tmp_path: Path) -> None:
    name, body = wheel("demo")
    other.add("demo", (name, body))
    link = f"{other.url}/files/demo/{name}".replace("//", "//stated:secret@")
    page = f'<a href="{link}#sha256={sha256(body)}">{name}</a>'
    other.pages["/simple/demo/"] = ("text/html", page.encode())
    with client(tmp_path, other.simple) as asked:
        asked.fetch(asked.project(DEMO).artifacts[0])
    assert sent(other) == {""}


@pytest.mark.parametrize("back", [False, True], ids=["away", "away-and-back"])
def test_a_redirect_to_another_origin_takes_no_credentials_along(
    private: Index, other: Index, tmp_path: Path, home: Path, back: bool
) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login reader password p@ss/w:rd?\n")
    name, body = wheel("demo")
    private.add("demo", (name, body))
    other.add("demo", (name, body))
    private.redirects["/simple/demo/"] = f"{other.url}/simple/demo/"
    if back:
        private.add("again", (name, body))
        other.redirects["/simple/demo/"] = f"{private.url}/simple/again/"
    with client(tmp_path, configured(private)) as asked:
        if back:
            with pytest.raises(NetworkError, match="401"):
                asked.project(DEMO)
        else:
            assert asked.project(DEMO).artifacts[0].url.startswith(other.url)
    assert sent(other) == {""}
    assert private.authorizations[0] == ("/simple/demo/", LOGIN)
    assert not back or private.authorizations[-1] == ("/simple/again/", "")


def test_a_redirect_on_the_same_origin_keeps_them(private: Index, tmp_path: Path) -> None:
    private.add("real", wheel("demo"))
    private.redirects["/simple/demo/"] = "../real/"
    with client(tmp_path, configured(private)) as asked:
        assert asked.project(DEMO).artifacts
    assert sent(private) == {LOGIN}


@pytest.mark.parametrize(
    "target", ["/simple/demo/", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://[", "//", "gopher://x"]
)
def test_a_redirect_ends(other: Index, tmp_path: Path, target: str) -> None:
    other.redirects["/simple/demo/"] = target
    with client(tmp_path, other.simple) as asked, pytest.raises(NetworkError, match="sent on"):
        asked.project(DEMO)
    assert other.requests["/simple/demo/"] <= 11


def test_a_direct_url_is_not_followed_to_another_server(private: Index, other: Index, tmp_path: Path) -> None:
    private.login = ""
    private.redirects["/files/demo/x.whl"] = f"{other.url}/inside"
    with client(tmp_path, private.simple) as asked, pytest.raises(NetworkError, match="only the audited project names"):
        asked.fetch(Artifact("x.whl", f"{private.url}/files/demo/x.whl", direct=True))
    assert not other.authorizations


def test_cookies_are_not_sent_back(other: Index, tmp_path: Path) -> None:
    """A cookie knows no port: one that an index sets would go to every other server of its host."""
    from scanner.index.transport import Transport

    other.pages["/"] = (f"{JSON}\r\nSet-Cookie: session=1", b"{}")
    transport = Transport(IndexConfig())
    for _ in range(2):
        with transport.send(f"{other.url}/", {}) as answer:
            assert "Cookie" not in answer.request.headers
            assert answer.headers["Set-Cookie"]
    transport.close()


def test_of_two_indexes_on_one_origin_the_nearer_one_gives_the_login() -> None:
    found = Credentials(["https://a:1@host/pypi/one/simple", "https://b:2@host/pypi/two/simple"])
    assert found.of("https://host/pypi/two/packages/x.whl") == Login("b", "2")
    assert found.of("https://host/pypi/one/packages/x.whl") == Login("a", "1")
    assert found.of("https://host/elsewhere/x.whl") == Login("a", "1")
    for url in (
        "http://host/pypi/one/simple/x/",
        "https://host:444/x",
        "https://host.example/x",
        "https://host\\@evil/",
    ):
        assert found.of(url) is None


def test_a_token_stands_for_the_user() -> None:
    assert Credentials(["https://t0ken@host/simple"]).of("https://host/simple/x/") == Login("t0ken", "")
    assert Credentials(["https://:pw@host/simple"]).of("https://host/simple/x/") == Login("", "pw")
    assert "t0ken" not in repr(Login("t0ken", ""))


def keyring(folder: Path, body: str) -> Path:
    folder.mkdir()
    program = folder / "keyring"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("user", ["reader@", ""], ids=["user-known", "user-from-keyring"])
def test_the_keyring_command_is_asked_once_and_only_where_it_is_configured(
    private: Index, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    log = tmp_path / "asked"
    answer = "p@ss/w:rd?" if user else "reader\np@ss/w:rd?"
    keyring(tmp_path / "bin", f"echo \"$@\" >> '{log}'; echo '{answer}'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    name, body = wheel("demo")
    private.add("demo", (name, body))
    url = private.simple.replace("http://", f"http://{user}")
    with client(tmp_path, url) as asked, pytest.raises(NetworkError, match="401"):
        asked.project(DEMO)
    assert not log.exists()
    monkeypatch.setenv("PIP_KEYRING_PROVIDER", "subprocess")
    monkeypatch.setenv("PIP_INDEX_URL", url)
    with IndexClient(from_environment(), Cache(tmp_path / "cache")) as asked:
        assert asked.fetch(asked.project(DEMO).artifacts[0]).sha256 == sha256(body)
    asked_for = f"get {private.simple} reader" if user else f"--mode creds get {private.simple}"
    assert log.read_text().splitlines() == [asked_for]


def test_a_keyring_of_the_working_directory_is_not_run(
    private: Index, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory is often the audited project; ``PATH`` may name it as ``.`` or by an empty entry."""
    log = tmp_path / "ran"
    keyring(tmp_path / "project", f"touch '{log}'")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("PATH", ":.:../project")
    with client(tmp_path, private.simple, keyring=True) as asked, pytest.raises(NetworkError, match="401"):
        asked.project(DEMO)
    assert not log.exists()


def test_a_keyring_that_fails_leaves_the_server_s_answer(
    private: Index, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring(tmp_path / "bin", "echo half; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with client(tmp_path, private.simple, keyring=True) as asked, pytest.raises(NetworkError, match="401"):
        asked.project(DEMO)
