"""``environment.yml``: its pip section. Conda packages come from conda channels and are a gap, named one by one."""

from __future__ import annotations

import re
from pathlib import Path

from scanner.inputs.included import included_requirements
from scanner.inputs.requirements import requirement_line
from scanner.inputs.source import Fault, fail, read_source
from scanner.inputs.yaml_nodes import Mapping, Node, Scalar, Sequence, YamlError, parse_yaml
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, RequirementGroup
from scanner.model.requirement import IndexOption, Requirement
from scanner.model.urls import redact

KIND = "environment.yml"
MAX_NAMED = 12
_INDEXES = {"-i": "index-url", "--index-url": "index-url", "--extra-index-url": "extra-index-url"}


def read(root: Path, relative: str) -> DependencyFile:
    """Read a conda environment file. Raises :class:`InputError` with all faults of its pip section at once."""
    source = read_source(root, relative)
    try:
        document = parse_yaml(source.text)
    except YamlError as error:
        raise fail([Fault(Location(relative, error.line), f"it is not YAML that can be read: {error}")]) from error
    name = document.get("name") if isinstance(document, Mapping) else None
    listed = document.get("dependencies") if isinstance(document, Mapping) else None
    conda: list[Scalar] = []
    lines: list[Scalar] = []
    for item in listed.items if isinstance(listed, Sequence) else ():
        if isinstance(item, Scalar):
            conda.append(item)
        else:
            lines.extend(_pip_lines(item))
    found: list[Requirement] = []
    faults: list[Fault] = []
    options: list[IndexOption] = []
    gaps = [_conda_gap(relative, conda)] if any(not _is_python(one.text) for one in conda) else []
    includes: set[str] = set()
    for scalar in lines:
        location = Location(relative, scalar.line, key_path="dependencies.pip")
        option, _, value = scalar.text.partition(" ")
        if option in ("-r", "--requirement"):
            included = included_requirements(root, relative, [value.strip()], location)
            found.extend(included.requirements)
            gaps.extend(included.gaps)
            includes.update(included.includes)
        elif option in _INDEXES:
            options.append(IndexOption(_INDEXES[option], redact(value.strip()), location))
        elif not scalar.text.startswith("-") or option in ("-e", "--editable"):
            try:
                found.append(requirement_line(scalar.text, location))
            except ValueError as error:
                faults.append(Fault(location, str(error)))
    if faults:
        raise fail(faults, "pip would refuse these lines too.")
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        project=name.text if isinstance(name, Scalar) else "",
        groups=(RequirementGroup("dependencies", "", tuple(found)),) if found else (),
        options=tuple(options),
        includes=tuple(sorted(includes)),
        gaps=tuple(gaps),
    )


def _pip_lines(item: Node) -> list[Scalar]:
    value = item.get("pip") if isinstance(item, Mapping) else None
    return [one for one in value.items if isinstance(one, Scalar)] if isinstance(value, Sequence) else []


def _is_python(text: str) -> bool:
    name = re.split(r"[\s=<>!~]", text.rpartition("::")[2].strip(), maxsplit=1)[0].lower()
    return name in ("python", "pip")


def _conda_gap(relative: str, conda: list[Scalar]) -> Gap:
    named = [one.text for one in conda if not _is_python(one.text)]
    shown = ", ".join(named[:MAX_NAMED]) + (" …" if len(named) > MAX_NAMED else "")
    reason = f"{len(named)} conda package(s) are not audited: {shown}"
    return Gap(Location(relative, conda[0].line, key_path="dependencies"), reason, "Audit them with a conda tool.")
