"""Manifests beyond PEP 621: tables of poetry, pdm, hatch and uv, setup.cfg, setup.py, Pipfile, environment.yml."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs import environment_yml, pipfile, pyproject, setup_cfg, setup_py
from scanner.inputs.poetry_versions import pep440
from scanner.model.errors import InputError
from scanner.model.locked import DependencyFile


def texts(file: DependencyFile, kind: str, name: str = "") -> list[str]:
    found = [group for group in file.groups if (group.kind, group.name) == (kind, name)]
    return [one.text for group in found for one in group.requirements]


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("*", ""),
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.2", "~=1.2"),
        ("1.2", "==1.2"),
        ("1.*", "==1.*"),
        (">=1.0 <2.0", ">=1.0,<2.0"),
        ("=1", "==1"),
    ],
)
def test_poetry_constraints_become_specifiers(constraint: str, specifier: str) -> None:
    assert pep440(constraint) == specifier


@pytest.mark.parametrize("constraint", ["^1 || ^2", "latest", "^x", ">= ,", "1;2", "^" * 1000])
def test_what_pep440_cannot_say_is_refused(constraint: str) -> None:
    with pytest.raises(ValueError, match=r"it allows|it is no|is no version"):
        pep440(constraint)


def test_poetry_table_with_every_kind_of_dependency(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        """\
[tool.poetry]
name = "labeler"
version = "1.0"
[tool.poetry.dependencies]
python = "^3.10"
attrs = "^23.1"
torch = { version = "~2.4", optional = true, source = "pt" }
fork = { git = "git@git.invalid:o/r.git", rev = "abc", subdirectory = "s" }
numpy = [{ version = "<2", python = "<3.9" }, { version = ">=2", markers = "python_version >= '3.9'" }]
either = "^1 || ^2"
[tool.poetry.extras]
gpu = ["torch"]
[tool.poetry.group.dev.dependencies]
pytest = "*"
[[tool.poetry.source]]
name = "pt"
url = "https://user:secret@pt.invalid/simple"
priority = "explicit"
"""
    )
    file = pyproject.read(tmp_path, "pyproject.toml")
    assert texts(file, "dependencies") == [
        "attrs>=23.1,<24",
        "either",
        "fork @ git+ssh://git@git.invalid/o/r.git@abc#subdirectory=s",
        'numpy<2 ; python_version < "3.9"',
        "numpy>=2 ; python_version >= '3.9'",
    ]
    assert texts(file, "extra", "gpu") == ["torch>=2.4,<2.5"]
    assert texts(file, "group", "dev") == ["pytest"]
    assert file.requires_python == ">=3.10,<4"
    assert [(one.name, one.value, one.explicit) for one in file.options] == [("pt", "https://pt.invalid/simple", True)]
    assert [(gap.location.line, gap.location.key_path) for gap in file.gaps] == [
        (10, "tool.poetry.dependencies.either")
    ]
    assert file.groups[0].requirements[2].location.line == 8
    assert file.groups[1].requirements[0].index == "pt"


def test_uv_sources_bind_a_name_so_that_the_public_index_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        """\
[project]
name = "app"
dependencies = ["torch>=2", "inner", "tree"]
[tool.uv.sources]
torch = [
    { index = "pt", marker = "sys_platform == 'linux'" },
    { git = "https://user:secret@git.invalid/t", rev = "v1", marker = "sys_platform == 'darwin'" },
]
inner = { workspace = true }
tree = { path = "../tree", editable = true }
[[tool.uv.index]]
name = "pt"
url = "https://pt.invalid/simple"
explicit = true
[tool.uv]
override-dependencies = ["zipp==1.0"]
"""
    )
    file = pyproject.read(tmp_path, "pyproject.toml")
    bound = file.groups[0].requirements
    assert [(one.name, one.index, one.url) for one in bound] == [
        ("torch", "pt", ""),
        ("torch", "", "git+https://git.invalid/t@v1"),
        ("inner", "", "workspace:"),
        ("tree", "", "file:../tree"),
    ]
    assert texts(file, "constraint", "override") == ["zipp==1.0"]


def test_self_extras_groups_hatch_pdm_and_setuptools_files(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("idna>=3\n")
    (tmp_path / "pyproject.toml").write_text(
        """\
