"""Shared by the readers of manifests: typed access to tables, requirements built from tables, faults and gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from scanner.inputs.pep508 import parse_requirement
from scanner.inputs.source import Fault
from scanner.model.location import Location
from scanner.model.locked import Gap
from scanner.model.requirement import Requirement
from scanner.model.urls import redact


class Located(Protocol):
    """A parsed file that can say where a key path stands."""

    @property
    def content(self) -> dict[str, Any]: ...

    def at(self, key_path: str) -> Location: ...


class Reading:
    """What reading one manifest gave so far: faults make the file an error, gaps are said beside the result."""

    def __init__(self, file: Located) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.gaps: list[Gap] = []
        self.includes: set[str] = set()

    def fault(self, key_path: str, message: str) -> None:
        self.faults.append(Fault(self.file.at(key_path), message))

    def gap(self, key_path: str, reason: str, remedy: str = "") -> None:
        self.gaps.append(Gap(self.file.at(key_path), reason, remedy))

    def table(self, parent: dict[str, Any], key: str, key_path: str) -> dict[str, Any]:
        """The table at a key: empty where absent, empty and a fault where it is something else."""
        value = parent.get(key, {})
        if isinstance(value, dict):
            return value
        self.fault(key_path, "a table is expected here")
        return {}

    def dig(self, *keys: str) -> dict[str, Any]:
        """The table below the top level at a path of keys."""
        here = self.file.content
        for depth, key in enumerate(keys):
            here = self.table(here, key, ".".join(keys[: depth + 1]))
        return here

    def text(self, parent: dict[str, Any], key: str, key_path: str) -> str:
        """A text value: empty where absent, empty and a fault where it is something else."""
        value = parent.get(key, "")
        if isinstance(value, str):
            return value
        self.fault(key_path, "text is expected here")
        return ""

    def array(self, parent: dict[str, Any], key: str, key_path: str) -> Iterator[tuple[str, Any]]:
        """(key path, element) of an array; a fault where it is something else."""
        value = parent.get(key, [])
        if not isinstance(value, list):
            self.fault(key_path, "an array is expected here")
            return
        for number, item in enumerate(value):
            yield f"{key_path}[{number}]", item

    def requirement(self, text: Any, key_path: str) -> Requirement | None:
        """One PEP 508 text, or a fault."""
        location = self.file.at(key_path)
        if not isinstance(text, str):
            self.faults.append(Fault(location, "a requirement is expected here, as text"))
            return None
        try:
            return parse_requirement(text, location)
        except ValueError as error:
            self.faults.append(Fault(location, str(error)))
            return None

    def requirements(self, parent: dict[str, Any], key: str, key_path: str) -> tuple[Requirement, ...]:
        """An array of PEP 508 texts, with one fault for each that is none."""
        found = (self.requirement(item, path) for path, item in self.array(parent, key, key_path))
        return tuple(one for one in found if one is not None)

    def build(
        self,
        name: str,
        key_path: str,
        *,
        specifier: str = "",
        extras: Any = (),
        marker: str = "",
        url: str = "",
        editable: bool = False,
        index: str = "",
    ) -> Requirement:
        """A requirement from the parts that a table states; its text is the PEP 508 spelling of the parts."""
        if specifier and not _is_specifier(specifier):
            self.fault(key_path, f"the version of {name[:80]} is not a specifier that PEP 440 allows: {specifier[:80]}")
            specifier = ""
        if marker and not _is_marker(marker):
            self.fault(key_path, f"the marker of {name[:80]} is not one that PEP 508 allows: {marker[:80]}")
            marker = ""
        wanted = (
            tuple(sorted(one for one in extras if isinstance(one, str))) if isinstance(extras, list | tuple) else ()
        )
        clean = redact(url)
        bracket = f"[{','.join(wanted)}]" if wanted else ""
        text = f"{name}{bracket}" + (f" @ {clean}" if clean else specifier) + (f" ; {marker}" if marker else "")
        return Requirement(
            name=canonicalize_name(name),
            specifier="" if clean else specifier,
            extras=wanted,
            marker=marker,
            url=clean,
            editable=editable,
            index=redact(index),
            text=text,
            location=self.file.at(key_path),
        )


def _is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def _is_marker(text: str) -> bool:
    try:
        Marker(text)
    except (InvalidMarker, RecursionError):
        return False
    return True


def both(left: str, right: str) -> str:
    """Two markers that must both hold."""
    return f"({left}) and ({right})" if left and right else left or right


def vcs_url(url: str, revision: str = "", subdirectory: str = "", *, scheme: str = "git") -> str:
    """A VCS reference in pip's spelling: ``git+https://host/repo@revision#subdirectory=part``."""
    prefix = "" if url.startswith(f"{scheme}+") else f"{scheme}+"
    scp = ":" in url and "://" not in url and not url.startswith("/")
    plain = "ssh://" + url.replace(":", "/", 1) if scp else url
    return (
        prefix
        + plain
        + (f"@{revision}" if revision else "")
        + (f"#subdirectory={subdirectory}" if subdirectory else "")
    )
