"""The state of one evaluation, and how it records what it sees."""

from __future__ import annotations

import ast
import string
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scanner.code.abandoned import Changes
from scanner.code.catalogue import Catalogue
from scanner.code.events import Event
from scanner.code.limits import Limits
from scanner.code.names import canonical
from scanner.code.scope import Scope
from scanner.code.values import NO_LABELS, UNKNOWN, Function, Value, constant
from scanner.model.finding import DecodedLayer, Trigger

if TYPE_CHECKING:
    from scanner.code.program import Program

MAX_EVENTS = 40_000
MAX_FILE_EVENTS = 4000
MAX_DETAIL = 240
MAX_LISTED = 100_000
"""Values of an argument that are looked at for its text."""
MAX_SHOWN = 100_000


_RUN = frozenset({"dynamic-code", "process"})
"""Acts that run what they are given."""

_TEXTS = {
    f"string.{name}": getattr(string, name)
    for name in ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits", "printable")
} | {"string.punctuation": string.punctuation, "string.whitespace": string.whitespace}
"""Alphabets of the standard library, out of which texts are spelt."""


class Machine(ABC):
    """Evaluates one file at one trigger. ``outer_line`` is not 0 while a decoded layer is evaluated: its events are
    placed at the line of the file that starts the layer."""

    scope: Scope = Scope("")

    def __init__(self, program: Program, path: str, trigger: Trigger) -> None:
        self.program = program
        self.catalogue: Catalogue = program.catalogue
        self.limits: Limits = program.limits
        self.path = path
        self.trigger: Trigger = trigger
        self.context = program.new_context()
        self.steps = 0
        self.home = path
        self.followed = 0
        self.max_followed = program.limits.max_followed_steps
        self.is_away = False
        self.contexts = [self.context]
        # Past the ceiling of what is evaluated now, loops and repeated calls are given up; at the end, all is.
        self.ceiling = self.end = 0
        self.allow(program.limits.max_steps)
        self.wanting = False
        self.loud = 0
        # Conditions that were not known, and branches that a loop did not take.
        self.doubts = self.untaken = 0
        # Branches around what is evaluated now that are taken where a condition holds which is not known.
        self.conditional = 0
        self.changed: dict[int, Changes] = {}
        self.max_depth = program.depth(trigger)
        self.deadline = program.file_deadline()
        self.line = 0
        self.end_line = 0
        self.outer_line = 0
        self.shift = 0
        self.loops = 0
        self.depth = 0
        self.calls: dict[int, int] = {}
        self.active: list[int] = []
        # Functions in which something happened, and with what they were called.
        self.acting: set[int] = set()
        self.met: dict[int, set[int]] = {}
        self.novel = 0
        self.methods: list[tuple[Value | None, Value | None]] = []
        # Instances that were made, one of each class.
        self.instances: list[tuple[Value, Trigger, int]] = []
        # Names of others in whose place something was put that runs text.
        self.patched: dict[str, Value] = {}
        # Calls that Python may make by itself, within each other.
        self.implied = 0
        self.made_of: set[tuple[int, Trigger]] = set()
        self.layers: list[DecodedLayer] = []
        self.layer_count = 0
        self.layer_seen: set[int] = set()
        self.files_written: dict[str, Value] = {}
        self.scripts: list[str] = []
        self.events: list[Event] = program.events
        self._dedup: set[tuple[object, ...]] = program.event_keys

    # --- bounds

    def allow(self, steps: int) -> None:
        """Give the evaluation that many steps. Where code runs by itself, what comes after them is still seen once."""
        self.ceiling = self.steps + steps
        self.end = self.ceiling + (steps if self.trigger == "call" else self.limits.max_linear_steps)

    def share(self) -> int:
        """Give what begins now (a loop, a call) three quarters of what is left, so that it cannot starve what follows;
        gives the ceiling that holds again when it ends."""
        before = self.ceiling
        left = before - self.steps
        if left > 0:
            self.ceiling = self.steps + left * 3 // 4
        return before

    def gap(self, reason: str) -> None:
        """Note that something of this file could not be seen. What only a caller would run is no gap."""
        self.wanting = True
        if self.trigger != "call":
            self.program.gaps.setdefault(self.path, reason)

    # --- what subclasses add

    @abstractmethod
    def evaluate(self, node: ast.expr, scope: Scope) -> Value: ...

    @abstractmethod
    def block(self, body: Sequence[ast.stmt], scope: Scope) -> str: ...

    @abstractmethod
    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None: ...

    @abstractmethod
    def step(self, node: ast.stmt | ast.expr) -> None: ...

    @abstractmethod
    def elements(self, value: Value) -> list[Value] | None: ...

    @abstractmethod
    def call_value(self, callee: Value, given: list[Value], named: dict[str, Value], node: ast.AST) -> Value: ...

    @abstractmethod
    def called_once(self, function: Function, first: Value | None, node: ast.AST) -> None: ...

    @abstractmethod
    def operate(self, kind: type[ast.operator], left: Value, right: Value) -> Value: ...

    # --- references

    def reference(self, name: str) -> Value:
        """The value that a qualified name stands for."""
        name = canonical(name)
        if name in _TEXTS:
            return Value(_TEXTS[name])
        return Value(ref=name, labels=self.catalogue.labels.get(name, NO_LABELS))

    def folded(self, const: Any, labels: frozenset[str], how: tuple[str, ...] = ()) -> Value:
        """A value that was worked out: strings get the labels of what they say."""
        if isinstance(const, str) and len(const) > 3:
            labels |= self.catalogue.string_labels(const)
        elif isinstance(const, bytes) and 3 < len(const) < 65_536:
            labels |= self.catalogue.string_labels(const.decode("latin-1"))
        return constant(const, labels, tuple(how)[:12])

    def runs_argument(self, name: str) -> bool:
        return name in self.catalogue.runs_argument

    # --- events

    def record(self, roles: frozenset[str], name: str, labels: frozenset[str], detail: str = "") -> None:
        """Note that something would happen here. Equal events at one place and moment are noted once."""
        if not roles:
            return
        if not roles <= self.catalogue.silent_roles:
            self.loud += 1
        if "beyond-bounds" in labels and not roles.isdisjoint(_RUN):
            self.wanting = True
        line = self.outer_line or self.line
        key = (name, labels, self.trigger, self.path, line, self.context, len(self.layers))
        if key in self._dedup:
            return
        if len(self.events) >= MAX_EVENTS or self.program.counted(self.path) > MAX_FILE_EVENTS:
            self.gap("it does more than the bound allows to note; the first of it is reported")
            return
        self._dedup.add(key)
        self.events.append(
            Event(
                roles=roles,
                name=name,
                labels=labels | {"in-layer"} if self.layers else labels,
                trigger=self.trigger,
                path=self.path,
                line=line,
                end_line=line if self.outer_line else max(line, self.end_line),
                context=self.context,
                order=self.program.new_order(),
                layer=" → ".join(one.how for one in self.layers),
                detail=detail[:MAX_DETAIL],
                layers=tuple(self.layers[:8]),
            )
        )


def shown(values: Sequence[Value], left: list[int] | None = None) -> str:
    """Constant arguments as text, for the event's detail and for labels that need the whole command.

    Of what is longer than any command that is read (``MAX_SHOWN``), no more than shows that it is; of lists in lists
    no more than ``MAX_LISTED``, which ``left`` counts down.
    """
    pieces: list[str] = []
    room = MAX_SHOWN
    left = [MAX_LISTED] if left is None else left
    for value in values:
        left[0] -= 1
        if room <= 0 or left[0] < 0:
            break
        const = value.concrete()
        if const is UNKNOWN and value.attrs and "path text" in value.attrs:
            const = value.attrs["path text"].const
        if isinstance(const, bytes):
            const = const[:room].decode("utf-8", "replace")
        if isinstance(const, list):
            const = " ".join(str(one) for one in const[:room] if isinstance(one, str | int))
        elif const is UNKNOWN and isinstance(value.items, list):
            const = shown(value.items, left)
        if isinstance(const, str):
            pieces.append(const[:room])
            room -= len(pieces[-1]) + 1
    return " ".join(pieces)
