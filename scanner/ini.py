"""Settings in the form of INI files, as Python's ``configparser`` reads them, in linear time."""

from __future__ import annotations

import configparser
import re

MAX_BLANKS = 200
"""Blanks in a row that are read as they are; of more, so many. ``configparser`` tries each as the end of a name."""
_BLANKS = re.compile(rf"[^\S\n]{{{MAX_BLANKS},}}")


class IniError(ValueError):
    """The text is no INI file."""


def read_ini(text: str, *, lenient: bool = False) -> configparser.RawConfigParser:
    """Sections and options, without interpolation. Raises :class:`IniError`.

    ``lenient``: an option may stand twice (the later counts), and without a value.
    """
    parser = configparser.RawConfigParser(strict=not lenient, allow_no_value=lenient, interpolation=None)
    try:
        parser.read_string(_BLANKS.sub(" " * MAX_BLANKS, text))
    except (configparser.Error, ValueError) as error:
        raise IniError(str(error)) from error
    return parser
