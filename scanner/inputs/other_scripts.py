"""Commands in files of any other name: recipes of containers and clusters, units, plans, templates of scripts.

There is no end of tools that hand lines of a file to a shell. So every text whose name does not say that it is prose,
data, or source of a language that has readers of its own is searched for lines that install.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scanner.inputs.commands import ShellLine, find_commands, is_fixed, shell_lines
from scanner.inputs.requirement_lines import requirement_line
from scanner.inputs.settings_walk import states_more_than_a_name
from scanner.inputs.source import SourceText
from scanner.model.location import Location
from scanner.model.locked import Gap, InstallCommand, NamedFile
from scanner.model.requirement import Requirement

TOKENS = (b"pip", b"easy_install", b"uvx", b"uv ", b"poetry", b"pdm", b"requirement")
"""One of these stands wherever ``WORDS`` finds something."""
WORDS = re.compile(
    rb"\bpip[\d.]{0,5}(?:\.exe)?(?:[\s'\",]{1,9}-[\w=./-]{1,60}){0,5}[\s'\",]{1,9}(?:install|wheel)\b|\beasy_install\s"
    rb"|\buv\s{1,9}(?:add|pip|tool|run)\b|(?:^|[;&|\"'(@])[ \t]{0,99}uvx[ \t]|\bpipx\s{1,9}(?:install|run|inject)\b"
    rb"|\b(?:poetry|pdm|pipenv)\s{1,9}add\b|^\s{0,9}requirements?\s{0,9}=",
    re.MULTILINE,
)
_TEMPLATES = frozenset({".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".erb", ".mustache", ".in", ".dist"})
_PROSE_OR_DATA = frozenset(
    {
        *(".md", ".markdown", ".mdx", ".rst", ".adoc", ".org", ".txt", ".html", ".htm", ".svg", ".css"),
        *(".scss", ".less", ".csv", ".tsv", ".jsonl", ".ndjson", ".log", ".po", ".pot", ".tex", ".bib", ".diff"),
        *(".patch", ".sql", ".lock", ".json", ".yml", ".yaml", ".toml", ".ipynb", ".map", ".snap", ".ambr", ".out"),
        *(
            ".egg-info",
            ".1",
            ".2",
            ".3",
            ".5",
            ".7",
            ".8",
            ".texi",
            ".pod",
            ".wiki",
            ".textile",
            ".eml",
            ".mbox",
            ".srt",
            ".vtt",
        ),
    }
)
_PROGRAMS = frozenset(
    {
        *(".xml", ".pyi", ".pyx", ".pxd", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".vue", ".svelte"),
        *(".java", ".kt", ".scala", ".go", ".rs", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".cs", ".m", ".mm"),
        *(".swift", ".php", ".lua", ".r", ".jl", ".dart", ".ex", ".exs", ".erl", ".hs", ".ml", ".clj", ".vim", ".el"),
    }
)
_NEVER_TEXT = frozenset(
    {
        *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".ico", ".tif", ".tiff", ".pdf", ".mp3", ".mp4", ".wav"),
        *(".flac", ".ogg", ".avi", ".mov", ".mkv", ".zip", ".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".whl"),
        *(".7z", ".rar", ".npy", ".npz", ".pkl", ".pickle", ".pt", ".pth", ".bin", ".h5", ".hdf5", ".parquet"),
        *(".arrow", ".safetensors", ".onnx", ".so", ".dll", ".pyd", ".exe", ".dylib", ".o", ".a", ".pyc", ".class"),
        *(".jar", ".ttf", ".otf", ".woff", ".woff2", ".eot", ".sqlite", ".db", ".pack", ".idx", ".nii", ".dcm"),
    }
)
_PROSE_NAMES = re.compile(
    r"(?i)(?:readme|license|licence|copying|change(?:s|log)?|history|news|authors|contribut\w*|install|faq|todo|notice"
    r"|release\w*|upgrading|security|credits|thanks|copyright|code_of_conduct|record|metadata|pkg-info)(?:[._-].*)?"
)
_TEXTS_OF_TOOLS = frozenset({"CMakeLists.txt"})
_STARTED = re.compile(
    r"(?i)(?:exec|spawn|system|popen|run|command|script|shell|cmd|line|value|executable)\w*+[\"']?\s*+[(:=\[].*\bpip"
)
"""What stands before a command that a program or a description in XML starts; their other texts are shown to people."""
_MARKED = re.compile(r"^\s*+[!%]{1,2}\s*+")
_LISTED_WORDS = re.compile(r"[\"']\s*+,\s*+[\"']")
_QUOTED = re.compile(r"\"[^\"]*+\"|'[^']*+'|`[^`]*+`")
_KEY = re.compile(r"^(\s*+[\w.-]++\s*+=)[-+!@:]*+")
"""``ExecStartPre=-/usr/bin/pip …`` of systemd, whose marks say how it is started."""
_REQUIREMENTS = re.compile(r"\s*+requirements\s*+=\s*+(?P<list>\S.*)")
_REQUIREMENT = re.compile(r"\s*+requirement\s*+=\s*+(?P<file>\S+)\s*+")
Found = Iterator[InstallCommand | Gap | NamedFile]


def may_be_script(relative: str) -> bool:
    """True for a text that a tool may run lines of, by its name."""
    pure = PurePosixPath(relative)
    if pure.name in _TEXTS_OF_TOOLS:
        return True
    while pure.suffix.lower() in _TEMPLATES:
        pure = pure.with_suffix("")
    suffix = pure.suffix.lower()
    if suffix in _PROSE_OR_DATA or suffix in _NEVER_TEXT:
        return False
    return _PROSE_NAMES.fullmatch(pure.name) is None


def installing_lines(source: SourceText) -> Found:
    """The commands of every line, without what other languages put around them; and what stands under the keys
    ``requirements = a, b`` (buildozer) and ``requirement = file`` (pip's own configuration)."""
    lines: list[ShellLine] = []
    is_program = PurePosixPath(source.path).suffix.lower() in _PROGRAMS
    for line in shell_lines(enumerate(source.text.splitlines(), 1)):
        location = Location(source.path, line.number)
        if is_program and not _STARTED.search(line.text):
            continue
        if stated := _REQUIREMENTS.fullmatch(line.text):
            yield from _listed(stated["list"], location)
        if named := _REQUIREMENT.fullmatch(line.text):
            yield NamedFile(location, named["file"])
        text = _LISTED_WORDS.sub(" ", _MARKED.sub("", line.text))
        if is_program:
            lines.extend(ShellLine(line.number, one[1:-1]) for one in _QUOTED.findall(text))
            continue
        text = _KEY.sub(r"\1 ", text)
        lines.append(ShellLine(line.number, _opened(text)))
    yield from find_commands(lines, source.path)


def _opened(text: str) -> str:
    """The text without the quotes and brackets that end a call or a list around a command."""
    inner = text.rstrip(" \t)]};,")
    return inner.rstrip("\"'") if inner.endswith(("'", '"')) else text.rstrip(" \t);,}")


def _listed(text: str, location: Location) -> Found:
    found: list[Requirement] = []
    for one in re.split(r"[\s,]+", text.strip()):
        try:
            found.append(requirement_line(one, location))
        except ValueError:
            return
    if any(states_more_than_a_name(one) for one in found):
        for one in found:
            if one.name not in ("python", "python3"):
                yield InstallCommand("install", location, one.text, (one,), pinned=is_fixed(one))
