"""Every pattern of the product, over lines that an adversary would write: none takes more than linear time."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import scanner

SIZE = 60_000
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


def ways(module: str, name: str) -> list[str]:
    """How the module uses the pattern: ``match`` is tried at one place, ``search`` at all."""
    path = Path(__file__).parent.parent / (module.replace(".", "/") + ".py")
    text = path.read_text() if path.exists() else ""
    return sorted(set(re.findall(rf"\b{name}\.(search|match|fullmatch|finditer|findall|sub|split)\b", text)))


def test_no_pattern_is_slow_over_repetition() -> None:
    def stop(*_: object) -> None:
        raise TimeoutError

    slow: list[str] = []
    tried = 0
    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        for module, name, pattern in patterns():
            if module in BOUNDED:
                continue
            for way in ways(module, name):
                tried += 1
                for prefix, unit in itertools.product(("", "a", "import"), UNITS):
                    text = prefix + unit * (SIZE // len(unit)) + "\0"
                    line = text if isinstance(pattern.pattern, str) else text.encode()
                    asked = getattr(pattern, way)
                    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
                    try:
                        found = asked("" if isinstance(line, str) else b"", line) if way == "sub" else asked(line)
                        if way == "finditer":
                            sum(1 for _ in found)
                    except TimeoutError:
                        slow.append(f"{module}.{name}.{way} over {prefix!r} and {unit!r}")
                        break
                    finally:
                        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)
    assert tried > 100
    assert not slow


@pytest.mark.parametrize("module", BOUNDED)
def test_modules_that_need_no_linear_pattern_still_have_one(module: str) -> None:
    assert any(found == module for found, _, _ in patterns())
