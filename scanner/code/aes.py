"""AES decryption in CBC mode (FIPS 197, SP 800-38A) for payloads whose key lies beside them. Not for secrets of ours:
it is slow and not constant-time, which does not matter for data that an attacker published with its key.
"""

from __future__ import annotations

MAX_BYTES = 512 * 1024


def _double(value: int) -> int:
    return ((value << 1) ^ 0x1B) & 0xFF if value & 0x80 else value << 1


def _multiply(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = _double(left)
        right >>= 1
    return product


def _substitution() -> list[int]:
    """The S-box: the multiplicative inverse in GF(2^8), then the affine map of FIPS 197 section 5.1.1."""
    exponents, logarithms, value = [0] * 256, [0] * 256, 1
    for power in range(255):
        exponents[power], logarithms[value] = value, power
        value ^= _double(value)
    box = [0x63] * 256
    for number in range(1, 256):
        inverse = exponents[(255 - logarithms[number]) % 255]
        result = 0x63
        for turn in range(5):
            result ^= ((inverse << turn) | (inverse >> (8 - turn))) & 0xFF
        box[number] = result
    return box


_BOX = _substitution()
_INVERSE = [_BOX.index(value) for value in range(256)]
_BY = {factor: [_multiply(value, factor) for value in range(256)] for factor in (9, 11, 13, 14)}


def _round_keys(key: bytes) -> list[list[int]]:
    words = [list(key[at : at + 4]) for at in range(0, len(key), 4)]
    size = len(words)
    rounds = size + 6
    constant = 1
    for number in range(size, 4 * (rounds + 1)):
        word = list(words[-1])
        if number % size == 0:
            word = [_BOX[one] for one in (*word[1:], word[0])]
            word[0] ^= constant
            constant = _double(constant)
        elif size == 8 and number % size == 4:
            word = [_BOX[one] for one in word]
        words.append([left ^ right for left, right in zip(words[number - size], word, strict=True)])
    return [[byte for word in words[4 * one : 4 * one + 4] for byte in word] for one in range(rounds + 1)]


def _decrypt_block(keys: list[list[int]], block: bytes) -> list[int]:
    nine, eleven, thirteen, fourteen = _BY[9], _BY[11], _BY[13], _BY[14]
    state = [left ^ right for left, right in zip(block, keys[-1], strict=True)]
    for number in range(len(keys) - 2, -1, -1):
        # Inverse ShiftRows and SubBytes together: row r moves r columns to the right.
        state = [_INVERSE[state[(at - 4 * (at % 4)) % 16]] for at in range(16)]
        state = [left ^ right for left, right in zip(state, keys[number], strict=True)]
        if number:
            mixed: list[int] = []
            for at in range(0, 16, 4):
                a, b, c, d = state[at : at + 4]
                mixed += [
                    fourteen[a] ^ eleven[b] ^ thirteen[c] ^ nine[d],
                    nine[a] ^ fourteen[b] ^ eleven[c] ^ thirteen[d],
                    thirteen[a] ^ nine[b] ^ fourteen[c] ^ eleven[d],
                    eleven[a] ^ thirteen[b] ^ nine[c] ^ fourteen[d],
                ]
            state = mixed
    return state


def decrypt_cbc(key: bytes, start: bytes, data: bytes) -> bytes:
    """Decrypt and drop PKCS #7 padding. ``ValueError`` for sizes that AES or ``MAX_BYTES`` does not allow."""
    if len(key) not in {16, 24, 32} or len(start) != 16 or not data or len(data) % 16 or len(data) > MAX_BYTES:
        raise ValueError("not an AES-CBC message")
    keys = _round_keys(key)
    plain = bytearray()
    previous = start
    for at in range(0, len(data), 16):
        block = data[at : at + 16]
        plain += bytes(left ^ right for left, right in zip(_decrypt_block(keys, block), previous, strict=True))
        previous = block
    padding = plain[-1]
    if not 1 <= padding <= 16:
        raise ValueError("wrong padding")
    return bytes(plain[:-padding])
