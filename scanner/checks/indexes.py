"""Indexes: settings that let another server supply a package (dependency confusion, plain http, no TLS check)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from scanner.checks.build import evidence, make
from scanner.checks.run import each_package
from scanner.checks.subject import PROJECT, CheckMeta, Outcome, Subject
from scanner.integrity.install_sites import Installation, installation
from scanner.integrity.pins import Pin, pins_of
from scanner.model.artifact import Artifact
from scanner.model.coverage import Coverage
from scanner.model.finding import Finding, PackageRef, Severity
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.requirement import IndexOption
from scanner.resolver.choice import Choice, choice_of
from scanner.resolver.releases import Limits, allowed_by_locks

META = CheckMeta(
    id="indexes",
    title="Where packages may come from",
    needs_network=False,
    category="source",
    scope=("package", "project"),
    controls=("ssdf-pw.4.1",),
)
MAX_NAMES = 12
ADDS_AN_INDEX = ("extra-index-url", "index", "source")


def run(subject: Subject) -> Iterator[Outcome]:
    """Findings with file and line for each option; one coverage for each package, the project, and each such file."""
    tree = installation(subject.root)
    every = tuple(pin for file in subject.files for pin in pins_of(file) if not pin.constraint)
    seen: set[str] = set()
    for option, pins in _options(subject, tree, every):
        for finding in _findings(subject, option, pins):
            if finding.id not in seen:
                seen.add(finding.id)
                yield finding
    for location in tree.secrets:
        yield make(
            "indexes/credentials-in-file",
            PackageRef(subject.project),
            f"{location.path} holds a user name and password for an index in clear text.",
            [evidence(location, "credentials (not shown)")],
            key=(location.path, str(location.key_path)),
        )
    for path in sorted({*(file.path for file in subject.files), *tree.read}):
        yield Coverage(META.id, path, "checked")
    for path, reason in tree.unread:
        yield Coverage(META.id, path, "not-checked", reason, "Read by hand how it installs packages.")
    looked = len({*(file.path for file in subject.files), *tree.read})
    yield Coverage(META.id, PROJECT, "checked", f"{looked} file(s) that can say where packages come from were read")
    choices = tuple((one, choice_of([one])) for one in tree.options if one.kind in ("no-binary", "only-binary"))
    limits = Limits(allowed_by_locks(subject.files) if choices else {})
    yield from each_package(META, subject, lambda package: (_coverage(subject, package, choices, limits),))


def _other_file(
    subject: Subject, package: Package, choices: tuple[tuple[IndexOption, Choice], ...], limits: Limits
) -> str:
    """Why a command or setting of the tree installs another file than the one that is judged; empty where none does."""
    release = subject.releases.get(package)
    if release is None or not isinstance(release.chosen, Artifact) or isinstance(release.artifacts, NotKnown):
        return ""
    judged = release.chosen
    for option, choice in choices:
        others = [one for one in limits.permitted(package, release.artifacts) if one.kind != judged.kind]
        if not choice.allows(package.name, judged) and others:
            told = f"{option.kind}: {option.value}"
            return f"{option.location} installs another file of it than {judged.filename}, which is judged ({told})"
    return ""


def _coverage(
    subject: Subject, package: Package, choices: tuple[tuple[IndexOption, Choice], ...], limits: Limits
) -> Coverage:
    """Whether it is known where the package comes from, and so which of the options above can touch it."""
    kind, who = package.source.kind, str(package)
    if other := _other_file(subject, package, choices, limits):
        return Coverage(
            META.id, who, "not-checked", other, "Give the dependency file the same option, and audit again."
        )
    if kind == "unknown":
        reason = "the file that fixes it does not say where it comes from"
        return Coverage(META.id, who, "not-checked", reason, "Lock it with a tool that records the index.")
    if kind == "index":
        named = f"an index that the project names: {package.source.url}" if package.source.url else "the index"
        return Coverage(META.id, who, "checked", f"it comes from {named}")
    return Coverage(META.id, who, "checked", f"a {kind} reference, which no index can answer for")


def _options(
    subject: Subject, tree: Installation, every: tuple[Pin, ...]
) -> Iterator[tuple[IndexOption, tuple[Pin, ...]]]:
    """Each option with the pins that it can affect: those of its own file, or all where it holds everywhere."""
    for file in subject.files:
        pins = tuple(pin for pin in pins_of(file) if not pin.constraint)
        if all(pin.declared for pin in pins):
            # Ranges of a pyproject: what is installed is what a lock of the same folder fixes, where there is one.
            pins = _locked_beside(subject, file.path) or pins
        for option in file.options:
            yield option, pins
    for option in tree.options:
        yield option, every


def _locked_beside(subject: Subject, path: str) -> tuple[Pin, ...]:
    folder = path.rpartition("/")[0]
    return tuple(
        pin
        for file in subject.files
        if file.is_lock and file.path.rpartition("/")[0] == folder
        for pin in pins_of(file)
    )


def _findings(subject: Subject, option: IndexOption, pins: tuple[Pin, ...]) -> Iterator[Finding]:
    if option.kind in ADDS_AN_INDEX:
        yield from _added_index(subject, option, pins)
    elif option.kind == "index-url":
        yield from _replaced_index(subject, option)
    elif option.kind == "trusted-host":
        yield _one(
            subject,
            "indexes/trusted-host",
            option,
            f"{option.location.path} turns off certificate checks for {option.value}.",
            severity="low" if _is_local(option.value) else None,
        )
    elif option.kind == "find-links":
        remote = "://" in option.value and not option.value.lower().startswith("file:")
        severity: Severity = "low" if not remote or _all_hashed(pins) else "medium"
        where = "a web page" if remote else "a folder"
        summary = f"{option.location.path} lets {where} supply any package: {option.value}"
        yield _one(subject, "indexes/find-links", option, summary, severity=severity, pins=pins)
    elif option.kind == "index-strategy" and option.value.startswith("unsafe"):
        summary = f"{option.location.path} lets every index compete for every package ({option.value})."
        yield _one(subject, "indexes/unsafe-strategy", option, summary, pins=pins)
    if option.kind in (*ADDS_AN_INDEX, "index-url", "find-links") and _is_plain_http(option.value):
        summary = f"{option.location.path} reads packages from {option.value} without encryption."
        yield _one(subject, "indexes/http-url", option, summary)


def _added_index(subject: Subject, option: IndexOption, pins: tuple[Pin, ...]) -> Iterator[Finding]:
    if option.explicit:
        return
    host = _host(option.value)
    if option.kind in ("index", "source") and host in _public(subject):
        # The public index under its own name adds nobody who could answer.
        return
    exposed = tuple(pin for pin in pins if pin.kind == "index")
    rule = "indexes/extra-index-url" if option.kind == "extra-index-url" else "indexes/unbound-source"
    if not exposed or _all_hashed(exposed):
        severity: Severity = "low"
        tail = "Hashes in the lock limit what it can supply until the next lock is made."
    elif all(pin.version for pin in exposed):
        severity = "medium"
        tail = "Versions are fixed, files are not: either index can supply them."
    else:
        severity = "high"
        tail = "Versions are open: the index with the higher version wins."
    summary = f"{option.location.path} lets {host or option.value} answer for every package. {tail}"
    yield _one(subject, rule, option, summary, severity=severity, pins=exposed)
    yield from _claimable(subject, option, exposed)


def _claimable(subject: Subject, option: IndexOption, pins: tuple[Pin, ...]) -> Iterator[Finding]:
    """Names that the public index does not have: anybody can register one and be asked for it."""
    for name in sorted({pin.name for pin in pins if not pin.all_hashes}):
        known = subject.public_names.get(name, NotKnown("the public index was not asked"))
        if isinstance(known, NotKnown) or known:
            continue
        pin = next(one for one in pins if one.name == name)
        yield make(
            "indexes/claimable-name",
            PackageRef(pin.name, pin.version),
            f"{name} comes from another index and the public index has no project of that name: anyone can claim it.",
            [evidence(pin.location, "asked of every index", text=pin.text), evidence(option.location, option.value)],
            key=(option.location.path, option.value),
            confidence="high",
        )


def _replaced_index(subject: Subject, option: IndexOption) -> Iterator[Finding]:
    host = _host(option.value)
    allowed = {one.lower() for one in subject.settings.integrity.allowed_index_hosts}
    if not host or host in allowed:
        return
    summary = f"{option.location.path} takes every package from {host}, which is not an allowed index host."
    yield _one(subject, "indexes/other-index", option, summary)


def _one(
    subject: Subject,
    rule: str,
    option: IndexOption,
    summary: str,
    *,
    severity: Severity | None = None,
    pins: tuple[Pin, ...] = (),
) -> Finding:
    names = sorted({pin.name for pin in pins})
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    details = [("packages it can answer for", ", ".join(names[:MAX_NAMES]) + more)] if names else []
    both = [name for name in names if subject.public_names.get(name) is True]
    if both and rule in ("indexes/extra-index-url", "indexes/unbound-source"):
        details.append(("also on the public index", ", ".join(both[:MAX_NAMES])))
    text = f"{option.kind}: {option.value}"
    return make(
        rule,
        PackageRef(subject.project),
        summary,
        [evidence(option.location, text, text=text)],
        key=(option.location.path, option.kind, option.value),
        severity=severity,
        details=details,
    )


def _all_hashed(pins: tuple[Pin, ...]) -> bool:
    return bool(pins) and all(pin.all_hashes for pin in pins if pin.kind == "index")


def _public(subject: Subject) -> frozenset[str]:
    return frozenset(host.lower() for host in subject.settings.integrity.allowed_index_hosts)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _is_local(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_plain_http(url: str) -> bool:
    return url.lower().startswith("http://") and not _is_local(_host(url))
