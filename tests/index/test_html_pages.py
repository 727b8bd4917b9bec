"""Indexes that have only HTML pages: what links are relative to, what is text, and what is no page of an index."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig
from scanner.index.pages import parse_page
from scanner.model.artifact import Artifact
from scanner.model.errors import NetworkError
from scanner.model.known import NotKnown
from tests.support.builders import sha256, wheel
from tests.support.index_server import serve

DEMO = canonicalize_name("demo")
INDEX = "https://index.invalid/team/simple"
PAGE = f"{INDEX}/demo/"
FILE = "demo-1.0-py3-none-any.whl"


def artifacts(html: str, url: str = PAGE, content_type: str = "text/html") -> tuple[Artifact, ...]:
    return parse_page(DEMO, INDEX, url, html.encode(), content_type).artifacts


def only(html: str, url: str = PAGE) -> Artifact:
    [found] = artifacts(html, url)
    return found


@pytest.mark.parametrize(
    ("html", "url"),
    [
        (f'<a href="../../packages/{FILE}">x</a>', "https://index.invalid/team/packages/"),
        (f'<a href="/packages/{FILE}">x</a>', "https://index.invalid/packages/"),
        (f'<a href="//cdn.invalid/{FILE}">x</a>', "https://cdn.invalid/"),
        (f'<base href="https://cdn.invalid/f/"><a href="{FILE}">x</a>', "https://cdn.invalid/f/"),
        (f'<BASE HREF="/f/"><a href={FILE}>x</a>', "https://index.invalid/f/"),
        (f'<base target="_top"><base href="/f/"><base href="/g/"><a href="{FILE}">x</a>', "https://index.invalid/f/"),
        (f'<a\n href = " \n ../../f/{FILE}\t" rel=internal>x</a>', "https://index.invalid/team/f/"),
        (f"<A HREF='../../f/{FILE}'>x</A>", "https://index.invalid/team/f/"),
        (f'<a data-x="a>b" href="../../f/{FILE}">x</a>', "https://index.invalid/team/f/"),
        (f'<a ="x" =y href="../../f/{FILE}">x</a>', "https://index.invalid/team/f/"),
        (f'<a href="../../f/{FILE}" href="/other/{FILE}">x</a>', "https://index.invalid/team/f/"),
    ],
)
def test_a_link_is_relative_to_the_base_of_the_page(html: str, url: str) -> None:
    assert only(html).url == url + FILE
    assert only(html).filename == FILE


def test_the_base_is_the_url_that_answered() -> None:
    found = only(f'<a href="../../f/{FILE}">x</a>', "https://mirror.invalid/deep/store/demo/?token=x")
    assert found.url == f"https://mirror.invalid/deep/f/{FILE}"


@pytest.mark.parametrize("form", ["html", "json"])
def test_a_redirected_page_is_read_by_where_it_lies(tmp_path: Path, form: str) -> None:
    name, body = wheel("demo")
    page = f'<a href="../../files/demo/{name}#sha256={sha256(body)}">{name}</a>'.encode()
    if form == "json":
        page = b'{"files": [{"filename": "%s", "url": "../../files/demo/%s", "hashes": {"sha256": "%s"}}]}' % (
            name.encode(),
            name.encode(),
            sha256(body).encode(),
        )
    with serve() as asked, serve() as mirror:
        asked.redirects["/simple/demo/"] = f"{mirror.url}/deep/store/"
        mirror.redirects["/deep/store/"] = "/deep/er/store/"
        mirror.pages["/deep/er/store/"] = (f"text/{form}" if form == "html" else "application/json", page)
        mirror.pages[f"/deep/files/demo/{name}"] = ("application/octet-stream", body)
        with IndexClient(IndexConfig(urls=(asked.simple,), retries=0), Cache(tmp_path / "cache")) as client:
            [found] = client.project(DEMO).artifacts
            assert client.fetch(found).sha256 == sha256(body)


@pytest.mark.parametrize(
    ("fragment", "known"),
    [
        (f"sha256={'a' * 64}", True),
        (f"egg=demo&sha256={'a' * 64}", True),
        (f"sha256={'a' * 64}&egg=demo", True),
        (f"sha256={'a' * 63}", False),
        (f"{'a' * 64}", False),
        ("sha256=../../../etc/passwd", False),
    ],
)
def test_the_digest_stands_anywhere_in_the_fragment(fragment: str, known: bool) -> None:
    assert only(f'<a href="{FILE}#{fragment}">x</a>').digest("sha256") == ("a" * 64 if known else "")


def test_what_else_a_link_states() -> None:
    found = only(
        f'<a href="{FILE}" data-requires-python="&gt;=3.8" data-yanked="bad &amp; old"'
        f' data-core-metadata="sha256={"b" * 64}" data-provenance="../../integrity/demo">x</a>'
    )
    assert (found.requires_python, found.yanked) == (">=3.8", "bad & old")
    assert found.provenance == "https://index.invalid/team/integrity/demo"
    assert found.metadata_hashes is not None
    assert isinstance(only(f'<a href="{FILE}" data-provenance="http://[">x</a>').provenance, NotKnown)


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- {} -->",
        "<script>document.write('{}')</script>",
        "<style>{}</style>",
        "<textarea>{}</textarea>",
        "<title>{}</title>",
    ],
)
def test_what_a_browser_and_pip_see_as_text_is_no_link(hidden: str) -> None:
    shown = f'<a href="{FILE}">x</a>'
    page = hidden.format('<a href="demo-9.0-py3-none-any.whl">x</a>') + shown
    assert [one.filename for one in artifacts(page)] == [FILE]


@pytest.mark.parametrize(
    "around", ["<!-->{}-->", "<!-- --!>{}-->", "<!--->{}", "<!-- <!-- -->{}-->", "<p title='<!--'>{}"]
)
def test_a_comment_ends_where_a_browser_ends_it(around: str) -> None:
    assert only(around.format(f'<a href="{FILE}">x</a>')).filename == FILE


def test_the_encoding_is_the_one_that_is_stated() -> None:
    page = '<a href="demo-1.0-py3-none-any.whl" data-yanked="schön">x</a>'
    for charset in ("latin-1", "utf-8", "utf-16", '"utf-8"'):
        encoded = page.encode(charset.strip('"'))
        [found] = parse_page(DEMO, INDEX, PAGE, encoded, f"text/html; charset={charset}").artifacts
        assert found.yanked == "schön"
    for charset in ("no-such", "zlib", "hex", "\0", ""):
        assert parse_page(DEMO, INDEX, PAGE, page.encode(), f"text/html; charset={charset}").artifacts


@pytest.mark.parametrize(
    "page",
    [
        '<form action="/login"><input name="user"><input type="password"></form>',
        '<html><a href="/help.html">Help</a><div><INPUT TYPE=Password></div>',
    ],
)
def test_a_login_page_is_not_a_project_without_files(page: str) -> None:
    with pytest.raises(NetworkError, match="login page"):
        artifacts(page)


def test_a_page_of_another_host_without_a_file_is_no_page_of_the_index() -> None:
    with pytest.raises(NetworkError, match="login page") as caught:
        artifacts("<html><body>Sign in</body></html>", "https://sso.invalid/?state=s3cret")
    assert "s3cret" not in caught.value.message
    assert artifacts("<html><body></body></html>") == ()


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "image/png; charset=html"])
def test_what_the_server_does_not_call_a_page_is_none(content_type: str) -> None:
    with pytest.raises(NetworkError, match="no page of an index"):
        artifacts(f'<a href="{FILE}">x</a>', content_type=content_type)


BROKEN = [
    "<a ",
    '<a href="',
    "<a href='x",
    "<!--",
    "<![odd[",
    "<a a=",
    "<script>",
    "</",
    "<a/" * 3,
    "&#",
    "<a b='\" ",
    "<a =",
    "<a  ",
    "<a x = ",
    "< a",
    "<" * 3,
    "<base ",
]


@pytest.mark.parametrize("piece", BROKEN)
def test_broken_markup_takes_linear_time(piece: str) -> None:
    spent = []
    for size in (100_000, 800_000):
        page = piece * (size // len(piece)) + "&#" + "9" * 5000
        started = time.process_time()
        artifacts(page)
        spent.append(time.process_time() - started)
    assert spent[1] < max(0.5, 24 * spent[0])


def test_the_index_of_pytorch_says_403_for_what_it_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    from scanner.index.http import _means_missing

    answer = requests.Response()
    answer.status_code = 403
    for url, missing in (
        ("https://download.pytorch.org/whl/cpu/idna/", True),
        ("https://pytorch.org.invalid/x", False),
        ("https://notpytorch.org/x", False),
        ("http://127.0.0.1/pytorch.org/", False),
    ):
        answer.url = url
        assert _means_missing(answer) is missing


def test_hrefs_that_are_no_urls_cost_themselves(tmp_path: Path) -> None:
    odd = [
        "http://[",
        "//[1",
        "\0",
        "javascript:void(0)",
        "mailto:x@y.invalid",
        "#top",
        "",
        "?x=.whl",
        "file:///etc/x.whl",
    ]
    page = "".join(f'<a href="{one}">x</a>' for one in odd) + f'<a href="{FILE}">x</a>'
    found = artifacts(page)
    assert FILE in [one.filename for one in found]
    with IndexClient(IndexConfig(urls=(INDEX,), retries=0), Cache(tmp_path / "cache")) as client:
        for one in found:
            if not one.url.startswith("https://index.invalid/"):
                with pytest.raises(NetworkError, match="no http or https URL"):
                    client.fetch(one)
