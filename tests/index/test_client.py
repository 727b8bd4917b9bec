"""The index client against a real server: negotiation, caching, ranges, retries, and the faults of the wild."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.index.errors import NotFoundError, OfflineError
from scanner.model.errors import NetworkError
from scanner.model.known import NotKnown
from tests.support.builders import metadata, sdist, sha256, tar_of, wheel
from tests.support.index_server import Fault, File, Index

DEMO = canonicalize_name("demo")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def client(index: Index, cache: Cache) -> Iterator[IndexClient]:
    with IndexClient(from_environment(), cache) as opened:
        yield opened


def again(cache: Cache, *, offline: bool = False) -> IndexClient:
    return IndexClient(from_environment(), cache, offline=offline)


@pytest.mark.parametrize("html_only", [False, True], ids=["json", "html"])
def test_a_page_in_either_form_gives_files_with_hashes(index: Index, client: IndexClient, html_only: bool) -> None:
    name, body = wheel("demo")
    index.add("demo", File(name, body, requires_python=">=3.8"))
    index.html_only = html_only
    [found] = client.project(DEMO).artifacts
    assert (found.filename, found.digest("sha256"), found.requires_python) == (name, sha256(body), ">=3.8")
    assert isinstance(found.size, NotKnown) is html_only


@pytest.mark.parametrize("html_only", [False, True], ids=["json", "html"])
def test_a_signed_link_is_followed_and_never_stored(index: Index, cache: Cache, html_only: bool) -> None:
    name, body = wheel("demo")
    index.add("demo", File(name, body, metadata=None if html_only else metadata("demo", "1.0")))
    index.html_only, index.query = html_only, "?X-Amz-Signature=geheim0123"
    with IndexClient(from_environment(), cache) as client:
        [found] = client.project(DEMO).artifacts
        assert found.filename == name
        assert client.fetch(found).sha256 == sha256(body)
        assert not isinstance(client.metadata(found), NotKnown)
    kept = [path for path in cache.folder.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"geheim0123" in path.read_bytes()]


def test_provenance_that_is_absent_unknown_or_there_are_three_things(index: Index, client: IndexClient) -> None:
    index.add("demo", File(*wheel("demo", "1.0")), File(*wheel("demo", "1.1"), provenance_known=False))
    index.add("demo", File(*wheel("demo", "1.2"), provenance=b"{}"))
    none, unknown, known = (client.provenance(one) for one in client.project(DEMO).artifacts)
    assert none is None
    assert isinstance(unknown, NotKnown)
    assert known == b"{}"


def test_the_page_is_revalidated_and_not_sent_again(
    index: Index, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.index.client.PAGE_AGE", 0.0)
    index.add("demo", wheel("demo"))
    with again(cache) as first:
        first.project(DEMO)
        received = first.bytes_received
    with again(cache) as second:
        assert second.project(DEMO).artifacts[0].filename == "demo-1.0-py3-none-any.whl"
        assert second.bytes_received == 0 < received
    assert index.requests["/simple/demo/"] == 2


def test_metadata_by_pep_658_is_one_small_request_and_is_held_against_its_digest(
    index: Index, client: IndexClient
) -> None:
    name, body = wheel("demo", requires=["idna"])
    index.add("demo", File(name, body, metadata=metadata("demo", "1.0", ["idna>=3"])))
    found = client.metadata(client.project(DEMO).artifacts[0])
    assert found and found.requires_dist == ("idna>=3",)
    assert index.requests[f"/files/demo/{name}"] == 0


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no-ranges"])
def test_metadata_of_a_wheel_without_pep_658(index: Index, client: IndexClient, ranges: bool) -> None:
    index.ranges = ranges
    ballast = bytes(range(256)) * 4096
    import random

    noise = random.Random(7).randbytes(len(ballast))
    index.add("demo", wheel("demo", files={"demo/__init__.py": b"", "demo/data.bin": noise}, requires=["idna"]))
    found = client.metadata(client.project(DEMO).artifacts[0])
    assert found and found.requires_dist == ("idna",)
    assert (client.bytes_received < 300_000) is ranges


def test_an_sdist_tells_its_dependencies_only_where_they_are_static(index: Index, client: IndexClient) -> None:
    old = b"Metadata-Version: 1.2\nName: demo\nVersion: 2.0\n"
    index.add("demo", sdist("demo", "1.0", requires=["idna"]), sdist("demo", "2.0", pkg_info=old))
    pyproject = '[project]\nname = "demo"\nversion = "3.0"\ndependencies = ["certifi"]\n'
    index.add("demo", sdist("demo", "3.0", {"pyproject.toml": pyproject}, pkg_info=old))
    static, dynamic, stated = (client.metadata(one) for one in client.project(DEMO).artifacts)
    assert static and static.requires_dist == ("idna",)
    assert dynamic and isinstance(dynamic.requires_dist, NotKnown)
    assert stated and stated.requires_dist == ("certifi",)


def test_what_an_sdist_states_is_read_once(index: Index, cache: Cache) -> None:
    index.add("demo", sdist("demo", files={"setup.py": SETUP.format(needs="['a']")}, pkg_info=OLD_PKG_INFO))
    found = []
    for _ in range(2):
        with again(cache) as client:
            found.append(client.metadata(client.project(DEMO).artifacts[0]))
    assert found[0] == found[1]
    assert found[0] and found[0].origin == "sdist-setup"


def test_a_file_is_stored_once_by_its_digest(index: Index, cache: Cache) -> None:
    name, body = wheel("demo")
    index.add("demo", (name, body))
    for _ in range(2):
        with again(cache) as client:
            fetched = client.fetch(client.project(DEMO).artifacts[0])
    assert Path(fetched.path).read_bytes() == body
    assert fetched.sha256 == sha256(body)
    assert index.requests[f"/files/demo/{name}"] == 1


def test_bytes_that_are_not_those_promised_are_told_by_their_own_digest(index: Index, client: IndexClient) -> None:
    name, body = wheel("demo")
    index.add("demo", File(name, body, claimed_sha256="0" * 64))
    fetched = client.fetch(client.project(DEMO).artifacts[0])
    assert fetched.sha256 == sha256(body) != fetched.artifact.digest("sha256")


def test_a_damaged_store_is_noticed_and_mended(index: Index, client: IndexClient, cache: Cache) -> None:
    name, body = wheel("demo")
    index.add("demo", (name, body))
    artifact = client.project(DEMO).artifacts[0]
    client.fetch(artifact)
    cache.artifact(sha256(body)).write_bytes(b"damaged")
    assert Path(client.fetch(artifact).path).read_bytes() == body
    cache.artifact(sha256(body)).write_bytes(b"damaged")
    with again(cache, offline=True) as offline, pytest.raises(OfflineError):
        offline.fetch(artifact)


def test_a_server_that_recovers_costs_a_retry_and_no_result(index: Index, client: IndexClient) -> None:
    index.add("demo", wheel("demo"))
    index.faults["/simple/demo/"] = Fault(503, times=2)
    assert client.project(DEMO).artifacts
    assert index.requests["/simple/demo/"] == 3


def test_retry_after_is_honoured(index: Index, client: IndexClient) -> None:
    index.add("demo", wheel("demo"))
    index.faults["/simple/demo/"] = Fault(429, times=1, retry_after="0")
    assert client.project(DEMO).artifacts


@pytest.mark.parametrize("status", [403, 406, 500])
def test_a_server_that_refuses_is_an_error_of_ours(
    index: Index, client: IndexClient, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.index.http.MAX_BACKOFF", 0.01)
    index.add("demo", wheel("demo"))
    index.faults["/simple/demo/"] = Fault(status)
    with pytest.raises(NetworkError, match=str(status)):
        client.project(DEMO)


def test_a_project_that_does_not_exist_is_not_found(index: Index, client: IndexClient) -> None:
    with pytest.raises(NotFoundError):
        client.project(DEMO)


def test_a_body_that_breaks_off_is_never_taken_for_the_file(index: Index, client: IndexClient) -> None:
    name, body = wheel("demo")
    index.add("demo", (name, body))
    index.faults[f"/files/demo/{name}"] = Fault(truncate=10)
    with pytest.raises(NetworkError):
        client.fetch(client.project(DEMO).artifacts[0])


def test_offline_uses_the_cache_and_says_what_it_lacks(index: Index, cache: Cache) -> None:
    index.add("demo", wheel("demo", "1.0"), wheel("demo", "2.0"))
    with again(cache) as client:
        client.fetch(client.project(DEMO).artifacts[0])
    with again(cache, offline=True) as client:
        held, missing = client.project(DEMO).artifacts
        assert client.fetch(held).size
        with pytest.raises(OfflineError):
            client.fetch(missing)
        with pytest.raises(OfflineError):
            client.project(canonicalize_name("other"))


def test_credentials_reach_neither_artifacts_nor_errors_nor_the_cache(
    index: Index, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add("demo", wheel("demo"))
    monkeypatch.setenv("PIP_INDEX_URL", index.simple.replace("http://", "http://user:s3cret@"))
    with again(cache) as client:
        page = client.project(DEMO)
        with pytest.raises(NotFoundError) as caught:
            client.project(canonicalize_name("other"))
    assert "s3cret" not in caught.value.message + repr(page)
    assert not any(b"s3cret" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_page_that_is_no_page_is_an_error_of_ours(index: Index, client: IndexClient) -> None:
    index.add("demo", File("demo-1.0.tar.gz", b"not an archive"))
    found = client.metadata(client.project(DEMO).artifacts[0])
    assert isinstance(found, NotKnown)
    assert "cannot be read" in found.reason


def test_an_sdist_that_is_a_zip_bomb_is_not_known_and_ends(index: Index, client: IndexClient) -> None:
    body = tar_of({"demo-1.0/PKG-INFO": b"Metadata-Version: 2.2\n" + b" " * 40_000_000})
    index.add("demo", File("demo-1.0.tar.gz", body))
    assert client.metadata(client.project(DEMO).artifacts[0])


OLD_PKG_INFO = b"Metadata-Version: 1.2\nName: demo\nVersion: 1.0\n"
SETUP = "from setuptools import setup\nsetup(name='demo', install_requires={needs}, extras_require={{'x': ['c<2']}})\n"


@pytest.mark.parametrize(
    ("files", "stated"),
    [
        ({"setup.py": SETUP.format(needs="['a>=1', 'b; python_version<\"3\"']")}, ("a>=1", "b", "c<2")),
        (
            {
                "setup.py": "from setuptools import setup\nsetup()\n",
                "setup.cfg": "[metadata]\nname = demo\n[options]\ninstall_requires =\n    a\n    b==2\n",
            },
            ("a", "b==2"),
        ),
        (
            {"setup.py": SETUP.format(needs="open('needs.txt').read().splitlines()"), "needs.txt": "a\nb~=1.0\n"},
            ("a", "b~=1.0", "c<2"),
        ),
        ({"setup.py": SETUP.format(needs="__import__('json').load(open('x'))")}, None),
        ({"setup.py": SETUP.format(needs="[]").replace("setup(", "setup(setup_requires=['pbr'], ")}, None),
        ({"setup.py": "raise SystemExit\n"}, None),
        # The name is computed, the call is setuptools' all the same.
        ({"setup.py": SETUP.format(needs="['a']").replace("name='demo'", "name=demo.NAME")}, ("a", "c<2")),
        (
            {
                "setup.py": "from setuptools import setup\nsetup(cmdclass={})\n",
                "pyproject.toml": '[project]\nname = "demo"\ndynamic = ["dependencies"]\n',
            },
            None,
        ),
        (
            {
                "setup.py": "from setuptools import setup\nsetup(cmdclass={})\n",
                "pyproject.toml": '[project]\nname = "demo"\ndynamic = ["dependencies"]\n'
                '[tool.setuptools.dynamic]\ndependencies = {file = ["needs.txt"]}\n',
                "needs.txt": "a==1\n",
            },
            ("a==1",),
        ),
        (
            {
                "setup.py": SETUP.format(needs="['a']"),
                "pyproject.toml": '[build-system]\nbuild-backend = "own"\nrequires=[]\n',
            },
            None,
        ),
    ],
)
def test_an_sdist_of_old_is_read_and_not_run(
    index: Index, client: IndexClient, files: dict[str, str], stated: tuple[str, ...] | None
) -> None:
    index.add("demo", sdist("demo", files=files, pkg_info=OLD_PKG_INFO))
    [artifact] = client.project(DEMO).artifacts
    found = client.metadata(artifact)
    assert found
    if stated is None:
        assert isinstance(found.requires_dist, NotKnown)
    else:
        assert not isinstance(found.requires_dist, NotKnown)
        assert tuple(one.partition(" ;")[0] for one in found.requires_dist) == stated
        assert found.origin == "sdist-setup"


def test_a_path_stated_as_a_digest_names_no_file_of_the_user(
    index: Index, client: IndexClient, tmp_path: Path, cache: Cache
) -> None:
    """An index that states a path as SHA-256 had that file deleted: it was hashed, found damaged, and removed."""
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    name, body = wheel("demo")
    for number, stated in enumerate((str(precious), "../" * 30 + str(precious), "../../precious", "a" * 63, "Ａ" * 64)):
        project = canonicalize_name(f"demo{number}")
        index.add(project, File(name, body, claimed_sha256=stated))
        [artifact] = client.project(project).artifacts
        assert artifact.hashes == ()
        assert client.fetch(artifact).sha256 == sha256(body)
        assert precious.read_text() == "keep me"
    for stated in (str(precious), "", "a" * 63, "A" * 64):
        with pytest.raises(ValueError, match="digest"):
            cache.artifact(stated)