[project]
name = "My.App"
dynamic = ["dependencies"]
[project.optional-dependencies]
all = ["my-app[gpu,all]", "rich"]
gpu = ["torch"]
[tool.setuptools.dynamic]
dependencies = { file = ["base.txt"] }
[tool.hatch.envs.docs]
dependencies = ["mkdocs", "{root:uri}"]
[tool.pdm.dev-dependencies]
lint = ["ruff>1"]
"""
    )
    file = pyproject.read(tmp_path, "pyproject.toml")
    assert texts(file, "extra", "all") == ["rich", "torch"]
    assert texts(file, "dependencies") == ["idna>=3"]
    assert texts(file, "group", "hatch-docs") == ["mkdocs"]
    assert texts(file, "group", "lint") == ["ruff>1"]
    assert file.includes == ("base.txt",)
    assert file.gaps == ()


def test_every_fault_of_a_manifest_comes_at_once_with_line_and_key(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "a"\ndependencies = [\n  "ok",\n  "not a requirement!",\n  7,\n]\n'
        '[dependency-groups]\na = [{include-group = "b"}]\nb = [{include-group = "a"}, {include-group = "zz"}]\n'
    )
    with pytest.raises(InputError) as caught:
        pyproject.read(tmp_path, "pyproject.toml")
    message = caught.value.message
    assert "pyproject.toml:5 (project.dependencies[1])" in message
    assert "pyproject.toml:6 (project.dependencies[2])" in message
    assert "no dependency group zz" in message
    assert "the group includes itself" in message


def test_setup_cfg_lists_files_and_extras(tmp_path: Path) -> None:
    (tmp_path / "req.txt").write_text("certifi\n")
    (tmp_path / "setup.cfg").write_text(
        "[metadata]\nname = old\nversion = attr: old.__version__\n[options]\npython_requires = >=3.8\n"
        'install_requires =\n    a>=1\n    # remark\n    b ; python_version < "3.9"\n'
        "[options.extras_require]\nfiles = file: req.txt\ncode = attr: old.EXTRAS\n"
    )
    file = setup_cfg.read(tmp_path, "setup.cfg")
    assert texts(file, "dependencies") == ["a>=1", 'b ; python_version < "3.9"']
    assert [one.location.line for one in file.groups[0].requirements] == [7, 9]
    assert texts(file, "extra", "files") == ["certifi"]
    assert [gap.location.line for gap in file.gaps] == [12]
    assert not file.version


SETUP = """\
import os
from setuptools import setup

HERE = os.path.abspath(os.path.dirname(__file__))

def requirements(name="requirements.txt"):
    with open(os.path.join(HERE, name)) as opened:
        return [line.strip() for line in opened if not line.startswith("#")]

extras = {"a": ["x>1"], "b": ["y"]}
extras["all"] = sum(extras.values(), [])
base = ["n"]
if os.name == "nt":
    base.append("pywin32")

setup(name="s", version="1.2", install_requires=requirements() + base, extras_require=extras)
"""


def test_setup_py_is_read_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# remark\nidna==3.7\n")
    (tmp_path / "setup.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w')\n" + SETUP)
    file = setup_py.read(tmp_path, "setup.py")
    assert (file.project, file.version) == ("s", "1.2")
    assert texts(file, "dependencies") == ["idna==3.7", "n", "pywin32"]
    assert texts(file, "extra", "a") == ["x>1"]
    assert texts(file, "extra", "all") == ["x>1", "y"]
    assert file.includes == ("requirements.txt",)
    assert not (tmp_path / "marker").exists()


IDIOMS = {
    "a helper that is given the path": """
def fetch_requirements(path):
    with open(path, 'r') as fd:
        return [r.strip() for r in fd.readlines()]
setup(install_requires=fetch_requirements('reqs/base.txt'))""",
    "a helper that appends line by line": """
def read(*, path="reqs/base.txt"):
    found = []
    with open(path, encoding="utf-8") as fd:
        for line in fd:
            line = line.strip()
            if line and not line.startswith("#"):
                found.append(line)
    return found
setup(install_requires=read())""",
    "pathlib, folder by folder": """
HERE = Path(__file__).resolve().parent
setup(install_requires=(HERE / "reqs" / "base.txt").read_text().splitlines())""",
    "a folder that has a name": """
