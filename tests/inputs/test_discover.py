"""Discovery: what is found, what is skipped, and one clear error where nothing can be audited."""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.inputs.discover import FORMATS, discover
from scanner.inputs.git_index import tracked
from scanner.inputs.ignored import IgnoreRules
from scanner.inputs.walk import walk
from scanner.model.errors import InputError


def project(root: Path, files: dict[str, str]) -> Path:
    for name, body in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
    return root


def test_every_dependency_file_is_found_and_the_unread_are_listed(tmp_path: Path) -> None:
    project(
        tmp_path,
        {
            "pyproject.toml": '[project]\nname = "a"\n',
            "requirements-dev.txt": "idna\n",
            "requirements/base.txt": "certifi\n",
            "services/api/requirements.txt": "flask\n",
            "web/package-lock.json": '{"packages": {"": {}, "node_modules/left": {"version": "1.0"}}}',
            "Pipfile": '[packages]\nattrs = "*"\n',
            "notes.txt": "no requirements at all, just prose",
        },
    )
    found = discover(tmp_path)
    assert [one.path for one in found.files] == [
        "Pipfile",
        "pyproject.toml",
        "requirements-dev.txt",
        "requirements/base.txt",
        "services/api/requirements.txt",
    ]
    assert [(one.path, one.packages, one.inventory) for one in found.seen] == [
        ("web/package-lock.json", 1, ("left==1.0",))
    ]


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, stdout=subprocess.DEVNULL)


def environment(folder: Path) -> None:
    """What ``python -m venv`` makes, as far as a reader can tell."""
    project(folder, {"pyvenv.cfg": "home = /usr/bin\n", "lib/python3.12/site-packages/six.py": ""})
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to("/usr/bin/python3")


def test_no_folder_is_left_out_by_its_name_and_a_fault_in_it_is_a_gap(tmp_path: Path) -> None:
    names = [".idea", ".vscode", "__pycache__", "node_modules/x", "a/site-packages", ".tox/py"]
    files = {"requirements.txt": "idna\n"}
    for name in names:
        files |= {f"{name}/requirements.txt": "six\n", f"{name}/requirements-bad.txt": "bad !", f"{name}/x.py": ""}
    found = discover(project(tmp_path, files))
    assert {f"{name}/requirements.txt" for name in names} <= {one.path for one in found.files}
    assert {f"{name}/x.py" for name in names} <= set(found.tree)
    gaps = {gap.location.path for file in found.files for gap in file.gaps}
    assert gaps == {f"{name}/requirements-bad.txt" for name in names}


def test_version_control_states_no_dependency_and_its_hooks_are_code(tmp_path: Path) -> None:
    files = {
        ".git/requirements.txt": "bad !",
        ".git/hooks/post-checkout": "#!python",
        ".git/refs/heads/fix.py": "0" * 40,
    }
    found = discover(project(tmp_path, {"requirements.txt": "idna\n", **files, ".git/config": ""}))
    assert [one.path for one in found.files] == ["requirements.txt"]
    assert [one.path for one in found.seen] == [".git/requirements.txt"]
    assert found.tree == ("requirements.txt", ".git/requirements.txt", ".git/hooks/post-checkout")


@pytest.mark.parametrize("named", [False, True])
def test_what_the_own_repository_ignores_is_read_and_states_no_dependency_unless_named(
    tmp_path: Path, named: bool
) -> None:
    files = {"requirements.txt": "idna\n", ".gitignore": "/out/\n", "Makefile": "pip install -r out/requirements.txt\n"}
    project(tmp_path, {**files, "out/requirements.txt": "six\n", "out/x.py": "", "out/readme.md": ""})
    if not named:
        (tmp_path / "Makefile").unlink()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    found = discover(tmp_path)
    assert ("out/requirements.txt" in {one.path for one in found.files}) == named
    assert [one.path for one in found.seen] == ([] if named else ["out/requirements.txt"])
    assert "out/x.py" in found.tree
    assert "out/readme.md" not in found.tree


