"""Packages that do nothing: no code, or only metadata. They are named in every result and counted all the same."""

from __future__ import annotations

import ast
import warnings

from benchmarks.detection.archives import Member

_ACTIVE_SUFFIXES = (
    ".pth",
    ".pyw",
    ".exe",
    ".dll",
    ".so",
    ".pyd",
    ".pyc",
    ".dylib",
    ".sh",
    ".bat",
    ".ps1",
    ".cmd",
    ".vbs",
    ".js",
    ".jar",
)
_HARMLESS_CALLS = frozenset(
    {
        "setup",
        "find_packages",
        "find_namespace_packages",
        "open",
        "read",
        "readlines",
        "splitlines",
        "strip",
        "join",
        "dirname",
    }
    | {
        "abspath",
        "print",
        "str",
        "int",
        "len",
        "format",
        "decode",
        "encode",
        "Path",
        "read_text",
        "resolve",
        "exists",
        "range",
        "list",
    }
)


def _called(node: ast.Call) -> str:
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else "?"
    )


def _is_harmless(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = _called(node)
            if called not in _HARMLESS_CALLS:
                return False
            if called == "setup" and any(one.arg in ("cmdclass", None) for one in node.keywords):
                return False
            if called == "open" and (len(node.args) > 1 or any(one.arg == "mode" for one in node.keywords)):
                modes = [*node.args[1:2], *(one.value for one in node.keywords if one.arg == "mode")]
                if any(not isinstance(one, ast.Constant) or "r" not in str(one.value) for one in modes):
                    return False
    return True


def inert_reason(files: list[Member], fault: str = "") -> str:
    """Why a package is inert, "" when it is not. A file that does not parse, or any compiled part, is not inert."""
    if fault:
        return "" if files else f"the archive cannot be read ({fault})"
    if any(member.name.lower().endswith(_ACTIVE_SUFFIXES) for member in files):
        return ""
    sources = [member for member in files if member.name.endswith(".py")]
    if not sources:
        return "no Python file"
    for member in sources:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(member.data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ""
        if not _is_harmless(tree):
            return ""
    if any(member.data.strip() for member in sources if not member.name.endswith("setup.py")):
        return "only calls that read, print or describe the package"
    return "only setup() with metadata"
