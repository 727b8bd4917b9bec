"""Triggers: when each file of an artifact would run, and where its modules lie."""

from __future__ import annotations

import ast
import functools
import re
from typing import Literal

import msgspec
import tomli

from scanner.code.kinds import is_taken_up
from scanner.code.source import SourceFile
from scanner.model.finding import Trigger
from scanner.parsing import parse_python

MAX_SCRIPTS = 5_000
Kind = Literal["wheel", "sdist", "tree", "file"]
_STARTUP = frozenset({"sitecustomize.py", "usercustomize.py"})
HOOKS = frozenset(
    {
        "_load_jupyter_server_extension",
        "load_jupyter_server_extension",
        "load_ipython_extension",
        "pytest_configure",
        "pytest_sessionstart",
        "pytest_load_initial_conftests",
        "pytest_collection_modifyitems",
    }
)
"""Functions that Jupyter, IPython and pytest look for by name in what is installed, and call."""
_HOOKS = tuple(f"def {name}(".encode() for name in sorted(HOOKS))
_TEST_FOLDER = re.compile(r"^(?:[a-z]+[ _-])?tests?(?: cases)?$|^testing$", re.IGNORECASE)
_ASIDE = frozenset(
    {
        "doc",
        "docs",
        "example",
        "examples",
        "benchmark",
        "benchmarks",
        "samples",
        "ci",
        ".ci",
        ".github",
        ".circleci",
        "subprojects",
        "demo",
        "demos",
        "vendored-meson",
    }
)
"""Top folders of a source tree that are not installed."""


class Layout(msgspec.Struct):
    """Where things are. ``prefix`` is an sdist's one top folder (with slash) or empty. ``backends`` are paths of
    in-tree build backends (PEP 517 ``backend-path``); ``entry_points`` dotted ``module:function`` of scripts."""

    kind: Kind
    prefix: str = ""
    backends: frozenset[str] = frozenset()
    entry_points: tuple[tuple[str, str], ...] = ()
    plugins: tuple[tuple[str, str], ...] = ()
    """Entry points of other groups: name, and ``module:function`` that some other tool loads and calls."""
    hooked: frozenset[str] = frozenset()
    """Files that define a function of :data:`HOOKS`."""
    modules: dict[str, str] = {}
    packages: frozenset[str] = frozenset()
    strays: frozenset[str] = frozenset()
    """Top folders of an sdist from which nothing is installed, as far as its own configuration tells."""
    scripts: frozenset[str] = frozenset()
    """Source that has no suffix under which an import would find it."""
    triggers: dict[str, Trigger] = {}
    """What :func:`trigger_of` answered."""
    asides: dict[str, bool] = {}
    """What :func:`is_aside` answered."""


def layout(files: dict[str, SourceFile], kind: Kind, names: list[str]) -> Layout:
    """Read the shape of an artifact from its file names, pyproject.toml, setup.cfg and entry_points.txt."""
    prefix = prefix_of(kind, names)
    made = Layout(kind, prefix)
    made.backends, scripts = _pyproject(files.get(prefix + "pyproject.toml"), prefix)
    plugins: list[tuple[str, str]] = []
    for path, file in files.items():
        if path.endswith((".dist-info/entry_points.txt", ".egg-info/entry_points.txt")):
            text = file.data.decode("utf-8", "replace")
            scripts += _entry_points(text)
            plugins += _entry_points(text, scripts=False)
    made.entry_points = tuple(sorted(set(scripts)))
    made.plugins = tuple(sorted(set(plugins)))
    modules: dict[str, str] = {}
    for path in names:
        if path.endswith(".py"):
            dotted = module_name(path, prefix)
            if dotted and (dotted not in modules or len(path) < len(modules[dotted])):
                modules[dotted] = path
    made.modules = modules
    made.scripts = frozenset(
        path
        for path, file in files.items()
        if file.language == "python" and not path.lower().endswith((".py", ".pyw", ".pyx"))
    )
    if kind == "sdist":
        made.strays = _strays(files, prefix, names)
    made.packages = frozenset(name for name, path in modules.items() if path.endswith("__init__.py"))
    made.hooked = frozenset(
        path
        for path, file in files.items()
        if path.endswith(".py") and not is_aside(path, made) and any(one in file.data for one in _HOOKS)
    )
    return made


def prefix_of(kind: Kind, names: list[str]) -> str:
    """An sdist's one top folder, with slash; empty where there is none."""
    tops = {name.partition("/")[0] for name in names}
    return f"{tops.pop()}/" if kind == "sdist" and len(tops) == 1 and all("/" in name for name in names) else ""


_ROOTS = frozenset({"src", "lib", "python"})
_CONFIGURATION = ("setup.py", "setup.cfg", "pyproject.toml")
_NAME = re.compile(r"[^\W\d]\w*")
_WORD = re.compile(r"[\w-]+")


