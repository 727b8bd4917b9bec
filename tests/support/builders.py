"""Wheels and sdists, built in memory as the specifications say. Nothing here is ever installed."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence

EPOCH = (2020, 1, 1, 0, 0, 0)


def metadata(name: str, version: str, requires: Sequence[str] = (), **fields: str) -> bytes:
    """Core metadata 2.2."""
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    lines += [f"{key.replace('_', '-').title()}: {value}" for key, value in fields.items()]
    lines += [f"Requires-Dist: {one}" for one in requires]
    return ("\n".join(lines) + "\n").encode()


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """A deflated zip with these members, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in members.items():
            archive.writestr(zipfile.ZipInfo(path, EPOCH), body, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tar_of(members: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar archive with these regular files, in this order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for path, body in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return buffer.getvalue()


def wheel(
    name: str,
    version: str = "1.0",
    files: Mapping[str, bytes | str] | None = None,
    requires: Sequence[str] = (),
    tag: str = "py3-none-any",
    **fields: str,
) -> tuple[str, bytes]:
    """(file name, bytes) of a wheel with a correct RECORD (PEP 427)."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    contents = {f"{module}/__init__.py": b""} if files is None else {}
    for path, body in (files or {}).items():
        contents[path] = body.encode() if isinstance(body, str) else body
    contents[f"{info}/METADATA"] = metadata(name, version, requires, **fields)
    pure = "true" if tag.endswith("none-any") else "false"
    contents[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}\n".encode()
    rows = []
    for path, body in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(body)}")
    rows.append(f"{info}/RECORD,,")
    contents[f"{info}/RECORD"] = ("\n".join(rows) + "\n").encode()
    return f"{module}-{version}-{tag}.whl", zip_of(contents)


def sdist(
    name: str,
    version: str = "1.0",
    files: Mapping[str, bytes | str] | None = None,
    requires: Sequence[str] = (),
    pkg_info: bytes | None = None,
) -> tuple[str, bytes]:
    """(file name, bytes) of a source distribution with a static PKG-INFO (PEP 643)."""
    module = name.replace("-", "_")
    top = f"{module}-{version}"
    contents = {f"{top}/PKG-INFO": pkg_info or metadata(name, version, requires)}
    for path, body in (files if files is not None else {f"{module}/__init__.py": b""}).items():
        contents[f"{top}/{path}"] = body.encode() if isinstance(body, str) else body
    return f"{top}.tar.gz", tar_of(contents)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
