"""What the lines of a dependency file alone tell: hashes missing or weak, versions open, references direct."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.checks.build import evidence, make
from scanner.checks.subject import Subject
from scanner.integrity.install_sites import installation
from scanner.integrity.pins import Pin, reference_kind, vcs_commit
from scanner.model.finding import Finding, PackageRef, Severity
from scanner.model.package import Package
from scanner.model.requirement import STRONG_ALGORITHMS
from scanner.model.urls import split_url


def file_findings(subject: Subject, path: str, pins: tuple[Pin, ...]) -> Iterator[Finding]:
    """Findings about a file as a whole: a reader wants one line for a habit, not one for each package."""
    project = PackageRef(subject.project)
    installed = [pin for pin in pins if not pin.declared and not pin.constraint and pin.kind == "index"]
    exact = [pin for pin in installed if pin.version]
    if exact and not any(pin.all_hashes for pin in pins):
        yield make(
            "pins/no-hashes",
            project,
            f"{path} fixes {len(exact)} version(s) and not one hash: whatever the index serves is installed.",
            [evidence(pin.location, "no hash", text=pin.text) for pin in exact],
            key=(path,),
            severity=_unhashed(subject),
        )
    opened = [pin for pin in installed if not pin.version]
    if opened:
        installers = installation(subject.root).installers_of(path)
        lines = [evidence(pin.location, "no exact version", text=pin.text) for pin in opened]
        tail = f", and {installers[0].location} installs it." if installers else ": each install may bring other code."
        yield make(
            "pins/unpinned",
            project,
            f"{path} leaves {len(opened)} version(s) open{tail}",
            [*(evidence(site.location, "installs this file", text=site.text) for site in installers[:5]), *lines],
            key=(path,),
            severity="medium" if installers else None,
        )
    elif exact and not all(pin.all_hashes for pin in exact):
        yield from _left_out(subject, path, exact)
    yield from _foreign_hosts(subject, path, pins)


def _left_out(subject: Subject, path: str, exact: list[Pin]) -> Iterator[Finding]:
    """Packages that the pins of a file bring in and that the file does not fix."""
    fixed = {pin.name for pin in exact}
    below = subject.graph.reachable([root for root in subject.graph.roots if root.path == path])
    free = sorted(one for one in below if one.name not in fixed and one.source.kind == "index")
    if free:
        names = ", ".join(str(one) for one in free[:12]) + (" …" if len(free) > 12 else "")
        yield make(
            "pins/left-out",
            PackageRef(subject.project),
            f"{path} fixes {len(exact)} version(s) and leaves out {len(free)} that they need: these are not pinned.",
            [evidence(pin.location, "its dependencies are installed too", text=pin.text) for pin in exact[:5]],
            key=(path,),
            details=(("not pinned", names),),
        )


def pin_findings(subject: Subject, pin: Pin, node: Package | None, *, file_has_hashes: bool) -> Iterator[Finding]:
    """Findings about one line."""
    if pin.kind in ("url", "vcs"):
        yield from _direct(subject, pin, node)
    if pin.kind != "index" or pin.declared:
        return
    who = PackageRef(pin.name, pin.version)
    path = pin.location.path
    if file_has_hashes and not pin.all_hashes and not pin.constraint:
        yield make(
            "pins/missing-hash",
            who,
            f"{path} gives hashes for other packages and none for {_label(pin)}.",
            [evidence(pin.location, "no hash on this entry", text=pin.text)],
            key=(path,),
            subject=subject,
            node=node,
            severity=_unhashed(subject),
        )
    weak = [one for one in pin.all_hashes if one.algorithm not in STRONG_ALGORITHMS]
    if weak:
        names = ", ".join(sorted({one.algorithm for one in weak}))
        yield make(
            "pins/weak-hash",
            who,
            f"{path} pins {_label(pin)} with {names}"
            + (" beside a stronger digest." if pin.strong else " and no stronger digest."),
            [evidence(pin.location, f"{names} digest", text=pin.text)],
            key=(path, *(str(one) for one in weak)),
            subject=subject,
            node=node,
            severity="low" if pin.strong else None,
        )
    bare = [one.filename for one in pin.artifacts if not one.hashes]
    if bare and len(bare) < len(pin.artifacts):
        yield make(
            "pins/partly-hashed",
            who,
            f"{path} names {len(pin.artifacts)} files of {_label(pin)} and gives no hash for {len(bare)} of them.",
            [evidence(pin.location, f"no hash: {name}", text=pin.text) for name in bare],
            key=(path, *bare),
            subject=subject,
            node=node,
        )


def _unhashed(subject: Subject) -> Severity:
    return "medium" if subject.settings.integrity.require_hashes else "low"


def _label(pin: Pin) -> str:
    return f"{pin.name}=={pin.version}" if pin.version else str(pin.name)


def _direct(subject: Subject, pin: Pin, node: Package | None) -> Iterator[Finding]:
    url = pin.url or pin.source.url
    who = PackageRef(pin.name, pin.version)
    path = pin.location.path
    if pin.kind == "vcs":
        # A range in a manifest may name a branch: what is installed is the commit that the lock beside it fixes.
        if vcs_commit(pin) or (pin.declared and node is not None and node.source.commit):
            return
        yield make(
            "pins/vcs-without-commit",
            who,
            f"{path} takes {pin.name} from {url}, which names no full commit: what is installed can change.",
            [evidence(pin.location, "a branch or tag can be moved", text=pin.text)],
            key=(path, url),
            subject=subject,
            node=node,
        )
        return
    if reference_kind(url) != "url":
        return
    plain = split_url(url).scheme.lower() != "https"
    fragment = split_url(url).fragment.lower()
    hashed = pin.strong or any(fragment.startswith(f"{name}=") for name in STRONG_ALGORITHMS)
    severity: Severity = "low" if hashed else "high" if plain else "medium"
    yield make(
        "pins/direct-url",
        who,
        f"{path} takes {pin.name} from {split_url(url).hostname or url}, past the index"
        + (", with a strong hash." if hashed else ", over plain http and without a hash." if plain else ", unhashed."),
        [evidence(pin.location, f"direct reference: {url}", text=pin.text)],
        key=(path, url),
        subject=subject,
        node=node,
        severity=severity,
        details=(("url", url), ("hash", "strong" if hashed else "none")),
    )


def _foreign_hosts(subject: Subject, path: str, pins: tuple[Pin, ...]) -> Iterator[Finding]:
    """Files of the lock that lie on hosts which the policy does not list. One finding for each host.

    A lock that is all from one private mirror is a habit; one entry that points elsewhere in a lock that is
    otherwise from the usual host is how a lock is poisoned in review.
    """
    allowed = frozenset(host.lower() for host in subject.settings.integrity.allowed_index_hosts)
    elsewhere: dict[str, list[tuple[Pin, str]]] = {}
    usual = 0
    for pin in pins:
        if pin.kind != "index":
            continue
        for artifact in pin.artifacts:
            host = (split_url(artifact.url).hostname or "").lower() if "://" in artifact.url else ""
            if host and host not in allowed:
                elsewhere.setdefault(host, []).append((pin, artifact.url))
            elif host:
                usual += 1
    for host, places in sorted(elsewhere.items()):
        packages = sorted({pin.name for pin, _ in places})
        one = PackageRef(packages[0]) if len(packages) == 1 else PackageRef(subject.project)
        yield make(
            "pins/foreign-host",
            one,
            f"{path} takes {len(packages)} package(s) from {host}, which is not an allowed index host.",
            [evidence(pin.location, url, text=pin.text) for pin, url in places],
            key=(path, host),
            severity="high" if usual > len(places) else None,
            details=(("packages", ", ".join(packages[:12]) + (" …" if len(packages) > 12 else "")),),
        )
