"""What Python calls without that a call is written: special methods, hooks, functions handed to its library."""

from __future__ import annotations

import ast
import sys

from scanner.code.values import Class, Function, Value

GETTERS = frozenset({"property", "functools.cached_property", "cached_property", "abc.abstractproperty"})
_HOOKS = frozenset({"find_spec", "find_module", "find_loader", "exec_module", "load_module", "create_module"})
"""Methods of finders and loaders (importlib.abc), which every import calls."""
_CALLED_AS_WRITTEN = frozenset({"__init__", "__new__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__"})
_OF_THE_CLASS = ("__prepare__", "__new__", "__init__")
_BY_KEY = frozenset({"sorted", "min", "max", "iter", "list.sort", "filter"})
"""Builtins that call a function that they are given."""
_KEEPS_ONLY = frozenset(
    {
        *(
            "argparse",
            "abc",
            "typing",
            "types",
            "unittest",
            "tkinter",
            "inspect",
            "copy",
            "dataclasses",
            "enum",
            "logging",
        ),
        *(
            "functools",
            "operator",
            "pickle",
            "copyreg",
            "multiprocessing",
            "queue",
            "__future__",
            "ast",
            "cmd",
            "optparse",
        ),
    }
)
"""Modules of the standard library that keep or wrap a function without that somebody is sure to call it."""
_MODULES = sys.stdlib_module_names - _KEEPS_ONLY
_ALSO = frozenset({"operator.call", "dataclasses.field", "functools.reduce"})
_PATCHED = frozenset({"sys", "builtins", "warnings", "threading"})
"""Modules in which a function that is put there is a hook of the interpreter."""


def calls_back(name: str) -> bool:
    """Whether what has that qualified name calls the functions that it is given."""
    return name in _ALSO or name in _BY_KEY or (name.partition(".")[0] in _MODULES and "." in name)


def is_hook(owner: str) -> bool:
    """Whether a function that becomes an attribute of that module is called by the interpreter."""
    return owner in _PATCHED


def special_methods(cls: Class) -> list[Function]:
    """The methods of a class that operators, builtins and imports call of its instances."""
    return [
        member.func
        for name, member in list(cls.members.items())
        if member.func is not None
        and isinstance(name, str)
        and ((name[:2] == "__" == name[-2:] and name not in _CALLED_AS_WRITTEN) or name in _HOOKS)
    ]


def class_hooks(cls: Class, metaclass: Value | None) -> list[tuple[Function, bool]]:
    """What the definition of a class runs, and whether it is of the metaclass: the metaclass's own methods, the hook
    of its bases (PEP 487), and the values of an enumeration."""
    found: list[tuple[Function, bool]] = []
    if metaclass is not None and metaclass.cls is not None:
        for name in _OF_THE_CLASS:
            if (member := metaclass.cls.member(name)) is not None and member.func is not None:
                found.append((member.func, True))
        found += [(one, True) for one in special_methods(metaclass.cls) if one.name not in _OF_THE_CLASS]
    for base in cls.bases:
        if base.cls is not None and base.attrs is None:
            hook = base.cls.member("__init_subclass__")
            if hook is not None and hook.func is not None:
                found.append((hook.func, False))
    values = cls.members.get("_generate_next_value_")
    if values is not None and values.func is not None:
        found.append((values.func, False))
    return found


_OF_LOGS = ("emit", "handle", "format", "filter", "handleError")


def receives_logs(cls: Class) -> list[Function]:
    """The methods of a class of handlers, filters or formatters that are called with what is logged."""
    if not any(base.ref.startswith("logging.") for one in (cls, *cls.above()) for base in one.bases):
        return []
    return [one.func for name in _OF_LOGS if (one := cls.members.get(name)) is not None and one.func is not None]


def docstring(function: Function) -> str | None:
    """The docstring of a function, as ``__doc__`` gives it."""
    body = function.node.body
    first = body[0] if isinstance(body, list) and len(body) else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value.value
    return None
