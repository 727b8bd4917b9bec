# ruff: noqa: E501 (hidden files have long lines)
"""Files of further tools that install: recipes of containers, clusters and builds, and lists inside Python."""

from __future__ import annotations

import json

from tests.adversary.dependency_ways import Way

MORE_TOOLS: dict[str, Way] = {
    "in an Earthfile": lambda name, line: {"Earthfile": f"VERSION 0.8\nFROM python\nbuild:\n    RUN pip install {name}==1.0\n"},
    "in a recipe of Apptainer": lambda name, line: {"train.def": f"Bootstrap: docker\nFrom: python\n%post\n    pip install {name}==1.0\n"},
    "in a script without suffix": lambda name, line: {"binder/postBuild": f"#!/bin/bash\npip install {name}==1.0\n"},
    "in a job of Slurm": lambda name, line: {"train.sbatch": f"#!/bin/bash\n#SBATCH -n 1\npip install {name}==1.0\n"},
    "in a unit of systemd": lambda name, line: {"app.service": f"[Service]\nExecStartPre=/usr/bin/pip install {name}==1.0\n"},
    "in .replit": lambda name, line: {".replit": f'run = "pip install {name}==1.0 && python app.py"\n'},
    "in a target of Pants": lambda name, line: {"BUILD": f'python_requirement(name="x", requirements=["{name}==1.0"])\n'},
    "in a component of Kubeflow": lambda name, line: {"flow.py": f"from kfp import dsl\n@dsl.component(packages_to_install=['{name}==1.0'])\ndef f() -> None: ...\n"},
    "in an image of Modal": lambda name, line: {"flow.py": f"import modal\nimage = modal.Image.debian_slim().pip_install('{name}==1.0')\n"},
    "in the environment of Ray": lambda name, line: {"flow.py": f"import ray\nray.init(runtime_env={{'pip': ['{name}==1.0']}})\n"},
    "in an operator of Airflow": lambda name, line: {"flow.py": f"from airflow.operators.python import PythonVirtualenvOperator as P\nP(task_id='x', requirements=['{name}==1.0'], python_callable=print)\n"},
    "in a notebook of Databricks": lambda name, line: {"flow.py": f"# Databricks notebook source\n# MAGIC %pip install {name}==1.0\n"},
    "in a percent script": lambda name, line: {"flow.py": f"# %%\n# !pip install {name}==1.0\n"},
    "in a task of invoke": lambda name, line: {"tasks.py": f"from invoke import task\n@task\ndef f(c):\n    c.run('pip install {name}==1.0')\n"},
    "in a project of MLflow": lambda name, line: {"MLproject": f"entry_points:\n  main:\n    command: pip install {name}==1.0 && python app.py\n"},
    "in a build of CMake": lambda name, line: {"CMakeLists.txt": f"execute_process(COMMAND pip install {name}==1.0)\n"},
    "in a plan of Terraform": lambda name, line: {"main.tf": f'resource "x" "y" {{\n  user_data = <<EOF\n#!/bin/sh\npip install {name}==1.0\nEOF\n}}\n'},
    "in a Dockerfile by an underscore": lambda name, line: {"Dockerfile_gpu": f"FROM python\nRUN pip install {name}==1.0\n"},
    "in a state of Salt": lambda name, line: {"state.sls": f"x:\n  pip.installed:\n  - name: {name}==1.0\n"},
    "in a Snakefile": lambda name, line: {"Snakefile": f"rule a:\n    shell: 'pip install {name}==1.0'\n"},
    "in a document of Quarto": lambda name, line: {"report.qmd": f"```{{python}}\n!pip install {name}==1.0\n```\n"},
    "in a shell of Nix": lambda name, line: {"shell.nix": f"{{ pkgs }}: pkgs.mkShell {{ shellHook = ''\n  pip install {name}==1.0\n''; }}\n"},
    "in a Rakefile": lambda name, line: {"Rakefile": f"task :x do\n  sh 'pip install {name}==1.0'\nend\n"},
    "in a specification of buildozer": lambda name, line: {"buildozer.spec": f"[app]\nrequirements = python3,{name}==1.0\n"},
    "in pip.conf": lambda name, line: {"pip.conf": "[install]\nrequirement = deps.md\n", "deps.md": f"{name}\n"},
    "in a list of a Streamlit app": lambda name, line: {"pyscript.toml": f'packages = ["{name}==1.0"]\n'},
    "in a template": lambda name, line: {"deploy.sh.j2": f"#!/bin/sh\npip install {name}==1.0\n"},
    "in serverless.yml": lambda name, line: {"serverless.yml": "custom:\n  pythonRequirements:\n    fileName: deps.md\n", "deps.md": f"{name}\n"},
    "in tox.ini by a file": lambda name, line: {"tox.ini": "[testenv]\ndeps = -r deps.md\n", "deps.md": f"{name}\n"},
    "in a job of Azure ML": lambda name, line: {"job.yml": f"environment:\n  conda_file:\n    dependencies:\n    - pip:\n      - {name}==1.0\n"},
    "in a Colab of Vertex": lambda name, line: {"job.json": json.dumps({"pythonPackageSpec": {"requirements": [f"{name}==1.0"]}})},
    "in a second setup script": lambda name, line: {"setup_gpu.py": f"from setuptools import setup\nsetup(name='app', install_requires=['{name}==1.0'])\n"},
    "in plugins of Pants": lambda name, line: {"pants.toml": f'[GLOBAL]\nplugins = ["{name}==1.0"]\n'},
    "in a feature of a development container": lambda name, line: {".devcontainer/devcontainer.json": json.dumps({"features": {"ghcr.io/x/pipx-package:1": {"package": f"{name}==1.0"}}})},
    "in an action of a workflow": lambda name, line: {".github/workflows/x.yml": f"on: push\njobs:\n  a:\n    steps:\n    - uses: x/pip@v1\n      with:\n        packages: {name}==1.0\n"},
    "in a list of a workflow's matrix": lambda name, line: {".github/workflows/x.yml": f"on: push\njobs:\n  a:\n    strategy:\n      matrix:\n        deps: ['{name}==1.0']\n    steps:\n    - run: pip install ${{{{ matrix.deps }}}}\n"},
    "in Platform.sh": lambda name, line: {".platform.app.yaml": f"dependencies:\n  python3:\n    {name}: '1.0'\n"},
    "in CloudFormation": lambda name, line: {"stack.yaml": f"AWS::CloudFormation::Init:\n  config:\n    packages:\n      python:\n        {name}: ['1.0']\n"},
    "in a module of Bazel": lambda name, line: {"MODULE.bazel": 'pip.parse(hub_name="x", requirements_lock="//:deps.md")\n', "deps.md": f"{name}\n"},
    "in a second Pipfile": lambda name, line: {"Pipfile.dev": f'[packages]\n{name} = "==1.0"\n'},
    "in a build of Ant": lambda name, line: {"build.xml": f'<project><exec executable="pip"><arg line="-m pip install {name}==1.0"/></exec></project>\n'},
    "in a stack of the CDK": lambda name, line: {"stack.ts": f"const a = {{ command: ['bash', '-c', 'pip install {name}==1.0'] }}\n"},
    "in a list at the top": lambda name, line: {"deps.yaml": f"- first==1.0\n- {name}==1.0\n"},
}  # fmt: skip