HERE = os.path.abspath(os.path.dirname(__file__))
REQS = os.path.join(HERE, "reqs")
def lines(name):
    return open(os.path.join(REQS, name)).read().split("\\n")
setup(install_requires=lines(name="base.txt"))""",
    "joinpath": "setup(install_requires=Path(__file__).parent.joinpath('reqs', 'base.txt').read_text().splitlines())",
    "parse_requirements of pip": """
reqs = parse_requirements("reqs/base.txt", session=False)
setup(install_requires=[str(item.requirement) for item in reqs])""",
    "parse_requirements of pkg_resources": """
with open("reqs/base.txt") as opened:
    needs = [str(one) for one in pkg_resources.parse_requirements(opened)]
setup(install_requires=needs)""",
    "filter and map": "setup(install_requires=list(filter(None, map(str.strip, open('reqs/base.txt')))))",
    "a helper of a helper": """
def read(name):
    return open(os.path.join(os.path.dirname(__file__), name)).read()
def lines(name):
    return [line.replace("\\n", "") for line in read(name).splitlines() if line]
setup(install_requires=lines("reqs/base.txt"))""",
    "arguments in a table that grows": """
def main():
    common = dict(name="s")
    arguments = dict(version="1", **common)
    if True:
        arguments.update(install_requires=open("reqs/base.txt").read().splitlines())
    setup(**arguments)
main()""",
    "texts put together from stated ones": """
