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
_SIGNED = frozenset({"sign", "sign_message", "sign_digest", "public_key", "get_public_key", "verify", "encode"})
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


def without_signing_key(name: str, owner: Value | None, given: list[Value], labels: frozenset[str]) -> frozenset[str]:
    """The labels of what a call gives, without that of a key that it only signed with: a signature, or the public half.

    A key that stands among the arguments stays in them: what an unknown function makes of it is not known.
    """
    if name.rpartition(".")[2] not in _SIGNED or not _KEY & labels:
        return labels
    if name == "jwt.encode":
        given = given[:1]
    elif owner is None:
        return labels
    return labels if any(_KEY & one.deep_labels() for one in given) else labels - _KEY
