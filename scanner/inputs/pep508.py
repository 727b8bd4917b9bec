"""PEP 508 requirements from text, with the place where they stand."""

from __future__ import annotations

import re

from scanner.model.location import Location
from scanner.model.names import canonicalize_name
from scanner.model.requirement import Hash, Requirement
from scanner.model.urls import redact

MAX_REQUIREMENT = 8192
# A name and one version in its normal form: what nearly every line of a compiled requirements file is. Reading it needs
# no parser, and importing the parser takes longer than reading the file. A test holds both ways against each other.
_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?) ?== ?"
    r"(?P<version>(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*"
    r"(?:(?:a|b|rc)(?:0|[1-9][0-9]*))?(?:\.post(?:0|[1-9][0-9]*))?(?:\.dev(?:0|[1-9][0-9]*))?)"
)


def parse_requirement(text: str, location: Location, hashes: tuple[Hash, ...] = ()) -> Requirement:
    """One requirement. Raises ``ValueError`` with a one-line reason for what PEP 508 refuses."""
    if len(text) > MAX_REQUIREMENT:
        raise ValueError(f"a requirement of {len(text)} characters is refused (the bound is {MAX_REQUIREMENT})")
    pin = _PIN.fullmatch(text)
    if pin:
        name, specifier = canonicalize_name(pin["name"]), f"=={pin['version']}"
        return Requirement(name=name, specifier=specifier, hashes=hashes, text=text, location=location)
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    try:
        parsed = Parsed(text)
        specifier = str(parsed.specifier)
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"it is not a requirement that PEP 508 allows: {reason}") from error
    except RecursionError as error:
        raise ValueError("its marker is nested too deeply") from error
    except ValueError as error:
        raise ValueError("it holds a number that no version has") from error
    url, _, fragment = (parsed.url or "").partition("#")
    folder = [one for one in fragment.split("&") if one.startswith("subdirectory=")]
    return Requirement(
        name=canonicalize_name(parsed.name),
        specifier=specifier,
        extras=tuple(sorted(parsed.extras)),
        marker=str(parsed.marker) if parsed.marker else "",
        url=redact(url) + (f"#{folder[0]}" if folder else ""),
        hashes=(*hashes, *hashes_in(fragment)),
        text=redact(" ".join(text.split())),
        location=location,
    )


def hashes_in(fragment: str) -> tuple[Hash, ...]:
    """The digests that the fragment of a URL states (``#sha256=…``); what is none is passed over, as in pip."""
    parts = (part.partition("=") for part in fragment.split("&"))
    found = (Hash.if_one(name, value) for name, _, value in parts)
    return tuple(one for one in found if one is not None)
