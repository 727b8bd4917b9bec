# ruff: noqa: E501 (what tools write has long lines)
"""Seeds of manifests and of files that install something, small and whole."""

from __future__ import annotations

from benchmarks.fuzz.seeds_locks import COMMIT, H

REQUIREMENTS = (
    f"""\
# pinned
--index-url https://pypi.org/simple --extra-index-url https://index.invalid/simple
--find-links ./wheels
idna==3.7 \\
    --hash=sha256:{H} \\
    --hash=sha256:{H[::-1]}
requests[socks]>=2.31,<3 ; python_version >= "3.8"  # why
-c constraints.txt
""",
    f"""\
-r other.txt
-e git+https://github.com/a/tool.git@{COMMIT}#egg=tool&subdirectory=x
demo @ https://index.invalid/demo-1.0-py3-none-any.whl#sha256={H}
./local/package
https://index.invalid/packed-1.0.tar.gz
--no-binary :all: --pre
a==1.0+local
b~=1.4.2; sys_platform == 'linux' and (python_version < '3.12' or extra == 'x')
c===weird
token @ https://${{TOKEN}}@index.invalid/x-1.0.zip
""",
)

PYPROJECT = (
    """\
[build-system]
requires = ["setuptools>=61", "wheel"]
build-backend = "setuptools.build_meta"

[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["idna>=3", "requests[socks]; python_version < '4'"]

[project.optional-dependencies]
gpu = ["torch==2.1"]
all = ["app[gpu]"]

[dependency-groups]
test = ["pytest>=8", {include-group = "lint"}]
lint = ["ruff"]
""",
    """\
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"

[tool.poetry]
name = "app"
version = "1.0"

[tool.poetry.dependencies]
python = "^3.11"
idna = "^3.7"
requests = {version = "~2.31", extras = ["socks"], optional = true, markers = "sys_platform == 'linux'", source = "private"}
forked = {git = "https://github.com/a/forked.git", rev = "main"}
local = {path = "../lib", develop = true}
many = [{version = "<=1.9", python = "<3.8"}, {version = "^2.0", python = ">=3.8"}]

[tool.poetry.group.dev]
optional = true
[tool.poetry.group.dev.dependencies]
pytest = "*"

[tool.poetry.extras]
net = ["requests"]

[[tool.poetry.source]]
name = "private"
url = "https://index.invalid/simple"
priority = "supplemental"
""",
    """\
[project]
name = "app"
version = "1.0"
dependencies = ["torch", "lib", "tool"]
dynamic = ["optional-dependencies"]

[tool.uv]
dev-dependencies = ["pytest"]
constraint-dependencies = ["urllib3<3"]
override-dependencies = ["idna==3.7"]
index-url = "https://index.invalid/simple"
extra-index-url = ["https://other.invalid/simple"]
conflicts = [[{extra = "a"}, {extra = "b"}]]

[tool.uv.sources]
torch = [{index = "gpu", marker = "sys_platform == 'linux'"}]
lib = {workspace = true}
tool = {git = "https://github.com/a/tool", tag = "v1", subdirectory = "x"}

[[tool.uv.index]]
name = "gpu"
url = "https://gpu.invalid/whl"
explicit = true

[tool.uv.workspace]
members = ["lib/*"]
exclude = ["lib/old"]

[tool.setuptools.dynamic]
optional-dependencies.x = {file = ["other.txt"]}
""",
    """\
[project]
name = "app"
dynamic = ["version", "dependencies"]
[tool.setuptools.dynamic]
dependencies = {file = ["other.txt"]}
version = {attr = "app.__version__"}
[tool.pdm]
distribution = true
[tool.pdm.dev-dependencies]
test = ["pytest", "-e file:///${PROJECT_ROOT}/lib#egg=lib"]
[[tool.pdm.source]]
name = "private"
url = "https://index.invalid/simple"
verify_ssl = true
[tool.pdm.resolution.overrides]
idna = "3.7"
""",
)

PIPFILE = """\
[[source]]
url = "https://pypi.org/simple"
verify_ssl = true
name = "pypi"

[packages]
idna = "==3.7"
requests = {extras = ["socks"], version = "*", markers = "python_version < '4'", index = "pypi"}
tool = {git = "https://github.com/a/tool.git", ref = "main", editable = true}
local = {path = "."}

[dev-packages]
pytest = ">=8"

[requires]
python_version = "3.11"
"""

