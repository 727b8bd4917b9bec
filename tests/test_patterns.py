"""Every pattern of the product, over lines that an adversary would write: none takes more than linear time."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import scanner

SIZE = 60_000
FIRST = SIZE // 20
SECONDS = 1.0
UNITS = [
    *" \t\n\r\"'`\\/.-_=:;,<>()[]{}#@$%&|!?*+~^0a1A",
    "a.",
    "a-",
    "-a",
    " a",
    "a=",
    "=a",
    "a:",
    '"a',
    '\\"',
    "\\'",
    "[a]",
    "{{",
    "${",
    "$(",
    "a,",
    "a/",
    "../",
    "://",
    "a@",
    "a\n",
    "\n ",
    " \\\n",
    "pip ",
    "python",
    "return",
    "import ",
    "a==1",
    " =",
]
BOUNDED = {
    "scanner.inputs.commands": "lines are cut at 8,192 characters",
    "scanner.inputs.poetry_versions": "a constraint has at most 500 characters",
    "scanner.integrity.provenance": "a checkpoint has fewer than 8,192 characters",
    "scanner.code.marks": "100 characters before a name",
    "scanner.code.source": "translated lines have at most 4,000 characters",
    "scanner.inputs.toml": "only text that was parsed before, in which every string ends",
    "scanner.inputs.json_file": "only text that was parsed before, in which every string ends",
    "scanner.code.newer": "in a worker that ends by the clock (code.max-artifact-seconds)",
    "scanner.code.prose": "in a worker that ends by the clock (code.max-artifact-seconds)",
}
"""Modules whose patterns need not be linear, because what they read is bounded."""


def patterns() -> Iterator[tuple[str, str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Module, name and value of the patterns of all modules."""
    for found in pkgutil.walk_packages(scanner.__path__, "scanner."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            yield from ((found.name, name, one) for name, one in vars(module).items() if isinstance(one, re.Pattern))


_UNBOUNDED = re.compile(r"[*+]|\{\d*,\}|\{\d*,\d{3,}\}")
_SETS = re.compile(r"\\.|\[\^?\]?(?:[^\\\]]|\\.)*\]")


def repeats(pattern: re.Pattern[str] | re.Pattern[bytes]) -> int:
    """How many parts of the pattern repeat without a small bound. One without any is linear."""
    written = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    return len(_UNBOUNDED.findall(_SETS.sub("x", written)))


def ways(module: str, name: str) -> list[str]:
    """How the module uses the pattern: ``match`` is tried at one place, ``search`` at all."""
    path = Path(__file__).parent.parent / (module.replace(".", "/") + ".py")
    text = path.read_text() if path.exists() else ""
    return sorted(set(re.findall(rf"\b{name}\.(search|match|fullmatch|finditer|findall|sub|split)\b", text)))


def texts(size: int) -> Iterator[tuple[str, str, str]]:
    """Prefix, repeated unit, and the line of ``size`` characters that they make."""
    for prefix, unit in itertools.product(("", "a", "import"), UNITS):
        yield prefix, unit, prefix + unit * (size // len(unit)) + "\0"


def asked_for(pattern: re.Pattern[str] | re.Pattern[bytes], way: str, text: str, seconds: float) -> float | None:
    """CPU seconds of the search, or ``None`` where it was stopped after ``seconds``."""

    def stop(*_: object) -> None:
        raise TimeoutError

    line = text if isinstance(pattern.pattern, str) else text.encode()
    asked = getattr(pattern, way)
    before = signal.signal(signal.SIGVTALRM, stop)
    began = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        found = asked("" if isinstance(line, str) else b"", line) if way == "sub" else asked(line)
        if way == "finditer":
            sum(1 for _ in found)
    except TimeoutError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - began


def is_slow(pattern: re.Pattern[str] | re.Pattern[bytes], way: str) -> str:
    """The text over which the pattern is slower than linear, or an empty string.

    A search that is quadratic and takes a second at :data:`SIZE` takes 2.5 ms at a twentieth; only what takes a third
    of that is asked again at full length.
    """
    for (prefix, unit, short), (_, _, long) in zip(texts(FIRST), texts(SIZE), strict=True):
        taken = asked_for(pattern, way, short, SECONDS)
        if taken is None or (taken > SECONDS / 1_200 and asked_for(pattern, way, long, SECONDS) is None):
            return f"{prefix!r} and {unit!r}"
    return ""


def test_no_pattern_is_slow_over_repetition() -> None:
    slow: list[str] = []
    tried = 0
    for module, name, pattern in patterns():
        if module in BOUNDED or not repeats(pattern):
            continue
        for way in ways(module, name):
            tried += 1
            if text := is_slow(pattern, way):
                slow.append(f"{module}.{name}.{way} over {text}")
    assert tried > 100
    assert not slow


@pytest.mark.parametrize("slow", [r"(a+)+!", r"a*a*!", r"\s+$"])
def test_a_quadratic_pattern_is_told(slow: str) -> None:
    assert is_slow(re.compile(slow), "search")


def test_a_linear_pattern_is_not_told() -> None:
    assert not is_slow(re.compile(r"\w+"), "finditer")


@pytest.mark.parametrize("module", BOUNDED)
def test_modules_that_need_no_linear_pattern_still_have_one(module: str) -> None:
    assert any(found == module for found, _, _ in patterns())
