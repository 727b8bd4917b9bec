"""The program: all modules of one artifact, evaluated when something reaches them."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from scanner.code.abandoned import BEYOND, changes, give_up
from scanner.code.aliases import Aliases
from scanner.code.anchors import anchors
from scanner.code.catalogue import Catalogue
from scanner.code.compatible import as_read
from scanner.code.deferred import defer, without_bodies
from scanner.code.events import Event
from scanner.code.flow import Flow
from scanner.code.instances import stated_attributes
from scanner.code.kinds import HEAD, interpreter
from scanner.code.limits import BoundReached, Limits
from scanner.code.marks import Marks
from scanner.code.members import MAX_ALIKE, MAX_READ, no_members
from scanner.code.prose import Prose
from scanner.code.relevance import marks_of, plain_bytes, useful_words
from scanner.code.scope import Scope
from scanner.code.shell import MAX_LINE as MAX_COMMAND
from scanner.code.shell import MAX_STARTED, is_shell, modules_of, read_shell, started_by
from scanner.code.source import Parsed, SourceFile, decode, is_coded_otherwise, parse
from scanner.code.triggers import HOOKS, Layout, is_aside, module_name, started_files, trigger_of
from scanner.code.values import NO_LABELS, Class, Function, Value
from scanner.code.vocabulary import BUILTINS, REFLECTIVE
from scanner.code.waiting import Waiting, takes_from, waiting, with_aliases, worth_calling
from scanner.model.finding import TRIGGERS, Trigger

_TABLES = frozenset([b"vars", b"__dict__"])
_PARAMETER = frozenset({"parameter"})
_FEW_FILES = 10
_WORTH_CUTTING = 4000
"""Bytes from which the functions of a file are parsed when they are entered: splitting a short one costs what parsing
less saves."""


class Program:
    """Holds what the evaluations of one artifact share: events, parsed files, module scopes, bounds used."""

    def __init__(self, files: dict[str, SourceFile], where: Layout, catalogue: Catalogue, limits: Limits) -> None:
        self.files = files
        self.where = where
        self.catalogue = catalogue
        self.limits = limits
        self.members = no_members()
        self.events: list[Event] = []
        self.event_keys: set[tuple[object, ...]] = set()
        self.patchable = frozenset({"builtins", "requests", "urllib3", "socket", "ssl", "http", "importlib", "sys"})
        self.gaps: dict[str, str] = {}
        self._events_of: dict[str, int] = {}
        self.moments: dict[str, Trigger] = {}
        self.parsed: dict[str, Parsed] = {}
        self._scopes: dict[tuple[str, Trigger], Scope | None] = {}
        self._functions: dict[int, str] = {}
        self._called: set[int] = set()
        self._recent: list[int] = []
        self._contexts = 0
        self._ordered = 0
        # Bytes of the files that were evaluated because another file imports or starts them.
        self.reached = 0
        self.marks: dict[str, Marks] = {}
        self.glances: dict[str, set[bytes]] = {}
        self.defers = True
        self._wholes: dict[str, list[ast.stmt]] = {}
        self._by_base: dict[str, list[str]] | None = None
        self.entered = started_files(where)
        # Command classes that only somebody who names them runs (``setup.py upload``).
        self.on_demand: set[int] = set()
        # Flow from module to module is followed at import only in artifacts that a person could read in a day.
        total = sum(one.size for one in files.values())
        self.linked = total <= limits.max_linked_bytes
        self.small = total <= limits.small_bytes
        # Whether something was made that sends what is logged to another host, and handlers that the source defines.
        self.logs_leave = False
        self.log_handlers: list[Value] = []
        self.steps = 0
        # Functions that wait are many: what they need is not taken from what runs by itself.
        self.waited_steps = 0
        self.started = time.process_time()

    def new_order(self) -> int:
        """A number for the next event; never one that was given before, also where events are dropped."""
        self._ordered += 1
        return self._ordered - 1

    def counted(self, path: str) -> int:
        """How many events are noted of a file, with the one that comes now."""
        self._events_of[path] = found = self._events_of.get(path, 0) + 1
        return found

    def new_context(self) -> int:
        self._contexts += 1
        return self._contexts

    def allowance(self, trigger: Trigger) -> int:
        """Steps for one evaluation: fewer where nothing runs by itself, very few once the artifact's are used up."""
        if (self.waited_steps if trigger == "call" else self.steps) > self.limits.max_artifact_steps:
            return self.limits.brief_steps
        if trigger in {"install", "interpreter-start"}:
            return self.limits.max_steps
        if trigger == "call":
            if self.small:
                return self.limits.max_small_steps
            return self.limits.max_call_steps if self.linked else self.limits.max_library_steps
        # One large file among few is no library: obfuscators make such files, of very many pieces.
        few = self.linked or len(self.files) <= _FEW_FILES
        return self.limits.max_import_steps if few else self.limits.max_library_import_steps

    def depth(self, trigger: Trigger) -> int:
        """Calls within calls that one evaluation follows."""
        if trigger != "call":
            return self.limits.max_call_depth
        return self.limits.max_waiting_depth if self.linked else self.limits.max_library_depth

    def file_deadline(self) -> float:
        """When the evaluation that starts now must end."""
        return min(time.process_time() + self.limits.max_file_seconds, self.started + self.limits.max_artifact_seconds)

    # --- files and modules

    def tree(self, path: str) -> Parsed:
        found = self.parsed.get(path)
        if found is None:
            found = self.parsed[path] = self._parse(path)
            if found.tree is None:
                self.gaps.setdefault(path, f"it was searched as text only: {found.reason}")
            elif found.repaired:
                self.gaps.setdefault(path, _repaired(found))
        return found

    def _parse(self, path: str) -> Parsed:
        """Parse a file; the functions of a larger one when they are entered."""
        data = self.files[path].data
        marks = self.marks.get(path)
        if (
            not self.defers
            or b"\r" in data
            or is_coded_otherwise(data)
            or not (data.isascii() or plain_bytes(data, self.glances.get(path)) == data)
        ):
            return parse(data, self.limits)
        larger = len(data) > _WORTH_CUTTING
        if marks is None and not larger:
            return parse(data, self.limits)
        prose = marks.prose if marks is not None else Prose(data)
        code, cuts = without_bodies(prose) if larger else (prose.data, [])
        parsed = parse(code, self.limits, repair=False)
        if parsed.tree is None or not defer(parsed.tree, prose.data, cuts, self._statements, lambda: self._whole(path)):
            return parse(data, self.limits)
        return msgspec.structs.replace(parsed, text=decode(data))

    def _seen(self, path: str) -> set[bytes] | None:
        """What a first pass saw in a file, where its text is UTF-8."""
        return None if is_coded_otherwise(self.files[path].data) else self.glances.get(path)

    def _statements(self, text: str) -> list[ast.stmt] | None:
        tree = parse(text, self.limits, repair=False).tree
        return None if tree is None else tree.body

    def _whole(self, path: str) -> list[ast.stmt]:
        """The statements of a file in which the body of some function alone does not parse."""
        if path not in self._wholes:
            parsed = parse(self.files[path].data, self.limits)
            if parsed.repaired:
                self.gaps.setdefault(path, _repaired(parsed))
            self._wholes[path] = [] if parsed.tree is None else parsed.tree.body
        return self._wholes[path]

    def is_package(self, path: str) -> bool:
        return path.endswith("__init__.py")

    def path_of(self, function: Function, otherwise: str) -> str:
        return self._functions.get(id(function.node), otherwise)

    def forget(self, path: str, trigger: Trigger) -> None:
        """Let go of a file's tree and names, where no other file can come back to them: trees are large.

        What is known by the identity of its nodes must go with them, or a later tree would inherit it.
        """
        if self.linked or trigger in {"install", "interpreter-start"}:
            return
        _emptied(self._scopes.pop((path, trigger), None))
        self.parsed.pop(path, None)
        self._wholes.pop(path, None)
        for key in self._recent:
            self._functions.pop(key, None)
            self._called.discard(key)
        self._recent.clear()

    def release(self) -> None:
        """Let go of all trees and names. Events and gaps stay."""
        for scope in self._scopes.values():
            _emptied(scope)
        self._scopes.clear()
        self.log_handlers.clear()
        self.parsed.clear()
        self._wholes.clear()
        self.marks.clear()

    def defined(self, function: Function, scope: Scope, path: str) -> None:
        self._functions[id(function.node)] = path
        self._recent.append(id(function.node))

    def defined_class(self, cls: Class, scope: Scope, path: str) -> None:
        for member in cls.members.values():
            if member.func is not None:
                self._functions.setdefault(id(member.func.node), path)
                self._recent.append(id(member.func.node))

    def star_names(self, base: str) -> list[str]:
        """Catalogued names directly in a module, for ``from module import *``."""
        prefix = base + "."
        names = {
            name[len(prefix) :].partition(".")[0].partition("(")[0]
            for table in (self.catalogue.roles, self.catalogue.labels)
            for name in table
            if name.startswith(prefix)
        }
        return sorted(names)

    def run(self, path: str, trigger: Trigger) -> Scope | None:
        """Evaluate the module level of a file at a trigger (once), and give its scope."""
        key = (path, trigger)
        if key in self._scopes:
            return self._scopes[key]
        scope = Scope(module_name(path, self.where.prefix))
        self._scopes[key] = scope
        self.moments[path] = min(self.moments.get(path, "not-code"), trigger, key=TRIGGERS.index)
        parsed = self.tree(path)
        if parsed.tree is None:
            return scope
        # What is evaluated once costs no more than parsing did; steps are for what is evaluated again and again.
        once = self.files[path].size // 4
        self._evaluated(lambda flow: self._module(flow, parsed, scope), path, trigger, once)
        return scope

    def _module(self, flow: Flow, parsed: Parsed, scope: Scope) -> None:
        assert parsed.tree is not None
        scope.names.clear()
        flow.scope = scope
        if (text := ast.get_docstring(parsed.tree, clean=False)) if parsed.tree.body else None:
            scope.names["__doc__"] = flow.folded(text, NO_LABELS)
        try:
            for statement in parsed.tree.body:
                try:
                    if flow.block([statement], scope):
                        break
                except RecursionError:
                    flow.gap(f"line {statement.lineno} is nested too deeply to be evaluated")
                    give_up(changes(statement), scope, BEYOND)
            flow.run_implicit()
            hook = scope.names.get("__getattr__")
            if hook is not None and hook.func is not None:
                # Every name that the module does not have asks for it (PEP 562).
                flow.called_once(hook.func, None, hook.func.node)
        finally:
            self._called |= flow.calls.keys()

    def _evaluated(self, evaluate: Callable[[Flow], None], path: str, trigger: Trigger, once: int = 0) -> None:
        """Run one evaluation. Where its bounds left open what it runs, once more with the widest ones."""
        allowed = self.allowance(trigger)
        for steps in (
            (allowed,) if trigger == "call" or allowed >= self.limits.max_steps else (allowed, self.limits.max_steps)
        ):
            before, gap = len(self.events), self.gaps.get(path)
            flow = Flow(self, path, trigger)
            flow.allow(steps + once)
            if steps > allowed:
                flow.max_followed = steps
            try:
                evaluate(flow)
            except BoundReached as bound:
                flow.gap(f"analysis ended early: {bound.reason}; what was seen until then is reported")
            except RecursionError:
                flow.gap("analysis ended early: its expressions are nested too deeply; what was seen is reported")
            if trigger == "call":
                self.waited_steps += flow.steps
            else:
                self.steps += min(flow.steps, steps)
            if not flow.wanting or steps >= self.limits.max_steps or time.process_time() > flow.deadline:
                return
            if trigger != "call":
                contexts = set(flow.contexts)
                self.events[before:] = [one for one in self.events[before:] if one.context not in contexts]
                self._events_of.clear()
                if gap is None:
                    self.gaps.pop(path, None)

    def run_line(self, path: str, line: str, number: int, trigger: Trigger) -> None:
        """Evaluate one line of a file that is not Python as a whole (a ``.pth`` line)."""
        parsed = parse(line, self.limits)
        if parsed.tree is None:
            self.gaps.setdefault(path, f"line {number} was searched as text only: {parsed.reason}")
            return
        flow = Flow(self, path, trigger)
        flow.line = flow.end_line = flow.outer_line = number
        flow.scope = Scope("")
        try:
            flow.block(parsed.tree.body, flow.scope)
        except (BoundReached, RecursionError):
            self.gaps.setdefault(path, f"line {number}: analysis ended early; what was seen until then is reported")

    def run_file(
        self, named: str, near: str, trigger: Trigger, kind: Literal["python", "shell", ""] = "python"
    ) -> None:
        """Run a member that code names by its path at that moment. ``kind``: what it is run as, where that is known;
        else it is told by its first line and its suffix, and what is no program is left alone."""
        if trigger == "call":
            return
        found = self.members.find(named, near)
        for path in found[:MAX_ALIKE]:
            self._run_member(path, near, trigger, kind)
        for path in found[MAX_ALIKE:]:
            self.unread(path, "one of many files of that name is started by its path, and was not read", trigger)

    def _run_member(self, path: str, near: str, trigger: Trigger, kind: Literal["python", "shell", ""]) -> None:
        if path == near or (path.endswith("setup.py") and trigger_of(path, self.where) == "install"):
            return
        known = self.files.get(path)
        if known is not None and known.language != "python":
            # What is read as something else (a ``.pth`` file, settings) is run as a program here.
            path = f"{path}!/run"
        if path not in self.files:
            data = known.data if known is not None else self.members.read(path)
            if kind == "python" and data is not None and _is_native(data):
                return  # No Python runs machine code: what was asked for is the program itself.
            shell = kind == "shell" or (data is not None and is_shell(path, data))
            if not kind and not shell and data is not None:
                named = interpreter(data[:HEAD])
                if named not in ("python", "") or _is_native(data):
                    return  # A program of another kind. Another check says of every artifact what native code it holds.
                shell = not named  # What the system does not start, the shell that was asked to reads itself.
            if data is None or len(data) > MAX_READ or (b"\0" in data and not is_coded_otherwise(data)):
                self.unread(path, "it is started by its path, and is too large, or no text", trigger)
                return
            if shell:
                script = read_shell(data)
                data = script.text.encode("utf-8", "surrogatepass")
                for reason in script.gaps:
                    self.unread(path, reason, trigger)
            self.files[path] = SourceFile(path, data, language="python")
        if (path, trigger) not in self._scopes and self._may_reach(path, trigger):
            self.run(path, trigger)
            self.run_rest(path, trigger)

    def unread(self, path: str, reason: str, trigger: Trigger) -> None:
        """Note that a file which would run at that moment was not looked at."""
        self.gaps.setdefault(path, reason)
        self.moments[path] = min(self.moments.get(path, "not-code"), trigger, key=TRIGGERS.index)

    def _may_reach(self, path: str, trigger: Trigger) -> bool:
        """Whether there is room to evaluate one more file that another one reaches; where not, that is a gap of it."""
        self.reached += self.files[path].size
        if (
            self.reached <= self.limits.max_reached_bytes
            and time.process_time() - self.started <= self.limits.max_artifact_seconds
        ):
            return True
        self.unread(path, "it was not read: what is imported or started here is more than the bound allows", trigger)
        return False

    def run_started(self, command: str, trigger: Trigger, near: str = "") -> None:
        """A command that starts a module or script of this artifact runs it at the moment of the command."""
        if trigger == "call":
            return
        if len(command) > MAX_COMMAND:
            self.unread(near, f"a command of more than {MAX_COMMAND:,} characters was read only to there", trigger)
            command = command[:MAX_COMMAND]
        for number, (named, kind) in enumerate(started_by(command)):
            if number >= MAX_STARTED:
                self.unread(near, f"a command starts more than {MAX_STARTED:,} programs", trigger)
                break
            self.run_file(named, near, trigger, kind)
        for module, script in modules_of(command):
            path = (
                self.where.modules.get(module) or self.where.modules.get(f"{module}.__main__")
                if module
                else self._script(script)
            )
            if path is not None and path in self.files and trigger_of(path, self.where) != "install":
                self._load(path, "install" if trigger == "install" else trigger)
                self.run_rest(path, trigger)

    def _script(self, written: str) -> str | None:
        """The source file that a command means by the path of a script."""
        if written in self.files:
            return written
        if self._by_base is None:
            self._by_base = {}
            for one in self.files:
                self._by_base.setdefault(one.rpartition("/")[2], []).append(one)
        end = "/" + written.replace("\\", "/").lstrip("./")
        found = [one for one in self._by_base.get(end.rpartition("/")[2], ()) if one.endswith(end)]
        return min(found, key=lambda one: one.count("/"), default=None)

    def run_rest(self, path: str, trigger: Trigger) -> None:
        """Evaluate what nothing has called yet: functions and methods whose own text holds an anchor, with unknown
        arguments. They run when called (at install for the commands of a setup.py, as entry points for scripts)."""
        scope = self._scopes.get((path, trigger))
        parsed = self.tree(path)
        if scope is None or parsed.tree is None:
            return
        marks = self.marks.pop(path, None) or marks_of(self.files[path].data, not self.linked, self.glances.get(path))
        useful = useful_words(marks, self.small)
        if self.defers and useful is not None and not useful and trigger == "import" and path not in self.entered:
            return
        functions = list(waiting(parsed.tree.body, scope, as_read(parsed.text, self._seen(path))))
        moments = [self._moment(path, one, trigger) for one in functions]
        chosen: Iterable[int] = range(len(functions))
        if self.defers:
            chosen = sorted(self._worth_calling(functions, moments, scope, marks, useful))
        for number in chosen:
            one = functions[number]
            if one.replaced or id(one.function.node) not in self._called:
                self._call_unknown(one.function, path, moments[number], one.owner)

    def _worth_calling(
        self,
        functions: list[Waiting],
        moments: list[Trigger],
        scope: Scope,
        marks: Marks,
        useful: set[bytes] | None,
    ) -> set[int]:
        """Numbers of the functions for which some rule could hold. ``useful``: words of which one must be in reach of a
        function that is called; ``None``: any that the catalogue knows."""
        aliases = Aliases(scope.names, self.catalogue, {id(one.function.node) for one in functions})
        leaves = anchors().leaves | REFLECTIVE | BUILTINS | aliases.acts
        called = aliases.acts | (useful if useful is not None else leaves)
        tables = not _TABLES.isdisjoint(marks.words)
        functions = with_aliases(functions, aliases)
        direct = {
            number
            for number, (one, at) in enumerate(zip(functions, moments, strict=True))
            if one.elsewhere
            or not one.words.isdisjoint(called if at == "call" else leaves)
            or (tables and takes_from(one, aliases))
        }
        # The call of the function itself is the first of those that are followed.
        return worth_calling(functions, direct, self.depth("call") - 1)

    def _moment(self, path: str, one: Waiting, trigger: Trigger) -> Trigger:
        """When a function would run that nothing here has called."""
        cls = one.owner.cls if one.owner is not None else None
        if cls is not None and not (trigger == "install" and _is_command(cls) and id(cls) not in self.on_demand):
            trigger = "call"
        return self.function_trigger(path, one.function, one.owner, trigger)

    def _call_unknown(self, function: Function, path: str, at: Trigger, owner: Value | None) -> None:
        node = function.node
        arguments: list[Value] = []
        names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        named: dict[str, Value] = {}
        defaults = _defaults(node.args)
        for number, name in enumerate(names):
            if number == 0 and owner is not None and name in {"self", "cls"}:
                made = Value()
                made.cls, made.attrs = owner.cls, stated_attributes(owner.cls) if owner.cls is not None else {}
                arguments.append(made)
            else:
                labels = _PARAMETER | self.catalogue.parameters.get(name.lower(), NO_LABELS)
                named[name] = Value(labels=labels)
        value = Value()
        value.func = function

        def call(flow: Flow) -> None:
            flow.scope = function.scope
            for name, default in defaults.items():
                # A function that stands ready as a default is what most callers leave there.
                found = flow.evaluate(default, function.scope)
                if name in named and (found.func or found.ref):
                    named[name] = found
            flow.call_value(value, arguments, named, node)

        self._evaluated(call, path, at)

    def function_trigger(self, path: str, function: Function, owner: Value | None, trigger: Trigger) -> Trigger:
        """When a function that this code itself does not call would run."""
        if owner is not None and owner.cls is not None and _is_command(owner.cls) and function.name in _COMMAND_METHODS:
            return "install" if trigger in {"install", "import"} and path.endswith("setup.py") else "call"
        if path in self.where.backends and function.name in _HOOKS:
            return "install"
        if owner is None and function.name in HOOKS and path in self.where.hooked:
            return "entry-point"
        started = (*self.where.entry_points, *self.where.plugins)
        module = module_name(path, self.where.prefix) if started else ""
        for _, target in started:
            wanted, _, name = target.partition(":")
            if wanted == module and name.partition(".")[0] == function.name:
                return "entry-point"
        return "call"

    # --- from module to module

    def run_imported(self, name: str, trigger: Trigger, aside: bool = False) -> None:
        """Run a sibling module, and the packages around it, at the trigger of the import. ``aside``: only modules that
        are not looked at by themselves."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            path = self.where.modules.get(".".join(parts[:end]))
            if (
                path is not None
                and path in self.files
                and not path.endswith("setup.py")
                and (not aside or is_aside(path, self.where))
            ):
                self._load(path, trigger)

    def _load(self, path: str, trigger: Trigger) -> Scope | None:
        if trigger == "entry-point":
            # The start of a program imports its modules: what they do then was seen at their import.
            trigger = "import"
        key = (path, trigger)
        if key in self._scopes:
            return self._scopes[key]
        return self.run(path, trigger) if self._may_reach(path, trigger) else None

    def _follows(self, trigger: Trigger) -> bool:
        return trigger in {"install", "interpreter-start"} or (self.linked and trigger != "call")

    def scope_of(self, module: str, trigger: Trigger) -> Scope | None:
        path = self.where.modules.get(module)
        if path is None or path not in self.files or not self._follows(trigger):
            return None
        return self._load(path, trigger)

    def lookup(self, ref: str, trigger: Trigger, depth: int = 0) -> Value | None:
        """The value of a dotted name in a module of the artifact; names re-exported by a package are followed."""
        if depth > 4 or not self._follows(trigger):
            return None
        parts = ref.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            path = self.where.modules.get(".".join(parts[:cut]))
            if path is None or path not in self.files:
                continue
            scope = self._load(path, trigger)
            if scope is None:
                return None
            value = scope.names.get(parts[cut])
            for name in parts[cut + 1 :]:
                if value is None or value.cls is None:
                    return None
                value = value.cls.member(name)
            if value is not None and value.func is None and value.cls is None and value.ref and value.ref != ref:
                return self.lookup(value.ref, trigger, depth + 1)
            return value
        return None


_MACH = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf")


def _is_native(data: bytes) -> bool:
    """Whether a member is machine code by its headers, and no archive behind it that Python would run.

    The first bytes alone are not believed: a shell goes over ``MZ=1`` and a null byte to what follows.
    """
    if data.startswith(b"MZ"):
        known = data[(start := int.from_bytes(data[60:64], "little")) : start + 4] == b"PE\0\0"
    else:
        known = (data.startswith(b"\x7fELF") and data[4:7] in _ELF) or data.startswith(_MACH)
    return known and b"PK\5\6" not in data


_ELF = frozenset(bytes([width, order, 1]) for width in (1, 2) for order in (1, 2))
"""Class, byte order and version of an ELF header."""


def _defaults(arguments: ast.arguments) -> dict[str, ast.expr]:
    """Parameters whose defaults can be functions, and these."""
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {one.arg: default for one, default in pairs if isinstance(default, ast.Name | ast.Attribute | ast.Lambda)}


def _repaired(parsed: Parsed) -> str:
    return f"it does not parse as Python 3; {parsed.repaired} lines were translated or left out"


def _emptied(scope: Scope | None) -> None:
    """Break the rings between a scope, its functions and its classes: what they hold is freed at once."""
    if scope is None:
        return
    for value in scope.names.values():
        if value.cls is not None:
            for member in value.cls.members.values():
                if member.func is not None:
                    member.func.owner = None
    scope.names.clear()


_COMMAND_METHODS = frozenset({"run", "__init__", "initialize_options", "finalize_options"})
_HOOKS = frozenset(
    {
        "build_wheel",
        "build_sdist",
        "build_editable",
        "get_requires_for_build_wheel",
        "get_requires_for_build_sdist",
        "get_requires_for_build_editable",
        "prepare_metadata_for_build_wheel",
        "prepare_metadata_for_build_editable",
    }
)


def _is_command(cls: Class) -> bool:
    return any(
        base.ref.startswith(
            (
                "setuptools.command",
                "distutils.command",
                "distutils.core.Command",
                "setuptools.Command",
                "distutils.cmd",
                "setuptools._distutils",
            )
        )
        or (base.cls is not None and _is_command(base.cls))
        for base in cls.bases
    )
