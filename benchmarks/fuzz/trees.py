"""Mutations of JSON and TOML by their trees: what comes out still parses, and its values are odd."""

from __future__ import annotations

import copy
import datetime
import json
import random
from typing import Any

import tomli

from benchmarks.fuzz import text

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    10**400,
    1.5,
    -0.0,
    1e308,
    "",
    " ",
    "\0",
    "a",
    "A-_.b",
    "1.0",
    "==1.0",
    "-r x",
    "\u202egnp",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\x",
    "https://u:p@h.invalid/x?y#z",
    "git+ssh://git@h.invalid/x@main",
    "file:///tmp/x",
    "sha256:" + "0" * 64,
    "sha256:../../x",
    "md5:0",
    "python_version < '3' and extra == 'x'",
    "(" * 200,
    "a" * 3000,
    "İstanbul",
    "ｎａｍｅ",
    "name\nname",
    "%00",
    "${A}",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"": {}},
    {"a": []},
    ["a", 1, None, {}],
    {"name": "a", "version": "1"},
    {"version": "*", "optional": True},
    {"git": "x"},
    {"path": "."},
    {"include-group": "dev"},
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    datetime.date(2026, 1, 1),
    datetime.time(1, 2),
)


def changed(rng: random.Random, tree: Any, others: list[Any]) -> Any:
    """A copy with one to six changes. ``others`` are trees to take branches from."""
    tree = copy.deepcopy(tree)
    for _ in range(1 + min(5, int(rng.expovariate(0.7)))):
        tree = _change(rng, tree, others)
    return tree


def _holders(tree: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of the tree."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(found) < 3000:
        one = waiting.pop()
        pairs = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        for key, value in pairs:
            found.append((one, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    return found


def _change(rng: random.Random, tree: Any, others: list[Any]) -> Any:
    holders = _holders(tree)
    if not holders:
        return copy.deepcopy(rng.choice(VALUES))
    holder, key = rng.choice(holders)
    what = rng.randrange(12)
    if what <= 2:
        holder[key] = copy.deepcopy(rng.choice(VALUES))
    elif what == 3:
        del holder[key]
    elif what == 4 and isinstance(holder, dict):
        holder[rng.choice(_names(rng, others))] = holder.pop(key)
    elif what == 5 and isinstance(holder, list):
        holder[key:key] = [copy.deepcopy(holder[key]) for _ in range(rng.choice((1, 1, 2, 40)))]
    elif what == 6:
        other, at = rng.choice(holders)
        try:
            holder[key] = copy.deepcopy(other[at])
        except (KeyError, IndexError):
            return tree
    elif what == 7:
        branches = _holders(rng.choice(others))
        if branches:
            other, at = rng.choice(branches)
            holder[key] = copy.deepcopy(other[at])
    elif what == 8:
        holder[key] = rng.choice(([holder[key]], {"a": holder[key]}, [holder[key], holder[key]]))
    elif what == 9 and isinstance(holder, dict):
        holder[rng.choice(_names(rng, others))] = copy.deepcopy(rng.choice((*VALUES, holder[key])))
    elif what == 10:
        deep = holder[key]
        for _ in range(rng.choice((3, 30, 150))):
            deep = [deep] if rng.random() < 0.5 else {"a": deep}
        holder[key] = deep
    elif isinstance(holder[key], str):
        raw = holder[key].encode("utf-8", "surrogatepass")
        holder[key] = text.changed(rng, raw, [raw])[:5000].decode("utf-8", "replace")
    return tree


def _names(rng: random.Random, others: list[Any]) -> list[str]:
    keys = [key for _, key in _holders(rng.choice(others)) if isinstance(key, str)]
    return keys or ["name"]


def to_json(rng: random.Random, tree: Any) -> bytes:
    """JSON text, now and then with what only some decoders take: NaN, keys that stand twice, lone surrogates."""
    made = json.dumps(tree, default=str, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, None, 1)))
    if rng.random() < 0.03:
        made = made.replace("{", '{"name": "twice", ', 1)
    if rng.random() < 0.02:
        made = made.replace('"', '"\\ud800', rng.choice((1, 3)))
    return made.encode("utf-8", "surrogatepass")


def to_toml(tree: Any) -> bytes:
    """TOML text: tables and arrays of tables as headers at the two top levels, all else inline."""
    if not isinstance(tree, dict):
        tree = {"x": tree}
    plain: list[str] = []
    tables: list[str] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            tables.append(f"[{_key(key)}]\n{_body(value)}")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            tables.extend(f"[[{_key(key)}]]\n{_body(one)}" for one in value)
        else:
            plain.append(f"{_key(key)} = {_value(value)}\n")
    return ("".join(plain) + "\n".join(tables)).encode("utf-8", "replace")


def _body(table: dict[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items())


def _key(key: Any) -> str:
    return json.dumps(str(key)).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return _key("" if value is None else value)


def mutate_json(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    trees = [_json(one) for one in (body, *others)]
    return to_json(rng, changed(rng, trees[0], trees))


def mutate_toml(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    trees = [_toml(one) for one in (body, *others)]
    return to_toml(changed(rng, trees[0], trees))


_KNOWN: dict[tuple[str, bytes], Any] = {}


def _json(body: bytes) -> Any:
    if ("json", body) not in _KNOWN:
        _KNOWN["json", body] = json.loads(body)
    return _KNOWN["json", body]


def _toml(body: bytes) -> Any:
    if ("toml", body) not in _KNOWN:
        _KNOWN["toml", body] = tomli.loads(body.decode())
    return _KNOWN["toml", body]
