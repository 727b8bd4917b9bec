"""Packages that Python code hands to an installer by its words: ``packages_to_install=[…]``, ``pip_install("x")``.

Pipelines, images and operators (Kubeflow, Modal, Ray, Flyte, Airflow, Pants) are described in Python, and what they
install stands in literals, or in names that the source gives literals to. Nothing is run: the code engine looks at what
code does; this says which packages it names, and where it installs what only running it would tell.
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
from scanner.inputs.python_words import UNKNOWN, Functions, PythonWords
from scanner.inputs.requirement_lines import requirement_line
from scanner.inputs.settings_walk import states_more_than_a_name
from scanner.inputs.setup_scope import Lines, Text
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
    rb"\bimport\s{1,9}pip\b|\bfrom\s{1,9}pip\b|packages_to_install|pip_?(?:install|requirements|packages?|dependencies)|py(?:thon|pi)_packages|runtime_env"
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
_SUBCOMMAND = re.compile(r"(?:-\S+\s+)*(?:install|wheel|download)\s")
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
    words = PythonWords(tree)
    for node, inside in words.nodes():
        if isinstance(node, ast.Call):
            yield from _call(node, inside, words, source.path)
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in ("pip", "pypi", "pip_packages"):
                yield from _listed(_packages_of(value), inside, words, source.path, surely=False)


def _call(node: ast.Call, inside: Functions, words: PythonWords, path: str) -> Found:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    said = words_of_key(name)
    if "pip" in said and not said.isdisjoint({"install", "package", "packages"}):
        for argument in node.args:
            yield from _listed(argument, inside, words, path, surely=True)
    elif not said.isdisjoint(_RUNS) or "pip" in name.lower():
        yield from _command(node, inside, words, path)
    for keyword in node.keywords:
        if keyword.arg in _KEYWORDS:
            yield from _listed(keyword.value, inside, words, path, surely=True)
        elif keyword.arg == "requirements":
            yield from _listed(keyword.value, inside, words, path, surely=False)
        if keyword.arg and "requirements" in words_of_key(keyword.arg):
            yield from _named(keyword.value, path)
    if "requirements" in said:
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


def _command(node: ast.Call, inside: Functions, words: PythonWords, path: str) -> Found:
    """``run("pip install x")``, ``run("pip", "install x")``, ``run([sys.executable, "-m", "pip", …])``, and pip's own
    ``main(["install", "x"])``."""
    found = words.words(node.args, inside)
    # Which interpreter does not matter.
    texts = [one.text if isinstance(one, Text) else UNKNOWN for one in found]
    if texts and texts[0] == UNKNOWN:
        texts[0] = "python"
    if len(texts) > 1 and not isinstance(node.args[0], ast.Constant):
        texts = [quoted(one) for one in texts]
    text = " ".join(texts)
    if _SUBCOMMAND.match(text) and isinstance(node.func, ast.Name | ast.Attribute):
        text = f"pip {text}" if _is_pip(node.func) else text
    if _COMMAND.match(text):
        yield from find_commands([ShellLine(node.lineno, text)], path)
        yield from (NamedFile(Location(path, one.line), one.file) for one in found if isinstance(one, Lines))


def _is_pip(function: ast.expr) -> bool:
    """``pip.main``, ``pip._internal.cli.main.main``, ``import_module("pip").main``, ``pipmain`` and a bare ``main``."""
    name = ast.unparse(function)[:200]
    return "pip" in name.lower() or name == "main"


def _listed(node: ast.expr, inside: Functions, words: PythonWords, path: str, *, surely: bool) -> Found:
    """The requirements of a list, a tuple or a text. Not ``surely``: where each is one and one states a version."""
    found: list[Requirement] = []
    files: list[NamedFile] = []
    for one in words.words([node], inside):
        if isinstance(one, Lines):
            files.append(NamedFile(Location(path, one.line), one.file))
            continue
        try:
            requirement = requirement_line(one.text, Location(path, one.line))
        except ValueError:
            if not surely:
                return
            if one.text == UNKNOWN:
                yield Gap(Location(path, one.line), "it installs what only running it would tell", _BY_HAND)
            continue
        if not requirement.url.startswith("file:"):
            found.append(requirement)
    yield from files
    if surely or any(states_more_than_a_name(one) for one in found):
        for requirement in found:
            yield InstallCommand(
                "install", requirement.location, requirement.text, (requirement,), pinned=is_fixed(requirement)
            )


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