def _strays(files: dict[str, SourceFile], prefix: str, names: list[str]) -> frozenset[str]:
    """Folders that are no package, bear another name than the project, and are not named where packages are listed.

    What setup.py or a build backend imports or starts from there is followed at install all the same.
    """
    script = files.get(f"{prefix}setup.py")
    if script is not None and not _lists_plainly(script.data):
        return frozenset()
    inner = [name[len(prefix) :].split("/") for name in names if name.endswith((".py", ".pyc"))]
    tops = {parts[0] for parts in inner if len(parts) > 1} - _ROOTS
    written = "\n".join(
        _OF_LINTERS.sub("", files[prefix + one].data[:1_000_000].decode("utf-8", "replace"))
        for one in _CONFIGURATION
        if prefix + one in files
    )
    if len(tops) < 2 and not any(parts[0] in _ROOTS or (len(parts) == 1 and parts[0] != "setup.py") for parts in inner):
        return frozenset()
    if "find_namespace" in written or "namespaces" in written:
        return frozenset(one for one in tops if _NAME.fullmatch(one) is None)
    packages = {parts[0] for parts in inner if parts[-1] == "__init__.py" and len(parts) == 2}
    project = re.sub(r"[-_.]+", "_", prefix.rpartition("-")[0]).lower()
    named = {*_WORD.findall(written), *re.findall(r"\w+", written)}
    return frozenset(
        one
        for one in tops - packages
        if re.sub(r"[-_.]+", "_", one).lower() != project and (_NAME.fullmatch(one) is None or one not in named)
    )


_OF_LINTERS = re.compile(
    r"(?m)^\[{1,2}\s*(?:tool[.:]\s*)?(?:ruff|mypy|pytest|coverage|black|isort|pylint|tox|pyright|basedpyright|codespell|typos"
    r"|bandit|flake8|pydocstyle|interrogate|towncrier|commitizen|semantic_release|cibuildwheel|pycodestyle|vulture"
    r"|flit\.sdist|hatch\.build\.targets\.sdist|check-wheel-contents|check-manifest)"
    r"\b[^\n]*\n(?:(?!\[)[^\n]*\n?)*"
)
"""Tables of tools that look at source, and of what a source distribution holds: they install none of it."""
_LISTS = frozenset(
    {"packages", "py_modules", "package_dir", "ext_modules", "namespace_packages", "scripts", "data_files"}
)
_FINDERS = frozenset({"find_packages", "find_namespace_packages", "find"})


def _lists_plainly(script: bytes) -> bool:
    """Whether a setup.py says in plain words what it installs: lists that are written out, or setuptools' own search.

    What is put together, or handed over as a mapping, could name any folder.
    """
    try:
        tree = parse_python(script[:1_000_000])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg is None and _called(node.func) == "setup":
                return False
            if keyword.arg in _LISTS and not _is_plain(keyword.value):
                return False
    return True


