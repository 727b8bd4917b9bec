"""Expressions: what each kind gives as an abstract value."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, ClassVar

from scanner.code import fold
from scanner.code.abandoned import BEYOND
from scanner.code.calls import Calls
from scanner.code.names import BUILTIN_NAMES, identifier
from scanner.code.scope import Scope
from scanner.code.values import NO_LABELS, UNKNOWN, Function, Value, constant, merged

_NAME = ast.Name
_TABLE = 24
"""Elements from which a display may be a table of strings."""
_LONG_TEXT = 1_000
_MOST_YIELDED = 131_072


class Expressions(Calls):
    """Evaluates expressions; calls are in :class:`scanner.code.calls.Calls`."""

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        self.steps += 1
        if not self.steps & 63:
            self.step(node)
        kind = type(node)
        # Names are nearly half of all expressions, and most are bound: these are found without a call in between.
        if kind is _NAME and (found := scope.find(node.id)) is not None:  # type: ignore[attr-defined]
            return found
        handler = self._expressions.get(kind)
        return handler(self, node, scope) if handler is not None else self._parts(node, scope)

    def _parts(self, node: ast.AST, scope: Scope) -> Value:
        """An expression of another kind, perhaps of a newer Python: what is in it is evaluated."""
        labels = NO_LABELS
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                labels |= self.evaluate(part, scope).deep_labels()
            elif not isinstance(part, ast.expr_context):
                labels |= self._parts(part, scope).labels
        return Value(labels=labels)

    # --- leaves

    def _constant(self, node: ast.Constant, scope: Scope) -> Value:
        value = node.value
        if isinstance(value, str):
            return Value(value, self.catalogue.string_labels(value) if len(value) > 3 else NO_LABELS)
        if isinstance(value, bytes):
            labels = NO_LABELS
            if 3 < len(value) < 65_536:
                labels = self.catalogue.string_labels(value.decode("latin-1"))
            return Value(value, labels)
        return Value(UNKNOWN if value is Ellipsis else value)

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        name = identifier(node.id)
        found = scope.find(name)
        if found is not None:
            return found
        if name in BUILTIN_NAMES:
            return self.reference("builtins" if name == "__builtins__" else name)
        if name == "__file__":
            return Value(ref="__file__", labels=frozenset({"own-file"}))
        if name == "__name__":
            return Value(ref="__name__")
        return Value()

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        return self.attribute(self.evaluate(node.value, scope), identifier(node.attr))

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        owner = self.evaluate(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            return self._sliced(owner, node.slice, scope)
        return self.item(owner, self.evaluate(node.slice, scope))

    def _sliced(self, owner: Value, part: ast.Slice, scope: Scope) -> Value:
        ends = []
        for end in (part.lower, part.upper, part.step):
            value = None if end is None else self.evaluate(end, scope).const
            if value is UNKNOWN or not (value is None or isinstance(value, int)):
                return Value(labels=owner.labels, ref=owner.ref)
            ends.append(value)
        cut = slice(*ends)
        how = ("reversed",) if ends == [None, None, -1] else ()
        if isinstance(owner.items, list):
            try:
                return Value(items=owner.items[cut], labels=owner.labels, how=owner.how)
            except ValueError:
                return Value(labels=owner.labels)
        folded = fold.subscript(owner.const, cut)
        if folded is UNKNOWN:
            return Value(labels=owner.deep_labels(), ref=owner.ref)
        return self.folded(folded, owner.labels | (frozenset({"decoded"}) if how else NO_LABELS), (*owner.how, *how))

    # --- operators

    def _binary(self, node: ast.BinOp, scope: Scope) -> Value:
        # A long chain of additions is a left-deep tree: walk down it instead of recursing.
        chain: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            chain.append(left)
            left = left.left
        value = self.evaluate(left, scope)
        for one in reversed(chain):
            value = self.operate(type(one.op), value, self.evaluate(one.right, scope))
        return value

    def operate(self, kind: type[ast.operator], left: Value, right: Value) -> Value:
        """The value of a binary operator."""
        labels = left.labels | right.labels
        if kind is ast.BitXor:
            labels |= {"decoded"}
        how = left.how or right.how
        if kind is ast.Add and isinstance(left.items, list) and isinstance(right.items, list):
            return Value(items=[*left.items, *right.items][: self.limits.max_const // 16], labels=labels, how=how)
        if kind is ast.Mod and isinstance(left.const, str | bytes):
            return self._formatted(left, right, labels | right.deep_labels(), how)
        if kind is ast.Mult and isinstance(left.items, list) and isinstance(right.const, int):
            if len(left.items) * max(right.const, 0) > 65_536:
                return Value(labels=labels | left.deep_labels() | BEYOND)
            return Value(items=left.items * right.const, labels=labels, how=how)
        if kind is ast.Div and (left.ref.startswith("pathlib.Path") or isinstance(right.const, str)):
            return self.joined_path([left, right], left.ref)
        if kind is ast.Add and "own-file" in left.labels and not left.known and isinstance(right.const, str):
            # ``dirname(__file__) + "/name"``: where this very file lies, a path goes on.
            return self.joined_path([left, right])
        folded = UNKNOWN
        if left.items is None and right.items is None:
            folded = fold.binary(kind, left.const, right.const, self.limits.max_const)
        if folded is UNKNOWN:
            labels |= left.deep_labels() | right.deep_labels()
            if isinstance(left.const, str | bytes) and (right.const.__class__ is left.const.__class__):
                # Both are at hand: what they make is too long.
                labels |= BEYOND
            return Value(labels=labels, how=how)
        return self.folded(folded, labels, how)

    def _formatted(self, left: Value, right: Value, labels: frozenset[str], how: tuple[str, ...]) -> Value:
        given = right.concrete()
        if right.items is None and not right.known:
            given = UNKNOWN
        folded = fold.binary(ast.Mod, left.const, given, self.limits.max_const)
        return self.folded(folded, labels, how) if folded is not UNKNOWN else Value(labels=labels, how=how)

    def _boolean(self, node: ast.BoolOp, scope: Scope) -> Value:
        value = self.evaluate(node.values[0], scope)
        for one in node.values[1:]:
            truth = self.truth(value)
            if truth is not UNKNOWN and bool(truth) is isinstance(node.op, ast.Or) and self.loops:
                return value
            other = self.evaluate(one, scope)
            if truth is not UNKNOWN and bool(truth) is not isinstance(node.op, ast.Or):
                value = other
            else:
                value = merged(value, other)
        return value

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Value:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            truth = self.truth(value)
            return Value(truth if truth is UNKNOWN else not truth)
        return Value(fold.unary(type(node.op), value.const), value.labels)

    def _compare(self, node: ast.Compare, scope: Scope) -> Value:
        left = self.evaluate(node.left, scope)
        result: Any = True
        for operator, side in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(side, scope)
            small = not (isinstance(right.items, list | dict) and len(right.items) > 256)
            answer = fold.compare(type(operator), left.concrete(), right.concrete() if small else UNKNOWN)
            result = UNKNOWN if answer is UNKNOWN else (result and answer if result is not UNKNOWN else UNKNOWN)
            left = right
        return Value(result)

    def _choice(self, node: ast.IfExp, scope: Scope) -> Value:
        truth = self.truth(self.evaluate(node.test, scope))
        if truth is not UNKNOWN and self.loops:
            return self.evaluate(node.body if truth else node.orelse, scope)
        first, second = self.evaluate(node.body, scope), self.evaluate(node.orelse, scope)
        if truth is not UNKNOWN:
            return first if truth else second
        return merged(first, second)

    def truth(self, value: Value) -> Any:
        """The truth value, or ``UNKNOWN``."""
        if value.items is not None:
            return bool(value.items)
        return UNKNOWN if value.const is UNKNOWN else bool(value.const)

    # --- displays

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
        if len(node.elts) >= _TABLE and (table := self._table(node.elts)) is not None:
            return Value(items=table)
        made: list[Value] = []
        for one in node.elts:
            if isinstance(one, ast.Starred):
                spread = self.evaluate(one.value, scope)
                elements = self.elements(spread)
                made.extend(elements if elements is not None else [Value(labels=spread.labels)])
            elif isinstance(one, ast.Constant) and isinstance(one.value, int):
                made.append(Value(one.value))
            else:
                made.append(self.evaluate(one, scope))
        return Value(items=made)

    def _table(self, elements: list[ast.expr]) -> list[Value] | None:
        """The values of a long display of strings that say nothing; ``None`` for any other."""
        texts: list[str] = []
        for one in elements:
            if type(one) is not ast.Constant or type(one.value) is not str or len(one.value) > _LONG_TEXT:
                return None
            texts.append(one.value)
        if not self.catalogue.says_nothing(texts):
            return None
        self.steps += len(texts)
        return [Value(text) for text in texts]

    def _mapping(self, node: ast.Dict, scope: Scope) -> Value:
        made: dict[Any, Value] = {}
        for number, (key, one) in enumerate(zip(node.keys, node.values, strict=True)):
            value = self.evaluate(one, scope)
            if key is None:
                if isinstance(value.items, dict):
                    made.update(value.items)
                else:
                    made[("spread", number)] = value
                continue
            name = self.evaluate(key, scope)
            hashable = name.const if name.known else ("unknown", number)
            made[hashable] = value.with_labels(name.labels) if name.labels else value
        return Value(items=made)

    def _text(self, node: ast.JoinedStr, scope: Scope) -> Value:
        pieces: list[Any] = []
        labels: set[str] = set()
        how: tuple[str, ...] = ()
        known = True
        for one in node.values:
            if isinstance(one, ast.Constant):
                pieces.append(str(one.value))
                continue
            if isinstance(one, ast.FormattedValue):
                value = self.evaluate(one.value, scope)
                labels |= value.deep_labels()
                if one.format_spec is not None:
                    labels |= self.evaluate(one.format_spec, scope).labels
                how = how or value.how
                plain = one.format_spec is None and one.conversion == -1
                text = self._shown(value, one) if value.known else UNKNOWN
                known = known and text is not UNKNOWN and (plain or text is not UNKNOWN)
                pieces.append(text if text is not UNKNOWN else "{}")
        joined = "".join(pieces)
        if len(joined) > self.limits.max_const:
            return Value(labels=frozenset(labels) | BEYOND)
        given = frozenset(labels) | self.catalogue.string_labels(joined)
        if not known and "own-file" in labels and joined.startswith("{}"):
            made = Value(labels=given, how=how)
            made.attrs = {"path text": Value("*" + joined[2:])}
            return made
        return Value(joined if known else UNKNOWN, given, how=how)

    def _shown(self, value: Value, node: ast.FormattedValue) -> Any:
        if node.format_spec is not None:
            if isinstance(value.const, int) and isinstance(node.format_spec, ast.JoinedStr):
                spec = "".join(str(one.value) for one in node.format_spec.values if isinstance(one, ast.Constant))
                if len(spec) < 6 and value.const.bit_length() < 256:
                    try:
                        return format(value.const, spec)
                    except ValueError:
                        return UNKNOWN
            return UNKNOWN
        if isinstance(value.const, int) and value.const.bit_length() > 4096:
            return UNKNOWN
        return repr(value.const) if node.conversion == 114 else str(value.const)

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Value:
        value = Value()
        value.func = Function("<lambda>", node, scope, self.shift)
        return value

    def _comprehension(self, node: Any, scope: Scope) -> Value:
        inside = Scope(scope.module, scope)
        made: list[Value] = []
        pairs: dict[Any, Value] = {}
        labels: set[str] = set()
        before = self.share()
        try:
            exact = self._generate(node, node.generators, inside, made, pairs, labels)
        finally:
            self.ceiling = before
        if not exact:
            for one in made:
                labels |= one.deep_labels()
            for one in pairs.values():
                labels |= one.deep_labels()
            return Value(labels=frozenset(labels))
        how = next((one.how for one in made if one.how), ())
        if isinstance(node, ast.DictComp):
            return Value(items=pairs, labels=frozenset(labels))
        return Value(items=made, labels=frozenset(labels), how=how)

    def _generate(
        self,
        node: Any,
        generators: list[ast.comprehension],
        scope: Scope,
        made: list[Value],
        pairs: dict[Any, Value],
        labels: set[str],
    ) -> bool:
        """Collect what a comprehension gives; false where its source is unknown (one round is then evaluated)."""
        if not generators:
            if isinstance(node, ast.DictComp):
                key = self.evaluate(node.key, scope)
                pairs[key.const if key.known else ("unknown", len(pairs))] = self.evaluate(node.value, scope)
            else:
                made.append(self.evaluate(node.elt, scope))
            return True
        first, rest = generators[0], generators[1:]
        source = self.evaluate(first.iter, scope)
        labels |= source.labels
        elements = self.elements(source)
        if elements is None or (elements and (len(elements) > self.limits.max_rounds or self.steps >= self.ceiling)):
            beyond = NO_LABELS if elements is None else BEYOND
            labels |= beyond
            self.bind(first.target, Value(labels=source.deep_labels() | beyond), scope)
            for test in first.ifs:
                self.evaluate(test, scope)
            self._generate(node, rest, scope, made, pairs, labels)
            return False
        exact = True
        self.loops += 1
        try:
            for one in elements:
                if self.steps >= self.ceiling or len(made) > self.limits.max_const // 32:
                    labels |= BEYOND
                    self.bind(first.target, Value(labels=source.deep_labels() | BEYOND), scope)
                    self._generate(node, rest, scope, made, pairs, labels)
                    return False
                self.bind(first.target, one, scope)
                truths = [self.truth(self.evaluate(test, scope)) for test in first.ifs]
                if any(truth is not UNKNOWN and not truth for truth in truths):
                    continue
                exact = exact and UNKNOWN not in truths
                exact = self._generate(node, rest, scope, made, pairs, labels) and exact
        finally:
            self.loops -= 1
        return exact

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.evaluate(node.value, scope)
        self.bind(node.target, value, scope)
        return value

    def _inner(self, node: Any, scope: Scope) -> Value:
        return self.evaluate(node.value, scope) if node.value is not None else Value()

    def _yield(self, node: ast.Yield, scope: Scope) -> Value:
        if node.value is not None:
            value = self.evaluate(node.value, scope)
            made = scope.returned
            if made is not None and isinstance(made.items, list) and len(made.items) >= _MOST_YIELDED:
                scope.returned = Value(labels=made.deep_labels() | value.deep_labels() | BEYOND, how=made.how)
            elif made is not None and made.items is None and "beyond-bounds" in made.labels:
                made.labels |= value.deep_labels()
            elif made is None or not isinstance(made.items, list):
                made = Value(items=[value], labels=value.deep_labels())
                scope.returned = made if scope.returned is None else merged(scope.returned, made)
            else:
                made.items.append(value)
                made.labels |= value.deep_labels()
        return Value()

    def elements(self, value: Value) -> list[Value] | None:
        """What iterating over the value gives, where that is known."""
        if isinstance(value.items, list):
            return value.items
        if isinstance(value.items, dict):
            return [Value(key) if not isinstance(key, tuple) else Value() for key in value.items]
        const = value.const
        if isinstance(const, str | bytes):
            if len(const) > 131_072:
                return None
            return [Value(one, value.labels, how=value.how) for one in const]
        if isinstance(const, list):
            return constant(const, value.labels, value.how).items  # type: ignore[return-value]
        return None

    _expressions: ClassVar[dict[type[ast.expr], Callable[..., Value]]] = {}


Expressions._expressions = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.BinOp: Expressions._binary,
    ast.BoolOp: Expressions._boolean,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.IfExp: Expressions._choice,
    ast.List: Expressions._sequence,
    ast.Tuple: Expressions._sequence,
    ast.Set: Expressions._sequence,
    ast.Dict: Expressions._mapping,
    ast.JoinedStr: Expressions._text,
    ast.Lambda: Expressions._lambda,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.NamedExpr: Expressions._walrus,
    ast.Await: Expressions._inner,
    ast.Starred: Expressions._inner,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._inner,
    ast.Call: Expressions._call,
}
