"""URLs without their secrets. Every URL that is printed or stored has passed through here."""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][\w+.-]*://)[^/@\s?#]*@")


def redact(url: str) -> str:
    """The URL without user and password; the ``git@`` of SSH URLs, which is no secret, is kept."""
    if "@" not in url:
        return url
    if url.startswith(("git+ssh://git@", "ssh://git@")):
        return url
    return _USERINFO.sub(r"\g<scheme>", url)
