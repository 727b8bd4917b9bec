"""Handing over: data of this machine are given to a family of names that talks to other hosts, by call or by log."""

from __future__ import annotations

import ast
import re

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

_UPLOADS = re.compile(
    r"(?i)(?:^|_)f?(?:put|uploads?|send|post|push|publish|attach|artifacts?|documents?|sync|transfer|copy|store|backup)(?:_|\b)"
)
"""Names of what sends the file that a path names."""
_KEY_FILES = frozenset(
    ["key_filename", "pkey", "private_key", "private_key_path", "ssh_key", "ssh_pkey", "ssh_private_key",
     "identity_file", "client_keys", "known_hosts", "config", "cert", "certfile", "certificate", "client_cert",
     "keyfile", "key_file", "sslkey", "sslcert", "sslrootcert", "ssl_ca", "ssl_cert", "ssl_key", "ssl_keyfile",
     "ssl_certfile", "ca_certs", "cafile", "verify", "context", "ssl", "ssl_context", "credentials_path",
     "service_account_file", "hostkeys"]
)  # fmt: skip
"""Arguments by which a client is told with which of the user's own keys it proves who the user is."""


def without_key_files(named: dict[str, Value]) -> dict[str, Value]:
    """The arguments without paths of keys that a client logs in with. What was read from one of them stays."""
    if named.keys().isdisjoint(_KEY_FILES):
        return named
    return {key: one for key, one in named.items() if key not in _KEY_FILES or "file" in one.deep_labels()}


class Handing(Methods):
    """Notes what calls within the families of the catalogue are given."""

    def gives(self, name: str, owner: Value | None, given: list[Value], named: dict[str, Value], node: ast.AST) -> None:
        """Note a call within a family that data of this machine go into, and what a log hands on."""
        family = self.catalogue.family(name)
        # What a package calls of its own modules is read where it stands.
        if not family or self._is_own(name):
            return
        every = (*given, *named.values())
        labels = NO_LABELS.union(*(_handed(one, name) for one in every))
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

    def _is_own(self, name: str) -> bool:
        """Whether a module beside this one, below the same folder, has the name: a large artifact's calls are not all
        followed. A module of another folder, or one without the name, only has the name of a library."""
        parts = name.partition("()")[0].split(".")
        for cut in range(len(parts) - 1, 0, -1):
            path = self.program.where.modules.get(".".join(parts[:cut]))
            if path is not None and path in self.program.files:
                same = "/" in path and path.partition("/")[0] == self.path.partition("/")[0]
                return same and parts[cut].encode() in self.program.files[path].data
        return False

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


def _handed(value: Value, name: str) -> frozenset[str]:
    """The labels of an argument, without those of a path that is merely named: a key that a client logs in with, a
    folder, an example in a help text. What was read from the path counts, and so does the path for what uploads it."""
    labels = value.deep_labels()
    if "file" in labels or name.startswith("ctypes.") or _UPLOADS.search(name.rpartition(".")[2]):
        return labels
    return frozenset(one for one in labels if not one.startswith("path."))


def _texts(values: list[Value], depth: int = 0) -> list[str]:
    """The texts within values, as far as settings are nested."""
    found: list[str] = []
    for value in values[:256]:
        if isinstance(value.const, str):
            found.append(value.const)
        elif value.items and depth < 6:
            found += _texts(list(value.items.values()) if isinstance(value.items, dict) else value.items, depth + 1)
    return found
