"""``requirements*.txt``: pip's format, with ``-r``/``-c``, continuations, hashes, options, URLs and variables.

Source: pip's documentation, "Requirements File Format". Environment variables are kept as ``${NAME}``: their values are
the auditor's, not the project's, and may be secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from scanner.files import inside
from scanner.inputs.pep508 import parse_requirement
from scanner.inputs.source import Fault, SourceText, fail, read_source
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, RequirementGroup
from scanner.model.names import canonicalize_name
from scanner.model.requirement import Hash, IndexOption, Requirement
from scanner.model.urls import redact

KIND = "requirements.txt"
MAX_LINES = 200_000
MAX_INCLUDES = 100

_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH = re.compile(r"\s--hash[=\s]+(?P<algorithm>[A-Za-z0-9_]+):(?P<value>[0-9A-Fa-f]+)(?=\s|$)")
_VALUED = {
    "-i": "index-url",
    "--index-url": "index-url",
    "--pypi-url": "index-url",
    "--extra-index-url": "extra-index-url",
    "-f": "find-links",
    "--find-links": "find-links",
    "--trusted-host": "trusted-host",
    "--no-binary": "no-binary",
    "--only-binary": "only-binary",
}
_FLAGS = {
    "--no-index": "no-index",
    "--pre": "pre",
    "--require-hashes": "require-hashes",
    "--prefer-binary": "prefer-binary",
}
_IGNORED = {"--use-feature", "--use-pep517", "--no-use-pep517", "--process-dependency-links"}
_NAME_OF_ARCHIVE = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._]*?)-(?P<version>\d[^-/]*?)(-[^/]*)?\.(whl|tar\.gz|zip|tgz|tar\.bz2)$"
)
_NAME_OF_REPOSITORY = re.compile(r"/(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*?)(\.git)?(@[^/]*)?/?$")


class Line(msgspec.Struct, frozen=True):
    """A logical line: continuations joined, comments gone; ``number`` is its first physical line."""

    number: int
    text: str


class _Reading:
    """What one file and all it includes gave so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.requirements: list[Requirement] = []
        self.constraints: list[Requirement] = []
        self.options: list[IndexOption] = []
        self.gaps: list[Gap] = []
        self.faults: list[Fault] = []
        self.includes: list[str] = []
        self.lines = 0


def read(root: Path, relative: str) -> DependencyFile:
    """Read a requirements file and what it includes. Raises :class:`InputError` with all faults at once."""
    reading = _Reading(root)
    source = read_source(root, relative)
    _read_into(reading, source, seen=(relative,), constraint=False)
    if reading.faults:
        raise fail(reading.faults, "Correct the lines named; pip would refuse them too.")
    groups = [RequirementGroup("dependencies", "", tuple(reading.requirements))]
    if reading.constraints:
        groups.append(RequirementGroup("constraint", "", tuple(reading.constraints)))
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        groups=tuple(groups),
        options=tuple(reading.options),
        includes=tuple(sorted(set(reading.includes))),
        gaps=tuple(reading.gaps),
    )


def logical_lines(text: str) -> Iterator[Line]:
    """Lines as pip joins them: a backslash at the end continues, except in a comment line."""
    parts: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), 1):
        is_comment = raw.lstrip().startswith("#")
        if raw.endswith("\\") and not is_comment:
            parts.append(raw[:-1])
            first = first or number
            continue
        parts.append(" " + raw if is_comment and parts else raw)
        joined = _COMMENT.sub("", "".join(parts)).strip()
        if joined:
            yield Line(first or number, joined)
        parts, first = [], 0
    rest = _COMMENT.sub("", "".join(parts)).strip()
    if rest:
        yield Line(first, rest)


def _read_into(reading: _Reading, source: SourceText, *, seen: tuple[str, ...], constraint: bool) -> None:
    for line in logical_lines(source.text):
        reading.lines += 1
        location = Location(source.path, line.number)
        if reading.lines > MAX_LINES:
            reading.gaps.append(Gap(location, f"the file has more than {MAX_LINES} lines; the rest was not read"))
            return
        try:
            _read_line(reading, line.text, location, seen=seen, constraint=constraint)
        except ValueError as error:
            reading.faults.append(Fault(location, str(error)))


def _read_line(reading: _Reading, text: str, location: Location, *, seen: tuple[str, ...], constraint: bool) -> None:
    if not text.startswith("-"):
        target = reading.constraints if constraint else reading.requirements
        target.append(_requirement(text, location))
        return
    option, _, value = text.partition("=") if re.match(r"--[\w-]+=", text) else text.partition(" ")
    if len(option) > 2 and option[1] != "-" and option[:2] in ("-r", "-c", "-e", "-i", "-f"):
        # pip accepts the short options without a space: ``-rbase.txt``.
        option, value = option[:2], option[2:] + (" " + value if value else "")
    value = value.strip().strip("\"'")
    if option in ("-r", "--requirement", "-c", "--constraint"):
        is_constraint = constraint or option in ("-c", "--constraint")
        _include(reading, value, location, seen=seen, constraint=is_constraint)
    elif option in ("-e", "--editable"):
        reading.requirements.append(requirement_line(f"-e {value}", location))
    elif option in _VALUED:
        if not value:
            raise ValueError(f"the option {option} needs a value")
        reading.options.append(IndexOption(_VALUED[option], redact(value), location))
    elif text in _FLAGS:
        reading.options.append(IndexOption(_FLAGS[text], "", location))
    elif option not in _IGNORED:
        raise ValueError(f"pip has no requirements-file option {option[:40]}")


