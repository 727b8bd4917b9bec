"""Methods of lists, mappings and texts whose content is known, at least in part."""

from __future__ import annotations

import ast
from typing import Any

from scanner.code import fold
from scanner.code.special import Special
from scanner.code.values import NO_LABELS, UNKNOWN, Value, merged

_DECODED = frozenset({"decoded"})


class Methods(Special):
    """What ``value.method(…)`` gives where the value is no catalogued object."""

    def _method(
        self,
        callee: Value,
        name: str,
        given: list[Value],
        named: dict[str, Value],
        labels: frozenset[str],
        node: ast.AST,
    ) -> Value | None:
        owner = callee.bound
        if owner is None:
            return None
        if isinstance(owner.items, list):
            return self._list_method(owner, name, given)
        if isinstance(owner.items, dict):
            return self._dict_method(owner, name, given)
        if owner.known:
            return self._text_method(owner, name, given, named, labels)
        return None

    def _list_method(self, owner: Value, name: str, given: list[Value]) -> Value | None:
        items = owner.items
        assert isinstance(items, list)
        if name == "append" and given and len(items) < 131_072:
            items.append(given[0])
            return Value(None)
        if name == "extend" and given:
            elements = self.elements(given[0])
            if elements is not None and len(items) + len(elements) < 131_072:
                items.extend(elements)
            else:
                owner.labels |= given[0].deep_labels()
            return Value(None)
        if name == "reverse":
            items.reverse()
            return Value(None)
        if name == "pop" and items and not given:
            return items.pop()
        if name == "index" and given and given[0].known:
            for number, one in enumerate(items):
                if one.const == given[0].const:
                    return Value(number)
            return Value()
        if name == "decode":
            found = owner.concrete()
            if isinstance(found, list) and all(isinstance(one, int) and 0 <= one < 256 for one in found):
                return self.folded(bytes(found).decode("utf-8", "replace"), owner.labels, owner.how or ("integers",))
        if name == "copy":
            return Value(items=list(items), labels=owner.labels, how=owner.how)
        return None

    def _dict_method(self, owner: Value, name: str, given: list[Value]) -> Value | None:
        items = owner.items
        assert isinstance(items, dict)
        if name in {"get", "pop", "setdefault"} and given:
            found = self.item(owner, given[0])
            return merged(found, given[1]) if len(given) > 1 and not found.known else found
        if name == "items":
            return Value(items=[Value(items=[_key(key), one]) for key, one in items.items()])
        if name == "values":
            return Value(items=list(items.values()))
        if name == "keys":
            return Value(items=[_key(key) for key in items])
        if name == "update":
            for one in given:
                if isinstance(one.items, dict):
                    items.update(one.items)
                else:
                    owner.labels |= one.deep_labels()
            return Value(None)
        return None

    def _text_method(
        self, owner: Value, name: str, given: list[Value], named: dict[str, Value], labels: frozenset[str]
    ) -> Value | None:
        constants = [one.concrete() for one in given]
        keywords = {key: one.concrete() for key, one in named.items()}
        found = fold.method(owner.const, name, constants, keywords, self.limits.max_const)
        how = owner.how or next((one.deep_how() for one in given if one.deep_how()), ())
        if found is UNKNOWN:
            if name == "join" and given:
                elements = self.elements(given[0])
                if elements is not None and len(elements) < 500:
                    text = str(owner.const).join(str(one.const) if one.known else "{}" for one in elements)
                    labels |= self.catalogue.string_labels(text)
            if name == "format":
                labels |= self.catalogue.string_labels(owner.const) if isinstance(owner.const, str) else NO_LABELS
            return Value(labels=labels, how=how)
        if name in {"translate"} or (name == "decode" and given and constants[0] in {"hex", "base64", "rot13", "zlib"}):
            labels |= _DECODED
            how = (*how, str(constants[0])[:12] if name == "decode" else "translate")
        if name in {"startswith", "endswith", "isdigit", "isalpha", "find", "index", "count"}:
            labels = NO_LABELS
        return self.folded(found, labels, how)


def _key(key: Any) -> Value:
    return Value() if isinstance(key, tuple) else Value(key)
