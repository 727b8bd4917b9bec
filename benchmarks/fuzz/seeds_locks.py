# ruff: noqa: E501 (what tools write has long lines)
"""Seeds of locks and bills of materials, small and whole: what real tools write, with names and hosts of our own."""

from __future__ import annotations

import json

from benchmarks.fuzz.reader import Seed

H = "0123456789abcdef" * 4
COMMIT = "0123456789abcdef0123456789abcdef01234567"

UV = f"""\
version = 1
revision = 2
requires-python = ">=3.11"
resolution-markers = ["sys_platform == 'linux'", "sys_platform != 'linux'"]

[options]
exclude-newer = "2026-01-01T00:00:00Z"

[manifest]
members = ["app", "lib"]
constraints = [{{ name = "urllib3", specifier = "<3" }}]

[[package]]
name = "app"
version = "0.1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "flask", extra = ["async"] }},
    {{ name = "pywin32", marker = "sys_platform == 'win32'" }},
    {{ name = "tool" }},
]

[package.optional-dependencies]
gpu = [{{ name = "torch", version = "2.1" }}]

[package.dev-dependencies]
dev = [{{ name = "pytest" }}]

[package.metadata]
requires-dist = [
    {{ name = "flask", extras = ["async"], specifier = ">=3" }},
    {{ name = "torch", marker = "extra == 'gpu'", specifier = "==2.1" }},
]
provides-extras = ["gpu"]

[[package]]
name = "flask"
version = "3.0"
source = {{ registry = "https://pypi.org/simple" }}
dependencies = [{{ name = "urllib3" }}]
sdist = {{ url = "https://files.pythonhosted.org/f/flask-3.0.tar.gz", hash = "sha256:{H}", size = 5 }}
wheels = [
    {{ url = "https://files.pythonhosted.org/f/flask-3.0-py3-none-any.whl", hash = "sha256:{H}", size = 7, upload-time = "2026-01-01T00:00:00Z" }},
]

[package.optional-dependencies]
async = [{{ name = "asgiref" }}]

[[package]]
name = "asgiref"
version = "3.8"
source = {{ registry = "https://pypi.org/simple" }}
wheels = [{{ url = "https://files.pythonhosted.org/a/asgiref-3.8-py3-none-any.whl", hash = "sha256:{H}" }}]

[[package]]
name = "tool"
version = "1.0"
source = {{ git = "https://github.com/a/tool?rev=main&subdirectory=x#{COMMIT}" }}

[[package]]
name = "torch"
version = "2.1"
source = {{ url = "https://index.invalid/torch-2.1-py3-none-any.whl" }}
wheels = [{{ url = "https://index.invalid/torch-2.1-py3-none-any.whl", hash = "sha256:{H}" }}]

[[package]]
name = "pytest"
version = "8.0"
source = {{ editable = "lib" }}

[[package]]
name = "pywin32"
version = "306"
source = {{ registry = "https://user:pw@index.invalid/simple" }}

[[package]]
name = "urllib3"
version = "2.0"
source = {{ path = "vendor/urllib3-2.0-py3-none-any.whl" }}
"""

POETRY_2 = f"""\
[[package]]
name = "requests"
version = "2.31"
description = "x"
optional = false
python-versions = ">=3.7"
groups = ["main"]
markers = "python_version < '4'"
files = [{{file = "requests-2.31-py3-none-any.whl", hash = "sha256:{H}"}}]

[package.dependencies]
idna = ">=2.5,<4"
PySocks = {{version = ">=1.5.6", optional = true}}
chardet = [
    {{version = ">=3", markers = "python_version < '3.9'"}},
    {{version = ">=4", markers = "python_version >= '3.9'"}},
]

[package.extras]
socks = ["PySocks (>=1.5.6)"]

[[package]]
name = "idna"
version = "3.7"
optional = true
groups = ["main", "dev"]
markers = {{main = "extra == 'intl'", dev = "sys_platform == 'win32'"}}
files = []

[[package]]
name = "forked"
version = "1.0"
groups = ["main"]
files = []

[package.source]
type = "git"
url = "https://github.com/a/forked.git"
reference = "main"
resolved_reference = "{COMMIT}"
subdirectory = "x"

[extras]
intl = ["idna"]

[metadata]
lock-version = "2.1"
python-versions = "^3.11"
content-hash = "{H}"
"""

POETRY_1 = f"""\
[[package]]
name = "requests"
version = "2.31"
description = "x"
category = "main"
optional = false
python-versions = ">=3.7"

[package.dependencies]
idna = ">=2.5,<4"

[[package]]
name = "idna"
version = "3.7"
category = "dev"
optional = true
python-versions = "*"

[package.source]
type = "legacy"
url = "https://index.invalid/simple"
reference = "private"

[extras]
intl = ["idna"]

[metadata]
lock-version = "1.1"
python-versions = "^3.8"
content-hash = "{H}"

[metadata.files]
requests = [{{file = "requests-2.31-py3-none-any.whl", hash = "sha256:{H}"}}]
idna = [{{file = "idna-3.7-py3-none-any.whl", hash = "sha512:{H}{H}"}}]
"""

