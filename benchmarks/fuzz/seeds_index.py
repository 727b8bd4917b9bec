# ruff: noqa: E501 (what tools write has long lines)
"""Seeds of what indexes, advisory sources and packages say: pages, metadata, provenance, records, archives, code."""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.fuzz.reader import Seed
from benchmarks.fuzz.seeds_locks import H

ROOT = Path(__file__).resolve().parents[2]
FILES = "http://127.0.0.1/files"

PAGE: dict[str, Any] = {
    "meta": {"api-version": "1.3", "_last-serial": 1},
    "name": "demo",
    "files": [
        {
            "filename": "demo-1.0-py3-none-any.whl",
            "url": f"{FILES}/demo-1.0-py3-none-any.whl",
            "hashes": {"sha256": H},
            "requires-python": ">=3.8",
            "size": 1200,
            "upload-time": "2026-01-05T10:00:00.000000Z",
            "yanked": False,
            "core-metadata": {"sha256": H},
            "provenance": f"{FILES}/demo-1.0-py3-none-any.whl/provenance",
        },
        {
            "filename": "demo-1.0.tar.gz",
            "url": "../../files/demo-1.0.tar.gz",
            "hashes": {"sha256": H, "blake2b": H},
            "requires-python": None,
            "size": 3400,
            "upload-time": "2026-01-05T10:00:00Z",
            "yanked": "broken",
            "data-dist-info-metadata": False,
            "provenance": None,
        },
    ],
    "versions": ["1.0"],
    "project-status": {"status": "active"},
    "alternate-locations": [],
}
HTML = f"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"><base href="{FILES}/"><title>x</title></head>
<body><h1>Links for demo</h1>
<a href="demo-1.0-py3-none-any.whl#sha256={H}" data-requires-python="&gt;=3.8" data-core-metadata="sha256={H}">demo-1.0-py3-none-any.whl</a><br/>
<a href="demo-1.0.tar.gz?x=1#md5=00" data-yanked="" data-gpg-sig="true">demo-1.0.tar.gz</a>
<a href="demo%2D0.9.zip" rel="internal">x</a></body></html>"""
METADATA = """\
Metadata-Version: 2.4
Name: demo
Version: 1.0
Summary: a thing
Author-email: A <a@h.invalid>
License-Expression: MIT
Classifier: Programming Language :: Python :: 3
Project-URL: Source, https://github.com/a/demo
Requires-Python: >=3.8
Requires-Dist: idna (>=2.5,<4)
Requires-Dist: requests[socks]>=2 ; extra == "net" and python_version < "4"
Requires-Dist: tool @ git+https://github.com/a/tool@main
Provides-Extra: net
Dynamic: Version

Long text.
"""
OSV: dict[str, Any] = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2026-0001", "PYSEC-2026-1"],
    "summary": "x",
    "details": "long",
    "published": "2026-01-01T00:00:00Z",
    "modified": "2026-01-02T00:00:00Z",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "demo", "purl": "pkg:pypi/demo"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]},
                {"type": "GIT", "repo": "https://github.com/a/demo", "events": [{"introduced": "0"}, {"fixed": "00"}]},
            ],
            "versions": ["0.9", "1.0"],
            "ecosystem_specific": {"severity": "HIGH"},
        }
    ],
    "references": [{"type": "WEB", "url": "https://h.invalid/x"}],
    "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-1"]},
}
SEED_RECORD = {
    "id": "MAL-2026-1",
    "affected": [{"name": "demo", "ranges": [{"introduced": "0", "last_affected": "1.0"}], "versions": ["1.0"]}],
    "aliases": ["GHSA-x"],
    "severity": "critical",
    "malicious": True,
    "reference": "https://h.invalid/x",
}
POLICY = """\
fail-on = "high"
min-confidence = "medium"
required-checks = ["inputs", "resolution", "advisories", "pins", "indexes", "code"]
[advisories]
warn-age-days = 7
max-age-days = 30
ignore = ["GHSA-aaaa-bbbb-cccc"]
[integrity]
allowed-index-hosts = ["pypi.org"]
require-hashes = true
[integrity.publishers]
demo = ["https://github.com/a/demo"]
[hygiene]
cooldown-days = 7
[code]
workers = 1
[[waivers]]
owner = "me"
expires = 2027-01-01
reason = "known"
rule = "code/secrets-sent"
package = "demo"
"""
PTH = (
    "import os; exec(os.environ.get('X', ''))\n/opt/extra\n# comment\n",
    "import sys, types, os;has_mfs = sys.version_info > (3, 5);p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('a',))\n",
    "import base64;exec(base64.b64decode('aW1wb3J0IG9z'))\n",
)
ENTRY_POINTS = "[console_scripts]\ndemo = demo.cli:main\n\n[demo.plugins]\nx = demo.plug:Plug [extra]\n"


def as_json(name: str, value: object) -> Seed:
    return Seed(name, "json", json.dumps(value).encode())


@functools.cache
def sources() -> tuple[bytes, ...]:
    """Python sources: the examples of our own rules, the example vendors, and small modules of this Python."""
    found = [one.encode() for one in _rule_examples()]
    found += [one.read_bytes() for one in sorted((ROOT / "examples").rglob("*.py"))]
    installed = Path(json.__file__).parent.parent
    for name in (
        "json",
        "email",
        "importlib",
        "unittest",
        "concurrent",
        "urllib",
        "wsgiref",
        "xml",
        "ctypes",
        "asyncio",
    ):
        found += [
            one.read_bytes() for one in sorted((installed / name).rglob("*.py")) if 300 < one.stat().st_size < 5000
        ]
    return tuple(dict.fromkeys(found))


def _rule_examples() -> Iterator[str]:
    for path in sorted((ROOT / "rules").glob("*.toml")):
        for rule in tomllib.loads(path.read_text()).get("rule", ()):
            for kind in ("bad", "good"):
                for one in rule.get("examples", {}).get(kind, ()):
                    if one.get("path", "x.py").endswith(".py") and len(one.get("code", "x" * 5000)) < 5000:
                        yield one["code"]
