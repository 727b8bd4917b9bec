"""Calls: of functions of the analysed source (followed), of catalogued names (events), of what folds (values)."""

from __future__ import annotations

import ast
from typing import Any

from scanner.code import fold
from scanner.code.abandoned import BEYOND
from scanner.code.decoders import DECODERS, ENCODERS, FAILURES, MAX_OUTPUT, fernet
from scanner.code.deferred import Deferred
from scanner.code.handing import Handing, without_key_files
from scanner.code.implicit import calls_back, special_methods
from scanner.code.interception import made_key, without_signing_key
from scanner.code.loading import LOADING
from scanner.code.machine import shown
from scanner.code.names import BUILTIN_NAMES, identifier
from scanner.code.scope import Scope
from scanner.code.special import LOADS_FILES, PACKAGE_DATA, SPECIAL
from scanner.code.values import NO_LABELS, UNKNOWN, Function, Value, merged
from scanner.model.finding import TRIGGERS

_FETCH_TO_FILE = frozenset({"urllib.request.urlretrieve", "wget.download", "gdown.download"})
_ABSORBING = frozenset(
    [
        "read",
        "load",
        "append",
        "add",
        "update",
        "feed",
        "write",
        "writestr",
        "extend",
        "put",
        "insert",
        "attach",
        "set_payload",
        "execute",
        "add_field",
        "add_embed",
        "set_content",
        "read_file",
        "read_string",
        "add_file",
        "setdefault",
    ]
)
_TRUSTS = "trust_remote_code"
"""The argument by which libraries of models fetch code and run it, whatever they are called with."""
_DECODED = frozenset({"decoded"})
_READS = (".read", ".decode", ".encode", ".strip", ".read_text", ".read_bytes", ".readlines")
_HOMES = frozenset({"os.path.expanduser()", "pathlib.Path.home()"})
_SITE_TEXTS = {
    "copyright": "Copyright (c) 2001-2023 Python Software Foundation.\nAll Rights Reserved.",
    "credits": "    Thanks to CWI, CNRI, BeOpen.com, Zope Corporation and a cast of thousands",
    "license": "Type license() to see the full license text",
    "exit": "Use exit() or Ctrl-D (i.e. EOF) to exit",
    "quit": "Use quit() or Ctrl-D (i.e. EOF) to exit",
}
"""What the site module's objects print: obfuscators cut letters out of these texts."""


