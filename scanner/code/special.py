"""Calls with a meaning of their own: dynamic code, imports by string, attribute access by string, files, setup()."""

from __future__ import annotations

import ast
import ipaddress
import re
import uuid
from collections.abc import Callable
from typing import Any

from scanner.code.abandoned import BEYOND
from scanner.code.dispatch import DISPATCHES, dispatched
from scanner.code.layers import Layers
from scanner.code.limits import Limits
from scanner.code.machine import shown
from scanner.code.prose import Prose
from scanner.code.source import SourceFile, parse
from scanner.code.values import NO_LABELS, UNKNOWN, Class, Value
from scanner.parsing import too_costly

_DYNAMIC = frozenset({"dynamic-code"})
_ADDRESSES = frozenset({"dest.address"})
_PARTIAL, _PARTIAL_ARGUMENTS, _PARTIAL_NAMED = "partial function", "partial arguments", "partial keywords"
"""Attributes under which a partial keeps what it was made of: no name of a source has a blank."""
_CODE_OBJECT = "code object"
"""Marks what ``compile()`` gives."""
Given = list[Value]
Named = dict[str, Value]
_FRAMES = frozenset({"sys._getframe", "sys._current_frames"})
"""Private names that honest code spells backwards, so that checkers of style pass over them; they reach nothing."""


