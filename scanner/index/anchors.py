"""The links of an HTML page: enough of HTML's syntax for PEP 503, in time that is linear in the page.

``html.parser`` takes quadratic time over broken markup in some releases of Python, and stops at some with an assertion.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import msgspec

_START = re.compile(r"<(!--|[A-Za-z][^\s/>]*)")
"""Every tag: a tag in the attribute of another one is none."""
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)?))?")
_COMMENT_END = re.compile("--!?>")
_RAW = frozenset({"script", "style", "textarea", "title"})
"""Elements whose content is text, whatever tags it shows."""
_STRIPPED = " \t\n\r\f"


class Links(msgspec.Struct, frozen=True):
    """The attributes of each ``<a>`` (names in lower case), the URL that they are relative to, and whether the page
    asks for something: a form, a password."""

    anchors: tuple[dict[str, str], ...]
    base: str
    asks: bool


def links_of(text: str, url: str, most: int) -> Links:
    """The first ``most`` anchors of the page that answered at ``url``. Never raises."""
    anchors: list[dict[str, str]] = []
    base, asks, at = "", False, 0
    while (found := _START.search(text, at)) is not None:
        name = found[1].lower()
        if name == "!--":
            # From the dashes of its beginning on: ``<!-->`` is a whole comment.
            ended = _COMMENT_END.search(text, found.end() - 2)
            at = ended.end() if ended else len(text)
            continue
        attributes, at = _attributes(text, found.end())
        if name in _RAW:
            closed = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, at)
            at = closed.end() if closed else len(text)
        elif name == "a" and len(anchors) < most:
            anchors.append(attributes)
        elif name == "base" and not base:
            base = attributes.get("href", "").strip(_STRIPPED)
        elif name == "form" or (name == "input" and attributes.get("type", "").lower() == "password"):
            asks = True
    return Links(tuple(anchors), joined(url, base) if base else url, asks)


def joined(base: str, href: str) -> str:
    """``href`` relative to ``base``, without the white space around it; empty where that is no URL."""
    try:
        return urljoin(base, href.strip(_STRIPPED))
    except ValueError:
        return ""


def _attributes(text: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag from behind its name on, the first of each name, and where the tag ends."""
    found: dict[str, str] = {}
    while (match := _ATTRIBUTE.match(text, at)) is not None:
        value = next((one for one in match.groups()[1:] if one is not None), "")
        found.setdefault(match[1].lower(), _unescaped(value))
        at = match.end()
    end = text.find(">", at)
    return found, len(text) if end < 0 else end + 1


def _unescaped(value: str) -> str:
    try:
        return html.unescape(value) if "&" in value else value
    except (ValueError, OverflowError):  # a number of thousands of digits
        return value
