"""Commands whose packages stand in variables, lists, loops and downloads: each is named, or is told of as not known."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.inputs import undeclared
from scanner.inputs.commands import ShellLine, find_commands, shell_lines
from scanner.inputs.variables import MAX_ALTERNATIVES, MAX_VALUES, Variables
from scanner.model.locked import DependencyFile, Gap


def named(text: str) -> set[str]:
    """Every requirement of the commands in a script, as written."""
    lines = shell_lines(enumerate(text.splitlines(), 1))
    return {each.text for one in find_commands(lines, "x") if not isinstance(one, Gap) for each in one.requirements}


def gaps(text: str) -> list[str]:
    lines = shell_lines(enumerate(text.splitlines(), 1))
    return [one.reason for one in find_commands(lines, "x") if isinstance(one, Gap)]


@pytest.mark.parametrize(
    "script",
    [
        "D=six==1.0\npip install $D",
        'D="six==1.0 rich==2.0"\npip install $D',
        "export D='six==1.0'; pip install ${D}",
        "pip install ${D:-six==1.0}",
        'deps=(six==1.0 rich==2.0)\npip install "${deps[@]}"',
        'deps=("six==1.0" "rich==2.0")\nfor d in "${deps[@]}"; do pip install $d; done',
        "for d in six==1.0 rich==2.0; do pip install $d; done",
        "A=six\nB=$A==1.0\npip install $B",
        "P=pip\n$P install six==1.0",
        "P='pip install'\n$P six==1.0",
        "PIP = $(VENV)/bin/pip\nall:\n\t$(PIP) install six==1.0",
        "$(VENV)/bin/pip install six==1.0",
        "$(PIP) install six==1.0",
        "$PYTHON -m pip install six==1.0",
        '"${PYTHON}" -m pip install six==1.0',
        "DEPS := six==1.0\nDEPS += rich==2.0\nall:\n\tpip install $(DEPS)",
        "alias p='pip install'\np six==1.0",
        "set D=six==1.0\npip install %D%",
        "for %%p in (six==1.0 rich==2.0) do pip install %%p",
        '$D = "six==1.0"\npip install $D',
        'foreach ($p in @("six==1.0","rich==2.0")) { pip install $p }',
        "D := 'six==1.0'\nall:\n  pip install {{D}}",
        'p""ip install six==1.0',
        "pi\\p install six==1.0",
        "pip install {six,rich}==1.0",
        "pip.exe install six==1.0",
        "uv run --with six==1.0 app.py",
        "uv run --with=six==1.0,rich==2.0 app.py",
        "uvx --with six==1.0 ruff==0.1 check other",
        "pipx run --spec six==1.0 six check",
        "pip download six==1.0",
        "python -c \"import pip; pip.main(['install', 'six==1.0'])\"",
        "NO=1 pip install six==1.0",
    ],
)
def test_what_a_script_gives_to_a_name_is_installed(script: str) -> None:
    assert any(one.startswith("six==1.0") for one in named(script))
    assert not gaps(script)


@pytest.mark.parametrize(
    "script",
    [
        "install() {\npip install $1\n}\ninstall six==1.0",
        'pip install "$@"',
        "pip install $DEPS",
        "while read p; do pip install $p; done < list",
        "pip install $(python list.py)",
        "pip install `python list.py`",
        "pip install six[$EXTRAS]==1.0",
        "pip install %1",
        "pip install git+https://$HOST/x",
    ],
)
def test_what_nothing_in_the_script_tells_is_a_gap(script: str) -> None:
    assert gaps(script)


@pytest.mark.parametrize(
    "script",
    [
        "pip install -r $FILE",
        "pip install .[$EXTRAS]",
        'ROOT=$(cd "$(dirname "$0")" && pwd)\npip install -e $ROOT',
        'pip install "$(pwd)/dist"',
        "pip install dist/*.whl",
        "pip install ${GITHUB_WORKSPACE}/x",
        "pip install --python ${{ matrix.version }} six==1.0",
        "pip install {opts} {packages}",
        "uv run pytest $ARGS",
        "uvx ruff==0.1 check $ARGS",
        "pip install $(cat requirements.txt)",
        "poetry install --with dev,$GROUP",
        "poetry install --without dev",
    ],
)
def test_options_folders_and_arguments_of_programs_are_no_gap(script: str) -> None:
    assert not gaps(script)


def test_a_version_that_is_not_known_leaves_the_name() -> None:
    assert named("pip install six==$VERSION 'rich[a]>=${V}'") == {"six", "rich[a]"}


def test_arguments_of_a_program_are_no_packages() -> None:
    assert named("uvx ruff==0.1 check . --fix src") == {"ruff==0.1"}
    assert named("uv run pytest tests") == set()


@pytest.mark.parametrize(
    "script",
    [
        "curl -LO https://x.invalid/six-1.0-py3-none-any.whl && pip install six-1.0-py3-none-any.whl",
        "wget https://x.invalid/six-1.0.tar.gz\npip install six-1.0.tar.gz",
        "curl -o a.tar.gz https://x.invalid/six-1.0.tar.gz\npip install ./a.tar.gz",
        "wget https://x.invalid/six-1.0.tar.gz\npip install *.tar.gz",
    ],
)
def test_an_archive_that_is_downloaded_and_installed_is_a_requirement(script: str) -> None:
    assert any("x.invalid/six-1.0" in one for one in named(script))


def test_an_archive_that_nothing_installs_is_none() -> None:
    assert named("wget https://x.invalid/data-1.0.tar.gz\ntar xf data-1.0.tar.gz") == set()


MATRIX = (
    "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n        {}\n"
    "    steps:\n    - run: pip install ${{{{ matrix.d }}}}\n"
)


def put(root: Path, name: str, text: str) -> DependencyFile | None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return undeclared.read(root, name)


def installs(file: DependencyFile | None) -> set[str]:
    return {each.text for one in (file.commands if file else ()) for each in one.requirements}


@pytest.mark.parametrize(
    "text",
    [
        "on: push\nenv:\n  D: six==1.0\njobs:\n  a:\n    steps:\n    - run: pip install $D\n",
        MATRIX.format("d: [six==1.0, rich==2.0]"),
        MATRIX.format("include:\n        - d: six==1.0"),
    ],
)
def test_the_settings_of_a_workflow_are_values(tmp_path: Path, text: str) -> None:
    file = put(tmp_path, ".github/workflows/a.yml", text)
    assert "six==1.0" in installs(file)
    assert file is not None and not file.gaps


@pytest.mark.parametrize("told", ['echo "built=$x"', "printf 'built=%s\\n' \"${x}\"", "echo built=$x"])
@pytest.mark.parametrize("value", ["dist/*.whl", "six==1.0"])
def test_what_a_step_hands_on_is_what_a_later_one_installs(tmp_path: Path, told: str, value: str) -> None:
    run = f"x={value}\n          {told} >> $GITHUB_OUTPUT\n"
    text = (
        f"jobs:\n  a:\n    steps:\n      - id: b\n        run: |-\n          {run}"
        "      - env:\n          W: ${{ steps.b.outputs.built }}\n        run: pip install $W\n"
    )
    file = put(tmp_path, ".github/workflows/a.yml", text)
    assert installs(file) == ({"six==1.0"} if value == "six==1.0" else set())
    assert file is None or not file.gaps


@pytest.mark.parametrize(
    "body",
    [
        "session.install('six==1.0')",
        "session.install(*D)",
        "session.install(*D, 'x==1')",
        "session.run('pip', 'install', *D)",
        "v = '1.0'\n    session.install(f'six=={v}')",
        "for d in D:\n        session.install(d)",
    ],
)
def test_a_noxfile_installs_what_its_names_spell_out(tmp_path: Path, body: str) -> None:
    file = put(tmp_path, "noxfile.py", f"D = ['six==1.0']\ndef a(session):\n    {body}\n")
    assert "six==1.0" in installs(file)
    assert file is not None and not file.gaps


def test_a_noxfile_whose_packages_are_computed_has_a_gap(tmp_path: Path) -> None:
    file = put(tmp_path, "noxfile.py", "def a(session):\n    session.install(*make())\n")
    assert file is not None and file.gaps
    file = put(tmp_path, "noxfile.py", "def a(session):\n    session.install('six==1.0', *session.posargs)\n")
    assert file is not None and not file.gaps


def test_a_name_of_very_many_values_stays_unknown() -> None:
    script = "\n".join(f"D=p{number}==1.0" for number in range(MAX_VALUES + 5)) + "\npip install $D"
    assert gaps(script)


def test_combinations_past_the_bound_stay_unknown() -> None:
    lines = [f"{name}=x{name.lower()}{number}==1" for name in "ABCDEF" for number in range(8)]
    assert gaps("\n".join([*lines, "pip install $A $B $C $D $E $F"]))


def test_names_that_stand_for_each_other_end() -> None:
    assert gaps("A=$B\nB=$A\npip install $A")


@given(st.text(alphabet="AB=$(){}%! '\"\n;pi nstal", max_size=200))
def test_any_text_ends_in_few_alternatives(text: str) -> None:
    variables = Variables()
    for line in text.split("\n"):
        variables.gather(line)
    assert 1 <= len(variables.expand(text)) <= MAX_ALTERNATIVES
    list(find_commands([ShellLine(1, text)], "x"))


def test_a_folder_that_is_listed_is_no_package() -> None:
    assert not gaps("pip install $(ls dist/*.whl)[testing]")
    assert gaps("pip install $(ls | xargs cat)")
