"""What an object of a class has when its methods are called: the attributes that ``__init__`` gives a literal."""

from __future__ import annotations

import ast

from scanner.code.values import Class, Value

MAX_ATTRIBUTES = 200


def stated_attributes(cls: Class) -> dict[str, Value]:
    """Attributes that ``__init__`` sets to a text or bytes of its own, by name; one that it sets twice is not known.

    Only plain statements count: what stands in a branch or a loop may not run.
    """
    made = cls.member("__init__")
    if made is None or made.func is None or isinstance(made.func.node, ast.Lambda):
        return {}
    node = made.func.node
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    found: dict[str, Value] = {}
    for statement in node.body:
        for target in statement.targets if isinstance(statement, ast.Assign) else ():
            if (
                isinstance(target, ast.Attribute)
                and isinstance(target.value, ast.Name)
                and names[:1] == [target.value.id]
            ):
                value = statement.value if isinstance(statement, ast.Assign) else None
                known = isinstance(value, ast.Constant) and isinstance(value.value, str | bytes)
                if target.attr in found or not known or len(found) >= MAX_ATTRIBUTES:
                    found.pop(target.attr, None)
                elif isinstance(value, ast.Constant):
                    found[target.attr] = Value(value.value)
    return found