class Calls(Handing):
    """What a call gives and does."""

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        callee = self.evaluate(node.func, scope)
        given: list[Value] = []
        for one in node.args:
            if type(one) is ast.Starred:
                spread = self.evaluate(one.value, scope)
                elements = self.elements(spread)
                given.extend(elements[:4096] if elements is not None else [Value(labels=spread.deep_labels())])
                if elements is not None and len(elements) > 4096:
                    given.append(Value(labels=spread.deep_labels() | BEYOND))
            else:
                given.append(self.evaluate(one, scope))
        named: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                named[identifier(keyword.arg)] = value
            elif isinstance(value.items, dict):
                named.update({key: one for key, one in value.items.items() if isinstance(key, str)})
            else:
                named["**"] = value
        self.step(node)
        self.scope = scope
        return self.call_value(callee, given, named, node)

    def call_value(self, callee: Value, given: list[Value], named: dict[str, Value], node: ast.AST) -> Value:
        if callee.func is not None:
            arguments = [callee.bound, *given] if callee.bound is not None else given
            found = self._enter(callee.func, arguments, named, node)
            for other in callee.func.dispatched or ():
                # Which of them is called, the type of the argument decides.
                found = merged(found, self.call_value(other, arguments, named, node))
            return found
        if callee.cls is not None and callee.attrs is None:
            return self._instantiate(callee, given, named, node)
        if callee.cls is not None and (method := callee.cls.member("__call__")) is not None and method.func is not None:
            return self._enter(method.func, [callee, *given], named, node)
        if callee.ref:
            return self._call_named(callee, given, named, node)
        self._run_functions("", given, named, node)
        return Value(labels=_all_labels(callee, given, named))

    # --- functions of the source

    def _enter(self, function: Function, given: list[Value], named: dict[str, Value], node: ast.AST) -> Value:
        key = id(function.node)
        away = (
            self.trigger in {"import", "call", "entry-point"} and self.program.path_of(function, self.path) != self.home
        )
        if self._is_skipped(key, function.node, away, given, named):
            return Value(labels=_all_labels(Value(), given, named) | BEYOND)
        self.calls[key] = self.calls.get(key, 0) + 1
        inside = Scope(function.scope.module, function.scope)
        self._parameters(function.node, given, named, inside)
        path, self.path = self.path, self.program.path_of(function, self.path)
        scope, loops = self.scope, self.loops
        self.depth += 1
        self.active.append(key)
        self.methods.append((function.owner, given[0] if given else None))
        self.loops = 0
        line, end_line, shift = self.line, self.end_line, self.shift
        begun, loud = self.steps, self.loud
        # What a call of another file calls in its turn is counted with it, once.
        outermost = away and not self.is_away
        self.is_away = self.is_away or away
        before = self.share()
        body = function.node.body
        self.shift = body.shift if isinstance(body, Deferred) else function.shift
        try:
            if not isinstance(body, list):
                return self.evaluate(body, inside)
            self.block(body, inside)
        finally:
            if outermost:
                self.is_away = False
                self.followed += self.steps - begun
            if self.loud != loud:
                self.acting.add(key)
            self.ceiling = before
            self.depth -= 1
            self.active.pop()
            self.methods.pop()
            self.path, self.scope, self.loops = path, scope, loops
            self.line, self.end_line, self.shift = line, end_line, shift
        return inside.returned if inside.returned is not None else Value()

    def _is_skipped(self, key: int, node: ast.AST, away: bool, given: list[Value], named: dict[str, Value]) -> bool:
        """Whether the call is past a bound. Its arguments go into the value that it would give.

        A function that acts must have been seen with everything that it is called with; else that is a gap.
        """
        count = self.calls.get(key, 0)
        # Small decoders are called for every string of an obfuscated file: let those through far more often.
        allowed = self.limits.max_calls * (400 if _is_small(node) else 1)
        spent = self.steps >= self.ceiling and count > 0
        deep = self.depth >= self.max_depth or self.active.count(key) > 2
        followed = away and self.followed > self.max_followed
        acts = key in self.acting
        if acts or not count or deep:
            seen = self.met.setdefault(key, set())
            before = len(seen)
            seen.add(hash(tuple(_told(one) for one in (*given, *named.values()))))
            novel = len(seen) != before
        else:
            novel = False
        if not (spent or deep or followed or count >= allowed):
            return False
        if self.trigger == "call" or (count and not (acts and novel)):
            return True
        if not deep and not followed and self.novel < self.limits.max_novel_calls:
            self.novel += 1
            return False
        # A call that only may happen is no reason to call what was followed before not seen.
        if self.active.count(key) <= 2 and (not followed or acts) and not (self.implied and count):
            self.gap("it calls functions deeper or more often than the bound allows")
        return True

    def _parameters(self, node: Any, given: list[Value], named: dict[str, Value], scope: Scope) -> None:
        arguments = node.args
        names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
        defaults = arguments.defaults
        for number, default in enumerate(defaults):
            scope.names[names[len(names) - len(defaults) + number]] = self.evaluate(default, scope)
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            scope.names[one.arg] = self.evaluate(default, scope) if default is not None else Value()
        for name, value in zip(names, given, strict=False):
            scope.names[identifier(name)] = value
        if arguments.vararg is not None:
            scope.names[arguments.vararg.arg] = Value(items=list(given[len(names) :]))
        rest: dict[Any, Value] = {}
        known = {*names, *(one.arg for one in arguments.kwonlyargs)}
        for name, value in named.items():
            if name in known:
                scope.names[name] = value
            else:
                rest[name] = value
        if arguments.kwarg is not None:
            scope.names[arguments.kwarg.arg] = Value(items=rest)
        for name in known:
            scope.names.setdefault(name, Value())

    def called_once(self, function: Function, first: Value | None, node: ast.AST) -> None:
        """Call a function that Python calls by itself, with unknown arguments, where it was not called before."""
        if self.trigger == "call" or id(function.node) in self.calls or self.depth >= self.max_depth:
            return
        arguments = function.node.args
        wanted = len(arguments.posonlyargs) + len(arguments.args) - (first is not None)
        given = [*([first] if first is not None else []), *(Value() for _ in range(max(wanted, 0)))]
        self.implied += 1
        try:
            self._enter(function, given, {}, node)
        finally:
            self.implied -= 1

    def _handed(self, name: str, given: list[Value], named: dict[str, Value], node: ast.AST) -> None:
        """Functions handed to what calls them back (see :mod:`scanner.code.implicit`)."""
        for value in (*given, *named.values()):
            # What folds gives its value before anything that it is given would be called.
            folds = name in fold.BUILTINS
            if value.func is not None and calls_back(name) and (folds or not self.runs_argument(name)):
                self.called_once(value.func, value.bound, node)
            elif value.ref in {"exec", "eval"} and calls_back(name):
                for one in (self.elements(given[0]) or [])[:64] if given else ():
                    self.call_value(value, [one], {}, node)

    def run_implicit(self) -> None:
        """The special methods of the classes of which instances were made, at the moment at which they were made."""
        waiting, self.instances = self.instances, []
        kept = self.trigger, self.context
        for made, trigger, context in sorted(waiting, key=lambda one: TRIGGERS.index(one[1])):
            if made.cls is not None:
                self.trigger, self.context = trigger, context
                for method in special_methods(made.cls):
                    self.called_once(method, made, method.node)
        self.trigger, self.context = kept

    def _instantiate(self, callee: Value, given: list[Value], named: dict[str, Value], node: ast.AST) -> Value:
        assert callee.cls is not None
        made = Value(labels=_all_labels(Value(), given, named))
        made.cls, made.attrs = callee.cls, {}
        self.becomes_handler(made)
        if self.trigger != "call" and (id(callee.cls), self.trigger) not in self.made_of:
            self.made_of.add((id(callee.cls), self.trigger))
            self.instances.append((made, self.trigger, self.context))
        for special in ("__new__", "__init__"):
            method = callee.cls.member(special)
            if method is not None and method.func is not None:
                self._enter(method.func, [made, *given], named, node)
        for base in callee.cls.bases:
            if base.ref in {"threading.Thread", "multiprocessing.Process"}:
                run = callee.cls.member("run")
                if run is not None and run.func is not None:
                    self._enter(run.func, [made], {}, node)
        return made

    def _run_functions(self, name: str, given: list[Value], named: dict[str, Value], node: ast.AST) -> None:
        """Functions handed to something that will call them (threads, ``atexit``, ``map`` …)."""
        if name and not self.runs_argument(name):
            return
        for number, value in enumerate([*given, *named.values()]):
            if value.func is not None or (name and value.ref in self.catalogue.roles):
                extra, more = named.get("args", Value()).items, named.get("kwargs", Value()).items
                by_name = (
                    {key: one for key, one in more.items() if isinstance(key, str)} if isinstance(more, dict) else {}
                )
                self.call_value(value, list(extra) if isinstance(extra, list) else given[number + 1 :], by_name, node)

    # --- names

    def _call_named(self, callee: Value, given: list[Value], named: dict[str, Value], node: ast.AST) -> Value:
        name = callee.ref
        if name in self.patched:
            return self.call_value(self.patched.pop(name), given, named, node)
        if self.trigger != "call":
            self._handed(name, given, named, node)
            if named and (trusted := named.get(_TRUSTS)) is not None and trusted.const is True:
                self.record(self.catalogue.roles[_TRUSTS], f"{name} with {_TRUSTS}", self._asked_for(), shown(given))
        special = SPECIAL.get(name)
        if special is not None:
            return special(self, callee, given, named, node)
        if (loads := LOADING.get(name)) is not None and (made := loads(self, callee, given, named, node)) is not None:
            return made
        if name in DECODERS:
            return self._decode(name, given, named)
        if name in LOADS_FILES:
            self.run_named_file(given, named)
        told = without_key_files(named)
        labels = _all_labels(callee, given, told)
        roles = self.catalogue.roles.get(name, NO_LABELS)
        if roles:
            labels = self._act(roles, name, callee, given, told, labels, node)
            labels |= self.catalogue.labels.get(name + "()", NO_LABELS)
        elif name.startswith(("str.", "?.")) or (callee.bound is not None and callee.bound.items is not None):
            found = self._method(callee, name.rpartition(".")[2], given, named, labels, node)
            if found is not None:
                return found
        else:
            found = self._fold(name, given, named)
            if found is not None:
                return found
            target = self.local(name)
            if target is not None and (target.func is not None or target.cls is not None):
                return self.call_value(target, given, named, node)
        if self.trigger != "call":
            self.gives(name, callee.bound, given, named, node)
        if self.runs_argument(name):
            self._run_functions(name, given, named, node)
        if name.startswith("?.") and self.trigger == "entry-point":
            self._run_functions("", given, named, node)
        made_key(name, given)
        owner = callee.bound
        if owner is not None and owner.ref.endswith("()") and not roles and name.rpartition(".")[2] in _ABSORBING:
            # An object that is given something holds it from then on (a parser, an archive, a message).
            owner.labels |= labels
        made = self.reference(name + "()" if len(name) < 200 else "?")
        made.labels |= without_signing_key(name, owner, given, labels)
        made.how = callee.how or next((one.how for one in given if one.how), ())
        if name in PACKAGE_DATA:
            made.attrs = self.package_path(given)
        if callee.bound is not None and name.endswith(_READS):
            made.attrs = callee.bound.attrs
            if made.attrs is None and isinstance(callee.bound.const, str) and name.startswith("pathlib."):
                made.attrs = {"path": Value(callee.bound.const)}
        return made

    def _act(
        self,
        roles: frozenset[str],
        name: str,
        callee: Value,
        given: list[Value],
        named: dict[str, Value],
        labels: frozenset[str],
        node: ast.AST,
    ) -> frozenset[str]:
        """Record the act of a catalogued name. Gives the labels of what it returns."""
        text = shown([*given, *named.values()])
        said = self.catalogue.string_labels(text)
        if "dest.metadata" in labels and "dest.url" in said and "dest.metadata" not in said:
            labels |= {"metadata-sent"}
        if "executable-memory" in roles and (name.startswith("ctypes") or named.get("prot", Value()).const in (5, 7)):
            labels |= {"executable"}
        if "file-delete" in roles and given and given[0].ref in _HOMES and given[0].attrs is None:
            labels |= {"whole-home"}
        labels |= said
        layers_before = len(self.layers)
        if "process" in roles or "shell-line" in roles:
            line = f"python {text}" if "python" in labels else text
            inner, opened = self.command(line, self.scope)
            self.program.run_started(line, self.trigger, self.path)
            labels |= inner
            if not _unpacks(given):
                labels |= self._dropped(text, given)
            if named.get("shell", Value()).const is True:
                labels |= {"shell"}
            if self._hidden(named):
                labels |= {"hidden-window"}
            self.layers.extend(opened)
        if "file-write" in roles and given and callee.bound is not None:
            self._written(callee.bound, given[0])
        if name in _FETCH_TO_FILE:
            target = given[1] if len(given) > 1 else named.get("filename", named.get("out", Value("?")))
            holder = Value()
            holder.attrs = {"path": Value(shown([target]) or UNKNOWN)}
            self._written(holder, Value(labels=labels | {"fetched"}))
        self.record(roles, name, labels, text)
        del self.layers[layers_before:]
        if "network" in roles:
            return (labels - {"decoded"}) | {"fetched"}
        return labels

    def _asked_for(self) -> frozenset[str]:
        return frozenset({"conditional"}) if self.conditional else NO_LABELS

    def _hidden(self, named: dict[str, Value]) -> bool:
        flags = named.get("creationflags")
        return flags is not None and (
            "CREATE_NO_WINDOW" in flags.ref or flags.const == 0x08000000 or "DETACHED" in flags.ref
        )

    def _written(self, target: Value, content: Value) -> None:
        """Remember what was written where, for a process that starts it later."""
        path = (target.attrs or {}).get("path", Value())
        key = path.const if isinstance(path.const, str) else "?"
        known = self.files_written.get(key)
        self.files_written[key] = merged(known, content) if known is not None else content
        if isinstance(content.const, str | bytes) and len(content.const) > 20:
            self.scripts.append(
                content.const if isinstance(content.const, str) else content.const[:200_000].decode("latin-1")
            )

    def _dropped(self, text: str, given: list[Value]) -> frozenset[str]:
        """Labels of files that this code wrote before and now starts; their Python is analysed as a layer."""
        labels: set[str] = set()
        for path, content in self.files_written.items():
            named = path != "?" and path.replace("\\", "/").rpartition("/")[2] in text
            if named or path == "?":
                labels |= {f"dropped.{one}" for one in content.deep_labels() & {"fetched", "decoded"}}
                labels.add("dropped")
        pending, self.scripts = self.scripts, []
        for script in pending:
            from scanner.code.layers import looks_like_python

            if looks_like_python(script):
                self.open_layer(script, "written to a file and started", self.scope)
        return frozenset(labels)

    def _fold(self, name: str, given: list[Value], named: dict[str, Value]) -> Value | None:
        if name == "os.path.join":
            return self.joined_path(given)
        if name.endswith((".__str__", ".__repr__")) or (name in {"str", "repr"} and given and given[0].ref):
            of = name.rpartition(".")[0] if "." in name else given[0].ref
            if of in _SITE_TEXTS:
                return Value(_SITE_TEXTS[of])
            if of in fold.BUILTINS or of in BUILTIN_NAMES:
                return Value(f"<built-in function {of}>")
        if name in fold.BUILTINS:
            constants = [one.concrete() for one in given]
            keywords = {key: one.concrete() for key, one in named.items()}
            labels = _all_labels(Value(), given, named)
            if name in {"chr", "unichr", "bytes", "bytearray"} and constants and _numbers(constants[0]):
                labels |= {"computed"}
            how = next((one.deep_how() for one in given if one.deep_how()), ())
            if name in {"bytes", "bytearray", "chr"}:
                how = how or ("integers",)
            found = fold.builtin(name, constants, keywords, self.limits.max_const)
            if found is UNKNOWN:
                if name in {"range", "xrange"} and all(isinstance(one, int) for one in constants):
                    labels |= BEYOND
                # list(x), reversed(x) … of partly known things keep their elements.
                if name in {"list", "tuple", "reversed", "sorted", "set", "iter"} and given:
                    elements = self.elements(given[0])
                    if elements is not None:
                        turned = list(reversed(elements)) if name == "reversed" else list(elements)
                        return Value(items=turned, labels=given[0].labels, how=how)
                if name == "dict" and (not given or isinstance(given[0].items, dict)):
                    first: dict[Any, Value] = given[0].items if given and isinstance(given[0].items, dict) else {}
                    return Value(items={**first, **named}, labels=labels, how=how)
                return Value(labels=labels, how=how)
            return self.folded(found, labels, how)
        if name in ENCODERS:
            if given and given[0].known:
                try:
                    return Value(ENCODERS[name](*[one.const for one in given]), given[0].labels | {"encoded"})
                except FAILURES:
                    pass
            return Value(labels=_all_labels(Value(), given, named) | {"encoded"})
        return None

    def _decode(self, name: str, given: list[Value], named: dict[str, Value]) -> Value:
        step, decoder = DECODERS[name]
        labels = _all_labels(Value(), given, named) | _DECODED
        how = (*(given[0].how if given else ()), step)
        constants = [one.concrete() for one in given]
        if step == "codec" and len(constants) > 1:
            how = (*how[:-1], str(constants[1])[:12])
        if constants and all(one is not UNKNOWN for one in constants):
            size = len(constants[0]) if isinstance(constants[0], str | bytes | list) else 0
            if size > MAX_OUTPUT:
                labels |= BEYOND
            if size <= MAX_OUTPUT:
                try:
                    keywords = {key: one.const for key, one in named.items() if one.known and key != "validate"}
                    found = self.folded(decoder(*constants, **keywords), labels, how)
                except FAILURES:
                    return Value(labels=labels, how=how)
                # A short text that decodes to a destination was hidden from readers and from search.
                if (
                    isinstance(found.const, str | bytes)
                    and len(found.const) < 600
                    and any(one.startswith("dest.") for one in found.labels)
                ):
                    found.labels |= {"hidden-destination"}
                return found
        return Value(labels=labels, how=how)

    def fernet(self, callee: Value, token: Value) -> Value:
        """``Fernet(key).decrypt(token)`` with both at hand."""
        labels = callee.labels | token.labels | _DECODED
        how = (*token.how, "Fernet")
        key = ((callee.bound.attrs or {}) if callee.bound is not None else {}).get("key", Value()).const
        raw = [one.encode() if isinstance(one, str) else one for one in (key, token.const)]
        if all(isinstance(one, bytes) for one in raw):
            try:
                return self.folded(fernet(*raw), labels, how)
            except FAILURES:
                pass
        return Value(labels=labels, how=how)


