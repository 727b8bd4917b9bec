"""What an index claims of a file decides nothing about another index's files, and is held against the bytes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from packaging.utils import canonicalize_name

from scanner.checks import archives
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig
from scanner.index.errors import IntegrityError
from scanner.model.digests import LENGTHS
from scanner.model.requirement import Hash
from tests.checks.archives_subject import archive_subject
from tests.checks.subjects import findings
from tests.support.builders import metadata, sdist, sha256, wheel
from tests.support.index_server import File, Index, serve

DEMO = canonicalize_name("demo")


def asked(index: Index, cache: Cache) -> list[str]:
    with IndexClient(IndexConfig(urls=(index.simple,)), cache) as client:
        found = client.needs(DEMO, client.project(DEMO).artifacts[0])
        return [one.name for one in found] if found else []


@pytest.mark.parametrize("make", [wheel, sdist], ids=["wheel", "sdist"])
@pytest.mark.parametrize("stated", [False, True], ids=["without-pep-658", "pep-658"])
def test_a_lying_index_does_not_poison_the_next_honest_one(tmp_path: Path, make: object, stated: bool) -> None:
    name, honest = make("demo", requires=["needed"])  # type: ignore[operator]
    _, empty = make("demo", requires=[])  # type: ignore[operator]
    cache = Cache(tmp_path / "cache")
    with serve() as lying, serve() as truthful:
        lying.add(
            "demo",
            File(name, empty, claimed_sha256=sha256(honest), metadata=metadata("demo", "1.0") if stated else None),
        )
        asked(lying, cache)
        truthful.add("demo", File(name, honest))
        assert asked(truthful, cache) == ["needed"]


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha384", "md5"])
def test_pep_658_metadata_is_held_against_every_digest_of_the_page(
    index: Index, tmp_path: Path, algorithm: str
) -> None:
    name, body = wheel("demo")
    index.add("demo", File(name, body, metadata=metadata("demo", "1.0")))
    with IndexClient(IndexConfig(urls=(index.simple,)), Cache(tmp_path / "cache")) as client:
        [artifact] = client.project(DEMO).artifacts
        wrong = msgspec.structs.replace(artifact, metadata_hashes=(Hash(algorithm, "0" * LENGTHS[algorithm]),))
        with pytest.raises(IntegrityError, match=algorithm):
            client.metadata(wrong)


def test_metadata_of_the_index_that_differs_from_the_wheel_is_a_finding(tmp_path: Path) -> None:
    made = wheel("alpha", requires=["hidden>=1"])
    for stated, expected in (
        (metadata("alpha", "1.0", ["hidden >= 1"]), []),
        (metadata("alpha", "1.0"), ["archives/metadata-differs"]),
        (metadata("alpha", "1.0", ["hidden>=1"], requires_python=">=3.99"), ["archives/metadata-differs"]),
    ):
        from scanner.index.metadata import parse_metadata

        subject = archive_subject(tmp_path, made)
        releases = {
            one: msgspec.structs.replace(found, metadata=parse_metadata(stated, "pep658"))
            for one, found in subject.releases.items()
        }
        subject = msgspec.structs.replace(subject, releases=releases)
        assert [one.rule for one in findings(archives, subject)] == expected
