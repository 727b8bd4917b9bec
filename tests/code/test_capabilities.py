"""A capability is proved by a line that has it: what only sounds alike proves nothing."""

from __future__ import annotations

import pytest

from tests.code.artifact import judged


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import urllib.parse\n", set()),
        ("from urllib.parse import unquote\n", set()),
        ("from urllib import error, parse\n", set()),
        ("from urllib import parse, request\n", {"network"}),
        ("import urllib.parse, urllib.request\n", {"network"}),
        ("from urllib.request import urlopen\n", {"network"}),
        ("import urllib3\n", {"network"}),
        ("def eval(image, *args):\n    return image\n", set()),
        ("class A:\n    def exec(self): ...\n", set()),
        ("value = eval(text)\n", {"dynamic-code"}),
        ("model.eval()\n", set()),
        ("# import socket\n", set()),
        ("import ctypes\n", {"native-code"}),
    ],
)
def test_the_line_decides(line: str, expected: set[str]) -> None:
    assert {one.name for one in judged({"example/__init__.py": line}).capabilities} == expected