def _include(reading: _Reading, value: str, location: Location, *, seen: tuple[str, ...], constraint: bool) -> None:
    """Follow ``-r``/``-c`` inside the audited root; say what is not followed and why."""
    if "://" in value:
        reason = f"it includes {redact(value)}, a file on the network, which is not read"
        reading.gaps.append(Gap(location, reason, "Commit the file that is meant and include that."))
        return
    if not value:
        raise ValueError("it includes a file without naming it")
    relative = inside(reading.root, PurePosixPath(location.path).parent.as_posix(), value)
    if not relative:
        reason = f"it includes {value}, which lies outside the audited folder and is not read"
        reading.gaps.append(Gap(location, reason, "Audit the folder that holds both files."))
        return
    if relative in seen:
        reading.gaps.append(Gap(location, f"it includes {relative}, which includes it: the loop was cut here"))
        return
    if relative in reading.includes or len(reading.includes) >= MAX_INCLUDES:
        return
    reading.includes.append(relative)
    try:
        source = read_source(reading.root, relative)
    except InputError as error:
        raise ValueError(f"it includes {relative}: {error.what}") from error
    _read_into(reading, source, seen=(*seen, relative), constraint=constraint)


def requirement_line(text: str, location: Location) -> Requirement:
    """One line that states a requirement, ``-e`` included. Raises ``ValueError`` for what pip would refuse."""
    if not isinstance(text, str):
        raise TypeError("a requirement is expected here, as text")
    editable, _, rest = text.strip().partition(" ")
    if editable in ("-e", "--editable"):
        requirement = _requirement(rest.strip().strip("\"'"), location)
        return msgspec.structs.replace(requirement, editable=True, text=f"-e {requirement.text}")
    return _requirement(text.strip(), location)


_PATH = re.compile(r"[./~]|[A-Za-z]:\\|[\w.-]+/[\w./-]+(\[[\w, -]*\])?\s*(;|$)")
"""What pip takes for a path: it begins like one, or it has a slash and nothing that a requirement would have."""


def _requirement(text: str, location: Location) -> Requirement:
    """A requirement line: PEP 508, or a URL, VCS reference or path, with ``--hash`` and other options after it."""
    stated = (Hash.stated(found["algorithm"], found["value"]) for found in _HASH.finditer(f" {text}"))
    hashes = tuple(one for one in stated if one is not None)
    body = re.split(r"\s--(?:hash|global-option|install-option|config-settings?)\b", text, maxsplit=1)[0].strip()
    rest = _HASH.sub("", f" {text}").strip()
    if "--hash" in rest:
        raise ValueError("a --hash is not of the form algorithm:hexdigest")
    if re.match(r"^[A-Za-z][\w+.-]*://|^(git|hg|svn|bzr)\+|^file:", body):
        return _from_url(body, location, hashes)
    if _PATH.match(body) or (body.endswith((".whl", ".tar.gz", ".zip")) and " @ " not in body):
        return _from_path(body, location, hashes)
    # pip lets extras and options follow with odd spacing; shlex would break markers, so only quotes are left alone.
    return parse_requirement(body, location, hashes)


def _from_url(body: str, location: Location, hashes: tuple[Hash, ...]) -> Requirement:
    url, _, marker = body.partition(" ;")
    url, _, fragment = url.strip().partition("#")
    fields = dict(part.split("=", 1) for part in fragment.split("&") if "=" in part)
    name = fields.get("egg", "").partition("[")[0]
    if not name:
        found = _NAME_OF_ARCHIVE.search(url.rpartition("/")[2]) or _NAME_OF_REPOSITORY.search(url)
        name = found["name"] if found else ""
    for algorithm in ("sha256", "sha384", "sha512", "sha1", "md5"):
        if (one := Hash.if_one(algorithm, fields.get(algorithm, ""))) is not None:
            hashes = (*hashes, one)
    clean = redact(url)
    if "subdirectory" in fields:
        clean += f"#subdirectory={fields['subdirectory']}"
    return Requirement(
        name=canonicalize_name(name or "unnamed"),
        marker=marker.strip(),
        url=clean,
        hashes=hashes,
        text=redact(body),
        location=location,
    )


def _from_path(body: str, location: Location, hashes: tuple[Hash, ...]) -> Requirement:
    path, _, marker = body.partition(" ;")
    path = path.strip()
    extras: tuple[str, ...] = ()
    matched = re.match(r"^(.*)\[([^\]]*)\]$", path)
    if matched:
        path, extras = matched[1], tuple(sorted(one.strip() for one in matched[2].split(",") if one.strip()))
    archive = _NAME_OF_ARCHIVE.search(path)
    folder = PurePosixPath(path.replace("\\", "/")).name
    name = archive["name"] if archive else folder if re.match(r"^[A-Za-z0-9]", folder) else "unnamed"
    return Requirement(
        name=canonicalize_name(name),
        extras=extras,
        marker=marker.strip(),
        url=f"file:{path}",
        hashes=hashes,
        text=body,
        location=location,
    )


def pinned_version(requirement: Requirement) -> str:
    """The one version that a requirement allows (``==`` or ``===`` without a wildcard), or the empty string."""
    matched = re.fullmatch(r"={2,3}\s*([^\s*,]+)", requirement.specifier)
    return matched[1] if matched else ""
