"""Variables of scripts and recipes: what a file gives to a name, and a command with those values in place of the names.

The forms of shells, make, just, Docker, batch files, PowerShell, GitHub's expressions and tox are known. A name that is
given several values stands for each of them; conditions and order are not followed. Nothing is run.
"""

from __future__ import annotations

import re
from itertools import product

MAX_VALUES = 16
"""Values of one name; one that has more stays unknown."""
MAX_NAMES = 2_000
MAX_ALTERNATIVES = 64
MAX_DEPTH = 4
MAX_TEXT = 8_192
_WORD = re.compile(
    r"(?:^|(?<=[\s;&|($:\"]))(?P<name>[A-Za-z_]\w{0,80})[ \t]{0,9}[+:?]?=[ \t]{0,9}"
    r"(?P<value>\"[^\"\n]{0,4000}\"|'[^'\n]{0,4000}'|@?\([^()\n]{0,4000}\)|[^\s;&|=\"'][^\s;&|]{0,4000})"
)
_LINE = re.compile(
    r"\s{0,99}(?:export[ \t]{1,9}|override[ \t]{1,9}|ENV[ \t]{1,9}|ARG[ \t]{1,9})?(?P<name>[A-Za-z_][\w.-]{0,80})"
    r"[ \t]{0,9}(?:::?:?|\?|\+|!)?=(?P<value>[^=].{0,4000})"
)
_SPOKEN = re.compile(
    r"\s{0,99}(?:ENV|setx|set(?:[ \t]{1,9}-\w{1,9}){0,4})[ \t]{1,9}(?P<name>[A-Za-z_]\w{0,80})[ \t]{1,9}"
    r"(?P<value>[^=\s].{0,4000})",
    re.IGNORECASE,
)
_LOOP = re.compile(
    r"\bfor(?:each)?[ \t(]{1,9}(?:%%?|\$)?(?P<name>[A-Za-z_]\w{0,80})[ \t]{1,9}in[ \t]{1,9}"
    r"(?P<value>(?:\$\{[^{}\n]{0,200}\}|[^;{\n]){1,4000})"
)
_LOOP_ENDS = re.compile(r"\)?[ \t]{0,9}(?:\bdo\b|$)")
_ALIAS = re.compile(
    r"\balias[ \t]{1,9}(?P<name>[\w-]{1,80})=(?P<value>\"[^\"\n]{0,4000}\"|'[^'\n]{0,4000}'|[^\s;&|]{1,400})"
)
_PRINTED = re.compile(
    r"\bprintf[ \t]{1,9}[\"'](?P<name>[A-Za-z_]\w{0,80})=%s(?:\\n)?[\"'][ \t]{1,9}"
    r"(?P<value>\"[^\"\n]{0,4000}\"|'[^'\n]{0,4000}'|[^\s;&|>]{1,4000})"
)
_ENDS = re.compile(r";|&&|\|")
_COMMENT = re.compile(r"\s#.{0,4000}$")
REFERENCE = re.compile(
    r"\$\{\{\s{0,9}(?:[\w-]{1,80}\.){0,9}(?P<expression>[\w-]{1,80})[^{}\n]{0,200}\}\}"
    r"|\$\{!?(?P<braces>\w{1,80})(?:\[[^\]\n]{0,80}\])?(?::?[-=+?](?P<default>[^{}\n]{0,400})|[:#%/^,@][^{}\n]{0,200})?\}"
    r"|\$\$?\((?P<make>[A-Za-z_][\w.-]{0,80})\)"
    r"|\$\$?(?:env:)?(?P<bare>[A-Za-z_]\w{0,80})"
    r"|%(?P<batch>[A-Za-z_]\w{0,80})%|%%(?P<letter>[A-Za-z])\b|!(?P<delayed>[A-Za-z_]\w{0,80})!"
    r"|\{\{\s{0,9}(?P<just>[A-Za-z_][\w.-]{0,80})\s{0,9}\}\}"
    r"|\{(?:posargs|env:\w{1,80}):(?P<tox>[^{}\n]{0,400})\}"
)
"""What stands for the value of a name."""
_SUBSTITUTION = re.compile(r"\$\([^()\n]{0,400}\)|`[^`\n]{0,400}`")
_OF_A_FOLDER = re.compile(
    r"\b(?:pwd|dirname|realpath|mktemp|readlink|git\s{1,9}rev-parse|BASH_SOURCE)\b|^(?:\$\(|`)ls\s{1,9}[\w./*-]{1,200}[)`]$"
)
_FOLDERS = frozenset(
    {
        *("PWD", "HOME", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "TRAVIS_BUILD_DIR", "BUILD_SOURCESDIRECTORY", "CURDIR"),
        *("RUNNER_TEMP", "VIRTUAL_ENV", "CONDA_PREFIX", "TMPDIR", "TEMP", "APPDATA", "LOCALAPPDATA", "USERPROFILE"),
        *("workspace", "WORKSPACE", "GITHUB_ACTION_PATH", "MAKEFILE_DIR", "CIRCLE_WORKING_DIRECTORY", "SRC_DIR"),
    }
)
"""Names that systems themselves give to folders."""
_PROGRAMS = {
    **dict.fromkeys(("pip", "pip3"), "pip"),
    **dict.fromkeys(("python", "python3", "py", "interpreter"), "python"),
    **dict.fromkeys(("uv", "uvx", "pipx"), ""),
}