_UNPACKERS = frozenset({"gunzip", "bunzip2", "bzip2", "gzip", "unzip", "unxz", "xz", "zstd", "unzstd"})
"""Programs that read what they are given, and start nothing of it."""


def _unpacks(given: list[Value]) -> bool:
    """Whether the command is a list, so that no shell reads it, and only unpacks a file."""
    items = given[0].items if given else None
    return isinstance(items, list) and bool(items) and items[0].const in _UNPACKERS


def _numbers(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, list) and bool(value) and isinstance(value[0], int))


def _told(value: Value) -> tuple[object, ...]:
    """What tells one argument from another: constants, names and labels."""
    const = value.const if isinstance(value.const, str | bytes | int | float | None) else None
    return (const, value.ref, value.deep_labels(), id(value.func) if value.func is not None else 0)


def _is_small(node: ast.AST) -> bool:
    return isinstance(node, ast.Lambda) or len(getattr(node, "body", ())) <= 8


def _all_labels(callee: Value, given: list[Value], named: dict[str, Value]) -> frozenset[str]:
    labels = callee.labels
    if callee.bound is not None:
        labels |= callee.bound.deep_labels()
    for one in given:
        labels |= one.deep_labels()
    for one in named.values():
        labels |= one.deep_labels()
    return labels
