"""uv, poetry and PEP 751 locks: packages, edges, sources and files, with the line of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.inputs import poetry_lock, pylock, pyproject, uv_lock
from scanner.model.errors import AssayError, InputError
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile

UV = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "flask", extra = ["async"] },
    { name = "pywin32", marker = "sys_platform == 'win32'" },
]

[package.optional-dependencies]
gpu = [{ name = "torch", version = "2.1" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "Flask"
version = "3.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://h.invalid/f/flask-3.0.tar.gz", hash = "md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", size = 5 }
wheels = [
    { url = "https://h.invalid/f/flask-3.0-py3-none-any.whl", hash = "md5:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", size = 7 },
]

[package.optional-dependencies]
async = [{ name = "asgiref" }]

[[package]]
name = "tool"
version = "1.0"
source = { git = "https://user:pw@github.com/a/tool?rev=main&subdirectory=x#0123456789abcdef0123456789abcdef01234567" }

[[package]]
name = "private"
version = "2.0"
source = { registry = "https://user:pw@index.invalid/simple" }
"""

POETRY = """\
[[package]]
name = "requests"
version = "2.31"
optional = false
python-versions = ">=3.7"
groups = ["main"]
markers = "python_version < '4'"
files = [{file = "requests-2.31-py3-none-any.whl", hash = "md5:cccccccccccccccccccccccccccccccc"}]

[package.dependencies]
idna = ">=2.5,<4"
PySocks = {version = ">=1.5.6", optional = true}
chardet = [
    {version = ">=3", markers = "python_version < '3.9'"},
    {version = ">=4", markers = "python_version >= '3.9'"},
]

[package.extras]
socks = ["PySocks (>=1.5.6)"]

[[package]]
name = "forked"
version = "1.0"
groups = ["main", "dev"]
markers = {main = "sys_platform == 'linux'", dev = "sys_platform == 'win32'"}

[package.source]
type = "git"
url = "https://github.com/a/forked.git"
resolved_reference = "0123456789abcdef0123456789abcdef01234567"

[metadata]
lock-version = "2.1"
python-versions = "^3.11"

[metadata.files]
forked = [{file = "old-style.whl", hash = "md5:dddddddddddddddddddddddddddddddd"}]
"""

PYLOCK = """\
lock-version = "1.0"
created-by = "test"
requires-python = ">=3.11"

[[packages]]
name = "attrs"
version = "25.1.0"
dependencies = [{name = "idna"}]

[[packages.wheels]]
name = "attrs-25.1.0-py3-none-any.whl"
url = "https://files.pythonhosted.org/f/attrs-25.1.0-py3-none-any.whl"
size = 3
hashes = {sha256 = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}

[[packages]]
name = "idna"
version = "3.7"
marker = "python_version < '4'"
index = "https://index.invalid/simple"

[packages.sdist]
name = "idna-3.7.tar.gz"
path = "./idna-3.7.tar.gz"
hashes = {sha256 = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}
"""

Read = Callable[[Path, str], DependencyFile]


def written(read: Read, folder: Path, text: str | bytes, name: str = "x.lock") -> DependencyFile:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(folder, name)


def test_uv_edges_carry_extras_groups_markers_and_versions(tmp_path: Path) -> None:
    file = written(uv_lock.read, tmp_path, UV)
    app, flask, tool, private = file.locked
    assert (file.project, file.version, app.is_project) == ("app", "0.1.0", True)
    assert not isinstance(app.dependencies, NotKnown)
    shown = [(edge.name, edge.version, edge.extras, edge.marker, edge.extra, edge.group) for edge in app.dependencies]
    assert shown == [
        ("flask", "", ("async",), "", "", ""),
        ("pywin32", "", (), "sys_platform == 'win32'", "", ""),
        ("torch", "2.1", (), "", "gpu", ""),
        ("pytest", "", (), "", "", "dev"),
    ]
    assert [one.filename for one in flask.artifacts] == ["flask-3.0.tar.gz", "flask-3.0-py3-none-any.whl"]
    assert (flask.location.line, flask.location.key_path) == (20, "package[1]")
    assert (tool.package.source.kind, tool.package.source.commit[:4], tool.package.source.subdirectory) == (
        "vcs",
        "0123",
        "x",
    )
    assert tool.package.source.url == "git+https://github.com/a/tool"
    assert private.package.source.url == "https://index.invalid/simple"


def test_poetry_edges_files_markers_and_sources(tmp_path: Path) -> None:
    requests, forked = written(poetry_lock.read, tmp_path, POETRY).locked
    assert not isinstance(requests.dependencies, NotKnown)
    assert [(edge.name, edge.specifier, edge.extra) for edge in requests.dependencies] == [
        ("pysocks", ">=1.5.6", "socks"),
        ("chardet", ">=3", ""),
        ("chardet", ">=4", ""),
        ("idna", ">=2.5,<4", ""),
    ]
    assert str(requests.artifacts[0].hashes[0]) == "md5:cccccccccccccccccccccccccccccccc"
    assert forked.marker == "(sys_platform == 'linux') or (sys_platform == 'win32')"
    assert (forked.package.source.kind, str(forked.artifacts[0].hashes[0])) == (
        "vcs",
        "md5:dddddddddddddddddddddddddddddddd",
    )


