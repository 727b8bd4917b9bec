"""Dependencies outside manifests: what scripts, container files, workflows, test runners and hooks install.

Each gives a :class:`DependencyFile` whose ``commands`` are all that was found. What is pinned joins the graph as what
it is; what is not is resolved as pip would on the day, each command by itself.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from scanner.inputs.commands import ShellLine, find_commands, shell_lines
from scanner.inputs.inline import inline_metadata
from scanner.inputs.installs import quoted, with_installs
from scanner.inputs.json_file import MAX_JSON_CHARACTERS
from scanner.inputs.python_words import PythonWords
from scanner.inputs.recipes import json_strings, notebook, tox_toml, yaml_packages, yaml_strings
from scanner.inputs.setup_scope import Lines, Text
from scanner.inputs.source import SourceText, read_source
from scanner.inputs.tox import named_package, tox_environments
from scanner.inputs.yaml_nodes import Mapping, Node, Scalar, YamlError, parse_yaml, walk_nodes
from scanner.inputs.yaml_variables import variables_of
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, InstallCommand, NamedFile
from scanner.parsing import parse_python

_BY_HAND = "Look at it by hand."
MAX_CHARACTERS = 2 * 1024 * 1024
Found = Iterator[InstallCommand | Gap | NamedFile]
Find = Callable[[SourceText], Found]


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.splitlines(), 1)


def _script(source: SourceText) -> Found:
    yield from find_commands(shell_lines(_numbered(source.text)), source.path)


def _dockerfile(source: SourceText) -> Found:
    """``RUN`` in shell form, in exec form (``["pip", "install", "x"]``) and as a here-document; ``ADD`` of a URL."""
    lines = []
    for line in shell_lines(_numbered(source.text)):
        text = re.sub(r"^(?:ONBUILD\s+)?(?:RUN|CMD|ENTRYPOINT)\s+(?:--\S+\s+)*", "", line.text, flags=re.IGNORECASE)
        text = re.sub(r"^ADD\s+(?=(?:--\S+\s+)*[\"']?https?://)", "curl -O ", text, flags=re.IGNORECASE)
        if text.startswith("["):
            text = " ".join(re.findall(r"\"((?:\\.|[^\"\\])*)\"", text))
        lines.append(ShellLine(line.number, text))
    yield from find_commands(lines, source.path)


def _nox(source: SourceText) -> Found:
    """``session.install("x", …)`` and ``session.run("pip", "install", …)``, as far as the source spells them out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse_python(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        said = "it is no Python that can be parsed: what it installs is not known"
        yield Gap(Location(source.path, line), said, _BY_HAND)
        return
    words = PythonWords(tree)
    for node, inside in words.nodes():
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in ("install", "run", "run_always", "run_install"):
            prefix = "pip install " if node.func.attr == "install" else ""
            found = words.words(node.args, inside)
            text = prefix + " ".join(quoted(one.text) for one in found if isinstance(one, Text))
            yield from find_commands([ShellLine(node.lineno, text)], source.path)
            yield from (NamedFile(Location(source.path, one.line), one.file) for one in found if isinstance(one, Lines))


def _workflow(source: SourceText) -> Found:
    """Every ``run`` (workflows, composite actions) and ``script`` (other CI systems) of the file."""
    root = parse_yaml(source.text)
    known = variables_of(root)
    for key, node in walk_nodes(root):
        if key in ("run", "script", "before_script", "install", "before_install", "command", "after_script"):
            for scalar in _scalars(node):
                lines = scalar.raw_lines or ((scalar.line, scalar.text),)
                yield from find_commands(shell_lines(lines), source.path, known)


def _pre_commit(source: SourceText) -> Found:
    """``additional_dependencies`` of hooks. Hooks of other languages name packages that are none of Python's."""
    for _, node in walk_nodes(parse_yaml(source.text)):
        if not isinstance(node, Mapping):
            continue
        language = node.get("language")
        extra = node.get("additional_dependencies")
        if extra is None or (isinstance(language, Scalar) and language.text not in ("python", "python_venv")):
            continue
        for scalar in _scalars(extra):
            yield from named_package(
                scalar.text, Location(source.path, scalar.line, key_path="additional_dependencies")
            )


def _scalars(node: Node) -> Iterator[Scalar]:
    for _, one in walk_nodes(node):
        if isinstance(one, Scalar):
            yield one


class Place(msgspec.Struct, frozen=True):
    """A kind of file that installs, by its path, and how its commands are found."""

    kind: str
    pattern: re.Pattern[str]
    find: Find
    most: int = MAX_CHARACTERS


PLACES: tuple[Place, ...] = (
    Place(
        "Dockerfile", re.compile(r"(.*/)?((Dockerfile|Containerfile)([.-][^/]*)?|[^/]*\.[Dd]ockerfile)"), _dockerfile
    ),
    Place("Makefile", re.compile(r"(.*/)?((GNU)?[Mm]akefile|[^/]*\.mk|[Jj]ustfile)"), _script),
    Place("shell script", re.compile(r"(.*/)?[^/]*\.(sh|bash|zsh|ps1|bat|cmd)"), _script),
    Place("tox.ini", re.compile(r"(.*/)?tox\.ini"), tox_environments),
    Place("tox.toml", re.compile(r"(.*/)?tox\.toml"), tox_toml),
    Place("noxfile.py", re.compile(r"(.*/)?noxfile\.py"), _nox),
    Place(
        "GitHub workflow", re.compile(r"(.*/)?\.github/(workflows|actions)/.*\.ya?ml|(.*/)?action\.ya?ml"), _workflow
    ),
    Place(
        "CI file",
        re.compile(
            r"(.*/)?(\.gitlab-ci\.ya?ml|\.travis\.ya?ml|\.circleci/config\.ya?ml|azure-pipelines\.ya?ml|buildspec\.ya?ml"
            r"|cloudbuild\.ya?ml|bitbucket-pipelines\.ya?ml|[Tt]askfile\.ya?ml|\.cirrus\.ya?ml|\.drone\.ya?ml"
            r"|(docker-)?compose(\.[^/]*)?\.ya?ml)"
        ),
        yaml_strings,
    ),
    Place("model recipe", re.compile(r"(.*/)?(cog|bentofile|python_env)\.ya?ml"), yaml_packages),
    Place("JSON of commands", re.compile(r"(.*/)?(\.?devcontainer\.json|package\.json)"), json_strings),
    Place("script", re.compile(r"(.*/)?(Jenkinsfile([.-][^/]*)?|Vagrantfile|\.envrc|Procfile)"), _script),
    Place("notebook", re.compile(r"(.*/)?[^/]+\.ipynb"), notebook, MAX_JSON_CHARACTERS),
    Place("pre-commit", re.compile(r"(.*/)?\.pre-commit-config\.ya?ml"), _pre_commit),
)


SCRIPT = Place("script with dependencies", re.compile(r"(?!)"), inline_metadata)
"""Known by its text, not by its name: :func:`scanner.inputs.inline.may_be_script`."""


def place_of(path: str) -> Place | None:
    """The kind of installing file that a path is, or ``None``."""
    return next((one for one in PLACES if one.pattern.fullmatch(path)), None)


def read(root: Path, relative: str, place: Place | None = None) -> DependencyFile | None:
    """What an installing file brings, or ``None`` where it brings nothing. What it holds never makes an error."""
    place = place or place_of(relative)
    if place is None:
        return None
    try:
        source = read_source(root, relative)
    except InputError as error:
        gap = Gap(Location(relative), f"what it installs is not known: {error.what.partition(chr(10))[0]}")
        return DependencyFile(relative, place.kind, "", gaps=(gap,))
    found: list[InstallCommand | Gap | NamedFile] = []
    try:
        if len(source.text) > place.most:
            raise YamlError(0, f"it is larger than {place.most // 1024 // 1024} MiB")
        found.extend(place.find(source))
    except YamlError as error:
        found.append(Gap(Location(relative, error.line), f"what it installs is not known: {error}", _BY_HAND))
    return with_installs(DependencyFile(relative, place.kind, source.sha256), found) if found else None
