"""``[tool.poetry]``: dependencies in poetry's own notation, groups, extras and sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packaging.utils import canonicalize_name

from scanner.inputs.manifest import Reading, both, vcs_url
from scanner.inputs.poetry_versions import pep440
from scanner.model.locked import RequirementGroup
from scanner.model.requirement import IndexOption, Requirement
from scanner.model.urls import redact

TABLE = "tool.poetry"


def poetry_groups(reading: Reading, *, with_main: bool) -> Iterator[RequirementGroup]:
    """The groups that the table states. ``with_main`` is false where ``[project]`` states the dependencies."""
    poetry = reading.dig("tool", "poetry")
    if with_main and "dependencies" in poetry:
        main = reading.table(poetry, "dependencies", f"{TABLE}.dependencies")
        always, optional = _dependencies(reading, main, f"{TABLE}.dependencies")
        yield RequirementGroup("dependencies", "", tuple(always))
        yield from _extras(reading, poetry, optional)
    if "dev-dependencies" in poetry:
        key_path = f"{TABLE}.dev-dependencies"
        always, optional = _dependencies(reading, reading.table(poetry, "dev-dependencies", key_path), key_path)
        yield RequirementGroup("group", "dev", (*always, *optional))
    if "requires-plugins" in poetry:
        key_path = f"{TABLE}.requires-plugins"
        always, optional = _dependencies(reading, reading.table(poetry, "requires-plugins", key_path), key_path)
        yield RequirementGroup("group", "poetry-plugins", (*always, *optional))
    groups = reading.table(poetry, "group", f"{TABLE}.group")
    for name in sorted(groups):
        key_path = f"{TABLE}.group.{name}"
        group = reading.table(groups, name, key_path)
        always, optional = _dependencies(
            reading, reading.table(group, "dependencies", f"{key_path}.dependencies"), f"{key_path}.dependencies"
        )
        yield RequirementGroup("group", name, (*always, *optional))


def poetry_python(reading: Reading) -> str:
    """``tool.poetry.dependencies.python`` as Requires-Python; empty where it is absent or not expressible."""
    value = reading.dig("tool", "poetry").get("dependencies", {})
    python = value.get("python", "") if isinstance(value, dict) else ""
    try:
        return pep440(python) if isinstance(python, str) else ""
    except ValueError:
        return ""


def poetry_sources(reading: Reading) -> Iterator[IndexOption]:
    """``[[tool.poetry.source]]``. A source is explicit where only dependencies that name it use it."""
    poetry = reading.dig("tool", "poetry")
    for key_path, source in reading.array(poetry, "source", f"{TABLE}.source"):
        if not isinstance(source, dict):
            reading.fault(key_path, "a table is expected here")
            continue
        name = reading.text(source, "name", f"{key_path}.name")
        url = reading.text(source, "url", f"{key_path}.url")
        explicit = source.get("priority") == "explicit"
        where = reading.file.at(f"{key_path}.url")
        if url or name.lower() != "pypi":
            yield IndexOption("source", redact(url), where, name=name, explicit=explicit)


def _dependencies(
    reading: Reading, table: dict[str, Any], key_path: str
) -> tuple[list[Requirement], list[Requirement]]:
    """(always installed, only with an extra)."""
    always: list[Requirement] = []
    optional: list[Requirement] = []
    for name, value in sorted(table.items()):
        if name.lower() == "python":
            continue
        forked = isinstance(value, list)
        for number, one in enumerate(value if forked else [value]):
            where = f"{key_path}.{name}" + (f"[{number}]" if forked else "")
            fields = {"version": one} if isinstance(one, str) else one
            if not isinstance(fields, dict):
                reading.fault(where, "a version or a table is expected here")
                continue
            target = optional if fields.get("optional") is True else always
            target.append(_requirement(reading, name, fields, where))
    return always, optional


def _requirement(reading: Reading, name: str, fields: dict[str, Any], where: str) -> Requirement:
    def text(key: str) -> str:
        return reading.text(fields, key, f"{where}.{key}")

    marker = both(text("markers"), _python_marker(reading, text("python"), where))
    if text("platform"):
        marker = both(marker, f"sys_platform == '{text('platform')}'".replace("\\", ""))
    url = text("url")
    if text("git"):
        url = vcs_url(text("git"), text("rev") or text("tag") or text("branch"), text("subdirectory"))
    elif text("path") or text("file"):
        url = f"file:{text('path') or text('file')}"
    return reading.build(
        name,
        where,
        specifier="" if url else _specifier(reading, name, text("version"), where),
        extras=fields.get("extras", ()),
        marker=marker,
        url=url,
        editable=fields.get("develop") is True,
        index=text("source"),
    )


def _specifier(reading: Reading, name: str, constraint: str, where: str) -> str:
    try:
        return pep440(constraint)
    except ValueError as error:
        if "||" in constraint or "|" in constraint:
            reason = f"the constraint of {name} cannot be said as one range: {error}; any version is taken to fit"
            reading.gap(where, reason, "Commit poetry.lock: it names the versions.")
        else:
            reading.fault(where, f"the version of {name} cannot be read ({constraint[:60]}): {error}")
        return ""


def _python_marker(reading: Reading, constraint: str, where: str) -> str:
    """The ``python`` key of a dependency as a marker; what has no such form applies always, which is said."""
    try:
        specifier = pep440(constraint)
    except ValueError as error:
        reading.gap(f"{where}.python", f"for which Python it is meant cannot be said as a marker: {error}")
        return ""
    parts = []
    for one in filter(None, specifier.split(",")):
        operator = one[: len(one) - len(one.lstrip("<>=!~"))]
        version = one[len(operator) :]
        variable = "python_full_version" if version.count(".") > 1 and "*" not in version else "python_version"
        parts.append(f'{variable} {operator} "{version}"')
    return " and ".join(parts)


def _extras(reading: Reading, poetry: dict[str, Any], optional: list[Requirement]) -> Iterator[RequirementGroup]:
    """``tool.poetry.extras`` names optional dependencies; those that no extra names are listed under none."""
    extras = reading.table(poetry, "extras", f"{TABLE}.extras")
    for extra in sorted(extras):
        key_path = f"{TABLE}.extras.{extra}"
        names: set[str] = set()
        for path, item in reading.array(extras, extra, key_path):
            if isinstance(item, str):
                names.add(canonicalize_name(item.partition("[")[0].partition(" ")[0].strip()))
            else:
                reading.fault(path, "the name of an optional dependency is expected here")
        yield RequirementGroup("extra", extra, tuple(one for one in optional if one.name in names))
