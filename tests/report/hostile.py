"""A report in which every string field of every model holds an attack.

Made by walking the types, so that a new field is attacked from the day it is added.
"""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from scanner.model.report import Report

ATTACKS = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "' onmouseover='document.title=1' x='",
    "{{ 7*191 }}{% include '/etc/passwd' %}{# gone #}",
    "javascript:document.title='owned'",
    'https://evil.invalid/"onload="x',
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;https://evil.invalid\x07link\x1b]8;;\x07\x9b31m",
    "user\u202egnp.exe\u202c\u2066x\u2069\u200b\u200d\ufeff\u00ad\U000e0041",
    "nul\x00byte\x7f\x85\u2028\u2029end",
    "line\r\n::error::injected\n# heading\n| a | b |\n```\n~~~\n<!-- -->",
    "[click](javascript:alert(1)) ![x](http://evil.invalid/x.png) @everyone <https://evil.invalid> www.evil.invalid",
    "%0A::set-output name=x::y%25",
    "##[error]injected ##vso[task.setvariable variable=x]y",
    "word " * 30 + "::stop-commands::token ::add-mask::e :::error:::",
    "</style></script></title></svg></template>]]>--><h1>",
    "data:text/html,<script>1</script>",
    "Z\u0351\u0351\u0351\u0351\u0351\u0351algo",
    "lone \ud800 surrogate",
    "A" * 3000,
    "a" * 200 + ".b" * 200,
    "",
)


class Hostile:
    """Makes values of any type of the model; every string is the next attack."""

    def __init__(self, start: int = 0, repeat: int = 3) -> None:
        self.next = start
        self.repeat = repeat

    def attack(self) -> str:
        self.next += 1
        return ATTACKS[self.next % len(ATTACKS)]

    def make(self, kind: Any, name: str = "") -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if kind is str or (hasattr(kind, "__supertype__") and kind.__supertype__ is str):
            return self.attack()
        if kind is bool:
            self.next += 1
            return self.next % 2 == 0
        if kind is int:
            return 0
        if kind is type(None):
            return None
        if origin is Literal:
            self.next += 1
            return arguments[self.next % len(arguments)]
        if origin in (Union, types.UnionType):
            self.next += 1
            return self.make(arguments[self.next % len(arguments)])
        if origin is tuple:
            if len(arguments) == 2 and arguments[1] is Ellipsis:
                return tuple(self.make(arguments[0]) for _ in range(self.repeat))
            return tuple(self.make(one) for one in arguments)
        assert isinstance(kind, type) and issubclass(kind, msgspec.Struct), f"no attack for {kind!r} ({name})"
        hints = get_type_hints(kind)
        return kind(**{one.name: self.make(hints[one.name], one.name) for one in msgspec.structs.fields(kind)})


def hostile_report(start: int = 0) -> Report:
    """``start`` turns the list of attacks, so that every field meets every attack over a range of starts."""
    report: Report = Hostile(start).make(Report)
    # The one field that a reader refuses when it is anything else.
    return msgspec.structs.replace(report, schema_version="1.0")
