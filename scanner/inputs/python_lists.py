"""Packages that Python code hands to an installer by its words: ``packages_to_install=[…]``, ``pip_install("x")``.

Pipelines, images and operators (Kubeflow, Modal, Ray, Flyte, Airflow, Pants) are described in Python, and what they
install stands in literals. Nothing is run, and nothing that is computed is followed: the code engine looks at what code
does; this says which packages it names.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath

from scanner.inputs.commands import ShellLine, find_commands, is_fixed
from scanner.inputs.installs import quoted
from scanner.inputs.key_words import words_of_key
from scanner.inputs.requirement_lines import requirement_line
from scanner.inputs.settings_walk import states_more_than_a_name
from scanner.inputs.source import SourceText
from scanner.model.location import Location
from scanner.model.locked import Gap, InstallCommand, NamedFile
from scanner.model.requirement import Requirement
from scanner.parsing import TooCostlyError, parse_python

_SUFFIXES = frozenset({".py", ".pyw", ".bzl", ".star"})
_NAMES = re.compile(r"(?:BUILD|MODULE|WORKSPACE)(?:\.\w+)?|Tiltfile|SConstruct|wscript")
TOKENS = (b"pip", b"_require", b"_packages", b"packages_", b"runtime_env", b"requirements")
"""One of these stands wherever ``WORDS`` finds something."""
WORDS = re.compile(
    rb"packages_to_install|pip_?(?:install|requirements|packages?|dependencies)|py(?:thon|pi)_packages|runtime_env"
    rb"|\brequirements(?:_\w{1,20})?\s{0,9}=\s{0,9}[\[\"']|requirements\s{0,9}\(\s{0,9}[\"']|install_requires|[\"']pip3?[\"'\s]|%\s{0,9}pip|!\s{0,9}pip|\bpip3?\s{1,9}install"
)
_SURELY = re.compile(r"packages_to_install|pip_install\(|runtime_env|pip_requirements|[%!]\s{0,9}pip\s{1,9}install")
_KEYWORDS = frozenset(
    {
        "install_requires",
        "setup_requires",
        "tests_require",
        "packages_to_install",
        "pip_requirements",
        "extra_pip_requirements",
        "pip_packages",
        "pip_dependencies",
        "python_packages",
        "pypi_packages",
        "pip_install",
    }
)
_RUNS = frozenset(
    {
        *("run", "sudo", "local", "sh", "shell", "system", "popen", "call", "output", "execute", "exec", "command"),
        *("cmd", "spawn", "subprocess", "main", "magic", "bash", "getoutput"),
    }
)
_COMMAND = re.compile(r"\s*(?:sudo\s+)?(?:\S*python[\d.]*\s+-m\s+)?(?:\S*/)?(?:pip[\d.]*|pipx|uv|uvx|easy_install)\s")
_MAGIC = re.compile(r"[ \t]*#[ \t]*(?:MAGIC[ \t]+)?[%!]{1,2}[ \t]*(?P<command>.*)")
_BY_HAND = "Look at it by hand."
MAX_PATH = 500
Found = Iterator[InstallCommand | Gap | NamedFile]


def is_python(relative: str) -> bool:
    """True for a source of Python or of a build tool that is written like it, by its name."""
    pure = PurePosixPath(relative)
    return pure.suffix.lower() in _SUFFIXES or _NAMES.fullmatch(pure.name) is not None


def named_packages(source: SourceText) -> Found:
    """Every package that a literal of the source hands to an installer, with its line."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if magic := _MAGIC.match(line):
            yield from find_commands([ShellLine(number, magic["command"])], source.path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse_python(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, TooCostlyError) as error:
        if found := _SURELY.search(source.text):
            said = f"it speaks of {found[0][:40]} and cannot be parsed: what it installs is not known"
            yield Gap(Location(source.path, getattr(error, "lineno", None) or 0), said, _BY_HAND)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call(node, source.path)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in ("pip", "pypi", "pip_packages"):
                    yield from _listed(_packages_of(value), source.path, surely=False)


def _call(node: ast.Call, path: str) -> Found:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    words = words_of_key(name)
    if "pip" in words and not words.isdisjoint({"install", "package", "packages"}):
        for argument in node.args:
            yield from _listed(argument, path, surely=True)
    elif not words.isdisjoint(_RUNS):
        yield from _command(node, path)
    for keyword in node.keywords:
        if keyword.arg in _KEYWORDS:
            yield from _listed(keyword.value, path, surely=True)
        elif keyword.arg == "requirements":
            yield from _listed(keyword.value, path, surely=False)
        if keyword.arg and "requirements" in words_of_key(keyword.arg):
            yield from _named(keyword.value, path)
    if "requirements" in words:
        for argument in node.args:
            yield from _named(argument, path)


def _named(node: ast.expr, path: str) -> Found:
    """A file of requirements, where the text is the path of one; ``//a:b`` is a label of Bazel."""
    text = _text(node)
    if text and len(text) <= MAX_PATH and "\n" not in text:
        yield NamedFile(Location(path, node.lineno), re.sub(r"(?<=\w):", "/", text).lstrip("/:"))


def _packages_of(node: ast.expr) -> ast.expr:
    """``{"pip": {"packages": […]}}`` of Ray: the list in the table."""
    for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
        if isinstance(key, ast.Constant) and key.value == "packages":
            return value
    return node


def _command(node: ast.Call, path: str) -> Found:
    """``run("pip install x")``, ``run("pip", "install x")`` and ``run([sys.executable, "-m", "pip", …])``."""
    given = node.args[0] if node.args else None
    if isinstance(given, ast.List | ast.Tuple):
        parts = [_text(one) for one in given.elts]
        if parts and parts[0] is None:
            parts[0] = "python"  # Which interpreter does not matter.
        text = " ".join(quoted(one) for one in parts if one is not None)
    else:
        text = " ".join(one for argument in node.args if (one := _text(argument)) is not None)
    if _COMMAND.match(text):
        yield from find_commands([ShellLine(node.lineno, text)], path)


def _listed(node: ast.expr, path: str, *, surely: bool) -> Found:
    """The requirements of a list, a tuple or a text. Not ``surely``: where each is one and one states a version."""
    nodes = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
    found: list[Requirement] = []
    for one in nodes:
        text = _text(one)
        if text is None:
            if not surely:
                return
            continue
        try:
            requirement = requirement_line(text, Location(path, one.lineno))
        except ValueError:
            if not surely:
                return
            continue
        if not requirement.url.startswith("file:"):
            found.append(requirement)
    if surely or any(states_more_than_a_name(one) for one in found):
        for requirement in found:
            yield InstallCommand(
                "install", requirement.location, requirement.text, (requirement,), pinned=is_fixed(requirement)
            )


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
