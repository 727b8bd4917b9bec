# ruff: noqa: E501 (seeds have long lines)
"""What lies on the user's own disk (caches, databases, settings), trees of odd names, and an index over real HTTP."""

from __future__ import annotations

import functools
import json
import os
import socket
import socketserver
import tempfile
import threading
from pathlib import Path

from benchmarks.fuzz import seeds_index as seeds
from benchmarks.fuzz import transport
from benchmarks.fuzz.reader import Reader, Seed
from benchmarks.fuzz.readers_index import DEMO, demo_sdist, demo_wheel, msgspec_decode
from benchmarks.fuzz.readers_inputs import followed, put
from scanner.advisories.question import parse_question
from scanner.advisories.records import OsvRecord, from_osv
from scanner.advisories.seal import SEAL_BYTES, seal_of
from scanner.advisories.store import AdvisoryDatabase, compile_database
from scanner.code.artifacts import Job, analyse_job
from scanner.code.limits import Limits
from scanner.index.archive import open_archive
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig, from_environment
from scanner.index.credentials import Credentials, Netrc
from scanner.index.metadata import parse_metadata
from scanner.index.pages import parse_page
from scanner.inputs.discover import discover
from scanner.integrity.contents import contents_of
from scanner.integrity.drift import drift
from scanner.integrity.metadata_agree import stated_otherwise
from scanner.integrity.wheel import record_facts, unverifiable
from scanner.model.errors import AssayError
from scanner.model.finding import PackageRef
from scanner.model.urls import origin, redact, without_user
from scanner.report import safe_text
from tests.support.builders import zip_of

INFO = "demo-1.0.dist-info"


def database(seed: Seed, folder: Path) -> bool:
    """A compiled database: with the seal of its bytes, as somebody would make it, or as the disk spoiled it."""
    path = folder / "db.sqlite"
    path.write_bytes(seed.body if seed.name == "spoiled" else seed.body + seal_of(seed.body))
    with AdvisoryDatabase(path) as opened:
        for name in (*opened.names(), "demo", ""):
            opened.unreadable(name)
            opened.for_name(name)
        opened.by_id("GHSA-aaaa-bbbb-cccc")
        return bool(opened.for_name("demo"))


@functools.cache
def _databases() -> list[Seed]:
    record = from_osv(msgspec_decode(json.dumps(seeds.OSV).encode(), OsvRecord))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "db.sqlite"
        compile_database([record], path, kind="x", source="x", as_of="2026-01-01", lacks="")
        body = path.read_bytes()
    return [Seed("sealed", "bytes", body[:-SEAL_BYTES]), Seed("spoiled", "bytes", body)]


def cache(seed: Seed, folder: Path) -> bool:
    kept = Cache(folder)
    kept.keep_value("pages", "key", seed.body)
    found = kept.page("key")
    if found is None:
        return False
    page = found.page
    return bool(page.artifacts or page.of_version("1.0"))


@functools.cache
def _cached() -> list[Seed]:
    page = parse_page(
        DEMO, "https://h.invalid/simple", "https://h.invalid/", json.dumps(seeds.PAGE).encode(), "application/json"
    )
    with tempfile.TemporaryDirectory() as folder:
        kept = Cache(Path(folder))
        kept.keep_page("key", page, "etag", "")
        body = kept.value("pages", "key")
    assert body is not None
    return [Seed("page", "bytes", body)]


SETTINGS = (
    Seed("pip.conf", "text", b"[global]\nindex-url = https://u:p@h.invalid/simple\nextra-index-url =\n    https://a.invalid/s\n    https://b.invalid/s\ntrusted-host = h.invalid\n[install]\ncert = /etc/ssl/x.pem\nno-index = false\n"),
    Seed("uv.toml", "toml", b'[[index]]\nname = "a"\nurl = "https://u:p@h.invalid/simple"\ndefault = true\n[[index]]\nurl = "https://b.invalid"\nexplicit = true\n[pip]\nextra-index-url = ["https://c.invalid"]\n'),
    Seed("netrc", "text", b"machine h.invalid login u password p\ndefault login a password b\n"),
)  # fmt: skip


def settings(seed: Seed, folder: Path) -> bool:
    """The user's own files of pip, uv and netrc; where the default index is no URL, the user is told."""
    for one in SETTINGS:
        put(folder, one.name, seed.body if one.name == seed.name else one.body)
    env = {"PIP_CONFIG_FILE": str(folder / "pip.conf"), "UV_CONFIG_FILE": str(folder / "uv.toml"), "HOME": str(folder)}
    before = os.environ.get("NETRC")
    os.environ["NETRC"] = str(folder / "netrc")
    try:
        config = from_environment(env)
        login = Netrc().of("h.invalid", default=True)
        Credentials(config.urls).of("https://h.invalid/simple/x/")
    finally:
        os.environ.pop("NETRC")
        if before is not None:
            os.environ["NETRC"] = before
    return bool(config.urls) and login is not None


def words(seed: Seed, folder: Path) -> bool:
    """What is done to every text before it is shown, and the question of ``assay affected``."""
    text = seed.body.decode("utf-8", "surrogateescape")
    for one in (redact, without_user, safe_text.plain, safe_text.one_line, safe_text.log_text, safe_text.log_line):
        one(text)
    safe_text.defang(text)
    safe_text.https_link(text)
    safe_text.slug(text)
    origin(text)
    try:
        parse_question(text.partition("\n")[0])
    except AssayError:
        return True
    return True


