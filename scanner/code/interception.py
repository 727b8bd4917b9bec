"""What passes through a library whose function is put in the place of: its arguments, and what the original gave."""

from __future__ import annotations

from scanner.code.values import Value

INTERCEPTED = frozenset({"intercepted"})
_OUR_OWN = frozenset({"sys", "os", "builtins", "logging", "warnings"})
"""Modules of which replacing a function says nothing of what passes through it."""
_SIGNERS = (
    ".from_key",
    ".from_secret_key",
    ".privateKeyToAccount",
    ".from_base58_string",
    ".from_mnemonic",
    ".from_seed_phrase",
    ".from_private_key",
    ".from_wif",
    ".to_seed",
    ".sign_transaction",
    ".signTransaction",
)
_KEY = frozenset({"secret.key"})


def is_foreign(ref: str, modules: dict[str, str]) -> bool:
    """Whether the qualified name is one of a library that this artifact does not hold."""
    head = ref.partition(".")[0].removesuffix("()")
    return bool(head) and not head.startswith("?") and head not in _OUR_OWN and head not in modules and "." in ref


def made_key(name: str, given: list[Value]) -> None:
    """What a library of wallets makes an account from, or signs with, is a private key by whatever name."""
    if name.endswith(_SIGNERS):
        for one in given[:2]:
            if "parameter" in one.labels:
                one.labels |= _KEY
