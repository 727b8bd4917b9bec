"""Flow: an abstract interpreter over statements. Labels travel with values; branches are all taken; work is bounded."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from scanner.code.abandoned import BEYOND, Changes, changes, give_up
from scanner.code.dispatch import DISPATCHES
from scanner.code.expressions import Expressions
from scanner.code.implicit import GETTERS, class_hooks
from scanner.code.limits import BoundReached
from scanner.code.names import identifier
from scanner.code.scope import Scope
from scanner.code.values import NO_LABELS, UNKNOWN, Class, Function, Value, merged

Signal = str
_GO: Signal = ""


class Flow(Expressions):
    """Runs blocks of statements in a scope. A block gives ``""`` or how it was left: return, break, continue."""

    def block(self, body: Sequence[ast.stmt], scope: Scope) -> Signal:
        handlers = self._statements
        for statement in body:
            self.step(statement)
            handler = handlers.get(type(statement))
            if handler is not None and (signal := handler(self, statement, scope)):
                return signal
        return _GO

    def step(self, node: ast.stmt | ast.expr) -> None:
        """Count one step and hold the bounds of steps and time."""
        self.steps += 1
        if self.steps > self.end:
            raise BoundReached(f"more than {self.end:,} evaluation steps were needed")
        if not self.steps & 511 and time.process_time() > self.deadline:
            raise BoundReached("the time for one file was spent")
        if not self.outer_line:
            line: int = node.lineno
            self.line = line + self.shift
            self.end_line = (node.end_lineno or line) + self.shift

    # --- simple statements

    def _expression(self, node: ast.Expr, scope: Scope) -> Signal:
        if not isinstance(node.value, ast.Constant):
            self.evaluate(node.value, scope)
        return _GO

    def _assign(self, node: ast.Assign, scope: Scope) -> Signal:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self.bind(target, value, scope)
        return _GO

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> Signal:
        self._annotation(node.annotation, scope)
        if node.value is not None:
            self.bind(node.target, self.evaluate(node.value, scope), scope)
        return _GO

    def _annotation(self, node: ast.expr | None, scope: Scope) -> None:
        """Annotations are expressions, and run where they stand; nearly all are plain names."""
        if node is not None and not isinstance(node, ast.Name | ast.Constant | ast.Attribute):
            self.evaluate(node, scope)

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> Signal:
        left = self.evaluate(node.target, scope)
        right = self.evaluate(node.value, scope)
        if isinstance(node.op, ast.Add) and isinstance(left.items, list) and isinstance(right.items, list):
            left.items = [*left.items, *right.items]
            left.labels |= right.labels
            return _GO
        self.bind(node.target, self.operate(type(node.op), left, right), scope)
        return _GO

    def _return(self, node: ast.Return, scope: Scope) -> Signal:
        if node.value is not None:
            value = self.evaluate(node.value, scope)
            scope.returned = value if scope.returned is None else merged(scope.returned, value)
        return "return"

    def _leave(self, node: ast.stmt, scope: Scope) -> Signal:
        return "break" if isinstance(node, ast.Break) else "continue"

    def _raise(self, node: ast.Raise, scope: Scope) -> Signal:
        if node.exc is not None:
            self.evaluate(node.exc, scope)
        if node.cause is not None:
            self.evaluate(node.cause, scope)
        return "return"

    def _assert(self, node: ast.Assert, scope: Scope) -> Signal:
        self.evaluate(node.test, scope)
        if node.msg is not None:
            self.evaluate(node.msg, scope)
        return _GO

    def _import(self, node: ast.Import, scope: Scope) -> Signal:
        for alias in node.names:
            name = identifier(alias.name)
            self.imported(name, scope)
            if alias.asname:
                scope.names[identifier(alias.asname)] = self.reference(name)
            else:
                scope.names[name.partition(".")[0]] = self.reference(name.partition(".")[0])
        return _GO

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> Signal:
        base = self.absolute(identifier(node.module or ""), node.level, scope)
        self.imported(base, scope)
        for alias in node.names:
            name = identifier(alias.name)
            if name == "*":
                self.import_all(base, scope)
                continue
            full = f"{base}.{name}" if base else name
            self.imported(full, scope)
            scope.names[identifier(alias.asname or name)] = self.reference(full)
        return _GO

    def _global(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> Signal:
        for name in node.names:
            scope.names.setdefault("global " + identifier(name), Value())
        return _GO

    def _delete(self, node: ast.Delete, scope: Scope) -> Signal:
        for target in node.targets:
            self.evaluate(target, scope)
        return _GO

    def _alias(self, node: Any, scope: Scope) -> Signal:
        """``type X = …`` (PEP 695)."""
        self._type_parameters(node, scope)
        self.bind(node.name, self.evaluate(node.value, scope), scope)
        return _GO

    # --- compound statements

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Signal:
        name = identifier(node.name)
        value = Value()
        value.func = Function(name, node, scope, self.shift)
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None and not isinstance(default, ast.Constant):
                self.evaluate(default, scope)
        for one in ast.walk(node.args):
            if isinstance(one, ast.arg):
                self._annotation(one.annotation, scope)
        self._annotation(node.returns, scope)
        self._type_parameters(node, scope)
        self.program.defined(value.func, scope, self.path)
        for decorator in reversed(node.decorator_list):
            wrapper = self.evaluate(decorator, scope)
            if wrapper.ref in GETTERS:
                value.func.getter = True
            if wrapper.ref in {"property", "staticmethod", "classmethod", "functools.wraps()", "abc.abstractmethod"}:
                continue
            if wrapper.func is not None:
                made = self.call_value(wrapper, [value], {}, node)
                if made.func is not None or made.cls is not None or isinstance(made.const, str | bytes):
                    value = made
            elif wrapper.ref and (self.runs_argument(wrapper.ref) or self.runs_argument(wrapper.ref + "()")):
                self.call_value(value, [], {}, node)
            elif wrapper.ref in {"exec", "eval"}:
                self.call_value(wrapper, [value], {}, node)
            elif wrapper.ref in DISPATCHES:
                value = self.call_value(wrapper, [value], {}, node)
        scope.names[name] = value
        return _GO

    def _type_parameters(self, node: ast.stmt, scope: Scope) -> None:
        """Bounds and defaults of type parameters (PEP 695, PEP 696) run when somebody asks for them."""
        for one in getattr(node, "type_params", ()):
            self._parts(one, scope)

    def _class(self, node: ast.ClassDef, scope: Scope) -> Signal:
        name = identifier(node.name)
        self._type_parameters(node, scope)
        bases = tuple(self.evaluate(base, scope) for base in node.bases)
        metaclass = None
        for keyword in node.keywords:
            given = self.evaluate(keyword.value, scope)
            if keyword.arg == "metaclass":
                metaclass = given
        inside = Scope(scope.module, scope)
        self.block(node.body, inside)
        if (text := _documentation(node)) is not None:
            inside.names["__doc__"] = self.folded(text, NO_LABELS)
        value = Value()
        value.cls = Class(name, bases, inside.names)
        for member in inside.names.values():
            if member.func is not None and member.func.owner is None:
                member.func.owner = value
        for decorator in node.decorator_list:
            wrapper = self.evaluate(decorator, scope)
            if wrapper.func is not None:
                self.call_value(wrapper, [value], {}, node)
        scope.names[name] = value
        self.program.defined_class(value.cls, scope, self.path)
        for hook, of_metaclass in class_hooks(value.cls, metaclass):
            self.called_once(hook, metaclass if of_metaclass else value, node)
        return _GO

    def _if(self, node: ast.If, scope: Scope) -> Signal:
        test = self.evaluate(node.test, scope)
        if (main := _main_guard(node.test)) is not None:
            return self.guarded(node, scope, main)
        if _type_checking(node.test):
            return self.block(node.orelse, scope)
        truth = self.truth(test)
        if truth is not UNKNOWN:
            taken, other = (node.body, node.orelse) if truth else (node.orelse, node.body)
            if other and not isinstance(node.test, ast.Constant):
                if not self.loops:
                    self._aside(other, scope)
                else:
                    self.untaken += 1
            return self.block(taken, scope)
        self.doubts += 1
        before = dict(scope.names)
        self.conditional += 1
        try:
            first = self.block(node.body, scope)
            after = scope.names
            scope.names = before
            second = self.block(node.orelse, scope)
        finally:
            self.conditional -= 1
        if first and not second:
            return _GO
        if second and not first:
            scope.names = after
            return _GO
        _join(scope, after)
        return first if first == second else _GO

    def _aside(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Run a branch for its events only: the names it binds do not stay."""
        kept, returned = dict(scope.names), scope.returned
        self.block(body, scope)
        scope.names, scope.returned = kept, returned

    def _for(self, node: ast.For | ast.AsyncFor, scope: Scope) -> Signal:
        source = self.evaluate(node.iter, scope)
        elements = self.elements(source)
        if elements is None:
            self.bind(node.target, Value(labels=source.deep_labels()), scope)
            self.block(node.body, scope)
            self.block(node.orelse, scope)
            return _GO
        if elements and (len(elements) > self.limits.max_rounds or self.steps >= self.ceiling):
            self._give_up(node, source.deep_labels(), scope)
            return self.block(node.orelse, scope)
        self.loops += 1
        before, given_up = self.share(), False
        try:
            for one in elements:
                if self.steps >= self.ceiling:
                    given_up = True
                    break
                self.step(node)
                self.bind(node.target, one, scope)
                signal = self.block(node.body, scope)
                if signal == "break":
                    break
                if signal == "return":
                    return signal
        finally:
            self.loops -= 1
            self.ceiling = before
        if given_up:
            self._give_up(node, source.deep_labels(), scope)
        return self.block(node.orelse, scope)

    def _give_up(self, node: ast.For | ast.AsyncFor | ast.While, labels: frozenset[str], scope: Scope) -> None:
        """A loop past its bound: its body is seen once more with everything unknown that it changes."""
        labels |= BEYOND
        changed = self._changes(node)
        give_up(changed, scope, labels)
        loops, self.loops = self.loops, 0
        try:
            if isinstance(node, ast.While):
                self.evaluate(node.test, scope)
            else:
                self.bind(node.target, Value(labels=labels), scope)
            self.block(node.body, scope)
        finally:
            self.loops = loops
        give_up(changed, scope, labels)

    def _changes(self, node: ast.AST) -> Changes:
        found = self.changed.get(id(node))
        if found is None:
            found = self.changed[id(node)] = changes(node)
        return found

    def _while(self, node: ast.While, scope: Scope) -> Signal:
        forever = isinstance(node.test, ast.Constant)
        if forever and not node.test.value:  # type: ignore[attr-defined]
            return self.block(node.orelse, scope)
        if self.steps >= self.ceiling:
            self._give_up(node, self.evaluate(node.test, scope).deep_labels(), scope)
            return self.block(node.orelse, scope)
        self.loops += 1
        before, untaken, given_up, exact = self.share(), self.untaken, False, False
        leaves = not forever or self._changes(node).leaves
        try:
            for _ in range(self.limits.max_rounds if leaves else 1):
                if self.steps >= self.ceiling:
                    given_up = True
                    break
                truth = self.truth(self.evaluate(node.test, scope))
                if truth is not UNKNOWN and not truth:
                    exact = True
                    break
                doubts = self.doubts
                signal = self.block(node.body, scope)
                if signal == "return" and not forever:
                    return signal
                if signal in {"break", "return"}:
                    exact = True
                    break
                if truth is UNKNOWN or (forever and self.doubts != doubts):
                    break
            else:
                given_up = leaves
        finally:
            self.loops -= 1
            self.ceiling = before
        if given_up:
            self._give_up(node, frozenset(), scope)
        elif not exact and self.untaken != untaken and not self.loops:
            # Nobody knows how many rounds there are: another may take the branches that these did not.
            kept = dict(scope.names)
            self.block(node.body, scope)
            scope.names = kept
        return self.block(node.orelse, scope)

    def _try(self, node: Any, scope: Scope) -> Signal:
        signal = self.block(node.body, scope)
        self.doubts += bool(node.handlers)
        for handler in node.handlers:
            if handler.type is not None and not isinstance(handler.type, ast.Name | ast.Attribute):
                self.evaluate(handler.type, scope)
            if handler.name:
                scope.names[handler.name] = Value()
            kept = dict(scope.names)
            self.block(handler.body, scope)
            for name, value in kept.items():
                # What the guarded body bound stands; a handler's fallback is used only where nothing was known.
                now = scope.names.get(name)
                if now is not value and now is not None:
                    scope.names[name] = merged(value, now)
        if not signal:
            signal = self.block(node.orelse, scope)
        last = self.block(node.finalbody, scope)
        # A handler may go on after the statement even where the body returned.
        return last or (signal if not node.handlers else _GO)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> Signal:
        managers: list[Value] = []
        for item in node.items:
            value = self.evaluate(item.context_expr, scope)
            managers.append(value)
            entered = self._special_method(value, "__enter__", [], node)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value if entered is None else entered, scope)
        signal = self.block(node.body, scope)
        if signal == "return" and any(one.ref.startswith("contextlib.suppress") or one.cls for one in managers):
            # The manager may swallow what the body raises.
            signal = _GO if any(isinstance(one, ast.Raise) for one in node.body) else signal
        for value in reversed(managers):
            self._special_method(value, "__exit__", [Value(), Value(), Value()], node)
        return signal

    def _special_method(self, value: Value, name: str, given: list[Value], node: ast.AST) -> Value | None:
        """What the method of an instance of the source gives; ``None`` where it has none."""
        method = value.cls.member(name) if value.cls is not None and value.attrs is not None else None
        if method is None or method.func is None:
            return None
        return self.call_value(self.attribute(value, name), given, {}, node)

    def _match(self, node: ast.Match, scope: Scope) -> Signal:
        subject = self.evaluate(node.subject, scope)
        for case in node.cases:
            kept, returned = dict(scope.names), scope.returned
            for one in ast.walk(case.pattern):
                if isinstance(one, ast.MatchAs | ast.MatchStar) and one.name:
                    whole = one is case.pattern
                    scope.names[identifier(one.name)] = subject if whole else Value(labels=subject.deep_labels())
                elif isinstance(one, ast.MatchValue):
                    self.evaluate(one.value, scope)
            if case.guard is not None:
                self.evaluate(case.guard, scope)
            self.block(case.body, scope)
            scope.names, scope.returned = kept, returned
        return _GO

    def guarded(self, node: ast.If, scope: Scope, positive: bool) -> Signal:
        """``if __name__ == "__main__"``: true when a file is run (setup.py is), false when it is imported."""
        body, other = (node.body, node.orelse) if positive else (node.orelse, node.body)
        if self.trigger in {"install", "interpreter-start"}:
            return self.block(body, scope)
        kept, context, before = self.trigger, self.context, self.ceiling
        # What no import finds and nobody is known to start does not run because it could be started.
        is_started = self.trigger != "call" or self.path not in self.program.where.scripts
        self.trigger, self.context = "entry-point" if is_started else "call", self.program.new_context()
        self.contexts.append(self.context)
        if not self.program.linked:
            # In a large library this is a demonstration, and is looked at as briefly as a function that waits.
            self.ceiling = min(before, self.steps + self.limits.max_call_steps)
        try:
            self._aside(body, scope)
        finally:
            self.trigger, self.context, self.ceiling = kept, context, before
        return self.block(other, scope)

    # --- binding

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Assign to a name, attribute, subscript or pattern of them."""
        if isinstance(target, ast.Name):
            name = identifier(target.id)
            if "global " + name in scope.names:
                scope.globals.names[name] = value
            scope.names[name] = value
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, scope)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value, scope)
        elif isinstance(target, ast.Attribute):
            owner = self.evaluate(target.value, scope)
            self.assigned_attribute(owner, identifier(target.attr), value)
        elif isinstance(target, ast.Subscript):
            owner = self.evaluate(target.value, scope)
            self.assigned_item(owner, self.evaluate(target.slice, scope), value, scope)

    def _unpack(self, targets: Iterable[ast.expr], value: Value, scope: Scope) -> None:
        listed = list(targets)
        elements = self.elements(value)
        starred = next((number for number, one in enumerate(listed) if isinstance(one, ast.Starred)), None)
        if elements is not None and starred is None and len(elements) == len(listed):
            for one, each in zip(listed, elements, strict=True):
                self.bind(one, each, scope)
            return
        labels = value.deep_labels()
        for one in listed:
            self.bind(one, Value(labels=labels, ref=value.ref if not value.known else ""), scope)

    _statements: ClassVar[dict[type[ast.stmt], Callable[..., Signal]]] = {}


Flow._statements = {
    ast.Expr: Flow._expression,
    ast.Assign: Flow._assign,
    ast.AnnAssign: Flow._annotated,
    ast.AugAssign: Flow._augmented,
    ast.Return: Flow._return,
    ast.Break: Flow._leave,
    ast.Continue: Flow._leave,
    ast.Raise: Flow._raise,
    ast.Assert: Flow._assert,
    ast.Import: Flow._import,
    ast.ImportFrom: Flow._import_from,
    ast.Delete: Flow._delete,
    ast.Global: Flow._global,
    ast.Nonlocal: Flow._global,
    ast.FunctionDef: Flow._function,
    ast.AsyncFunctionDef: Flow._function,
    ast.ClassDef: Flow._class,
    ast.If: Flow._if,
    ast.For: Flow._for,
    ast.AsyncFor: Flow._for,
    ast.While: Flow._while,
    ast.Try: Flow._try,
    ast.TryStar: Flow._try,
    ast.With: Flow._with,
    ast.AsyncWith: Flow._with,
    ast.Match: Flow._match,
}
if hasattr(ast, "TypeAlias"):
    Flow._statements[ast.TypeAlias] = Flow._alias


def _documentation(node: ast.ClassDef) -> str | None:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value.value
    return None


def _main_guard(test: ast.expr) -> bool | None:
    """``True`` for ``__name__ == "__main__"``, ``False`` for ``!=``, ``None`` for anything else."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        sides = [test.left, test.comparators[0]]
        named = any(isinstance(one, ast.Name) and one.id == "__name__" for one in sides)
        main = any(isinstance(one, ast.Constant) and one.value == "__main__" for one in sides)
        if named and main and isinstance(test.ops[0], ast.Eq | ast.NotEq):
            return isinstance(test.ops[0], ast.Eq)
    return None


def _type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _join(scope: Scope, other: dict[str, Value]) -> None:
    """Names after two branches: what both say of each."""
    for name, value in other.items():
        mine = scope.names.get(name)
        if mine is None:
            scope.names[name] = value
        elif mine is not value:
            scope.names[name] = merged(value, mine)
