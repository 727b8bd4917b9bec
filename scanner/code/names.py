"""Names: from what is written to the qualified name that it means, and the tricks by which code hides that name."""

from __future__ import annotations

import functools
import unicodedata

_SAME = {
    "__builtin__": "builtins",
    "__builtins__": "builtins",
    "urllib2": "urllib.request",
    "httplib": "http.client",
    "ntpath": "os.path",
    "posixpath": "os.path",
    "posix": "os",
    "nt": "os",
    "cPickle": "pickle",
    "Cryptodome": "Crypto",
    "_socket": "socket",
    "imp": "imp",
}
BUILTIN_NAMES = frozenset(
    [
        "shell_line",
        "workflow_sends_everything",
        "workflow_sends_many",
        "workflow_sends_foreign",
        "agent_told",
        "agent_starts",
        "pickle_call",
        "pickle_names",
        "exec",
        "__pyarmor__",
        "eval",
        "compile",
        "open",
        "__import__",
        "getattr",
        "setattr",
        "globals",
        "locals",
        "vars",
        "dir",
        "type",
        "print",
        "input",
        "map",
        "filter",
        "chr",
        "ord",
        "int",
        "str",
        "bytes",
        "bytearray",
        "len",
        "reversed",
        "list",
        "tuple",
        "set",
        "sorted",
        "range",
        "xrange",
        "enumerate",
        "zip",
        "hex",
        "bin",
        "abs",
        "sum",
        "min",
        "max",
        "bool",
        "float",
        "repr",
        "dict",
        "round",
        "pow",
        "divmod",
        "execfile",
        "unichr",
        "super",
        "object",
        "classmethod",
        "staticmethod",
        "property",
        "iter",
        "next",
        "any",
        "all",
        "callable",
        "delattr",
        "hasattr",
        "isinstance",
        "memoryview",
        "breakpoint",
        "__builtins__",
        "slice",
        "frozenset",
        "hash",
        "id",
        "reduce",
        "raw_input",
        "unicode",
        "oct",
        "copyright",
        "credits",
        "license",
        "exit",
        "quit",
        "format",
        "ascii",
    ]
)


@functools.lru_cache(16_384)
def canonical(name: str) -> str:
    """One spelling for names that Python has several of (``urllib2.urlopen`` → ``urllib.request.urlopen``)."""
    head, dot, rest = name.partition(".")
    if head in _SAME:
        name = _SAME[head] + dot + rest
    if name.endswith(".__pyarmor__"):
        return "__pyarmor__"
    if ".os." in name:
        # A module of the standard library hands on what it imports: ``shutil.os.system``.
        name = "os." + name.rpartition(".os.")[2]
    if name.startswith("builtins."):
        name = name[9:]
    if name.startswith("six.moves."):
        name = canonical(name[10:])
    if name.startswith("urllib.") and name.split(".")[1].partition("(")[0] in {"urlopen", "urlretrieve", "Request"}:
        name = "urllib.request." + name[7:]
    elif name.startswith("urllib.") and name[7:] in {"quote", "quote_plus", "unquote", "unquote_plus", "urlencode"}:
        name = "urllib.parse." + name[7:]
    return name


@functools.lru_cache(16_384)
def identifier(name: str) -> str:
    """The identifier as the interpreter sees it: NFKC (PEP 3131), so that ``𝗲𝘅𝗲𝗰`` is ``exec``."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)