class Special(Layers):
    """Handlers by qualified name are in ``SPECIAL``; each takes (callee, arguments, keywords, node)."""

    def dynamic(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``exec``, ``eval`` and what else runs a string or code object."""
        source = given[0] if given else named.get("source", Value())
        labels = source.deep_labels()
        if source.how:
            labels |= {"decoded"} if set(source.how) - {"integers"} else {"computed"}
        if source.known:
            labels |= {"known-text"}
        text = shown([source])
        self.record(_DYNAMIC, callee.ref, labels, text)
        if source.func is not None:
            return self.call_value(source, [], {}, node)
        if callee.ref in _RUN_FILES:
            self._run_file(source)
            return Value(labels=labels)
        if not source.known:
            # The text of a file, as read() and its like give it.
            self._run_file(Value(attrs=source.attrs))
        if callee.ref == "eval" and _CODE_OBJECT not in (source.attrs or {}) and isinstance(source.const, str):
            return self._evaluated(source)
        self.run_text(source, self.scope, callee.ref)
        return Value(labels=labels)

    def _evaluated(self, source: Value) -> Value:
        text = source.const.strip()
        if text:
            try:
                tree = (
                    None
                    if len(text) > self.limits.max_parse_bytes or too_costly(text)
                    else ast.parse(text, mode="eval")
                )
            except SyntaxError:
                tree = _newer_expression(text, self.limits)
                if tree is None:
                    # Where it is no expression, eval() ends with an error.
                    return Value(labels=source.labels)
            except (ValueError, RecursionError, MemoryError):
                tree = None
            if tree is None or len(self.layers) >= self.limits.max_layers:
                self.gap("it holds code inside code that is too long, or too deep, to be read")
            else:
                outer, self.outer_line = self.outer_line, self.outer_line or self.line
                try:
                    return self.evaluate(tree.body, self.scope)
                finally:
                    self.outer_line = outer
        return Value(labels=source.labels)

    def _run_file(self, named: Value) -> None:
        """Run the member that a value names by its path, as far as the path is known."""
        held = named.attrs or {}
        for one in (named, held.get("path"), held.get("path text")):
            if one is not None and isinstance(one.const, str):
                written = self.files_written.get(one.const)
                if written is not None:
                    # This code wrote that file itself.
                    self.run_text(written, self.scope, "written to a file and started")
                self.program.run_file(one.const, self.path, self.trigger)
                return

    def run_named_file(self, given: Given, named: Named) -> None:
        """A module is loaded from a path: ``(name, path)``."""
        place = given[1] if len(given) > 1 else named.get("location", named.get("path", named.get("pathname", Value())))
        self._run_file(place)

    def package_path(self, given: Given) -> dict[str, Value] | None:
        """The path of what ``pkgutil.get_data(package, name)`` and its like read."""
        package, name = (given[0].const, given[1].const) if len(given) > 1 else (UNKNOWN, UNKNOWN)
        if not isinstance(name, str):
            return None
        return {"path": Value(f"{package.replace('.', '/') if isinstance(package, str) else '*'}/{name}")}

    def compiled(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``compile(source, …)`` gives a code object that still is its source."""
        source = given[0] if given else named.get("source", Value())
        made = source.with_labels(NO_LABELS, ())
        if made is source:
            made = Value(source.const, source.labels, source.ref, source.items, source.how)
            made.func, made.cls, made.bound = source.func, source.cls, source.bound
        made.attrs = {**(source.attrs or {}), _CODE_OBJECT: Value()}
        return made

    def unmarshalled(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``marshal.loads``: noted, never loaded. What it holds is code that no reader can see."""
        source = given[0] if given else Value()
        labels = source.deep_labels() | {"marshalled", "decoded"}
        self.record(frozenset({"unmarshal"}), callee.ref, labels)
        return Value(labels=labels, how=(*source.how, "marshal"))

    def import_by_name(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        source = given[0] if given else named.get("name", Value())
        const = source.const.decode("latin-1") if isinstance(source.const, bytes) else source.const
        if isinstance(const, str) and 0 < len(const) < 200:
            wanted = const
            if callee.ref == "__import__" and "." in const and not (len(given) > 3 or "fromlist" in named):
                wanted = const.partition(".")[0]
            self.imported(const, self.scope)
            if source.how:
                self.record(frozenset({"hidden-name"}), f"{callee.ref}({const!r})", source.labels)
            return self.reference(wanted)
        if not BEYOND.isdisjoint(source.labels):
            self.record(_DYNAMIC, callee.ref, source.labels)
        return Value(ref="?", labels=source.labels)

    def getattr_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        if len(given) < 2:
            return Value()
        name = given[1].const
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        if isinstance(name, str) and name:
            found = self.attribute(given[0], name)
            if given[1].how and found.ref and found.ref not in _FRAMES and not found.ref.startswith("?"):
                self.record(frozenset({"hidden-name"}), f"getattr → {found.ref}", given[1].labels)
            return found
        if given[0].ref and not BEYOND.isdisjoint(given[1].labels):
            self.record(_DYNAMIC, callee.ref, given[0].labels | given[1].labels)
        return Value(labels=given[0].labels | given[1].labels, ref=f"{given[0].ref}.?" if given[0].ref else "")

    def setattr_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        if len(given) > 2 and isinstance(given[1].const, str):
            self.assigned_attribute(given[0], given[1].const, given[2])
        return Value(None)

    def itself(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``staticmethod(function)`` and its like."""
        return given[0] if given else Value()

    def attrgetter(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        made = Value(ref=f"{callee.ref}()")
        made.attrs = {"name": given[0]} if given else {}
        return made

    def attrgetter_call(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        name = (callee.attrs or {}).get("name", Value()).const
        owner = given[0] if given else Value()
        if isinstance(name, str):
            for part in name.split("."):
                owner = self.attribute(owner, part)
            return owner
        return Value()

    def methodcaller_call(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``operator.methodcaller(name)(owner)``."""
        name = (callee.attrs or {}).get("name", Value()).const
        if isinstance(name, str) and given:
            return self.call_value(self.attribute(given[0], name), [], {}, node)
        return Value()

    def namespace(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``globals()``, ``locals()``, ``vars(x)``."""
        if callee.ref == "vars" and given:
            return given[0]
        scope = self.scope.globals if callee.ref == "globals" else self.scope
        items: dict[Any, Value] = {"__builtins__": self.reference("builtins")}
        made = Value(items=items)
        # Assignments through globals() must reach the scope itself.
        scope.names.setdefault("__builtins__", items["__builtins__"])
        made.items = scope.names
        return made

    def type_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``type(name, bases, members)`` makes a class; ``type(x)`` is of no use here."""
        if len(given) < 3:
            return Value(ref="types.FunctionType" if given and given[0].func is not None else "type()")
        members = given[2].items if isinstance(given[2].items, dict) else {}
        bases = given[1].items if isinstance(given[1].items, list) else []
        made = Value()
        made.cls = Class(
            str(given[0].const), tuple(bases), {key: one for key, one in members.items() if isinstance(key, str)}
        )
        for one in made.cls.members.values():
            if one.func is not None and one.func.owner is None:
                one.func.owner = made
        return made

    def map_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        if len(given) < 2:
            return Value()
        sequences = [self.elements(one) for one in given[1:]]
        long = any(one is not None and len(one) > self.limits.max_rounds for one in sequences)
        if long or None in sequences:
            labels = BEYOND if long else NO_LABELS
            if callee.ref == "map":
                arguments = [Value(labels=one.deep_labels() | labels) for one in given[1:]]
                return Value(labels=self.call_value(given[0], arguments, {}, node).deep_labels() | labels)
            return Value(labels=given[1].deep_labels() | labels)
        rows = list(zip(*[one for one in sequences if one is not None], strict=False))
        if callee.ref == "filter":
            if rows:
                self.call_value(given[0], list(rows[0]), {}, node)
            return Value(items=[row[0] for row in rows], labels=given[1].labels)
        how = given[1].how
        before, made = self.share(), []
        try:
            for row in rows:
                if self.steps >= self.ceiling:
                    arguments = [Value(labels=one.deep_labels() | BEYOND) for one in given[1:]]
                    found = self.call_value(given[0], arguments, {}, node)
                    return Value(labels=found.deep_labels() | given[1].deep_labels() | BEYOND)
                self.step(node)  # type: ignore[arg-type]
                made.append(self.call_value(given[0], list(row), {}, node))
        finally:
            self.ceiling = before
        return Value(items=made, labels=given[1].labels, how=how or next((one.how for one in made if one.how), ()))

    def reduce_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        elements = self.elements(given[1]) if len(given) > 1 else None
        if not elements:
            return Value(labels=given[1].deep_labels() if len(given) > 1 else NO_LABELS)
        if len(elements) > self.limits.max_rounds:
            unknown = Value(labels=given[1].deep_labels() | BEYOND)
            return Value(labels=self.call_value(given[0], [unknown, unknown], {}, node).deep_labels() | BEYOND)
        value = given[2] if len(given) > 2 else elements[0]
        for one in elements[0 if len(given) > 2 else 1 :]:
            if self.steps >= self.ceiling:
                return Value(labels=value.deep_labels() | given[1].deep_labels() | BEYOND)
            self.step(node)  # type: ignore[arg-type]
            value = self.call_value(given[0], [value, one], {}, node)
        return value

    def partial(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``functools.partial(function, …)``. Something will call it: a function of the source is entered at once."""
        if not given:
            return Value()
        if given[0].func is not None:
            self.call_value(given[0], given[1:], named, node)
        made = Value(ref="functools.partial()")
        made.attrs = {
            _PARTIAL: given[0],
            _PARTIAL_ARGUMENTS: Value(items=given[1:]),
            _PARTIAL_NAMED: Value(items={**named}),
        }
        return made

    def partial_call(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        held = callee.attrs or {}
        function, before, by_name = (held.get(one, Value()) for one in (_PARTIAL, _PARTIAL_ARGUMENTS, _PARTIAL_NAMED))
        first = before.items if isinstance(before.items, list) else []
        others = by_name.items if isinstance(by_name.items, dict) else {}
        return self.call_value(function, [*first, *given], {**others, **named}, node)

    def simple_namespace(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        made = Value(ref=f"{callee.ref}()", labels=NO_LABELS.union(*(one.deep_labels() for one in named.values())))
        made.attrs = dict(named)
        return made

    def open_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``open(path, mode)`` and ``Path.open``: a file whose content carries the labels of its path."""
        path = given[0] if given else named.get("file", Value())
        mode = (given[1] if len(given) > 1 else named.get("mode", Value("r"))).const
        labels = path.deep_labels() | {"file"}
        if path.attrs and "path text" in path.attrs:
            labels |= self.catalogue.string_labels(str(path.attrs["path text"].const))
        made = Value(ref="open()", labels=labels)
        text = path.attrs["path text"] if path.attrs and "path text" in path.attrs else path
        made.attrs = {"path": Value(text.const)}
        if isinstance(mode, str) and set(mode) & set("wax+"):
            made.labels |= {"writing"}
            self.record(
                frozenset({"file-open-write"}),
                "open",
                labels | self.catalogue.string_labels(shown([path])),
                shown([text]),
            )
        else:
            written = self.files_written.get(str(text.const)) or (
                self.files_written.get("?") if "temporary" in labels else None
            )
            if written is not None:
                # What this code wrote before is what it reads now.
                made.labels |= written.deep_labels() | {"dropped"}
            self.record(frozenset({"file-read"}), "open", labels, shown([text]))
        return made

    def environ_get(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``os.environ.get(name)``, ``os.getenv(name)``: one variable, labelled by what its name says."""
        key = given[0].const if given else UNKNOWN
        labels = self.environment_labels(key) | frozenset({"variable"})
        # The default is what runs on most machines.
        default = given[1] if len(given) > 1 else named.get("default", Value())
        return Value(labels=labels | default.labels)

    def path_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        made = self.joined_path(given, "pathlib.Path()") if given else Value(ref="pathlib.Path()")
        made.ref = "pathlib.Path()"
        return made

    def super_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """The instance as one of the bases of the class whose method runs now."""
        owner, instance = self.methods[-1] if self.methods else (None, None)
        if owner is None or owner.cls is None:
            return Value(ref="super()")
        made = Value(labels=instance.labels if instance is not None else NO_LABELS)
        made.cls = Class(owner.cls.name, owner.cls.bases, {})
        made.attrs = instance.attrs if instance is not None and instance.attrs is not None else {}
        return made

    def expanded(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``os.path.expanduser``: what is below the home folder stays readable; the folder itself has no more text."""
        path = given[0] if given else Value()
        made = self.reference("os.path.expanduser()")
        made.labels |= path.deep_labels() | self.catalogue.labels.get("os.path.expanduser", NO_LABELS)
        made.how = path.how
        if not (isinstance(path.const, str) and path.const.rstrip("/\\") in {"~", "$HOME", "%USERPROFILE%"}):
            made.attrs = {"path text": Value(path.const if isinstance(path.const, str) else "*")}
        return made

    def address(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``ipaddress.ip_address(x)``, ``uuid.UUID(x)``: numbers in a spelling of their own, and the bytes of them."""
        source = given[0] if given else next(iter(named.values()), Value())
        made = Value(ref=f"{callee.ref}()", labels=source.labels - _ADDRESSES)
        made.attrs = {}
        text = source.const
        if not isinstance(text, str | bytes) or len(text) > 100:
            return made
        labels, how = made.labels | {"decoded"}, (*source.how, "addresses")
        try:
            if callee.ref.startswith("uuid"):
                identifier = uuid.UUID(text if isinstance(text, str) else text.decode("ascii"))
                found = {"bytes": identifier.bytes, "bytes_le": identifier.bytes_le, "int": identifier.int}
            else:
                number = ipaddress.ip_address(text if isinstance(text, str) else text.decode("ascii"))
                found = {"packed": number.packed}
        except ValueError:
            return made
        made.attrs = {name: Value(one, labels, how=how) for name, one in found.items()}
        return made

    def packed(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``socket.inet_aton(text)``, ``socket.inet_pton(family, text)``."""
        found = self.address(Value(ref="ipaddress.ip_address"), given[-1:], {}, node)
        return (found.attrs or {}).get("packed", Value(labels=found.labels))

    def same(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """A call that gives what it was given, for all that matters here."""
        return given[0] if given else Value()

    def fernet_(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        made = Value(ref="cryptography.fernet.Fernet()")
        made.attrs = {"key": given[0] if given else Value()}
        return made

    def fernet_decrypt(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        return self.fernet(callee, given[0] if given else Value())

    def fernet(self, callee: Value, token: Value) -> Value:
        return Value(labels=token.labels)

    def setup(self, callee: Value, given: Given, named: Named, node: ast.AST) -> Value:
        """``setup(cmdclass=…)``: the commands run at install."""
        self.record(frozenset({"fact:setup-call"}), callee.ref, NO_LABELS)
        commands = named.get("cmdclass")
        spread = named.get("**")
        if commands is not None:
            labels = commands.deep_labels()
            items = commands.items
            names = sorted(str(key) for key in items) if isinstance(items, dict) else []
            self.record(frozenset({"fact:cmdclass"}), "cmdclass", labels, " ".join(names))
            if isinstance(items, dict):
                for key, one in items.items():
                    if self._runs_at_install(key):
                        self.run_command_class(one, node)
                    elif one.cls is not None:
                        self.program.on_demand.add(id(one.cls))
        elif spread is not None:
            self.record(frozenset({"fact:setup-spread"}), "setup(**…)", NO_LABELS)
        return Value()

    def _runs_at_install(self, key: Any) -> bool:
        """Whether installing or building runs the command of that name: one of the build's own, one whose name is
        written once more (an alias in ``setup.cfg``, say), or any where names of commands are put together."""
        if not isinstance(key, str) or key in _BUILD_COMMANDS:
            return True
        folder = self.path.rpartition("/")[0]
        files = {self.path, *(f"{folder}/{one}".lstrip("/") for one in ("setup.py", "setup.cfg", "pyproject.toml"))}
        text = b"\n".join(_without_prose(self.program.files[one]) for one in sorted(files) if one in self.program.files)
        name = re.compile(rb"(?<![\w-])" + re.escape(key.encode("utf-8", "replace")) + rb"(?![\w-])")
        return len(name.findall(text)) != 1 or _COMMANDS_BY_NAME.search(text) is not None

    def run_command_class(self, value: Value, node: ast.AST) -> None:
        """Everything that setuptools calls of a command class."""
        if value.func is not None:
            value = self.call_value(value, [], {}, node)
        if value.cls is None:
            return
        made = Value()
        made.cls, made.attrs = value.cls, {}
        for name in ("__init__", "initialize_options", "finalize_options", "run"):
            method = value.cls.member(name)
            if method is not None and method.func is not None:
                bound = Value()
                bound.func, bound.bound = method.func, made
                self.call_value(bound, [], {}, node)


def _newer_expression(text: str, limits: Limits) -> ast.Expression | None:
    """An expression in the syntax of a newer Python."""
    tree = parse(text, limits, repair=False).tree
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return None
    return ast.Expression(tree.body[0].value)


def _without_prose(file: SourceFile) -> bytes:
    """A file without comments and docstrings: they tell people of a command, and run none."""
    if not file.path.endswith(".py"):
        return file.data
    prose = Prose(file.data).undocumented()
    return _OF_TWINE.sub(b"twine", prose.code + b"\n" + prose.strings)


_OF_TWINE = re.compile(rb"\btwine[ \t]+(?:upload|check|register)\b")
"""Commands of another tool that have the name of one."""


_BUILD_COMMANDS = frozenset(
    [
        "install",
        "develop",
        "build",
        "build_py",
        "build_ext",
        "build_clib",
        "build_scripts",
        "egg_info",
        "sdist",
        "bdist",
        "bdist_wheel",
        "bdist_egg",
        "bdist_dumb",
        "install_lib",
        "install_data",
        "install_headers",
        "install_scripts",
        "install_egg_info",
        "editable_wheel",
        "dist_info",
        "easy_install",
    ]
)
"""What pip, build and setuptools run by themselves (setuptools/command)."""
_COMMANDS_BY_NAME = re.compile(
    rb"script_args|run_command|sub_commands|get_finalized_command|sys\.argv\s*(?:\.\s*(?:append|insert|extend)|(?:\[[^\]\n]*\])?\s*\+?=[^=])"
)


_RUN_FILES = frozenset({"runpy.run_path", "execfile"})
LOADS_FILES = frozenset(
    {"imp.load_source", "importlib.util.spec_from_file_location", "importlib.machinery.SourceFileLoader"}
)
PACKAGE_DATA = frozenset({"pkgutil.get_data", "importlib.resources.read_text", "importlib.resources.read_binary"})
Handler = Callable[[Any, Value, Given, Named, ast.AST], Value]
SPECIAL: dict[str, Handler] = {
    **dict.fromkeys(
        ("exec", "eval", "execfile", "runpy.run_path", "code.InteractiveInterpreter().runsource"), Special.dynamic
    ),
    **dict.fromkeys(("types.FunctionType", "builtins.exec", "builtins.eval"), Special.dynamic),
    **dict.fromkeys(
        (
            *("timeit.timeit", "timeit.repeat", "timeit.Timer", "trace.Trace().run", "trace.Trace().runctx"),
            *("cProfile.run", "cProfile.runctx", "profile.run", "profile.runctx", "cProfile.Profile().run"),
            *("cProfile.Profile().runctx", "pdb.run", "pdb.runeval", "bdb.Bdb().run", "pdb.Pdb().run"),
            *("code.InteractiveConsole().push", "code.InteractiveConsole().runsource"),
            *("code.InteractiveConsole().runcode", "code.InteractiveInterpreter().runcode"),
            *("ctypes.pythonapi.PyRun_SimpleString", "ctypes.pythonapi.PyRun_String"),
        ),
        Special.dynamic,
    ),
    **dict.fromkeys(("staticmethod", "classmethod"), Special.itself),
    **dict.fromkeys(DISPATCHES, dispatched),
    "compile": Special.compiled,
    "codeop.compile_command": Special.compiled,
    **dict.fromkeys(("marshal.loads", "marshal.load"), Special.unmarshalled),
    **dict.fromkeys(("__import__", "importlib.import_module", "importlib.__import__"), Special.import_by_name),
    **dict.fromkeys(("getattr", "object.__getattribute__"), Special.getattr_),
    "setattr": Special.setattr_,
    **dict.fromkeys(("operator.attrgetter", "operator.methodcaller"), Special.attrgetter),
    "operator.methodcaller()": Special.methodcaller_call,
    "operator.attrgetter()": Special.attrgetter_call,
    **dict.fromkeys(("globals", "locals", "vars"), Special.namespace),
    "type": Special.type_,
    **dict.fromkeys(("map", "filter"), Special.map_),
    **dict.fromkeys(("functools.reduce", "reduce"), Special.reduce_),
    **dict.fromkeys(("open", "io.open", "codecs.open"), Special.open_),
    **dict.fromkeys(("os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault"), Special.environ_get),
    **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.WindowsPath"), Special.path_),
    **dict.fromkeys(("os.path.expanduser", "os.path.expandvars"), Special.expanded),
    **dict.fromkeys(("staticmethod", "classmethod", "functools.wraps()"), Special.same),
    **dict.fromkeys(("ipaddress.ip_address", "ipaddress.IPv4Address", "ipaddress.IPv6Address"), Special.address),
    "uuid.UUID": Special.address,
    **dict.fromkeys(("socket.inet_aton", "socket.inet_pton"), Special.packed),
    "super": Special.super_,
    "functools.partial": Special.partial,
    "functools.partial()": Special.partial_call,
    **dict.fromkeys(("types.SimpleNamespace", "argparse.Namespace"), Special.simple_namespace),
    **dict.fromkeys(("cryptography.fernet.Fernet", "fernet.Fernet"), Special.fernet_),
    "cryptography.fernet.Fernet().decrypt": Special.fernet_decrypt,
    **dict.fromkeys(
        ("setuptools.setup", "distutils.core.setup", "setuptools.dist.setup", "skbuild.setup"), Special.setup
    ),
}
