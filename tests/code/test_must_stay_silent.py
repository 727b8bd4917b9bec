# ruff: noqa: E501
"""Idioms of honest packages: none of them is malicious or suspicious, and most are not even noted."""

from __future__ import annotations

import pytest

from tests.code.artifact import judged

SETUP = "from setuptools import setup\nsetup(name='example', version=VERSION)\n"
CASES: dict[str, tuple[str, dict[str, str]]] = {
    "version read with exec of a literal sibling": ("sdist", {"example-1.0/setup.py": "about = {}\nwith open('example/_version.py') as stream:\n    exec(stream.read(), about)\nfrom setuptools import setup\nsetup(version=about['__version__'])\n"}),
    "version by git": ("sdist", {"example-1.0/setup.py": "import subprocess\nVERSION = subprocess.check_output(['git', 'describe', '--tags']).decode().strip()\n" + SETUP}),
    "versioneer": ("sdist", {"example-1.0/setup.py": "import versioneer\nfrom setuptools import setup\nsetup(version=versioneer.get_version(), cmdclass=versioneer.get_cmdclass())\n", "example-1.0/versioneer.py": "import subprocess, os\ndef run_command(commands, args):\n    for command in commands:\n        process = subprocess.Popen([command] + args, stdout=subprocess.PIPE)\n        return process.communicate()[0].strip().decode()\ndef get_version():\n    return run_command(['git'], ['describe', '--tags'])\ndef get_cmdclass():\n    from setuptools.command.build_py import build_py\n    class cmd_build_py(build_py):\n        def run(self):\n            build_py.run(self)\n    return {'build_py': cmd_build_py}\n"}),
    "a compiler is probed": ("sdist", {"example-1.0/setup.py": "import subprocess, tempfile, os\ndef has_flag(flag):\n    with tempfile.NamedTemporaryFile('w', suffix='.c', delete=False) as out:\n        out.write('int main(void) { return 0; }')\n    return subprocess.call(['cc', flag, '-c', out.name]) == 0\nFLAGS = ['-O3'] if has_flag('-O3') else []\nVERSION = '1'\n" + SETUP}),
    "pkg-config": ("sdist", {"example-1.0/setup.py": "import os\nlibs = os.popen('pkg-config --libs libpq').read().split()\nVERSION = '1'\n" + SETUP}),
    "a command runner": ("wheel", {"example/cli.py": "import subprocess, sys\ndef main():\n    return subprocess.call(sys.argv[1:])\nif __name__ == '__main__':\n    sys.exit(main())\n"}),
    "templates compiled to code (bottle)": ("wheel", {"example/template.py": "import re\nclass Template:\n    def __init__(self, source):\n        self.source = source\n    def render(self, **names):\n        code = compile(self.translate(), '<template>', 'exec')\n        exec(code, names)\n    def translate(self):\n        return re.sub('a', 'b', self.source)\n"}),
    "objects from JSON (jsonpickle)": ("wheel", {"example/unpickler.py": "import base64, sys\ndef load_class(name):\n    module, _, attribute = name.rpartition('.')\n    __import__(module)\n    return getattr(sys.modules[module], attribute)\ndef restore(data):\n    return base64.b64decode(data)\n"}),
    "functions generated from text (numba, patsy)": ("wheel", {"example/generated.py": "TEMPLATE = 'def {name}({arguments}):\\n    return {body}\\n'\ndef make(name, arguments, body):\n    space = {}\n    exec(compile(TEMPLATE.format(name=name, arguments=arguments, body=body), '<made>', 'exec'), space)\n    return space[name]\nADD = make('add', 'a, b', 'a + b')\n"}),
    "a library is found and loaded (shapely)": ("wheel", {"example/geos.py": "import ctypes, ctypes.util, sys, os\nif sys.platform == 'win32':\n    lib = ctypes.CDLL(os.path.join(os.path.dirname(__file__), 'geos_c.dll'))\nelse:\n    lib = ctypes.CDLL(ctypes.util.find_library('geos_c'))\n"}),
    "tasks in a shell (invoke)": ("wheel", {"example/runners.py": "from subprocess import Popen, PIPE\nclass Local:\n    def start(self, command, shell, env):\n        self.process = Popen(command, shell=True, executable=shell, env=env, stdout=PIPE)\n"}),
    "tests with sockets": ("sdist", {"example-1.0/setup.py": "VERSION = '1'\n" + SETUP, "example-1.0/tests/test_server.py": "import socket, subprocess\nserver = socket.socket()\nserver.connect(('198.18.7.7', 80))\nserver.sendall(b'x')\nsubprocess.Popen(['/bin/sh', '-c', 'echo'])\n"}),
    "a web client": ("wheel", {"example/client.py": "import requests\nclass Client:\n    def __init__(self, token, base='https://api.example.com'):\n        self.session = requests.Session()\n        self.session.headers['Authorization'] = f'Bearer {token}'\n        self.base = base\n    def items(self):\n        return self.session.get(self.base + '/items').json()\n"}),
    "a cloud SDK": ("wheel", {"example/credentials.py": "import os, json, urllib.request\nMETADATA = 'http://169.254.169.254/latest/meta-data/iam/security-credentials/'\ndef environment():\n    return os.environ.get('AWS_ACCESS_KEY_ID'), os.environ.get('AWS_SECRET_ACCESS_KEY')\ndef instance(role):\n    return json.load(urllib.request.urlopen(METADATA + role, timeout=1))\n"}),
    "telemetry that can be switched off": ("wheel", {"example/telemetry.py": "import os, platform, requests\ndef send(event):\n    if os.environ.get('EXAMPLE_NO_TELEMETRY'):\n        return\n    requests.post('https://telemetry.example.com/v1', json={'event': event, 'system': platform.system()}, timeout=2)\n"}),
    "hex test data": ("wheel", {"example/vectors.py": "import binascii\nKEY = binascii.unhexlify('2b7e151628aed2a6abf7158809cf4f3c')\nBLOCK = bytes.fromhex('6bc1bee22e409f96e93d7e117393172a')\n"}),
    ".netrc": ("wheel", {"example/auth.py": "import netrc, os, requests\ndef get(url, host):\n    found = netrc.netrc(os.path.expanduser('~/.netrc')).authenticators(host)\n    return requests.get(url, auth=(found[0], found[2]))\n"}),
    "a notebook's kernel": ("wheel", {"example/kernel.py": "import ast, sys\nclass Kernel:\n    def __init__(self):\n        self.user_ns = {}\n    def run_cell(self, cell):\n        exec(compile(ast.parse(cell), '<cell>', 'exec'), self.user_ns)\n"}),
    "an editable install's .pth": ("wheel", {"__editable___example.pth": "import __editable___example_finder; __editable___example_finder.install()\n", "__editable___example_finder.py": "import sys\nclass Finder:\n    def find_spec(self, name, path=None, target=None):\n        return None\ndef install():\n    sys.meta_path.append(Finder())\n"}),
    "lazy imports": ("wheel", {"example/__init__.py": "import importlib\n_MODULES = {'core': '.core'}\ndef __getattr__(name):\n    return importlib.import_module(_MODULES[name], __name__)\n"}),
    "a plugin loader": ("wheel", {"example/plugins.py": "import importlib.util\ndef load(path):\n    spec = importlib.util.spec_from_file_location('plugin', path)\n    module = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(module)\n    return module\n"}),
    "a downloader of models": ("wheel", {"example/hub.py": "import os, requests, hashlib\ndef fetch(url, target, digest):\n    data = requests.get(url, timeout=60).content\n    if hashlib.sha256(data).hexdigest() != digest:\n        raise ValueError(url)\n    with open(target, 'wb') as out:\n        out.write(data)\n"}),
    "a frame by a name spelled backwards (celery)": ("wheel", {"example/__init__.py": "import sys\ndef caller():\n    return getattr(sys, 'emarfteg_'[::-1])(1).f_globals\ncaller()\n"}),
}  # fmt: skip
NOTED = {"version by git", "a compiler is probed", "pkg-config", "versioneer", "an editable install's .pth"}


@pytest.mark.parametrize("name", CASES)
def test_is_not_accused(name: str) -> None:
    kind, files = CASES[name]
    analysis = judged(files, kind)  # type: ignore[arg-type]
    assert analysis.verdict in ({"clean", "noted"} if name in NOTED else {"clean"}), [
        (one.rule, one.summary, str(one.evidence[0].location)) for one in analysis.findings
    ]


def test_what_honest_code_can_do_is_a_capability() -> None:
    _, files = CASES["a web client"]
    assert "network" in {one.name for one in judged(files).capabilities}


def test_the_settings_of_sphinx_within_a_package_run_when_documentation_is_built() -> None:
    asks = "from urllib.request import urlopen\nurlopen('https://numbers.example.com/total.json').read()\n"
    files = {"example-1.0/example/__init__.py": "", "example-1.0/example/part/doc/source/conf.py": asks}
    assert judged(files, "sdist").verdict == "clean"
    package = {**files, "example-1.0/example/part/__init__.py": "", "example-1.0/example/part/doc/__init__.py": ""}
    package["example-1.0/example/part/doc/source/__init__.py"] = ""
    assert judged(package, "sdist").verdict == "suspicious"
