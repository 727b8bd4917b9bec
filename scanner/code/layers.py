"""Layers: code inside strings. What is handed to ``exec``, an interpreter or a shell is itself parsed and analysed."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from scanner.code.objects import Objects
from scanner.code.scope import Scope
from scanner.code.source import decode, parse
from scanner.code.values import Value
from scanner.model.finding import DecodedLayer

MAX_SHOWN = 4000
MIN_SCRIPT = 12
_ENCODED = re.compile(
    r"(?i)powershell(?:\.exe)?\b.{0,400}?\s[-/]e(?:nc(?:odedcommand)?|c)?\s+[\"']?([A-Za-z0-9+/=]{16,})", re.S
)
_PYTHON_C = re.compile(r"(?is)(?:python[\w.]{0,40}(?:\.exe)?[\"']?|pythonw|\{\})\s+(?:-[a-zA-Z]\s+)*-c\s+(.+)$")
_PIPED_BASE64 = re.compile(r"(?:echo|printf)\s+[\"']?([A-Za-z0-9+/=]{16,})[\"']?\s*\|\s*base64\s+(?:-d|--decode|-D)")
_CODE_LIKE = re.compile(
    r"(?m)^[^\S\n]*+(?:import\s+\w|from\s+[\w.]+\s+import\s|exec\s*\(|def\s+\w+\s*\()|__import__\s*\(|;\s*import\s+\w"
)


def looks_like_python(text: str) -> bool:
    """True for text that is probably Python source, by its first 20,000 characters."""
    return len(text) >= MIN_SCRIPT and _CODE_LIKE.search(text[:20_000]) is not None


class Layers(Objects):
    """Opens layers in place: the code of a layer is evaluated in the scope and at the trigger of what starts it."""

    def run_text(self, source: Value, scope: Scope, via: str) -> None:
        """Evaluate source text that is handed to ``exec`` or its like, where the text is known."""
        const = source.const
        if isinstance(const, bytes):
            text = decode(const)
        elif isinstance(const, str):
            text = const
        else:
            return
        how = " → ".join((*source.how, via)) if source.how else via
        self.open_layer(text, how, scope)

    def written_imported(self, content: Value, scope: Scope) -> None:
        """A module of which this code wrote the file."""
        self.run_text(content, scope, "written to a file and imported")

    def open_layer(self, text: str, how: str, scope: Scope) -> None:
        """Parse and evaluate one layer, once for each text, within the bounds of depth and count."""
        key = hash(text)
        if not text.strip() or key in self.layer_seen:
            return
        if len(self.layers) >= self.limits.max_layers or self.layer_count >= self.limits.max_layer_count:
            self.gap("it holds more layers of code inside code than the bound allows")
            return
        self.layer_seen.add(key)
        self.layer_count += 1
        parsed = parse(text.strip("\n") if not text[:1].isspace() else text.strip(), self.limits)
        self.layers.append(DecodedLayer(how, text[:MAX_SHOWN], len(text) > MAX_SHOWN))
        outer = self.outer_line
        self.outer_line = outer or self.line
        try:
            labels = self.catalogue.string_labels(text)
            self.record(frozenset({"layer"}), how, labels | ({"unparsed"} if parsed.tree is None else frozenset()))
            if parsed.tree is not None:
                self.block(parsed.tree.body, scope)
            elif len(text) > self.limits.max_parse_bytes or "\n" in text:
                self.gap(f"it holds code inside code that cannot be read: {parsed.reason}")
        finally:
            self.outer_line = outer
            self.layers.pop()

    def command(self, text: str, scope: Scope) -> tuple[frozenset[str], list[DecodedLayer]]:
        """Labels and decoded layers of a command line; Python inside it is evaluated as a layer."""
        labels = set(self.catalogue.string_labels(text))
        shown: list[DecodedLayer] = []
        for matched in _ENCODED.finditer(text[:200_000]):
            decoded = _powershell(matched.group(1))
            if decoded:
                labels |= self.catalogue.string_labels(decoded) | {"cmd.powershell-encoded"}
                shown.append(
                    DecodedLayer(
                        "PowerShell -EncodedCommand", decoded[:MAX_SHOWN], len(decoded) > MAX_SHOWN, "powershell"
                    )
                )
                inner, deeper = self.command(decoded, scope) if len(shown) < 4 else (frozenset(), [])
                labels |= inner
                shown += deeper
        for matched in _PIPED_BASE64.finditer(text[:200_000]):
            decoded = _base64_text(matched.group(1))
            if decoded:
                labels |= self.catalogue.string_labels(decoded) | {"cmd.decoded"}
                shown.append(DecodedLayer("shell base64 -d", decoded[:MAX_SHOWN], len(decoded) > MAX_SHOWN, "shell"))
        if (inline := _PYTHON_C.search(text)) is not None:
            code = inline.group(1).strip()
            if code[:1] in "\"'" and (end := code.rfind(code[0])) > 0:
                code = code[1:end]
            if looks_like_python(code) or "exec" in code:
                self.open_layer(code.replace('\\"', '"'), "python -c", scope)
        return frozenset(labels), shown


def _powershell(encoded: str) -> str:
    try:
        raw = binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        return ""
    text = raw.decode("utf-16-le", "replace")
    readable = sum(one.isascii() and (one.isprintable() or one.isspace()) for one in text[:400])
    return text if text and readable > 0.8 * len(text[:400]) else ""


def _base64_text(encoded: str) -> str:
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError, zlib.error):
        return ""
    return raw.decode("utf-8", "replace")