SETUP_CFG = """\
[metadata]
name = app
version = attr: app.__version__

[options]
packages = find:
python_requires = >=3.8
install_requires =
    idna>=3
    requests[socks]; python_version < "4"  # why
setup_requires = wheel
tests_require = file: other.txt

[options.extras_require]
gpu = torch==2.1
all =
    %(gpu)s
    file: other.txt

[options.entry_points]
console_scripts =
    app = app.cli:main
"""

SETUP_PY = (
    """\
import os
from setuptools import setup, find_packages

here = os.path.dirname(__file__)
REQUIRES = ["idna>=3", "requests[socks]"]
if os.name == "nt":
    REQUIRES.append("pywin32")
extras = {"gpu": ["torch==2.1"], "test": ["pytest"] + REQUIRES}
extras["all"] = sum(extras.values(), [])
setup(name="app", version="1.0", packages=find_packages(), install_requires=REQUIRES, extras_require=extras)
""",
    """\
from setuptools import setup
def read(name):
    with open(name) as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]
kwargs = dict(name="app", install_requires=read("other.txt"))
kwargs.update(setup_requires=["wheel"], **{"tests_require": "pytest".split()})
if __name__ == "__main__":
    setup(**kwargs)
""",
)

ENVIRONMENT = """\
name: app
channels:
  - conda-forge
  - defaults
dependencies:
  - python=3.11
  - numpy>=1.20,<2
  - conda-forge::scipy=1.10=py311_0
  - pip
  - pip:
      - idna==3.7
      - "requests[socks]>=2"
      - -r other.txt
      - git+https://github.com/a/tool.git
variables:
  A: "b"
prefix: /opt/x
"""

UNDECLARED = (
    (
        "Dockerfile",
        """\
FROM python:3.11 AS build
ARG VERSION=1
RUN --mount=type=cache,target=/x pip install --no-cache-dir idna==3.7 "requests[socks]>=2" \\
    && curl -sSL https://h.invalid/install.sh | sh
RUN ["pip", "install", "-r", "requirements.txt"]
RUN <<EOF
uv pip install --index-url https://index.invalid/simple torch
EOF
ENTRYPOINT ["python", "-m", "app"]
""",
    ),
    (
        "Makefile",
        """\
PIP ?= pip
install: requirements.txt
\t@$(PIP) install -r $< && python -m pip install idna==3.7
\tpoetry add requests@latest; pipx install ruff
%.o: %.c
\tgit clone https://github.com/a/tool && cd tool && pip install .
""",
    ),
    (
        "run.sh",
        """\
#!/bin/bash
set -e
if [ ! -d venv ]; then python3 -m venv venv; fi
source venv/bin/activate
pip3 install -U pip "idna==3.7" ; pip install git+https://github.com/a/tool@main
cat <<EOF | xargs pip install
requests
EOF
bash <(curl -s https://h.invalid/x.sh)
conda install -y -c conda-forge numpy=1.26
""",
    ),
    (
        "tox.ini",
        """\
[tox]
envlist = py{311,312}
requires = tox-uv
[testenv]
deps =
    pytest
    py311: idna==3.7
    -r other.txt
commands =
    pip install requests
    pytest {posargs}
""",
    ),
    (
        "noxfile.py",
        """\
import nox
@nox.session(python=["3.11"])
def tests(session):
    session.install("pytest", "idna==3.7")
    session.run("pip", "install", "requests", external=True)
    session.conda_install("numpy")
""",
    ),
    (
        ".github/workflows/a.yml",
        """\
name: ci
on: {push: {branches: [main]}, pull_request: null}
jobs:
  build:
    runs-on: ubuntu-latest
    strategy: {matrix: {python: ["3.11", "3.12"]}}
    steps:
      - uses: actions/checkout@v4
      - name: install
        run: |
          pip install idna==3.7
          curl https://h.invalid/x | bash
      - run: >-
          uv pip install
          requests
""",
    ),
    (
        ".pre-commit-config.yaml",
        """\
repos:
  - repo: https://github.com/a/hooks
    rev: v1.0
    hooks:
      - id: x
        additional_dependencies: [idna==3.7, "requests"]
""",
    ),
    (
        ".gitlab-ci.yml",
        """\
image: python:3.11
.base: &base
  before_script:
    - pip install idna==3.7
test:
  <<: *base
  script: ["pip install requests", "pytest"]
""",
    ),
)

GITIGNORE = """\
# build
/dist/
*.py[cod]
!keep.pyc
**/cache/**
venv*/
docs/_build
a/**/b
\\#odd
foo\\ bar
"""
