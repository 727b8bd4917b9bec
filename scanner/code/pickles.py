"""Pickles as the Python that loading them would run. Nothing is ever loaded: the opcodes are read, within bounds.

Each call of what is not known to be harmless becomes a line; what could run programs or code stands in a
``pickle_call(…)`` before it. Read as well: streams of several pickles (torch's old format), pickles in ``.npy`` files,
and compressed ones (joblib, pandas).
"""

from __future__ import annotations

import _codecs
import bz2
import io
import keyword
import lzma
import math
import pickletools
import re
import zlib
from collections.abc import Iterator
from typing import Any, SupportsIndex

import msgspec

from scanner.code.callables import is_dangerous, is_harmless

MAX_BYTES = 64 * 1024 * 1024
"""Bytes that a compressed pickle may have when it is decompressed."""
MAX_OPCODES = 3_000_000
MAX_PICKLES = 64
"""Pickles in one file."""
MAX_CALLS = 2_000
"""Calls that are written out."""
MAX_TEXT = 4 * 1024 * 1024
_MAX_DEPTH = 12
_MAX_WIDTH = 100
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SUFFIXES = (".pkl", ".pickle", ".pck", ".pcl", ".joblib", ".jbl", ".dill", ".cloudpickle", ".cpkl")
_COMPRESSED = (".gz", ".bz2", ".xz", ".lzma", ".z", ".zlib")
_OLD = re.compile(rb"c[\w.]+\r?\n[\w.]+\r?\n|\([dl]p?\d*\r?\n|\(i[\w.]+\r?\n")
"""How pickles of protocol 0 begin that could do something."""
_NUMPY = b"\x93NUMPY"
_OBJECTS = re.compile(rb"['|]O\d*['\"]")
_ALIASES = {"posix": "os", "nt": "os", "__builtin__": "builtins", "commands": "subprocess", "copy_reg": "copyreg"}


class Pickle(msgspec.Struct, frozen=True):
    """``text`` is Python, empty where nothing but harmless things are made; ``gaps`` say what was not read."""

    text: str
    gaps: tuple[str, ...] = ()
    opcodes: int = 0


def is_pickle(path: str, head: bytes) -> bool:
    """Whether a file is read as a pickle, by its name or by its first bytes, also where these are compressed."""
    head = _first_unpacked(head)
    if head.startswith(_NUMPY):
        return _OBJECTS.search(head) is not None or b"}" not in head
    lowered = path.lower()
    if any(lowered.endswith(_COMPRESSED) and lowered.rpartition(".")[0].endswith(one) for one in _SUFFIXES):
        return True
    if lowered.endswith(_SUFFIXES):
        return not head.startswith(b"PK\x03\x04")
    return (head[:1] == b"\x80" and head[1:2] in (b"\2", b"\3", b"\4", b"\5") and _begins(head)) or (
        _OLD.match(head) is not None and _begins(head)
    )


def _first_unpacked(head: bytes) -> bytes:
    """What the first bytes begin with when they are decompressed, as far as they tell."""
    try:
        if head[:2] == b"\x1f\x8b":
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 256) or head
        if head[:6] == b"\xfd7zXZ\0":
            return lzma.LZMADecompressor(memlimit=64 * 1024 * 1024).decompress(head, 256) or head
    except (zlib.error, lzma.LZMAError, EOFError, ValueError, MemoryError):
        pass
    return head


def _begins(head: bytes) -> bool:
    """Whether the bytes go on as a pickle: three opcodes, or all that there are."""
    try:
        for number, (opcode, _, _) in enumerate(pickletools.genops(head), 1):
            if number == 3 or opcode.name == "STOP":
                return True
    except Exception as error:  # noqa: BLE001 (whatever a hostile opcode makes its reader raise)
        return "not enough data" in str(error) or "expected" in str(error) or "newline" in str(error)
    return False


