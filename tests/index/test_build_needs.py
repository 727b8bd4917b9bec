"""What a build would install, as the files of an sdist state it."""

from __future__ import annotations

import pytest

from scanner.index.archive import open_archive
from scanner.index.build_needs import build_needs
from scanner.model.known import NotKnown
from tests.support.builders import sdist

SYSTEM = '[build-system]\nrequires = [{}]\nbuild-backend = "x"\n'


@pytest.mark.parametrize(
    ("files", "needs"),
    [
        ({"setup.py": "from setuptools import setup\nsetup(name='demo')\n"}, ("setuptools", "wheel")),
        ({"pyproject.toml": "[tool.x]\n"}, ("setuptools", "wheel")),
        ({"pyproject.toml": SYSTEM.format("")}, ()),
        ({"pyproject.toml": SYSTEM.format('"Hatch_ling>=1", "b ; python_version > \'3\'"')}, ("b", "hatch-ling")),
        ({"pyproject.toml": SYSTEM.format(""), "setup.cfg": "[options]\nsetup_requires = c\n"}, ("c",)),
        (
            {"setup.py": "from setuptools import setup\nsetup(name='demo', setup_requires=['d>1'])\n"},
            ("d", "setuptools", "wheel"),
        ),
    ],
)
def test_what_is_stated(files: dict[str, str], needs: tuple[str, ...]) -> None:
    name, body = sdist("demo", files=files)
    with open_archive(body, name) as opened:
        assert build_needs(opened) == needs


@pytest.mark.parametrize("text", ["[", "[build-system]\nrequires = 'x'\n", SYSTEM.format('"x ("'), SYSTEM.format("1")])
def test_what_cannot_be_read(text: str) -> None:
    name, body = sdist("demo", files={"pyproject.toml": text})
    with open_archive(body, name) as opened:
        assert isinstance(build_needs(opened), NotKnown)
