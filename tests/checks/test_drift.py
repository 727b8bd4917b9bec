"""Drift: what only the wheel has is found; what builds are known to write is not called a finding."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name

from scanner.checks import drift
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.integrity import namespace_pth
from scanner.integrity.contents import read_contents
from scanner.integrity.plain import all_plain, new_statements, statements
from scanner.model.known import NotKnown
from tests.checks.archives_subject import archive_subject
from tests.checks.subjects import coverage, findings
from tests.support.builders import sdist, wheel

CODE = {"alpha/__init__.py": "from alpha.tasks import run\n", "alpha/tasks.py": "def run():\n    return 1\n"}
PAYLOAD = "import os\nos.system('true')\n"


def _found(folder, inside: dict[str, str], source: dict[str, str]):
    made = wheel("alpha", "1.0", {**CODE, **inside})
    return findings(drift, archive_subject(folder, made, sdist("alpha", "1.0", source)))


def _rules(folder, inside: dict[str, str], source: dict[str, str] | None = None) -> list[str]:
    found = _found(folder, inside, {**CODE, **(source or {})})
    return sorted(f"{one.rule}:{one.severity}" for one in found)


def test_the_same_files_are_quiet_whatever_the_layout(tmp_path):
    assert _rules(tmp_path, {}) == []
    nested = {f"src/{path}": text for path, text in CODE.items()}
    assert _found(tmp_path, {}, nested) == []
    windows = {path: text.replace("\n", "\r\n") for path, text in CODE.items()}
    assert _found(tmp_path, {}, windows) == []


def test_a_pth_file_only_in_the_wheel_is_high_and_runs_at_interpreter_start(tmp_path):
    (found,) = _found(tmp_path, {"alpha.pth": "import alpha.tasks; alpha.tasks.run()\n"}, CODE)
    assert (found.rule, found.severity, found.trigger) == ("drift/pth-only-in-wheel", "high", "interpreter-start")
    assert found.evidence[0].location.artifact == "alpha-1.0-py3-none-any.whl"
    assert found.evidence[0].excerpt[0].text.startswith("import alpha.tasks")


def test_a_pth_file_with_another_text_than_in_the_sdist(tmp_path):
    source = {**CODE, "alpha.pth": "alpha\n"}
    (found,) = _found(tmp_path, {"alpha.pth": "import os\n"}, source)
    assert found.rule == "drift/pth-only-in-wheel"


def test_a_pth_file_that_setup_py_spells_out_is_low(tmp_path):
    text = "import os; enabled = os.environ.get('ALPHA')\n"
    setup = f"from setuptools import setup\nPTH = 'alpha_hook.pth'\nTEXT = {text!r}\nsetup()\n"
    assert _rules(tmp_path, {"alpha_hook.pth": text}, {"setup.py": setup}) == ["drift/pth-only-in-wheel:low"]


def test_a_namespace_pth_is_recognised_whole_and_never_in_part(tmp_path, monkeypatch):
    line = "import sys; register('labels.tasks', *('labels', 'tasks')); attach('labels.tasks')\n"
    monkeypatch.setattr(namespace_pth, "LINES", frozenset({namespace_pth.shape(line.strip())}))
    name = "alpha-1.0-py3.11-nspkg.pth"
    assert _rules(tmp_path, {name: line}) == []
    assert _rules(tmp_path, {name: line.replace("labels", "other")}) == []
    assert _rules(tmp_path, {"alpha.pth": line}) == ["drift/pth-only-in-wheel:high"]
    poisoned = (
        line.replace(")\n", "); import alpha.tasks\n"),
        line + "import alpha.tasks\n",
        line.replace("attach('labels.tasks')", "attach('alpha.tasks')"),
        line.replace("'labels', 'tasks'", "'labels', f('tasks')"),
    )
    for text in poisoned:
        assert _rules(tmp_path, {name: text}) == ["drift/pth-only-in-wheel:high"], text


@pytest.mark.network
def test_the_namespace_pth_of_a_real_release_is_recognised(tmp_path):
    client = IndexClient(from_environment(), Cache(tmp_path))
    page = client.project(canonicalize_name("zope.event"))
    (artifact,) = (one for one in page.artifacts if one.filename == "zope.event-5.0-py3-none-any.whl")
    contents = read_contents(client.fetch(artifact).path, artifact.filename, code_only=True)
    found = {path: one.data for path, one in contents.files.items() if path.endswith(".pth")}
    assert found
    assert all(namespace_pth.is_namespace_pth(path, data) for path, data in found.items())


@pytest.mark.parametrize("path", ["alpha/hidden.py", "alpha/_version.py", "alpha/version.py", "alpha_pb2.py"])
def test_code_only_in_the_wheel_is_found_whatever_its_name(tmp_path, path):
    assert _rules(tmp_path, {path: PAYLOAD}) == ["drift/code-only-in-wheel:medium"]


@pytest.mark.parametrize(
    "text",
    [
        "__version__ = version = '1.0'\n__version_tuple__ = version_tuple = (1, 0)\n",
        "from .alpha import *\n\n__doc__ = alpha.__doc__\nif hasattr(alpha, '__all__'):\n    __all__ = alpha.__all__\n",
        "import json\nversion_json = '{}'\ndef get_versions():\n    return json.loads(version_json)\n",
        "# only a comment\n",
    ],
)
def test_files_that_only_name_values_are_what_builds_write(tmp_path, text):
    assert _rules(tmp_path, {"alpha/_written.py": text}) == []


def test_a_generated_file_is_said_to_be_one_and_not_believed(tmp_path):
    text = f"# Generated by the protocol buffer compiler.  DO NOT EDIT!\n{PAYLOAD}"
    assert _rules(tmp_path, {"alpha/messages.py": text}) == ["drift/generated-code:low"]


def test_altered_code_is_found_and_an_altered_version_is_not(tmp_path):
    source = {"alpha/tasks.py": "__version__ = '0'\n\ndef run():\n    return 1\n"}
    bumped = {"alpha/tasks.py": "# built\n__version__ = '1.0'\n\ndef run():\n    return 1\n"}
    assert _rules(tmp_path, bumped, source) == []
    changed = {"alpha/tasks.py": "__version__ = '1.0'\n\ndef run():\n    import os\n    return os.environ\n"}
    assert _rules(tmp_path, changed, source) == ["drift/code-altered:medium"]
    sly = {"alpha/tasks.py": "__version__ = __import__('os').system('true')\n\ndef run():\n    return 1\n"}
    assert _rules(tmp_path, sly, source) == ["drift/code-altered:medium"]


def test_a_wheel_of_another_layout_is_said_to_be_incomparable_and_not_passed_over(tmp_path):
    many = {f"alpha/part_{number}.py": PAYLOAD + f"x = {number}\n" for number in range(20)}
    assert _rules(tmp_path, many) == ["drift/layout-differs:low"]
    hook = {**many, "alpha.pth": "import alpha.part_1\n"}
    assert _rules(tmp_path, hook) == ["drift/layout-differs:low", "drift/pth-only-in-wheel:high"]


def test_an_entry_point_that_nothing_in_the_sdist_declares(tmp_path):
    made_of = {**CODE, "alpha-1.0.dist-info/entry_points.txt": "[console_scripts]\nalpha = alpha.tasks:run\n"}
    (found,) = _found(tmp_path, made_of, CODE)
    assert found.rule == "drift/entry-point-only-in-wheel"
    declared = {**CODE, "pyproject.toml": '[project.scripts]\nalpha = "alpha.tasks:run"\n'}
    assert _found(tmp_path, made_of, declared) == []


def test_what_could_not_be_compared_is_said(tmp_path):
    made = wheel("alpha", "1.0", CODE)
    told = coverage(drift, archive_subject(tmp_path, made))["alpha==1.0"]
    assert (told.status, told.reason) == ("not-checked", "the release has no sdist to compare with")
    unread = coverage(drift, archive_subject(tmp_path, made, NotKnown("it is too large")))["alpha==1.0"]
    assert (unread.status, unread.reason) == ("not-checked", "it is too large")
    source = coverage(drift, archive_subject(tmp_path, sdist("alpha", "1.0", CODE)))["alpha==1.0"]
    assert source.status == "not-applicable"


@pytest.mark.parametrize(
    "source",
    [b"x = " + b"(" * 5000 + b")" * 5000, b"x = " + b"-" * 100_000 + b"1", b"\0", b"x = '\xff'", b"if" * 400_000],
)
def test_hostile_source_is_never_plain_and_never_an_error(source):
    assert not all_plain(statements(source)) or statements(source) is not None
    assert new_statements(b"x = 1\n", source) is None or isinstance(new_statements(b"x = 1\n", source), list)


@pytest.mark.parametrize(
    "source",
    [
        "x = print(1)",
        "x = [y for y in z]",
        "x = lambda: 1",
        "while True: pass",
        "class A: pass",
        "@decorate\ndef f(): pass",
        "def f(x=g()): return 1",
        "x.y = 1",
        "x[0] = 1",
        "assert f()",
        "del x",
        "if f(): pass",
        "x = (y := f())",
        "x: f() = 1",
        "def f(x: g()): return 1",
        "def f() -> g(): return 1",
        "x = f'{g()}'",
    ],
)
def test_what_can_do_something_is_not_plain(source):
    assert not all_plain(statements(source.encode()))
