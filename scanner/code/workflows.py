"""Workflows of CI as Python: which command sends which secrets to whom.

Nothing is expanded or run. A secret is followed by its name: through ``env:``, through variables of the shell, and
through a file that a command writes. A secret that goes to the service that it is of is what it is there for.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from scanner.code.shell import Script
from scanner.code.source import decode

MAX_BYTES = 512 * 1024
"""Of one workflow: the bound of GitHub itself."""
MAX_COMMAND = 8_000
"""Characters of a command."""
MAX_SECRETS = 1_000
"""Names under which secrets are followed in one workflow."""
EVERYTHING = "*"
"""Stands for all secrets of the repository, or the whole environment of a job."""
_SECRET = re.compile(r"\$\{\{[^{}]{0,200}?\bsecrets\s*(?:\.\s*(\w+)|\[\s*['\"](\w+)['\"]\s*\])")
_TOKEN = re.compile(r"\$\{\{\s*github\.token\s*\}\}")
_ALL = re.compile(r"(?i)\btojson\(\s*secrets\s*\)")
_SETS = re.compile(r"\s*(?:-\s+)?(?:export\s+)?['\"]?([A-Za-z_]\w*)['\"]?\s*(?::\s|=)")
_USES = re.compile(r"\$(?:\{([A-Za-z_]\w*)|([A-Za-z_]\w*))|\benviron(?:\.get\(|\[)\s*['\"](\w+)|\benv\.(\w+)")
_WRITES = re.compile(r"(?:>{1,2}|\btee\s+(?:-a\s+)?)\s*['\"]?([\w./~-]+)")
_READS = re.compile(r"(?:@|<|--post-file[= ]|--upload-file[= ]|-T\s?)\s*['\"]?([\w./~-]+)")
_ENVIRONMENT = re.compile(r"(?:^|[\s;&|(`:])(?:env|printenv|export(?:\s+-p)?|set)\s*(?:\||>|\)|`)")
_SENDS = re.compile(
    r"\b(?:curl|wget|ncat|nc|http(?:ie)?\s+(?:post|put)|xh|invoke-webrequest|invoke-restmethod|iwr|irm"
    r"|requests\.(?:post|get|put)|httpx\.(?:post|get|put)|urlopen|fetch\(|axios)(?![\w-])",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?i)\b(?:https?|ftp)://(?:[^\s/@'\"]{0,200}@)?([\w.-]+)")
_BARE = re.compile(
    r"(?i)\b(?:curl|wget|ncat|nc)\b[^\n]{0,300}?\s['\"]?((?:[\w-]{1,63}\.){1,6}[a-z]{2,24})(?=[:/'\"\s]|$)"
)
_PLACE = re.compile(r"(?i)(?:--url=)?(?:https?|ftp)://(?:[^\s/@'\"]{0,200}@)?([\w.-]+)")
"""A URL that is a word of its own: what a program of the command line sends to."""
_COMMENT = re.compile(r"(?<!\S)#.*")
_PIPE = re.compile(r"(?<!\|)\|(?!\|)")
_TAKES_PIPE = re.compile(r"@-|(?:-T|--upload-file|--post-file)[= ]?\s*-(?!\S)|\b(?:nc|ncat|xargs)\b")
_NEXT = re.compile(r"&&|\|\||;")
_GRAVEST = ("workflow_sends_everything", "workflow_sends_many", "workflow_sends_foreign")
_SCALAR = re.compile(r"(?P<indent>\s*)(?:-\s+)?(?:run|script|command)\s*:\s*>[-+\d]*\s*$")
_OWN = ("localhost", "127.0.0.1", "example.com", "example.org")

_SERVICES: Mapping[str, tuple[str, ...]] = {
    "PYPI": ("pypi.org", "pythonhosted.org"),
    "TWINE": ("pypi.org", "pythonhosted.org"),
    "AWS": ("amazonaws.com", "aws.amazon.com", "amazon.com"),
    "GITHUB": ("github.com", "githubusercontent.com", "ghcr.io", "githubapp.com"),
    "GH": ("github.com", "githubusercontent.com", "ghcr.io"),
    "NPM": ("npmjs.org", "npmjs.com"),
    "NODE_AUTH": ("npmjs.org", "npmjs.com"),
    "DOCKER": ("docker.com", "docker.io"),
    "DOCKERHUB": ("docker.com", "docker.io"),
    "HF": ("huggingface.co", "hf.co"),
    "HUGGINGFACE": ("huggingface.co", "hf.co"),
    "OPENAI": ("openai.com", "azure.com"),
    "ANTHROPIC": ("anthropic.com",),
    "AZURE": ("azure.com", "microsoft.com", "windows.net", "microsoftonline.com", "visualstudio.com", "azure.net"),
    "GCP": ("googleapis.com", "google.com"),
    "GOOGLE": ("googleapis.com", "google.com"),
    "GITLAB": ("gitlab.com",),
    "SSH": (),
    "GPG": (),
    "KUBE": (),
    "KUBECONFIG": (),
    "CARGO": ("crates.io",),
    "CLOUDFLARE": ("cloudflare.com",),
    "CF": ("cloudflare.com",),
}
"""Services by the first word of the names that their secrets have, and their hosts. Others are of hosts not known."""


def read_workflow(data: bytes) -> Script:
    """``workflow_sends_…(secrets, host, command)`` on the line of each command that sends secrets of others."""
    lines = decode(data[:MAX_BYTES]).split("\n")
    made = [""] * len(lines)
    held: dict[str, frozenset[str]] = {}
    gaps: dict[str, None] = {}
    if len(data) > MAX_BYTES:
        gaps[f"it is larger than {MAX_BYTES // 1024} KiB, and was read only so far"] = None
    # What a variable holds may stand behind what uses it: the ``env`` of a step follows its ``run``.
    commands = list(_commands(lines))
    for number, text in commands * 2:
        if len(text) > MAX_COMMAND:
            gaps[f"a command of it has more than {MAX_COMMAND:,} characters, and was read only so far"] = None
            text = text[:MAX_COMMAND]
        secrets = _secrets_of(text, held)
        if _SENDS.search(text) is not None:
            told = [_told(_secrets_of(one, held), one) for one in (text, *filter(_SENDS.search, _NEXT.split(text)))]
            told += [_strayed(_secrets_of(one, held), one) for one in _ends_of(text) if _SENDS.search(one) is not None]
            if any(told):
                made[number] = f"{next(one for one in _GRAVEST if one in told)}({text!r})"
        if not secrets:
            continue
        for name in [one[1] for one in (*_WRITES.finditer(text), *filter(None, [_SETS.match(text)]))]:
            if name in held or len(held) < MAX_SECRETS:
                held[name] = held.get(name, frozenset()) | secrets
            else:
                gaps[f"it hands on secrets under more than {MAX_SECRETS:,} names"] = None
    return Script("\n".join(made) + "\n", tuple(gaps))


def _commands(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Each command and its first line: lines that a backslash or a folded block (``>``) joins are one."""
    number = 0
    while number < len(lines):
        first = number
        text = lines[number].rstrip()
        number += 1
        folded = _SCALAR.fullmatch(text)
        if text.lstrip().startswith("#"):
            continue
        parts = [text]
        if folded is not None:
            depth = len(folded["indent"])
            while number < len(lines) and (
                not lines[number].strip() or len(lines[number]) - len(lines[number].lstrip()) > depth
            ):
                parts.append(lines[number].strip())
                number += 1
        else:
            while parts[-1].endswith(("\\", "|")) and not parts[-1].endswith((": |", ":|")) and number < len(lines):
                parts[-1] = parts[-1].rstrip("\\")
                parts.append(lines[number].strip())
                number += 1
        yield first, " ".join(parts)


