"""From the vendor's folder to the consumer's verdict, by the command; and every way in which the two may differ."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main

Run = Callable[..., tuple[int, str]]
FILES = {
    "train/part-0.jsonl": b'{"id": 1, "label": "cat"}\n{"id": 2, "label": "dog"}\n',
    "train/part-1.jsonl": b'{"id": 3, "label": "cat"}\n',
    "images/a.png": b"\x89PNG one",
    "images/b.png": b"\x89PNG two",
    "README.txt": b"labels of 2026\n",
}


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str]:
        code = main([str(one) for one in ("batch", *arguments)])
        output = capfd.readouterr()
        assert "Traceback" not in output.err
        return code, output.out + output.err

    return call


@pytest.fixture
def place(tmp_path: Path, run: Run) -> Path:
    """A folder with a key (``key.pem``, ``key.pub.pem``) and the batch's data in ``data``."""
    assert run("key", tmp_path / "key")[0] == 0
    for name, body in FILES.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(body)
    (tmp_path / "data" / "empty").mkdir()
    return tmp_path


def seal(run: Run, place: Path, *more: object, batch: str = "batch-1", out: str = "sealed") -> tuple[int, str]:
    key = place / "key.pem"
    return run("seal", place / "data", "--output", place / out, "--batch", batch, "--key", key, *more)


def verify(run: Run, place: Path, *more: object, out: str = "sealed") -> tuple[int, str]:
    statement, key = place / out / "statement.json", place / "key.pub.pem"
    return run("verify", place / "data", "--statement", statement, "--key", key, *more)


def differences(run: Run, place: Path, *more: object) -> tuple[int, list[tuple[str, str]]]:
    code, text = verify(run, place, "--format", "json", *more)
    body: dict[str, Any] = json.loads(text)
    return code, [(one["kind"], one["path"]) for one in body["differences"]]


def test_a_batch_that_arrives_as_it_left(place: Path, run: Run) -> None:
    assert seal(run, place, "--producer", "vendor", "--sequence", 7)[0] == 0
    code, text = verify(run, place, "--batch", "batch-1", "--after", 6, "--max-age", 1)
    assert code == 0, text
    assert text.startswith("VERIFIED: batch batch-1\n")
    assert "5 files" in text


def test_the_statement_is_small_and_lies_beside_the_manifest_alone(place: Path, run: Run) -> None:
    assert seal(run, place)[0] == 0
    assert sorted(one.name for one in (place / "sealed").iterdir()) == ["manifest.jsonl.zst", "statement.json"]
    assert (place / "sealed" / "statement.json").stat().st_size < 2_000


def test_each_kind_of_difference_is_told(place: Path, run: Run) -> None:
    assert seal(run, place)[0] == 0
    data = place / "data"
    (data / "train/part-1.jsonl").write_bytes(b'{"id": 3, "label": "dog"}\n')
    (data / "images/a.png").rename(data / "images/z.png")
    (data / "images/b.png").unlink()
    (data / "new.txt").write_bytes(b"new")
    (data / "README.txt").write_bytes(b"longer than it was before\n")
    (data / "empty" / "file").write_bytes(b"x")
    (data / "link").symlink_to("README.txt")
    os.mkfifo(data / "pipe")
    code, found = differences(run, place)
    assert code == 1
    assert found == [
        ("added", "empty/file"),
        ("added", "new.txt"),
        ("altered", "README.txt"),
        ("altered", "train/part-1.jsonl"),
        ("missing", "empty/"),
        ("missing", "images/b.png"),
        ("renamed", "images/z.png"),
        ("unreadable", "link"),
        ("unreadable", "pipe"),
    ]


@pytest.mark.parametrize("subset, code", [("train", 0), ("images/a.png", 0), ("images", 1), ("images/b.png", 1)])
def test_a_part_is_verified_without_the_rest(place: Path, run: Run, subset: str, code: int) -> None:
    assert seal(run, place)[0] == 0
    (place / "data" / "images" / "b.png").write_bytes(b"other")
    (place / "data" / "README.txt").unlink()
    assert verify(run, place, "--subset", subset)[0] == code


