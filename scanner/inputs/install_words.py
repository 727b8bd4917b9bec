"""The words of one installing command: the packages, the local places, and the words whose meaning is not known."""

from __future__ import annotations

import re
import shlex

import msgspec

from scanner.inputs.requirement_lines import requirement_line
from scanner.inputs.variables import REFERENCE
from scanner.model.location import Location
from scanner.model.requirement import Requirement

MAX_BRACES = 200
"""Words that the braces of one word may stand for."""
_VALUED = frozenset(
    {
        *("-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f"),
        *("--find-links", "-t", "--target", "--prefix", "--root", "--src", "--platform", "--python-version"),
        *("--implementation", "--abi", "--python", "--trusted-host", "--no-binary", "--only-binary"),
        *("--cache-dir", "--timeout", "--retries", "--progress-bar", "-p", "--upgrade-strategy", "--proxy"),
        *("--cert", "--log", "--config-settings", "-C", "--report", "--group", "--extra", "--index"),
        *("--default-index", "--index-strategy", "-G", "--source", "--user-agent", "--override"),
        *("--overrides", "--build", "-w", "--wheel-dir", "-d", "--dest", "--download", "--env-file"),
        *("--directory", "--project", "--package", "--module", "--pip-args", "--suffix"),
        *("--refresh-package", "--upgrade-package", "-P", "--no-build-package", "--no-binary-package"),
        *("--with-requirements", "--exclude-newer", "--resolution", "--prerelease", "--link-mode"),
        *("--config-file", "--env", "--keyring-provider", "--build-constraint", "--global-option"),
        *("--build-option", "--use-feature", "--use-deprecated", "--exists-action", "--client-cert"),
        *("--no-extra", "--only-group", "--no-group", "--optional", "--branch", "--tag", "--rev"),
        *("--marker", "--color", "--allow-insecure-host"),
    }
)
"""Options of pip, pipx, uv, poetry and pdm whose value is the next word, and names no package."""
_PACKAGE_OPTIONS = frozenset(["--with", "--from", "--spec", "--preinstall", "--with-editable", "-e", "--editable"])
"""Options whose value is a package, or several with commas between them."""
_GROUP_OPTIONS = frozenset(["--with", "--without", "--only"])
_UNKNOWN = re.compile(r"[$`{}]|%\w+%|%%[A-Za-z]\b|!\w+!|%[*\d]")
_OF_TOX = re.compile(r"\{(?:opts|packages|posargs|envdir|envpython|envbindir|envsitepackagesdir)\}")
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[\w,. -]*\])?)\s*(?:[=~!<>]=?=?|@)\s*[^\s]*")
_READ_FILE = re.compile(r"(?:\$\(|`)\s*(?:cat|<|grep\s[^()|`]*|sed\s[^()|`]*)\s*[\w./-]+\s*(?:\)|`)?")
_SUBSTITUTED = re.compile(r"\$\([^()]*\)|`[^`]*`")
_EXPRESSION = re.compile(r"\$?\{\{[^{}]*\}\}")
_BRACES = re.compile(r"\{([^{}$]*,[^{}$]*)\}")
_LOCAL = re.compile(r"[./~]|[A-Za-z]:[\\/]|\\")
_ENDS = frozenset(["&", "}", ")", "done", "fi", "then", "do"])
_REDIRECTS = ("2>", "&>", "1>", ">", "<", "|")


class InstallWords(msgspec.Struct):
    """``packages`` in the order of the command, ``places`` (folders and archives of the machine, as written) and
    ``unknown``: words with a variable or a substitution in them, whose packages cannot be said."""

    packages: list[Requirement]
    places: list[str]
    unknown: list[str]


def read_words(rest: str, location: Location, *, most: int | None = None, names_groups: bool = False) -> InstallWords:
    """What an install command names after its subcommand. Of a command that starts a program (``uvx``, ``pipx run``,
    ``uv run``) the first ``most`` words are packages; the others are the program's own. ``names_groups``: its
    ``--with`` names a group of the manifest (poetry, pdm), and no package."""
    found = InstallWords([], [], [])
    rest = _SUBSTITUTED.sub(lambda one: "" if _READ_FILE.fullmatch(one[0]) else re.sub(r"\s", "_", one[0]), rest)
    words = _split(_EXPRESSION.sub(lambda one: re.sub(r"\s", "", one[0]), rest))
    left = len(words) if most is None else most
    at = 0
    while at < len(words):
        word = words[at]
        option, equals, value = word.partition("=")
        if word in _ENDS or word.startswith(_REDIRECTS):
            break
        if option in _PACKAGE_OPTIONS and not (names_groups and option in _GROUP_OPTIONS):
            if not equals:
                at += 1
                value = words[at] if at < len(words) else ""
            names = [value] if "[" in value else value.split(",")
            for one in names if option not in ("-e", "--editable") else [value]:
                _take(one, location, found)
            if option in ("--from", "--spec"):
                left = 0
        elif word in _VALUED or word in _GROUP_OPTIONS:
            at += 1
        elif word.startswith("-") and word != "-":
            pass
        elif left > 0:
            left -= 1
            for one in _braced(word):
                _take(one, location, found)
        else:
            break
        at += 1
    return found


def _split(rest: str) -> list[str]:
    try:
        return shlex.split(rest, comments=True)
    except ValueError:
        return rest.split()


def _braced(word: str) -> list[str]:
    """``{a,b}==1`` of a shell as its words."""
    waiting: list[str] = [word]
    done: list[str] = []
    while waiting and len(done) + len(waiting) < MAX_BRACES:
        one = waiting.pop()
        if matched := _BRACES.search(one):
            waiting.extend(one[: matched.start()] + each + one[matched.end() :] for each in matched[1].split(","))
        else:
            done.append(one)
    return done + waiting


def _take(word: str, location: Location, found: InstallWords) -> None:
    word = word.strip("\"'")
    if not word or _OF_TOX.fullmatch(word):
        return
    if _UNKNOWN.search(word):
        _take_unknown(word, location, found)
    elif _LOCAL.match(word) or "*" in word or word.endswith((".txt", ".in")):
        found.places.append(word)
    else:
        try:
            found.packages.append(requirement_line(word, location))
        except ValueError:
            # A list in quotes is several words where the shell gets each of them (``"${packages[@]}"``).
            several = word.split()
            for one in several if len(several) > 1 else ():
                _take(one, location, found)
            if len(several) < 2:
                found.places.append(word)
        else:
            if found.packages[-1].url.startswith("file:"):
                found.places.append(word)


def _take_unknown(word: str, location: Location, found: InstallWords) -> None:
    """A word in which something is filled in. A version that is not known leaves the name; the newest is taken."""
    named = _NAMED.fullmatch(word)
    if named and not _UNKNOWN.search(named["name"]) and "@" not in word:
        try:
            found.packages.append(requirement_line(named["name"], location))
        except ValueError:
            found.unknown.append(word)
    elif _LOCAL.match(word) and "://" not in word:
        found.places.append(word)  # a path whose first part is known: nothing of an index
    elif not (word.startswith("$(") and _READ_FILE.match(word)):
        found.unknown.append(word)


def has_reference(text: str) -> bool:
    """True where a value of a variable, an alias or a substitution may stand in a command."""
    return REFERENCE.search(text) is not None
