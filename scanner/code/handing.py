"""Handing over: data of this machine are given to a family of names that talks to other hosts, by call or by log."""

from __future__ import annotations

import ast

from scanner.code.implicit import receives_logs
from scanner.code.machine import shown
from scanner.code.methods import Methods
from scanner.code.values import NO_LABELS, Value
from scanner.code.vocabulary import HANDED

_HANDLERS = "logging.handlers."
_CONFIGURES = frozenset({"logging.config.dictConfig", "logging.config.fileConfig"})
_LOGS = frozenset(
    ["debug", "info", "warning", "warn", "error", "critical", "exception", "fatal", "log", "handle", "success", "trace"]
)


class Handing(Methods):
    """Notes what calls within the families of the catalogue are given."""

    def gives(self, name: str, owner: Value | None, given: list[Value], named: dict[str, Value], node: ast.AST) -> None:
        """Note a call within a family that data of this machine go into, and what a log hands on."""
        family = self.catalogue.family(name)
        if not family:
            return
        labels = NO_LABELS.union(*(one.deep_labels() for one in (*given, *named.values())))
        if family == "logs":
            self._logs(name, labels, given, named, node)
            if not self.program.logs_leave:
                return
        elif family == "hosts" and name.startswith(_HANDLERS):
            self.program.logs_leave = True
        elif family == "places":
            labels |= owner.deep_labels() if owner is not None else NO_LABELS
            if not any(one.startswith("dest.") for one in labels):
                return
        if not labels.isdisjoint(self.catalogue.taken) and name not in self.catalogue.roles:
            self.record(HANDED, name, labels, shown([*given, *named.values()]))

    def _logs(
        self, name: str, labels: frozenset[str], given: list[Value], named: dict[str, Value], node: ast.AST
    ) -> None:
        """A call of the logging library: its settings may name handlers, and what is logged reaches those there are."""
        if name in _CONFIGURES:
            self.program.logs_leave |= any(_HANDLERS in one for one in _texts([*given, *named.values()]))
        elif name.rpartition(".")[2] in _LOGS and not labels.isdisjoint(self.catalogue.taken):
            waiting, self.program.log_handlers = self.program.log_handlers, []
            for handler in waiting:
                assert handler.cls is not None
                for method in receives_logs(handler.cls):
                    bound = Value(labels=handler.labels)
                    bound.func, bound.bound = method, handler
                    self.call_value(bound, [Value(labels=labels)], {}, node)
            self.program.log_handlers = waiting

    def becomes_handler(self, made: Value) -> None:
        """Keep an instance of the source whose class handles what is logged."""
        if made.cls is not None and self.trigger != "call" and receives_logs(made.cls):
            self.program.log_handlers = [*self.program.log_handlers[-16:], made]


def _texts(values: list[Value], depth: int = 0) -> list[str]:
    """The texts within values, as far as settings are nested."""
    found: list[str] = []
    for value in values[:256]:
        if isinstance(value.const, str):
            found.append(value.const)
        elif value.items and depth < 6:
            found += _texts(list(value.items.values()) if isinstance(value.items, dict) else value.items, depth + 1)
    return found