@pytest.mark.parametrize(
    ("files", "is_repository", "left_out"),
    [
        ({"app.py": "import idna\n"}, False, True),
        ({"README.md": "Start env/bin/python.\n"}, False, False),
        ({"README.md": "Start env/bin/python.\n", "pyproject.toml": '[tool.ruff]\nexclude = ["env"]\n'}, True, True),
        ({"app.py": 'sys.path.insert(0, "env/lib/python3.12/site-packages")\n'}, True, False),
        ({"app.py": 'sys.path.insert(0, os.path.join(here, "env", "lib"))\n'}, True, False),
    ],
)
def test_an_environment_is_left_out_where_nothing_takes_from_it(
    tmp_path: Path, files: dict[str, str], is_repository: bool, left_out: bool
) -> None:
    project(tmp_path, {"requirements.txt": "idna\n", **files})
    environment(tmp_path / "env")
    project(tmp_path, {"env/own.py": ""})
    if is_repository:
        git(tmp_path, "init", "--quiet")
        git(tmp_path, "add", "requirements.txt")
    found = discover(tmp_path)
    assert ("env/lib/python3.12/site-packages/six.py" not in found.tree) == left_out
    assert ("env/" in {one.path for one in found.seen}) == left_out
    # What no tool put there is somebody's own.
    assert "env/own.py" in found.tree


def test_a_marker_alone_makes_no_environment(tmp_path: Path) -> None:
    files = {"requirements.txt": "idna\n", "env/pyvenv.cfg": "", "env/x.py": "", "env/requirements.txt": "six\n"}
    found = discover(project(tmp_path, files))
    assert {"env/x.py", "env/requirements.txt"} <= set(found.tree)


def test_a_marker_at_the_top_does_not_hide_the_project(tmp_path: Path) -> None:
    files = {
        "app/requirements.txt": "idna\n",
        "six-1.0.dist-info/METADATA": "Name: six\nVersion: 1.0\n",
        "pyvenv.cfg": "",
    }
    assert [one.path for one in discover(project(tmp_path, files)).files] == ["app/requirements.txt"]
    brought = {"six-1.0.dist-info/RECORD": "app/requirements.txt,,\n"}
    assert [one.kind for one in discover(project(tmp_path, brought)).files] == ["environment"]


