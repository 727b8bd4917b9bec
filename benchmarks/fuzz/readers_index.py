"""The index client and what it reads, archives, advisories, provenance: over an index in this process."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.fuzz import seeds_index as seeds
from benchmarks.fuzz.reader import Reader, Refused, Seed
from benchmarks.fuzz.transport import ANSWERS
from scanner.advisories.export import compile_export
from scanner.advisories.group import grouped
from scanner.advisories.match import affects
from scanner.advisories.osv_api import ask_osv
from scanner.advisories.records import OsvRecord, SeedRecord, from_osv, from_seed
from scanner.advisories.store import AdvisoryDatabase
from scanner.index.archive import open_archive
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig
from scanner.index.metadata import parse_metadata, sdist_metadata
from scanner.index.needs import needs_of
from scanner.integrity.contents import contents_of
from scanner.integrity.provenance import AttestationFaultError, Invalid, read_provenance
from scanner.integrity.sigstore import verify
from scanner.integrity.wheel import disagreements, record_facts, tag_disagreement, unverifiable
from scanner.model.known import NotKnown
from scanner.model.names import canonicalize_name
from scanner.resolver.select import choose
from scanner.resolver.target import target_environment
from tests.integrity.sigstore_instance import Instance
from tests.support.builders import sdist, tar_of, wheel

TARGET = target_environment("3.11", "linux-x86_64")
CONFIG = IndexConfig(urls=("http://127.0.0.1/simple",), retries=0)
Decoded = TypeVar("Decoded")
DEMO = canonicalize_name("demo")
JSON = {"Content-Type": "application/vnd.pypi.simple.v1+json"}


@functools.cache
def demo_wheel() -> tuple[str, bytes]:
    code = "import os\nprint(os.getcwd())\n"
    return wheel("demo", files={"demo/__init__.py": code, "demo/data.json": "{}"}, requires=["idna>=2"], summary="x")


@functools.cache
def demo_sdist() -> tuple[str, bytes]:
    files = {
        "setup.py": "from setuptools import setup\nsetup(install_requires=['idna'])\n",
        "demo/__init__.py": "x = 1\n",
    }
    return sdist("demo", files=files, pkg_info=b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")


def page(seed: Seed, folder: Path) -> bool:
    """A page, then what a run does with its releases: choose, metadata, bytes, provenance."""
    _, body = demo_wheel()
    ANSWERS.clear()
    kind = {"Content-Type": "text/html"} if seed.form == "text" else JSON
    ANSWERS.update({"/simple/": (seed.body, kind), ".whl": (body, {}), ".tar.gz": (demo_sdist()[1], {})})
    with IndexClient(CONFIG, Cache(folder)) as client:
        found = client.project(DEMO)
        found.of_version("1.0")
        choose(found.of_version("1.0"), TARGET)
        again = IndexClient(CONFIG, Cache(folder)).project(DEMO)
        assert again.artifacts == found.artifacts
    return bool(found.artifacts)


def metadata(seed: Seed, folder: Path) -> bool:
    found = parse_metadata(seed.body, "wheel")
    parse_metadata(seed.body, "sdist-pkg-info")
    if not isinstance(found.requires_dist, NotKnown):
        needs_of(found.requires_dist)
    return found.name == "demo"


def remote(seed: Seed, folder: Path) -> bool:
    """The metadata of a wheel or sdist that the index serves: by ranges, by PEP 658, or from the whole file."""
    body = json.dumps(_page_for(seed)).encode()
    ANSWERS.clear()
    ANSWERS.update({"/simple/": (body, JSON), ".metadata": (seed.body, {}), "/files/": (seed.body, {})})
    with IndexClient(CONFIG, Cache(folder)) as client:
        artifact = client.project(DEMO).artifacts[0]
        found = client.metadata(artifact)
        client.needs(DEMO, artifact)
        client.fetch(artifact)
    return not isinstance(found, NotKnown)


def _page_for(seed: Seed) -> dict[str, object]:
    filename = seed.name.removesuffix(".metadata")
    entry: dict[str, object] = {
        "filename": filename,
        "url": f"{seeds.FILES}/{filename}",
        "hashes": {},
        "size": len(seed.body),
    }
    if seed.name.endswith(".metadata"):
        entry["core-metadata"] = {"sha256": hashlib.sha256(seed.body).hexdigest()}
    return {**seeds.PAGE, "files": [entry]}


def archive(seed: Seed, folder: Path) -> bool:
    """All that checks ask of an archive: members, heads, contents, RECORD, names, tags, an sdist's metadata."""
    with open_archive(seed.body, seed.name) as opened:
        list(opened.beginnings(lambda member: True, 64))
        contents = contents_of(opened)
        for kind in ("wheel", "sdist"):
            list(disagreements(contents, kind, "demo"))
        record_facts(contents)
        unverifiable(contents)
        tag_disagreement(contents)
        sdist_metadata(opened)
        return bool(contents.files)