class Variables:
    """Values by name, gathered from lines; those of ``known`` (the settings of the whole file) hold beside them."""

    def __init__(self, known: Variables | None = None) -> None:
        self._known = known
        self._values: dict[str, list[str]] = {}
        self._aliases: dict[str, str] = {}

    def add(self, name: str, value: str) -> None:
        """One value of a name. Lists in brackets are taken apart by blanks, as an installer would get them."""
        value = _COMMENT.sub("", value).strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        elif value.startswith(("(", "@(")):
            value = (
                re.sub(r"[\"']\s{0,9},\s{0,9}[\"']", " ", value.lstrip("@(").rstrip(")"))
                .replace('"', "")
                .replace("'", "")
            )
        known = self._values.setdefault(name, []) if len(self._values) < MAX_NAMES or name in self._values else []
        if value and value not in known and len(known) <= MAX_VALUES:
            known.append(value)

    def gather(self, text: str) -> None:
        """The names that one logical line gives values to."""
        text = settled(text[:MAX_TEXT])
        for pattern in (_WORD, _PRINTED):
            for one in pattern.finditer(text):
                if not one["value"].startswith("%s"):
                    self.add(one["name"], one["value"])
        for one in _LOOP.finditer(text):
            value = one["value"]
            ends = _LOOP_ENDS.search(value)
            self.add(one["name"], value[: ends.start()] if ends else value)
        for pattern in (_LINE, _SPOKEN):
            if whole := pattern.match(text):
                self.add(whole["name"], _ENDS.split(whole["value"], maxsplit=1)[0])
        for one in _ALIAS.finditer(text):
            self._aliases[one["name"]] = one["value"].strip("\"'")

    def expand(self, text: str) -> list[str]:
        """The command with each combination of values; a name without any stays, as does one with too many."""
        text = self._without_alias(settled(text))
        done: dict[str, None] = {}
        waiting = [(text, 0)]
        while waiting and len(done) < MAX_ALTERNATIVES:
            one, depth = waiting.pop(0)
            made = self._once(one) if depth < MAX_DEPTH else [one]
            if made == [one]:
                done[one] = None
                continue
            waiting.extend((each[:MAX_TEXT], depth + 1) for each in made)
            if len(waiting) + len(done) > MAX_ALTERNATIVES:
                # The names stay in it, which tells that not every value was looked at.
                done[text] = None
                del waiting[MAX_ALTERNATIVES - len(done) :]
        return list(done) or [text]

    def _without_alias(self, text: str) -> str:
        first, blank, rest = text.lstrip().partition(" ")
        return self._aliases[first] + blank + rest if first in self._aliases else text

    def _once(self, text: str) -> list[str]:
        found = list(REFERENCE.finditer(text))
        choices = [self._meant(one) for one in found]
        count = 1
        for number, each in enumerate(choices):
            count *= len(each)
            if count > MAX_ALTERNATIVES * 2:  # the rest stays as it is written, and is told of as not known
                choices[number:] = [[one[0]] for one in found[number:]]
                break
        made = []
        for chosen in product(*choices):
            parts, at = [], 0
            for one, value in zip(found, chosen, strict=True):
                parts += [text[at : one.start()], value]
                at = one.end()
            made.append("".join([*parts, text[at:]]))
        return list(dict.fromkeys(made))

    def _all(self, name: str) -> list[str]:
        values = self._values.get(name, [])
        return values if self._known is None else list(dict.fromkeys([*values, *self._known._values.get(name, [])]))

    def _meant(self, reference: re.Match[str]) -> list[str]:
        name = name_of(reference)
        own = (f"${name}", f"({name})", f"{{{name}}}", f"{{{name}[")
        values = [one for one in self._all(name) if not any(each in one for each in own)]
        if len(values) > MAX_VALUES:
            return [reference[0]]
        default = reference["default"] or reference["tox"]
        if default:
            values.append(default)
        if values:
            return values
        if reference["tox"] is not None:
            return [""]
        if name in _FOLDERS:
            return ["./"]
        words = [one for one in name.lower().split("_") if one]
        if words[-2:] == ["pip", "install"]:
            return ["pip install"]
        program = _PROGRAMS.get(words[-1], "") if words else ""
        return [program] if program else [reference[0]]


def name_of(reference: re.Match[str]) -> str:
    """The name that a match of ``REFERENCE`` stands for; of ``${{ matrix.x }}`` the last part."""
    return next((reference[one] for one in _NAMES if reference[one]), "")


def settled(text: str) -> str:
    """The text with what a shell would ask for a folder of the machine (``$(pwd)``, ``$(dirname "$0")``) as ``./``."""
    if "$(" not in text and "`" not in text:
        return text
    for _ in range(MAX_DEPTH):
        text, count = _SUBSTITUTION.subn(lambda one: "./" if _OF_A_FOLDER.search(one[0]) else one[0], text)
        if not count:
            break
    return text


_NAMES = ("expression", "braces", "make", "bare", "batch", "letter", "delayed", "just")
