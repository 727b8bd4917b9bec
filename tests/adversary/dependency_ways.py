# ruff: noqa: E501 (locks have long lines)
"""Ways to hide a dependency: each takes the package's pinned line and name, and gives the files that bring it in."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.adversary.project import Body

Files = dict[str, Body]
Way = Callable[[str, str], Files]
"""(name, pinned line with its hash) → files beside a clean ``app.py``. ``first`` is a clean package of the index."""

BUILD = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
PROJECT = BUILD + '[project]\nname = "app"\nversion = "1"\n'
URL = "{index}/files/{name}/{name}-1.0-py3-none-any.whl"


def digest(line: str) -> str:
    return line.rpartition("sha256:")[2].strip()


def uv(name: str, line: str, extra: str = "", entry: str = "") -> str:
    head = 'version = 1\nrequires-python = ">=3.11"\n'
    app = f'[[package]]\nname = "app"\nversion = "1"\nsource = {{ virtual = "." }}\n{entry}\n'
    wheel = f'{{ url = "{{index}}/files/{name}/{name}-1.0-py3-none-any.whl", hash = "sha256:{digest(line)}" }}'
    return f'{head}{app}[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ registry = "{{index}}/simple" }}\nwheels = [{wheel}]\n{extra}'


def poetry(name: str, line: str, more: str = "", groups: str = '["main"]', tail: str = "") -> str:
    return (
        f'[[package]]\nname = "{name}"\nversion = "1.0"\noptional = false\npython-versions = "*"\ngroups = {groups}\n{more}'
        f'files = [{{file = "{name}-1.0-py3-none-any.whl", hash = "sha256:{digest(line)}"}}]\n{tail}\n'
        '[metadata]\nlock-version = "2.1"\npython-versions = "^3.11"\ncontent-hash = "x"\n'
    )


POETRY = '[tool.poetry]\nname = "app"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\n'

REQUIREMENTS: dict[str, Way] = {
    "in another requirements file": lambda name, line: {"requirements/extra.txt": line},
    "behind -r": lambda name, line: {"requirements.txt": "-r more/deps.list\n", "more/deps.list": line},
    "behind --requirement=": lambda name, line: {"requirements.txt": "--requirement=deps.list\n", "deps.list": line},
    "behind -r without a blank": lambda name, line: {"requirements.txt": "-rdeps.list\n", "deps.list": line},
    "behind -r in a chain": lambda name, line: {"requirements.txt": "-r a.txt\n", "a.txt": "-r b.txt\n", "b.txt": line},
    "behind the 101st -r": lambda name, line: {
        "requirements.txt": "-r f0.x\n", **{f"f{n}.x": f"-r f{n + 1}.x\n" for n in range(120)}, "f120.x": line},
    "beside a hundred -r": lambda name, line: {
        "requirements.txt": "".join(f"-r f{n}.x\n" for n in range(130)), **{f"f{n}.x": "# none\n" for n in range(129)}, "f129.x": line},
    "after a continuation": lambda name, line: {"requirements.txt": "# comment \\\n" + line},
    "in a continued name": lambda name, line: {"requirements.txt": f"{name[:3]}\\\n{line[3:]}"},
    "with carriage returns": lambda name, line: {"requirements.txt": f"# x\r{line}"},
    "with form feeds": lambda name, line: {"requirements.txt": f"# x\x0c\n{line}"},
    "after a line separator": lambda name, line: {"requirements.txt": f"# x\u2028{line}"},
    "in UTF-16": lambda name, line: {"requirements.txt": line.encode("utf-16")},
    "after a byte-order mark": lambda name, line: {"requirements.txt": b"\xef\xbb\xbf" + line.encode()},
    "in Latin-1 by a cookie": lambda name, line: {"requirements.txt": "# -*- coding: latin-1 -*-\n# é\n".encode("latin-1") + line.encode()},
    "in other letters of the name": lambda name, line: {"requirements.txt": line.replace(name, name.upper())},
    "behind a marker that is true": lambda name, line: {"requirements.txt": line.replace(" --hash", ' ; python_version > "3" --hash')},
    "behind a marker on platform_release": lambda name, line: {"requirements.txt": line.replace(" --hash", ' ; platform_release != "x" --hash')},
    "with a direct reference": lambda name, line: {"requirements.txt": f"{name} @ {URL}#sha256={digest(line)}\n"},
    "with a reference without blanks": lambda name, line: {"requirements.txt": f"{name}@{URL}#sha256={digest(line)}\n"},
    "as a plain URL": lambda name, line: {"requirements.txt": f"{URL}#sha256={digest(line)}\n"},
    "as a percent-encoded URL": lambda name, line: {"requirements.txt": f"{URL}\n".replace("-1.0-", "%2D1.0%2D")},
    "as a URL that names another egg": lambda name, line: {"requirements.txt": f"{URL}#egg=first&sha256={digest(line)}\n"},
    "in a constraint that is a URL": lambda name, line: {"requirements.txt": f"-c limits.txt\n{name}\n", "limits.txt": f"{name} @ {URL}\n"},
    "in PIP_REQUIREMENT of a Dockerfile": lambda name, line: {"Dockerfile": f"FROM python\nRUN pip install {name}==1.0\n"},
    "in a Makefile": lambda name, line: {"Makefile": f"all:\n\tpip install {name}==1.0\n"},
    "in a workflow": lambda name, line: {".github/workflows/x.yml": f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: pip install {name}==1.0\n"},
    "in tox.ini": lambda name, line: {"tox.ini": f"[testenv]\ndeps = {name}==1.0\n"},
    "in a noxfile": lambda name, line: {"noxfile.py": f"import nox\n@nox.session\ndef t(session):\n    session.install('{name}==1.0')\n"},
    "in a pre-commit hook": lambda name, line: {
        ".pre-commit-config.yaml": f"repos:\n- repo: https://h.invalid/x\n  rev: v1\n  hooks:\n  - {{id: x, additional_dependencies: ['{name}==1.0']}}\n"},
    "in environment.yml": lambda name, line: {"environment.yml": f"dependencies:\n- pip:\n  - {name}==1.0\n"},
    "under a second key of environment.yml": lambda name, line: {"environment.yml": f"dependencies: [python]\ndependencies:\n- pip:\n  - {name}==1.0\n"},
    "behind an anchor of environment.yml": lambda name, line: {"environment.yml": f"x: &x\n- pip:\n  - {name}==1.0\ndependencies: *x\n"},
    "in a second document of environment.yml": lambda name, line: {"environment.yml": f"dependencies: [python]\n---\ndependencies:\n- pip:\n  - {name}==1.0\n"},
    "in a file whose name has another case": lambda name, line: {"Requirements.TXT": line},
    "in a file with a suffix": lambda name, line: {"requirements-dev.in": line},
    "in a folder that is skipped (.idea)": lambda name, line: {".idea/requirements.txt": line},
    "in a folder that is skipped (node_modules)": lambda name, line: {"node_modules/x/requirements.txt": line},
    "in a folder that is skipped (site-packages)": lambda name, line: {"site-packages/requirements.txt": line},
    "in a folder with a pyvenv.cfg": lambda name, line: {"tools/pyvenv.cfg": "home = x\n", "tools/requirements.txt": line},
    "in a folder that .gitignore names": lambda name, line: {".gitignore": "deps/\n", "deps/requirements.txt": line},
    "in a folder that a nested .git hides": lambda name, line: {"v/.git/HEAD": "ref: x\n", "v/.gitignore": "*\n", "v/requirements.txt": line},
    "named from a skipped folder": lambda name, line: {"requirements.txt": "-r .idea/deps.txt\n", ".idea/deps.txt": line},
    "in a wheel house": lambda name, line: {"requirements.txt": f"--no-index --find-links wheels\n{line}", "wheels/README": "x\n"},
}  # fmt: skip

MANIFESTS: dict[str, Way] = {
    "in PEP 621 dependencies": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["{name}==1.0"]\n'},
    "in an extra": lambda name, line: {"pyproject.toml": PROJECT + f'[project.optional-dependencies]\nx = ["{name}==1.0"]\n'},
    "in an extra of itself": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["app[x]"]\n[project.optional-dependencies]\nx = ["{name}==1.0"]\n'},
    "in a group of PEP 735": lambda name, line: {"pyproject.toml": PROJECT + f'[dependency-groups]\ndev = ["{name}==1.0"]\n'},
    "in a group that another includes": lambda name, line: {"pyproject.toml": PROJECT + f'[dependency-groups]\ndev = [{{include-group = "In_ner"}}]\nin-ner = ["{name}==1.0"]\n'},
    "in build-system.requires": lambda name, line: {"pyproject.toml": PROJECT.replace('"setuptools"', f'"setuptools", "{name}==1.0"')},
    "in tool.uv.dev-dependencies": lambda name, line: {"pyproject.toml": PROJECT + f'[tool.uv]\ndev-dependencies = ["{name}==1.0"]\n'},
    "in tool.uv.override-dependencies": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["first"]\n[tool.uv]\noverride-dependencies = ["first @ {URL}"]\n'},
    "in tool.uv.constraint-dependencies": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["first"]\n[tool.uv]\nconstraint-dependencies = ["first @ {URL}"]\n'},
    "in tool.uv.build-constraint-dependencies": lambda name, line: {"pyproject.toml": PROJECT + f'[tool.uv]\nbuild-constraint-dependencies = ["setuptools @ {URL}"]\n'},
    "in tool.uv.sources": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["first"]\n[tool.uv.sources]\nfirst = {{ url = "{URL}" }}\n'},
    "in a list of tool.uv.sources": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["first"]\n[tool.uv.sources]\nfirst = [{{ url = "{URL}", marker = "python_version > \'3\'" }}]\n'},
    "in tool.uv.extra-build-dependencies": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["first"]\n[tool.uv.extra-build-dependencies]\nfirst = ["{name}==1.0"]\n'},
    "in uv.toml": lambda name, line: {"pyproject.toml": PROJECT + 'dependencies = ["first"]\n', "uv.toml": f'override-dependencies = ["first @ {URL}"]\n'},
    "in poetry's dependencies": lambda name, line: {"pyproject.toml": POETRY + f'{name} = "1.0"\n'},
    "in a group of poetry": lambda name, line: {"pyproject.toml": POETRY + f'[tool.poetry.group.x]\noptional = true\n[tool.poetry.group.x.dependencies]\n{name} = "1.0"\n'},
    "in poetry's old dev-dependencies": lambda name, line: {"pyproject.toml": POETRY + f'[tool.poetry.dev-dependencies]\n{name} = "1.0"\n'},
    "in poetry's dependency that is a list": lambda name, line: {"pyproject.toml": POETRY + f'{name} = [{{version = "1.0", python = ">3"}}]\n'},
    "in pdm's dev-dependencies": lambda name, line: {"pyproject.toml": PROJECT + f'[tool.pdm.dev-dependencies]\nx = ["{name}==1.0"]\n'},
    "in pdm's overrides": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["first"]\n[tool.pdm.resolution.overrides]\nfirst = "{URL}"\n'},
    "in hatch's environment": lambda name, line: {"pyproject.toml": PROJECT + f'[tool.hatch.envs.default]\ndependencies = ["{name}==1.0"]\n'},
    "in hatch.toml": lambda name, line: {"pyproject.toml": PROJECT, "hatch.toml": f'[envs.default]\ndependencies = ["{name}==1.0"]\n'},
    "in a dependency of a hatch hook": lambda name, line: {"pyproject.toml": PROJECT + f'[tool.hatch.build.hooks.x]\ndependencies = ["{name}==1.0"]\n'},
    "in flit's old table": lambda name, line: {"pyproject.toml": '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n[tool.flit.metadata]\nmodule = "app"\nrequires = ["' + name + '==1.0"]\n'},
    "in pixi": lambda name, line: {"pyproject.toml": PROJECT + f'[tool.pixi.pypi-dependencies]\n{name} = "==1.0"\n'},
    "in pixi.toml": lambda name, line: {"pixi.toml": f'[project]\nname = "app"\n[pypi-dependencies]\n{name} = "==1.0"\n'},
    "in a dynamic field": lambda name, line: {"pyproject.toml": PROJECT + 'dynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = ["deps.list"]}\n', "deps.list": f"{name}==1.0\n"},
    "in a dynamic extra": lambda name, line: {"pyproject.toml": PROJECT + 'dynamic = ["optional-dependencies"]\n[tool.setuptools.dynamic]\noptional-dependencies.x = {file = ["deps.list"]}\n', "deps.list": f"{name}==1.0\n"},
    "in a dynamic field of a plugin": lambda name, line: {"pyproject.toml": PROJECT + 'dynamic = ["dependencies"]\n[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["deps.list"]\n', "deps.list": f"{name}==1.0\n"},
    "in setup.cfg": lambda name, line: {"setup.cfg": f"[metadata]\nname = app\n[options]\ninstall_requires =\n    {name}==1.0\n"},
    "in setup.cfg with dashes": lambda name, line: {"setup.cfg": f"[metadata]\nname = app\n[options]\ninstall-requires = {name}==1.0\n"},
    "in an extra of setup.cfg": lambda name, line: {"setup.cfg": f"[metadata]\nname = app\n[options.extras_require]\nx = {name}==1.0\n"},
    "in setup_requires of setup.cfg": lambda name, line: {"setup.cfg": f"[metadata]\nname = app\n[options]\nsetup_requires = {name}==1.0\n"},
    "in a file that setup.cfg reads": lambda name, line: {"setup.cfg": "[metadata]\nname = app\n[options]\ninstall_requires = file: deps.list\n", "deps.list": f"{name}==1.0\n"},
    "in setup.py": lambda name, line: {"setup.py": f"from setuptools import setup\nsetup(name='app', install_requires=['{name}==1.0'])\n"},
    "in setup.py, put together": lambda name, line: {"setup.py": f"from setuptools import setup\nr = []\nr += ['{name[:3]}' + '{name[3:]}==1.0']\nsetup(name='app', install_requires=r)\n"},
    "in setup.py, by keywords": lambda name, line: {"setup.py": f"from setuptools import setup\nk = {{'install_' + 'requires': ['{name}==1.0']}}\nsetup(name='app', **k)\n"},
    "in setup.py, from a module": lambda name, line: {"setup.py": "from setuptools import setup\nfrom deps import R\nsetup(name='app', install_requires=R)\n", "deps.py": f"R = ['{name}==1.0']\n"},
    "in setup.py, from JSON": lambda name, line: {"setup.py": "import json\nfrom setuptools import setup\nsetup(name='app', install_requires=json.load(open('d.json')))\n", "d.json": json.dumps([f"{name}==1.0"])},
    "in setup.py, behind a branch": lambda name, line: {"setup.py": f"import sys\nfrom setuptools import setup\nr = []\nif sys.platform != 'x':\n    r.append('{name}==1.0')\nsetup(name='app', install_requires=r)\n"},
    "in setup.py, by a class": lambda name, line: {"setup.py": f"import setuptools\nclass D(setuptools.Distribution):\n    def __init__(self, a=None):\n        super().__init__(dict(a or {{}}, install_requires=['{name}==1.0']))\nsetuptools.setup(name='app', distclass=D)\n"},
    "in a workspace member": lambda name, line: {"pyproject.toml": PROJECT + '[tool.uv.workspace]\nmembers = ["lib"]\n', "lib/pyproject.toml": PROJECT.replace('"app"', '"lib"') + f'dependencies = ["{name}==1.0"]\n'},
    "in Pipfile": lambda name, line: {"Pipfile": f'[packages]\n{name} = "==1.0"\n'},
    "in a category of Pipfile": lambda name, line: {"Pipfile": f'[docs]\n{name} = "==1.0"\n'},
}  # fmt: skip

LOCKS: dict[str, Way] = {
    "in uv.lock, as a dependency": lambda name, line: {"pyproject.toml": PROJECT + f'dependencies = ["{name}"]\n', "uv.lock": uv(name, line, entry=f'dependencies = [{{ name = "{name}" }}]')},
    "in uv.lock, as an extra": lambda name, line: {"pyproject.toml": PROJECT + f'[project.optional-dependencies]\nx = ["{name}"]\n', "uv.lock": uv(name, line, entry=f'[package.optional-dependencies]\nx = [{{ name = "{name}" }}]')},
    "in uv.lock, as a group": lambda name, line: {"pyproject.toml": PROJECT + f'[dependency-groups]\ndev = ["{name}"]\n', "uv.lock": uv(name, line, entry=f'[package.dev-dependencies]\ndev = [{{ name = "{name}" }}]')},
    "in uv.lock, that nothing asks for": lambda name, line: {"pyproject.toml": PROJECT, "uv.lock": uv(name, line)},
    "in poetry.lock": lambda name, line: {"pyproject.toml": POETRY + f'{name} = "1.0"\n', "poetry.lock": poetry(name, line)},
    "in poetry.lock, behind an extra": lambda name, line: {
        "pyproject.toml": POETRY + f'{name} = {{version = "1.0", optional = true}}\n[tool.poetry.extras]\nx = ["{name}"]\n',
        "poetry.lock": poetry(name, line, "markers = \"extra == 'x'\"\n", tail=f'\n[extras]\nx = ["{name}"]\n').replace("optional = false", "optional = true")},
    "in poetry.lock, in a group": lambda name, line: {"pyproject.toml": POETRY + f'[tool.poetry.group.dev.dependencies]\n{name} = "1.0"\n', "poetry.lock": poetry(name, line, groups='["dev"]')},
    "in poetry.lock, with a marker": lambda name, line: {"pyproject.toml": POETRY + f'{name} = "1.0"\n', "poetry.lock": poetry(name, line, 'markers = "python_version >= \'3\'"\n')},
    "in pdm.lock": lambda name, line: {
        "pyproject.toml": PROJECT + f'dependencies = ["{name}"]\n',
        "pdm.lock": f'[metadata]\ngroups = ["default"]\nlock_version = "4.5.0"\ncontent_hash = "x"\n[[package]]\nname = "{name}"\nversion = "1.0"\ngroups = ["default"]\nfiles = [{{file = "{name}-1.0-py3-none-any.whl", hash = "sha256:{digest(line)}"}}]\n'},
    "in pylock.toml": lambda name, line: {"pylock.toml": f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "{name}"\nversion = "1.0"\nwheels = [{{url = "{URL}", hashes = {{sha256 = "{digest(line)}"}}}}]\n'},
    "in a named pylock": lambda name, line: {"pylock.dev.toml": f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "{name}"\nversion = "1.0"\nwheels = [{{url = "{URL}", hashes = {{sha256 = "{digest(line)}"}}}}]\n'},
    "in pylock.toml, as an archive": lambda name, line: {"pylock.toml": f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "{name}"\narchive = {{url = "{URL}", hashes = {{sha256 = "{digest(line)}"}}}}\n'},
    "in Pipfile.lock": lambda name, line: {"Pipfile.lock": json.dumps({"_meta": {"hash": {"sha256": "0" * 64}, "pipfile-spec": 6, "requires": {}, "sources": []}, "default": {name: {"version": "==1.0", "hashes": [f"sha256:{digest(line)}"]}}, "develop": {}})},
    "in a category of Pipfile.lock": lambda name, line: {"Pipfile.lock": json.dumps({"_meta": {"hash": {"sha256": "0" * 64}, "pipfile-spec": 6, "requires": {}, "sources": []}, "default": {}, "develop": {}, "docs": {name: {"version": "==1.0", "hashes": [f"sha256:{digest(line)}"]}}})},
    "in a lock beside another": lambda name, line: {"pyproject.toml": PROJECT, "uv.lock": uv(name, line).partition(f'[[package]]\nname = "{name}"')[0], "sub/pyproject.toml": PROJECT.replace('"app"', '"sub"') + f'dependencies = ["{name}==1.0"]\n'},
    "in conda-lock": lambda name, line: {"conda-lock.yml": f"version: 1\npackage:\n- name: {name}\n  version: '1.0'\n  manager: pip\n  platform: linux-64\n  url: {URL}\n  hash: {{sha256: {digest(line)}}}\n"},
    "in pixi.lock": lambda name, line: {"pixi.lock": f"version: 6\nenvironments:\n  default:\n    packages:\n      linux-64:\n      - pypi: {URL}\npackages:\n- pypi: {URL}\n  name: {name}\n  version: '1.0'\n"},
}  # fmt: skip

METADATA: dict[str, tuple[str, ...]] = {
    "as a requirement of a dependency": ("{name}",),
    "behind a marker that is true": ('{name} ; python_version > "3"',),
    "behind a marker on extra that is not": ('{name} ; extra != "x"',),
    "beside a line that PEP 508 refuses": ("first (>=1.0", "{name}"),
    "in a line that PEP 508 refuses": ("{name} (>=0.1.*)",),
    "in parentheses": ("{name} (>=0.1)",),
    "with a direct reference": ("{name} @ " + URL,),
    "with blanks that are no blanks": ("{name}\xa0>=0.1",),
    "continued on another line": ("first\n Requires-Dist: {name}",),
}
"""``Requires-Dist`` of a package that a project pins without hashes."""