def test_a_part_that_is_not_there_is_missing_and_one_that_never_was_is_an_error(place: Path, run: Run) -> None:
    assert seal(run, place)[0] == 0
    shutil.rmtree(place / "data" / "images")
    assert differences(run, place, "--subset", "images") == (
        1,
        [("missing", "images/a.png"), ("missing", "images/b.png")],
    )
    assert verify(run, place, "--subset", "nowhere")[0] == 2
    assert verify(run, place, "--subset", "../data")[0] == 2


def test_a_link_to_a_part_elsewhere_is_not_followed(place: Path, run: Run) -> None:
    assert seal(run, place)[0] == 0
    shutil.move(place / "data" / "images", place / "elsewhere")
    (place / "data" / "images").symlink_to(place / "elsewhere")
    assert verify(run, place, "--subset", "images")[0] == 1
    assert verify(run, place, "--subset", "images/a.png")[0] == 1


def test_an_unknown_key(place: Path, run: Run) -> None:
    assert seal(run, place)[0] == 0
    run("key", place / "other")
    code, text = run(
        "verify", place / "data", "--statement", place / "sealed/statement.json", "--key", place / "other.pub.pem"
    )
    assert code == 1
    assert "no trusted key signed it" in text


def test_a_statement_for_another_root(place: Path, run: Run) -> None:
    assert seal(run, place)[0] == 0
    (place / "data" / "README.txt").write_bytes(b"other")
    assert seal(run, place, batch="batch-2", out="second")[0] == 0
    shutil.copy(place / "second" / "manifest.jsonl.zst", place / "sealed")
    code, text = verify(run, place)
    assert code == 2
    assert "it is not the file that the statement names" in text


def test_a_replayed_batch(place: Path, run: Run) -> None:
    assert seal(run, place, "--sequence", 7)[0] == 0
    assert verify(run, place, "--batch", "batch-2")[0] == 1
    assert verify(run, place, "--after", 7)[0] == 1
    assert verify(run, place, "--after", 6)[0] == 0


def test_an_old_statement_and_one_of_a_day_to_come(place: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    assert seal(run, place)[0] == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1790000000 + 40 * 86400))
    assert verify(run, place, "--max-age", 30)[0] == 1
    assert verify(run, place, "--max-age", 41)[0] == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1790000000 - 40 * 86400))
    assert verify(run, place)[0] == 1


def test_a_lying_parent(place: Path, run: Run) -> None:
    """A batch that names another statement than its parent's, and one that names none of those at hand."""
    assert seal(run, place, batch="raw", out="raw")[0] == 0
    assert seal(run, place, "--parent", place / "raw/statement.json", batch="curated", out="curated")[0] == 0
    assert verify(run, place, "--parent", place / "raw/statement.json", out="curated")[0] == 0
    assert verify(run, place, "--require", "parents", out="curated")[0] == 3
    assert seal(run, place, "--producer", "x", batch="raw", out="again")[0] == 0
    assert verify(run, place, "--parent", place / "again/statement.json", out="curated")[0] == 1


def test_the_report_it_names(place: Path, run: Run) -> None:
    good, bad = place / "good.json", place / "bad.json"
    good.write_text('{"verdict": "approve"}')
    bad.write_text('{"verdict": "reject"}')
    assert seal(run, place, "--report", good, out="one")[0] == 0
    assert verify(run, place, "--report", good, "--require", "report", out="one")[0] == 0
    assert verify(run, place, "--report", bad, out="one")[0] == 1
    assert verify(run, place, "--require", "report", out="one")[0] == 3
    assert seal(run, place, "--report", bad, out="two")[0] == 0
    assert verify(run, place, out="two")[0] == 1


def test_a_lock_that_holds_what_is_known_as_malicious_today(place: Path, run: Run) -> None:
    lock, clean = place / "requirements.txt", place / "clean.txt"
    lock.write_text("litellm==1.82.8 --hash=sha256:" + "0" * 64 + "\n")
    clean.write_text("litellm==1.80.0 --hash=sha256:" + "0" * 64 + "\n")
    assert seal(run, place, "--lock", lock, "--lock", clean)[0] == 0
    code, text = verify(run, place, "--lock", lock)
    assert code == 1
    assert "requirements.txt holds what is known as malicious today: litellm 1.82.8" in text
    assert verify(run, place, "--lock", clean)[0] == 0
    assert verify(run, place, "--lock", clean, "--require", "lock")[0] == 3


