"""``report.json``: the report itself, encoded; and the JSON Schema that is generated from its types.

The bytes are deterministic: fields in the order of the types, two spaces of indent, one final line feed. Characters
that a terminal or an editor would obey or hide are written as ``\\uXXXX``: the value is the same, the file is safe to
read.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from scanner.model.report import SCHEMA_VERSION, Report
from scanner.report.context import DEFAULT_CONTEXT, RenderContext

SCHEMA_ID = f"urn:assay:report:{SCHEMA_VERSION}"
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


def render(report: Report, context: RenderContext = DEFAULT_CONTEXT) -> bytes:
    return encode(report)


def encode(value: Any) -> bytes:
    """Any of the model's values as indented JSON of pure ASCII."""
    try:
        compact = msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        # An unpaired surrogate has no UTF-8: it is replaced, as every decoder of the file would have to do.
        compact = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value)))
    return _inert(compact)


def ascii_json(value: Any) -> bytes:
    """Plain dictionaries and lists, as another standard's JSON, in the same inert form; keys in the order given."""
    return _inert(msgspec.json.encode(_without_surrogates(value)))


def _inert(compact: bytes) -> bytes:
    indented = msgspec.json.format(compact, indent=2).decode("utf-8")
    return (_NOT_ASCII.sub(_escaped, indented) + "\n").encode("ascii")


def schema() -> bytes:
    """The JSON Schema (2020-12) of ``report.json``."""
    generated = msgspec.json.schema(Report)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": f"assay report, version {SCHEMA_VERSION}",
    }
    return (json.dumps({**head, **generated}, indent=2, ensure_ascii=True) + "\n").encode("ascii")


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if match[0] != "\x7f" else "\\u007f"


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_without_surrogates(one) for one in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(one) for key, one in value.items()}
    return value
