"""``environment.yml``: its pip section. Conda packages come from conda channels and are a gap, named one by one."""

from __future__ import annotations

import re
from pathlib import Path

from scanner.inputs import requirements
from scanner.inputs.requirements import Line
from scanner.inputs.source import Fault, fail, read_source
from scanner.inputs.yaml_nodes import Mapping, Node, Scalar, Sequence, YamlError, parse_yaml
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap

KIND = "environment.yml"
MAX_NAMED = 12
_COMMENT = re.compile(r"(^|\s)#.*$")


def read(root: Path, relative: str) -> DependencyFile:
    """Read a conda environment file. Raises :class:`InputError` for what is no YAML, and where
    nothing of its pip section is understood."""
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
    gaps = [_conda_gap(relative, conda)] if any(not _is_python(one.text) for one in conda) else []
    # conda hands these lines to pip as a requirements file beside this one.
    stated = (Line(one.line, text) for one in lines if (text := _COMMENT.sub("", one.text).strip()))
    by_pip = requirements.read_lines(root, relative, stated)
    return DependencyFile(
        path=relative,
        kind=KIND,
        sha256=source.sha256,
        project=name.text if isinstance(name, Scalar) else "",
        groups=tuple(one for one in by_pip.groups if one.requirements),
        options=by_pip.options,
        includes=by_pip.includes,
        gaps=(*gaps, *by_pip.gaps),
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
