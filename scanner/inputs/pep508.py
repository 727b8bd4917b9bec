"""PEP 508 requirements from text, with the place where they stand."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name

from scanner.model.location import Location
from scanner.model.requirement import Hash, Requirement
from scanner.model.urls import redact

MAX_REQUIREMENT = 8192


def parse_requirement(text: str, location: Location, hashes: tuple[Hash, ...] = ()) -> Requirement:
    """One requirement. Raises ``ValueError`` with a one-line reason for what PEP 508 refuses."""
    if len(text) > MAX_REQUIREMENT:
        raise ValueError(f"a requirement of {len(text)} characters is refused (the bound is {MAX_REQUIREMENT})")
    try:
        parsed = Parsed(text)
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"it is not a requirement that PEP 508 allows: {reason}") from error
    except RecursionError as error:
        raise ValueError("its marker is nested too deeply") from error
    return Requirement(
        name=canonicalize_name(parsed.name),
        specifier=str(parsed.specifier),
        extras=tuple(sorted(parsed.extras)),
        marker=str(parsed.marker) if parsed.marker else "",
        url=redact(parsed.url or ""),
        hashes=hashes,
        text=redact(" ".join(text.split())),
        location=location,
    )
