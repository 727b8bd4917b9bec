"""The root of trust for attestations: pinned in this package, or a file that the policy names."""

from __future__ import annotations

import hashlib
from importlib import resources

from scanner.files import read_bounded
from scanner.model.errors import InputError

PRODUCTION_SHA256 = "6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66"
MAX_BYTES = 1024 * 1024


def trust_root(path: str = "") -> bytes:
    """The ``trusted_root.json`` of Sigstore's public instance, or the file at ``path`` (a private instance).

    The user's TUF cache is never read. Raises :class:`InputError` when the pinned file is not the one that was shipped
    or the named file cannot be read.
    """
    if path:
        try:
            raw = read_bounded(path, MAX_BYTES + 1)
        except OSError as error:
            raise InputError(f"the trust root cannot be read: {error.strerror}", where=path) from error
        if len(raw) > MAX_BYTES:
            raise InputError("the trust root is larger than one MiB", where=path)
        return raw
    raw = resources.files("scanner.integrity").joinpath("trust", "sigstore-production.json").read_bytes()
    if hashlib.sha256(raw).hexdigest() != PRODUCTION_SHA256:
        raise InputError(
            "the pinned Sigstore trust root was changed after it was shipped",
            where="scanner/integrity/trust/sigstore-production.json",
            remedy="Install assay again from a source that you trust.",
        )
    return raw