def test_pylock_states_dependencies_or_says_that_it_does_not(tmp_path: Path) -> None:
    attrs, idna = written(pylock.read, tmp_path, PYLOCK, "pylock.toml").locked
    assert attrs.dependencies and attrs.dependencies[0].name == "idna"
    assert isinstance(idna.dependencies, NotKnown)
    assert idna.package.source.url == "https://index.invalid/simple"
    assert attrs.artifacts[0].digest("sha256") == "e" * 64


def test_a_uv_lock_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="version 2"):
        written(uv_lock.read, tmp_path, "version = 2\n")


def test_all_faults_of_a_lock_come_at_once_with_line_and_key_path(tmp_path: Path) -> None:
    broken = (
        UV.replace('name = "tool"', "nome = 1")
        .replace('hash = "md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"', "hash = 5")
        .replace('"md5:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"', '"bb"')
    )
    with pytest.raises(InputError) as caught:
        written(uv_lock.read, tmp_path, broken)
    for place in ("x.lock:24 (package[1].sdist.hash)", "x.lock:26 (package[1].wheels[0].hash)", "(package[2])"):
        assert place in caught.value.message


def test_pyproject_groups_extras_build_requirements_and_uv_indexes(tmp_path: Path) -> None:
    text = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["idna>=3; python_version < '4'"]
[project.optional-dependencies]
gpu = ["torch"]
[dependency-groups]
test = ["pytest"]
dev = [{ include-group = "test" }, "ruff"]
[build-system]
requires = ["hatchling"]
[[tool.uv.index]]
name = "inner"
url = "https://user:pw@index.invalid/simple"
explicit = true
"""
    file = written(pyproject.read, tmp_path, text, "pyproject.toml")
    shown = [(one.kind, one.name, [item.name for item in one.requirements]) for one in file.groups]
    assert shown == [
        ("dependencies", "", ["idna"]),
        ("extra", "gpu", ["torch"]),
        ("group", "dev", ["pytest", "ruff"]),
        ("group", "test", ["pytest"]),
        ("build", "", ["hatchling"]),
    ]
    assert (file.options[0].value, file.options[0].explicit) == ("https://index.invalid/simple", True)


def test_pyproject_faults_come_at_once_and_a_group_that_includes_itself_is_one(tmp_path: Path) -> None:
    text = '[project]\nname = "a"\ndependencies = ["ok", "not ok !", 3]\n'
    text += '[dependency-groups]\nx = [{include-group = "x"}]\n'
    with pytest.raises(InputError) as caught:
        written(pyproject.read, tmp_path, text, "pyproject.toml")
    for part in ("project.dependencies[1]", "project.dependencies[2]", "dependency-groups.x"):
        assert part in caught.value.message


def test_dynamic_dependencies_are_a_gap_and_never_none(tmp_path: Path) -> None:
    file = written(pyproject.read, tmp_path, '[project]\nname = "a"\ndynamic = ["dependencies"]\n', "pyproject.toml")
    assert "dynamic" in file.gaps[0].reason


READERS: list[tuple[Read, str]] = [
    (uv_lock.read, "version = 1\n"),
    (poetry_lock.read, ""),
    (pylock.read, 'lock-version = "1.0"\ncreated-by = "x"\n'),
    (pyproject.read, ""),
]
TABLE_KEYS = ["name", "version", "source", "dependencies", "wheels", "sdist", "marker", "extras", "groups", "markers"]
FIELD_KEYS = ["url", "hash", "hashes", "files", "file", "registry", "git", "extra", "index", "optional-dependencies"]
KEYS = [*TABLE_KEYS, *FIELD_KEYS, "dev-dependencies"]
LEAVES = st.sampled_from(
    [
        "",
        "a",
        "md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "https://h.invalid/a-1.whl",
        "1.0",
    ]
)
JSONISH = st.recursive(
    st.one_of(st.integers(-5, 5), st.booleans(), LEAVES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)),
    max_leaves=14,
)


@pytest.mark.parametrize(("read", "head"), READERS, ids=["uv", "poetry", "pylock", "pyproject"])
@settings(max_examples=120, deadline=None)
@given(tables=st.lists(st.dictionaries(st.sampled_from(KEYS), JSONISH), max_size=3))
def test_any_shape_ends_in_values_or_in_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, read: Read, head: str, tables: list[dict[str, object]]
) -> None:
    from tests.inputs.test_toml import inline

    body = head
    for key in ("package", "packages", "project", "dependency-groups"):
        shown = tables if key.startswith("package") else tables[:1]
        for table in shown:
            mark = f"[[{key}]]" if key.startswith("package") else f"[{key}]"
            body += mark + "\n" + "".join(f"{name} = {inline(value)}\n" for name, value in table.items())
    folder = tmp_path_factory.mktemp("l")
    try:
        file = written(read, folder, body, "pylock.toml")
    except AssayError as error:
        assert "pylock.toml" in error.message
    else:
        assert all(one.package.name for one in file.locked)
