"""pdm locks, uv's conflict markers, bills of materials, installed environments, and locks against manifests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.inputs import pdm_lock, sbom, uv_conflicts, uv_lock
from scanner.inputs.discover import discover
from scanner.inputs.projects import contradictions, group_projects, manifests_of_locks
from scanner.model.errors import InputError
from scanner.model.known import NotKnown


def write(root: Path, files: dict[str, str]) -> Path:
    for name, body in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(body)
    return root


def test_pdm_lock_joins_the_tables_of_a_package_and_its_extras(tmp_path: Path) -> None:
    body = """\
[metadata]
groups = ["default", "dev"]
lock_version = "4.5.0"
[[metadata.targets]]
requires_python = ">=3.11"
[[package]]
name = "requests"
version = "2.32.0"
groups = ["default"]
dependencies = ["idna<4,>=2.5", 'colorama; sys_platform == "win32"']
files = [{file = "requests-2.32.0-py3-none-any.whl", hash = "md5:ABABABABABABABABABABABABABABABAB"}]
[[package]]
name = "requests"
version = "2.32.0"
extras = ["socks"]
groups = ["dev"]
dependencies = ["pysocks>=1.5", "requests==2.32.0"]
files = [{file = "requests-2.32.0-py3-none-any.whl", hash = "md5:ABABABABABABABABABABABABABABABAB"}]
[[package]]
name = "tool"
version = "0"
git = "https://u:secret@git.invalid/t.git"
revision = "0123456789012345678901234567890123456789"
"""
    file = pdm_lock.read(write(tmp_path, {"pdm.lock": body}), "pdm.lock")
    requests, tool = file.locked
    assert not isinstance(requests.dependencies, NotKnown)
    assert [(one.name, one.extra) for one in requests.dependencies] == [
        ("idna", ""),
        ("colorama", ""),
        ("pysocks", "socks"),
    ]
    assert (requests.groups, requests.location.line) == (("default", "dev"), 6)
    assert [str(one) for one in requests.artifacts[0].hashes] == ["md5:abababababababababababababababab"]
    assert (tool.package.source.kind, tool.package.source.url) == ("vcs", "git+https://git.invalid/t.git")
    assert file.requires_python == ">=3.11"


def test_uv_markers_of_conflicting_extras_are_decided_by_what_is_installed() -> None:
    gpu, dev = uv_conflicts.name_of("extra", "my-app", "gpu-12"), uv_conflicts.name_of("group", "my-app", "dev")
    assert (gpu, dev) == ("extra-6-my-app-gpu-12", "group-6-my-app-dev")
    marker = f"sys_platform == 'linux' and (extra == '{gpu}' or extra != '{dev}') and extra == 'project-6-my-app'"
    assert uv_conflicts.names_in(marker) == {gpu, dev, "project-6-my-app"}
    assert uv_conflicts.decided(marker, {dev, "project-6-my-app"}) == (
        "sys_platform == 'linux' and (python_version < '0' or python_version < '0') and python_version >= '0'"
    )
    assert uv_conflicts.readable(marker) == (
        "sys_platform == 'linux' and (extra == 'my-app[gpu-12]' or group != 'my-app:dev') and project == 'my-app'"
    )


def test_an_extra_that_only_looks_like_a_conflicting_one_is_left_alone() -> None:
    for marker in ("extra == 'gpu'", "extra == 'extra-x'", "python_version < '3.9'"):
        assert not uv_conflicts.names_in(marker)
        assert uv_conflicts.decided(marker, set()) == uv_conflicts.readable(marker) == marker


def test_the_groups_of_a_workspace_without_a_project_at_its_root_are_those_of_the_manifest(tmp_path: Path) -> None:
    body = """\