def _secrets_of(text: str, held: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The names of the secrets that are in a command."""
    found = {one[1] or one[2] for one in _SECRET.finditer(text)}
    if _TOKEN.search(text) is not None:
        found.add("GITHUB_TOKEN")
    if _ALL.search(text) is not None or _ENVIRONMENT.search(text) is not None:
        found.add(EVERYTHING)
    for one in _USES.finditer(text):
        name = one[1] or one[2] or one[3] or one[4]
        found |= held.get(name, {name} if _service(name) and _is_key(name) else frozenset())
    for one in _READS.finditer(text):
        found |= held.get(one[1], frozenset())
    return frozenset(found)


def _is_key(name: str) -> bool:
    return name.upper().endswith(("_TOKEN", "_KEY", "_SECRET", "_PASSWORD", "_PAT"))


def _service(name: str) -> str:
    """The service that a secret is of, by its name; empty where the name says none."""
    upper = name.upper()
    return next((one for one in _SERVICES if upper == one or upper.startswith(f"{one}_")), "")


def _told(secrets: frozenset[str], text: str) -> str:
    """What is to be said of a command that sends these secrets; empty where they go where they belong."""
    hosts = {one[1].lower().rstrip(".") for one in (*_HOST.finditer(text), *_BARE.finditer(text))}
    hosts = {one for one in hosts if not _is_of({one}, _OWN)}
    if not secrets or not hosts:
        return ""
    if EVERYTHING in secrets:
        return "workflow_sends_everything"
    foreign = {one for one in map(_service, secrets) if one and not _is_of(hosts, _SERVICES[one])}
    if not foreign:
        return ""
    return "workflow_sends_many" if len(foreign) > 1 else "workflow_sends_foreign"


def _ends_of(text: str) -> Iterator[str]:
    """Each command by itself, without its comment; one that takes what a pipe gives it together with what gives it."""
    for one in _NEXT.split(text):
        before = ""
        for part in _PIPE.split(_COMMENT.sub("", one)):
            yield f"{before} {part}" if _TAKES_PIPE.search(part) is not None and _SENDS.search(before) is None else part
            before = part


def _words(text: str) -> Iterator[str]:
    """The words of a command as a shell takes them; within one that is a quoted command of YAML, its own."""
    for one in _split(text):
        yield from _split(one) if _SENDS.search(one) is not None and " " in one else (one,)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # A quote that nothing closes: half of a command.
        return text.replace('"', " ").replace("'", " ").split()


def _strayed(secrets: frozenset[str], text: str) -> str:
    """As :func:`_told`, by the places that one command sends to. A host of the service in a header, in what is sent or
    beside the other makes the other no less foreign."""
    places = {one[1].lower().rstrip(".") for word in _words(text) if (one := _PLACE.match(word))}
    told = {_told(secrets, f"https://{one}/") for one in places}
    return next((one for one in _GRAVEST if one in told), "")


def _is_of(hosts: set[str], known: tuple[str, ...]) -> bool:
    return any(host == one or host.endswith(f".{one}") for host in hosts for one in known)
