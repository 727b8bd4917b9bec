"""``[tool.pdm]`` and ``[tool.flit.metadata]``: dependencies, development groups and sources that these tools read."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.inputs.manifest import Reading, vcs_url
from scanner.inputs.requirements import requirement_line
from scanner.inputs.source import Fault
from scanner.model.locked import RequirementGroup
from scanner.model.requirement import IndexOption, Requirement
from scanner.model.urls import redact


def pdm_groups(reading: Reading) -> Iterator[RequirementGroup]:
    """``tool.pdm.dev-dependencies`` (lines may be editable) and ``tool.pdm.resolution.overrides``."""
    groups = reading.dig("tool", "pdm", "dev-dependencies")
    for name in sorted(groups):
        found: list[Requirement] = []
        for key_path, item in reading.array(groups, name, f"tool.pdm.dev-dependencies.{name}"):
            location = reading.file.at(key_path)
            try:
                found.append(requirement_line(item, location))
            except (ValueError, TypeError) as error:
                reading.faults.append(Fault(location, str(error)))
        yield RequirementGroup("group", name, tuple(found))
    if plugins := reading.requirements(reading.dig("tool", "pdm"), "plugins", "tool.pdm.plugins"):
        yield RequirementGroup("group", "pdm-plugins", plugins)
    key_path = "tool.pdm.resolution.overrides"
    overrides = reading.dig("tool", "pdm", "resolution", "overrides")
    fixed: list[Requirement] = []
    for name in sorted(overrides):
        value = reading.text(overrides, name, f"{key_path}.{name}")
        if "://" in value:
            url = value if "+" in value.partition("://")[0] or not value.endswith(".git") else vcs_url(value)
            fixed.append(reading.build(name, f"{key_path}.{name}", url=url))
        else:
            specifier = f"=={value}" if value[:1].isdigit() else value
            fixed.append(reading.build(name, f"{key_path}.{name}", specifier=specifier))
    if fixed:
        yield RequirementGroup("constraint", "override", tuple(fixed))


def pdm_sources(reading: Reading) -> Iterator[IndexOption]:
    """``[[tool.pdm.source]]``."""
    pdm = reading.dig("tool", "pdm")
    for key_path, source in reading.array(pdm, "source", "tool.pdm.source"):
        if not isinstance(source, dict):
            reading.fault(key_path, "a table is expected here")
            continue
        url = reading.text(source, "url", f"{key_path}.url")
        name = reading.text(source, "name", f"{key_path}.name")
        kind = "find-links" if source.get("type") == "find_links" else "source"
        yield IndexOption(kind, redact(url), reading.file.at(f"{key_path}.url"), name=name)
        if source.get("verify_ssl") is False:
            host = redact(url).partition("://")[2].partition("/")[0]
            yield IndexOption("trusted-host", host, reading.file.at(f"{key_path}.verify_ssl"), name=name)


def flit_groups(reading: Reading) -> Iterator[RequirementGroup]:
    """``tool.flit.metadata``: flit's table before PEP 621."""
    flit = reading.dig("tool", "flit", "metadata")
    where = "tool.flit.metadata"
    yield RequirementGroup("dependencies", "", reading.requirements(flit, "requires", f"{where}.requires"))
    extras = reading.table(flit, "requires-extra", f"{where}.requires-extra")
    for extra in sorted(extras):
        found = reading.requirements(extras, extra, f"{where}.requires-extra.{extra}")
        yield RequirementGroup("extra", extra, found)
    yield RequirementGroup("extra", "dev", reading.requirements(flit, "dev-requires", f"{where}.dev-requires"))
