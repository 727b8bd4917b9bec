"""The body of an answer as it arrives, so that a bound in time can be looked at after every packet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scanner.index.deadline import ended_after, socket_of

if TYPE_CHECKING:
    import requests

CHUNK = 1024 * 1024


def arriving(answer: requests.Response, seconds: float) -> Iterator[bytes]:
    """Pieces of at most ``CHUNK`` bytes, unpacked where the server packed them, for at most so many seconds.

    A source that sends a byte every few seconds never meets the timeout of a single read, and never fills a chunk of
    fixed size: whoever waits for whole chunks waits for days. Raises what ``requests`` and ``urllib3`` raise, and
    :class:`TimeoutError` at the end of the seconds.
    """
    with ended_after(seconds, lambda: socket_of(answer)):
        if not hasattr(answer.raw, "read1"):  # urllib3 before 2.0
            yield from answer.iter_content(4096)
            return
        while piece := answer.raw.read1(CHUNK, decode_content=True):
            yield piece
