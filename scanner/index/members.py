"""What an archive holds, as values, and what every kind of archive can be asked. Nothing here reads a format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

MemberKind = Literal["file", "folder", "link", "other"]
ProblemCode = Literal[
    "traversal", "absolute-path", "link", "duplicate", "size-lie", "bomb", "encrypted", "truncated", "special-file",
    "ambiguous", "too-large",
]  # fmt: skip
"""In a ``bomb`` members share their bytes; ``too-large`` is past a bound of ours (a file of zeros grows a thousand
times, too) and says nothing against it.
``ambiguous`` is what two tools read as two things."""
CHUNK = 256 * 1024
HEAD = 64 * 1024
"""How many bytes of a member are kept to tell what it is, when only its digest is asked for."""


class ArchiveLimits(msgspec.Struct, frozen=True):
    """Bounds, in members and bytes. ``ratio`` is the most that a member, and the archive as a whole, may grow beyond
    ``ratio_floor`` bytes. ``member_bytes`` is the most of one member that is held in memory; ``held_bytes`` the most
    of a whole tar, which else is read again."""

    members: int = 100_000
    total_bytes: int = 8 * 1024**3
    member_bytes: int = 512 * 1024**2
    ratio: int = 400
    ratio_floor: int = 32 * 1024**2
    held_bytes: int = 64 * 1024**2

    def ceiling(self, stored: int) -> int:
        """The most bytes that ``stored`` bytes of a compressed stream may become."""
        return min(self.total_bytes, max(self.ratio * max(stored, 1), self.ratio_floor))


class ArchiveProblem(msgspec.Struct, frozen=True, order=True):
    """One thing wrong with an archive, and the member that shows it (empty: the archive as a whole)."""

    code: ProblemCode
    member: str
    message: str


class Member(msgspec.Struct, frozen=True):
    """One entry. ``path`` is POSIX, without empty parts and those that are a dot; ``size`` is what the archive claims,
    in bytes; ``target`` is where a link leads, as stored."""

    path: str
    size: int
    kind: MemberKind
    executable: bool = False
    target: str = ""


class MemberBytes(msgspec.Struct, frozen=True):
    """A member with its bytes; ``truncated`` where a bound cut them off."""

    member: Member
    data: bytes
    truncated: bool = False


class MemberDigest(msgspec.Struct, frozen=True):
    """A member's size and SHA-256 (hex), worked out piece by piece; ``head`` are its first bytes, at most ``HEAD`` of
    them, and ``data`` all of them where they were asked for. A ``truncated`` one has no digest."""

    member: Member
    size: int
    sha256: str
    head: bytes
    data: bytes = b""
    truncated: bool = False


Wanted = Callable[[Member], bool]
Keep = Callable[[Member], int]
"""How many bytes of a member are kept whole; 0 for none."""


class Archive:
    """An opened archive. ``members`` stand in stored order; :meth:`files` streams bytes once, in that order."""

    def __init__(self, filename: str, limits: ArchiveLimits) -> None:
        self.filename = filename
        self.limits = limits
        self.members: tuple[Member, ...] = ()
        self._problems: set[ArchiveProblem] = set()

    @property
    def problems(self) -> tuple[ArchiveProblem, ...]:
        """What is wrong, so far: reading members can add to it."""
        return tuple(sorted(self._problems))

    def problem(self, code: ProblemCode, member: str, message: str) -> None:
        if len(self._problems) < 1000:
            self._problems.add(ArchiveProblem(code, member[:500], message))

    def files(self, wanted: Wanted | None = None, max_bytes: int | None = None) -> Iterator[MemberBytes]:
        """Bytes of every regular file in stored order. ``wanted`` is a predicate over members, or ``None`` for all."""
        del wanted, max_bytes
        return iter(())

    def digests(self, wanted: Wanted | None = None, keep: Keep = lambda _: 0) -> Iterator[MemberDigest]:
        """Digest and beginning of every wanted regular file in stored order, of any size; memory stays at one piece."""
        del wanted, keep
        return iter(())

    def beginnings(self, wanted: Wanted, size: int) -> Iterator[tuple[str, bytes]]:
        """Path and first ``size`` bytes of every wanted regular file; one that cannot be read so far is a problem."""
        for one in self.files(wanted, size):
            yield one.member.path, one.data

    def read(self, member: Member | str, max_bytes: int | None = None) -> bytes | None:
        """Bytes of the last file of that path (what an installer would keep), cut at a bound; ``None`` for no file."""
        del member, max_bytes
        return None

    def close(self) -> None:
        """Release the underlying file."""

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def vetted(self, members: list[Member]) -> tuple[Member, ...]:
        """Paths that would leave the target folder, and names that stand twice, are problems."""
        seen: set[str] = set()
        links = {member.path for member in members if member.kind == "link"}
        for member in members:
            if links and any(parent in links for parent in parents(member.path)):
                self.problem("traversal", member.path, "the member is written through a link")
            path = member.path.replace("\\", "/")
            if path.startswith("/") or path[1:2] == ":":
                self.problem("absolute-path", member.path, "the member has an absolute path")
            if ".." in path and ".." in path.split("/"):
                self.problem("traversal", member.path, "the member's path leaves the folder it is unpacked into")
            if member.kind == "link":
                self.problem("link", member.path, "the member is a link")
            if member.kind == "other":
                self.problem("special-file", member.path, "the member is a device or a pipe")
            if member.kind == "file":
                if member.path in seen:
                    self.problem("duplicate", member.path, "the path stands twice: tools differ on which one counts")
                seen.add(member.path)
        return tuple(members)


def plain_path(path: str) -> str:
    """The path without empty parts and those that are a dot, which unpackers leave out: ``a/./b`` is ``a/b``."""
    if "//" not in path and "./" not in path and not path.endswith(("/", "/.")):
        return path
    plain = "/".join(part for part in path.split("/") if part not in ("", "."))
    return f"/{plain}" if path.startswith("/") else plain


def parents(path: str) -> Iterator[str]:
    """The folders that a path lies in, the innermost first."""
    while (at := path.rfind("/")) > 0:
        path = path[:at]
        yield path


def digest_of(member: Member, pieces: Iterable[bytes], keep: int) -> MemberDigest:
    """The digest of a member's pieces. ``data`` is empty for more than ``keep`` bytes."""
    hasher = hashlib.sha256()
    size = 0
    head = b""
    kept: list[bytes] = []
    for piece in pieces:
        hasher.update(piece)
        if len(head) < HEAD:
            head += piece[: HEAD - len(head)]
        size += len(piece)
        if size <= keep:
            kept.append(piece)
        else:
            kept.clear()
    return MemberDigest(member, size, hasher.hexdigest(), head, b"".join(kept))
