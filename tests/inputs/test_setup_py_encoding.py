"""A setup.py is decoded as the interpreter decodes it: what it installs may stand in what UTF-8 takes for a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.cli import main

HIDDEN = {
    "utf-7": b"# coding: utf-7\nfrom setuptools import setup\nneeds = []\n#+AAo-needs.append('hidden==1.0')\n"
    b"setup(name='demo', install_requires=needs)\n",
    "unicode-escape": b"# utf-8? coding: unicode_escape\nfrom setuptools import setup\nneeds = []\n"
    b"#\\nneeds.append('hidden==1.0')\nsetup(name='demo', install_requires=needs)\n",
    "plain": b"from setuptools import setup\nneeds = ['hidden==1.0']\nsetup(name='demo', install_requires=needs)\n",
    "latin-1": b"# coding: latin-1\nfrom setuptools import setup\nsetup(name='demo', author='\xe9', "
    b"install_requires=['hidden==1.0'])\n",
}


@pytest.mark.parametrize("way", HIDDEN)
def test_what_a_script_installs_is_read_as_the_interpreter_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    compile(HIDDEN[way], "setup.py", "exec")  # It is one: the interpreter takes it. Nothing of it runs.
    (tmp_path / "setup.py").write_bytes(HIDDEN[way])
    assert main(["resolve", str(tmp_path), "--offline"]) == 3
    assert "hidden==1.0" in capsys.readouterr().out