def _is_plain(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        arguments = [*value.args, *(one.value for one in value.keywords)]
        return _called(value.func) in _FINDERS and all(_is_plain(one) for one in arguments)
    if isinstance(value, ast.BinOp):
        # A join of two strings is a name put together; of two lists it is none.
        sides = (value.left, value.right)
        return all(isinstance(one, ast.List | ast.Call | ast.BinOp) and _is_plain(one) for one in sides)
    if isinstance(value, ast.Constant):
        return True
    if isinstance(value, ast.List | ast.Tuple):
        return all(_is_plain(one) for one in value.elts)
    if isinstance(value, ast.Dict):
        return all(one is not None and _is_plain(one) for one in (*value.keys, *value.values))
    return False


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def module_name(path: str, prefix: str) -> str:
    """The dotted name under which a file would be imported (``src/`` and a wheel's ``purelib`` left out)."""
    inner = path[len(prefix) :] if path.startswith(prefix) else path
    for root in ("src/", "lib/", "python/"):
        if inner.startswith(root):
            inner = inner[len(root) :]
            break
    if ".data/" in inner:
        inner = re.sub(r"^[^/]+\.data/(?:purelib|platlib)/", "", inner)
    stem = inner.removesuffix(".py").removesuffix("/__init__")
    return stem.replace("/", ".") if stem != "__init__" else ""


def started_files(where: Layout) -> frozenset[str]:
    """The files of the functions that entry points call, and of those that other tools find by their names."""
    targets = {target.partition(":")[0] for _, target in (*where.entry_points, *where.plugins)}
    return frozenset(where.modules[one] for one in targets if one in where.modules) | where.hooked


def trigger_of(path: str, where: Layout) -> Trigger:
    """When the module level of a file runs."""
    known = where.triggers.get(path)
    if known is None:
        known = where.triggers[path] = _trigger_of(path, where)
    return known


def _trigger_of(path: str, where: Layout) -> Trigger:
    base = path.rpartition("/")[2]
    inner = path[len(where.prefix) :] if path.startswith(where.prefix) else path
    if path in where.backends:
        return "install"
    if base == "setup.py" and where.kind in {"sdist", "tree", "file"}:
        # A nested setup.py (an example, a vendored project) is run by nobody who installs this one.
        return (
            "install" if "/" not in inner or where.kind == "file" else ("install" if where.kind == "tree" else "call")
        )
    if base in _STARTUP:
        # The interpreter finds it at the top of site-packages only; in a tree any folder may be on the path.
        depth = re.sub(r"^(?:src|lib|python|[^/]+\.data/(?:purelib|platlib))/", "", inner).count("/")
        return "interpreter-start" if depth <= (1 if where.kind == "tree" else 0) else "import"
    if base.endswith(".pth"):
        return "interpreter-start"
    parts = inner.split("/")
    if where.kind == "tree" and base == "conftest.py":
        # Whoever runs the tests of a tree runs it first.
        return "entry-point"
    if where.kind == "tree" and is_taken_up(inner):
        # Whoever pushes to the repository, or opens it, starts it.
        return "entry-point"
    if is_aside(path, where):
        return "call"
    if base == "__main__.py" or ".data/scripts/" in path or (parts[0] in {"bin", "scripts"} and len(parts) == 2):
        return "entry-point"
    if path in where.scripts:
        # No import finds it: a person starts it by its name, or what is installed hands it to somebody.
        return "call" if where.kind == "wheel" and not base.endswith(".ipynb") else "entry-point"
    return "call" if parts[0] in where.strays and len(parts) > 1 else "import"


def is_aside(path: str, where: Layout) -> bool:
    """True for tests, documentation and examples: installing and importing the package runs none of it.

    Such a file is evaluated where something else reaches it, and only then.
    """
    known = where.asides.get(path)
    if known is None:
        known = where.asides[path] = _is_aside(path, where)
    return known


def _is_aside(path: str, where: Layout) -> bool:
    inner = path[len(where.prefix) :] if path.startswith(where.prefix) else path
    parts = inner.split("/")
    if (
        path in where.backends
        or where.kind == "file"
        or (where.kind == "tree" and (parts[-1] == "conftest.py" or is_taken_up(inner)))
        or (len(parts) == 1 and not parts[0].startswith(("test_", "conftest")))
    ):
        return False
    if parts[-1] == "conf.py" and not {"doc", "docs"}.isdisjoint(parts[:-1]):
        # Sphinx runs it when the documentation is built, wherever in the package that lies.
        return module_name(path, where.prefix).rpartition(".")[0] not in where.packages
    # The first folder of a wheel is the package itself, whatever its name; deeper test folders are run by nobody.
    inside = parts[1:-1] if where.kind == "wheel" else parts[:-1]
    if where.kind != "wheel" and (parts[0] in _ASIDE or parts[-1].startswith(("test_", "conftest", "noxfile"))):
        return True
    if where.kind == "sdist" and parts[0] not in _ROOTS and parts[0] not in where.packages:
        # Examples of a part of a larger project: a folder of no package, within a folder of no package.
        for depth in range(2, len(parts)):
            if parts[depth - 1] in _ASIDE and where.packages.isdisjoint(
                (".".join(parts[: depth - 1]), ".".join(parts[:depth]))
            ):
                return True
    return any(_is_test_folder(part) for part in inside)


def sets_aside(part: str) -> bool:
    """Whether a file may be set aside for a part of its dotted name."""
    return part in _ASIDE or part.startswith(("test_", "conftest", "noxfile")) or _is_test_folder(part)


@functools.lru_cache(4096)
def _is_test_folder(name: str) -> bool:
    return _TEST_FOLDER.search(name) is not None


def _pyproject(file: SourceFile | None, prefix: str) -> tuple[frozenset[str], list[tuple[str, str]]]:
    if file is None or len(file.data) > 1_000_000:
        return frozenset(), []
    try:
        document = tomli.loads(file.data.decode("utf-8", "replace"))
    except (tomli.TOMLDecodeError, RecursionError, ValueError):
        return frozenset(), []
    build = document.get("build-system")
    backends: set[str] = set()
    if isinstance(build, dict) and isinstance(build.get("backend-path"), list):
        module = str(build.get("build-backend", "")).partition(":")[0].replace(".", "/")
        for folder in build["backend-path"]:
            clean = str(folder).strip("./")
            base = f"{prefix}{clean}/" if clean else prefix
            backends |= {f"{base}{module}.py", f"{base}{module}/__init__.py"}
    scripts: list[tuple[str, str]] = []
    project = document.get("project")
    if isinstance(project, dict):
        for key in ("scripts", "gui-scripts"):
            table = project.get(key)
            if isinstance(table, dict):
                scripts += [(str(name), str(target)) for name, target in table.items()]
    return frozenset(backends), scripts


def _entry_points(text: str, scripts: bool = True) -> list[tuple[str, str]]:
    """Name and target of each script, or of each entry point of the other groups, line by line, as installers read the
    file: no line can hide another."""
    found: list[tuple[str, str]] = []
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif section and (section in ("console_scripts", "gui_scripts")) is scripts and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            if name.strip() and target.strip():
                found.append((name.strip(), target.partition("[")[0].strip()))
            if len(found) >= MAX_SCRIPTS:
                break
    return found