def test_links_within_the_tree_are_followed_and_a_ring_of_them_ends(tmp_path: Path) -> None:
    project(
        tmp_path, {"requirements.txt": "idna\n", "tests/own/__init__.py": "", "tests/own/setup.py": "", "x.txt": ""}
    )
    (tmp_path / "own").symlink_to("tests/own")
    (tmp_path / "tests/own/ring").symlink_to("../../own")
    (tmp_path / "setup.py").symlink_to("x.txt")
    found = discover(tmp_path)
    assert {"own/__init__.py", "setup.py", "own/ring/__init__.py"} <= set(found.tree)
    assert len(found.tree) < 30


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_a_folder_that_is_ignored_and_tracked_all_the_same_is_looked_at(tmp_path: Path, version: str) -> None:
    project(
        tmp_path,
        {
            ".gitignore": "vendored/\ngenerated/\n",
            "requirements.txt": "idna\n",
            "part/vendored/deep/requirements.txt": "a\n",
            "part/vendored/deep/requirements-dev.txt": "c\n",
            "generated/requirements.txt": "b\n",
        },
    )
    git = ["git", "-C", str(tmp_path), "-c", f"index.version={version}"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--force", "requirements.txt", "part"], check=True)
    if version == "3":
        # An entry with extended flags is what makes it version 3.
        subprocess.run([*git, "add", "--force", "--intent-to-add", "generated/requirements.txt"], check=True)
    found = sorted(one.path for one in discover(tmp_path).files)
    expected = ["part/vendored/deep/requirements-dev.txt", "part/vendored/deep/requirements.txt", "requirements.txt"]
    assert found == (["generated/requirements.txt", *expected] if version == "3" else expected)
    # The same holds where a part of the repository is audited.
    assert sorted(one.path for one in discover(tmp_path / "part").files) == [
        one.removeprefix("part/") for one in expected if one.startswith("part/")
    ]


def test_without_a_repository_nothing_is_ignored(tmp_path: Path) -> None:
    project(tmp_path, {".gitignore": "*\n", "lib/requirements.txt": "idna\n"})
    assert [one.path for one in discover(tmp_path).files] == ["lib/requirements.txt"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(2, 4), st.integers(0, 5))
def test_any_index_ends_in_folders_or_in_none(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, version: int, count: int
) -> None:
    folder = tmp_path_factory.mktemp("index")
    (folder / ".git").mkdir()
    (folder / ".git" / "index").write_bytes(b"DIRC" + version.to_bytes(4, "big") + count.to_bytes(4, "big") + body)
    found = tracked(folder)
    assert found is None or all(isinstance(one, str) for one in found.folders)


def test_a_gitignore_that_names_a_lock_does_not_hide_it(tmp_path: Path) -> None:
    project(tmp_path, {".gitignore": "requirements.txt\n", "requirements.txt": "idna\n"})
    assert [one.path for one in discover(tmp_path).files] == ["requirements.txt"]


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    project(tmp_path, {"inside/requirements.txt": "idna\n", "outside/requirements.txt": "bad !"})
    (tmp_path / "inside" / "linked").symlink_to(tmp_path / "outside")
    (tmp_path / "inside" / "uv.lock").symlink_to(tmp_path / "outside" / "requirements.txt")
    found = discover(tmp_path / "inside")
    assert [one.path for one in found.files] == ["requirements.txt"]
    assert [(one.path, one.kind) for one in found.seen] == [("linked/", "folder"), ("uv.lock", "link")]


def test_a_file_included_by_another_is_no_root_of_its_own(tmp_path: Path) -> None:
    project(tmp_path, {"requirements.txt": "-r requirements-base.txt\n", "requirements-base.txt": "idna\n"})
    assert [one.path for one in discover(tmp_path).files] == ["requirements.txt"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no dependency file"),
        ({"package.json": "{}"}, "seen, but not read: package.json"),
        ({"Pipfile": "x"}, "Pipfile:1"),
        ({"uv.lock": "version = ["}, "uv.lock:1"),
        ({"pyproject.toml": "[project\n"}, "pyproject.toml:1"),
        ({"requirements.txt": "\x00\x01"}, "not text"),
        ({"a/uv.lock": "version = [", "b/requirements.txt": "bad !"}, "b/requirements.txt:1"),
    ],
)
def test_what_cannot_be_audited_is_one_error_with_its_place(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        discover(project(tmp_path, files))
    assert words in caught.value.message
    assert caught.value.exit_code == 2


def test_a_missing_path_and_a_file_of_no_known_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        discover(tmp_path / "missing")
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match="not that of a dependency file"):
        discover(tmp_path / "image.png")


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        ("*.log", "a/b/x.log", True),
        ("/x.log", "a/x.log", False),
        ("/x.log", "x.log", True),
        ("docs/*.txt", "docs/a.txt", True),
        ("docs/*.txt", "docs/sub/a.txt", False),
        ("**/tmp/x", "a/b/tmp/x", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
    ],
)
def test_gitignore_patterns(tmp_path: Path, pattern: str, path: str, ignored: bool) -> None:
    (tmp_path / ".gitignore").write_text(pattern + "\n")
    rules = IgnoreRules(tmp_path)
    rules.enter(".")
    assert rules.ignores(path, is_folder=False) is ignored


def test_the_walk_is_sorted_and_ends_on_deep_trees(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 60)
    deep.mkdir(parents=True)
    (deep / "requirements.txt").write_text("idna\n")
    project(tmp_path, {"b.py": "", "a.py": "", "c/x.py": ""})
    assert list(walk(tmp_path)) == ["a.py", "b.py", "c/x.py"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("setup.py", "from setuptools import setup\nsetup(name='app')\n"),
        ("setup.cfg", "[metadata]\nname = app\n"),
        ("pyproject.toml", "[project]\nname = 'app'\nversion = '1'\n"),
        ("uv.lock", "version = 1\n[[package]]\nname = 'app'\nversion = '1'\nsource = { virtual = '.' }\n"),
    ],
)
def test_a_project_that_needs_nothing_is_a_project(tmp_path: Path, name: str, body: str) -> None:
    (tmp_path / name).write_text(body)
    assert [one.path for one in discover(tmp_path).files] == [name]


def test_formats_are_called_as_their_readers_call_them() -> None:
    for one in FORMATS:
        module = importlib.import_module(f"scanner.inputs.{one.module}")
        assert one.kind == (module.LOCK_KIND if one.function == "read_lock" else module.KIND)
        assert callable(getattr(module, one.function))
