"""Core metadata from text (PyPA specification, email-header form), and static metadata of source distributions."""

from __future__ import annotations

import email.parser
import email.policy
import re
from typing import Any

import msgspec
import tomli
from packaging.utils import canonicalize_name

from scanner.index.archive import Archive
from scanner.index.sdist_static import SETUPTOOLS, STATED_BY_BACKEND, build_backend, setup_requirements
from scanner.model.known import NotKnown
from scanner.model.release import CoreMetadata, MetadataOrigin
from scanner.model.versions import parse_version

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
MAX_METADATA_BYTES = 16 * 1024 * 1024
DYNAMIC = NotKnown(
    "its build decides its dependencies (they are dynamic in the sdist), and nothing is built",
    "Pin it in a lock file that states its dependencies, or ask its author for a wheel.",
)
CONTRADICTED = NotKnown(
    "its manifests need what its PKG-INFO does not name, and a build goes by the former",
    "Ask its author; until then pin it in a lock file that states its dependencies.",
)
_BEGINS = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9._-]*")


def parse_metadata(body: bytes, origin: MetadataOrigin) -> CoreMetadata:
    """``METADATA`` or ``PKG-INFO``. Never raises: a field that is missing is empty."""
    # The long description after the first empty line is most of the file, and nothing here asks for it.
    header = _END_OF_HEADERS.split(body[:MAX_METADATA_BYTES], maxsplit=1)[0]
    text = header.decode("utf-8", "replace") + "\n"
    headers = email.parser.HeaderParser(policy=email.policy.compat32).parsestr(text)

    def one(key: str) -> str:
        value = str(headers.get(key, "")).strip()
        return "" if value == "UNKNOWN" else value

    def every(key: str) -> tuple[str, ...]:
        return tuple(str(value).strip() for value in headers.get_all(key) or ())

    urls = (value.partition(",") for value in every("Project-URL"))
    requires: tuple[str, ...] | NotKnown = every("Requires-Dist")
    if origin == "sdist-pkg-info" and not _is_static(one("Metadata-Version"), every("Dynamic")):
        requires = DYNAMIC
    return CoreMetadata(
        name=one("Name"),
        version=one("Version"),
        origin=origin,
        requires_dist=requires,
        requires_python=one("Requires-Python"),
        provides_extra=every("Provides-Extra"),
        summary=one("Summary"),
        license_expression=one("License-Expression"),
        license=one("License"),
        classifiers=every("Classifier"),
        home_page=one("Home-page"),
        project_urls=tuple((label.strip(), url.strip()) for label, _, url in urls),
        author=one("Author") or one("Author-email"),
        maintainer=one("Maintainer") or one("Maintainer-email"),
    )


def _is_static(version: str, dynamic: tuple[str, ...]) -> bool:
    """PEP 643: from metadata 2.2 on, an sdist's fields are those of its wheels unless they are marked dynamic."""
    parsed = parse_version(version)
    return parsed is not None and parsed.release >= (2, 2) and "requires-dist" not in {one.lower() for one in dynamic}


def sdist_metadata(archive: Archive) -> CoreMetadata | NotKnown:
    """What an sdist says without being built: a static ``PKG-INFO``, else its manifests where nothing is computed."""
    top = [one.path for one in archive.members if one.kind == "file" and one.path.count("/") == 1]
    pkg_info = next((path for path in top if path.endswith("/PKG-INFO")), "")
    pyproject = next((path for path in top if path.endswith("/pyproject.toml")), "")
    body = archive.read(pkg_info, MAX_METADATA_BYTES) if pkg_info else None
    if body is None:
        return NotKnown("the sdist has no PKG-INFO", "Look at the file: every sdist should have one.")
    found = parse_metadata(body, "sdist-pkg-info")
    if not isinstance(found.requires_dist, NotKnown):
        content = (archive.read(pyproject, MAX_METADATA_BYTES) or b"") if pyproject else b""
        needed = _static_dependencies(content)
        has_setup = any(path.endswith(("/setup.py", "/setup.cfg")) for path in top)
        if needed is None and has_setup and build_backend(content) in SETUPTOOLS:
            # Such a PKG-INFO is what setuptools writes of setup.cfg; of setup.py it writes that its needs are dynamic.
            required = setup_requirements(archive, pkg_info.rpartition("/")[0] + "/", content)
            if isinstance(required, NotKnown):
                return msgspec.structs.replace(found, requires_dist=required)
            needed = required
        if _leaves_out(found.requires_dist, needed or ()):
            return msgspec.structs.replace(found, requires_dist=CONTRADICTED)
        return found
    return _from_manifests(archive, found, body, pyproject, pkg_info.rpartition("/")[0] + "/")


def _leaves_out(stated: tuple[str, ...], needed: tuple[str, ...]) -> bool:
    """Whether the manifests, which a build reads, need a project that PKG-INFO, which a build writes, does not name."""
    plain = [one for one in needed if "extra ==" not in one]
    return not {_name(one) for one in plain} <= {_name(one) for one in stated}


def _name(requirement: str) -> str:
    found = _BEGINS.match(requirement)
    return canonicalize_name(found[0].strip()) if found else requirement


def _from_manifests(archive: Archive, found: CoreMetadata, body: bytes, pyproject: str, top: str) -> CoreMetadata:
    """The metadata with what ``pyproject.toml``, ``setup.cfg`` or ``setup.py`` state; why not, where they do not."""
    content = (archive.read(pyproject, MAX_METADATA_BYTES) or b"") if pyproject else b""
    stated = _static_dependencies(content) if pyproject else None
    if stated is not None:
        return msgspec.structs.replace(found, requires_dist=stated, origin="sdist-pyproject")
    backend = build_backend(content)
    if backend in STATED_BY_BACKEND:
        return msgspec.structs.replace(found, requires_dist=parse_metadata(body, "wheel").requires_dist)
    if backend not in SETUPTOOLS:
        return found
    required = setup_requirements(archive, top, content)
    return msgspec.structs.replace(
        found, requires_dist=required, origin=found.origin if isinstance(required, NotKnown) else "sdist-setup"
    )


def _static_dependencies(body: bytes) -> tuple[str, ...] | None:
    """PEP 621 dependencies and extras as PEP 508 texts, where nothing about them is dynamic; else ``None``."""
    try:
        content: dict[str, Any] = tomli.loads(body.decode("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    project = content.get("project")
    if not isinstance(project, dict):
        return None
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or {"dependencies", "optional-dependencies"} & {str(one) for one in dynamic}:
        return None
    found = _texts(project.get("dependencies", []))
    extras = project.get("optional-dependencies", {})
    for extra, items in sorted(extras.items() if isinstance(extras, dict) else ()):
        for item in _texts(items):
            requirement, separator, marker = item.partition(";")
            condition = f'({marker.strip()}) and extra == "{extra}"' if separator else f'extra == "{extra}"'
            found.append(f"{requirement.strip()} ; {condition}")
    return tuple(found)


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
