"""Calls that run code out of data: pickles, YAML with tags of Python, doctests, test loaders, templates."""

from __future__ import annotations

import ast
from collections.abc import Callable

from scanner.code.layers import Layers
from scanner.code.pickles import read_pickle
from scanner.code.tagged import as_called
from scanner.code.templates import code_of
from scanner.code.values import Value

Given = list[Value]
Named = dict[str, Value]
Handler = Callable[[Layers, Value, Given, Named, ast.AST], Value | None]
"""Takes (evaluation, callee, arguments, keywords, node). ``None``: what the call gives is not known to it."""
MAX_PICKLE = 4 * 1024 * 1024
"""Bytes of a pickle within source that are read."""
_TEXT = "text of a template"


def _content(flow: Layers, value: Value) -> Value:
    """The text or bytes that a value stands for: its own, what a buffer in memory was made of, or what this code wrote
    before to the file that is opened."""
    held = value.attrs or {}
    if value.known:
        return value
    if "buffer" in held:
        return held["buffer"]
    path = held.get("path")
    written = flow.files_written.get(path.const) if path is not None and isinstance(path.const, str) else None
    return written if written is not None else value


def _first(given: Given, named: Named, *names: str) -> Value:
    return given[0] if given else next((named[one] for one in names if one in named), Value())


def unpickled(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    """``pickle.loads(data)``: what the opcodes call, as far as the data are known. Never loaded."""
    source = _content(flow, _first(given, named, "data", "file"))
    if isinstance(source.const, bytes):
        found = read_pickle(source.const[:MAX_PICKLE])
        flow.open_layer(found.text, " → ".join((*source.how, callee.ref)), flow.scope)
        if found.gaps or len(source.const) > MAX_PICKLE:
            flow.gap(f"it loads a pickle that was not read to its end: {'; '.join(found.gaps) or 'it is too long'}")
    return None


def unpickler(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    """``pickle.Unpickler(file)``, of which ``load()`` is called."""
    made = flow.reference(f"{callee.ref}()")
    made.attrs = {"buffer": _content(flow, _first(given, named, "file"))}
    return made


def unpickler_load(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    return unpickled(flow, callee, [callee.bound] if callee.bound is not None else [], {}, node)


def buffered(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    """``io.BytesIO(data)``: a file in memory."""
    source = _first(given, named, "initial_bytes", "initial_value")
    if not source.known:
        return None
    made = flow.reference(f"{callee.ref}()")
    made.labels |= source.deep_labels()
    made.how = source.how
    made.attrs = {"buffer": source}
    return made


def buffer_read(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    return (callee.bound.attrs or {}).get("buffer") if callee.bound is not None else None


def from_yaml(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    """``yaml.unsafe_load(text)``: its tags name functions of Python, which are called."""
    loader = given[1] if len(given) > 1 else named.get("Loader", Value())
    source = _content(flow, _first(given, named, "stream"))
    if not loader.ref.endswith("SafeLoader") and isinstance(source.const, str | bytes):
        flow.open_layer(as_called(source.const), " → ".join((*source.how, callee.ref)), flow.scope)
    return None


def doctested(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    """``doctest.run_docstring_examples(object, globals)`` and ``doctest.testmod()`` run the examples of docstrings.

    Under ``if __name__ == "__main__"`` only somebody who works on the module runs them.
    """
    if flow.trigger in {"call", "entry-point"}:
        return None
    texts: list[str] = []
    if callee.ref.endswith("testmod"):
        names = list(flow.scope.globals.names.items())
        texts += [one.const for name, one in names if name == "__doc__" and isinstance(one.const, str)]
        for _, one in names:
            text = flow.attribute(one, "__doc__").const if one.func is not None or one.cls is not None else None
            texts += [text] if isinstance(text, str) else []
    else:
        source = _content(flow, _first(given, named, "f", "src", "script"))
        if source.func is not None or source.cls is not None:
            source = flow.attribute(source, "__doc__")
        texts += [source.const] if isinstance(source.const, str) else []
    for text in texts[:1_000]:
        flow.open_layer(_examples(text), callee.ref, flow.scope)
    return None


def _examples(text: str) -> str:
    """The examples of a docstring; a text without any as it stands."""
    lines = [line.strip() for line in text.splitlines()]
    found = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
    return "\n".join(found) if found else text if "(" in text and ">>>" not in text else ""


def discovered(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    """A test loader imports every file of a folder that bears a certain name: those that this code wrote."""
    for path, content in list(flow.files_written.items()):
        if path == "?" or path.endswith(".py"):
            flow.run_text(content, flow.scope, "written to a file and imported")
    return None


def template(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    """A template that is made of its text; rendering it runs the code in it."""
    made = flow.reference(f"{callee.ref}()")
    made.attrs = {_TEXT: _first(given, named, "source", "text", "template_string")}
    return made


def rendered(flow: Layers, callee: Value, given: Given, named: Named, node: ast.AST) -> Value | None:
    """The code within a template, with the names that it is given."""
    held = (callee.bound.attrs or {}) if callee.bound is not None else {}
    source = held.get(_TEXT) or _first(given, named, "source")
    if isinstance(source.const, str):
        inside = type(flow.scope)(flow.scope.module, flow.scope)
        inside.names.update(named)
        flow.open_layer(code_of(source.const), callee.ref, inside)
    return None


_LOADS = ("loads", "load", "_loads", "_load")
_TEMPLATES = ("jinja2.Template", "mako.template.Template", "tornado.template.Template", "bottle.SimpleTemplate")
_FROM_STRING = ("jinja2.Environment().from_string", "jinja2.sandbox.SandboxedEnvironment().from_string")
LOADING: dict[str, Handler] = {
    **{f"{module}.{one}": unpickled for module in ("pickle", "_pickle", "dill", "cloudpickle") for one in _LOADS},
    **dict.fromkeys(("joblib.load", "torch.load", "pandas.read_pickle"), unpickled),
    **dict.fromkeys(("pickle.Unpickler", "_pickle.Unpickler", "dill.Unpickler"), unpickler),
    **dict.fromkeys(("pickle.Unpickler().load", "_pickle.Unpickler().load", "dill.Unpickler().load"), unpickler_load),
    **dict.fromkeys(("io.BytesIO", "io.StringIO"), buffered),
    **{f"io.{kind}().{one}": buffer_read for kind in ("BytesIO", "StringIO") for one in ("read", "getvalue")},
    **{f"yaml.{one}": from_yaml for one in ("load", "load_all", "unsafe_load", "unsafe_load_all", "full_load")},
    **{f"doctest.{one}": doctested for one in ("run_docstring_examples", "testmod", "debug_src", "debug_script")},
    **dict.fromkeys(
        ("unittest.defaultTestLoader.discover", "unittest.TestLoader().discover", "pytest.main"),
        discovered,
    ),
    **dict.fromkeys((*_TEMPLATES, *_FROM_STRING), template),
    **{f"{one}().{way}": rendered for one in (*_TEMPLATES, *_FROM_STRING) for way in ("render", "generate", "stream")},
    "bottle.template": rendered,
}