def test_the_recipe_is_shown_file_by_file(place: Path, run: Run) -> None:
    filters, reward = place / "filter.toml", place / "reward.py"
    filters.write_text("min-length = 20\n")
    reward.write_text("def score(): ...\n")
    assert seal(run, place, "--recipe", f"filter={filters}", "--recipe", f"reward={reward}")[0] == 0
    openings = place / "sealed" / "recipe-openings.json"
    assert openings.stat().st_mode & 0o077 == 0
    given = ("--statement", place / "sealed/statement.json", "--key", place / "key.pub.pem", "--opening", openings)
    code, text = run("recipe", reward, *given)
    assert (code, "as reward, reward.py" in text) == (0, True)
    reward.write_text("def score(): return 1\n")
    assert run("recipe", reward, *given)[0] == 1
    statement = (place / "sealed" / "statement.json").read_text()
    assert "reward" not in statement


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda data: (data / "a").symlink_to("README.txt"), "it is a symbolic link"),
        (lambda data: os.mkfifo(data / "a"), "it is no regular file"),
        (lambda data: (data / "readme.TXT").write_bytes(b""), "differ in case only"),
        (lambda data: [(data / one).write_bytes(b"") for one in ("\u00e9", "e\u0301")], "normalization form C"),
        (lambda data: open(os.fsencode(data) + b"/\xff", "wb").close(), "not UTF-8"),
        (lambda data: (data / "a\nb").write_bytes(b""), "U+000A"),
    ],
)
def test_what_cannot_be_sealed_is_refused_and_leaves_no_statement(
    place: Path, run: Run, make: Callable[[Path], object], said: str
) -> None:
    make(place / "data")
    code, text = seal(run, place)
    assert (code, said in text) == (2, True), text
    assert not (place / "sealed" / "statement.json").exists()


def test_a_hard_link_is_a_file_like_any_other(place: Path, run: Run) -> None:
    os.link(place / "data" / "README.txt", place / "data" / "linked.txt")
    assert seal(run, place)[0] == 0
    assert verify(run, place)[0] == 0
    (place / "data" / "README.txt").write_bytes(b"both are changed\n")
    assert differences(run, place) == (1, [("altered", "README.txt"), ("altered", "linked.txt")])


def test_a_sparse_file_of_more_than_4_gib_is_bounded_by_its_reading(place: Path, run: Run) -> None:
    """Its size goes into the tree in 64 bits; the file is one of 64 MiB here, that the suite stays quick."""
    with open(place / "data" / "sparse", "wb") as opened:
        opened.truncate(64 * 1024 * 1024)
    assert seal(run, place)[0] == 0
    with open(place / "data" / "sparse", "r+b") as opened:
        opened.truncate(64 * 1024 * 1024 + 1)
    assert differences(run, place) == (1, [("altered", "sparse")])


def test_a_statement_inside_the_batch_is_refused(place: Path, run: Run) -> None:
    key = place / "key.pem"
    code, _ = run("seal", place / "data", "--output", place / "data/out", "--batch", "b", "--key", key)
    assert code == 2
    assert not (place / "data" / "out").exists()


def test_a_second_statement_never_goes_over_a_first(place: Path, run: Run) -> None:
    assert seal(run, place)[0] == 0
    assert seal(run, place)[0] == 2


def test_a_key_is_never_written_over(place: Path, run: Run) -> None:
    before = (place / "key.pem").read_bytes()
    assert run("key", place / "key")[0] == 2
    assert (place / "key.pem").read_bytes() == before
    assert (place / "key.pem").stat().st_mode & 0o077 == 0


def test_an_empty_folder_is_a_batch(tmp_path: Path, run: Run) -> None:
    (tmp_path / "data").mkdir()
    assert run("key", tmp_path / "key")[0] == 0
    assert seal(run, tmp_path)[0] == 0
    assert verify(run, tmp_path)[0] == 0
    (tmp_path / "data" / "a").write_bytes(b"")
    assert verify(run, tmp_path)[0] == 1


def test_records_of_tables_and_lines_are_sealed_with_their_file(place: Path, run: Run) -> None:
    (place / "data" / "t.csv").write_text('id,label\n1,"a\nb"\n')
    (place / "data" / "bad.csv").write_bytes(b"\xff\xfe")
    code, text = seal(run, place, "--records")
    assert code == 0, text
    assert "records   5" in text
    assert "records of bad.csv were not told apart: it is no table of text" in text
    assert verify(run, place)[0] == 0
