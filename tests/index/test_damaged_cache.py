"""A cache whose bytes changed on the disk: what is damaged is asked for again or is a gap, never a smaller answer."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig
from scanner.index.errors import OfflineError
from scanner.model.errors import NetworkError
from scanner.model.known import NotKnown
from tests.support.builders import metadata, sdist, wheel
from tests.support.index_server import File, Index

NAMES = [canonicalize_name(one) for one in ("stated", "ranged", "source")]


@pytest.fixture
def filled(index: Index, tmp_path: Path) -> Path:
    """A cache with every kind of value in it."""
    needs = ["idna>=3", "certifi"]
    index.add("stated", File(*wheel("stated", requires=needs), metadata=metadata("stated", "1.0", needs)))
    index.add("ranged", wheel("ranged", requires=needs))
    index.add("source", sdist("source", requires=needs))
    index.projects["stated"][0].provenance = b'{"version": 1}'
    folder = tmp_path / "filled"
    answers(index, Cache(folder), offline=False)
    return folder


def answers(index: Index, cache: Cache, *, offline: bool) -> list[str]:
    """Everything that is told of the three projects; "gap" for what is not known."""
    told: list[str] = []
    with IndexClient(IndexConfig(urls=(index.simple,), retries=0), cache, offline=offline) as client:
        for name in NAMES:
            try:
                [artifact] = client.project(name).artifacts
            except OfflineError:
                told += ["gap"] * 3
                continue
            for ask in (
                lambda name=name, one=artifact: client.needs(name, one),
                lambda one=artifact: client.fetch(one).sha256,
                lambda one=artifact: client.provenance(one),
            ):
                try:
                    found = ask()
                except NetworkError:
                    found = NotKnown("")
                told.append("gap" if isinstance(found, NotKnown) else repr(found))
    return told


def files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())


@pytest.mark.parametrize("kind", ["pages", "metadata", "needs", "sdist-metadata", "provenance", "artifacts"])
def test_no_flipped_byte_changes_an_answer(index: Index, filled: Path, tmp_path: Path, kind: str) -> None:
    whole = answers(index, Cache(filled), offline=False)
    assert "gap" not in whole
    rng = random.Random(16)
    targets = files(filled / kind)
    assert targets
    for number in range(12):
        for offline in (True, False):
            copy = tmp_path / f"{number}-{offline}"
            shutil.copytree(filled, copy)
            for one in files(copy / kind):
                body = bytearray(one.read_bytes())
                where = rng.randrange(len(body))
                if number % 3 == 0:
                    body[where] ^= 1 << rng.randrange(8)
                elif number % 3 == 1:
                    del body[where:]
                else:
                    body[where:where] = rng.randbytes(4)
                one.write_bytes(bytes(body))
            told = answers(index, Cache(copy), offline=offline)
            if offline:
                assert all(new in (old, "gap") for new, old in zip(told, whole, strict=True))
            else:
                assert told == whole


@pytest.mark.parametrize("kind", ["pages", "metadata", "needs"])
def test_a_value_in_the_place_of_another_is_not_taken_for_it(
    index: Index, filled: Path, tmp_path: Path, kind: str
) -> None:
    index.add("other", File(*wheel("other"), metadata=metadata("other", "1.0")))
    whole = answers(index, Cache(filled), offline=False)
    with IndexClient(IndexConfig(urls=(index.simple,)), Cache(tmp_path / "one")) as client:
        name = canonicalize_name("other")
        client.needs(name, client.project(name).artifacts[0])
    [strange] = files(tmp_path / "one" / kind)
    for one in files(filled / kind):
        one.write_bytes(strange.read_bytes())
    assert answers(index, Cache(filled), offline=False) == whole


def test_what_is_no_file_is_not_there(index: Index, filled: Path, tmp_path: Path) -> None:
    whole = answers(index, Cache(filled), offline=False)
    for number, one in enumerate(files(filled)):
        one.unlink()
        if number % 2:
            one.mkdir()
        else:
            one.symlink_to("/dev/zero")
    told = answers(index, Cache(filled), offline=False)
    assert all(new in (old, "gap") for new, old in zip(told, whole, strict=True))
