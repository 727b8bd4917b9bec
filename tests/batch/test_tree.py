"""The walk, the digests and the tree of a batch, and what is done to each by whoever made the folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from scanner.batch.hashing import SMALL, ChangedError, Hashed, hash_file, hash_in_order
from scanner.batch.names import order_key, path_fault
from scanner.batch.tree import EMPTY, Hashes, Tree, batch_hash, file_hash, folder_hash, node_hash
from scanner.batch.walk import walk


def listed(root: Path) -> list[tuple[str, str]]:
    return [(one.path, one.reason or one.kind) for one in walk(str(root))]


def test_order_keeps_folders_together_and_empty_folders_are_kept(tmp_path: Path) -> None:
    for name in ("a.b", "a/x", "a/y/z", "B"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "none").mkdir()
    paths = [path for path, _ in listed(tmp_path)]
    assert paths == ["B", "a/x", "a/y/z", "a.b", "none/"]
    assert paths == sorted(paths, key=order_key)


def test_links_pipes_and_names_that_are_not_utf8_are_faults(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "back\\slash").write_text("")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))).write_text("")
    reasons = {reason for _, reason in listed(tmp_path)}
    assert {"it is a symbolic link", "it is no regular file", "its name is not UTF-8"} < reasons
    assert len(reasons) == 4


def test_names_equal_after_nfc_and_names_equal_but_for_case_are_faults(tmp_path: Path) -> None:
    for name in ("caf\u00e9", "cafe\u0301", "Label", "lABEL", "plain"):
        (tmp_path / name).write_text("")
    found = listed(tmp_path)
    assert [reason for path, reason in found if path == "caf\u00e9"] == [
        "two names of this folder are equal in Unicode normalization form C"
    ] * 2
    assert [path for path, reason in found if "case" in reason] == ["Label", "lABEL"]
    assert ("plain", "file") in found
    assert [one.path for one in walk(str(tmp_path), case_sensitive=True) if one.kind == "file"] == [
        "Label",
        "lABEL",
        "plain",
    ]


@pytest.mark.parametrize("path", ["", "..", "a/../b", "/a", "a//b", "a\\b", "a\0", "cafe\u0301", "\udcff", "a/" * 300])
def test_traversal_and_other_spellings_are_no_paths(path: str) -> None:
    assert path_fault(path)


def test_digests_come_in_order_small_and_large_and_hard_links_and_sparse_files_are_files(tmp_path: Path) -> None:
    bodies = {"a": b"x", "b": b"y" * (SMALL + 1), "c": b"", "d": b"z" * SMALL}
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    (tmp_path / "e").hardlink_to(tmp_path / "b")
    with (tmp_path / "f").open("wb") as sparse:
        sparse.truncate(SMALL * 3)
    bodies |= {"e": bodies["b"], "f": bytes(SMALL * 3)}
    results = [(one.path, result) for one, result in hash_in_order(walk(str(tmp_path)), 2)]
    assert results == [
        (name, Hashed(len(body), hashlib.sha256(body).digest())) for name, body in sorted(bodies.items())
    ]


@pytest.mark.parametrize("size", [10, SMALL * 2], ids=["small", "large"])
def test_a_file_that_grows_while_it_is_hashed_has_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    place = tmp_path / "grows"
    place.write_bytes(bytes(size))
    call = "read" if size <= SMALL else "readv"
    real = getattr(os, call)

    def read(handle: int, *rest: object) -> object:
        with place.open("ab") as more:
            more.write(b"more")
        return real(handle, *rest)

    monkeypatch.setattr(os, call, read)
    with pytest.raises(ChangedError):
        hash_file(str(place))


def test_a_link_put_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to("secret")
    with pytest.raises(OSError, match="link"):
        hash_file(str(tmp_path / "link"))


def plain_root(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(entries) < 2:
        return entries[0] if entries else EMPTY
    split = 1 << (len(entries) - 1).bit_length() - 1
    return node_hash(plain_root(entries[:split]), plain_root(entries[split:]))


def test_the_streamed_root_is_that_of_rfc_6962() -> None:
    entries = [bytes([number]) * 32 for number in range(40)]
    for count in range(len(entries)):
        hashes = Hashes()
        for entry in entries[:count]:
            hashes.add(entry)
        assert hashes.root() == plain_root(entries[:count])


def test_the_tree_is_one_of_folders_and_sizes_above_four_gigabytes_count() -> None:
    digest, size = bytes(32), 5 * 2**30
    tree = Tree()
    tree.add_file("a/x", size, digest)
    tree.add_empty("a/y/")
    tree.add_file("b", 1, digest)
    below = plain_root([file_hash("x", size, digest), folder_hash("y", 0, EMPTY)])
    top = plain_root([folder_hash("a", 2, below), file_hash("b", 1, digest)])
    assert tree.root() == batch_hash(2, size + 1, top)


def test_no_other_arrangement_has_the_same_root() -> None:
    digest = bytes(32)
    roots = set()
    for leaves in (["a/x", "b"], ["ax", "b"], ["a", "x/b"], ["a/x", "a/b"], ["a/x", "b", "b/"], ["a/x/", "b"], []):
        tree = Tree()
        for path in leaves:
            tree.add_empty(path) if path.endswith("/") else tree.add_file(path, 1, digest)
        roots.add(tree.root())
    assert len(roots) == 7
