"""Requirements files as pip reads them, by line; what is not followed is said."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.inputs import source
from scanner.inputs.discover import discover
from scanner.inputs.pip_options import FLAGS, SHORT, VALUED
from scanner.inputs.requirements import MAX_REQUIREMENTS, logical_lines, read
from scanner.model.errors import AssayError, InputError
from scanner.model.locked import DependencyFile
from scanner.model.requirement import Requirement
from scanner.resolver.flat import package_of

SHA = "a" * 64


def written(folder: Path, text: str | bytes, name: str = "requirements.txt") -> DependencyFile:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(folder, name)


def requirements(file: DependencyFile) -> tuple[Requirement, ...]:
    return file.groups[0].requirements


def test_hashes_markers_extras_and_continuations(tmp_path: Path) -> None:
    text = (
        "# head\n"
        "Flask[async]==3.0 ; python_version >= '3.8' \\\n"
        f"    --hash=sha256:{SHA} \\\n"
        f"    --hash=sha512:{SHA}{SHA}  # why\n"
        "idna>=3\n"
    )
    flask, idna = requirements(written(tmp_path, text))
    assert (flask.name, flask.specifier, flask.extras) == ("flask", "==3.0", ("async",))
    assert flask.marker == 'python_version >= "3.8"'
    assert [str(one) for one in flask.hashes] == [f"sha256:{SHA}", f"sha512:{SHA}{SHA}"]
    assert (flask.location.line, idna.location.line) == (2, 5)


@pytest.mark.parametrize(
    ("line", "name", "url"),
    [
        ("git+https://github.com/a/tool.git@v1#egg=tool", "tool", "git+https://github.com/a/tool.git@v1"),
        ("git+https://user:pw@github.com/a/tool.git", "tool", "git+https://github.com/a/tool.git"),
        ("git+ssh://git@github.com/a/tool.git@main", "tool", "git+ssh://git@github.com/a/tool.git@main"),
        (
            "https://host.invalid/x/demo-1.2-py3-none-any.whl",
            "demo",
            "https://host.invalid/x/demo-1.2-py3-none-any.whl",
        ),
        ("demo @ https://host.invalid/demo-1.2.tar.gz", "demo", "https://host.invalid/demo-1.2.tar.gz"),
        ("./libs/mine[extra]", "mine", "file:./libs/mine"),
        ("-e ./libs/mine", "mine", "file:./libs/mine"),
        ('-e "./libs/mine[test]"', "mine", "file:./libs/mine"),
        ("libs/mine", "mine", "file:libs/mine"),
        ("-e libs/other/mine[extra]", "mine", "file:libs/other/mine"),
        (
            "-e git+https://host.invalid/a/b.git#egg=b&subdirectory=pkg",
            "b",
            "git+https://host.invalid/a/b.git#subdirectory=pkg",
        ),
    ],
)
def test_direct_references(tmp_path: Path, line: str, name: str, url: str) -> None:
    [found] = requirements(written(tmp_path, line))
    assert (found.name, found.url) == (name, url)
    assert found.editable is line.startswith("-e")
    assert "pw" not in found.text


def test_options_that_change_where_packages_come_from_keep_their_line(tmp_path: Path) -> None:
    file = written(
        tmp_path, "-i https://u:p@one.invalid/simple\n--extra-index-url=https://two.invalid/simple\n--no-index\n"
    )
    assert [(one.kind, one.value, one.location.line) for one in file.options] == [
        ("index-url", "https://one.invalid/simple", 1),
        ("extra-index-url", "https://two.invalid/simple", 2),
        ("no-index", "", 3),
    ]


def test_includes_and_constraints_are_part_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("idna==3.7\n-c limits.txt\n")
    (tmp_path / "limits.txt").write_text("certifi<2030\n")
    file = written(tmp_path, "-rbase.txt\nflask\n")
    assert [one.name for one in requirements(file)] == ["idna", "flask"]
    assert [one.name for one in file.groups[1].requirements] == ["certifi"]
    assert file.includes == ("base.txt", "limits.txt")


def test_an_include_loop_ends_and_is_said(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("-r requirements.txt\nidna\n")
    file = written(tmp_path, "-r b.txt\n")
    assert "loop" in file.gaps[0].reason
    assert [one.name for one in requirements(file)] == ["idna"]


@pytest.mark.parametrize("target", ["../outside.txt", "https://host.invalid/r.txt"])
def test_an_include_that_leaves_the_folder_is_said_and_not_read(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.txt").write_text("secret-package\n")
    file = written(tmp_path / "project", f"-r {target}\nidna\n")
    assert target in file.gaps[0].reason
    assert [one.name for one in requirements(file)] == ["idna"]


def test_environment_variables_are_never_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    file = written(tmp_path, "--extra-index-url https://${TOKEN}@host.invalid/simple\n")
    assert "s3cret" not in repr(file)


@pytest.mark.parametrize(
    "body", [b"\xef\xbb\xbfidna==3.7", "idna==3.7  # ümlaut".encode(), "idna==3.7\r\n".encode("utf-16")]
)
def test_marks_encodings_and_a_missing_final_newline(tmp_path: Path, body: bytes) -> None:
    assert [one.name for one in requirements(written(tmp_path, body))] == ["idna"]


def test_lines_that_are_not_understood_are_gaps_with_their_lines_and_cost_nothing_else(tmp_path: Path) -> None:
    file = written(tmp_path, "idna\n=bad\n--no-such-option\nalso bad here\n-r missing.txt\ncertifi\n")
    assert [one.name for one in requirements(file)] == ["idna", "certifi"]
    assert [one.location.line for one in file.gaps] == [2, 3, 4, 5]


def test_a_file_of_which_nothing_is_understood_is_an_error_with_all_its_lines(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        written(tmp_path, "=bad\n--no-such-option\nalso bad here\n")
    for line in (1, 2, 3):
        assert f"requirements.txt:{line}" in caught.value.message


@pytest.mark.parametrize("separator", [" ", "=", "  "])
@pytest.mark.parametrize("extra", ["--extra-index-url", "--extra-index", "--extra"])
def test_several_options_on_a_line_count_each(tmp_path: Path, separator: str, extra: str) -> None:
    index = f"--index-url{separator}https://a.invalid/s"
    file = written(tmp_path, f"{index} {extra}{separator}'https://b.invalid/s' --pre -fhttps://c.invalid\nbar==1.0\n")
    assert [(one.kind, one.value) for one in file.options] == [
        ("index-url", "https://a.invalid/s"),
        ("extra-index-url", "https://b.invalid/s"),
        ("pre", ""),
        ("find-links", "https://c.invalid"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        f'bar==1.0 --hash="sha256:{SHA}"',
        f"bar==1.0 --hash 'sha256:{SHA}'",
        f"bar==1.0\t--hash=sha256:{SHA} -C key=1",
        f"bar==1.0 -Ckey=1 --config-settings 'a=b c' --hash=sha256:{SHA}",
        f"bar==1.0 --no-binary :all: --hash=sha256:{SHA} --global-option='--x'",
    ],
)
def test_options_behind_a_requirement_are_shell_words(tmp_path: Path, line: str) -> None:
    file = written(tmp_path, line)
    [bar] = requirements(file)
    assert (bar.name, bar.specifier, [str(one) for one in bar.hashes]) == ("bar", "==1.0", [f"sha256:{SHA}"])
    assert not file.gaps


@pytest.mark.parametrize(
    ("line", "names", "kinds"),
    [
        ("--all-releases bar", [], ["all-releases"]),
        ("--only-final :all:", [], ["only-final"]),
        ("bar==1.0 --no-binary :all:", ["bar"], ["no-binary"]),
        ("--config-settings editable_mode=strict -e ./lib", ["lib"], []),
        ("--no-index --find-links ./wheels", [], ["no-index", "find-links"]),
        ("-e ./one -e ./two", ["one", "two"], []),
        ("bar -r more.txt --pre", ["bar", "more"], ["pre"]),
        ("--use-feature fast-deps", [], []),
        ("--no-require-hashes", [], ["no-require-hashes"]),
        ("lib/", ["lib"], []),
        ("bar \\\n  ==1.0 \\\n  # why\n", ["bar"], []),
        ("# coding: ascii \\\nbar==1.0", ["bar"], []),
        ("--index-url https://${USER}:${PASSWORD}@a.invalid/s", [], ["index-url"]),
        ("bar @ https://${TOKEN}@a.invalid/bar-1.0.tar.gz", ["bar"], []),
    ],
)
def test_lines_that_pip_accepts(tmp_path: Path, line: str, names: list[str], kinds: list[str]) -> None:
    (tmp_path / "more.txt").write_text("more\n")
    file = written(tmp_path, f"{line}\n")
    assert [one.name for one in requirements(file)] == names
    assert ([one.kind for one in file.options], file.gaps) == (kinds, ())


@pytest.mark.parametrize("line", ["${NAME}==1.0", "bar==${VERSION}", "bar${EXTRAS}>1", "-r ${FOLDER}/more.txt"])
def test_what_a_variable_stands_for_is_a_gap_and_ends_nothing(tmp_path: Path, line: str) -> None:
    file = written(tmp_path, f"{line}\nother\n")
    assert [one.name for one in requirements(file)] == ["other"]
    assert [one.location.line for one in file.gaps] == [1]
    if not line.startswith("-r"):
        [gap] = written(tmp_path, f"{line}\n").gaps
        assert "environment variable" in gap.reason


def test_every_option_of_pip_is_known() -> None:
    """Of the pip that is installed here: each option of a requirements file, and whether it takes a value."""
    read = pytest.importorskip("pip._internal.req.req_file")
    made = [one() for one in (*read.SUPPORTED_OPTIONS, *read.SUPPORTED_OPTIONS_REQ)]
    for option in made:
        for name in (*option._short_opts, *option._long_opts):
            assert (name in VALUED or name in SHORT) is option.takes_value(), name
            assert name in VALUED or name in SHORT or name in FLAGS, name


@pytest.mark.parametrize("cookie", ["# -*- coding: latin-1 -*-\n", "# one\n# vim: fileencoding=latin-1\n"])
def test_a_coding_comment_is_obeyed(tmp_path: Path, cookie: str) -> None:
    assert [one.name for one in requirements(written(tmp_path, (cookie + "idna  # \xfc\n").encode("latin-1")))] == [
        "idna"
    ]


def test_an_encoding_that_hides_a_line_hides_nothing(tmp_path: Path) -> None:
    body = b"# coding: utf-7\n" + "hidden==1.0\n".encode("utf-7").replace(b"h", b"+AGg-", 1)
    assert [one.name for one in requirements(written(tmp_path, body))] == ["hidden"]


def test_a_coding_that_is_none_is_said(tmp_path: Path) -> None:
    for name in ("no-such", "rot13", "zlib"):
        with pytest.raises(InputError, match=name):
            written(tmp_path, f"# coding: {name}\nidna\n")


def test_includes_past_the_bound_end_in_a_gap_each(tmp_path: Path) -> None:
    for number in range(103):
        (tmp_path / f"r{number}.txt").write_text(f"p{number}\n")
    file = written(tmp_path, "".join(f"-r r{number}.txt\n" for number in range(103)))
    assert len(requirements(file)) == 100
    assert ["r100.txt" in file.gaps[0].reason, len(file.gaps)] == [True, 3]


def test_a_file_that_is_a_constraint_and_then_a_requirement_is_both(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("hidden\n")
    file = written(tmp_path, "-c base.txt\n-r base.txt\n")
    assert [one.name for one in requirements(file)] == ["hidden"]


def test_what_a_constraints_file_includes_is_installed(tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("-r hidden.txt\nlimit<2\n")
    (tmp_path / "hidden.txt").write_text("hidden\n")
    file = written(tmp_path, "-c limits.txt\nidna\n")
    assert [one.name for one in requirements(file)] == ["hidden", "idna"]


@pytest.mark.parametrize(
    ("line", "name", "version"),
    [
        ("bar@https://host.invalid/x/bar-1.0-py3-none-any.whl", "bar", "1.0"),
        ("bar[x]@https://host.invalid/x/bar-1.0.tar.gz ; python_version > '3'", "bar", "1.0"),
        ("https://host.invalid/my%5Fpkg-1.0%2Bcu118-py3-none-any.whl", "my-pkg", "1.0+cu118"),
        ("https://host.invalid/my-long-name-1.0%2Blocal.tar.gz", "my-long-name", "1.0+local"),
        ("https://host.invalid/bar-1.0-py3-none-any.whl; python_version > '3'", "bar", "1.0"),
        ("https://host.invalid/bar-1.0-py3-none-any.whl?sig=a/b#egg=bar", "bar", "1.0"),
        ("bar @ https://host.invalid/bar-1.0%2Bcu118-py3-none-any.whl", "bar", "1.0+cu118"),
    ],
)
def test_references_in_every_spelling_keep_name_and_version(tmp_path: Path, line: str, name: str, version: str) -> None:
    [found] = requirements(written(tmp_path, line))
    package = package_of(found)
    assert (package.name, package.version, package.source.kind) == (name, version, "url")


def test_hashes_and_extras_in_the_fragment_count(tmp_path: Path) -> None:
    text = f"bar @ https://host.invalid/bar-1.0.tar.gz#sha256={SHA}\ngit+https://host.invalid/a/t.git#egg=t[gpu]\n"
    bar, tool = requirements(written(tmp_path, text))
    assert ([str(one) for one in bar.hashes], tool.extras) == ([f"sha256:{SHA}"], ("gpu",))


@pytest.mark.parametrize("body", [b"\x7fELF\x02\x01\x01\x00\x00\x00\xff\xfe", b"idna\n\x00\x00", bytes(range(256))])
def test_a_binary_file_is_one_clear_error(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(InputError, match="not text") as caught:
        written(tmp_path, body)
    assert "requirements.txt:" in caught.value.message


def test_fifty_thousand_lines_are_read_and_more_are_refused_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, "".join(f"package-{number}==1.0\n" for number in range(MAX_REQUIREMENTS)))
    assert len(requirements(file)) == MAX_REQUIREMENTS
    started = time.process_time()
    with pytest.raises(InputError, match="more than 50,000 requirements"):
        written(tmp_path, "".join(f"package-{number}==1.0\n" for number in range(300_000)))
    assert time.process_time() - started < 10


def test_files_that_include_each_other_again_and_again_end(tmp_path: Path) -> None:
    text = "-r requirements-1.txt\n-c requirements-2.txt\n" * 90_000
    for number in range(3):
        (tmp_path / f"requirements-{number}.txt").write_text(text + f"p{number}==1.0\n")
    started = time.process_time()
    assert discover(tmp_path).files
    assert time.process_time() - started < 20


def test_what_is_read_again_and_again_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_READ_AGAIN", 100_000)
    (tmp_path / "base.txt").write_text("# " + "x" * 30_000 + "\nsix==1.0\n")
    for number in range(8):
        (tmp_path / f"requirements-{number}.txt").write_text("-r base.txt\n")
    with pytest.raises(InputError, match="are read again"):
        discover(tmp_path)


def test_a_tree_that_states_very_many_packages_is_refused(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"requirements-{number}.txt").write_text("".join(f"p{number}x{one}\n" for one in range(40_000)))
    with pytest.raises(InputError, match="more than 150,000 packages"):
        discover(tmp_path)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_any_bytes_end_in_values_or_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    folder = tmp_path_factory.mktemp("r")
    try:
        file = written(folder, body)
    except AssayError as error:
        assert "requirements.txt" in error.message
    else:
        assert all(one.name for one in requirements(file))


@given(st.text(alphabet="ab \\\n#\t", max_size=60))
def test_logical_lines_point_into_the_file(text: str) -> None:
    lines = text.splitlines()
    for line in logical_lines(text):
        assert 1 <= line.number <= len(lines)
        assert line.text == line.text.strip() != ""
