"""Settings of tools under any name: what they install, what only looks like it, and where reading ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs import further, plain_nodes, settings_walk, tool_settings, yaml_nodes
from scanner.inputs.discover import discover
from scanner.model.locked import DependencyFile


def project(root: Path, files: dict[str, str]) -> Path:
    for name, body in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
    return root


def read(root: Path, name: str, text: str) -> DependencyFile | None:
    project(root, {name: text, "requirements.txt": "idna\n"})
    found = [one for one in discover(root).files if one.path == name]
    return found[0] if found else None


def installed(file: DependencyFile | None) -> list[str]:
    return [each.text for one in file.commands for each in one.requirements] if file else []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("site.yml", "- hosts: all\n  tasks:\n  - pip:\n      name: six==1.0\n"),
        ("site.yml", "- hosts: all\n  tasks:\n  - ansible.builtin.pip:\n      name: [six==1.0]\n"),
        ("site.yml", "- hosts: all\n  tasks:\n  - pip:\n      name: six\n      version: '1.0'\n"),
        ("site.yml", "- hosts: all\n  tasks:\n  - pip: name=six==1.0 state=present\n"),
        ("site.yml", "- hosts: all\n  tasks:\n  - shell: pip install six==1.0\n"),
        ("ray.yaml", "runtime_env:\n  pip: [six==1.0]\n"),
        ("ray.yaml", "runtime_env:\n  uv: {packages: [six==1.0]}\n"),
        ("meltano.yml", "plugins:\n  extractors:\n  - name: tap\n    pip_url: six==1.0\n"),
        ("job.json", '{"libraries": [{"pypi": {"package": "six==1.0"}}]}'),
        ("job.json", '[{"pypi": {"package": "six==1.0"}}]'),
        ("composer.yaml", "softwareConfig:\n  pypiPackages: {six: '==1.0'}\n"),
        ("manifest.json", '{"domain": "x", "requirements": ["six==1.0"]}'),
        ("glue.json", '{"python_modules": "six==1.0"}'),
        ("two.yaml", "a: 1\n---\nruntime_env: {pip: [six==1.0]}\n"),
        ("cloud-init.yaml", "#cloud-config\nruncmd:\n- pip install six==1.0\n"),
        ("cloud-init.yaml", "#cloud-config\nruncmd:\n- [pip, install, six==1.0]\n"),
        ("pod.yaml", "spec:\n  containers:\n  - command: [sh, -c]\n    args: ['pip install six==1.0']\n"),
        ("pod.yaml", "spec:\n  containers:\n  - command: [pip]\n    args: [install, six==1.0]\n"),
        (".vscode/tasks.json", '{"tasks": [{"command": "pip install six==1.0",},]} // as the editor takes it'),
        ("netlify.toml", '[build]\ncommand = "pip install six==1.0 && make"\n'),
        ("nixpacks.toml", '[phases.install]\ncmds = ["pip install six==1.0"]\n'),
        ("mise.toml", '[tools]\n"pipx:six" = "1.0"\n'),
        ("render.yaml", "services:\n- buildCommand: pip install six==1.0\n"),
        (".readthedocs.yaml", "build:\n  jobs:\n    post_install:\n    - pip install six==1.0\n"),
        ("pants.toml", '[GLOBAL]\nplugins = ["six==1.0"]\n'),
        (".platform.app.yaml", "dependencies:\n  python3: {six: '1.0'}\n"),
        (".ebextensions/a.config", "packages:\n  python:\n    six: ['1.0']\n"),
        ("deps.yaml", "- six==1.0\n"),
        ("state.sls", "x:\n  pip.installed:\n  - name: six==1.0\n"),
        ("state.sls", "x:\n  pip.installed:\n  - pkgs: [six==1.0]\n"),
        ("glue.yaml", "requirements: |\n  six==1.0\n"),
    ],
)
def test_what_a_tool_installs_counts_whatever_its_settings_are_called(tmp_path: Path, name: str, text: str) -> None:
    file = read(tmp_path, name, text)
    assert installed(file) == ["six==1.0"]
    assert file is not None
    assert not file.gaps
    assert [(one.kind, one.name) for one in file.groups] == [("undeclared", name.rpartition("/")[2])]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("openapi.yaml", "paths:\n  /install:\n    get:\n      description: Run pip install six==1.0 first.\n"),
        ("bug.yml", "body:\n- type: textarea\n  attributes: {placeholder: pip install six==1.0}\n"),
        ("labeler.yml", "pip: ['requirements.txt', '*.cfg']\n"),
        ("dependabot.yml", "updates:\n- package-ecosystem: pip\n  directory: /\n"),
        (
            "renovate.json",
            '{"pip_requirements": {"fileMatch": ["requirements.txt"]}, "pip-compile": {"enabled": true}}',
        ),
        ("settings.yml", "pip: '21.0'\ncache: pip\npip_version: '>=21.0'\n"),
        ("module.yml", "dependencies: [core, plugins]\nrequires: [base]\nrequirements: [fast, cheap]\n"),
        ("plugin.yaml", "requirements: python>=3.8\n"),
        ("copy.json", '{"info": {"requires_dist": ["six (>=1.0)"], "requires_python": ">=3.8"}}'),
        ("data.json", '[{"input": "how?", "output": "pip install six==1.0"}]'),
        ("data.json", '{"text": "pip install six"}\n{"text": "pip install idna"}\n'),
        ("package.yaml", "dependencies:\n- base >= 4.7\n"),
        ("steps.yml", "steps: ['pip install .', 'pip install --group docs', 'pip install -e .[x]']\n"),
        ("Chart.yaml", "dependencies:\n- name: x\n  version: '>=1.0'\n"),
    ],
)
def test_what_only_looks_like_it_is_none(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, name, text) is None


@pytest.mark.parametrize("channels", ["channels: [conda-forge]\n", ""])
def test_an_environment_of_conda_is_known_by_its_shape(tmp_path: Path, channels: str) -> None:
    file = read(tmp_path, "conda.yaml", f"{channels}dependencies:\n- python=3.11\n- pip:\n  - six==1.0\n")
    assert file is not None
    assert file.kind == "environment.yml"
    assert [(one.kind, [each.text for each in one.requirements]) for one in file.groups] == [
        ("dependencies", ["six==1.0"])
    ]


def test_a_conda_recipe_is_a_gap_that_names_what_it_asks_for(tmp_path: Path) -> None:
    recipe = "{% set v = '1' %}\npackage:\n  name: x\nrequirements:\n  host:\n    - python\n  run:\n    - six {{ v }}\n"
    file = read(tmp_path, "recipe/meta.yaml", recipe + "about:\n  - home\n")
    assert file is not None
    assert [(one.location.line, one.reason) for one in file.gaps] == [
        (4, "a conda recipe: what its requirements install is not resolved: six")
    ]
    assert read(tmp_path, "bare/meta.yaml", recipe.replace("    - six {{ v }}\n", "    - pip\n")) is None


def test_a_file_that_settings_name_is_read_as_requirements(tmp_path: Path) -> None:
    names = "python:\n  install:\n  - requirements: docs/needs\n  - requirements: README.md\n"
    files = {".readthedocs.yaml": names, "docs/needs": "six\n", "README.md": "Prose and pip.\n"}
    found = discover(project(tmp_path, {**files, "requirements.txt": "idna\n"}))
    assert [(one.path, one.groups[0].kind) for one in found.files] == [
        ("requirements.txt", "dependencies"),
        ("docs/needs", "group"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("site.yml", "pip:\n  name: '{{ item }}'\n", "the tool fills in {{ item }}: what it installs is not known"),
        ("a.yaml", "run: pip install six\nx: {{ y }\n", "what it installs is not known: "),
        ("b.yaml", "pip: [six]\npip: [idna]\n", "what it installs is not known: the key pip stands twice in one map"),
        ("c.yaml", "a: [pip]\nrun: pip install six\n" + "[" * 70 + "]" * 70, "what it installs is not known: "),
        ("d.json", '{"pip": ["six"], "x": ' + "[" * 70 + "]" * 70 + "}", "what it installs is not known: it is nested"),
    ],
)
def test_what_cannot_be_read_and_may_install_is_a_gap(tmp_path: Path, name: str, text: str, why: str) -> None:
    file = read(tmp_path, name, text)
    assert file is not None
    assert [one.reason[: len(why)] for one in file.gaps] == [why]


def test_bounds_are_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{one}.yaml": "pip: [six==1.0]\n" for one in "abc"} | {f"{one}.list": "six==1.0\n" for one in "xyz"}
    project(tmp_path, {**files, "requirements.txt": "idna\n"})
    monkeypatch.setattr(further, "MAX_READ", 2)
    assert [(one.location.path, one.reason) for one in discover(tmp_path).gaps] == [
        ("c.yaml", "more than 2 settings of tools may install something: none is read from here on"),
        ("z.list", "more than 2 files state requirements: none is read from here on"),
    ]
    monkeypatch.setattr(tool_settings, "MAX_TOTAL", 1)
    assert [one.location.path for one in discover(tmp_path).gaps] == ["b.yaml", "z.list"]
    monkeypatch.setattr(settings_walk, "MAX_NODES", 1)
    file = tool_settings.read(tmp_path, "a.yaml").file
    assert file is not None
    assert [one.reason for one in file.gaps] == ["what it installs is not known: it has more than 1 nodes"]
    monkeypatch.setattr(yaml_nodes, "MAX_CHARACTERS", 10)
    file = tool_settings.read(tmp_path, "a.yaml").file
    assert file is not None
    assert file.gaps[0].reason.startswith("what it installs is not known: it is larger than")
    monkeypatch.setattr(plain_nodes, "MAX_NODES", 1)
    project(tmp_path, {"a.json": '{"pip": ["six==1.0"]}'})
    file = tool_settings.read(tmp_path, "a.json").file
    assert file is not None
    assert [one.reason for one in file.gaps] == ["what it installs is not known: it has more than 1 nodes"]


def test_lists_of_files_that_another_reader_has_for_their_commands_count_once(tmp_path: Path) -> None:
    text = "jobs:\n  a:\n    strategy: {matrix: {deps: [six==1.0]}}\n    steps:\n    - run: pip install idna==1.0\n"
    hook = "repos:\n- hooks:\n  - additional_dependencies: [six==1.0]\n"
    files = {".github/workflows/x.yml": text, ".pre-commit-config.yaml": hook, "bad/cog.yaml": "a: {"}
    found = discover(project(tmp_path, {**files, "requirements.txt": "idna\n"})).files
    assert [(one.path, one.kind, installed(one)) for one in found if one.path != "requirements.txt"] == [
        (".pre-commit-config.yaml", "pre-commit", ["six==1.0"]),
        (".github/workflows/x.yml", "GitHub workflow", ["idna==1.0"]),
        ("bad/cog.yaml", "model recipe", []),
        (".github/workflows/x.yml", "tool settings", ["six==1.0"]),
    ]


def test_comments_and_last_commas_of_json_are_taken_out_and_its_texts_are_not() -> None:
    text = '{"a": "// no, /* no */", // yes\n "b": [1, /* two\nlines */ 2,\n],}'
    assert plain_nodes.strict_json(text) == '{"a": "// no, /* no */", \n "b": [1, \n 2\n]}'
    assert plain_nodes.strict_json("/* never ends") == ""


def test_a_file_alone_is_read_by_its_shape_too(tmp_path: Path) -> None:
    project(tmp_path, {"conda.yaml": "dependencies:\n- pip: [six==1.0]\n"})
    found = discover(tmp_path / "conda.yaml")
    assert [one.kind for one in found.files] == ["environment.yml"]
