"""Scripts that state their own dependencies (PEP 723)."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs.discover import discover
from scanner.inputs.inline import may_be_script
from scanner.model.locked import DependencyFile


def script(root: Path, body: str, name: str = "run.py") -> DependencyFile:
    (root / "requirements.txt").write_text("idna==3.7\n")
    (root / name).write_text(body)
    (found,) = [one for one in discover(root).files if one.path == name]
    return found


BLOCK = '# /// script\n# dependencies = [\n#   "a==1",\n#   "b>=2; python_version > \'3\'",\n# ]\n# ///\n'


@pytest.mark.parametrize("name", ["run.py", "run", "run.pyw"])
@pytest.mark.parametrize("before", ["", "#!/usr/bin/env -S uv run\n", "print(1)\n\n"])
def test_dependencies_of_a_block(tmp_path: Path, name: str, before: str) -> None:
    file = script(tmp_path, before + BLOCK + "print(1)\n", name)
    above = before.count("\n")
    assert [(one.location.line - above, one.requirements[0].name, one.pinned) for one in file.commands] == [
        (3, "a", True),
        (4, "b", False),
    ]
    assert not file.gaps


@pytest.mark.parametrize(
    "body",
    [
        "# /// script\n# dependencies = [\n# ///\n",
        BLOCK + "\n" + BLOCK,
        '# /// script\n# dependencies = ["a=="]\n# ///\n',
        "# /// script\n# dependencies = [1]\n# ///\n",
        '# /// script\n# dependencies = "a"\n# [tool.uv]\n# no-index = true\n# ///\n',
    ],
)
def test_a_block_that_is_not_known_is_a_gap(tmp_path: Path, body: str) -> None:
    assert script(tmp_path, body).gaps


@pytest.mark.parametrize("body", ["# /// script\n# dependencies = ['a']\n", "'# /// script'\n", "# /// other\n# ///\n"])
def test_what_is_no_block_states_nothing(tmp_path: Path, body: str) -> None:
    (tmp_path / "requirements.txt").write_text("idna==3.7\n")
    (tmp_path / "run.py").write_text(body)
    assert [one.path for one in discover(tmp_path).files] == ["requirements.txt"]


@pytest.mark.parametrize(
    ("name", "data", "is_one"),
    [
        ("a.py", b"# /// script\n# ///\n", True),
        ("a.py", b"\xef\xbb\xbf# /// script   " + b" " * 500 + b"\r\n", True),
        ("a", b"#!/usr/bin/env -S uv run --script\n# /// script\n", True),
        ("a", b"\n# /// script\n", True),
        ("a.py", b'TEXT = "# /// script"\n', False),
        ("a-1.dist-info/METADATA", b"Metadata-Version: 2.4\n\n```\n# /// script\n```\n", False),
        ("METADATA", b"Metadata-Version: 2.4\n\n# /// script\n", True),
        ("ruff", b"\x7fELF\0\n# /// script\n\0", False),
        # The packages are installed before Python refuses the null byte.
        ("a.py", b"\0\n# /// script\n", True),
        ("a", b"\0\n# /// script\n", True),
    ],
)
def test_a_program_or_a_document_that_shows_a_block_is_no_script(
    name: str, data: bytes, is_one: bool, tmp_path: Path
) -> None:
    # Regression: this project's own linter, a binary that holds the words, was a gap.
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(data)
    assert may_be_script(tmp_path, name) is is_one
