"""What can go wrong between us and an index."""

from __future__ import annotations

from scanner.model.errors import NetworkError


class NotFoundError(NetworkError):
    """The index answers, and does not have it (404, 410)."""


class OfflineError(NetworkError):
    """The run uses no network, and the cache does not have it."""


class IntegrityError(NetworkError):
    """The bytes are not those that the index or the lock promised."""