def read_pickle(data: bytes, opcodes: int = MAX_OPCODES) -> Pickle:
    """What loading the bytes would call, in order. ``opcodes``: how many of them are read at most."""
    data, reason = _unpacked(data)
    gaps = [reason] if reason else []
    if reason and not data:
        return Pickle("", (reason,))
    if data.startswith(_NUMPY):
        data = _after_header(data)
    machine = Machine(min(opcodes, MAX_OPCODES))
    stream = io.BytesIO(data)
    for number in range(MAX_PICKLES):
        fault = machine.run(stream)
        if fault:
            # What follows the first pickle may be the bare numbers of a tensor.
            if number == 0:
                gaps.append(f"it is not read to its end as a pickle: {fault}")
            break
        machine.trailing = True
        if stream.tell() >= len(data):
            break
    else:
        gaps.append(f"it holds more than {MAX_PICKLES} pickles")
    if machine.unwritten:
        gaps.append(f"it calls more than the bound of {MAX_CALLS} allows to be shown")
    return Pickle(machine.text(), tuple(gaps), machine.opcodes)


def _unpacked(data: bytes) -> tuple[bytes, str]:
    """The bytes, decompressed where they are compressed; and why not all of them."""
    try:
        if data[:2] == b"\x1f\x8b" or data[:2] in (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"):
            inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
            found = inflater.decompress(data, MAX_BYTES)
            whole = inflater.eof
        elif data[:3] == b"BZh":
            opened = bz2.BZ2Decompressor()
            found, whole = opened.decompress(data, MAX_BYTES), opened.eof
        elif data[:6] == b"\xfd7zXZ\0" or data[:3] == b"]\0\0":
            unpacker = lzma.LZMADecompressor(memlimit=512 * 1024 * 1024)
            found, whole = unpacker.decompress(data, MAX_BYTES), unpacker.eof
        elif data[:4] in (b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"):
            return b"", "it is compressed in a way that is not read (LZ4 or Zstandard)"
        else:
            return data, ""
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError) as error:
        return b"", f"it cannot be decompressed: {error}"
    return found, "" if whole else "it grows beyond the bound when it is decompressed, or is cut off"


def _after_header(data: bytes) -> bytes:
    """What follows the header of a ``.npy`` file (NEP 1)."""
    wide = data[6:7] in (b"\2", b"\3")
    size = int.from_bytes(data[8:12] if wide else data[8:10], "little")
    return data[(12 if wide else 10) + size :]


class _Unknown:
    """A value that the opcodes do not tell."""


class _Global:
    def __init__(self, module: str, name: str) -> None:
        self.module = _ALIASES.get(module, module)
        self.name = name

    @property
    def dotted(self) -> str:
        return f"{self.module}.{self.name}"


class _Made:
    """What a call gives. ``variable`` where the call was written out."""

    def __init__(self, callee: Any, given: Any, variable: str) -> None:
        self.callee = callee
        self.given = given
        self.variable = variable
        self.state: list[Any] = []


_MARK = object()


class _UnderflowError(Exception):
    """The stack holds less than an opcode takes."""


class _Stack(list[Any]):
    def pop(self, index: SupportsIndex = -1) -> Any:
        if not self:
            raise _UnderflowError
        return super().pop(index)


_BY_CODE = {one.code.encode("latin-1"): one for one in pickletools.opcodes}


def _opcodes(stream: io.BytesIO) -> Iterator[tuple[pickletools.OpcodeInfo, Any]]:
    """Opcodes with their arguments up to ``STOP``, as ``pickletools.genops`` gives them.

    The texts that Python 2 wrote are bytes of any kind, which a reader is told how to take (``encoding="latin1"``).
    Raises ``ValueError`` for what is no opcode, and what its argument's reader raises.
    """
    while code := stream.read(1):
        opcode = _BY_CODE.get(code)
        if opcode is None:
            raise ValueError(f"at position {stream.tell() - 1}, opcode {code!r} unknown")
        if opcode.name == "STRING":
            line = stream.readline().strip()
            if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
                raise ValueError("a string without its quotes")
            yield opcode, _codecs.escape_decode(line[1:-1])[0].decode("latin-1")
            continue
        yield opcode, None if opcode.arg is None else opcode.arg.reader(stream)
        if opcode.name == "STOP":
            return
    raise ValueError("pickle exhausted before seeing STOP")


class Machine:
    """The stack machine of ``pickle``, over values that stand for what it would hold."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.lines: list[str] = []
        self.imports: set[str] = set()
        self.size = 0
        self.unwritten = 0
        self.opcodes = 0
        self.trailing = False
        self.told: set[str] = set()
        self.stack = _Stack()
        self.memo: dict[int, Any] = {}
        # Whether the numbers of an array within the pickle were passed over.
        self.passed = False

    def text(self) -> str:
        imported = [f"import {one}\n" for one in sorted(self.imports)]
        return "".join([*imported, *(f"{line}\n" for line in self.lines)])

    def run(self, stream: io.BytesIO) -> str:
        """Read one pickle; why it ended before its end, or nothing."""
        self.stack, self.memo = _Stack(), {}
        self.passed = False
        try:
            for opcode, argument in _opcodes(stream):
                self.opcodes += 1
                if self.opcodes > self.most:
                    return f"it has more opcodes than the bound of {self.most:,} allows"
                self._step(opcode, argument)
                if opcode.name == "BUILD" and isinstance(self.stack[-1], _Made):
                    fault = self._array(stream, self.stack[-1])
                    if fault:
                        return fault
        except _UnderflowError:
            # Loading fails here too, so that nothing after it runs: text that is no pickle ends so. Past an array, what
            # was taken for opcodes may be none.
            return "what follows an array of it takes more than there is" if self.passed else ""
        except Exception as error:  # noqa: BLE001 (whatever a hostile opcode makes its reader raise)
            return f"{error}"[:120] or type(error).__name__
        return ""

    def _array(self, stream: io.BytesIO, made: _Made) -> str:
        """Pass over the numbers that joblib writes behind the wrapper of an array, within the pickle."""
        if not isinstance(made.callee, _Global) or not made.callee.dotted.startswith("joblib.numpy_pickle.NumpyArrayW"):
            return ""
        self.passed = True
        state = dict(zip(made.state[::2], made.state[1::2], strict=False))
        kind = state["dtype"].given[0]
        if "O" in kind:
            stack, memo = self.stack, self.memo
            fault = self.run(stream)
            self.stack, self.memo = stack, memo
            return fault
        if state.get("numpy_array_alignment_bytes") is not None:
            stream.seek(stream.read(1)[0], io.SEEK_CUR)
        size = int(re.sub(r"\D", "", kind) or 1) * (4 if "U" in kind else 1)
        stream.seek(size * math.prod(state["shape"]), io.SEEK_CUR)
        return ""

    def _step(self, opcode: pickletools.OpcodeInfo, argument: Any) -> None:
        name = opcode.name
        stack = self.stack
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in ("GLOBAL", "INST"):
            module, _, called = str(argument).partition(" ")
            found = self._global(module, called)
            stack.append(self._call(found, self._marked()) if name == "INST" else found)
        elif name == "STACK_GLOBAL":
            called, module = stack.pop(), stack.pop()
            stack.append(self._global(module, called))
        elif name in ("REDUCE", "NEWOBJ"):
            given, callee = stack.pop(), stack.pop()
            stack.append(self._call(callee, given))
        elif name == "NEWOBJ_EX":
            named, given, callee = stack.pop(), stack.pop(), stack.pop()
            stack.append(self._call(callee, [given, named]))
        elif name == "OBJ":
            callee, *given = self._marked()
            stack.append(self._call(callee, given))
        elif name == "BUILD":
            state = stack.pop()
            if isinstance(stack[-1], _Made) and isinstance(state, list):
                stack[-1].state = state
            if isinstance(stack[-1], _Global):
                # It sets attributes of a class or module that others use.
                self._write("builtins.setattr", f"setattr({self._shown(stack[-1])}, '__dict__', {self._shown(state)})")
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[int(argument)] = stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo[int(argument)])
        elif name == "POP":
            stack.pop()
        elif name == "POP_MARK":
            self._marked()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name == "MARK":
            stack.append(_MARK)
        elif name in ("LIST", "TUPLE", "DICT", "FROZENSET"):
            stack.append(self._marked())
        elif name in ("APPENDS", "ADDITEMS", "SETITEMS"):
            items = self._marked()
            self._extend(stack[-1], items)
        elif name in ("APPEND", "SETITEM"):
            count = 1 if name == "APPEND" else 2
            items = [stack.pop() for _ in range(count)]
            self._extend(stack[-1], items)
        elif name in _TAKEN:
            given = [stack.pop() for _ in range(_TAKEN[name])]
            stack.append(given[::-1])
        elif name.startswith("EXT"):
            stack.append(_Global("copyreg", f"extension_{argument}"))
        elif name == "PERSID":
            stack.append(_Unknown())
        elif name == "BINPERSID":
            stack[-1] = _Unknown()
        elif name in ("STOP", "PROTO", "FRAME", "READONLY_BUFFER"):
            pass
        else:
            # Every other opcode pushes its argument.
            stack.append(argument)

    def _marked(self) -> list[Any]:
        items: list[Any] = []
        while (one := self.stack.pop()) is not _MARK:
            items.append(one)
        return items[::-1]

    def _extend(self, target: Any, items: list[Any]) -> None:
        if isinstance(target, list):
            target.extend(items)

    def _global(self, module: Any, name: Any) -> Any:
        if not isinstance(module, str) or not isinstance(name, str):
            self._write("a name that is computed", f"__import__({self._shown(module)})")
            return _Unknown()
        found = _Global(module, name)
        if is_dangerous(found.dotted):
            self._told("pickle_call", found.dotted)
        elif not is_harmless(found.dotted) and not self.trailing:
            self._told("pickle_names", found.dotted)
        return found

    def _call(self, callee: Any, given: Any) -> Any:
        """A call, written out where it, or what it is given, is not known to be harmless."""
        if isinstance(callee, _Global) and is_harmless(callee.dotted):
            return _Made(callee, given, "")
        if self.trailing and not (isinstance(callee, _Global) and is_dangerous(callee.dotted)):
            return _Made(callee, given, "")
        variable = f"_{len(self.lines)}"
        items = given if isinstance(given, list) else [given]
        called = self._shown(callee)
        shown = ", ".join(self._shown(one) for one in items[:_MAX_WIDTH])
        return _Made(callee, given, variable if self._write("", f"{variable} = {called}({shown})") else "")

    def _told(self, marker: str, dotted: str) -> None:
        if dotted not in self.told:
            self.told.add(dotted)
            self._write("", f"{marker}({dotted!r})")

    def _write(self, dangerous: str, line: str) -> bool:
        if dangerous:
            self._told("pickle_call", dangerous)
        if len(self.lines) >= MAX_CALLS or self.size + len(line) > MAX_TEXT:
            self.unwritten += 1
            return False
        self.size += len(line)
        self.lines.append(line)
        return True

    def _shown(self, value: Any, depth: int = 0) -> str:
        """The value as an expression of Python."""
        if isinstance(value, _Global):
            return self._named(value)
        if isinstance(value, _Made):
            if value.variable:
                return value.variable
            if depth > _MAX_DEPTH:
                return "None"
            items = value.given if isinstance(value.given, list) else [value.given]
            given = ", ".join(self._shown(one, depth + 1) for one in items[:_MAX_WIDTH])
            return f"{self._shown(value.callee, depth + 1)}({given})"[: MAX_TEXT // 4]
        if isinstance(value, list):
            if depth > _MAX_DEPTH:
                return "[]"
            return "[" + ", ".join(self._shown(one, depth + 1) for one in value[: max(1, _MAX_WIDTH >> depth)]) + "]"
        if isinstance(value, str | bytes | bytearray):
            return repr(value[: MAX_TEXT // 4]) if not isinstance(value, bytearray) else repr(bytes(value))
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value) if abs(value) < 1 << 64 else hex(value)[:2000]
        return repr(value) if value is None or isinstance(value, bool | float) else "None"

    def _named(self, value: _Global) -> str:
        parts = f"{value.module}.{value.name}"
        if _NAME.fullmatch(parts) is None or any(keyword.iskeyword(one) for one in parts.split(".")):
            return f"getattr(__import__({value.module!r}), {value.name!r})"
        if value.module == "builtins":
            return value.name
        self.imports.add(value.module)
        return parts


_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "NEXT_BUFFER": b""}
_TAKEN = {"EMPTY_LIST": 0, "EMPTY_TUPLE": 0, "EMPTY_DICT": 0, "EMPTY_SET": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
"""Opcodes that make a container of the values on top of the stack."""
