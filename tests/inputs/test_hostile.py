"""Any bytes given to any reader end in values or in one of our errors, in bounded time."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.inputs import sbom, undeclared
from scanner.inputs.discover import FORMATS, discover, format_of
from scanner.inputs.ecosystems import seen_file
from scanner.inputs.ignored import IgnoreRules
from scanner.inputs.installed import read_environment
from scanner.inputs.yaml_nodes import YamlError, parse_yaml
from scanner.model.errors import AssayError, InputError
from scanner.model.locked import DependencyFile

NAMES = (
    "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "pyproject.toml", "Pipfile", "Pipfile.lock", "setup.cfg",
    "setup.py", "environment.yml", "requirements.txt", "uv.toml", "hatch.toml", "pixi.toml", "pixi.lock",
    "conda-lock.yml",
)  # fmt: skip
PLACES = (
    "Dockerfile",
    "Makefile",
    "run.sh",
    "tox.ini",
    "noxfile.py",
    ".github/workflows/a.yml",
    ".pre-commit-config.yaml",
)
OTHERS = ("package-lock.json", "package.json", "yarn.lock", "pnpm-lock.yaml", "Cargo.lock")
WORDS = st.sampled_from(
    [
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ",",
        '"',
        "'",
        ":",
        "-",
        "|",
        ">",
        "#",
        "\n",
        "\n",
        "\\",
        "-r",
        "-e",
        "pip",
        "install",
        "name",
        "version",
        "package",
        "dependencies",
        "project",
        "tool",
        "uv",
        "poetry",
        "source",
        "default",
        "\ud7ff",
        "\x00",
        "é",
        "1",
        "true",
        "curl",
        "sh",
        "setup(",
        "install_requires",
        "deps",
        "run:",
        "&&",
        ";",
        "==",
        ">=",
        "@",
        "https://u:p@h/x",
    ]
)
BODIES = st.binary(max_size=400) | st.lists(WORDS, max_size=60).map(lambda one: " ".join(one).encode())


def test_every_format_has_a_name_here() -> None:
    assert {found.kind for name in NAMES if (found := format_of(name))} == {one.kind for one in FORMATS}


@settings(max_examples=60, deadline=None)
@given(body=BODIES)
@example(body=b"\xff\xfe" + "idna\n".encode("utf-16-le"))
@example(body=b'{"a": "\\ud800"}')
@example(body=b"a = 0x" + b"f" * 9000)
def test_any_bytes_end_in_values_or_in_our_errors(body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in (*NAMES, *PLACES, *OTHERS, "bom.json"):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            try:
                found = format_of(name)
                if found is not None:
                    assert isinstance(found.read(root, name), DependencyFile)
                elif name in PLACES:
                    undeclared.read(root, name)
                elif name in OTHERS:
                    assert seen_file(root, name) is not None
                else:
                    sbom.read(root, name)
            except AssayError as error:
                assert error.where


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200) | st.lists(WORDS, max_size=60).map(" ".join))
def test_any_text_is_yaml_or_an_error_with_a_line(text: str) -> None:
    try:
        parse_yaml(text)
    except YamlError as error:
        assert error.line >= 0


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("uv.lock", "a = " + "[" * 10_000_000),
        ("uv.lock", "a = " + "{a = " * 2_000_000),
        ("pyproject.toml", "\n".join("[a" + ".a" * 900 + f".b{i}]" for i in range(3000))),
        ("poetry.lock", "a = 1" + "0" * 100_000),
        ("Pipfile.lock", "[" * 5_000_000),
        ("Pipfile.lock", '{"a": ' * 100_000),
        ("environment.yml", "- " * 1_000_000),
        ("environment.yml", "a: [" * 4_000),
        ("setup.py", "setup(install_requires=" + "[" * 100_000),
        ("setup.py", "setup(install_requires=" + "+".join(["['a']"] * 5_000) + ")"),
        ("setup.py", "a = dict(**a, **b)\nb = dict(**a)\n" * 2_000 + "setup(**a)"),
        (
            "setup.py",
            "def f():\n" + " x = 1\n" * 50_000 + " return open(x)\nsetup(install_requires=[" + "f()," * 9_000 + "])",
        ),
        (
            "setup.py",
            "\n".join(f"x{i} = 'a'" for i in range(30_000))
            + "\ndef f(): return g\nsetup(install_requires=["
            + "f()," * 9_000
            + "])",
        ),
        (
            "setup.py",
            "\n".join(f"e[{i}] = sum(e.values(), [])" for i in range(3_000)) + "\ne = {}\nsetup(extras_require=e)",
        ),
        ("setup.py", "setup(install_requires=['" + "{}" * 50_000 + "'.format(*a)])"),
        ("requirements.txt", "a ; " + "(" * 100_000),
    ],
)
def test_absurd_files_end_soon(tmp_path: Path, name: str, body: str) -> None:
    (tmp_path / name).write_text(body)
    began = time.monotonic()
    found = format_of(name)
    assert found is not None
    try:
        assert found.read(tmp_path, name).gaps
    except InputError as error:
        assert name in error.where
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "line", ["pip " + "-a=b " * 2_000, "pip " + "a=" * 2_000, "curl | " * 1_000, "git clone " * 700]
)
def test_a_hostile_shell_line_ends_soon(tmp_path: Path, line: str) -> None:
    (tmp_path / "run.sh").write_text((line + "\n") * 20)
    began = time.monotonic()
    undeclared.read(tmp_path, "run.sh")
    assert time.monotonic() - began < 10


def test_a_gitignore_of_many_stars_ends_soon(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(("*a" * 200 + "b\n") * 50)
    rules = IgnoreRules(tmp_path)
    rules.enter(".")
    began = time.monotonic()
    assert not rules.ignores("a" * 250, is_folder=True)
    assert time.monotonic() - began < 5


def test_files_that_include_each_other_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r requirements-dev.txt\nidna\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\ncertifi\n")
    files = discover(tmp_path).files
    assert len(files) == 1
    assert {one.name for group in files[0].groups for one in group.requirements} == {"idna", "certifi"}


@settings(max_examples=60, deadline=None)
@given(metadata=BODIES, url=BODIES, record=BODIES)
def test_any_bytes_in_an_installed_environment_end_in_values_or_gaps(
    metadata: bytes, url: bytes, record: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        info = Path(folder) / "lib" / "python3.11" / "site-packages" / "demo-1.dist-info"
        info.mkdir(parents=True)
        for name, body in (("METADATA", metadata), ("direct_url.json", url), ("RECORD", record)):
            (info / name).write_bytes(body)
        with suppress(AssayError):  # Nothing else may come out.
            file = read_environment(Path(folder))
            assert len(file.locked) + len(file.gaps) >= 1


@settings(max_examples=60, deadline=None)
@given(
    metadata=st.lists(
        st.sampled_from(["Name: a", "Version: 1", "Requires-Dist: b; (", "Requires-Dist: [", ": x", " y"])
    )
)
def test_odd_metadata_in_an_installed_environment_is_a_value_or_a_gap(metadata: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        info = Path(folder) / "lib" / "python3.11" / "site-packages" / "demo-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("\n".join(metadata))
        with suppress(AssayError):  # Nothing else may come out.
            file = read_environment(Path(folder))
            assert len(file.locked) + len(file.gaps) >= 1
