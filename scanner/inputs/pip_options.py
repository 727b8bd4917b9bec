"""The options that pip takes in a requirements file, read as pip reads them: shell words, several on a line.

Source: pip's documentation, "Requirements File Format", and Python's ``optparse``, which pip reads them with: a long
option may be shortened to any prefix that is its own (``--extra-index``), a short one stands before its value with or
without a blank (``-rbase.txt``).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import msgspec

VALUED = {
    "--index-url": "index-url",
    "--pypi-url": "index-url",
    "--extra-index-url": "extra-index-url",
    "--find-links": "find-links",
    "--trusted-host": "trusted-host",
    "--no-binary": "no-binary",
    "--only-binary": "only-binary",
    "--all-releases": "all-releases",
    "--only-final": "only-final",
    "--requirement": "requirement",
    "--constraint": "constraint",
    "--editable": "editable",
    "--hash": "hash",
    "--config-settings": "",
    "--config-setting": "",
    "--global-option": "",
    "--install-option": "",
    "--build-option": "",
    "--use-feature": "",
}
FLAGS = {
    "--no-index": "no-index",
    "--pre": "pre",
    "--require-hashes": "require-hashes",
    "--no-require-hashes": "no-require-hashes",
    "--prefer-binary": "prefer-binary",
    "--use-pep517": "",
    "--no-use-pep517": "",
    "--process-dependency-links": "",
    "--always-unzip": "",
}
SHORT = {
    "-i": "--index-url",
    "-f": "--find-links",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-C": "--config-settings",
}
_BEGIN = re.compile(r"(?:^|\s)(?=-)")


class Option(msgspec.Struct, frozen=True):
    """One option: ``kind`` as in :class:`~scanner.model.requirement.IndexOption`, or ``requirement``, ``constraint``,
    ``editable``, ``hash``; empty for one that changes nothing of what is installed."""

    kind: str
    value: str


class Words(msgspec.Struct, frozen=True):
    """A line taken apart: the requirement before the options (may be empty), the options, and words that belong to
    none: pip passes over them."""

    requirement: str
    options: tuple[Option, ...]
    stray: tuple[str, ...]


def words_of(line: str) -> Words:
    """A logical line. Raises ``ValueError`` with a reason for what pip refuses."""
    found = _BEGIN.search(line)
    if found is None:
        return Words(line, (), ())
    requirement, rest = line[: found.start()].strip(), line[found.end() :]
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise ValueError(f"its quotes do not match ({str(error).lower()})") from error
    options: list[Option] = []
    stray: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            stray.extend(remaining)
        elif word.startswith("-") and word != "-":
            options.append(_option(word, remaining))
        else:
            stray.append(word)
    return Words(requirement, tuple(options), tuple(stray))


def _option(word: str, following: Iterator[str]) -> Option:
    if not word.startswith("--"):
        name, inline = SHORT.get(word[:2], ""), word[2:]
        given = bool(inline)
        if not name:
            raise ValueError(f"pip has no requirements-file option {word[:40]}")
    else:
        text, equals, inline = word.partition("=")
        name, given = _long(text), bool(equals)
    if name in FLAGS:
        if given:
            raise ValueError(f"the option {name} takes no value")
        return Option(FLAGS[name], "")
    value = inline if given else next(following, None)
    if not value:
        raise ValueError(f"the option {name} needs a value")
    return Option(VALUED[name], value)


def _long(text: str) -> str:
    """The option that the text is, or is the only beginning of."""
    known = (*VALUED, *FLAGS)
    if text in known:
        return text
    meant = [one for one in known if one.startswith(text)] if len(text) > 2 else []
    if len({VALUED.get(one, FLAGS.get(one)) for one in meant}) > 1:
        raise ValueError(f"the option {text[:40]} may be {' or '.join(sorted(meant))}")
    if not meant:
        raise ValueError(f"pip has no requirements-file option {text[:40]}")
    return meant[0]