def _words() -> list[Seed]:
    texts = ("https://u:p@SECRET@h.invalid/x?token=abc#y u:pw@host.invalid", "::error file=x::y\n##[group]z", "demo<2,>=1",
             "\x1b[31mred\x1b[0m \u202e https://bit.ly/x `a` <b>", "https://h.invalid:99/%2e%2e/;x?sig=1&X-Amz-Signature=2")  # fmt: skip
    return [Seed("text", "text", one.encode()) for one in texts]


def drifted(seed: Seed, folder: Path) -> bool:
    """A wheel and an sdist held against each other, one of them changed; its METADATA against what an index states."""
    wheel_name, wheel_body = demo_wheel()
    sdist_name, sdist_body = demo_sdist()
    one = seed.body if seed.form == "zip" else wheel_body
    other = seed.body if seed.form == "tar" else sdist_body
    with open_archive(one, wheel_name) as wheel, open_archive(other, sdist_name) as sdist:
        drift(contents_of(wheel), contents_of(sdist))
    return True


def _pair() -> list[Seed]:
    return [Seed(demo_wheel()[0], "zip", demo_wheel()[1]), Seed(demo_sdist()[0], "tar", demo_sdist()[1])]


RECORD = f"demo/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n{INFO}/METADATA,,\n{INFO}/RECORD,,\n"


def record(seed: Seed, folder: Path) -> bool:
    """A wheel one of whose own files is changed and well packed."""
    files = {"demo/__init__.py": b"", f"{INFO}/METADATA": seeds.METADATA.encode(), f"{INFO}/RECORD": RECORD.encode(),
             f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n", f"{INFO}/entry_points.txt": seeds.ENTRY_POINTS.encode()}  # fmt: skip
    files[seed.name] = seed.body
    with open_archive(zip_of(files), "demo-1.0-py3-none-any.whl") as opened:
        contents = contents_of(opened)
    unverifiable(contents)
    list(stated_otherwise(parse_metadata(seeds.METADATA.encode(), "pep658"), seed.body))
    return record_facts(contents).unreadable == ""


def _records() -> list[Seed]:
    return [Seed(f"{INFO}/RECORD", "text", RECORD.encode()), Seed(f"{INFO}/METADATA", "text", seeds.METADATA.encode())]


TREE = (
    "f requirements.txt idna==3.7\nf setup.py x = 1\nl link.py setup.py\nd a/b\nf a/b/x.py import os\nl a/up ..\nl self self\n"
    "p pipe.txt -\nf a/requirements-dev.txt -r ../requirements.txt\nf .gitignore build/\nf build/x.pth import os\n"
)
STARTS = ("requirements.txt", "setup.py", ".git/HEAD", ".gitignore", "x.py", "pyvenv.cfg", "bin/run", "x.pth", "x.whl")


def odd_tree(seed: Seed, folder: Path) -> bool:
    """A tree made from a list (file, folder, link or FIFO; name; content): found, read and scanned as code."""
    root = folder / "root"
    root.mkdir()
    for line in seed.body.decode("utf-8", "surrogateescape").split("\n")[:60]:
        kind, _, rest = line.partition(" ")
        name, _, what = rest.partition(" ")
        path = Path(os.path.normpath(f"{root}/{name}"))
        if not path.is_relative_to(root):
            continue
        try:
            # A pipe of before would wait for a reader, and a link would lead the writer out of the tree.
            if os.path.lexists(path) or not path.parent.resolve().is_relative_to(root.resolve()):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if kind == "l":
                path.symlink_to(what)
            elif kind == "p":
                os.mkfifo(path)
            elif kind == "d":
                path.mkdir()
            else:
                path.write_text(what.replace("\\n", "\n"), errors="surrogateescape")
        except (OSError, ValueError, RuntimeError):
            continue
    analyse_job(Job(str(root), "", PackageRef("x")), Limits())
    followed(*discover(root).files)
    return True


class _Answer(socketserver.BaseRequestHandler):
    body = b""

    def handle(self) -> None:
        self.request.settimeout(2)
        try:
            asked = b""
            while b"\r\n\r\n" not in asked and (more := self.request.recv(65536)):
                asked += more
            self.request.sendall(_Answer.body)
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


@functools.cache
def _server() -> str:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.5,), daemon=True).start()
    place = f"127.0.0.1:{server.server_address[1]}"
    transport.REAL.add(place)
    return place


def over_http(seed: Seed, folder: Path) -> bool:
    """The bytes of a whole HTTP answer over a socket on loopback: status line, headers, chunks, page."""
    _Answer.body = seed.body
    place = _server()
    config = IndexConfig(urls=(f"http://{place}/simple",), retries=0)
    with IndexClient(config, Cache(folder)) as client:
        return bool(client.project(DEMO).artifacts)


def _answers() -> list[Seed]:
    page = json.dumps(seeds.PAGE).encode()
    html = seeds.HTML.encode()
    length = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nETag: x\r\nContent-Length: %d\r\n\r\n%s"
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(page), page)
    kind = b"application/vnd.pypi.simple.v1+json"
    return [
        Seed("json", "bytes", length % (kind, len(page), page)),
        Seed("html", "text", length % (b"text/html; charset=utf-8", len(html), html)),
        Seed("chunks", "bytes", b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n%s" % (kind, chunks)),
    ]  # fmt: skip


def readers() -> list[Reader]:
    return [
        Reader("advisory database", 20, _databases, database),
        Reader("cached page", 30, _cached, cache),
        Reader("settings of pip, uv, netrc", 30, lambda: list(SETTINGS), settings),
        Reader("shown text and URLs", 80, _words, words),
        Reader("wheel against sdist", 12, _pair, drifted),
        Reader("RECORD", 60, _records, record),
        Reader("tree of odd names", 10, lambda: [Seed("tree", "text", TREE.encode())], odd_tree),
        Reader("index over loopback", 6, _answers, over_http),
    ]