PDM = f"""\
[metadata]
groups = ["default", "dev"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256:{H}"

[[metadata.targets]]
requires_python = ">=3.11"

[[package]]
name = "requests"
version = "2.32.0"
requires_python = ">=3.8"
groups = ["default"]
dependencies = ["idna<4,>=2.5", 'colorama; sys_platform == "win32"']
files = [{{file = "requests-2.32.0-py3-none-any.whl", hash = "sha256:{H}"}}]

[[package]]
name = "requests"
version = "2.32.0"
extras = ["socks"]
groups = ["dev"]
dependencies = ["pysocks>=1.5", "requests==2.32.0"]
files = [{{url = "https://files.pythonhosted.org/requests-2.32.0-py3-none-any.whl", hash = "sha256:{H}"}}]

[[package]]
name = "idna"
version = "3.7"
groups = ["default"]
marker = "python_version < '4'"
files = []

[[package]]
name = "tool"
version = "0"
git = "https://git.invalid/t.git"
revision = "{COMMIT}"
"""

PYLOCK = f"""\
lock-version = "1.0"
created-by = "pip"
requires-python = ">=3.11"
environments = ["sys_platform == 'linux'"]
extras = ["x"]
dependency-groups = ["dev"]
default-groups = ["dev"]

[[packages]]
name = "attrs"
version = "25.1.0"
marker = "'x' in extras or 'dev' in dependency_groups"
requires-python = ">=3.8"
dependencies = [{{name = "idna"}}]
index = "https://pypi.org/simple"

[[packages.wheels]]
name = "attrs-25.1.0-py3-none-any.whl"
url = "https://files.pythonhosted.org/attrs-25.1.0-py3-none-any.whl"
upload-time = 2025-01-25T11:30:10.164985Z
size = 63152
hashes = {{sha256 = "{H}"}}

[[packages]]
name = "idna"
version = "3.7"
sdist = {{name = "idna-3.7.tar.gz", url = "https://files.pythonhosted.org/idna-3.7.tar.gz", hashes = {{sha256 = "{H}"}}}}
attestation-identities = [{{kind = "GitHub", repository = "a/b"}}]

[[packages]]
name = "tool"
vcs = {{type = "git", url = "https://github.com/a/tool", requested-revision = "main", commit-id = "{COMMIT}", subdirectory = "x"}}

[[packages]]
name = "local"
directory = {{path = "lib", editable = true}}

[[packages]]
name = "packed"
archive = {{url = "https://index.invalid/packed.zip", size = 5, hashes = {{sha256 = "{H}"}}}}
"""

PIPFILE_LOCK = {
    "_meta": {
        "hash": {"sha256": H},
        "pipfile-spec": 6,
        "requires": {"python_version": "3.11"},
        "sources": [{"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}],
    },
    "default": {
        "idna": {"hashes": [f"sha256:{H}"], "index": "pypi", "markers": "python_version >= '3.6'", "version": "==3.7"},
        "tool": {"git": "https://github.com/a/tool.git", "ref": COMMIT},
        "local": {"editable": True, "path": "."},
        "packed": {"file": "https://index.invalid/packed-1.0.zip"},
    },
    "develop": {"pytest": {"hashes": [f"sha256:{H}"], "version": "==8.0", "extras": ["x"]}},
}

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    "version": 1,
    "metadata": {"component": {"type": "application", "name": "app", "bom-ref": "app"}},
    "components": [
        {
            "type": "library",
            "bom-ref": "a",
            "name": "requests",
            "version": "2.31",
            "purl": "pkg:pypi/requests@2.31",
            "hashes": [{"alg": "SHA-256", "content": H}],
            "licenses": [{"license": {"id": "MIT"}}],
            "components": [
                {"type": "library", "name": "idna", "version": "3.7", "purl": "pkg:pypi/idna@3.7", "bom-ref": "b"}
            ],
        },
        {"type": "library", "name": "lodash", "version": "4", "purl": "pkg:npm/lodash@4", "bom-ref": "c"},
    ],
    "dependencies": [{"ref": "app", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["b"]}],
}

SPDX = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "app",
    "documentNamespace": "https://h.invalid/app",
    "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: x"]},
    "packages": [
        {
            "name": "requests",
            "SPDXID": "SPDXRef-a",
            "versionInfo": "2.31",
            "downloadLocation": "NOASSERTION",
            "checksums": [{"algorithm": "SHA256", "checksumValue": H}],
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": "pkg:pypi/requests@2.31",
                }
            ],
        },
        {
            "name": "idna",
            "SPDXID": "SPDXRef-b",
            "versionInfo": "3.7",
            "downloadLocation": "NONE",
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE_MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": "pkg:pypi/idna@3.7?checksum=sha256:00",
                }
            ],
        },
    ],
    "relationships": [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a"},
        {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-b"},
        {"spdxElementId": "SPDXRef-b", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-a"},
    ],
}

OTHERS = (
    Seed(
        "package-lock.json",
        "json",
        b'{"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}}',
    ),
    Seed("package.json", "json", b'{"dependencies": {"a": "^1"}, "devDependencies": {"b": "*"}}'),
    Seed("yarn.lock", "text", b'"a@^1", a@^2:\n  version "1.2.3"\n  resolved "https://h.invalid/a.tgz"\n'),
    Seed(
        "pnpm-lock.yaml",
        "text",
        b"lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n",
    ),
    Seed("Cargo.lock", "toml", b'version = 3\n[[package]]\nname = "a"\nversion = "1.0.0"\n'),
)

CONDA = """\
version: 1
package:
- name: a
  version: '1.0'
  manager: conda
  platform: linux-64
- name: demo
  version: '1.0'
  manager: pip
  platform: linux-64
  url: https://files.invalid/demo-1.0-py3-none-any.whl
  hash:
    sha256: 0000000000000000000000000000000000000000000000000000000000000000
"""


def as_json(name: str, value: object) -> Seed:
    return Seed(name, "json", json.dumps(value, indent=1).encode())
