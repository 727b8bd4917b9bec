import os
import subprocess
import sys

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))
meta = {}
with open(os.path.join(HERE, "example", "_version.py")) as source:
    exec(source.read(), meta)


def described():
    return subprocess.check_output(["git", "describe", "--tags"]).decode().strip()


class Build(build_py):
    def run(self):
        build_py.run(self)


setup(name="example", version=meta["__version__"], cmdclass={"build_py": Build})
