"""The manifest: one spelling of each line, one order, one digest; whatever else is refused without a traceback."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import msgspec
import pytest

from scanner.batch.manifest import Digest, Leaf, LineWriter, decode_leaf, encode_leaf, read_lines, read_manifest
from scanner.batch.predicate import Batch
from scanner.batch.statement import Stated
from scanner.batch.tree import Tree
from scanner.batch.verify import compare
from scanner.model.errors import AssayError, InputError

MUTATIONS = int(os.environ.get("ASSAY_MUTATIONS", "2000"))
H = hashlib.sha256(b"x").digest()


def written(path: Path, lines: list[bytes]) -> Digest:
    writer = LineWriter(path)
    for line in lines:
        writer.write(line)
    return writer.close()


@pytest.mark.parametrize(
    "leaf",
    [Leaf("a/b.txt", 12, H), Leaf("a/é", 0, H), Leaf("a/", 0), Leaf("a.jsonl", 3, H, 2, H), Leaf("e.csv", 0, H, 0, H)],
)
def test_a_leaf_has_one_line(leaf: Leaf) -> None:
    assert decode_leaf(encode_leaf(leaf)) == leaf


@pytest.mark.parametrize(
    "line",
    [
        b'["a", 1,"' + H.hex().encode() + b'"]',
        b'["a",1,"' + H.hex().upper().encode() + b'"]',
        b'["a",1.0,"' + H.hex().encode() + b'"]',
        b'["a",-1,"' + H.hex().encode() + b'"]',
        b'["a",1,"00"]',
        b'["../a",1,"' + H.hex().encode() + b'"]',
        b'["/a",1,"' + H.hex().encode() + b'"]',
        b'["a//b",1,"' + H.hex().encode() + b'"]',
        b'["a\\u0000",1,"' + H.hex().encode() + b'"]',
        b'["e\\u0301",1,"' + H.hex().encode() + b'"]',
        b'["\\u0061",1,"' + H.hex().encode() + b'"]',
        b'["a/",1,"' + H.hex().encode() + b'"]',
        b'["a"]',
        b'["/"]',
        b"[]",
        b'{"a":1}',
        b"",
        b"\xff",
        b'["a",1,"' + H.hex().encode() + b'",1,"00"]',
        b"[" * 50_000,
    ],
)
def test_no_other_line_is_a_leaf(line: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        decode_leaf(line)


@pytest.mark.parametrize("paths", [["b", "a"], ["a", "a"], ["a.b", "a/b"], ["a/b", "a"]])
def test_lines_out_of_order_are_refused(tmp_path: Path, paths: list[str]) -> None:
    digest = written(tmp_path / "m", [encode_leaf(Leaf(one, 1, H)) for one in paths])
    with pytest.raises(InputError, match="not in order"):
        list(read_manifest(tmp_path / "m", digest))


def test_a_folder_whose_name_a_file_begins_with_stands_before_it(tmp_path: Path) -> None:
    digest = written(tmp_path / "m", [encode_leaf(Leaf(one, 1, H)) for one in ("a/b", "a-b", "a.b")])
    assert [one.path for one in read_manifest(tmp_path / "m", digest)] == ["a/b", "a-b", "a.b"]


def test_a_long_line_and_a_bomb_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    digest = written(tmp_path / "m", [b"0" * (256 * 1024 * 1024)])
    assert digest.size < 100_000
    with pytest.raises(InputError, match="longer than"):
        list(read_lines(tmp_path / "m", digest))


def test_what_stands_behind_the_end_is_refused(tmp_path: Path) -> None:
    digest = written(tmp_path / "m", [b"x"])
    body = (tmp_path / "m").read_bytes()
    for more in (b"\0", body, b"more"):
        (tmp_path / "m").write_bytes(body + more)
        longer = Digest(hashlib.sha256(body + more).hexdigest(), digest.size + len(more))
        with pytest.raises(InputError):
            list(read_lines(tmp_path / "m", longer))


def batch_of(folder: Path, manifest: Path) -> Stated:
    tree = Tree()
    lines = []
    for path in sorted(one.name for one in folder.iterdir()):
        body = (folder / path).read_bytes()
        lines.append(encode_leaf(Leaf(path, len(body), hashlib.sha256(body).digest())))
        tree.add_file(path, len(body), hashlib.sha256(body).digest())
    digest = written(manifest, lines)
    at = "2026-11-27T01:00:00Z"
    root = tree.root().hex()
    return Stated(root, Batch("b", tree.files, tree.size, digest, at, at, ""), "", "x")


def test_no_mutation_of_a_manifest_verifies(tmp_path: Path) -> None:
    """Not with the statement's own digest, and not where somebody has the digest of the changed file signed."""
    folder, manifest = tmp_path / "data", tmp_path / "m"
    folder.mkdir()
    for number in range(5):
        (folder / f"f{number}").write_bytes(bytes([number]) * number)
    stated = batch_of(folder, manifest)
    assert compare(folder, manifest, stated).is_same
    body = manifest.read_bytes()
    plain = b"\n".join(read_lines(manifest, stated.batch.manifest)) + b"\n"
    chance = random.Random(7)
    for number in range(MUTATIONS):
        if number % 2:
            made = bytearray(body)
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
            manifest.write_bytes(made)
            expected = stated
        else:
            lines = bytearray(plain)
            at = chance.randrange(len(lines))
            lines[at : at + chance.randrange(2)] = chance.choice(
                (b"0", b"a", b"\n", b'"', b"/", bytes([lines[at] ^ 1]))
            )
            if lines == plain:
                continue
            digest = written(manifest, bytes(lines).removesuffix(b"\n").split(b"\n"))
            expected = msgspec.structs.replace(stated, batch=msgspec.structs.replace(stated.batch, manifest=digest))
        with pytest.raises(AssayError):
            found = compare(folder, manifest, expected)
            assert found.is_same, found.differences


def test_a_file_that_grows_while_it_is_hashed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scanner.batch import hashing

    place = tmp_path / "f"
    place.write_bytes(b"x" * 10)
    real = os.read

    def growing(handle: int, size: int) -> bytes:
        with open(place, "ab") as opened:
            opened.write(b"more")
        return real(handle, size)

    monkeypatch.setattr(hashing.os, "read", growing)
    with pytest.raises(hashing.ChangedError):
        hashing.hash_file(str(place))
