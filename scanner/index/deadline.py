"""An end by the clock to what comes from a socket, however little trickles in and whoever is waiting for it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import Response

LATE = "the server did not answer in time"


@contextmanager
def ended_after(seconds: float, find: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shuts the socket down after so many seconds; what fails then fails as a :class:`TimeoutError`.

    A timeout is for one read of the socket, and the libraries read on by themselves: through headers, through the
    trailer behind the last chunk, and through packed bytes that unpack to nothing.
    """
    expired = threading.Event()

    def end() -> None:
        expired.set()
        opened = find()
        if opened is not None:
            # The plain socket's own: that of a TLS socket changes what another thread is reading with.
            try:
                socket.socket.shutdown(opened, socket.SHUT_RDWR)
            except OSError:
                return

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if expired.is_set():
            raise TimeoutError(LATE) from error
        raise
    finally:
        timer.cancel()
    if expired.is_set():
        raise TimeoutError(LATE)  # A body without a stated length ends as if it were whole.


def socket_of(answer: Response) -> socket.socket | None:
    """The socket that the body of an answer comes from; ``None`` where urllib3 does not tell."""
    raw: Any = answer.raw
    owner = getattr(getattr(raw, "_sock_shutdown", None), "__self__", None)
    if owner is None:  # urllib3 before 2.3
        opened = getattr(getattr(raw, "_fp", None), "fp", None)
        owner = getattr(getattr(opened, "raw", None), "_sock", None)
    return owner if isinstance(owner, socket.socket) else None
