"""Files of any other name: commands in their lines, lists in Python, and files of requirements that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs import further
from scanner.inputs.discover import discover
from scanner.model.locked import DependencyFile


def read(root: Path, name: str, body: str | bytes) -> DependencyFile | None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    (root / "requirements.txt").write_text("idna\n")
    found = [one for one in discover(root).files if one.path == name]
    return found[0] if found else None


def installed(file: DependencyFile | None) -> list[tuple[int, str]]:
    return [(one.location.line, each.text) for one in file.commands for each in one.requirements] if file else []


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("Earthfile", "FROM python\nRUN pip install six==1.0\n", 2),
        ("bin/start", "#!/bin/sh\npip install six==1.0\n", 2),
        ("bin/start", b"#!/bin/sh\n# \xe9\0\npip install six==1.0\n\0", 3),
        ("job.slurm", "#!/bin/bash\npip install \\\n  six==1.0\n", 2),
        ("app.service", "[Service]\nExecStartPre=-/usr/bin/pip install six==1.0\n", 2),
        (".replit", 'run = "pip install six==1.0"\n', 1),
        ("deploy.sh.j2", "pip --quiet install six==1.0\n", 1),
        ("CMakeLists.txt", "execute_process(COMMAND pip install six==1.0)\n", 1),
        ("x.rake", "sh 'pip', 'install', 'six==1.0'\n", 1),
        ("x.gradle", "exec { commandLine 'pip', 'install', 'six==1.0' }\n", 1),
        ("report.qmd", "```{python}\n!pip install six==1.0\n```\n", 2),
        ("app.spec", "[app]\nrequirements = python3,six==1.0\n", 2),
        ("build.xml", '<exec executable="x"><arg line="pip install six==1.0"/></exec>\n', 1),
        ("run.js", 'execSync("pip install six==1.0")\n', 1),
        ("stack.ts", "const x = { command: ['bash', '-c', 'pip install six==1.0'] }\n", 1),
        ("main.tf", "user_data = <<EOF\nuvx six==1.0\nEOF\n", 2),
    ],
)
def test_lines_that_install(tmp_path: Path, name: str, body: str | bytes, line: int) -> None:
    assert installed(read(tmp_path, name, body)) == [(line, "six==1.0")]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("README", "pip install six==1.0\n"),
        ("README.md.j2", "pip install six==1.0\n"),
        ("docs/install.rst", "    pip install six==1.0\n"),
        ("x.html", "<pre>pip install six==1.0</pre>\n"),
        ("x.js", "const text = 'pip install six==1.0'\n"),
        ("media.types", "application/vnd.x uvx uvvx\n"),
        ("x.egg-info", "Install it: pip install six==1.0\n"),
        ("weights.bin", b"\0\npip install six==1.0\n"),
        ("weights", b"\x93NUMPY\0\npip install six==1.0\n"),
        ("app.cfg", "requirements = fast, cheap\n"),
        ("Earthfile", "RUN pip install -e .\n"),
    ],
)
def test_prose_data_and_programs_are_no_scripts(tmp_path: Path, name: str, body: str | bytes) -> None:
    assert read(tmp_path, name, body) is None


@pytest.mark.parametrize(
    "text",
    [
        "@component(packages_to_install=['six==1.0'])\ndef f(): ...\n",
        "image = Image().pip_install('six==1.0')\n",
        "image = Image().uv_pip_install(['six==1.0'])\n",
        "ray.init(runtime_env={'pip': ['six==1.0']})\n",
        "ray.init(runtime_env={'pip': {'packages': ['six==1.0']}})\n",
        "log_model(pip_requirements=['six==1.0'])\n",
        "Operator(requirements=['six==1.0'])\n",
        "setup(install_requires=['six==1.0'])\n",
        "# MAGIC %pip install six==1.0\n",
        "# !pip install six==1.0\n",
        "c.run('pip install six==1.0')\n",
        "run('python3 -m pip install six==1.0')\n",
        "run([sys.executable, '-m', 'pip', 'install', 'six==1.0'])\n",
        "get_ipython().run_line_magic('pip', 'install six==1.0')\n",
    ],
)
def test_literals_of_python_that_are_handed_to_an_installer(tmp_path: Path, text: str) -> None:
    assert installed(read(tmp_path, "flow.py", text)) == [(1, "six==1.0")]


@pytest.mark.parametrize(
    "text",
    [
        "raise ImportError('pip install six==1.0')\n",
        "print('pip install six==1.0')\n",
        "logger.warning('run pip install six==1.0')\n",
        "x = {'pip': ['fast', 'cheap']}\n",
        "f(requirements=['fast', 'cheap'])\n",
        "f(requirements=['six==1.0', other])\n",
        "run('echo pip install six==1.0')\n",
        "packages_to_install = 1\n",
        "def f(:  # requirements = [\n",
    ],
)
def test_python_that_only_speaks_of_it(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, "flow.py", text) is None


def test_python_that_cannot_be_parsed_and_surely_installs_is_a_gap(tmp_path: Path) -> None:
    file = read(tmp_path, "flow.py", "image.pip_install('six')\ndef f(:\n")
    assert file is not None
    assert [(one.location.line, one.reason) for one in file.gaps] == [
        (2, "it speaks of pip_install( and cannot be parsed: what it installs is not known")
    ]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("tox.ini", "[testenv]\ndeps = -r {toxinidir}/needs.md\n"),
        ("tox.ini", "[testenv]\ndeps =\n    -rneeds.md\n    idna\n"),
        ("setup.cfg", "[tox:tox]\n[testenv]\ndeps = -r needs.md\n"),
        ("pyproject.toml", "[tool.tox]\nlegacy_tox_ini = '''\n[testenv]\ndeps = -r needs.md\n'''\n"),
        ("MODULE.bazel", 'pip.parse(requirements_lock = "//:needs.md")\n'),
        ("flow.py", "image.pip_install_from_requirements('needs.md')\n"),
        ("flow.py", "Job(requirements_file='needs.md')\n"),
        ("pip.conf", "[install]\nrequirement = needs.md\n"),
        ("sub/serverless.yml", "custom:\n  pythonRequirements:\n    fileName: needs.md\n"),
    ],
)
def test_a_file_of_requirements_that_is_named_is_read(tmp_path: Path, name: str, body: str) -> None:
    (tmp_path / "needs.md").write_text("six\n")
    read(tmp_path, name, body)
    file = discover(tmp_path).files[-1]
    assert (file.path, file.kind) == ("needs.md", "requirements.txt")
    assert [(one.kind, one.name, one.requirements[0].text) for one in file.groups] == [("group", "needs.md", "six")]


def test_a_file_that_tox_names_by_a_variable_is_a_gap(tmp_path: Path) -> None:
    file = read(tmp_path, "tox.ini", "[testenv]\ndeps = -r {env:WHAT}\n")
    assert file is not None
    assert [one.reason for one in file.gaps] == ["tox fills in {env:WHAT}: what that installs is not known"]


def test_bounds_are_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        read(tmp_path, name, "pip install six==1.0\n")
    monkeypatch.setattr(further, "MAX_READ", 2)
    assert [(one.location.path, one.reason) for one in discover(tmp_path).gaps] == [
        ("c", "more than 2 further files may install something: none is read from here on")
    ]
    monkeypatch.setattr(further, "MAX_TOTAL", 1)
    assert [one.location.path for one in discover(tmp_path).gaps] == ["b"]
