"""The one base class of everything that ``assay`` says went wrong."""

from __future__ import annotations


class AssayError(Exception):
    """What happened, where, and what the user can do about it. No other exception reaches a user.

    ``what`` is one sentence in plain words; ``where`` names the file, line and key path (or the URL, without
    credentials); ``remedy`` is the next step. ``exit_code`` follows the README: 2 for usage and unreadable
    input, 3 where a required check could not run; whatever else escapes is a fault of ours and ends with 4.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.message)

    @property
    def message(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  {self.remedy}" if self.remedy else text


class UsageError(AssayError):
    """The command line asks for something that cannot be done."""


class InputError(AssayError):
    """A file that the user named, or that the audit must read, cannot be read as what it claims to be."""


class LimitError(AssayError):
    """Something hostile or absurd went past a bound in bytes, members, depth or time."""


class NetworkError(AssayError):
    """A server did not answer, or did not answer as the protocol says. Never fatal to a run by itself."""

    exit_code = 3
