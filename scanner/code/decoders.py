"""Pure re-statements of the decoding functions that payloads use. Bounded in output; never ``eval``, ``marshal`` or
``pickle``. Each takes concrete arguments and gives the concrete result, or raises ``ValueError`` and its like.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import hashlib
import hmac
import lzma
import urllib.parse
import zlib
from collections.abc import Callable
from typing import Any

MAX_OUTPUT = 8 * 1024 * 1024
Decoder = Callable[..., Any]


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def _b64(data: Any, altchars: Any = None, **_: Any) -> bytes:
    raw = _raw(data)
    if altchars:
        raw = raw.translate(bytes.maketrans(_raw(altchars)[:2], b"+/"))
    # binascii ignores foreign characters; missing padding is what many payloads rely on their own code to add.
    return binascii.a2b_base64(raw + b"=" * (-len(raw.strip()) % 4))


def _urlsafe(data: Any) -> bytes:
    return _b64(_raw(data).translate(bytes.maketrans(b"-_", b"+/")))


def inflate(data: Any, wbits: Any = zlib.MAX_WBITS, *_: Any, **__: Any) -> bytes:
    """zlib, gzip or raw deflate, at most ``MAX_OUTPUT`` bytes of it."""
    return zlib.decompressobj(wbits if isinstance(wbits, int) else zlib.MAX_WBITS).decompress(_raw(data), MAX_OUTPUT)


def _gunzip(data: Any, **_: Any) -> bytes:
    return inflate(data, zlib.MAX_WBITS | 16)


def _unlzma(data: Any, *_: Any, **__: Any) -> bytes:
    return lzma.LZMADecompressor(memlimit=256 * 1024 * 1024).decompress(_raw(data), MAX_OUTPUT)


def _unbz2(data: Any, **_: Any) -> bytes:
    return bz2.BZ2Decompressor().decompress(_raw(data), MAX_OUTPUT)


def codec(value: Any, encoding: Any = "utf-8", *_: Any, **__: Any) -> Any:
    name = str(encoding).lower().replace("-", "_")
    if name in {"rot13", "rot_13"}:
        return codecs.decode(value, "rot13") if isinstance(value, str) else value
    if name in {"base64", "base64_codec", "base_64"}:
        return _b64(value)
    if name in {"hex", "hex_codec"}:
        return binascii.unhexlify(_raw(value))
    if name in {"zlib", "zip", "zlib_codec"}:
        return inflate(value)
    if name in {"bz2", "bz2_codec"}:
        return _unbz2(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode(name if name != "utf8" else "utf-8", "replace")
    if name in {"unicode_escape", "raw_unicode_escape"}:
        return value.encode("latin-1", "backslashreplace").decode("unicode_escape", "replace")
    return value


def _hex(data: Any, *_: Any) -> bytes:
    return binascii.unhexlify(_raw(data).translate(None, b" \n\t\r"))


def fernet(key: bytes, token: bytes) -> bytes:
    """Authenticate and decrypt a Fernet token (AES-128-CBC, HMAC-SHA256) with the key that lies beside it.

    Only tokens whose HMAC holds are decrypted, so a wrong key costs nothing.
    """
    from scanner.code.aes import decrypt_cbc

    secret = base64.urlsafe_b64decode(key)
    raw = base64.urlsafe_b64decode(token + b"=" * (-len(token) % 4))
    if len(secret) != 32 or len(raw) < 73 or raw[0] != 0x80:
        raise ValueError("not a Fernet token")
    if not hmac.compare_digest(hmac.new(secret[:16], raw[:-32], hashlib.sha256).digest(), raw[-32:]):
        raise ValueError("the key does not fit")
    return decrypt_cbc(secret[16:], raw[9:25], raw[25:-32])


def _from_hex(value: Any) -> bytes:
    return bytes.fromhex(value)


DECODERS: dict[str, tuple[str, Decoder]] = {
    "base64.b64decode": ("base64", _b64),
    "base64.standard_b64decode": ("base64", _b64),
    "base64.decodebytes": ("base64", _b64),
    "base64.decodestring": ("base64", _b64),
    "base64.urlsafe_b64decode": ("base64", _urlsafe),
    "base64.b32decode": ("base32", lambda data, *_, **__: base64.b32decode(_raw(data), casefold=True)),
    "base64.b16decode": ("hex", lambda data, *_, **__: base64.b16decode(_raw(data), casefold=True)),
    "base64.b85decode": ("base85", lambda data: base64.b85decode(_raw(data))),
    "base64.a85decode": ("ascii85", lambda data, *_, **__: base64.a85decode(_raw(data))),
    "binascii.a2b_base64": ("base64", _b64),
    "binascii.unhexlify": ("hex", _hex),
    "binascii.a2b_hex": ("hex", _hex),
    "bytes.fromhex": ("hex", _from_hex),
    "bytearray.fromhex": ("hex", _from_hex),
    "zlib.decompress": ("zlib", inflate),
    "gzip.decompress": ("gzip", _gunzip),
    "lzma.decompress": ("lzma", _unlzma),
    "bz2.decompress": ("bz2", _unbz2),
    "codecs.decode": ("codec", codec),
    "urllib.parse.unquote": ("percent", lambda text, *_, **__: urllib.parse.unquote(text)),
    "urllib.parse.unquote_plus": ("percent", lambda text, *_, **__: urllib.parse.unquote_plus(text)),
    "urllib.unquote": ("percent", urllib.parse.unquote),
}

ENCODERS: dict[str, Decoder] = {
    "base64.b64encode": lambda data, *_: base64.b64encode(_raw(data)),
    "base64.urlsafe_b64encode": lambda data: base64.urlsafe_b64encode(_raw(data)),
    "binascii.hexlify": lambda data, *_: binascii.hexlify(_raw(data)),
    "urllib.parse.quote": lambda text, *_, **__: urllib.parse.quote(text),
}
FAILURES = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    AttributeError,
    LookupError,
    EOFError,
    ArithmeticError,
    MemoryError,
    RecursionError,
    zlib.error,
    lzma.LZMAError,
    OSError,
)
"""What a decoder may raise for hostile arguments; every one means "this does not fold"."""