version = 1
[manifest]
members = ["one"]
[manifest.dependency-groups]
dev = [{ name = "Ruff", specifier = ">=1" }, { name = "numpy", extras = ["x"], marker = "sys_platform == 'linux'" }]
[[package]]
name = "one"
version = "1"
source = { editable = "one" }
[[package]]
name = "ruff"
version = "1.0"
[[package]]
name = "numpy"
version = "1.0"
resolution-markers = ["python_version < '3.12'", "python_version == '3.14'"]
[[package]]
name = "numpy"
version = "2.0"
resolution-markers = ["python_version >= '3.12'"]
"""
    file = uv_lock.read(write(tmp_path, {"uv.lock": body}), "uv.lock")
    workspace = file.locked[-1]
    assert workspace.is_project and workspace.package.name == f"{tmp_path.name} (workspace)"
    assert file.project == "one"
    assert not isinstance(workspace.dependencies, NotKnown)
    assert [(one.group, one.name, one.version, one.extras, one.marker) for one in workspace.dependencies] == [
        ("dev", "ruff", "1.0", (), ""),
        (
            "dev",
            "numpy",
            "1.0",
            ("x",),
            "(sys_platform == 'linux') and ((python_version < '3.12') or (python_version == '3.14'))",
        ),
        ("dev", "numpy", "2.0", ("x",), "(sys_platform == 'linux') and ((python_version >= '3.12'))"),
    ]


@pytest.mark.parametrize(
    "manifest", ["manifest = 1", "[manifest]\ndependency-groups = []", "[manifest.dependency-groups]\ndev = 'x'"]
)
def test_a_manifest_of_another_shape_is_a_fault_with_its_key(tmp_path: Path, manifest: str) -> None:
    with pytest.raises(InputError, match="manifest") as caught:
        uv_lock.read(write(tmp_path, {"uv.lock": f"version = 1\n{manifest}\n"}), "uv.lock")
    assert "uv.lock" in caught.value.where


def test_cyclonedx_and_spdx_give_packages_edges_and_hashes(tmp_path: Path) -> None:
    cyclonedx = {
        "bomFormat": "CycloneDX",
        "components": [
            {"bom-ref": "a", "purl": "pkg:pypi/Flask@2.0", "hashes": [{"alg": "SHA-256", "content": "AB" * 32}]},
            {"bom-ref": "b", "purl": "pkg:pypi/click@8.0?x=y"},
            {"bom-ref": "c", "purl": "pkg:npm/left@1"},
        ],
        "dependencies": [{"ref": "a", "dependsOn": ["b", "c"]}],
    }
    spdx = {
        "spdxVersion": "SPDX-2.3",
        "packages": [
            {"SPDXID": "a", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/flask@2.0"}]},
            {"SPDXID": "b", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/click@8.0"}]},
        ],
        "relationships": [{"spdxElementId": "b", "relatedSpdxElement": "a", "relationshipType": "DEPENDENCY_OF"}],
    }
    write(tmp_path, {"bom.json": json.dumps(cyclonedx, indent=1), "x.spdx.json": json.dumps(spdx)})
    first, second = (sbom.read(tmp_path, name) for name in ("bom.json", "x.spdx.json"))
    for file in (first, second):
        flask, click = file.locked
        assert [str(one.package) for one in file.locked] == ["flask==2.0", "click==8.0"]
        assert not isinstance(flask.dependencies, NotKnown)
        assert [(one.name, one.version) for one in flask.dependencies] == [("click", "8.0")]
        assert isinstance(click.dependencies, NotKnown)
    assert str(first.locked[0].hashes[0]) == "sha256:" + "ab" * 32
    assert first.locked[1].location.line == 14
    assert "1 component(s)" in first.gaps[0].reason
    with pytest.raises(InputError, match="neither"):
        sbom.read(write(tmp_path, {"y.json": "{}"}), "y.json")


def test_an_installed_environment_is_read_from_its_metadata(tmp_path: Path) -> None:
    site = "lib/python3.11/site-packages"
    write(
        tmp_path,
        {
            "pyvenv.cfg": "",
            f"{site}/flask-2.0.dist-info/METADATA": (
                "Name: Flask\nVersion: 2.0\nRequires-Dist: click>=7\nRequires-Dist: asgiref; extra == 'async'\n\nbody\n"
            ),
            f"{site}/flask-2.0.dist-info/RECORD": "",
            f"{site}/own-1.dist-info/METADATA": "Name: own\nVersion: 1\n",
            f"{site}/own-1.dist-info/RECORD": "",
            f"{site}/own-1.dist-info/direct_url.json": (
                '{"url": "https://u:secret@git.invalid/o", "vcs_info": {"vcs": "git", "commit_id": "ab"}}'
            ),
            f"{site}/bad-1.dist-info/METADATA": "nothing",
        },
    )
    (file,) = discover(tmp_path).files
    flask, own = file.locked
    assert not isinstance(flask.dependencies, NotKnown)
    assert [(one.name, one.extra) for one in flask.dependencies] == [("click", ""), ("asgiref", "async")]
    assert (own.package.source.kind, own.package.source.url) == ("vcs", "git+https://git.invalid/o")
    assert [gap.location.path for gap in file.gaps] == [f"{site}/bad-1.dist-info/METADATA"]


LOCK = """\
version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "flask" }, { name = "slipped-in" }]
[[package]]
name = "flask"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "fork"
version = "1.0"
source = { git = "https://git.invalid/fork#0123456789012345678901234567890123456789" }
[[package]]
name = "slipped-in"
version = "9"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "member"
version = "1"
source = { editable = "packages/member" }
"""


def test_a_lock_that_its_manifest_contradicts(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": (
                '[project]\nname = "app"\ndependencies = [\n "flask>=2",\n "fork",\n "gone",\n "app[x]",\n]\n'
            ),
            "packages/member/pyproject.toml": '[project]\nname = "member"\nversion = "1"\ndependencies = ["flask"]\n',
            "uv.lock": LOCK,
        },
    )
    files = discover(tmp_path).files
    found = {(one.kind, one.name): one for one in contradictions(files)}
    assert sorted(found) == [
        ("not-declared", "slipped-in"),
        ("not-locked", "gone"),
        ("not-satisfied", "flask"),
        ("other-source", "fork"),
    ]
    flask = found["not-satisfied", "flask"]
    assert (str(flask.manifest), str(flask.lock)) == (
        "pyproject.toml:4 (project.dependencies[0])",
        "uv.lock:7 (package[1])",
    )
    assert (flask.requirement, flask.locked) == ("flask>=2", "1.0")
    covered = [one.path for one in manifests_of_locks(files)["uv.lock"]]
    assert covered == ["packages/member/pyproject.toml", "pyproject.toml"]
    assert [(one.folder, one.locks) for one in group_projects(files)] == [
        (".", ("uv.lock",)),
        ("packages/member", ("uv.lock",)),
    ]


def test_a_compiled_requirements_file_is_the_lock_of_its_in_file(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.in": "flask>=2\n", "requirements.txt": "flask==1.0\nclick==8.0\n"})
    (one,) = contradictions(discover(tmp_path).files)
    assert (one.kind, one.name, one.lock.line) == ("not-satisfied", "flask", 1)


def test_a_lock_with_a_cycle_is_read(tmp_path: Path) -> None:
    body = 'version = 1\n[[package]]\nname = "a"\nversion = "1"\ndependencies = [{ name = "b" }]\n'
    body += '[[package]]\nname = "b"\nversion = "1"\ndependencies = [{ name = "a" }]\n'
    assert len(uv_lock.read(write(tmp_path, {"uv.lock": body}), "uv.lock").locked) == 2
