"""How much memory and CPU time a block of a test takes."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@contextmanager
def within(megabytes: int, seconds: float) -> Iterator[None]:
    """Fails where more memory was held at once, or more CPU time spent.

    On Linux the memory is what the kernel counted (``VmHWM``, set back at the start: proc(5)); elsewhere, what Python
    allocated, which slows the block down by up to ten times.
    """
    gc.collect()
    counted = _forget()
    before = _kilobytes("VmRSS") if counted else 0
    if not counted:
        tracemalloc.start()
    started = time.process_time()
    try:
        yield
        spent = time.process_time() - started
        peak = (_kilobytes("VmHWM") - before) * 1024 if counted else tracemalloc.get_traced_memory()[1]
    finally:
        if not counted:
            tracemalloc.stop()
    assert peak < megabytes * 1024 * 1024
    assert spent < seconds


def _forget() -> bool:
    """Sets the kernel's peak back to what is held now; whether it did."""
    try:
        _FORGET.write_text("5")
    except OSError:
        return False
    return True


def _kilobytes(field: str) -> int:
    line = next(one for one in _STATUS.read_text().splitlines() if one.startswith(field + ":"))
    return int(line.split()[1])
