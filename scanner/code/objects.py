"""Attributes, items and containers of abstract values, and the names that imports bring in."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from scanner.code import fold
from scanner.code.implicit import docstring, is_hook
from scanner.code.interception import INTERCEPTED, is_foreign
from scanner.code.limits import BoundReached
from scanner.code.machine import Machine
from scanner.code.names import BUILTIN_NAMES
from scanner.code.scope import Scope
from scanner.code.values import NO_LABELS, UNKNOWN, Value

_GLOBALS = frozenset({"__globals__", "func_globals"})
_DICTIONARIES = frozenset({"__dict__", "__builtins__"})


class Objects(Machine):
    """What ``a.b`` and ``a[b]`` give, and what assigning to them means."""

    def attribute(self, owner: Value, name: str) -> Value:
        """``owner.name``."""
        if owner.attrs is not None and name in owner.attrs:
            return owner.attrs[name]
        if name == "__class__" and owner.func is not None:
            return self.reference("types.FunctionType")
        if name == "__call__" and (owner.func is not None or (owner.ref and owner.attrs is None)):
            return owner
        if owner.func is not None and name in _GLOBALS:
            names = owner.func.scope.globals.names
            names.setdefault("__builtins__", self.reference("builtins"))
            return Value(items=names)
        if name == "register" and owner.func is not None and owner.func.dispatched is not None:
            made = self.reference("functools.singledispatch().register")
            made.bound = owner
            return made
        if name == "__doc__" and owner.func is not None and (text := docstring(owner.func)) is not None:
            return self.folded(text, NO_LABELS)
        if owner.cls is not None:
            member = owner.cls.member(name)
            if member is not None:
                if member.func is not None and owner.attrs is not None:
                    if member.func.getter:
                        self.called_once(member.func, owner, member.func.node)
                    method = Value(labels=member.labels)
                    method.func = member.func
                    method.bound = owner
                    return method
                return member
            if owner.attrs is not None:
                for base in owner.cls.bases:
                    if base.ref:
                        return self._named(owner, f"{base.ref}()", name)
            if name == "__dict__":
                return Value(items=dict(owner.cls.members))
        if owner.ref:
            return self._named(owner, owner.ref, name)
        secret = self.catalogue.parameters.get(name)
        if secret and (owner.attrs is not None or "parameter" in owner.labels):
            return Value(labels=owner.labels | secret)
        if owner.known and isinstance(owner.const, str | bytes):
            made = Value(labels=owner.labels, ref=f"str.{name}", how=owner.how)
            made.bound = owner
            return made
        made = Value(labels=owner.deep_labels(), ref=f"?.{name}", how=owner.how)
        made.bound = owner
        return made

    def _named(self, owner: Value, base: str, name: str) -> Value:
        if name in _DICTIONARIES:
            return Value(ref=base, labels=owner.labels)
        if name == "__self__" and base in BUILTIN_NAMES:
            return Value(ref="builtins")
        full = f"{base}.{name}"
        if len(full) > 300:
            return Value(labels=owner.labels)
        if full == "sys.modules":
            return Value(ref="sys.modules")
        made = self.reference(full)
        if owner.labels:
            made.labels |= owner.labels
        made.bound = owner
        made.how = owner.how
        return made

    def item(self, owner: Value, index: Value) -> Value:
        """``owner[index]``."""
        key = index.const
        if owner.cls is not None and owner.attrs is None:
            method = owner.cls.member("__class_getitem__")
            if method is not None and method.func is not None:
                self.called_once(method.func, owner, method.func.node)
        if isinstance(owner.items, dict):
            found = owner.items.get(key) if key is not UNKNOWN and _hashable(key) else None
            if found is not None:
                return found.with_labels(owner.labels)
            ref = next((one.ref for one in owner.items.values() if one.ref), "") if key is UNKNOWN else ""
            return Value(labels=owner.deep_labels(), ref=ref)
        if isinstance(owner.items, list):
            if isinstance(key, int) and not isinstance(key, bool) and -len(owner.items) <= key < len(owner.items):
                return owner.items[key].with_labels(owner.labels)
            return Value(labels=owner.deep_labels())
        if owner.ref == "sys.modules" and index.ref == "__name__" and self.scope.module:
            return self.reference(self.scope.module)
        if owner.ref and isinstance(key, str):
            if owner.ref == "sys.modules":
                return self.reference(key)
            if owner.ref in {"os.environ", "os.environb"}:
                return Value(labels=(owner.labels - {"environment"}) | self.environment_labels(key) | {"variable"})
            return self.attribute(Value(ref=owner.ref, labels=owner.labels), key)
        if owner.ref in {"os.environ", "os.environb"} and "environment" not in index.deep_labels():
            # One variable of a name that is written elsewhere: a setting, as for :func:`os.getenv`. A name that was
            # taken from the environment itself stands for all of it.
            return Value(labels=(owner.labels - {"environment"}) | index.labels | {"variable"})
        folded = fold.subscript(owner.const, key)
        if folded is UNKNOWN:
            return Value(labels=owner.labels | index.labels, ref=f"{owner.ref}[]" if owner.ref else "", how=owner.how)
        return self.folded(folded, owner.labels, owner.how)

    def environment_labels(self, key: Any) -> frozenset[str]:
        """A variable of the environment by its name: a secret, or merely a setting."""
        return self.catalogue.string_labels(f"env:{key}") if isinstance(key, str) else NO_LABELS

    def intercepted(self, owner: Value, name: str, value: Value) -> None:
        """A function takes the place of a library's: it is called with what nobody here gave it."""
        if value.func is None or not is_foreign(f"{owner.ref}.{name}", self.program.where.modules):
            return
        arguments = value.func.node.args
        taken = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        made = {one: Value(labels=INTERCEPTED) for one in taken}
        if arguments.kwarg is not None:
            made["by name"] = Value(labels=INTERCEPTED)
        call = Value()
        call.func = value.func
        rest = [Value(labels=INTERCEPTED)] if arguments.vararg is not None and not taken else []
        before, self.trigger = self.trigger, "call"
        try:
            self.call_value(call, rest, made, value.func.node)
        finally:
            self.trigger = before

    def assigned_attribute(self, owner: Value, name: str, value: Value) -> None:
        if name == "__code__" and (owner.func is not None or owner.cls is not None):
            self.record(frozenset({"dynamic-code"}), "types.CodeType", value.deep_labels())
            return
        if owner.attrs is not None:
            owner.attrs[name] = value
            return
        if owner.cls is not None:
            owner.cls.members[name] = value
            return
        if value.func is not None and is_hook(owner.ref):
            self.called_once(value.func, None, value.func.node)
        if owner.ref and not owner.ref.startswith("?") and owner.ref.partition(".")[0] in self.program.patchable:
            labels = value.deep_labels() | {"local-function"} if value.func is not None else value.deep_labels()
            self.record(frozenset({"monkeypatch"}), f"{owner.ref}.{name}", labels)
        if owner.ref and value.func is not None:
            self.intercepted(owner, name, value)
        if owner.ref and value.ref in {"exec", "eval"}:
            self.patched[f"{owner.ref}.{name}"] = value
        if owner.ref.endswith("()"):
            owner.attrs = {name: value}
        owner.labels |= value.deep_labels()

    def assigned_item(self, owner: Value, index: Value, value: Value, scope: Scope) -> None:
        key = index.const
        if isinstance(key, str) and key.lower() == "bcc" and isinstance(value.const, str) and "@" in value.const:
            owner.labels |= {"hidden-recipient"}
        if isinstance(owner.items, dict):
            owner.items[key if key is not UNKNOWN and _hashable(key) else ("unknown", len(owner.items))] = value
        elif isinstance(owner.items, list):
            if isinstance(key, int) and -len(owner.items) <= key < len(owner.items):
                owner.items[key] = value
            owner.labels |= value.deep_labels()
        elif owner.ref == "globals()" and isinstance(key, str):
            scope.globals.names[key] = value
        elif owner.ref == "sys.modules":
            self.record(frozenset({"monkeypatch"}), f"sys.modules[{str(key)[:60]}]", value.deep_labels())
        else:
            owner.labels |= value.deep_labels()

    def joined_path(self, parts: list[Value], ref: str = "") -> Value:
        """A path put together from parts of which some may be unknown: labelled by what the known ones spell."""
        labels: set[str] = set()
        pieces: list[str] = []
        for part in parts:
            labels |= part.labels
            const = part.const
            if isinstance(const, bytes):
                const = const.decode("latin-1")
            pieces.append(const.strip("/\\") if isinstance(const, str) else "*")
        text = "/".join(pieces)
        labels |= self.catalogue.string_labels(text)
        known = all(part.known for part in parts)
        made = Value(text if known else UNKNOWN, frozenset(labels), ref=ref)
        if not known:
            made.attrs = {"path text": Value(text)}
        return made

    # --- imports

    def absolute(self, name: str, level: int, scope: Scope) -> str:
        """The absolute name of ``from <dots><name>``, seen from the scope's module."""
        if not level:
            return name
        parts = scope.module.split(".") if scope.module else []
        if not self.program.is_package(self.path) or self.outer_line:
            parts = parts[:-1]
        parts = parts[: len(parts) - (level - 1)] if level > 1 else parts
        return ".".join([*parts, name] if name else parts)

    def imported(self, name: str, scope: Scope) -> None:
        """An import of a module of the same artifact runs it, at the moment at which this code runs."""
        if self.trigger in {"install", "interpreter-start"} and self.depth < 8:
            self.program.run_imported(name, self.trigger)
        elif self.trigger == "import" and self.depth < 8:
            self.program.run_imported(name, self.trigger, aside=True)
        written = f"{name.rpartition('.')[2]}.py"
        for path, content in list(self.files_written.items()) if self.trigger != "call" else ():
            if path.endswith(written) and path.rpartition("/")[2] == written:
                self.written_imported(content, scope)

    @abstractmethod
    def written_imported(self, content: Value, scope: Scope) -> None:
        """Run what this code wrote before to a file of the name that is imported now."""

    def import_all(self, base: str, scope: Scope) -> None:
        """``from base import *``: the names of a sibling module, or of a catalogued one."""
        module = self.program.scope_of(base, self.trigger)
        if module is not None:
            for key, value in list(module.names.items()):
                if isinstance(key, str) and not key.startswith(("_", "global ")):
                    scope.names[key] = value
            return
        prefix = base + "."
        for name in self.program.star_names(base):
            scope.names.setdefault(name, self.reference(prefix + name))

    def local(self, ref: str) -> Value | None:
        """The value that a reference names in a sibling module, where the artifact holds that module."""
        if not ref or "(" in ref or self.depth > self.limits.max_call_depth:
            return None
        try:
            return self.program.lookup(ref, self.trigger)
        except BoundReached:
            return None


def _hashable(key: Any) -> bool:
    return isinstance(key, str | bytes | int | float | bool | None)