def _zips() -> list[Seed]:
    name, body = demo_wheel()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for number, kind in enumerate((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)):
            made.writestr(f"demo-1.0/{number}.py", "x = 1\n" * 50, kind)
        made.writestr("demo-1.0/PKG-INFO", "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\n")
    return [Seed(name, "zip", body), Seed("demo-1.0.zip", "zip", buffer.getvalue())]


def _tars() -> list[Seed]:
    name, body = demo_sdist()
    files = {
        "demo-1.0/PKG-INFO": b"Metadata-Version: 2.2\nName: demo\nVersion: 1.0\n",
        f"demo-1.0/{'a' * 150}.py": b"x = 1\n",
    }
    plain = [
        (f"demo-1.0.tar{suffix}", tar_of(files, mode))
        for suffix, mode in ((".bz2", "w:bz2"), (".xz", "w:xz"), ("", "w"))
    ]
    return [Seed(name, "tar", body), *(Seed(one, "tar", made) for one, made in plain)]


def advisory(seed: Seed, folder: Path) -> bool:
    if seed.name == "seed.json":
        found = from_seed(msgspec_decode(seed.body, SeedRecord))
    else:
        found = from_osv(msgspec_decode(seed.body, OsvRecord))
    for version in ("1.0", "0.9", "1.0.dev1", "2!1", "x"):
        affects(found, "demo", version)
    grouped((found, found))
    return bool(found.affected)


def msgspec_decode(body: bytes, kind: type[Decoded]) -> Decoded:
    """As the readers of advisories decode, with the errors that they expect."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(str(error)) from error


def export(seed: Seed, folder: Path) -> bool:
    source, target = folder / "all.zip", folder / "db.sqlite"
    source.write_bytes(seed.body)
    compile_export(source, target, shown_source="x", progress=lambda done, total: None)
    with AdvisoryDatabase(target) as database:
        return bool(database.for_name("demo"))


def _export() -> list[Seed]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(3):
            made.writestr(f"{number}.json", json.dumps({**seeds.OSV, "id": f"GHSA-{number}"}))
    return [Seed("all.zip", "zip", buffer.getvalue())]


def osv_api(seed: Seed, folder: Path) -> bool:
    batch = json.dumps({"results": [{"vulns": [{"id": "GHSA-aaaa-bbbb-cccc"}]}]}).encode()
    ANSWERS.clear()
    ANSWERS["querybatch"] = (seed.body if seed.name == "batch" else batch, {})
    ANSWERS["vulns"] = (seed.body if seed.name == "vuln" else json.dumps(seeds.OSV).encode(), {})
    found = ask_osv(
        ["demo"], datetime(2026, 1, 1, tzinfo=UTC), lambda done, total: None, "http://127.0.0.1", lambda _: None
    )
    return bool(found.for_name("demo"))


def _api() -> list[Seed]:
    batch = {"results": [{"vulns": [{"id": "GHSA-aaaa-bbbb-cccc", "modified": "x"}], "next_page_token": ""}]}
    return [seeds.as_json("batch", batch), seeds.as_json("vuln", seeds.OSV)]


@functools.cache
def _instance() -> Instance:
    return Instance()


def provenance(seed: Seed, folder: Path) -> bool:
    try:
        return bool(read_provenance(seed.body))
    except AttestationFaultError as fault:
        raise Refused(str(fault)) from fault


def attested(seed: Seed, folder: Path) -> bool:
    name, body = demo_wheel()
    found = verify(seed.body, name, hashlib.sha256(body).hexdigest(), _instance().root)
    return not isinstance(found, Invalid)


def _signed() -> list[Seed]:
    name, body = demo_wheel()
    return [Seed("provenance", "json", _instance().provenance(name, body, "a/demo", environment="pypi"))]


def readers() -> list[Reader]:
    html = Seed("page.html", "text", seeds.HTML.encode())
    return [
        Reader("index page, JSON", 45, lambda: [seeds.as_json("page", seeds.PAGE)], page),
        Reader("index page, HTML", 20, lambda: [html], page),
        Reader("METADATA", 90, lambda: [Seed("METADATA", "text", seeds.METADATA.encode())], metadata),
        Reader(
            "index files",
            10,
            lambda: [
                _zips()[0],
                _tars()[0],
                Seed("demo-1.0-py3-none-any.whl.metadata", "text", seeds.METADATA.encode()),
            ],
            remote,
        ),
        Reader("zip", 45, _zips, archive),
        Reader("tar", 45, _tars, archive),
        Reader(
            "advisories",
            90,
            lambda: [seeds.as_json("osv", seeds.OSV), seeds.as_json("seed.json", seeds.SEED_RECORD)],
            advisory,
        ),
        Reader("advisory export", 8, _export, export),
        Reader("OSV API", 15, _api, osv_api),
        Reader("provenance", 80, _signed, provenance),
        Reader("attestation", 12, _signed, attested),
    ]