MAJOR, NAME = 1, "idna"
SPEC = "==3.7"
setup(install_requires=[f"{NAME}{SPEC}", "{}>{low}".format("n", low="0"), "%s<%s" % ("m", "2")])""",
}


@pytest.mark.parametrize("idiom", IDIOMS)
def test_the_usual_ways_to_read_requirements_are_followed(tmp_path: Path, idiom: str) -> None:
    (tmp_path / "reqs").mkdir()
    (tmp_path / "reqs" / "base.txt").write_text("# remark\nidna==3.7\n\nn>0 # why\nm<2\n")
    # The wrong file of that name would be taken by a reader that looks at the last part of a path only.
    (tmp_path / "base.txt").write_text("wrong\n")
    (tmp_path / "setup.py").write_text(IDIOMS[idiom])
    file = setup_py.read(tmp_path, "setup.py")
    assert [gap.reason for gap in file.gaps] == []
    assert texts(file, "dependencies") == ["idna==3.7", "n>0", "m<2"]


@pytest.mark.parametrize(
    "gathering",
    [
        "extras['all'] = sum(extras.values(), [])",
        "extras['all'] = list({one for items in extras.values() for one in items})",
        "extras['all'] = list(itertools.chain.from_iterable(extras.values()))",
        "extras.update(all=sorted(set(sum(extras.values(), []))))",
        "every = set()\nfor pair in extras.items():\n    for one in pair[1]: every.add(one)\nextras['all'] = every",
        "every = []\nfor name, needs in extras.items():\n    every += needs\nextras['all'] = every",
    ],
)
def test_an_extra_that_gathers_the_others_holds_all_of_theirs(tmp_path: Path, gathering: str) -> None:
    body = f"extras = {{'a': ['x>1'], 'b': ['y']}}\n{gathering}\nsetup(extras_require=extras)"
    (tmp_path / "setup.py").write_text(body)
    file = setup_py.read(tmp_path, "setup.py")
    assert file.gaps == ()
    assert sorted(texts(file, "extra", "all")) == ["x>1", "y"]


def test_a_list_on_one_line_of_setup_cfg_is_split_at_its_semicolons(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text(
        "[metadata]\nname = s\n[options]\ninstall_requires = a>=1; b ;c\n[options.extras_require]\n"
        "x = d; python_version<'3.9'\n"
    )
    file = setup_cfg.read(tmp_path, "setup.cfg")
    assert texts(file, "dependencies") == ["a>=1", "b", "c"]
    assert texts(file, "extra", "x") == ["d; python_version<'3.9'"]


@pytest.mark.parametrize(
    "call",
    [
        "setup(install_requires=[line.replace('==', '>=') for line in open('r.txt')])",
        "setup(install_requires=list(map(relax, open('r.txt'))))",
        "setup(install_requires=['{0.real}'.format(1), 'x'])",
        "setup(install_requires=['a==%d' % 1])",
        "setup(install_requires=['{}'.format(read('VERSION'))])",
        "setup(install_requires=[f'{a!r}'])",
        "def lines(name):\n    return [clean(one) for one in open(name)]\nsetup(install_requires=lines('r.txt'))",
        "setup(install_requires=open(sys.argv[1]).read().splitlines())",
        "arguments = dict(**read())\nsetup(**arguments)",
        "arguments = {}\narguments.update(json.load(open('x.json')))\nsetup(**arguments)",
        "setup(install_requires=requests.get('https://x.invalid').text.split())",
        "setup(**json.load(open('x.json')))",
        "setup(install_requires=[f'a=={v}'])",
        "setup(install_requires=open('../../outside.txt').read().splitlines())",
        "print 'python 2'",
        "setup(install_requires=" + "(" * 3000,
        "a = a + ['x']\nsetup(install_requires=a + b)",
        "def f(): return f()\nsetup(install_requires=f())",
    ],
)
def test_what_only_running_setup_py_would_tell_is_a_gap(tmp_path: Path, call: str) -> None:
    (tmp_path / "setup.py").write_text(call)
    assert setup_py.read(tmp_path, "setup.py").gaps


def test_pipfile_and_its_lock(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").write_text(
        '[[source]]\nurl = "https://user:secret@x.invalid/simple"\nname = "main"\nverify_ssl = false\n'
        '[packages]\nrequests = {version = ">=2", extras = ["socks"], sys_platform = "== \'linux\'"}\n'
        'repo = {git = "https://git.invalid/r", ref = "main", editable = true}\n[dev-packages]\npytest = "*"\n'
    )
    file = pipfile.read(tmp_path, "Pipfile")
    assert texts(file, "dependencies") == [
        "repo @ git+https://git.invalid/r@main",
        "requests[socks]>=2 ; sys_platform == 'linux'",
    ]
    assert texts(file, "group", "dev") == ["pytest"]
    assert [(one.kind, one.value) for one in file.options] == [
        ("index-url", "https://x.invalid/simple"),
        ("trusted-host", "x.invalid"),
    ]
    (tmp_path / "Pipfile.lock").write_text(
        '{"_meta": {"sources": []},\n "default": {\n  "Idna": {"version": "==3.7", '
        '"hashes": ["md5:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]}},\n'
        ' "develop": {"idna": {"version": "==3.7"}}\n}'
    )
    (one,) = pipfile.read_lock(tmp_path, "Pipfile.lock").locked
    assert (str(one.package), one.groups, one.location.line) == ("idna==3.7", ("main", "dev"), 4)


def test_conda_packages_are_a_gap_and_the_pip_section_is_read(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(
        "name: lab\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - numpy>=1\n  - pip:\n"
        "      - flask==2.0  # web\n      - --extra-index-url https://u:secret@x.invalid/simple\n"
    )
    file = environment_yml.read(tmp_path, "environment.yml")
    assert texts(file, "dependencies") == ["flask==2.0"]
    assert file.groups[0].requirements[0].location.line == 7
    assert [gap.reason for gap in file.gaps] == ["1 conda package(s) are not audited: numpy>=1"]
    assert file.options[0].value == "https://x.invalid/simple"


def test_the_pip_section_of_an_environment_is_read_as_pip_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("based==1.0\n")
    (tmp_path / "limits.txt").write_text("limited<2\n")
    (tmp_path / "environment.yml").write_text(
        "dependencies:\n  - pip\n  - pip:\n    - --requirement=base.txt\n    - -climits.txt\n"
        "    - --extra-index-url https://x.invalid/s --pre\n    - '--find-links=wheels'\n"
        "    - bar==1.0 --no-binary bar\n"
        "    - not a line\n"
    )
    file = environment_yml.read(tmp_path, "environment.yml")
    assert [[one.name for one in group.requirements] for group in file.groups] == [["based", "bar"], ["limited"]]
    assert [one.kind for one in file.options] == ["extra-index-url", "pre", "find-links", "no-binary"]
    assert file.includes == ("base.txt", "limits.txt")
    assert [one.location.line for one in file.gaps] == [9]
