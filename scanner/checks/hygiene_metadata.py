"""Rules over a package's own metadata: does it name its source, its licence, and did the licence change."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from scanner.checks.hygiene_release import Smell
from scanner.checks.subject import Subject
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import CoreMetadata, Release

FORGES = (
    "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sr.ht", "git.sr.ht", "hg.sr.ht", "gitee.com",
    "launchpad.net", "code.launchpad.net", "sourceforge.net", "salsa.debian.org", "foss.heptapod.net", "opendev.org",
    "pagure.io", "gitea.com", "gitlab.freedesktop.org", "gitlab.gnome.org", "git.launchpad.net",
)  # fmt: skip
CLOSED_FORGES = (
    "code.google.com", "codeplex.com", "gitorious.org", "alioth.debian.org", "berlios.de", "java.net",
    "fedorahosted.org", "gna.org",
)  # fmt: skip
"""Forges that were shut down or are read-only archives: nobody has maintained anything there for years."""
_SOURCE_LABELS = ("source", "repository", "repo", "code", "github", "gitlab", "git", "vcs", "scm")
_UNSTATED = ("", "unknown", "none", "n/a", "other", "see license", "license")


def metadata_rules(subject: Subject, package: Package, release: Release) -> Iterator[Smell]:
    """Every rule of this module over one package; nothing where its metadata was not read."""
    metadata = release.metadata
    if isinstance(metadata, NotKnown):
        return
    closed = closed_source(metadata)
    if closed:
        yield Smell(
            "hygiene/source-archived",
            f"The source that {package} names lies at {closed}, a forge that was closed: it can be an archive at best.",
            "its source is archived or gone",
            details=(("forge", closed),),
        )
    elif not names_source(metadata):
        yield Smell(
            "hygiene/no-source-url",
            f"The metadata of {package} names no source repository.",
            "no link to the source",
            confidence="medium",
        )
    if any(one.startswith("Development Status :: 7") for one in metadata.classifiers):
        yield Smell("hygiene/inactive", f"{package} says of itself that it is inactive.", "Development Status :: 7")
    licence = licence_of(metadata)
    if not licence:
        yield Smell("hygiene/no-licence", f"The metadata of {package} states no licence.", "no licence stated")
    if metadata.license_expression and canonical_licence(metadata.license_expression) is None:
        yield Smell(
            "hygiene/bad-licence-expression",
            f"The licence expression of {package} is not valid SPDX: {metadata.license_expression[:120]}",
            "not an SPDX expression",
            confidence="certain",
        )
    yield from _changed(subject, package, metadata)


def _changed(subject: Subject, package: Package, metadata: CoreMetadata) -> Iterator[Smell]:
    version, earlier = subject.earlier_metadata.get(package, ("", NotKnown("not read")))
    if isinstance(earlier, NotKnown):
        return
    now, then = _families(metadata), _families(earlier)
    if now and then and not now & then:
        yield Smell(
            "hygiene/licence-changed",
            f"{package} is under {', '.join(sorted(now))}; {version} was under {', '.join(sorted(then))}.",
            "the licence changed with this release",
            key=(*sorted(now), *sorted(then)),
            confidence="medium",
            details=(("now", licence_of(metadata)), ("before", f"{licence_of(earlier)} ({version})")),
        )


def names_source(metadata: CoreMetadata) -> bool:
    """True where a URL points to a forge, or is labelled as the source."""
    return any(
        host in FORGES or any(word in _SOURCE_LABELS for word in words) for words, host in _labelled_hosts(metadata)
    )


def closed_source(metadata: CoreMetadata) -> str:
    """The closed forge that the metadata points to, where it names no other source; else the empty string."""
    hosts = list(_labelled_hosts(metadata))
    if any(host in FORGES for _, host in hosts):
        return ""
    return next((one for _, host in hosts for one in CLOSED_FORGES if host == one or host.endswith(f".{one}")), "")


def _labelled_hosts(metadata: CoreMetadata) -> Iterator[tuple[list[str], str]]:
    """(words of the label, host) of every URL that can be read."""
    for label, url in (("", metadata.home_page), *metadata.project_urls):
        try:
            host = (urlsplit(url.strip()).hostname or "").lower().removeprefix("www.")
        except ValueError:
            continue
        if host:
            yield label.lower().replace("-", " ").split(), host


def licence_of(metadata: CoreMetadata) -> str:
    """The licence in the best form that the metadata gives: expression, classifiers, or the first line of the text."""
    if metadata.license_expression:
        return metadata.license_expression
    named = [one.rpartition(" :: ")[2] for one in metadata.classifiers if one.startswith("License ::")]
    if named:
        return ", ".join(sorted(named))
    lines = [line.strip() for line in metadata.license.splitlines() if line.strip()]
    first = lines[0][:120] if lines else ""
    return "" if first.lower() in _UNSTATED else first


def canonical_licence(expression: str) -> str | None:
    """The canonical SPDX expression, or ``None`` where it is not one."""
    try:
        return str(canonicalize_license_expression(expression))
    except (InvalidLicenseExpression, ValueError, RecursionError):
        return None


_FAMILIES: tuple[tuple[str, str], ...] = (
    ("agpl", "AGPL"), ("affero", "AGPL"), ("lgpl", "LGPL"), ("lesser general", "LGPL"), ("gpl", "GPL"),
    ("general public", "GPL"), ("apache", "Apache"), ("mit", "MIT"), ("bsd", "BSD"), ("isc", "ISC"),
    ("mpl", "MPL"), ("mozilla", "MPL"), ("psf", "PSF"), ("python software", "PSF"), ("zpl", "ZPL"), ("zope", "ZPL"),
    ("unlicense", "Unlicense"), ("public domain", "public domain"), ("cc0", "CC0"), ("bsl", "BUSL"), ("busl", "BUSL"),
    ("sspl", "SSPL"), ("proprietary", "proprietary"), ("elastic", "Elastic"),
)  # fmt: skip


def _families(metadata: CoreMetadata) -> set[str]:
    """Families of licences named: wording differs between releases that changed nothing."""
    text = licence_of(metadata).lower()
    found: set[str] = set()
    for word, family in _FAMILIES:
        if word in text:
            found.add(family)
            text = text.replace(word, " ")
    return found
